/**
 * Keeps what `table update` knows about each file from one run to the next: a small JSON file next
 * to the downloads. It holds no address and no secret.
 */

import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../atomic-write.ts';
import { checkSchema, fields, list, optional, text, that, word } from '../../config-schema.ts';
import { PortabilityError, portabilityError, systemCodeOf } from '../../errors.ts';
import * as UPDATE from '../../messages/update.ts';
import { cannotWrite } from '../option-at-fault.ts';

/** A file as it was last fetched. */
export interface KnownFile {
  readonly key: string;
  /** SHA-256 of the file in the folder of the downloads. */
  readonly sha256?: string | undefined;
  /** Day of the data that the server stated. */
  readonly stated?: string | undefined;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** Version of a package, or month of a monthly file. */
  readonly version?: string | undefined;
  /** ISO 8601: since when it cannot be fetched, and the code of the last failure. */
  readonly failingSince?: string | undefined;
  readonly failure?: string | undefined;
  /** ISO 8601: when the server asked to come back. */
  readonly notBefore?: string | undefined;
}

/** What the last table was made of. */
export interface KnownTable {
  /** Digest of the settings and of all files. */
  readonly inputs: string;
  /** SHA-256 of the table's file. */
  readonly sha256: string;
}

/** What came of an update. */
export type UpdateOutcome = 'updated' | 'unchanged' | 'held' | 'failed';

/** The content of the state file. */
export interface UpdateState {
  readonly files: readonly KnownFile[];
  readonly table?: KnownTable | undefined;
  /** ISO 8601: the last run, and what came of it. */
  readonly ran?: string | undefined;
  readonly outcome?: UpdateOutcome | undefined;
}

const NAME = 'state.json';
const time = optional(
  that<string>(value => typeof value === 'string' && !Number.isNaN(Date.parse(value)), {
    en: 'a time',
    fr: 'une heure',
  }),
);
const SCHEMA = fields({
  files: list(
    fields({
      key: text,
      sha256: optional(text),
      stated: optional(text),
      etag: optional(text),
      lastModified: optional(text),
      version: optional(text),
      failingSince: time,
      failure: optional(text),
      notBefore: time,
    }),
  ),
  table: optional(fields({ inputs: text, sha256: text })),
  ran: time,
  outcome: optional(word<UpdateOutcome>(['updated', 'unchanged', 'held', 'failed'])),
});

/** Puts a damaged state aside, and returns the error that tells it. */
async function setAside(path: string): Promise<PortabilityError> {
  await rename(path, `${path}.damaged`).catch(error => {
    throw cannotWrite(undefined, path, error);
  });
  return portabilityError(UPDATE.updateStateSetAside, { path });
}

/**
 * Reads the state for an update. A damaged one is put aside, and told as `damage`: every file is
 * fetched again.
 * @throws PortabilityError `ERR_OUTPUT` if the file cannot be read or put aside
 */
export async function readStateForUpdate(
  folder: string,
): Promise<{ readonly state: UpdateState; readonly damage?: PortabilityError }> {
  try {
    return { state: await readState(folder) };
  } catch (error) {
    if (!(error instanceof PortabilityError) || error.system !== undefined) throw error;
    return { state: { files: [] }, damage: await setAside(join(folder, NAME)) };
  }
}

/**
 * Reads the state. A missing file is an empty state.
 * @throws PortabilityError `ERR_OUTPUT` if it cannot be read, with the code of the system unless
 * the content is damaged
 */
export async function readState(folder: string): Promise<UpdateState> {
  const path = join(folder, NAME);
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    return checkSchema(SCHEMA, content, 'ERR_OUTPUT', { en: NAME, fr: NAME }) as UpdateState;
  } catch (error) {
    const system = systemCodeOf(error);
    if (system === 'ENOENT') return { files: [] };
    throw portabilityError(UPDATE.updateStateDamaged, {
      path,
      ...(!(error instanceof PortabilityError) && { system }),
    });
  }
}

export const writeState = (folder: string, state: UpdateState): Promise<void> =>
  writeWhole(join(folder, NAME), Buffer.from(`${JSON.stringify(state, null, 2)}\n`));
