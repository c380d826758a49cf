/**
 * Packs the cards of a batch into bytes, so that a batch crosses to a thread or into a file without
 * an object for each card.
 */

import { isMonth } from '../days.ts';
import type { Card } from './card.ts';
import type { Access, Batch, EditionDay, TallyRow } from './ledger.ts';

const PSEUDONYM_BYTES = 16;

/**
 * Bytes of a packed card: month (years * 12 + months), home days and outside days as 32-bit
 * little-endian numbers, then the pseudonyms on the card and in the person records. The second one
 * is all zeros if it is not known.
 */
export const PACKED_CARD_BYTES = 3 * 4 + 2 * PSEUDONYM_BYTES;

/** Positions in a packed card. */
const HOME_DAYS = 4;
const OUTSIDE_DAYS = 8;
export const PSEUDONYMS = 12;
const OWNER = PSEUDONYMS + PSEUDONYM_BYTES;

const NO_OWNER = '00'.repeat(PSEUDONYM_BYTES);

/** Returns the number of a month `YYYY-MM` in a packed card. */
export const monthNumber = (month: string): number =>
  Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;

/** Returns the month `YYYY-MM` of a number. */
export const monthOf = (number: number): string =>
  `${String(Math.floor(number / 12)).padStart(4, '0')}-${String((number % 12) + 1).padStart(2, '0')}`;

/** Packed cards, read by position. */
export class PackedCards {
  readonly length: number;
  private readonly bytes: Buffer;
  /** The number of a month and its text, as last asked for: cards of one batch share it. */
  private lastNumber = -1;
  private lastMonth = '';

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length / PACKED_CARD_BYTES;
  }

  month(index: number): string {
    const number = this.bytes.readUInt32LE(index * PACKED_CARD_BYTES);
    if (number !== this.lastNumber) {
      this.lastNumber = number;
      this.lastMonth = monthOf(number);
    }
    return this.lastMonth;
  }

  homeDays(index: number): number {
    return this.bytes.readInt32LE(index * PACKED_CARD_BYTES + HOME_DAYS);
  }

  outsideDays(index: number): number {
    return this.bytes.readInt32LE(index * PACKED_CARD_BYTES + OUTSIDE_DAYS);
  }

  /** The pseudonym on the card, as bytes of the packed cards themselves. */
  pseudonymBytes(index: number): Buffer {
    const at = index * PACKED_CARD_BYTES + PSEUDONYMS;
    return this.bytes.subarray(at, at + PSEUDONYM_BYTES);
  }

  pseudonym(index: number): string {
    const at = index * PACKED_CARD_BYTES + PSEUDONYMS;
    return this.bytes.toString('hex', at, at + PSEUDONYM_BYTES);
  }

  /** The pseudonym in the person records; `undefined` if it is not known. */
  owner(index: number): string | undefined {
    const at = index * PACKED_CARD_BYTES + OWNER;
    const owner = this.bytes.toString('hex', at, at + PSEUDONYM_BYTES);
    return owner === NO_OWNER ? undefined : owner;
  }

  card(index: number): Card {
    return {
      month: this.month(index),
      pseudonym: this.pseudonym(index),
      homeDays: this.homeDays(index),
      outsideDays: this.outsideDays(index),
    };
  }
}

/** Writes one packed card at a position, without its pseudonyms. */
export function packDays(
  bytes: Buffer,
  at: number,
  month: number,
  homeDays: number,
  outsideDays: number,
): void {
  bytes.writeUInt32LE(month, at);
  bytes.writeInt32LE(homeDays, at + HOME_DAYS);
  bytes.writeInt32LE(outsideDays, at + OUTSIDE_DAYS);
}

/** The parts of a batch that are not packed. */
interface Rows {
  readonly accesses: readonly Access[];
  readonly tally: readonly TallyRow[];
  readonly editions: readonly EditionDay[];
}

/**
 * A batch whose cards are packed. They are unpacked when an engine asks for them, or copies the
 * batch.
 */
export class PackedBatch implements Batch {
  declare readonly cards: readonly Card[];
  declare readonly owners: Readonly<Record<string, string>>;
  /** Not enumerable: a copy of the batch is a plain one. */
  declare readonly packed: Uint8Array;
  readonly accesses: readonly Access[];
  readonly tally: readonly TallyRow[];
  readonly editions: readonly EditionDay[];

  constructor(packed: Uint8Array, { accesses, tally, editions }: Rows) {
    let cards: readonly Card[] | undefined;
    let owners: Readonly<Record<string, string>> | undefined;
    // Properties of the object itself, so that a spread or JSON has them; each unpacked once.
    Object.defineProperties(this, {
      packed: { value: packed, enumerable: false },
      cards: {
        enumerable: true,
        get: () => {
          cards ??= unpackCards(packed);
          return cards;
        },
      },
      owners: {
        enumerable: true,
        get: () => {
          owners ??= unpackOwners(packed);
          return owners;
        },
      },
    });
    this.accesses = accesses;
    this.tally = tally;
    this.editions = editions;
  }
}

function unpackCards(bytes: Uint8Array): Card[] {
  const packed = new PackedCards(bytes);
  return Array.from({ length: packed.length }, (_, index) => packed.card(index));
}

function unpackOwners(bytes: Uint8Array): Record<string, string> {
  const packed = new PackedCards(bytes);
  const owners: Record<string, string> = {};
  for (let index = 0; index < packed.length; index++) {
    const owner = packed.owner(index);
    if (owner !== undefined) owners[packed.pseudonym(index)] = owner;
  }
  return owners;
}

/** Whether a text is 32 lower-case hexadecimal digits, which bytes give back as they were. */
export const isPseudonym = (text: string): boolean =>
  text.length === 2 * PSEUDONYM_BYTES && !/[^0-9a-f]/.test(text);

function packPseudonym(bytes: Buffer, at: number, pseudonym: string): void {
  if (!isPseudonym(pseudonym))
    throw new TypeError('a pseudonym must be 32 lower-case hexadecimal digits');
  bytes.write(pseudonym, at, 'hex');
}

/**
 * @throws TypeError for a pseudonym or a month that would be stored as another one: without the
 * pseudonym of the person records, a restriction would not be found
 */
function pack({ cards, owners = {} }: Batch): Buffer {
  const bytes = Buffer.alloc(cards.length * PACKED_CARD_BYTES);
  for (const [index, { month, pseudonym, homeDays, outsideDays }] of cards.entries()) {
    const at = index * PACKED_CARD_BYTES;
    if (!isMonth(month)) throw new TypeError('a month must be YYYY-MM');
    packDays(bytes, at, monthNumber(month), homeDays, outsideDays);
    packPseudonym(bytes, at + PSEUDONYMS, pseudonym);
    packPseudonym(bytes, at + OWNER, owners[pseudonym] ?? NO_OWNER);
  }
  return bytes;
}

/** Returns a batch in its packed form, as a plain object that can be sent to a thread. */
export const packedForm = (batch: Batch): Rows & { readonly packed: Uint8Array } => ({
  packed: batch instanceof PackedBatch ? batch.packed : pack(batch),
  accesses: batch.accesses,
  tally: batch.tally,
  editions: batch.editions,
});

/** A batch in its packed form. */
export type PackedForm = ReturnType<typeof packedForm>;
