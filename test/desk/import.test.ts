import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ImportRow,
  type ImportSource,
  openDesk,
  type RejectedRow,
} from '../../src/entry/desk.ts';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import {
  addEvent,
  type Dossier,
  type DossierEvent,
  PortabilityError,
  standingAt,
} from '../../src/index.ts';
import { CONCLUDED, deskOn, STORES, VERIFIED, VERIFIED_CONTRACT } from '../support/desk.ts';
import { newKeyring } from '../support/gate.ts';

const ACCESS = { reason: 'contract', reference: 'MIGRATION-1' } as const;

const sourceOf = (rows: readonly ImportRow[], digest = (): string => 'ab'): ImportSource => ({
  rows: async function* () {
    yield* rows;
  },
  digest,
});
const rowsOf = (
  events: readonly (readonly [subscriber: string, ...events: readonly unknown[]])[],
): ImportRow[] =>
  events.map(([subscriber, ...given], at) => ({ line: at + 1, subscriber, events: given }));

async function dossiersIn(ledger: Ledger): Promise<string[]> {
  return (await ledger.personRecords.dossiersAfter('', 100_000)).map(({ events }) => events);
}
const journalOf = (ledger: Ledger) => ledger.personRecords.journalAfter(0, 1000);

describe.each(Object.entries(STORES))('an import into %s', (_, open) => {
  it('writes what the same events one by one write, with one journal entry', async () => {
    const { desk, ledger, keyring, close } = await deskOn(open);
    const people = Array.from({ length: 40 }, (_, n) => `subscriber-${n}`);
    const rows = rowsOf(people.flatMap(id => VERIFIED_CONTRACT.map(event => [id, event] as const)));
    const result = await desk.importDossiers(ACCESS, sourceOf(rows));
    expect(result).toMatchObject({
      subscribers: 40,
      added: 40,
      changed: 0,
      unchanged: 0,
      rejected: 0,
    });
    const journal = await journalOf(ledger);
    expect(journal).toHaveLength(1);
    expect(journal[0]).toMatchObject({
      action: 'import',
      reason: 'contract',
      subject: '',
      reference: `40/${result.digest}/MIGRATION-1`,
    });
    expect(result.digest).toMatch(/^[0-9a-f]{32}$/);
    expect(result.digest).toBe(keyring.sealJournal('import ab').slice(0, 32));
    const imported = await desk.show('subscriber-7', { reason: 'support-call' });
    for (const event of VERIFIED_CONTRACT)
      await desk.record('one-by-one', { reason: 'contract' }, event);
    const alone = await desk.show('one-by-one', { reason: 'support-call' });
    expect(imported.dossier).toEqual(alone.dossier);
    expect(imported.standing).toEqual(alone.standing);
    expect(imported.standing).toEqual(standingAt({ events: VERIFIED_CONTRACT }, '2026-11-22'));
    await close();
  });

  it('adds to a dossier what it lacks, and can be repeated', async () => {
    const { desk, ledger, close } = await deskOn(open);
    await desk.record('a', { reason: 'contract' }, CONCLUDED);
    const rows = rowsOf([
      ['a', CONCLUDED, VERIFIED],
      ['b', CONCLUDED],
    ]);
    const first = await desk.importDossiers(ACCESS, sourceOf(rows));
    expect(first).toMatchObject({ added: 1, changed: 1, unchanged: 0 });
    const stored = await dossiersIn(ledger);
    const again = await desk.importDossiers(ACCESS, sourceOf(rows));
    expect(again).toMatchObject({ added: 0, changed: 0, unchanged: 2, digest: first.digest });
    expect(await dossiersIn(ledger)).toEqual(stored);
    await close();
  });

  it('is in the export of each person whose dossier it wrote', async () => {
    const { desk, ledger, close } = await deskOn(open);
    await desk.record('other', { reason: 'contract' }, CONCLUDED);
    const { digest } = await desk.importDossiers(ACCESS, sourceOf(rowsOf([['a', CONCLUDED]])));
    const more = rowsOf([
      ['a', VERIFIED],
      ['b', CONCLUDED],
    ]);
    await desk.importDossiers(ACCESS, sourceOf(more));
    const [row] = await ledger.personRecords.read('dossiers', { imported: '2 3' });
    expect(row).toMatchObject({ revision: 2 });
    const importsOf = async (subscriber: string) =>
      (await desk.export(subscriber, { reason: 'access-request' })).consultations
        .filter(({ action }) => action === 'import')
        .map(({ reference, reason, done }) => ({ reference, reason, done }));
    expect(await importsOf('a')).toEqual([
      { reference: `1/${digest}/MIGRATION-1`, reason: 'contract', done: true },
      { reference: `2/${digest}/MIGRATION-1`, reason: 'contract', done: true },
    ]);
    expect(await importsOf('b')).toHaveLength(1);
    expect(await importsOf('other')).toEqual([]);
    await close();
  });

  it('writes nothing if one row is refused, and says each line with its reason', async () => {
    const { desk, ledger, close } = await deskOn(open);
    await desk.record('held', { reason: 'contract' }, CONCLUDED);
    const before = await dossiersIn(ledger);
    const rows = rowsOf([
      ['good', CONCLUDED, VERIFIED],
      ['misspelt', CONCLUDED],
      ['misspelt', { ...VERIFIED, means: ['z'] }],
      ['held', { type: 'contract-concluded', on: '2026-02-01' }],
      ['no-contract', VERIFIED],
    ]);
    const rejected: RejectedRow[] = [];
    const failure = desk.importDossiers(ACCESS, sourceOf(rows), {
      onRejected: row => rejected.push(row),
    });
    await expect(failure).rejects.toMatchObject({ code: 'ERR_IMPORT' });
    expect(await dossiersIn(ledger)).toEqual(before);
    const lines = rejected.map(({ line, error }) => `${line} ${error.code}`).toSorted();
    expect(lines).toEqual([
      '2 ERR_IMPORT',
      '3 ERR_DOSSIER_EVENT',
      '4 ERR_DOSSIER_EVENT',
      '5 ERR_DOSSIER_EVENT',
    ]);
    expect((await journalOf(ledger)).slice(1).map(({ action }) => action)).toEqual([
      'import',
      'refused',
    ]);
    const rest = await desk.importDossiers(ACCESS, sourceOf(rows), { skipRejected: true });
    expect(rest).toMatchObject({ subscribers: 3, added: 1, changed: 0, rejected: 4 });
    expect(await dossiersIn(ledger)).toHaveLength(2);
    await close();
  });

  it('writes nothing at all with dryRun, and says the same numbers', async () => {
    const { desk, ledger, close } = await deskOn(open);
    const rows = rowsOf([
      ['a', CONCLUDED],
      ['b', VERIFIED],
    ]);
    const result = await desk.importDossiers(ACCESS, sourceOf(rows), { dryRun: true });
    expect(result).toMatchObject({ added: 1, rejected: 1, isDryRun: true });
    expect(await dossiersIn(ledger)).toEqual([]);
    expect((await journalOf(ledger))[0]!.reference).toMatch(/^dry-run\/2\//);
    await close();
  });

  it('keeps the copy of a dossier under a legal hold', async () => {
    const { desk, close } = await deskOn(open);
    await desk.record('a', { reason: 'contract' }, CONCLUDED);
    await desk.hold('a', { reason: 'legal-claim' }, 'legal-claim', '2027-01-01');
    await desk.importDossiers(ACCESS, sourceOf(rowsOf([['a', VERIFIED]])));
    expect(await desk.show('a', { reason: 'support-call' })).toMatchObject({ heldEvents: 2 });
    await close();
  });

  it('refuses rows of one subscriber that are too far apart, before anything is written', async () => {
    const { desk, ledger, close } = await deskOn(open);
    const rows = rowsOf([
      ['a', CONCLUDED],
      ['b', CONCLUDED],
      ['c', CONCLUDED],
      ['a', VERIFIED],
    ]);
    const options = { batchSize: 2, skipRejected: true };
    await expect(desk.importDossiers(ACCESS, sourceOf(rows), options)).rejects.toMatchObject({
      code: 'ERR_IMPORT',
      line: 4,
    });
    expect(await dossiersIn(ledger)).toEqual([]);
    const together = await desk.importDossiers(ACCESS, sourceOf(rows), { batchSize: 4 });
    expect(together).toMatchObject({ added: 3, rejected: 0 });
    await close();
  });

  it('keeps rows of one subscriber together, whatever the size of a batch', async () => {
    const events = [CONCLUDED, VERIFIED];
    const rows = rowsOf(
      Array.from({ length: 60 }, (_, n) => [`s-${Math.floor(n / 2)}`, events[n % 2]] as const),
    );
    const stored: unknown[] = [];
    for (const batchSize of [1, 2, 3, 7, 5000]) {
      const { desk, ledger, close } = await deskOn(open);
      const result = await desk.importDossiers(ACCESS, sourceOf(rows), { batchSize });
      expect(result).toMatchObject({ subscribers: 30, added: 30 });
      stored.push(await dossiersIn(ledger));
      await close();
    }
    expect(new Set(stored.map(each => JSON.stringify(each))).size).toBe(1);
  });

  it('writes each event once, in whatever order its means stand', async () => {
    const { desk, close } = await deskOn(open);
    const both = { ...VERIFIED, means: ['b', 'j'] };
    const turned = { ...VERIFIED, means: ['j', 'b'] };
    const rows = rowsOf([['a', CONCLUDED, CONCLUDED, both, turned, both]]);
    await desk.importDossiers(ACCESS, sourceOf(rows));
    const again = await desk.importDossiers(ACCESS, sourceOf(rowsOf([['a', turned]])));
    expect(again).toMatchObject({ unchanged: 1 });
    const { dossier } = await desk.show('a', { reason: 'support-call' });
    expect(dossier.events).toEqual([CONCLUDED, both]);
    await close();
  });

  it('does not write in the last step what an earlier one rejected', async () => {
    const { desk, ledger, close } = await deskOn(open);
    let reads = 0;
    const source: ImportSource = {
      digest: () => 'ab',
      rows: async function* () {
        reads++;
        // The contract of `a` is recorded by another agent before the dossiers are written.
        if (reads === 3) await desk.record('a', { reason: 'contract' }, CONCLUDED);
        yield* rowsOf([['a', VERIFIED]]);
      },
    };
    const result = await desk.importDossiers(ACCESS, source, { skipRejected: true });
    expect(result).toMatchObject({ added: 0, changed: 0, rejected: 1 });
    expect(await dossiersIn(ledger)).toEqual([JSON.stringify([CONCLUDED])]);
    await close();
  });

  it('reads many rows without an identifier with constant memory', async () => {
    const { desk, close } = await deskOn(open);
    const source: ImportSource = {
      digest: () => 'ab',
      rows: async function* () {
        for (let line = 1; line <= 20_000; line++)
          yield { line, events: [], error: new PortabilityError('ERR_IMPORT', 'x') };
      },
    };
    let rejected = 0;
    const progress: number[] = [];
    await desk.importDossiers(ACCESS, source, {
      dryRun: true,
      batchSize: 100,
      onRejected: () => rejected++,
      onProgress: (step, count) => step === 'check' && progress.push(count),
    });
    expect(rejected).toBe(20_000);
    // A batch ends after 100 rows: the rows do not pile up.
    expect(progress).toHaveLength(200);
    await close();
  });

  it('refuses a source that changes while it is read', async () => {
    const { desk, ledger, close } = await deskOn(open);
    let reads = 0;
    const source = sourceOf(rowsOf([['a', CONCLUDED]]), () => String(reads++));
    await expect(desk.importDossiers(ACCESS, source)).rejects.toMatchObject({ code: 'ERR_IMPORT' });
    expect(await dossiersIn(ledger)).toEqual([]);
    // A change in the last step is told, but the dossiers are there.
    let asked = 0;
    const late = sourceOf(rowsOf([['a', CONCLUDED]]), () => (asked++ < 2 ? 'ab' : 'cd'));
    await expect(desk.importDossiers(ACCESS, late)).rejects.toThrow(
      'while its dossiers were written',
    );
    expect(await dossiersIn(ledger)).toHaveLength(1);
    await close();
  });

  it('does nothing without a reason', async () => {
    const { desk, ledger, close } = await deskOn(open);
    const failure = desk.importDossiers({} as never, sourceOf(rowsOf([['a', CONCLUDED]])));
    await expect(failure).rejects.toMatchObject({ code: 'ERR_ACCESS_REASON' });
    expect(await dossiersIn(ledger)).toEqual([]);
    await close();
  });

  it('goes on when another writer is faster', async () => {
    const { desk, ledger, keyring, close } = await deskOn(open);
    const { personRecords } = ledger;
    let isFirst = true;
    const raced: Ledger = {
      ...ledger,
      personRecords: {
        ...personRecords,
        replaceDossiers: async rows => {
          if (isFirst && rows.length > 1) {
            isFirst = false;
            await desk.record('b', { reason: 'contract' }, CONCLUDED);
            await desk.record('c', { reason: 'contract' }, { ...CONCLUDED, on: '2026-03-01' });
          }
          return personRecords.replaceDossiers(rows);
        },
      },
    };
    const rejected: number[] = [];
    const result = await openDesk({ ledger: raced, keyring, agent: 'Anna' }).importDossiers(
      ACCESS,
      sourceOf(rowsOf(['a', 'b', 'c'].map(id => [id, CONCLUDED, VERIFIED] as const))),
      { skipRejected: true, onRejected: ({ line }) => rejected.push(line) },
    );
    // The contract of c has meanwhile another day, on which one is in force already.
    expect(rejected).toEqual([3]);
    expect(result).toMatchObject({ added: 2, rejected: 1 });
    expect(await dossiersIn(ledger)).toHaveLength(3);
    const { dossier } = await desk.show('b', { reason: 'support-call' });
    expect(dossier.events).toEqual(VERIFIED_CONTRACT);
    await close();
  });
});

describe('an import of any events', () => {
  const days = ['2026-01-10', '2026-02-01', '2026-03-01'];
  const event = fc.oneof(
    fc.record({
      type: fc.constantFrom('contract-concluded', 'contract-ended'),
      on: fc.constantFrom(...days),
    }),
    fc.constantFrom(...days).map(on => ({ ...VERIFIED, on })),
    fc.constant({ type: 'doubt-dropped', on: '2026-04-01' }),
  );
  const world = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), event), { maxLength: 14 });

  it('is the same as the events one after the other, or nothing of a subscriber', async () => {
    const keyring = await newKeyring();
    await fc.assert(
      fc.asyncProperty(world, world, async (before, given) => {
        const desk = openDesk({ ledger: memoryLedger(), keyring, agent: 'Anna' });
        const expected = new Map<string, Dossier>();
        for (const part of [before, given] as unknown as Part[]) {
          await desk.importDossiers(ACCESS, sourceOf(rowsOf(part)), { skipRejected: true });
          for (const id of ['a', 'b', 'c', 'd'])
            expected.set(id, afterwards(expected.get(id) ?? { events: [] }, id, part));
        }
        for (const id of ['a', 'b', 'c', 'd']) {
          const { dossier } = await desk.show(id, { reason: 'audit' });
          expect(dossier).toEqual(expected.get(id));
        }
      }),
      { numRuns: 150 },
    );
  });
});

type Part = readonly (readonly [subscriber: string, event: DossierEvent])[];

/**
 * The dossier of a subscriber after a part: all of its events one after the other by day, or none
 * of them if one is refused.
 */
function afterwards(before: Dossier, id: string, part: Part): Dossier {
  const known = new Set(before.events.map(each => JSON.stringify(each)));
  const missing = part.flatMap(([subscriber, each]) => {
    const key = JSON.stringify(each);
    if (subscriber !== id || known.has(key)) return [];
    known.add(key);
    return [each];
  });
  const byDay = [...before.events, ...missing].toSorted((x, y) =>
    x.on < y.on ? -1 : x.on > y.on ? 1 : 0,
  );
  try {
    return byDay.reduce(addEvent, { events: [] } as Dossier);
  } catch {
    return before;
  }
}
