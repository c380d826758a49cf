/**
 * Implements `demo`: decides an evening of synthetic requests with the bundled table, and prints
 * verdicts by reason, some explained examples and the speed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { daysOf } from '../desk/export.ts';
import { PortabilityError } from '../errors.ts';
import { type Gate, openGate } from '../gate.ts';
import { openKeyring } from '../keys/file-keyring.ts';
import type { Keyring } from '../keys/keyring.ts';
import {
  basisOf,
  DECISIONS,
  type Decision,
  explain,
  REASONS,
  type Reason,
} from '../law/reasons.ts';
import type { Card } from '../ledger/card.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { memoryLedger } from '../ledger/memory.ts';
import { openSqliteLedger } from '../ledger/sqlite.ts';
import type { EvidenceHealth } from '../recording/evidence-recorder.ts';
import { dateCell } from './dates.ts';
import { type DemoRequest, demoTraffic } from './demo-traffic.ts';
import { paintVerdict } from './outlook.ts';
import { loadTable, megabytes, type Terminal } from './terminal.ts';
import { plainTable } from './text-table.ts';

export interface DemoOptions {
  readonly requests: number;
  readonly seed: number;
}

/** The reasons of the explained examples, in the order of output. */
const EXAMPLES: readonly Reason[] = [
  'present-at-home',
  'temporarily-abroad',
  'residence-renewal-due',
  'residence-elsewhere',
  'outside-eea',
  'address-not-public',
  'address-invalid',
];

interface Outcome {
  readonly tally: ReadonlyMap<Reason, number>;
  readonly examples: ReadonlyMap<Reason, DemoRequest>;
}

/** Decides every request once and counts the reasons. */
function replay(gate: Gate, requests: readonly DemoRequest[]): Outcome {
  const tally = new Map<Reason, number>();
  const examples = new Map<Reason, DemoRequest>();
  for (const request of requests) {
    const { reason } = gate.decide(request);
    tally.set(reason, (tally.get(reason) ?? 0) + 1);
    if (!examples.has(reason)) examples.set(reason, request);
  }
  return { tally, examples };
}

/**
 * Returns the milliseconds for deciding all requests again, when every subscriber is already
 * recorded for that day.
 */
function timeAgain(gate: Gate, requests: readonly DemoRequest[]): number {
  const start = performance.now();
  for (const request of requests) gate.decide(request);
  return performance.now() - start;
}

