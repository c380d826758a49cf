/**
 * Applies the configuration file to the command line: its values become those of the options that
 * were not given. Environment variables and options override it.
 */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Configuration } from '../config/configuration.ts';
import { namedLater } from '../config/option-at-fault.ts';
import { CONFIG_VARIABLE, LOCATION_VARIABLES } from '../config/variables.ts';
import { detailsOf, PortabilityError, portabilityError, textOf } from '../errors.ts';
import * as CONFIG from '../messages/config.ts';
import { optionName } from './option-at-fault.ts';

/** A field of the configuration file and the option that has the same value. */
interface Counterpart {
  /** Path of the field: `serve.headers.address`. */
  readonly field: string;
  /** Name of the option, as commander stores it. */
  readonly option: string;
  /** Names of the commands; default: all that have the option. */
  readonly commands?: readonly string[];
  /**
   * Another option, of the commands that have it: the value is used there without an own option.
   */
  readonly beside?: string;
}

/** The fields that have an option. `--json` and the like are matters of one call. */
export const COUNTERPARTS: readonly Counterpart[] = [
  { field: 'language', option: 'clientLanguage' },
  { field: 'table', option: 'table' },
  { field: 'editions', option: 'editions' },
  { field: 'maxTableAgeDays', option: 'maxTableAge' },
  { field: 'guards', option: 'guards', commands: ['serve'] },
  { field: 'offers', option: 'offers' },
  { field: 'waivers', option: 'waivers' },
  { field: 'notice', option: 'notice' },
  { field: 'evidence.ledger', option: 'ledger' },
  { field: 'evidence.personRecords', option: 'personRecords' },
  { field: 'evidence.keyring', option: 'keyring' },
  { field: 'evidence.keyringKey', option: 'keyringKey' },
  { field: 'evidence.spool', option: 'spool' },
  { field: 'evidence.retentionMonths', option: 'months', commands: ['serve', 'purge'] },
  // A ledger in Redis lets its rows expire by itself, those that a desk writes too.
  { field: 'evidence.retentionMonths', option: 'keepMonths', beside: 'ledger' },
  { field: 'evidence.detail.access.keepDays', option: 'keepDays', commands: ['purge'] },
  { field: 'evidence.journalMonths', option: 'journalMonths' },
  { field: 'evidence.requestMonths', option: 'requestMonths' },
  { field: 'evidence.purges', option: 'purge' },
  { field: 'evidence.onFailure', option: 'onFailure' },
  { field: 'evidence.memoryMegabytes', option: 'memoryMegabytes' },
  { field: 'desk.secondAgent', option: 'secondAgent' },
  { field: 'desk.listen', option: 'listen', commands: ['desk'] },
  { field: 'desk.socket', option: 'socket', commands: ['desk'] },
  { field: 'desk.peers', option: 'peer', commands: ['desk'] },
  { field: 'desk.agentHeader', option: 'agentHeader' },
  { field: 'desk.groupsHeader', option: 'groupsHeader' },
  { field: 'desk.groups', option: 'group' },
  { field: 'desk.base', option: 'base' },
  { field: 'desk.timeZone', option: 'timeZone' },
  { field: 'desk.sessionMinutes', option: 'sessionMinutes' },
  { field: 'desk.logFormat', option: 'logFormat', commands: ['desk'] },
  { field: 'serve.listen', option: 'listen', commands: ['serve'] },
  { field: 'serve.socket', option: 'socket', commands: ['serve'] },
  { field: 'serve.peers', option: 'peer', commands: ['serve'] },
  { field: 'serve.trusted', option: 'trusted' },
  { field: 'serve.trustedFile', option: 'trustedFile' },
  { field: 'serve.headers.address', option: 'addressHeader' },
  { field: 'serve.headers.subscriber', option: 'subscriberHeader' },
  { field: 'serve.headers.standing', option: 'standingHeader' },
  { field: 'serve.headers.offer', option: 'offerHeader' },
  { field: 'serve.headers.channel', option: 'channelHeader' },
  { field: 'serve.fittingStatus', option: 'fittingStatus' },
  { field: 'serve.shadow', option: 'shadow' },
  { field: 'serve.corsOrigins', option: 'corsOrigin' },
  { field: 'serve.decidePreflights', option: 'decidePreflights' },
  { field: 'serve.blockedBy', option: 'blockedBy' },
  { field: 'serve.clientLanguage', option: 'clientLanguage', commands: ['serve'] },
  { field: 'serve.tableState', option: 'tableState' },
  { field: 'serve.verdictLifetimeSeconds', option: 'verdictLifetime' },
  { field: 'serve.workers', option: 'workers' },
  { field: 'serve.drainSeconds', option: 'drain' },
  { field: 'serve.logFormat', option: 'logFormat', commands: ['serve'] },
  { field: 'serve.updateEvery', option: 'updateEvery' },
];

