/** Reads the offers of the operator from a JSON file. */

import { readFile } from 'node:fs/promises';
import type { Configuration } from '../config/configuration.ts';
import { portabilityError } from '../errors.ts';
import type { OfferChoices } from '../law/offer.ts';
import * as CLI from '../messages/cli.ts';
import { fileDetails } from './option-at-fault.ts';

/**
 * Reads the offers of `--offers` or of the configuration file. The gate checks their content.
 * @throws PortabilityError `ERR_OFFER`
 */
export async function readOffers(
  path: Configuration['offers'],
): Promise<Readonly<Record<string, OfferChoices>>> {
  if (path === undefined) return {};
  if (typeof path === 'object') return path;
  const text = await readFile(path, 'utf8').catch(error => {
    const details = fileDetails('--offers', path, error);
    throw portabilityError(CLI.offersUnreadable, details);
  });
  try {
    const offers: unknown = JSON.parse(text);
    if (typeof offers === 'object' && offers !== null && !Array.isArray(offers))
      return offers as Record<string, OfferChoices>;
  } catch {
    // The cause is left out because its message quotes the file.
  }
  const example = '{"default": {"unknown": "tolerate"}}';
  throw portabilityError(CLI.offersSyntax, fileDetails('--offers', path), { example });
}
