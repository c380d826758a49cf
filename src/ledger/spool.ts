/**
 * Queues batches in a file while the ledger is out of reach, and writes them in order when it is
 * back.
 */

import type { FileInput } from '../assets.ts';
import { checkSchema, fields, optional, wholeNumber } from '../config-schema.ts';
import { type PortabilityError, portabilityError } from '../errors.ts';
import * as LEDGER from '../messages/ledger.ts';
import type { Batch, Ledger } from './ledger.ts';
import { PackedBatch, packedForm } from './packed-cards.ts';

/** A batch as it waits: its cards packed, the rest as JSON. */
export interface Entry {
  readonly body: string;
  /** `null` in an entry of an earlier version, whose cards are in the JSON. */
  readonly cards: Uint8Array | null;
}

export interface StoredEntry extends Entry {
  readonly seq: number;
}

/** A queue on disk. An entry is durable when `put` resolves. */
export interface Queue {
  put(entry: Entry): Promise<void>;
  /** Returns the oldest entries in order, as many as make one write; empty if none waits. */
  first(): Promise<readonly StoredEntry[]>;
  /** Removes the entries up to and including a number. */
  remove(through: number): Promise<void>;
  size(): Promise<{ readonly batches: number; readonly bytes: number }>;
  close(): Promise<void>;
}

/** Limits of the spool. */
export interface SpoolOptions {
  /**
   * Megabytes (2^20 bytes) that may wait, 1 to 1,048,576; default: 1024. A record takes 44
   * bytes, a batch some hundred more for its counts. The file keeps its size when it is empty
   * again. What is beyond it waits in the memory of the gate (`queueMegabytes`).
   */
  readonly megabytes?: number | undefined;
  /** Milliseconds between two attempts, 1 to 3,600,000; default: 1,000. */
  readonly retryMs?: number | undefined;
  /** As in `openSqliteLedger`. */
  readonly sqliteWorker?: FileInput | undefined;
}

/** The cards and owners of an entry as earlier versions put them. */
interface EarlierEntry {
  readonly batch: Batch;
  readonly owners?: readonly (readonly [pseudonym: string, owner: string])[];
}

/** Returns the batch of one entry: a new version finds those of the versions before. */
function batchOf({ body, cards }: Entry): Batch {
  const entry = JSON.parse(body) as Batch | EarlierEntry;
  if (cards !== null) return new PackedBatch(cards, entry as Batch);
  if (!('batch' in entry)) return entry;
  return { ...entry.batch, owners: entry.owners && Object.fromEntries(entry.owners) };
}

/** Combines entries into one batch: a ledger takes a large one in half the time a record. */
function combined(entries: readonly Entry[]): Batch {
  if (entries.length === 1 || entries.some(({ cards }) => cards === null))
    return merged(entries.map(batchOf));
  const rows = entries.map(({ body }) => JSON.parse(body) as Batch);
  return new PackedBatch(Buffer.concat(entries.map(({ cards }) => cards!)), merged(rows));
}

const merged = (batches: readonly Batch[]): Batch =>
  batches.length === 1
    ? batches[0]!
    : {
        cards: batches.flatMap(({ cards = [] }) => cards),
        accesses: batches.flatMap(({ accesses }) => accesses),
        tally: batches.flatMap(({ tally }) => tally),
        editions: batches.flatMap(({ editions }) => editions),
        owners: Object.assign({}, ...batches.map(({ owners }) => owners)),
      };

function entryOf(batch: Batch): Entry {
  const { packed, ...rest } = packedForm(batch);
  return { body: JSON.stringify(rest), cards: packed };
}

const sizeOf = ({ body, cards }: Entry): number => body.length + (cards?.length ?? 0);

/** Writes the waiting batches, oldest first, until the ledger fails. */
async function drainOnce(
  ledger: Ledger,
  queue: Queue,
  remove: (entries: readonly StoredEntry[]) => Promise<void>,
): Promise<void> {
  for (let next = await queue.first(); next.length > 0; next = await queue.first()) {
    await ledger.write(combined(next));
    // Removes the entries only when they are durable in the ledger. If the process dies in
    // between, they are written twice, which changes nothing.
    await remove(next);
  }
}

/** A spool in operation: counts what waits, and retries until nothing does. */
class Drain {
  batches: number;
  bytes: number;
  private readonly ledger: Ledger;
  private readonly queue: Queue;
  private readonly retryMs: number;
  private isOver = false;
  private draining: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    ledger: Ledger,
    queue: Queue,
    retryMs: number,
    before: { readonly batches: number; readonly bytes: number },
  ) {
    this.ledger = ledger;
    this.queue = queue;
    this.retryMs = retryMs;
    this.batches = before.batches;
    this.bytes = before.bytes;
    if (this.batches > 0) this.later();
  }

  async put(entry: Entry): Promise<void> {
    await this.queue.put(entry);
    this.batches++;
    this.bytes += sizeOf(entry);
    this.later();
  }

  async finish(): Promise<void> {
    clearTimeout(this.timer);
    await (this.batches > 0 ? this.drain() : this.draining);
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private drain(): Promise<void> {
    this.draining ??= drainOnce(this.ledger, this.queue, entries => this.remove(entries))
      .catch(() => undefined)
      .finally(() => {
        this.draining = undefined;
        if (this.batches > 0) this.later();
      });
    return this.draining;
  }

  private async remove(entries: readonly StoredEntry[]): Promise<void> {
    await this.queue.remove(entries.at(-1)!.seq);
    this.batches -= entries.length;
    for (const entry of entries) this.bytes -= sizeOf(entry);
  }

  private later(): void {
    if (this.isOver) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.drain();
    }, this.retryMs).unref();
  }
}

const MEGABYTE = 2 ** 20;

const SCHEMA = fields({
  megabytes: optional(wholeNumber(1, MEGABYTE)),
  retryMs: optional(wholeNumber(1, 3_600_000)),
});

/**
 * Wraps a ledger: a batch that it does not accept is queued, and while batches wait, new ones are
 * queued without trying the ledger. All other operations go to the ledger itself and fail while it
 * is out of reach.
 */
export async function spooled(
  ledger: Ledger,
  queue: Queue,
  options: Omit<SpoolOptions, 'sqliteWorker'>,
): Promise<Ledger> {
  const { megabytes = 1024, retryMs = 1000 } = checkSchema(SCHEMA, options, 'ERR_LEDGER_OPEN', {
    en: 'the options of the spool',
    fr: 'les options de la file d’attente',
  });
  const mostBytes = megabytes * MEGABYTE;
  const drain = new Drain(ledger, queue, retryMs, await queue.size());
  const put = async (batch: Batch): Promise<readonly string[]> => {
    const entry = entryOf(batch);
    if (drain.bytes + sizeOf(entry) > mostBytes) throw portabilityError(LEDGER.spoolFull);
    await drain.put(entry);
    return [];
  };
  let closing: Promise<void> | undefined;
  return {
    ...ledger,
    spooled: () => drain.batches,
    spoolSize: () => ({ bytes: drain.bytes, mostBytes }),
    write: async batch => {
      // Waiting batches go first, so that batches stay in order.
      if (drain.batches > 0) return put(batch);
      return ledger.write(batch).catch(error => {
        if ((error as PortabilityError).code === 'ERR_LEDGER_CLOSED') throw error;
        return put(batch);
      });
    },
    close: () => {
      closing ??= drain.finish().finally(queue.close).finally(ledger.close);
      return closing;
    },
  };
}