/** Returns the value of a field by its path, or `undefined`. */
export function fieldOf(configuration: Configuration | undefined, field: string): unknown {
  let value: unknown = configuration;
  for (const key of field.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** The configuration file of a call: where it was named, and what it holds. */
export interface Configured {
  readonly path: string;
  readonly configuration: Configuration;
}

/**
 * Returns the path of `--config`, read before parsing because it changes what is mandatory.
 * @throws PortabilityError `ERR_CONFIG` if it is empty or given twice: no command runs without the
 * configuration that was meant
 */
function askedPath(args: readonly string[]): string | undefined {
  const given = args.flatMap((arg, at) => {
    if (arg === '--config') return [args[at + 1] ?? ''];
    return arg.startsWith('--config=') ? [arg.slice('--config='.length)] : [];
  });
  const [path] = given;
  if (path === '' || given.length > 1)
    throw portabilityError(CONFIG.configPathOnce, { option: '--config' });
  return path;
}

/**
 * Reads the configuration file that `--config` or the environment names; `undefined` if neither
 * does. The code that checks it is loaded only if there is one.
 * @throws PortabilityError of the file
 */
export async function readConfigured(args: readonly string[]): Promise<Configured | undefined> {
  const asked = askedPath(args);
  const path = asked ?? process.env[CONFIG_VARIABLE];
  if (path === undefined || path === '') return undefined;
  const option = asked === undefined ? CONFIG_VARIABLE : '--config';
  return {
    path: resolve(path),
    configuration: await namedLater({ option }, async () => {
      const { readConfigurationFile } = await import('../config/configuration-file.ts');
      return readConfigurationFile(path);
    }),
  };
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);

/** The lists that came from the file. An option that can be repeated replaces them. */
const LISTS = new WeakSet<readonly string[]>();

function listFromFile(list: readonly string[]): readonly string[] {
  LISTS.add(list);
  return list;
}

/** Parses an option that can be repeated: collects its values in a list. */
export const several = (value: string, before: readonly string[] = []): string[] =>
  LISTS.has(before) ? [value] : [...before, value];

/**
 * Options of the file that belong to another one: where that one is given, the file's own do not
 * fit. A spool, for example, holds batches for its ledger.
 */
const REPLACED_BY: Readonly<Record<string, readonly string[]>> = {
  listen: ['listen', 'socket'],
  socket: ['listen', 'socket'],
  keyringKey: ['keyring'],
  personRecords: ['ledger'],
  spool: ['ledger'],
};

/** The environment variables, by the name of the option that each sets. */
export const VARIABLES: Readonly<Record<string, string>> = {
  ...LOCATION_VARIABLES,
  secondAgent: 'LAISSEZ_PASSER_SECOND_AGENT',
};

/** A variable that is set to nothing is not set: it must not switch off what the file says. */
export function dropEmptyVariables(): void {
  for (const name of [...Object.values(VARIABLES), CONFIG_VARIABLE])
    if (process.env[name] === '') delete process.env[name];
}

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/**
 * Sets the options of all commands that the file has a value for. An environment variable and an
 * option on the command line override them.
 */
export function applyConfiguration(
  program: Command,
  args: readonly string[],
  { configuration }: Configured,
): void {
  const isGiven = (option: string): boolean => {
    const flag = optionName(option);
    const isTyped = args.some(arg => arg === flag || arg.startsWith(`${flag}=`));
    return isTyped || process.env[VARIABLES[option] ?? ''] !== undefined;
  };
  for (const { field, option, commands, beside = option } of COUNTERPARTS) {
    const value = fieldOf(configuration, field);
    if (value === undefined || REPLACED_BY[option]?.some(isGiven) === true) continue;
    for (const command of withSubcommands(program)) {
      const isMeant = commands === undefined || commands.includes(command.name());
      if (isMeant && command.options.some(each => each.attributeName() === beside))
        command.setOptionValueWithSource(
          option,
          isList(value) ? listFromFile(value) : value,
          'config',
        );
    }
  }
}

/** Returns the options of `serve` that the values of the file stand for. */
export const optionsOf = (configuration: Configuration): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    COUNTERPARTS.filter(({ commands = ['serve'] }) => commands.includes('serve')).map(
      ({ field, option }) => [option, fieldOf(configuration, field)],
    ),
  );

/** Returns the field that stands for an option of a command. */
const counterpartOf = (name: string | undefined, command: string): Counterpart | undefined =>
  COUNTERPARTS.find(
    ({ option, commands }) =>
      optionName(option) === name && (commands === undefined || commands.includes(command)),
  );

/**
 * Returns an error with the field of the file instead of the option that has the same value.
 * @param command default: `serve`
 */
export function withField(error: unknown, command = 'serve'): unknown {
  if (!(error instanceof PortabilityError)) return error;
  const counterpart = counterpartOf(error.option, command);
  if (counterpart === undefined) return error;
  const details = { ...detailsOf(error), option: counterpart.field };
  return new PortabilityError(error.code, textOf(error), details);
}

/** Returns the same if the value of the option came from the file. */
export function namedByField(
  error: unknown,
  command: Command | undefined,
  configured: Configured | undefined,
): unknown {
  if (!(error instanceof PortabilityError) || configured === undefined || command === undefined)
    return error;
  const counterpart = counterpartOf(error.option, command.name());
  const source = counterpart && command.getOptionValueSourceWithGlobals(counterpart.option);
  return source === 'config' ? withField(error, command.name()) : error;
}
