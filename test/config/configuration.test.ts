import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../src/config/configuration.ts';
import { PortabilityError } from '../../src/index.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly oneOf?: readonly Schema[];
}
const SCHEMA = JSON.parse(
  readFileSync(new URL('../../data/config.schema.json', import.meta.url), 'utf8'),
) as Schema;
const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  SCHEMA,
);

const FILE = '/etc/laissez-passer/laissez-passer.json';
const parse = (value: unknown) => parseConfiguration(value, FILE);
function problemOf(value: unknown): PortabilityError | undefined {
  try {
    parse(value);
    return undefined;
  } catch (error) {
    if (error instanceof PortabilityError) return error;
    throw error;
  }
}

const FACTS = { name: 'a', licence: 'b', built: '2026-11-01' };
const MIRROR = { ...FACTS, ca: 'ca.pem', url: 'https://example.org/x' };
const REMOTE = { ...MIRROR, timeoutSeconds: 60 };

/** A configuration that has every field. */
const FULL = {
  $schema: './config.schema.json',
  language: 'fr',
  table: 'zones.bin',
  sources: [
    { from: 'file', path: 'a.csv', sha256: 'x', ...FACTS },
    { from: 'maxmind', edition: 'GeoLite2-Country', account: 'env:A', key: 'file:k', ...REMOTE },
    { from: 'db-ip', edition: 'dbip-country-lite', ...REMOTE },
    { from: 'ipinfo', edition: 'ipinfo_lite', token: 'env:T', ...REMOTE },
    { from: 'npm', package: '@a/b', file: 'c/d.mmdb', ...MIRROR },
    {
      from: 'https',
      sha256Url: 'https://example.org/x.sha256',
      headers: { 'x-key': 'file:header' },
      file: 'a.csv',
      ...REMOTE,
    },
  ],
  overlays: [{ path: 'ships.csv', kind: 'anonymisers', fields: ['is_anonymous_vpn'] }],
  home: 'BE',
  on: '2026-01-01',
  licence: { also: ['MC'], except: ['RE'] },
  downloads: 'downloads',
  editions: 'editions',
  maxTableAgeDays: 30,
  guards: {
    shares: { home: [0, 1], eea: [0, 1], outside: [0, 1], unknown: [0, 1], anonymised: [0, 1] },
    sentinels: [{ address: '2.1.1.1', zone: 'home' }],
    bundledSentinels: true,
    moved: 0.1,
    families: ['ipv4'],
  },
  offers: {
    default: {
      paid: true,
      portable: false,
      unknown: 'tolerate',
      anonymised: 'ignore',
      disputed: 'refuse',
      unverified: 'grant',
      homeUnlicensed: 'refuse',
    },
  },
  waivers: [
    { type: 'verification-waived', on: '2026-01-01', until: '2026-12-31' },
    { type: 'waiver-withdrawn', on: '2026-06-01' },
  ],
  notice: 'notice.json',
  evidence: {
    ledger: 'ledger.db',
    personRecords: 'env:RECORDS',
    keyring: 'keys/keyring',
    keyringKey: 'file:wrap.key',
    spool: 'spool.db',
    retentionMonths: 6,
    journalMonths: 24,
    requestMonths: 36,
    purges: false,
    onFailure: 'refuse',
    detail: { access: { purpose: 'abuse', keepDays: 30 } },
    country: 'CH',
    safeguard: { adequacy: true, scope: 'x' },
    memoryMegabytes: 64,
    queueMegabytes: 8,
    acceptClock: true,
    batchSize: 10,
    batchMs: 10,
  },
  desk: {
    secondAgent: ['erase', 'release'],
    listen: '127.0.0.1:2',
    peers: ['loopback'],
    agentHeader: 'x-agent',
    groupsHeader: 'x-groups',
    groups: { read: 'r', act: 'a', erase: 'e', oversight: 'o' },
    base: '/desk',
    timeZone: 'Europe/Brussels',
    sessionMinutes: 20,
    logFormat: 'json',
  },
  serve: {
    listen: '127.0.0.1:1',
    peers: ['loopback'],
    trusted: ['10.0.0.0/8'],
    trustedFile: 'trusted',
    headers: { address: 'a', subscriber: 'b', standing: 'c', offer: 'd', channel: 'e' },
    fittingStatus: true,
    shadow: true,
    corsOrigins: ['https://example.org'],
    decidePreflights: true,
    blockedBy: 'https://example.org',
    clientLanguage: 'en',
    tableState: 'state',
    verdictLifetimeSeconds: 30,
    workers: 2,
    drainSeconds: 3,
    logFormat: 'json',
    updateEvery: 24,
  },
};

