/** Compares what a live store holds with what the privacy policy discloses. */
import { FIELDS, IMPERSONAL } from '../../src/recording/disclosed-fields.ts';
import { OCS_NOTICE } from '../../src/recording/privacy-notice.ts';

/** One column of a store. */
export interface Column {
  readonly table: string;
  readonly column: string;
}

const { categories, purposes, security } = OCS_NOTICE;

const isSupported = (field: (typeof FIELDS)[number]): boolean =>
  (field.cites.startsWith('law:') ||
    [...categories, ...security].some(({ id }) => id === field.cites)) &&
  field.purposes.every(purpose => purposes.some(({ id }) => id === purpose));

/** The columns that hold personal data without a valid source in the policy or the law. */
export function undisclosed(columns: readonly Column[]): Column[] {
  const cited = new Set(FIELDS.filter(isSupported).map(({ field }) => field));
  return columns.filter(
    ({ table, column }) => !(table in IMPERSONAL) && !cited.has(`${table}.${column}`),
  );
}
