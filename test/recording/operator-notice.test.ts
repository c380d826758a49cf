import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { exportPage } from '../../src/cli/pages/export-page.ts';
import { checkRecipient, OCS_NOTICE, openDesk, parseNotice } from '../../src/entry/desk.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { openGate } from '../../src/index.ts';
import { FIELDS, longerThan, unnamedFields } from '../../src/recording/disclosed-fields.ts';
import { cli } from '../support/cli.ts';
import { evidenceOf, newKeyring, noon, table } from '../support/gate.ts';
import { inFolder } from '../support/tables.ts';

const json = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
const validate = new Ajv2020({ strict: true }).compile(json('notice.schema.json'));

/** The notice of another operator, which names more than that of OCS. */
const NOTICE = {
  ...OCS_NOTICE,
  policy: {
    service: 'Cinéma Plus',
    updated: '2026-10-01',
    controller: 'Cinéma Plus SA, Lyon',
    dpo: 'vie-privee@cinema-plus.example',
    authority: 'CNIL',
  },
  categories: [
    ...OCS_NOTICE.categories,
    {
      id: 'residence',
      en: 'outcome of the verification of residence',
      wording: 'résultat de la vérification de votre résidence',
      fields: ['dossiers.*', 'requests.kind'],
    },
  ],
  recipients: [{ id: 'call-centre', en: 'call centre', wording: 'centre d’appels' }],
  channels: [{ id: 'box', en: 'box', fr: 'box', wording: 'abonnés de la box' }],
  periods: { retentionMonths: 6, journalMonths: 12 },
};

