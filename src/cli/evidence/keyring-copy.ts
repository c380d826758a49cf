/**
 * Implements `keyring copy`, which is also the backup of a keyring and the return from it, and
 * `keyring rewrap`.
 */

import { systemClock } from '../../clock.ts';
import {
  type KeyringLocation,
  keyringError,
  type LedgerLocation,
  openKeyringAt,
  resolveKeyring,
  wrappingKey,
} from '../../config/locations.ts';
import { namedLater } from '../../config/option-at-fault.ts';
import { dayOf } from '../../days.ts';
import { portabilityError } from '../../errors.ts';
import { mergeKeyringFile, readKeyringFile, rewrapKeyringFile } from '../../keys/file-keyring.ts';
import { type Keyring, pseudonymsFrom } from '../../keys/keyring.ts';
import type { KeyringContent } from '../../keys/keyring-content.ts';
import {
  mergePostgresKeyring,
  readPostgresKeyring,
  rewrapPostgresKeyring,
} from '../../keys/postgres-keyring.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as KEYS from '../../messages/keys.ts';
import * as SUBJECTS from '../../messages/subjects.ts';
import { foreignKeys } from '../../subjects/keyring-check.ts';
import { destroyAgain } from '../../subjects/retention.ts';
import type { Terminal } from '../terminal.ts';
import { readingWith, withLedger } from './open-stores.ts';

export interface CopyKeyringOptions extends Partial<LedgerLocation> {
  readonly from: string;
  readonly fromKey?: string;
  readonly to: string;
  readonly toKey?: string;
}

const placeOf = (keyring: string, keyringKey: string | undefined): KeyringLocation => ({
  keyring,
  ...(keyringKey !== undefined && { keyringKey }),
});

async function readSource({ from, fromKey }: CopyKeyringOptions): Promise<KeyringContent> {
  const place = placeOf(from, fromKey);
  try {
    const { at, isPostgres, wrap } = await resolveKeyring(place, '--from-key');
    return isPostgres
      ? await readPostgresKeyring(at, { wrap: wrap! })
      : await readKeyringFile(at, wrap);
  } catch (error) {
    throw keyringError(error, place, '--from', '--from-key');
  }
}

async function mergeInto(
  { to, toKey }: CopyKeyringOptions,
  content: KeyringContent,
): Promise<void> {
  const place = placeOf(to, toKey);
  try {
    const { at, isPostgres, wrap } = await resolveKeyring(place, '--to-key');
    if (isPostgres) await mergePostgresKeyring(at, { wrap: wrap! }, content);
    else await mergeKeyringFile(at, wrap, content);
  } catch (error) {
    throw keyringError(error, place, '--to', '--to-key');
  }
}

/**
 * Proves that a copy answers the same check values as its source, and returns the number of keys
 * and the months that the copy has destroyed although the source holds them.
 */
async function prove(
  source: KeyringContent,
  copy: Keyring,
): Promise<{ readonly keys: number; readonly destroyed: string[] }> {
  const { checkValue } = pseudonymsFrom(new Map(Object.entries(source.keys)));
  const states = new Map((await copy.months()).map(({ month, state }) => [month, state]));
  const destroyed: string[] = [];
  let keys = 0;
  for (const name of Object.keys(source.keys)) {
    const month = name.startsWith('card-') ? name.slice(5) : undefined;
    if (month !== undefined && states.get(month) === 'destroyed') {
      destroyed.push(month);
      continue;
    }
    if (month !== undefined) await copy.ensureMonth(month);
    if (copy.checkValue(name) !== checkValue(name)) throw portabilityError(KEYS.keyringCopyDiffers);
    keys++;
  }
  return { keys, destroyed: destroyed.sort() };
}

/** Refuses, before anything is written, a source that does not belong to the ledger. */
async function checkSource(ledger: Ledger, { keys }: KeyringContent): Promise<void> {
  const months = Object.keys(keys)
    .filter(name => name.startsWith('card-'))
    .map(name => name.slice(5));
  const own = pseudonymsFrom(new Map(Object.entries(keys)));
  const names = await foreignKeys(ledger, own, months);
  if (names.length > 0)
    throw portabilityError(
      SUBJECTS.keyringMismatch,
      { option: '--from' },
      { names: names.join(', ') },
    );
}

/**
 * Copies a keyring into another one. With a ledger, keys that the ledger has on record as destroyed
 * are destroyed in the copy at once; without one, whatever opens both does that.
 */
export async function keyringCopy(
  terminal: Terminal,
  options: CopyKeyringOptions,
): Promise<number> {
  const { ledger: place, personRecords } = options;
  const source = await readSource(options);
  const copyBeside = async (ledger?: Ledger) => {
    if (ledger !== undefined) await checkSource(ledger, source);
    await mergeInto(options, source);
    const copy = await openKeyringAt(placeOf(options.to, options.toKey), false, '--to', '--to-key');
    try {
      if (ledger !== undefined) await destroyAgain(ledger, copy, dayOf(systemClock()));
      return await namedLater({ option: '--to' }, () => prove(source, copy));
    } finally {
      await copy.close();
    }
  };
  const { keys, destroyed } =
    place === undefined
      ? await copyBeside()
      : await withLedger(
          { ledger: place, ...(personRecords !== undefined && { personRecords }) },
          copyBeside,
          readingWith(terminal),
        );
  if (terminal.json) terminal.print(JSON.stringify({ keys, destroyed }));
  else {
    terminal.print(terminal.say('keyringCopied', { keys: String(keys) }));
    if (destroyed.length > 0)
      terminal.print(terminal.say('keysStayDestroyed', { months: destroyed.join(', ') }));
  }
  return 0;
}

export interface RewrapOptions extends KeyringLocation {
  readonly newKey: string;
}

/** Wraps a keyring under another key. At any moment, the former or the new one opens it. */
export async function keyringRewrap(
  terminal: Terminal,
  { newKey, ...place }: RewrapOptions,
): Promise<number> {
  const next = await wrappingKey(newKey, '--new-key');
  try {
    const { at, isPostgres, wrap } = await resolveKeyring(place);
    if (isPostgres) await rewrapPostgresKeyring(at, { wrap: wrap! }, next);
    else await rewrapKeyringFile(at, wrap, next);
  } catch (error) {
    throw keyringError(error, place);
  }
  if (terminal.json) terminal.print(JSON.stringify({ rewrapped: true }));
  else terminal.print(terminal.say('keyringRewrapped'));
  return 0;
}
