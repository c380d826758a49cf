/** `demo`: a made-up evening of requests on the bundled table: verdicts by reason, a few of them explained, and how fast. */
import { type Gate, openGate } from '../gate.ts';
import { basisOf, DECISIONS, type Decision, explain, REASONS, type Reason } from '../law/reasons.ts';
import { paintVerdict } from './decide.ts';
import { type EveningRequest, evening } from './evening.ts';
import { plainTable } from './table.ts';
import { loadTable, megabytes, type Terminal } from './terminal.ts';

export interface DemoOptions {
  readonly requests: number;
  readonly seed: number;
}

/** The story of the examples, in the order in which they are told: place by its English name, standing, and reason. */
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
  readonly examples: ReadonlyMap<Reason, EveningRequest>;
  readonly milliseconds: number;
}

/** Decides every request once to tell the story, then all of them again, timed. */
function replay(gate: Gate, requests: readonly EveningRequest[]): Outcome {
  const tally = new Map<Reason, number>();
  const examples = new Map<Reason, EveningRequest>();
  for (const request of requests) {
    const { reason } = gate.decide(request);
    tally.set(reason, (tally.get(reason) ?? 0) + 1);
    if (!examples.has(reason)) examples.set(reason, request);
  }
  const start = performance.now();
  for (const request of requests) gate.decide(request);
  return { tally, examples, milliseconds: performance.now() - start };
}

const number = (terminal: Terminal, value: number, digits = 0): string =>
  value.toLocaleString(terminal.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });

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
  return plainTable(
    head.map(word => terminal.say(word)),
    rows,
    [3, 4],
  );
}

function example(terminal: Terminal, reason: Reason, { place, standing }: EveningRequest): string {
  const { verdict, code } = DECISIONS[reason];
  const basis = basisOf(reason, terminal.language);
  const scene = `${place.name[terminal.language]}, ${terminal.say(standing)}`;
  return `${terminal.paint.bold(code)} ${scene} → ${paintVerdict(terminal, verdict)}, ${basis}\n      ${explain(reason, terminal.language)}`;
}

export async function demo(terminal: Terminal, { requests: count, seed }: DemoOptions): Promise<number> {
  const opened = performance.now();
  const table = await loadTable(terminal);
  const loaded = performance.now() - opened;
  const gate = await openGate({ table });
  const requests = evening(seed, count);
  const { tally, examples, milliseconds } = replay(gate, requests);
  await gate.close();
  if (terminal.json) {
    terminal.print(
      JSON.stringify({
        seed,
        requests: count,
        tally: Object.fromEntries(tally),
        edition: table.edition.id,
        milliseconds,
      }),
    );
    return 0;
  }
  const { id, home } = table.edition;
  terminal.print(
    terminal.say('demoTable', {
      id,
      home,
      bytes: megabytes(table.byteLength, terminal.language),
      ms: number(terminal, loaded),
    }),
  );
  terminal.print(
    `${terminal.paint.bold(terminal.say('demoTitle', { count: number(terminal, count), seed: String(seed) }))}\n`,
  );
  terminal.print(`${summary(terminal, tally, count)}\n`);
  terminal.print(`${terminal.paint.bold(terminal.say('demoExamples'))}\n`);
  for (const reason of EXAMPLES.filter(known => examples.has(known)))
    terminal.print(`${example(terminal, reason, examples.get(reason)!)}\n`);
  const rate = number(terminal, count / milliseconds / 1000, 1);
  terminal.print(
    terminal.say('demoRate', { count: number(terminal, count), ms: number(terminal, milliseconds), rate }),
  );
  return 0;
}
