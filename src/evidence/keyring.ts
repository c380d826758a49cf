/** Under which keys do subscribers become pseudonyms? One key a month, destroyed when retention ends; a register key that outlives them. */
import { createHmac, randomBytes } from 'node:crypto';
import { PortabilityError } from '../errors.ts';
import { isMonth } from './card.ts';
import { changeSecret, readSecret } from './keyfile.ts';
import type { Mark } from './ledger.ts';

const KEY_BYTES = 32;
const PSEUDONYM_BYTES = 16;

/** What is known of a month's key. */
export interface MonthKey {
  readonly month: string;
  readonly state: 'held' | 'destroyed';
  /** UTC day of the destruction. */
  readonly destroyed?: string;
}

/**
 * Keys and what is done with them; the keys themselves do not leave it. A pseudonym is HMAC-SHA-256 of the subscriber, cut to 128 bits,
 * domain-separated by purpose: personal data as long as its key exists.
 */
export interface Keyring {
  /** The pseudonym of a subscriber's card, 32 hexadecimal digits; `undefined` where the month's key is not in memory. Never waits. */
  cardPseudonym(subscriber: string, month: string): string | undefined;
  /** The pseudonym under which register, marks and requests are kept: the same in every month. */
  registerPseudonym(subscriber: string): string;
  /** Brings the month's key into memory, creating it durably where there is none. Refuses a month whose key was destroyed. */
  ensureMonth(month: string): Promise<void>;
  /** Every month that has or had a key, in order; read anew. */
  months(): Promise<MonthKey[]>;
  /** Destroys the keys of the months before `month`, durably; answers which. The register key is never among them. */
  destroyBefore(month: string, on: string): Promise<string[]>;
  /** Tombstones, kept beside the keys since a keyring is not in the ledger's backup; those of destroyed months go with the key. */
  addMarks(marks: readonly Mark[]): Promise<void>;
  marks(): Promise<Mark[]>;
}

interface Content {
  readonly format: 1;
  readonly keys: Record<string, string>;
  readonly destroyed: Record<string, string>;
  readonly marks: readonly Mark[];
}

const nameOf = (month: string): string => `card-${month}`;
const newKey = (): string => randomBytes(KEY_BYTES).toString('hex');

function parseContent(text: string): Content {
  try {
    const content = JSON.parse(text) as Content;
    const keys = Object.values(content.keys);
    const isSound = content.format === 1 && Array.isArray(content.marks) && typeof content.destroyed === 'object';
    if (isSound && 'register' in content.keys && keys.every(key => /^[0-9a-f]{64}$/.test(key))) return content;
  } catch {
    // Falls through to the one error below: a message of JSON.parse quotes the file.
  }
  throw new PortabilityError('ERR_KEYRING_FORMAT', 'the keyring is damaged or no keyring');
}

/** A keyring that was there and is gone is not made anew: its keys would be others. */
function contentOf(text: string | undefined): Content {
  if (text !== undefined) return parseContent(text);
  throw new PortabilityError('ERR_KEYRING_OPEN', 'there is no such keyring');
}

const fresh = (): Content => ({ format: 1, keys: { register: newKey(), journal: newKey() }, destroyed: {}, marks: [] });
const textOf = (content: Content): string => `${JSON.stringify(content, null, 1)}\n`;

const pseudonym = (key: Buffer, purpose: string, subscriber: string): string =>
  createHmac('sha256', key)
    .update(`laissez-passer ${purpose}\0`)
    .update(subscriber)
    .digest('hex')
    .slice(0, PSEUDONYM_BYTES * 2);

/** Pseudonyms from keys in memory. */
const pseudonymsFrom = (keys: ReadonlyMap<string, Buffer>): Pick<Keyring, 'cardPseudonym' | 'registerPseudonym'> => ({
  cardPseudonym: (subscriber, month) => {
    const key = keys.get(nameOf(month));
    return key === undefined ? undefined : pseudonym(key, `card ${month}`, subscriber);
  },
  registerPseudonym: subscriber => pseudonym(keys.get('register')!, 'register', subscriber),
});

function checkMonth(month: string): void {
  if (!isMonth(month)) throw new PortabilityError('ERR_DAY', 'a month is written YYYY-MM');
}

/** The keys of the present month and of those to come are in use. */
function checkDestroy(month: string, on: string): void {
  checkMonth(month);
  if (month > on.slice(0, 7))
    throw new PortabilityError('ERR_DAY', 'the key of the present or a future month is not destroyed');
}

const destroyedError = () => new PortabilityError('ERR_KEYRING_DESTROYED', 'the key of this month was destroyed');

/** Content without the months before `month`, and which those are. */
function withoutMonths(content: Content, month: string, on: string): { after: Content; gone: string[] } {
  const gone = Object.keys(content.keys)
    .filter(name => name.startsWith('card-') && name < nameOf(month))
    .map(name => name.slice(5))
    .sort();
  const keys = Object.fromEntries(Object.entries(content.keys).filter(([name]) => !gone.includes(name.slice(5))));
  const destroyed = { ...content.destroyed, ...Object.fromEntries(gone.map(each => [each, on])) };
  return { after: { ...content, keys, destroyed, marks: content.marks.filter(mark => mark.month >= month) }, gone };
}

