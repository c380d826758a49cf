/** What an agent types in a day at the desk: every desk command, on a store of its own. */
import { mkdirSync } from 'node:fs';
import { openGate, openKeyring } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { cli, type Output } from './cli.ts';
import { newPath } from './desk.ts';
import { inFolder } from './tables.ts';

const ID = 'canary-subscriber-77';
const dayFromNow = (days: number): string =>
  new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

const VERIFY = 'residence-verified --outcome home --by provider --reason residence-verification';

/** The commands, in the order in which an agent could type them. `R` is the number of a request. */
export const DESK_DAY: readonly string[] = [
  'subscriber show --address 80.58.61.250',
  'residence check i j',
  'residence check a z',
  'residence check b',
  'residence event contract-concluded --on 2026-01-10 --renews-every 1 --reason contract',
  `residence event ${VERIFY} --on 2026-01-10 --means b,j --occasion conclusion`,
  `residence event ${VERIFY} --means z --occasion renewal`,
  'residence overdue',
  'residence event doubt-raised --doubt-reason supply-contract-moved-abroad --reason residence-verification',
  `residence event information-requested --answer-by ${dayFromNow(20)} --reason residence-verification`,
  'residence undo 9 --yes --reason residence-verification',
  'requests open --kind objection --received 2026-01-02',
  'requests open --kind access',
  'requests list',
  'requests due',
  'requests extend R',
  'requests identity R --step asked',
  'subscriber restrict --reason restriction-request',
  'subscriber show --calendar --reason support-call',
  'subscriber lift --reason restriction-request',
  `subscriber hold --hold-reason legal-claim --review ${dayFromNow(9)} --reason legal-claim`,
  'subscriber directive --choice communicate --designated DIR-1 --reason directive',
  `subscriber exception --exception-reason network-without-place --until ${dayFromNow(5)} --reason support-call --reference LITIGE-2026/0042`,
  'subscriber exception --reason support-call',
  'subscriber show --calendar --reason support-call --address 192.168.1.1',
  'subscriber show --address 1.2.3',
  'subscriber dispute --day 2026-02-01 --side outside --reason rectification-request --yes',
  'subscriber erase --reason erasure-request --yes',
  'subscriber release --reason legal-claim --yes',
  'subscriber release --reason legal-claim',
  'requests answer R --outcome refused-overriding-interest',
  'requests list',
  'journal list --reason audit',
  'journal list --reason audit --action dispute',
  'report --from 2026-01 --to 2026-03',
  'report --from 2026-09 --to 2026-10',
  'subscriber erase --reason erasure-request --yes --even-dossier',
  'subscriber show',
  'subscriber restrict --reason restriction-request',
];

let desks = 0;

/** Opens a desk with two months of requests, and returns a function that types a command at it. */
export async function openAgentDesk(): Promise<
  (args: string, columns?: number, env?: Record<string, string>) => Promise<Output>
> {
  const folder = inFolder(`agent-${++desks}-${process.pid}`);
  mkdirSync(folder, { mode: 0o700 });
  const places = { ledger: newPath(), keyring: `${folder}/keys` };
  const ledger = await openSqliteLedger(places.ledger);
  const keyring = await openKeyring(places.keyring);
  const gate = await openGate({ evidence: { ledger, keyring } });
  for (const address of ['193.252.19.3', '80.58.61.250'])
    gate.decide({ subscriber: ID, standing: 'verified', address });
  await gate.close();
  for (const [day, reason] of [
    ['2026-01-05', 'present-at-home'],
    ['2026-02-05', 'address-anonymised'],
    ['2026-10-05', 'residence-renewal-due'],
  ] as const)
    await ledger.write({
      cards: [],
      accesses: [],
      tally: [{ day, reason, writer: 'w', epoch: 1, count: 1_234_567 }],
      editions: [{ day, edition: `${day}-d6a20d2f91b7` }],
    });
  await ledger.close();
  const env = { LAISSEZ_PASSER_LEDGER: places.ledger, LAISSEZ_PASSER_KEYRING: places.keyring };
  let request = 'R-23456789';
  return async (args, columns, more = {}) => {
    const typed = args.split(' ').map(word => (word === 'R' ? request : word));
    const isReport = args.startsWith('report') || args.startsWith('residence check');
    const agent = isReport ? [] : ['--agent', 'Claire'];
    const output = await cli([...typed, ...agent], `${ID}\n`, { ...env, ...more }, columns);
    request = /R-[2-9A-Z]{8}/.exec(output.stdout)?.[0] ?? request;
    return output;
  };
}
