/** Checks which sets of means verify residence under Article 5, on which occasion. */

/** A means of verification, by its letter in Art. 5(1). */
export type Means = (typeof MEANS)[number];
/** The means of verification of Art. 5(1), by their letters. */
export const MEANS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'] as const;

/** (i) address, (j) declaration, (k) IP check: not sufficient on their own. */
const WEAK: readonly string[] = ['i', 'j', 'k'];

/**
 * When residence is verified: at conclusion or renewal of the contract (Art. 5(1)), or on
 * reasonable doubts during it (Art. 5(2)).
 */
export type Occasion = (typeof OCCASIONS)[number];
export const OCCASIONS = ['conclusion', 'renewal', 'doubt'] as const;

/** Facts that the law requires in addition to the letters. */
export interface MeansOptions {
  readonly occasion: Occasion;
  /**
   * Whether the postal address of means (i) is in a publicly available official register. France
   * has no such register of its population. Default: `false`.
   */
  readonly postalAddressRegistered?: boolean | undefined;
}

/** Why a set of means does not verify residence. */
export type MeansViolation =
  | 'no-means'
  | 'unknown-means'
  | 'duplicate-means'
  | 'more-than-two'
  | 'weak-means-alone'
  | 'unknown-occasion';

/** Whether the means verify a residence, and if not, the violation and its article. */
export type MeansCheck =
  | { readonly valid: true }
  | { readonly valid: false; readonly violation: MeansViolation; readonly article: string };

const VALID: MeansCheck = Object.freeze({ valid: true });
const violates = (violation: MeansViolation, article = 'Art. 5(1)'): MeansCheck => ({
  valid: false,
  violation,
  article,
});

/**
 * Checks whether a set of means verifies residence. One or two of (a) to (k) are required, and one
 * of them must be one of (a) to (h). There are two exceptions: (i) alone is sufficient if its
 * postal address is publicly registered (our reading: (i) with another of (i) to (k) is not), and
 * on reasonable doubts (k) may be the sole means (Art. 5(2)). The caller must know whether (f) and
 * (g) are publicly available. Total: never throws; in doubt the result is a violation.
 */
export function checkMeans(means: readonly Means[], options: MeansOptions): MeansCheck {
  const { occasion, postalAddressRegistered = false } = options ?? {};
  if (!OCCASIONS.includes(occasion)) return violates('unknown-occasion');
  if (!Array.isArray(means) || means.length === 0) return violates('no-means');
  const letters: readonly string[] = Array.from(means);
  if (!letters.every(letter => (MEANS as readonly string[]).includes(letter)))
    return violates('unknown-means', 'Art. 5(1), rec. 26');
  if (new Set(letters).size < letters.length) return violates('duplicate-means');
  if (letters.length > 2) return violates('more-than-two');
  if (letters.some(letter => !WEAK.includes(letter))) return VALID;
  const [only, second] = letters;
  if (second === undefined && only === 'i' && postalAddressRegistered === true) return VALID;
  if (second === undefined && only === 'k' && occasion === 'doubt') return VALID;
  return violates('weak-means-alone');
}