/** Later tombstones replace earlier ones of the same pseudonym. */
function mergeMarks(marks: readonly Mark[], more: readonly Mark[]): Mark[] {
  const merged = new Map<string, Mark>();
  for (const mark of [...marks, ...more]) {
    const key = `${mark.month} ${mark.digest}`;
    if (mark.through > (merged.get(key)?.through ?? '')) merged.set(key, mark);
  }
  return [...merged.values()];
}

/**
 * Opens a keyring file, creating it with mode 0600 where there is none. Its folder must be closed to others. Several processes may share
 * it on one machine. Keep it out of the ledger's backup.
 * @param options `create: false` refuses a file that is not there
 * @throws PortabilityError `ERR_KEYRING_MODE`, `ERR_KEYRING_LINK`, `ERR_KEYRING_OPEN`, `ERR_KEYRING_FORMAT`, `ERR_KEYRING_LOCKED`.
 */
export async function openKeyring(
  path: string,
  { create = true }: { readonly create?: boolean } = {},
): Promise<Keyring> {
  const keys = new Map<string, Buffer>();
  const adopt = (content: Content): Content => {
    for (const name of keys.keys()) if (!(name in content.keys)) keys.delete(name);
    for (const [name, key] of Object.entries(content.keys)) keys.set(name, Buffer.from(key, 'hex'));
    return content;
  };
  const change = async (edit: (content: Content) => Content): Promise<Content> =>
    adopt(parseContent(await changeSecret(path, text => textOf(edit(contentOf(text))))));
  const read = async (): Promise<Content> => adopt(contentOf(await readSecret(path)));
  if (create) await changeSecret(path, text => text ?? textOf(fresh()));
  await read();
  return {
    ...pseudonymsFrom(keys),
    ensureMonth: async month => {
      checkMonth(month);
      if (keys.has(nameOf(month))) return;
      await change(content => {
        if (month in content.destroyed) throw destroyedError();
        return { ...content, keys: { [nameOf(month)]: newKey(), ...content.keys } };
      });
    },
    months: async () => {
      const { keys: held, destroyed } = await read();
      const here = Object.keys(held)
        .filter(name => name.startsWith('card-'))
        .map(name => ({ month: name.slice(5), state: 'held' as const }));
      const gone = Object.entries(destroyed).map(([month, day]) => ({
        month,
        state: 'destroyed' as const,
        destroyed: day,
      }));
      return [...gone, ...here].sort((a, b) => (a.month < b.month ? -1 : 1));
    },
    destroyBefore: async (month, on) => {
      checkDestroy(month, on);
      let destroyed: string[] = [];
      await change(content => {
        const { after, gone } = withoutMonths(content, month, on);
        destroyed = gone;
        return gone.length === 0 ? content : after;
      });
      return destroyed;
    },
    addMarks: async marks => void (await change(content => ({ ...content, marks: mergeMarks(content.marks, marks) }))),
    marks: async () => [...(await read()).marks],
  };
}

/** What an operator's secret manager is asked for: the key of a name such as `register` or `card-2026-11`, the same at every call. */
export interface KeySupply {
  /** 32 bytes or more; `undefined` where the key was destroyed. */
  key(name: string): Promise<Uint8Array | undefined>;
  /** Destroys a key for good; resolves when it is gone. Without it the operator destroys keys by other means. */
  destroy?(name: string): Promise<void>;
  /** The months whose cards may still have a key, for purges. */
  months?(): Promise<readonly string[]>;
  /** Keeps tombstones apart from the ledger, so that they outlive a ledger restored from a backup. */
  addMarks?(marks: readonly Mark[]): Promise<void>;
  marks?(): Promise<readonly Mark[]>;
}

/** A keyring over an operator's own secret manager. Unless it keeps tombstones too, they are in the ledger alone. */
export async function openSuppliedKeyring(supply: KeySupply): Promise<Keyring> {
  const keys = new Map<string, Buffer>();
  const fetchKey = async (name: string): Promise<void> => {
    const key = await supply.key(name);
    if (key === undefined) throw destroyedError();
    if (!(key instanceof Uint8Array) || key.length < KEY_BYTES)
      throw new PortabilityError('ERR_KEYRING_KEY', 'a key has at least 32 bytes');
    keys.set(name, Buffer.from(key));
  };
  const held = async (): Promise<string[]> => {
    const inMemory = [...keys.keys()].filter(name => name.startsWith('card-')).map(name => name.slice(5));
    return [...new Set([...inMemory, ...((await supply.months?.()) ?? [])])].sort();
  };
  await fetchKey('register');
  return {
    ...pseudonymsFrom(keys),
    ensureMonth: async month => {
      checkMonth(month);
      if (!keys.has(nameOf(month))) await fetchKey(nameOf(month));
    },
    months: async () => (await held()).map(month => ({ month, state: 'held' as const })),
    destroyBefore: async (month, on) => {
      checkDestroy(month, on);
      const gone = (await held()).filter(each => each < month);
      for (const each of gone) {
        await supply.destroy?.(nameOf(each));
        keys.delete(nameOf(each));
      }
      return gone;
    },
    addMarks: async marks => supply.addMarks?.(marks),
    marks: async () => [...((await supply.marks?.()) ?? [])],
  };
}
