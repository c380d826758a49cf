/**
 * Lives the life of a service on a store: everything that gates, agents, the operator and time do
 * to it, each code of each list at least once.
 */

import { DIRECTIVE_CHOICES, HOLD_REASONS } from '../../src/desk/rights.ts';
import { openDesk } from '../../src/entry/desk.ts';
import type { Ledger } from '../../src/entry/ledger.ts';
import { type DossierEvent, type Keyring, openGate } from '../../src/index.ts';
import { DOUBT_REASONS } from '../../src/law/dossier.ts';
import { MEANS, type Means, OCCASIONS } from '../../src/law/residence.ts';
import { ACCESS_REASONS } from '../../src/subjects/access-reasons.ts';
import { EXCEPTION_REASONS } from '../../src/subjects/exceptions.ts';
import { REQUEST_KINDS, REQUEST_OUTCOMES } from '../../src/subjects/requests.ts';
import { purge } from '../../src/subjects/retention.ts';
import { CALL, ERASE, FRANCE, LONDON, SPAIN } from './desk.ts';
import { noon, table } from './gate.ts';

/** The store in which a life takes place. */
export interface Home {
  openLedger(): Promise<Ledger>;
  openKeyring(): Promise<Keyring>;
  closeKeyring(keyring: Keyring): Promise<void>;
  /** Destroys the keys before a month, as the operator does by hand. */
  destroyKeys(before: string): Promise<void>;
  /** Reads everything that is stored now. */
  look(): Promise<void>;
}

/** A running service: one gate and two agents. */
async function start(home: Home, day: string) {
  const ledger = await home.openLedger();
  const keyring = await home.openKeyring();
  const clock = (): number => noon(day);
  const gate = await openGate({
    table,
    clock,
    evidence: {
      ledger,
      keyring,
      batchMs: 1,
      purges: false,
      acceptClock: true,
      detail: { access: { purpose: 'abuse', keepDays: 30 } },
    },
  });
  const options = { ledger, keyring, clock };
  const both = ['erase', 'release'] as const;
  return {
    ledger,
    keyring,
    desk: openDesk({ ...options, agent: 'Anna' }),
    anna: openDesk({ ...options, agent: 'Anna', secondAgent: both }),
    berta: openDesk({ ...options, agent: 'Berta', secondAgent: both }),
    visit: async (subscriber: string, ...addresses: readonly string[]): Promise<void> => {
      for (const address of addresses) gate.decide({ subscriber, standing: 'verified', address });
      await gate.flush();
    },
    purge: (keepDays?: number) =>
      purge(ledger, keyring, clock(), keepDays === undefined ? {} : { keepDays }),
    stop: async (): Promise<void> => {
      await gate.close();
      await ledger.close();
      await home.closeKeyring(keyring);
    },
  };
}

type Service = Awaited<ReturnType<typeof start>>;

const CONCLUDED: DossierEvent = {
  type: 'contract-concluded',
  on: '2025-01-10',
  renewsEvery: 12,
};
const verified = (means: readonly Means[], more: object = {}): DossierEvent =>
  ({
    type: 'residence-verified',
    on: '2025-01-10',
    outcome: 'home',
    means,
    occasion: 'conclusion',
    by: 'provider',
    ...more,
  }) as DossierEvent;

/** A set of means that verifies residence and contains a letter. */
function eventWith(letter: Means): DossierEvent {
  if (letter === 'i') return verified(['i'], { postalAddressRegistered: true });
  return verified(letter < 'i' ? [letter] : ['a', letter], { postalAddressRegistered: false });
}

/** Contracts, verifications, doubts, requests for information, waivers, ends. */
async function verifyResidences({ desk }: Service): Promise<void> {
  const record = async (subscriber: string, ...events: readonly DossierEvent[]) => {
    for (const event of events) await desk.record(subscriber, CALL, event);
  };
  for (const letter of MEANS) await record(`means-${letter}`, CONCLUDED, eventWith(letter));
  await record('moved', CONCLUDED, verified(['b'], { outcome: 'elsewhere', by: 'distributor' }));
  for (const reason of DOUBT_REASONS)
    await record(
      `doubt-${reason}`,
      CONCLUDED,
      verified(['a']),
      { type: 'doubt-raised', on: '2025-02-01', reason },
      { type: 'doubt-dropped', on: '2025-02-02' },
    );
  for (const occasion of OCCASIONS.filter(each => each !== 'conclusion'))
    await record(
      `occasion-${occasion}`,
      CONCLUDED,
      verified(['a']),
      { type: 'doubt-raised', on: '2025-02-01', reason: 'own-statement' },
      verified(['a'], { occasion, on: '2025-02-03' }),
    );
  for (const heldDataProveResidence of [true, false])
    await record(
      `asked-${heldDataProveResidence}`,
      CONCLUDED,
      { type: 'information-requested', on: '2025-02-01', answerBy: '2025-03-01' },
      { type: 'information-not-answered', on: '2025-03-02', heldDataProveResidence },
      { type: 'information-requested', on: '2025-03-03', answerBy: '2025-04-01' },
      { type: 'information-answered', on: '2025-03-04' },
    );
  await record(
    'waived',
    CONCLUDED,
    { type: 'verification-waived', on: '2025-02-01', until: '2026-02-01' },
    { type: 'waiver-withdrawn', on: '2025-03-01' },
    { type: 'contract-renewed', on: '2025-04-01' },
    { type: 'contract-ended', on: '2025-12-01' },
  );
  const on = '2025-02-01';
  const doubt: DossierEvent = { type: 'doubt-raised', on, reason: 'own-statement' };
  const request: DossierEvent = { type: 'information-requested', on, answerBy: on };
  const silence: DossierEvent = {
    type: 'information-not-answered',
    on: '2025-02-02',
    heldDataProveResidence: false,
  };
  await record('leaves', CONCLUDED, { type: 'contract-ended', on: '2031-01-01' });
  await record('doubted', CONCLUDED, verified(['a']), doubt);
  await record('unverifiable', CONCLUDED, request, silence);
  await record('waived-for-good', CONCLUDED, { type: 'verification-waived', on });
  await record('gone', CONCLUDED, { type: 'contract-ended', on });
  await record(
    'due',
    { type: 'contract-concluded', on: '2025-01-10', renewsEvery: 1 },
    verified(['a']),
  );
  const rows = ['imported-1', 'imported-2', 'means-a'].map((subscriber, index) => ({
    line: index + 1,
    subscriber,
    events: [CONCLUDED, verified(['a'])],
  }));
  const source = {
    rows: async function* () {
      yield* rows;
    },
    digest: () => 'ab',
  };
  await desk.importDossiers({ reason: 'contract' }, source, { dryRun: true });
  await desk.importDossiers({ reason: 'contract', reference: 'MIGRATION-1' }, source);
}

