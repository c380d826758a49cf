/** Implements `keyring create|destroy`: creates a keyring, and destroys the keys of months. */

import { systemClock } from '../../clock.ts';
import type { KeyringLocation } from '../../config/locations.ts';
import { namedLater } from '../../config/option-at-fault.ts';
import { PortabilityError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { requireKeyring } from '../../subjects/keyring-check.ts';
import { dateCell } from '../dates.ts';
import { confirm } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';
import { colon } from '../words/words.ts';
import { withKeyring, withLedger } from './open-stores.ts';

/** Creates a keyring if there is none, so that a desk can start before the first gateway does. */
export async function keyringCreate(terminal: Terminal, place: KeyringLocation): Promise<number> {
  const isThere = await withKeyring(place, async () => true).catch(error => {
    if (error instanceof PortabilityError && error.code === 'ERR_KEYRING_OPEN') return false;
    throw error;
  });
  // Rejects with the real cause where the keyring is there and cannot be opened.
  if (!isThere) await withKeyring(place, async () => undefined, true);
  if (terminal.json) terminal.print(JSON.stringify({ created: !isThere }));
  else terminal.tell(terminal.say(isThere ? 'keyringPresent' : 'keyringCreated'));
  return 0;
}

export interface DestroyOptions extends KeyringLocation {
  readonly before: string;
  readonly yes?: boolean;
  readonly ledger?: string;
  readonly personRecords?: string;
}

/**
 * Destroys keys. This cannot be undone, so it needs `--yes` or a confirmation. With a ledger, the
 * run is recorded there.
 */
export async function keyringDestroy(
  terminal: Terminal,
  { before, yes, ledger, personRecords, ...place }: DestroyOptions,
): Promise<number> {
  await confirm(terminal, yes, 'sureKeys');
  const at = new Date(systemClock()).toISOString();
  const destroy = (kept?: Ledger): Promise<readonly string[]> =>
    withKeyring(place, async keyring => {
      if (kept !== undefined) await requireKeyring(kept, keyring);
      return namedLater({ option: '--before', value: before }, () =>
        keyring.destroyBefore(before, at.slice(0, 10)),
      );
    });
  const recorded = async (kept: Ledger): Promise<readonly string[]> => {
    const gone = await destroy(kept);
    await kept.recordRun({
      at,
      what: 'destroy-keys',
      before,
      cards: 0,
      accesses: 0,
      keys: gone.length,
    });
    return gone;
  };
  // Open the ledger before a key is destroyed, so that the run can be recorded.
  const personRecordsPlace = { ...(personRecords !== undefined && { personRecords }) };
  const keys =
    ledger === undefined
      ? await destroy()
      : await withLedger({ ledger, ...personRecordsPlace }, recorded);
  if (terminal.json) terminal.print(JSON.stringify({ before, destroyed: keys }));
  else
    terminal.tell(
      `${terminal.say('keyDestroyed')}${colon(terminal.language)}${keys.map(month => dateCell(terminal.language, month)).join(', ') || terminal.say('nothing')}`,
    );
  return 0;
}
