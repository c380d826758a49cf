/**
 * The contract of docs/kept.md: every stored value is of a form that the page names for its field,
 * and every field and form on the page had a value in a whole life.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Home, wholeLife } from '../whole-life.ts';

/** The fields of the page, each with the forms of its values. */
export interface KeptPage {
  readonly forms: ReadonlyMap<string, readonly RegExp[]>;
  /** The fields that only PostgreSQL has. */
  readonly postgresOnly: ReadonlySet<string>;
}

const lines = (text: string): string[] => text.split('\n').filter(line => line.startsWith('| '));

export function readKeptPage(): KeptPage {
  const text = readFileSync(new URL('../../../docs/kept.md', import.meta.url), 'utf8');
  const formats = new Map<string, RegExp[]>();
  for (const line of lines(text)) {
    const [, name, cell] = /^\| <a id="([\w-]+)"><\/a>\1 \|.*? \| (`.*`) \|$/.exec(line) ?? [];
    if (name === undefined) continue;
    const written = [...cell!.matchAll(/`([^`]+)`/g)].map(([, each]) => each!);
    formats.set(
      name,
      written.map(each => new RegExp(`^(?:${each.replaceAll('\\|', '|')})$`, 'u')),
    );
  }
  const fieldsOf = (part: string): [string, readonly RegExp[]][] =>
    lines(part).flatMap(line => {
      const [, field, name] = /^\| `([^`]+)` \|.*?\[([\w-]+)\]\(#\2\)/.exec(line) ?? [];
      if (field === undefined) return [];
      const forms = formats.get(name!) ?? expect.fail(`no format ${name}`);
      return [[field, forms] as [string, readonly RegExp[]]];
    });
  const start = text.indexOf('## In PostgreSQL only');
  expect(start).toBeGreaterThan(0);
  return {
    forms: new Map(fieldsOf(text)),
    postgresOnly: new Set(fieldsOf(text.slice(start)).map(([field]) => field)),
  };
}

/** Collects every value that a store ever held, by field. */
export class SeenValues {
  readonly values = new Map<string, Set<string>>();

  /** Notes a column of a table, also of one that is empty. */
  noteColumn(field: string): void {
    if (!this.values.has(field)) this.values.set(field, new Set());
  }

  /** Notes a value. What holds JSON is noted field by field too. */
  note(field: string, value: unknown): void {
    const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
    const seen = this.values.get(field) ?? new Set();
    this.values.set(field, seen.add(text));
    if (HOLDS_JSON.includes(field)) this.noteJson(field, JSON.parse(text));
  }

  noteJson(path: string, value: unknown, isInList = false): void {
    if (Array.isArray(value))
      for (const [index, each] of value.entries())
        this.noteJson(`${path}[${isInList ? index : ''}]`, each, true);
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value))
        this.noteJson(`${path}.${key.replace(/\d{4}-\d\d$/, 'YYYY-MM')}`, each);
    else this.note(path, value);
  }
}

const HOLDS_JSON = ['dossiers.events', 'apart.accesses', 'key_marks.mark'];

/** What the page does not say of the values, and what it says of none. */
function differences(seen: SeenValues, forms: ReadonlyMap<string, readonly RegExp[]>): string[] {
  const found: string[] = [];
  for (const [field, values] of seen.values) {
    const known = forms.get(field);
    if (known === undefined) found.push(`not on the page: ${field}`);
    else
      for (const value of values)
        if (!known.some(form => form.test(value))) found.push(`form of ${field}: ${value}`);
  }
  for (const [field, known] of forms) {
    // A value counts for the first form that it has.
    const had = new Set(
      [...(seen.values.get(field) ?? [])].map(value => known.findIndex(form => form.test(value))),
    );
    for (const [index, form] of known.entries())
      if (!had.has(index)) found.push(`never stored: ${field} ${form.source}`);
  }
  return found;
}

/** A store that can be read whole, past the library. */
export interface KeptStore extends Omit<Home, 'look'> {
  readonly name: string;
  /** Notes every value of every table, and of the keyring. */
  look(seen: SeenValues): Promise<void>;
  /** Whether a field of the page belongs to this store. */
  has(field: string, page: KeptPage): boolean;
}

export function keptContract(store: KeptStore): void {
  it(`docs/kept.md agrees with every value of a whole life on ${store.name}`, async () => {
    const page = readKeptPage();
    const seen = new SeenValues();
    await wholeLife({ ...store, look: () => store.look(seen) });
    const own = [...page.forms].filter(([field]) => store.has(field, page));
    expect(own.length).toBeGreaterThan(100);
    expect(differences(seen, new Map(own))).toEqual([]);
    // A column, a form or a code more than the page says is found, and so is one too few.
    const more = new SeenValues();
    more.note('cards.country', 'FR');
    more.note('cards.month', '2026-13');
    expect(differences(more, new Map([['cards.month', page.forms.get('cards.month')!]]))).toEqual([
      'not on the page: cards.country',
      'form of cards.month: 2026-13',
      expect.stringMatching(/^never stored: cards\.month/),
    ]);
  });
}