const problemOf = (value: unknown): unknown => {
  try {
    parseNotice(value);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('the notice of an operator', () => {
  it('is accepted as its schema accepts it, and refused as its schema refuses it', () => {
    for (const notice of [NOTICE, json('notice.ocs-2021.json')]) {
      expect(validate(notice)).toBe(true);
      expect(problemOf(notice)).toBeUndefined();
    }
    const differences: string[] = [];
    const compare = (value: unknown, what: string): void => {
      if (validate(value) !== (problemOf(value) === undefined)) differences.push(what);
    };
    for (const [key, section] of Object.entries(NOTICE))
      for (const junk of [undefined, null, 0, '', 'x', [], {}, [1], { x: 1 }, [{ id: 'x' }]]) {
        compare({ ...NOTICE, [key]: junk }, `${key} = ${JSON.stringify(junk)}`);
        const first = Array.isArray(section) ? section[0] : section;
        if (typeof first !== 'object') continue;
        for (const name of Object.keys(first)) {
          const changed = { ...first, [name]: junk };
          const whole = Array.isArray(section) ? [changed] : changed;
          compare({ ...NOTICE, [key]: whole }, `${key}.${name} = ${JSON.stringify(junk)}`);
        }
      }
    expect(differences).toEqual([]);
  });

  it('names fields that are kept, or is refused with the name', () => {
    const categories = [{ id: 'x', en: 'x', wording: 'x', fields: ['cards.country'] }];
    expect(problemOf({ ...NOTICE, categories })).toMatchObject({
      code: 'ERR_NOTICE',
      message: expect.stringContaining('cards.country'),
    });
  });

  it('leaves unnamed only what it does not name', () => {
    const unnamed = unnamedFields(NOTICE).map(({ field }) => field);
    expect(unnamed.some(field => field.startsWith('dossiers.'))).toBe(false);
    expect(unnamed).toContain('holds.since');
    expect(unnamed).not.toContain('requests.kind');
    const without = { ...NOTICE, categories: [] };
    expect(unnamedFields(without).map(({ field }) => field)).toContain('cards.home_days');
    const all = [...new Set(FIELDS.map(({ field }) => `${field.split('.')[0]}.*`))];
    const whole = { ...NOTICE, categories: [{ id: 'x', en: 'x', wording: 'x', fields: all }] };
    expect(unnamedFields(parseNotice(whole))).toEqual([]);
  });

  it('is compared with the periods in force', () => {
    const inForce = { retentionMonths: 12, journalMonths: 12, requestMonths: 36 };
    expect(longerThan(NOTICE, inForce)).toEqual(['retentionMonths']);
    expect(longerThan(OCS_NOTICE, inForce)).toEqual([]);
  });

  it('decides whom data may go to, and never to a right holder', () => {
    expect(checkRecipient('call-centre', NOTICE)).toBe('call-centre');
    expect(checkRecipient('person-concerned', NOTICE)).toBe('person-concerned');
    expect(() => checkRecipient('internal-services', NOTICE)).toThrow('recipient');
    const right = { id: 'right-holders', en: 'x', wording: 'x' };
    expect(() => checkRecipient('right-holders', { ...NOTICE, recipients: [right] })).toThrow();
  });

  it('decides whose requests are recorded', async () => {
    const ledger = memoryLedger();
    const keyring = await newKeyring();
    const clock = () => noon('2026-11-22');
    const gate = await openGate({ table, clock, evidence: { ledger, keyring, notice: NOTICE } });
    for (const channel of ['box', 'direct'])
      gate.decide({ subscriber: channel, standing: 'verified', address: '2.1.1.1', channel });
    await gate.flush();
    expect(evidenceOf(gate)).toMatchObject({ notRecordable: { 'channel-without-notice': 1 } });
    expect((await ledger.months()).map(({ cards }) => cards)).toEqual([1]);
    await gate.close();
    const broken = { ...NOTICE, channels: 'box' } as never;
    await expect(
      openGate({ table, evidence: { ledger, keyring, notice: broken } }),
    ).rejects.toMatchObject({ code: 'ERR_EVIDENCE_OPTION' });
  });

  it('is quoted by the export and its page', async () => {
    const ledger = memoryLedger();
    const desk = openDesk({ ledger, keyring: await newKeyring(), agent: 'Anna', notice: NOTICE });
    await desk.record(
      's',
      { reason: 'contract' },
      { type: 'contract-concluded', on: '2026-01-10' },
    );
    const file = await desk.export('s', { reason: 'access-request' });
    expect(file.information.policy).toEqual(NOTICE.policy);
    const events = file.information.fields.find(({ field }) => field === 'dossiers.events');
    expect(events?.legalBasis).toBe('résultat de la vérification de votre résidence');
    const page = exportPage(file);
    for (const text of [
      'Cinéma Plus SA, Lyon',
      'vie-privee@cinema-plus.example',
      'centre d’appels',
    ])
      expect(page).toContain(text);
    expect(page).not.toContain('OCS');
  });
});

describe('the command line with a notice', () => {
  const path = (): string => {
    const file = inFolder('notice.json');
    writeFileSync(file, JSON.stringify(NOTICE));
    return file;
  };

  it('prints the words of the notice', async () => {
    const { stdout } = await cli(['policy', '--notice', path(), '--lang', 'fr']);
    expect(stdout).toContain('Cinéma Plus');
    expect(stdout).toContain('01/10/2026');
    expect(stdout).toContain('« résultat de la vérification de votre résidence »');
    const config = inFolder('with-notice.json');
    writeFileSync(config, JSON.stringify({ notice: 'notice.json' }));
    const configured = await cli(['policy', '--json', '--config', config]);
    expect(JSON.parse(configured.stdout).policy.service).toBe('Cinéma Plus');
  });

  it.each([
    ['nowhere.json', undefined, 'ENOENT'],
    ['not-json.json', '{', 'must be a JSON object'],
    ['misspelt.json', '{"polcy": {}}', 'polcy'],
  ])('names the file %s and what is wrong with it', async (name, content, text) => {
    const file = inFolder(name);
    if (content !== undefined) writeFileSync(file, content);
    const { stderr, status } = await cli(['policy', '--notice', file]);
    expect(status).toBe(1);
    expect(stderr).toContain(text);
    expect(stderr).toContain(`--notice ${file}`);
    expect(stderr).toContain('[ERR_NOTICE]');
  });
});