/** Paths of all values inside a value. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [
    [...path],
    ...Object.entries(value).flatMap(([key, inner]) =>
      pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** Returns a copy with another value at a path; `undefined` removes it. */
function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((each, index) => (index === first ? replaced(each, rest, by) : each));
  const changed = { ...(value as Record<string, unknown>) };
  changed[first] = replaced(changed[first], rest, by);
  if (changed[first] === undefined) delete changed[first];
  return changed;
}

const JUNK = [null, 0, -1, 1.5, 200, 1e9, true, '', 'x', [], ['x'], [1], {}, { x: 1 }, undefined];

describe('the configuration file', () => {
  it('accepts every field of its schema', () => {
    expect(problemOf(FULL)).toBeUndefined();
    expect(validate(FULL)).toBe(true);
    const inSchema = new Set<string>();
    const visit = (schema: Schema, path: string): void => {
      for (const [name, inner] of Object.entries(schema.properties ?? {})) {
        inSchema.add(`${path}.${name}`);
        visit(inner, `${path}.${name}`);
      }
      for (const inner of schema.oneOf ?? []) visit(inner, path);
    };
    visit(SCHEMA, '');
    const inFull = new Set(
      pathsOf(FULL).map(path =>
        path
          .filter(key => typeof key === 'string')
          .map(key => `.${key}`)
          .join(''),
      ),
    );
    expect([...inSchema].filter(path => !inFull.has(path))).toEqual([
      '.desk.socket',
      '.serve.socket',
    ]);
  });

  it('refuses what its schema refuses, and nothing else', () => {
    const differences: string[] = [];
    let refused = 0;
    for (const path of pathsOf(FULL))
      for (const junk of JUNK) {
        const value = replaced(FULL, path, junk);
        // An address is more than a text.
        if (path.at(-1) === 'address' && path[0] === 'guards') continue;
        const isValid = validate(value);
        if (!isValid) refused++;
        if (isValid !== (problemOf(value) === undefined))
          differences.push(`${path.join('.')} = ${JSON.stringify(junk)}`);
      }
    expect(differences).toEqual([]);
    expect(refused).toBeGreaterThan(500);
  });

  it('names the field and the file at fault, and quotes no value', () => {
    const cases: readonly (readonly [value: unknown, text: string])[] = [
      [{ serve: { headrs: {} } }, 'unknown field serve.headrs'],
      [
        { evidence: { retentionMonths: 200 } },
        'evidence.retentionMonths in the configuration file',
      ],
      [{ offers: { trial: { paid: 'canary' } } }, 'offers.trial'],
      [{ guards: { moved: 2 } }, 'guards'],
      [{ waivers: [{ type: 'contract-ended', on: '2026-01-01' }] }, 'waivers'],
      [{ serve: { listen: 'canary', socket: 'canary' } }, 'listen or socket'],
      [[], 'an object'],
    ];
    for (const [value, text] of cases) {
      const problem = problemOf(value);
      expect(problem?.message).toContain(text);
      expect(problem?.message).toContain(FILE);
      expect(problem?.message).not.toContain('canary');
      expect(problem?.text.fr).not.toContain('must be');
    }
  });

  it('resolves paths by its own folder, and leaves servers and variables', () => {
    const { table, evidence, serve } = parse(FULL);
    expect(table).toBe('/etc/laissez-passer/zones.bin');
    expect(evidence).toMatchObject({
      ledger: '/etc/laissez-passer/ledger.db',
      personRecords: 'env:RECORDS',
      keyringKey: 'file:/etc/laissez-passer/wrap.key',
    });
    expect(serve?.trustedFile).toBe('/etc/laissez-passer/trusted');
    for (const ledger of ['postgres://a/b', 'redis+cluster://a', 'rediss://a', '/var/l.db']) {
      const read = parse({ evidence: { ledger, keyring: 'k' } });
      expect(read.evidence).toEqual({ ledger, keyring: '/etc/laissez-passer/k' });
    }
  });
});
