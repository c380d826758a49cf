/**
 * Keeps the records that wait to be written, first in first out, as bytes: a minute of a busy
 * gateway is a million of them, and as objects they would cost the garbage collector more than the
 * decisions.
 */

import { isPseudonym } from '../ledger/packed-cards.ts';

/**
 * Bytes of a record: the pseudonyms on the card and in the person records, the hash by which the
 * daily dedup knows the subscriber, the day and side, and the second of a single access.
 */
export const RECORD_BYTES = 48;

/** Positions in a record. The two pseudonyms come first, 16 bytes each. */
const OWNER = 16;
const HASH_A = 32;
const HASH_B = 36;
const DAY_AND_SIDE = 40;
const AT = 44;

const RECORDS_PER_CHUNK = 1024;
const CHUNK_BYTES = RECORDS_PER_CHUNK * RECORD_BYTES;

/** A queue of records. Its memory grows and shrinks by chunks of 48 kB. */
export class PendingQueue {
  private chunks: Buffer[] = [];
  /** Position of the first record in the first chunk, in records. */
  private first = 0;
  private count = 0;
  private readonly most: number;

  /** @param bytes bound on memory */
  constructor(bytes: number) {
    this.most = Math.max(1, Math.floor(bytes / RECORD_BYTES));
  }

  get length(): number {
    return this.count;
  }

  /** Memory that the waiting records take. */
  get bytes(): number {
    return this.count * RECORD_BYTES;
  }

  get isFull(): boolean {
    return this.count >= this.most;
  }

  /**
   * Adds a record. Returns `false` if a pseudonym is not 32 lower-case hexadecimal digits: it
   * would be stored as another one.
   * @param pseudonym on the card, 32 hexadecimal digits
   * @param owner the pseudonym in the person records, 32 hexadecimal digits
   * @param dayAndSide any 32 bits, as `dayAndSide` returns them
   * @param at seconds since 1970 of a single access; 0 if only the day is kept
   */
  add(
    pseudonym: string,
    owner: string,
    hashA: number,
    hashB: number,
    dayAndSide: number,
    at: number,
  ): boolean {
    const end = this.first + this.count;
    const chunkIndex = Math.floor(end / RECORDS_PER_CHUNK);
    if (chunkIndex === this.chunks.length) this.chunks.push(Buffer.alloc(CHUNK_BYTES));
    const chunk = this.chunks[chunkIndex]!;
    const start = (end % RECORDS_PER_CHUNK) * RECORD_BYTES;
    if (!isPseudonym(pseudonym) || !isPseudonym(owner)) return false;
    chunk.write(pseudonym, start, 'hex');
    chunk.write(owner, start + OWNER, 'hex');
    chunk.writeInt32LE(hashA, start + HASH_A);
    chunk.writeInt32LE(hashB, start + HASH_B);
    chunk.writeUInt32LE(dayAndSide, start + DAY_AND_SIDE);
    chunk.writeUInt32LE(at, start + AT);
    this.count++;
    return true;
  }

  hashA(index: number): number {
    return this.chunkOf(index).readInt32LE(this.startOf(index) + HASH_A);
  }

  hashB(index: number): number {
    return this.chunkOf(index).readInt32LE(this.startOf(index) + HASH_B);
  }

  dayAndSide(index: number): number {
    return this.chunkOf(index).readUInt32LE(this.startOf(index) + DAY_AND_SIDE);
  }

  at(index: number): number {
    return this.chunkOf(index).readUInt32LE(this.startOf(index) + AT);
  }

  pseudonym(index: number): string {
    const start = this.startOf(index);
    return this.chunkOf(index).toString('hex', start, start + OWNER);
  }

  owner(index: number): string {
    const start = this.startOf(index);
    return this.chunkOf(index).toString('hex', start + OWNER, start + HASH_A);
  }

  /** Copies the two pseudonyms of a record, 32 bytes. */
  copyPseudonyms(index: number, target: Buffer, at: number): void {
    const start = this.startOf(index);
    this.chunkOf(index).copy(target, at, start, start + HASH_A);
  }

  /** Removes the first records. */
  remove(count: number): void {
    this.first += count;
    this.count -= count;
    if (this.count === 0) {
      this.chunks.length = 0;
      this.first = 0;
      return;
    }
    const done = Math.floor(this.first / RECORDS_PER_CHUNK);
    this.chunks.splice(0, done);
    this.first -= done * RECORDS_PER_CHUNK;
  }

  private chunkOf(index: number): Buffer {
    return this.chunks[Math.floor((this.first + index) / RECORDS_PER_CHUNK)]!;
  }

  private startOf(index: number): number {
    return ((this.first + index) % RECORDS_PER_CHUNK) * RECORD_BYTES;
  }
}
