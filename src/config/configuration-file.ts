/** Finds and reads the configuration file. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { portabilityError, systemCodeOf } from '../errors.ts';
import * as CONFIG from '../messages/config.ts';
import { type Configuration, parseConfiguration } from './configuration.ts';

/**
 * Reads and checks a configuration file.
 * @throws PortabilityError `ERR_CONFIG` if the file cannot be read or is invalid; the codes of
 * offers, waivers and guards if one of these is
 */
export function readConfigurationFile(path: string): Configuration {
  const file = resolve(path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const system = systemCodeOf(error);
    throw portabilityError(CONFIG.configUnreadable, { path, system });
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // The cause is left out because its message quotes the file.
    throw portabilityError(CONFIG.configSyntax, { path });
  }
  return parseConfiguration(value, file);
}
