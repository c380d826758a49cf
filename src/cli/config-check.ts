/** Implements `config check`: shows each setting in force with its origin, and checks the files. */

import { existsSync } from 'node:fs';
import type { Configuration } from '../config/configuration.ts';
import { describeLocation, resolveSecret, wrappingKey } from '../config/locations.ts';
import { readNotice, readOffers, readWaivers } from '../config/operator-files.ts';
import { named } from '../config/option-at-fault.ts';
import { type FileOrigin, secretsOf, shownOrigin } from '../config/table-sources.ts';
import { CONFIG_VARIABLE } from '../config/variables.ts';
import { portabilityError } from '../errors.ts';
import { completeOffer } from '../law/offer.ts';
import * as GEO from '../messages/geo.ts';
import { COUNTERPARTS, fieldOf, optionsOf, VARIABLES, withField } from './configured.ts';
import { optionName } from './option-at-fault.ts';
import { parsePlace } from './serve/listen.ts';
import { checkServeOptions, peersOf, type ServeOptions } from './serve/serve.ts';
import { readTrustedFile } from './serve/trusted-proxies-file.ts';
import { readGuards } from './table/guards-file.ts';
import { loadTable, type Terminal } from './terminal.ts';

/** One setting in force. */
interface Setting {
  readonly field: string;
  readonly value: unknown;
  /** Path of the file or name of the variable that sets it. */
  readonly origin: string;
}

/** Fields whose value can hold a password. */
const LOCATIONS = ['evidence.ledger', 'evidence.personRecords', 'evidence.keyring'];

/** Fields whose addresses can hold a token. */
const ORIGINS = ['sources', 'overlays'];

/** A wrapping key in the place of its path. */
const KEY = /[0-9a-f]{64}$/i;

function shown(field: string, value: unknown): unknown {
  if (ORIGINS.includes(field)) return (value as readonly FileOrigin[]).map(shownOrigin);
  if (typeof value === 'string' && KEY.test(value)) return '…';
  if (!LOCATIONS.includes(field) || typeof value !== 'string') return value;
  if (/^(env|file):/.test(value)) return value;
  const { engine, at } = describeLocation(value);
  return engine === 'sqlite' ? at : `${engine} ${at}`;
}

const SECTIONS = ['', 'evidence', 'serve', 'serve.headers', 'desk'];

/** Returns the paths of all fields that a value has. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (!SECTIONS.includes(path) || typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    fieldsOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

function settingsOf(configuration: Configuration | undefined, path: string): Setting[] {
  const fields = new Set([
    ...fieldsOf(configuration ?? {}),
    ...COUNTERPARTS.map(each => each.field).filter(field => !field.startsWith('evidence.detail')),
  ]);
  return [...fields].flatMap(field => {
    const { option = '' } = COUNTERPARTS.find(each => each.field === field) ?? {};
    const variable = VARIABLES[option];
    const fromVariable = variable === undefined ? undefined : process.env[variable];
    if (fromVariable !== undefined && fromVariable !== '')
      return [{ field, value: shown(field, fromVariable), origin: variable! }];
    const value = fieldOf(configuration, field);
    return value === undefined || field === '$schema'
      ? []
      : [{ field, value: shown(field, value), origin: path }];
  });
}

/**
 * Checks that the secrets, authorities and local files of `table update` are there. No server is
 * asked.
 */
function checkOrigins({ sources = [], overlays = [] }: Configuration): void {
  const entries = [
    ...sources.map((origin, at) => ({ origin, field: `sources[${at}]` })),
    ...overlays.map((origin, at) => ({ origin, field: `overlays[${at}]` })),
  ];
  for (const { origin, field } of entries) {
    for (const [name, place] of Object.entries(secretsOf(origin)))
      named({ option: `${field}.${name}` }, () => resolveSecret(place));
    const { path, ca } = origin as { readonly path?: string; readonly ca?: string };
    for (const [name, file] of Object.entries({ path, ca }))
      if (file !== undefined && !existsSync(file))
        throw portabilityError(GEO.fileMissing, { option: `${field}.${name}`, path: file });
  }
}

/** Reads and checks each file that the configuration names. No server is connected to. */
async function checkFiles(terminal: Terminal, configuration: Configuration): Promise<void> {
  const { sources, table, guards, offers, waivers, notice, evidence, serve } = configuration;
  checkOrigins(configuration);
  // Before the first update, the file of the table does not exist yet.
  const isAwaited = sources !== undefined && table !== undefined && !existsSync(table);
  if (!isAwaited) await loadTable({ ...terminal, table });
  await readGuards(guards);
  for (const [name, offer] of Object.entries(await readOffers(offers)))
    named({ option: `offers.${name}` }, () => completeOffer(offer));
  await readWaivers(waivers);
  await readNotice(notice);
  const options = optionsOf(configuration) as Partial<ServeOptions>;
  checkServeOptions(options);
  peersOf(options);
  if (serve?.listen !== undefined) named({ option: '--listen' }, () => parsePlace(serve.listen!));
  if (serve?.trustedFile !== undefined) readTrustedFile(serve.trustedFile);
  for (const [option, value] of Object.entries(placesInForce(evidence)))
    if (option === 'keyringKey') await wrappingKey(value, optionName(option));
    else named({ option: optionName(option) }, () => describeLocation(value));
}

/** Returns the locations in force: a variable overrides the file. */
function placesInForce(evidence: Configuration['evidence']): Readonly<Record<string, string>> {
  const { ledger, personRecords, keyring, keyringKey } = evidence ?? {};
  const places = Object.entries({ ledger, personRecords, keyring, keyringKey }).flatMap(
    ([option, value]) => {
      const inForce = process.env[VARIABLES[option]!] ?? value;
      return inForce === undefined ? [] : [[option, inForce] as const];
    },
  );
  return Object.fromEntries(places);
}

/**
 * Prints the settings and their origins, and checks the files.
 * @throws PortabilityError that names the first field at fault
 */
export async function configCheck(terminal: Terminal): Promise<number> {
  const { configuration, configPath, say, print, json } = terminal;
  await checkFiles(terminal, configuration ?? {}).catch(error => {
    throw withField(error);
  });
  const settings = settingsOf(configuration, configPath ?? '');
  if (json) {
    print(JSON.stringify({ valid: true, file: configPath ?? null, settings }));
    return 0;
  }
  print(
    configPath === undefined
      ? say('configNone', { variable: CONFIG_VARIABLE })
      : say('configValid', { path: configPath }),
  );
  for (const { field, value, origin } of settings) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    print(`${field} = ${text}${origin === configPath ? '' : ` (${origin})`}`);
  }
  const isSet = (field: string): boolean => settings.some(setting => setting.field === field);
  const absent = COUNTERPARTS.filter(({ field }) => !isSet(field)).map(({ field }) => field);
  print(`\n${say('configDefaults')}\n${absent.join(', ')}`);
  return 0;
}