async function handleRequests({ desk }: Service): Promise<void> {
  const received = '2025-09-01';
  for (const kind of REQUEST_KINDS) await desk.openRequest('asks', CALL, kind, received);
  for (const outcome of REQUEST_OUTCOMES) {
    const access = { ...CALL, reference: 'TICKET-1' };
    const { id } = await desk.openRequest('asks', access, 'access', received);
    await desk.identifyRequest(id, CALL, 'asked');
    await desk.identifyRequest(id, access, 'established');
    await desk.extendRequest(id, CALL);
    await desk.answerRequest(id, CALL, outcome);
  }
}

async function carryOutRights({ desk, visit }: Service): Promise<void> {
  for (const subscriber of ['restricted', 'objects', 'both', 'upheld', 'wrong'])
    await visit(subscriber, FRANCE, SPAIN);
  await desk.restrict('restricted', { reason: 'restriction-request' }, 'restriction');
  await desk.restrict('objects', { reason: 'objection' }, 'objection');
  await desk.restrict('both', { reason: 'restriction-request' }, 'restriction');
  await desk.restrict('both', { reason: 'objection' }, 'objection');
  await desk.restrict('upheld', { reason: 'objection' }, 'objection');
  for (const side of ['home', 'outside'] as const)
    await desk.dispute('wrong', CALL, '2025-09-10', side);
  for (const choice of DIRECTIVE_CHOICES)
    await desk.direct(`after-${choice}`, CALL, choice, choice === 'communicate' ? 'DIR-1' : '');
  for (const reason of EXCEPTION_REASONS)
    await desk.except(`except-${reason}`, CALL, reason, '2025-09-20');
  await desk.except('revoked', CALL, 'service-fault', '2025-09-20');
  await desk.revokeException('revoked', CALL);
  for (const reason of HOLD_REASONS) {
    await visit(`held-${reason}`, FRANCE, LONDON);
    await desk.record(`held-${reason}`, { ...CALL, reference: 'FILE-1' }, CONCLUDED);
    const access = reason === 'legal-claim' ? { ...CALL, reference: 'CASE-1' } : CALL;
    await desk.hold(`held-${reason}`, access, reason, '2025-12-01');
  }
}

async function consult({ desk }: Service): Promise<void> {
  for (const reason of ACCESS_REASONS) await desk.show('wrong', { reason });
  await desk.calendar('wrong', { ...CALL, reference: 'CALL-1' });
  await desk.export('wrong', { reason: 'access-request' });
  await desk.journal({ reason: 'audit' });
  await desk.lift('nobody', CALL).catch(() => undefined);
  await desk.undo('means-a', CALL, 1);
  const [line] = await desk.requests(true);
  await desk.show('asks', { ...CALL, number: line!.id, reference: 'CALL-2' });
}

async function eraseAndRelease({ desk, anna, visit }: Service): Promise<void> {
  await desk.erase('upheld', { reason: 'objection' }, { objectionUpheld: true });
  await visit('means-b', FRANCE);
  await desk.erase('means-b', { ...ERASE, reference: 'TICKET-2' });
  for (const evenDossier of [true, false])
    for (const objectionUpheld of [true, false])
      await anna.erase(`proposed-${evenDossier}-${objectionUpheld}`, ERASE, {
        evenDossier,
        objectionUpheld,
      });
  await anna.release('held-legal-claim', { ...CALL, reference: 'CASE-1' });
  await desk.lift('restricted', CALL);
}

/** Lives from September 2025 to December 2026, and looks at the store after each step. */
export async function wholeLife(home: Home): Promise<void> {
  const service = await start(home, '2025-09-10');
  const step = async (work: (each: Service) => Promise<unknown>): Promise<void> => {
    await work(service);
    await home.look();
  };
  await step(({ visit }) => visit('watches', FRANCE, SPAIN, LONDON));
  await step(verifyResidences);
  await step(handleRequests);
  await step(carryOutRights);
  await step(consult);
  await step(eraseAndRelease);
  await step(({ berta }) => berta.release('held-legal-claim', CALL));
  await step(each => each.desk.erase('asks', ERASE));
  await service.stop();

  const later = await start(home, '2025-11-22');
  await later.visit('watches', FRANCE);
  await later.purge(0);
  await home.look();
  for (const month of ['2014-01', '2024-01']) await later.keyring.ensureMonth(month);
  await later.stop();
  await home.destroyKeys('2024-02');
  await home.look();

  const last = await start(home, '2026-12-05');
  await last.visit('watches', SPAIN);
  await last.purge();
  await home.look();
  await last.stop();
}
