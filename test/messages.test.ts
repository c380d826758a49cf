import { describe, expect, it } from 'vitest';
import { WORDS } from '../src/cli/words/words.ts';
import { portabilityError } from '../src/errors.ts';
import * as BASE from '../src/messages/base.ts';
import * as CLI from '../src/messages/cli.ts';
import * as DESK from '../src/messages/desk.ts';
import * as GATE from '../src/messages/gate.ts';
import * as GEO from '../src/messages/geo.ts';
import * as HTTP from '../src/messages/http.ts';
import * as KEYS from '../src/messages/keys.ts';
import * as LAW from '../src/messages/law.ts';
import * as LEDGER from '../src/messages/ledger.ts';
import { fill } from '../src/messages/localised-text.ts';
import * as RECORDING from '../src/messages/recording.ts';
import * as SUBJECTS from '../src/messages/subjects.ts';
import * as TABLES from '../src/messages/tables.ts';
import { FINDINGS } from '../src/messages/verification-findings.ts';
import * as WEB from '../src/messages/web.ts';
import { localised, type Message } from '../src/messages.ts';

const FILES = [
  BASE,
  LAW,
  GEO,
  TABLES,
  KEYS,
  LEDGER,
  RECORDING,
  SUBJECTS,
  DESK,
  GATE,
  HTTP,
  CLI,
  WEB,
];
const MESSAGES = Object.fromEntries(
  FILES.flatMap(file => Object.entries(file)).filter(([id]) => !id.startsWith('MEANS_')),
) as Readonly<Record<string, Message>>;
const IDS = Object.keys(MESSAGES);
const ALL = { ...WORDS, ...FINDINGS, ...LAW.MEANS_VIOLATIONS, ...LAW.MEANS_NAMES, ...MESSAGES };
const LANGUAGES = ['en', 'fr'] as const;

const parametersOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();

/** A recognisable value for each parameter. */
const valuesOf = (text: string): Record<string, string> =>
  Object.fromEntries(parametersOf(text).map(name => [name, `<${name}>`]));

describe('every text of the library', () => {
  it('has the same parameters in both languages, and all of them appear', () => {
    const wrong = Object.entries(ALL).filter(([, { en, fr }]) => {
      const values = valuesOf(en);
      return LANGUAGES.some(language => {
        const filled = fill({ en, fr }[language], values, language);
        return filled.includes('{') || Object.values(values).some(value => !filled.includes(value));
      });
    });
    expect(wrong.map(([id]) => id).filter(id => id !== 'eventHelp')).toEqual([]);
  });

  it('differs between the languages, unless both use the same word', () => {
    const same = Object.entries(ALL).filter(([, { en, fr }]) => en === fr && /[a-z]{4}/i.test(en));
    const words = ['month', 'day'];
    expect(
      same
        .map(([id, { en }]) => `${id}: ${en}`)
        .filter(line => !words.some(word => line.startsWith(`${word}:`)))
        .sort(),
    ).toEqual([
      'code: code',
      'eeaSource: source',
      'kindDossiers: dossiers',
      'kindExceptions: exceptions',
      'licence: licence',
      'run-purge: purge',
      'source: source',
      'total: total',
      'verdict: verdict',
      'whyZone: zone',
    ]);
  });

  it('has French spaces and apostrophes in French, no straight ones', () => {
    const french = Object.entries(ALL).filter(
      ([id, { fr }]) => /[a-zé]'[a-zéà]/i.test(fr) || (/[^ \d/]: /.test(fr) && id !== 'eventHelp'),
    );
    expect(french.map(([id, { fr }]) => `${id}: ${fr}`)).toEqual([]);
  });
});

describe('every error message', () => {
  it('is one line that begins in lower case, with a code and an identifier', () => {
    const wrong = IDS.filter(id => {
      const { code, en, fr } = MESSAGES[id]!;
      const isLine = [en, fr].every(text => /^(?:[^\n\p{Lu}]|[A-Z]{2}|SQLite)/u.test(text));
      return !isLine || !/^ERR_[A-Z_]+$/.test(code) || !/^[a-z][A-Za-z0-9]+$/.test(id);
    });
    expect(wrong.filter(id => !/^(Redis|blockedBy)/.test(MESSAGES[id]!.en))).toEqual([]);
  });

  it('is the message of its error, with its values, in both languages', () => {
    for (const id of IDS) {
      const values = valuesOf(MESSAGES[id]!.en);
      const build = portabilityError as (
        message: Message,
        details: object,
        values: object,
      ) => ReturnType<typeof portabilityError>;
      const error = build(MESSAGES[id]!, { path: '/a' }, values);
      const text = localised(MESSAGES[id]!, values);
      expect(error.message).toBe(`${text.en} (/a)`);
      expect(error.text).toEqual(text);
      expect(error.code).toBe(MESSAGES[id]!.code);
      for (const value of Object.values(values)) expect(text.fr).toContain(value);
    }
  });

  it('uses the language of a value that depends on it', () => {
    const { en, fr } = localised(GEO.rowPrefix, { problem: { en: 'bad', fr: 'mauvais' } });
    expect([en, fr]).toEqual([
      'a row must begin with a prefix: bad',
      'une ligne doit commencer par un préfixe : mauvais',
    ]);
  });

  it('has an identifier that is unique among all files of messages', () => {
    const ids = FILES.flatMap(file => Object.keys(file));
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(IDS.length).toBeGreaterThan(200);
  });
});
