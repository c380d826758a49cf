/** Reads the JSON files of the operator: offers, waivers and the privacy notice. */

import { readFile } from 'node:fs/promises';
import { portabilityError } from '../errors.ts';
import { type DossierEvent, parseEvent } from '../law/dossier.ts';
import type { OfferChoices } from '../law/offer.ts';
import { checkWaivers } from '../law/standing.ts';
import * as CONFIG from '../messages/config.ts';
import * as LAW from '../messages/law.ts';
import { parseNotice } from '../recording/disclosed-fields.ts';
import { OCS_NOTICE, type PrivacyNotice } from '../recording/privacy-notice.ts';
import { fileDetails, named } from './option-at-fault.ts';

/** A message without parameters. */
type Plain =
  | typeof CONFIG.offersUnreadable
  | typeof CONFIG.waiversUnreadable
  | typeof CONFIG.noticeUnreadable;

/** Reads a JSON file; `undefined` if it is not JSON, because the parser's message quotes it. */
async function readJson(path: string, option: string, unreadable: Plain): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw portabilityError(unreadable, fileDetails(option, path, error));
  });
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the offers from a file, or returns those that are given. The gate checks their content.
 * @param option option or field at fault in an error
 * @throws PortabilityError `ERR_OFFER`
 */
export async function readOffers(
  given: Readonly<Record<string, OfferChoices>> | string | undefined,
  option = '--offers',
): Promise<Readonly<Record<string, OfferChoices>>> {
  if (typeof given !== 'string') return given ?? {};
  const offers = await readJson(given, option, CONFIG.offersUnreadable);
  if (isObject(offers)) return offers as Readonly<Record<string, OfferChoices>>;
  const example = '{"default": {"unknown": "tolerate"}}';
  throw portabilityError(CONFIG.offersSyntax, fileDetails(option, given), { example });
}

/**
 * Reads the waivers of the service from a file, in the form that `openGate` takes, or returns those
 * that are given.
 * @throws PortabilityError `ERR_DOSSIER_EVENT`
 */
export async function readWaivers(
  given: readonly DossierEvent[] | string | undefined,
  option = '--waivers',
): Promise<readonly DossierEvent[]> {
  if (typeof given !== 'string') return given ?? [];
  const events = await readJson(given, option, CONFIG.waiversUnreadable);
  const details = fileDetails(option, given);
  if (!Array.isArray(events)) throw portabilityError(LAW.waiversNotList, details);
  return named(details, () => checkWaivers((events as unknown[]).map(parseEvent)));
}

/**
 * Reads the operator's privacy notice. Default: the notice of OCS, 2021.
 * @throws PortabilityError `ERR_NOTICE`, with the name of the field at fault
 */
export async function readNotice(
  path: string | undefined,
  option = '--notice',
): Promise<PrivacyNotice> {
  if (path === undefined) return OCS_NOTICE;
  const notice = await readJson(path, option, CONFIG.noticeUnreadable);
  const details = fileDetails(option, path);
  if (!isObject(notice)) throw portabilityError(CONFIG.noticeSyntax, details);
  return named(details, () => parseNotice(notice));
}
