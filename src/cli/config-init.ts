/**
 * Implements `config init`: begins in a folder with a configuration file, a keyring and a ledger.
 */

import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseConfiguration } from '../config/configuration.ts';
import { openKeyringAt, openLedgerAt } from '../config/locations.ts';
import { cannotWrite } from './option-at-fault.ts';
import type { Terminal } from './terminal.ts';

const FILE = 'laissez-passer.json';
const OWNER_ONLY = 0o700;

/** What a first configuration says: every other setting has its default. */
const FIRST = {
  $schema: './node_modules/laissez-passer/data/config.schema.json',
  offers: { default: { paid: true } },
  evidence: { ledger: 'evidence/ledger.db', keyring: 'keys/keyring', retentionMonths: 12 },
  serve: { listen: '127.0.0.1:8451', trusted: [] },
};

/**
 * Writes `laissez-passer.json` in a folder, and creates the ledger and the keyring that it names in
 * folders of their own that are closed to other users.
 * @throws PortabilityError `ERR_OUTPUT` if the file exists: nothing is replaced
 */
export async function configInit(terminal: Terminal, folder: string): Promise<number> {
  const path = join(folder, FILE);
  const { evidence } = parseConfiguration(FIRST, resolve(path));
  const { ledger, keyring } = evidence as { readonly ledger: string; readonly keyring: string };
  try {
    if ((await stat(path).catch(() => undefined)) !== undefined)
      throw Object.assign(new Error(), { code: 'EEXIST', path });
    for (const place of [ledger, keyring])
      await mkdir(dirname(place), { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    throw cannotWrite(undefined, (error as NodeJS.ErrnoException).path ?? path, error);
  }
  await (await openKeyringAt({ keyring }, true, 'evidence.keyring')).close();
  await (await openLedgerAt({ ledger }, { create: true }, 'evidence.ledger')).close();
  // The file comes last: what is interrupted can be run again.
  await writeFile(path, `${JSON.stringify(FIRST, null, 2)}\n`, { flag: 'wx' }).catch(error => {
    throw cannotWrite(undefined, path, error);
  });
  if (terminal.json) terminal.print(JSON.stringify({ created: path }));
  else terminal.tell(terminal.say('configCreated', { path }));
  return 0;
}
