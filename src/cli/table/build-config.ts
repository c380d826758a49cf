/** Reads the build configuration of a table from a JSON file and from the command line. */

import { dirname, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { namedLater } from '../../config/option-at-fault.ts';
import { checkedElsewhere, checkSchema, fields } from '../../config-schema.ts';
import {
  type ErrorCode,
  type ErrorDetails,
  type PortabilityError,
  portabilityError,
  withDetails,
} from '../../errors.ts';
import { checkGuards, type Guards } from '../../geo/guards.ts';
import { OVERLAY_KINDS, type Overlay, type OverlayKind } from '../../geo/overlay.ts';
import { readWhole } from '../../geo/read-file.ts';
import type { Source } from '../../geo/source.ts';
import { isTerritory } from '../../law/territory.ts';
import * as CLI from '../../messages/cli.ts';
import {
  completeTableConfig,
  TABLE_CONFIG_FIELDS,
  type TableConfig,
} from '../../tables/compile-config.ts';
import type { Terminal } from '../terminal.ts';

export interface BuildConfigOptions {
  /**
   * Path of a JSON file with the fields of {@link TableConfig} and `guards`. Its paths are relative
   * to its folder.
   */
  readonly buildConfig?: string;
  readonly source?: readonly string[];
  /** Each entry is `KIND:FILE`. */
  readonly overlay?: readonly string[];
  /** Day of the sources that do not state it themselves. */
  readonly built?: string;
  readonly home?: string;
  readonly on?: string;
  readonly also?: readonly string[];
  readonly except?: readonly string[];
}

export type BuildConfig = TableConfig & { readonly guards?: Guards | undefined };

const FILE = fields({ ...TABLE_CONFIG_FIELDS, guards: checkedElsewhere<Guards | undefined>() });

async function readBuildConfig(path: string): Promise<BuildConfig> {
  const file = await readWhole(path, 'ERR_SOURCE_OPEN');
  let content: BuildConfig;
  try {
    content = JSON.parse(file.toString('utf8'));
  } catch {
    // The cause is left out because its message quotes the file.
    throw portabilityError(CLI.configSyntax);
  }
  const { guards = {}, ...config }: BuildConfig = checkSchema(FILE, content, 'ERR_ARGUMENT', {
    en: 'the build configuration',
    fr: 'la configuration de compilation',
  });
  const inFolder = <F extends Source>(given: F): F => ({
    ...given,
    path: resolve(dirname(path), given.path),
    ...(given.locations !== undefined && { locations: resolve(dirname(path), given.locations) }),
  });
  const { sources, overlays = [] } = config;
  return {
    ...config,
    sources: sources.map(inFolder),
    overlays: overlays.map(inFolder),
    guards: checkGuards(guards),
  };
}

function parseOverlay(text: string): Overlay {
  const [, kind, path] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (path !== undefined && (OVERLAY_KINDS as readonly string[]).includes(kind!))
    return { kind: kind as OverlayKind, path };
  throw portabilityError(
    CLI.overlayArgument,
    { option: '--overlay', value: text },
    { known: OVERLAY_KINDS.join(', ') },
  );
}

/** Returns the option that is at fault where a configuration is refused, and what was typed. */
function optionAtFault(
  code: ErrorCode,
  { built, home, on, also = [], except = [] }: BuildConfigOptions,
): ErrorDetails {
  const isStrange = (territory: string): boolean => !isTerritory(territory);
  const typed = {
    ERR_SOURCE_BUILT: { '--built': built },
    ERR_DAY: { '--on': on },
    ERR_HOME: { '--home': home },
    ERR_TERRITORY: { '--also': also.find(isStrange), '--except': except.find(isStrange) },
  };
  const candidates = Object.entries(typed[code as keyof typeof typed] ?? {});
  const [option, value] = candidates.find(([, text]) => text !== undefined) ?? [];
  return option === undefined ? {} : { option, value: value as string };
}

/** Returns the build configuration of the file and the options, which add to the file. */
export async function buildConfigOf(options: BuildConfigOptions): Promise<BuildConfig> {
  const {
    buildConfig: config,
    source = [],
    overlay = [],
    built,
    home,
    on,
    also = [],
    except = [],
  } = options;
  const base: BuildConfig =
    config === undefined
      ? { sources: [] }
      : await namedLater({ option: '--build-config', path: config }, () => readBuildConfig(config));
  const licence = {
    ...base.licence,
    also: [...(base.licence?.also ?? []), ...also],
    except: [...(base.licence?.except ?? []), ...except],
  };
  const complete = {
    ...base,
    sources: [
      ...base.sources,
      ...source.map(path => ({ path, ...(built !== undefined && { built }) })),
    ],
    overlays: [...(base.overlays ?? []), ...overlay.map(parseOverlay)],
    ...(home !== undefined && { home }),
    ...(on !== undefined && { on }),
    licence,
  };
  const { guards: _, ...table } = complete;
  try {
    completeTableConfig(table);
  } catch (error) {
    throw withDetails(error, optionAtFault((error as PortabilityError).code, options));
  }
  return complete;
}

/**
 * Creates a progress bar on standard error, if that is a terminal. `step` advances it and `stop`
 * removes it.
 */
export function stepBar(terminal: Terminal): {
  step(done: number, of: number): void;
  stop(): void;
} {
  const { stderr } = terminal.streams;
  if (!stderr.isTTY) return { step: () => {}, stop: () => {} };
  const format = `{bar} ${terminal.say('buildStep')} {value}/{total}`;
  const bar = new SingleBar({
    format,
    stream: stderr,
    clearOnComplete: true,
    linewrap: true,
  });
  let isOn = false;
  return {
    step: (done, of) => {
      if (!isOn) bar.start(of, done);
      isOn = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
