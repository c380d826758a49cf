/** Compares what a live store holds with what the privacy policy discloses. */
import { DISCLOSURE, FIELDS } from '../../src/recording/privacy-notice.ts';

/** One column of a store. */
export interface Column {
  readonly table: string;
  readonly column: string;
}

const { categories, impersonal, purposes, security } = DISCLOSURE;

const isSupported = (field: (typeof FIELDS)[number]): boolean =>
  (field.cites.startsWith('law:') ||
    [...categories, ...security].some(({ id }) => id === field.cites)) &&
  field.purposes.every(purpose => purposes.some(({ id }) => id === purpose));

/** The columns that hold personal data without a valid source in the policy or the law. */
export function undisclosed(columns: readonly Column[]): Column[] {
  const cited = new Set(FIELDS.filter(isSupported).map(({ field }) => field));
  return columns.filter(
    ({ table, column }) => !(table in impersonal) && !cited.has(`${table}.${column}`),
  );
}
