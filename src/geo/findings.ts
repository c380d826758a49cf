/** Collects what is wrong with rows that do not refuse their file, for the edition. */

/**
 * Why a row has no effect or no place:
 * - `prefix`: no address or prefix, or one that cannot be parsed;
 * - `host-bits`: a prefix with bits set beyond its length;
 * - `code`: not the ISO 3166-1 code of a territory (`UK`, `EL`, `XK`, lower case);
 * - `row`: quotes, separators or fields that cannot be read;
 * - `duplicate`: a range that other rows of the file have with another code.
 */
export const ROW_PROBLEMS = ['prefix', 'host-bits', 'code', 'row', 'duplicate'] as const;
/** Why a row has no effect or no place. */
export type RowProblem = (typeof ROW_PROBLEMS)[number];

/** Rows of one file with the same problem. */
export interface RowFinding {
  readonly problem: RowProblem;
  /**
   * `discarded`: the rows have no effect, so sources and other overlays decide; `unknown`: the
   * source votes `unknown` for their addresses.
   */
  readonly effect: 'discarded' | 'unknown';
  readonly count: number;
  /** The first lines, at most five. */
  readonly lines: readonly number[];
  /** For `code`: the first codes, at most ten, if they consist of two or three letters. */
  readonly codes?: readonly string[];
}

/** Number of lines that a finding names. */
export const SHOWN_LINES = 5;
const SHOWN_CODES = 10;

/** Returns the codes that can be shown. Anything longer could be an address or a name. */
export function shownCodes(codes: Iterable<string>): readonly string[] {
  const letters = [...codes].filter(code => /^[A-Za-z]{2,3}$/.test(code));
  return [...new Set(letters)].slice(0, SHOWN_CODES);
}

/** Collects the discarded rows of one file. */
export class DiscardedRows {
  count = 0;
  readonly #found = new Map<RowProblem, { count: number; lines: number[]; codes: string[] }>();

  add(problem: RowProblem, line: number, code?: string): void {
    this.count++;
    let found = this.#found.get(problem);
    if (found === undefined) {
      found = { count: 0, lines: [], codes: [] };
      this.#found.set(problem, found);
    }
    found.count++;
    if (found.lines.length < SHOWN_LINES) found.lines.push(line);
    if (code !== undefined && !found.codes.includes(code) && found.codes.length < SHOWN_CODES)
      found.codes.push(...shownCodes([code]));
  }

  findings(): RowFinding[] {
    return [...this.#found].map(([problem, { count, lines, codes }]) => ({
      problem,
      effect: 'discarded',
      count,
      lines,
      ...(codes.length > 0 && { codes }),
    }));
  }
}
