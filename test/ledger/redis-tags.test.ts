/** Tests that the hash tags of a Redis ledger divide a month evenly over the masters of a cluster. */
import { expect, it } from 'vitest';
import { TAGS } from '../../src/ledger/redis/card-keys.ts';

const SLOTS = 16_384;

/** The hash slot of a tag, as in the specification of Redis Cluster (CRC16, XMODEM). */
function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc % SLOTS;
}

it.each([
  [2, 0.01],
  [3, 0.01],
  [5, 0.01],
  [6, 0.01],
  [9, 0.01],
  [12, 0.01],
  [16, 0.01],
  [32, 0.02],
])('with %i masters none has more than its share by more than %d', (masters, most) => {
  expect(slotOf('123456789')).toBe(0x31c3);
  const shares = new Array<number>(masters).fill(0);
  for (const tag of TAGS) shares[Math.floor((slotOf(tag) * masters) / SLOTS)]!++;
  expect(Math.max(...shares) / (TAGS.length / masters) - 1).toBeLessThan(most);
});
