/** How are the stretches of a bundle read? In one pass over its bytes, into arrays made once: it is what a process waits for at its start. */
import { PortabilityError } from '../errors.ts';
import { isTableCode } from './location.ts';
import { MOST_STRETCHES, type Stretches, type Width } from './stretches.ts';

export const bad = (message: string, offset: number): never => {
  throw new PortabilityError('ERR_TABLE_FORMAT', message, { offset });
};

/** Each stretch after the first takes three bytes at least: how much follows, a byte of its start, a code. */
const LEAST_BYTES = 3;

/** The word of an address that begins at a byte. */
const wordAt = (address: Uint8Array, byte: number): number =>
  (address[byte]! << 24) | (address[byte + 1]! << 16) | (address[byte + 2]! << 8) | address[byte + 3]!;

/** Reads what `encodeStretches` wrote; `offset` is where the bytes lie in the file, for errors. */
export function decodeStretches(bytes: Uint8Array, width: Width, offset: number): Stretches {
  const size = width * 4;
  const most = Math.min(Math.floor(bytes.length / LEAST_BYTES) + 1, MOST_STRETCHES);
  const [starts, values] = [new Uint32Array(most * width), new Uint16Array(most)];
  const address = new Uint8Array(size);
  let [at, length, end] = [0, 0, 0];
  /** Puts the next start over the last one, of which the first `shared` bytes stay and those from `next` on are zero. */
  const advance = (): void => {
    const shared = bytes[at]! >> 4;
    const next = shared + (bytes[at++]! & 15) + 1;
    if (next > size || at + next - shared > bytes.length) bad('a start runs past its end', offset + at);
    let order = 0;
    for (let byte = shared; byte < next || byte < end; byte++) {
      const value = byte < next ? bytes[at++]! : 0;
      if (order === 0) order = value - address[byte]!;
      address[byte] = value;
    }
    if (order <= 0) bad('starts do not ascend', offset + at);
    end = next;
  };
  if (bytes.length === 0) bad('a family has no stretches', offset);
  for (let isFirst = true; at < bytes.length; isFirst = false) {
    if (!isFirst) advance();
    if (at >= bytes.length || !isTableCode(bytes[at]!)) bad('a stretch has no location', offset + at);
    const code = bytes[at++]!;
    if (length > 0 && values[length - 1] === code) continue;
    if (length === most)
      throw new PortabilityError(
        'ERR_SOURCE_LIMIT',
        'the files cut the address space into more pieces than a table can',
      );
    for (let word = 0; word < width; word++) starts[length * width + word] = wordAt(address, word * 4);
    values[length++] = code;
  }
  return { width, length, starts: starts.slice(0, length * width), values: values.slice(0, length) };
}
