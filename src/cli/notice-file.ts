/** Reads the operator's privacy notice from a JSON file. */

import { readFile } from 'node:fs/promises';
import { portabilityError } from '../errors.ts';
import * as CLI from '../messages/cli.ts';
import { OCS_NOTICE, type PrivacyNotice, parseNotice } from '../recording/privacy-notice.ts';
import { fileDetails, named } from './option-at-fault.ts';

/**
 * Reads the notice of `--notice` or of the configuration file. Default: the notice of OCS, 2021.
 * @throws PortabilityError `ERR_NOTICE`, with the name of the field at fault
 */
export async function readNotice(path: string | undefined): Promise<PrivacyNotice> {
  if (path === undefined) return OCS_NOTICE;
  const text = await readFile(path, 'utf8').catch(error => {
    throw portabilityError(CLI.noticeUnreadable, fileDetails('--notice', path, error));
  });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw portabilityError(CLI.noticeSyntax, fileDetails('--notice', path));
  }
  return named(fileDetails('--notice', path), () => parseNotice(value));
}
