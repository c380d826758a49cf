/** Implements `config init`: begins in a folder with a configuration file, a keyring and a ledger. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigurationFile } from '../config/configuration-file.ts';
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
  const at = (name: string): string => join(folder, name);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, `${JSON.stringify(FIRST, null, 2)}\n`, { flag: 'wx' });
    for (const name of ['evidence', 'keys']) await mkdir(at(name), { mode: OWNER_ONLY });
  } catch (error) {
    throw cannotWrite(undefined, (error as NodeJS.ErrnoException).path ?? path, error);
  }
  const { evidence } = readConfigurationFile(path);
  await (await openKeyringAt({ keyring: evidence!.keyring! }, true, 'evidence.keyring')).close();
  await (await openLedgerAt({ ledger: evidence!.ledger! }, true, 'evidence.ledger')).close();
  if (terminal.json) terminal.print(JSON.stringify({ created: path }));
  else terminal.tell(terminal.say('configCreated', { path }));
  return 0;
}
