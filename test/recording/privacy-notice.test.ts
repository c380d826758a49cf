import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import adequacy from '../../data/adequacy.json' with { type: 'json' };
import { checkRecipient } from '../../src/entry/desk.ts';
import { zoneOfTerritory } from '../../src/index.ts';
import { FIELDS, periodOf, unnamedFields } from '../../src/recording/disclosed-fields.ts';
import { checkTransfer, type Safeguard } from '../../src/recording/gdpr-transfer-check.ts';
import { channelsOf, OCS_NOTICE } from '../../src/recording/privacy-notice.ts';
import { cli } from '../support/cli.ts';
import { hasCorpora } from '../support/corpora.ts';
import { undisclosed } from '../support/disclosed.ts';

describe('the disclosure', () => {
  it.skipIf(!hasCorpora)('quotes the policy word for word', () => {
    const path = new URL(
      '../../../shared/policy/ocs-privacy-policy-2021-07-07.fr.txt',
      import.meta.url,
    );
    const policy = readFileSync(path, 'utf8').replaceAll(/\s+/g, ' ');
    const { categories, purposes, recipients, channels, security, rights, retention, transfers } =
      OCS_NOTICE;
    const quoted = [
      ...categories,
      ...purposes,
      ...recipients,
      ...channels,
      ...security,
      ...rights,
      retention,
      transfers,
    ].map(entry => entry.wording);
    expect(quoted.length).toBeGreaterThan(20);
    for (const wording of quoted) expect(policy).toContain(wording);
    expect(policy).toContain('07/07/2021');
  });

  it('cites something that is there for every field, and nothing finer than the side', () => {
    expect(
      undisclosed(
        FIELDS.map(({ field }) => ({ table: field.split('.')[0]!, column: field.split('.')[1]! })),
      ),
    ).toEqual([]);
    expect(FIELDS.filter(({ field }) => /address|country|city|zone|ip/.test(field))).toEqual([]);
    const tables = new Set(unnamedFields().map(({ field }) => field.split('.')[0]));
    expect([...tables]).toEqual([
      'marks',
      'dossiers',
      'restrictions',
      'holds',
      'apart',
      'directives',
      'exceptions',
      'requests',
      'proposals',
    ]);
    for (const { kept } of FIELDS) expect(periodOf(kept, {}).fr).not.toBe('');
  });

  it('covers direct subscribers only', () => {
    expect([...channelsOf(OCS_NOTICE)]).toEqual(['direct']);
  });

  it('names recipients: those of the policy, the person, an authority; right holders never', () => {
    for (const recipient of [
      'internal-services',
      'territorial-verification',
      'person-concerned',
      'competent-authority',
    ]) {
      expect(checkRecipient(recipient)).toBe(recipient);
    }
    for (const recipient of ['right-holders', 'advertisers', '', '__proto__', undefined]) {
      expect(() => checkRecipient(recipient as string)).toThrow(
        expect.objectContaining({ code: 'ERR_RECIPIENT' }),
      );
    }
  });

  it('is printed in both languages', async () => {
    const joined = (text: string): string => text.replace(/\n *(?=\S)/g, ' ');
    const french = joined((await cli(['policy', '--lang', 'fr'])).stdout);
    for (const { field, fr } of FIELDS) expect(french).toContain(`${field}  ${fr}`);
    expect(french).toContain('« demande d’accès au Service depuis la France ou hors de France »');
    expect(french).toContain('12 mois entiers');
    expect((await cli(['policy'])).stdout).toContain('What the privacy policy does not name yet');
    expect(JSON.parse((await cli(['policy', '--json'])).stdout).unnamedFields).toEqual(
      unnamedFields().map(({ field }) => field),
    );
  });
});

describe('where a ledger may lie', () => {
  const isAllowed = (country: string, safeguard?: Safeguard, on = '2026-11-22'): boolean => {
    const isInEea = ['home', 'eea'].includes(zoneOfTerritory(country, { on }));
    try {
      checkTransfer({ country, on, isInEea, ...(safeguard === undefined ? {} : { safeguard }) });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_TRANSFER' });
      return false;
    }
  };

  it('inside the EEA freely', () => {
    expect(['FR', 'DE', 'NO', 'RE'].map(country => isAllowed(country))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('elsewhere under standard contractual clauses, or an adequacy decision in force that day', () => {
    const adequacyOnly: Safeguard = { adequacy: true };
    expect(['US', 'CN', 'CH'].map(country => isAllowed(country))).toEqual([false, false, false]);
    expect(
      ['US', 'CN', 'XX'].map(country => isAllowed(country, 'standard-contractual-clauses')),
    ).toEqual([true, true, true]);
    expect(['CH', 'GB', 'NZ', 'CN', 'XX'].map(country => isAllowed(country, adequacyOnly))).toEqual(
      [true, true, true, false, false],
    );
    expect(isAllowed('GB', adequacyOnly, '2031-12-28')).toBe(false);
    expect(isAllowed('BR', adequacyOnly, '2025-12-31')).toBe(false);
  });

  it('under a decision with a scope only where the scope is stated', () => {
    expect([
      isAllowed('US', { adequacy: true }),
      isAllowed('US', { adequacy: true, scope: ' ' }),
    ]).toEqual([false, false]);
    expect(
      isAllowed('US', {
        adequacy: true,
        scope: 'importer certified under the Data Privacy Framework',
      }),
    ).toBe(true);
    for (const safeguard of ['adequacy', { adequacy: false }, {}, null])
      expect(isAllowed('US', safeguard as never)).toBe(false);
  });

  it('names each decision with its reference and day', () => {
    for (const { country, from, reference } of adequacy.decisions) {
      expect(country).toMatch(/^[A-Z]{2}$/);
      expect(from).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(reference).toMatch(/ecision/);
      expect(zoneOfTerritory(country)).toBe('outside');
    }
  });
});
