/** Maps addresses to a square along the Hilbert curve, on which a prefix is always one block. */

/**
 * Returns the position of step `index` of the Hilbert curve through a square of 2^order by 2^order
 * positions. The first step is in the upper left corner, the last in the upper right one. Source:
 * Hilbert, Math. Ann. 38 (1891).
 */
export function placeOf(index: number, order: number): readonly [x: number, y: number] {
  let x = 0;
  let y = 0;
  for (let level = 0; level < order; level++) {
    const quarter = Math.floor(index / 4 ** level) & 3;
    const size = 2 ** level;
    const right = quarter >> 1;
    const down = (quarter & 1) ^ right;
    if (down === 0) {
      if (right === 1) [x, y] = [size - 1 - x, size - 1 - y];
      [x, y] = [y, x];
    }
    x += size * right;
    y += size * down;
  }
  return [x, y];
}
