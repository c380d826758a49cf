import { describe, expect, it } from 'vitest';
import { TERRITORY_REASONS, territoryName, territoryNamed } from '../../src/cli/words/territory.ts';
import { zoneOfTerritory } from '../../src/index.ts';
import { territories } from '../../src/law/territory.ts';
import { cli } from '../support/cli.ts';

const ZONES = {
  home: 'dans l’État de résidence',
  eea: 'ailleurs dans l’EEE',
  outside: 'hors de l’EEE',
} as const;
const where = async (country: string, ...more: string[]) =>
  cli(['explain', '--where', country, '--lang', 'fr', ...more]);

describe('explain --where', () => {
  it('answers every ISO 3166 code as the rule of the gate decides, with a reason and its source', async () => {
    const wrong: string[] = [];
    for (const { code } of territories()) {
      const { stdout, status } = await where(code);
      const zone = zoneOfTerritory(code) as keyof typeof ZONES;
      const [head = '', ...why] = stdout.trimEnd().split('\n');
      const isRight = head.startsWith(`${code} · `) && head.endsWith(` · ${ZONES[zone]}`);
      if (!isRight || status !== 0 || !/^[^(].* \(.+\)$/.test(why.join(' '))) wrong.push(stdout);
    }
    expect(wrong).toEqual([]);
  });

  it('answers as the gate of another home State and of another day', async () => {
    for (const [home, on] of [
      ['ES', '2026-11-22'],
      ['GB', '2020-12-31'],
      ['NO', '2019-08-01'],
    ] as const) {
      const args = ['--home', home, '--on', on, '--json'];
      for (const { code } of territories().filter(({ code }) => /^[GEFNR]/.test(code)))
        expect(JSON.parse((await where(code, ...args)).stdout)).toMatchObject({
          code,
          zone: zoneOfTerritory(code, { home, on }),
        });
    }
    expect((await where('FR', '--home', 'CH')).stderr).toContain('(--home) [ERR_HOME]');
    expect((await where('FR', '--on', '31/03/2018')).stderr).toContain('(--on) [ERR_DAY]');
  });

  it('knows a country by its name in both languages, without case, accents and articles', () => {
    for (const language of ['en', 'fr'] as const)
      for (const territory of territories()) {
        const name = territoryName(territory, language);
        expect([name, territoryNamed(name)?.code]).toEqual([name, territory.code]);
        const typed = name.normalize('NFD').replaceAll(/\p{M}/gu, '').toUpperCase();
        expect([typed, territoryNamed(typed)?.code]).toEqual([typed, territory.code]);
      }
  });

  it.each([
    ['ch', 'CH'],
    ['la suisse', 'CH'],
    ['ILES FEROE', 'FO'],
    ['îles Féroé', 'FO'],
    ['l’île de Man', 'IM'],
    ['reunion', 'RE'],
    ['les canaries', 'IC'],
    ['acores', 'PT'],
    ['Svalbard', 'SJ'],
    ['chypre du nord', 'CY'],
    ['Northern Cyprus', 'CY'],
    ['ecosse', 'GB'],
    ['Gibraltar', 'GI'],
    ['st barthelemy', 'BL'],
    ['pays-bas', 'NL'],
    ['the vatican', 'VA'],
    ['Åland Islands', 'AX'],
    ['etats unis', 'US'],
    ['Büsingen', 'DE'],
  ])('%s is %s', (typed, code) => {
    expect(territoryNamed(typed)?.code).toBe(code);
  });

  it.each(['XX', 'EU', 'UK', 'nowhere', '', ' ', '123'])('refuses %j', async typed => {
    const { status, stdout, stderr } = await where(typed);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('aucun pays ni territoire n’a ce code ou ce nom');
  });

  it('takes one thing to explain at a time', async () => {
    for (const args of [
      ['LP-12', '--eea'],
      ['--eea', '--where', 'CH'],
      ['LP-12', '--where', 'CH'],
    ])
      expect((await cli(['explain', ...args])).stderr).toContain('explain one thing');
  });
});

describe('explain --eea', () => {
  it('has each territory of the law page on its side, with its source', async () => {
    const { stdout } = await cli(['explain', '--eea']);
    const [, home, inside, outside] = stdout.split(
      /^The home State|^In the EEA|^Outside the EEA.*/m,
    );
    const codes = (text: string): string[] =>
      [...text.matchAll(/^([A-Z]{2}) {2}/gm)].map(([, code]) => code!).sort();
    expect(codes(home!)).toEqual('FR GF GP MF MQ RE YT'.split(' '));
    expect(codes(inside!)).toEqual(
      'AT AX BE BG CY CZ DE DK EA EE ES FI GR HR HU IC IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(
        ' ',
      ),
    );
    for (const code of 'BL PM PF NC WF TF AW CW SX BQ GL FO SJ BV GB GI IM JE GG CH MC AD SM VA'.split(
      ' ',
    ))
      expect(codes(outside!)).toContain(code);
    for (const [code, source] of [
      ['RE', 'Art. 355(1) TFEU'],
      ['AX', 'Art. 355(4) TFEU'],
      ['BL', 'Decision 2010/718/EU'],
      ['NC', 'Annex II TFEU'],
      ['FO', 'Art. 355(5)(a) TFEU'],
      ['SJ', 'Protocol 40 EEA'],
      ['GB', 'Art. 126 Withdrawal Agreement'],
      ['NO', 'EEA Joint Committee Decision 158/2018'],
    ])
      expect(stdout).toMatch(
        new RegExp(`^${code} .*  ${source!.replaceAll(/[()]/g, '\\$&')}$`, 'm'),
      );
  });

  it('prints as JSON every territory with the zone of the gate', async () => {
    const all = JSON.parse((await cli(['explain', '--eea', '--json'])).stdout) as {
      readonly code: string;
      readonly zone: string;
    }[];
    expect(all.map(({ code, zone }) => `${code} ${zone}`)).toEqual(
      territories().map(({ code }) => `${code} ${zoneOfTerritory(code)}`),
    );
  });

  it('has a text in both languages for every reason of the data, and no other', () => {
    const used = territories().flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
    const plain = ['member-state', 'third-country', 'third-country-territory'];
    expect([...new Set([...used, ...plain])].sort()).toEqual(Object.keys(TERRITORY_REASONS).sort());
    for (const { en, fr, source } of Object.values(TERRITORY_REASONS)) {
      expect(en).not.toBe(fr);
      expect(source.en).not.toBe(source.fr);
    }
  });
});