const number = (terminal: Terminal, value: number, digits = 0): string =>
  value.toLocaleString(terminal.language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

function summary(terminal: Terminal, tally: ReadonlyMap<Reason, number>, total: number): string {
  const head = ['code', 'reason', 'verdict', 'requests', 'share'] as const;
  const rows = REASONS.filter(reason => tally.has(reason)).map(reason => {
    const { code, verdict }: Decision = DECISIONS[reason];
    const count = tally.get(reason)!;
    return [
      code,
      reason,
      paintVerdict(terminal, verdict),
      number(terminal, count),
      `${number(terminal, (100 * count) / total, 1)} %`,
    ];
  });
  rows.push(['', terminal.say('total'), '', number(terminal, total), '']);
  return plainTable(
    head.map(word => terminal.say(word)),
    rows,
    [3, 4],
    terminal.rowWidth,
  );
}

/**
 * Shows what happened to the evidence of every decision. The rows add up to the number of requests.
 */
function evidenceTable(terminal: Terminal, evidence: EvidenceHealth): string {
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((a, b) => a + b, 0);
  const counts = {
    evidenceRecorded: evidence.recorded,
    evidenceKnown: evidence.alreadyKnown,
    evidenceNone: sum(evidence.notRecordable),
    evidencePending: evidence.pending,
    evidenceFailed: sum(evidence.failed),
    total: evidence.decided,
  };
  const rows = Object.entries(counts).map(([word, count]) => [
    terminal.say(word as keyof typeof counts),
    number(terminal, count),
  ]);
  return plainTable(
    [terminal.say('evidence'), terminal.say('requests')],
    rows,
    [1],
    terminal.rowWidth,
  );
}

function example(terminal: Terminal, reason: Reason, { place, standing }: DemoRequest): string {
  const { verdict, code } = DECISIONS[reason];
  const basis = basisOf(reason, terminal.language);
  const scene = `${place.name[terminal.language]}, ${terminal.say(standing)}`;
  return `${terminal.paint.bold(code)} ${scene} → ${paintVerdict(terminal, verdict)}, ${basis}\n      ${explain(reason, terminal.language)}`;
}

/** Opens the embedded ledger, or a ledger in memory if the driver is not installed. */
async function openDemoLedger(terminal: Terminal, path: string): Promise<Ledger> {
  try {
    return await openSqliteLedger(path);
  } catch (error) {
    if (!(error instanceof PortabilityError) || error.code !== 'ERR_LEDGER_DRIVER') throw error;
    terminal.note(terminal.say('demoNoDriver'));
    return memoryLedger();
  }
}

/** Returns the card of the first subscriber who was seen from both sides. */
async function cardSeenFromBoth(
  ledger: Ledger,
  keyring: Keyring,
  requests: readonly DemoRequest[],
): Promise<Card | undefined> {
  const month = new Date(systemClock()).toISOString().slice(0, 7);
  for (const { subscriber } of requests) {
    const pseudonym = keyring.cardPseudonym(subscriber, month);
    const [card] = pseudonym === undefined ? [] : await ledger.cards([{ month, pseudonym }]);
    if (card !== undefined && card.homeDays !== 0 && card.outsideDays !== 0) return card;
  }
  return undefined;
}

async function tellKept(
  terminal: Terminal,
  { ledger, keyring }: Kept,
  evidence: EvidenceHealth,
  requests: readonly DemoRequest[],
): Promise<void> {
  const cards = (await ledger.months()).reduce((total, month) => total + month.cards, 0);
  terminal.tell(`${terminal.paint.bold(terminal.say('demoEvidence'))}\n`);
  terminal.print(`${evidenceTable(terminal, evidence)}\n`);
  const kept = {
    cards: number(terminal, cards),
    recorded: number(terminal, evidence.recorded),
    kind: ledger.kind === 'memory' ? terminal.say('memoryKind') : ledger.kind,
  };
  terminal.tell(`${terminal.say('demoKept', kept)}\n`);
  const card = await cardSeenFromBoth(ledger, keyring, requests);
  if (card === undefined) return;
  const { month, pseudonym, homeDays, outsideDays } = card;
  terminal.tell(
    `${terminal.say('demoCard', { month: dateCell(terminal.language, month), pseudonym, home: daysOf(homeDays).join(', '), outside: daysOf(outsideDays).join(', ') })}\n`,
  );
}

interface Kept {
  readonly ledger: Ledger;
  readonly keyring: Keyring;
  readonly gate: Gate;
}

async function tell(
  terminal: Terminal,
  kept: Kept,
  { requests: count, seed }: DemoOptions,
): Promise<void> {
  const requests = demoTraffic(seed, count);
  const { tally, examples } = replay(kept.gate, requests);
  await kept.gate.flush();
  // Read the figures before the requests are decided again for the timing.
  const { edition, evidence } = kept.gate.health();
  const milliseconds = timeAgain(kept.gate, requests);
  if (terminal.json) {
    terminal.print(
      JSON.stringify({
        seed,
        requests: count,
        tally: Object.fromEntries(tally),
        edition: edition.id,
        evidence,
        milliseconds,
      }),
    );
    return;
  }
  terminal.tell(
    `${terminal.paint.bold(terminal.say('demoTitle', { count: number(terminal, count), seed: String(seed) }))}\n`,
  );
  terminal.print(`${summary(terminal, tally, count)}\n`);
  terminal.tell(`${terminal.paint.bold(terminal.say('demoExamples'))}\n`);
  for (const reason of EXAMPLES.filter(known => examples.has(known))) {
    terminal.tell(`${example(terminal, reason, examples.get(reason)!)}\n`);
  }
  await tellKept(terminal, kept, evidence!, requests);
  const rate = number(terminal, count / milliseconds / 1000, 1);
  terminal.tell(
    terminal.say('demoRate', {
      count: number(terminal, count),
      ms: number(terminal, milliseconds),
      rate,
    }),
  );
}

export async function demo(terminal: Terminal, options: DemoOptions): Promise<number> {
  const opened = performance.now();
  const table = await loadTable(terminal);
  const loaded = performance.now() - opened;
  const { id, home } = table.edition;
  const bytes = megabytes(table.byteLength, terminal.language);
  if (!terminal.json)
    terminal.tell(terminal.say('demoTable', { id, home, bytes, ms: number(terminal, loaded) }));
  const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-demo-'));
  try {
    const keyring = await openKeyring(join(folder, 'keys'));
    const ledger = await openDemoLedger(terminal, join(folder, 'ledger.db'));
    const gate = await openGate({
      table,
      evidence: { ledger, keyring },
    });
    await tell(terminal, { ledger, keyring, gate }, options)
      .finally(gate.close)
      .finally(ledger.close);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return 0;
}
