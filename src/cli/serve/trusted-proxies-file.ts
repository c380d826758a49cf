/** Reads trusted proxies from a file, at the start and again on each SIGHUP. */

import { readFileSync } from 'node:fs';
import { fileDetails } from '../../config/option-at-fault.ts';
import { detailsOf, type PortabilityError, portabilityError, withDetails } from '../../errors.ts';
import { trustedPrefixes } from '../../geo/forwarded-for.ts';
import * as CLI from '../../messages/cli.ts';
import { describeError } from '../error-line.ts';
import type { Tell } from '../reload-on-sighup.ts';
import type { Terminal } from '../terminal.ts';
import type { Signals } from './listen.ts';

const OPTION = '--trusted-file';
/** Larger files are not lists of proxies. */
const MOST_BYTES = 1_000_000;

/**
 * Reads the prefixes of a file: one per line. Blank lines and text after a `#` are ignored.
 * @throws PortabilityError `ERR_PREFIX` with the line; `ERR_ARGUMENT` if the file cannot be read or
 * holds no prefix
 */
export function readTrustedFile(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const details = fileDetails(OPTION, path, error);
    throw portabilityError(CLI.trustedFileUnreadable, details);
  }
  const named = fileDetails(OPTION, path);
  if (text.length > MOST_BYTES) throw portabilityError(CLI.trustedFileTooLong, named);
  const prefixes: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const prefix = line.replace(/#.*/, '').trim();
    if (prefix === '') continue;
    try {
      trustedPrefixes([prefix]);
    } catch (error) {
      throw withDetails(error, { ...named, line: index + 1 });
    }
    prefixes.push(prefix);
  }
  // With an empty list, every request would be decided by the address of a proxy.
  if (prefixes.length === 0) throw portabilityError(CLI.trustedFileEmpty, named);
  return prefixes;
}

/** The trusted proxies of the options and of a file. */
export interface TrustedList {
  /** Returns the current list. The array is a different one after a reload that changed it. */
  current(): readonly string[];
  stop(): void;
}

/**
 * Combines the proxies of `--trusted` with those of `--trusted-file`, which is read again on each
 * SIGHUP. If the file then cannot be read or holds an error, the list stays as it was and the error
 * is logged.
 * @throws PortabilityError as {@link readTrustedFile} does, and `ERR_PREFIX_TRUSTS_ALL`
 */
export function openTrustedList(
  { say, language }: Terminal,
  tell: Tell,
  { given, peers }: { readonly given: readonly string[]; readonly peers: readonly string[] },
  path: string | undefined,
  signals: Signals,
): TrustedList {
  if (path === undefined) return { current: () => given, stop: () => {} };
  const read = (): readonly string[] => {
    const list = [...given, ...readTrustedFile(path)];
    try {
      trustedPrefixes([...peers, ...list]);
    } catch (error) {
      throw withDetails(error, fileDetails(OPTION, path));
    }
    return list;
  };
  let list = read();
  const onHangup = (): void => {
    try {
      list = read();
      const prefixes = list.length - given.length;
      tell('info', 'trusted-reloaded', say('trustedReloaded', { count: String(prefixes) }), {
        prefixes,
      });
    } catch (error) {
      const known = error as PortabilityError;
      const why = describeError(known, language);
      tell('error', 'trusted-refused', say('trustedNotReloaded', { why }), {
        code: known.code,
        ...detailsOf(known),
      });
    }
  };
  signals.on('SIGHUP', onHangup);
  return { current: () => list, stop: () => void signals.off('SIGHUP', onHangup) };
}
