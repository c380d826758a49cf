/** Reads the build configuration of a table from a JSON file and from the command line. */

import { dirname, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { isCalendarDay } from '../../days.ts';
import { portabilityError } from '../../errors.ts';
import type { Guards } from '../../geo/guards.ts';
import { OVERLAY_KINDS, type Overlay, type OverlayKind } from '../../geo/overlay.ts';
import { readWhole, type Source } from '../../geo/source.ts';
import { checkDay, checkHome, isTerritory, REVIEWED_ON } from '../../law/territory.ts';
import * as CLI from '../../messages/cli.ts';
import * as TABLES from '../../messages/tables.ts';
import type { Message } from '../../messages.ts';
import type { TableConfig } from '../../tables/compile-config.ts';
import { named, namedLater } from '../named.ts';
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

export type BuildConfig = TableConfig & { readonly guards?: Guards };

const FIELDS = ['sources', 'overlays', 'home', 'on', 'licence', 'guards'];

const fail = (message: Message): never => {
  throw portabilityError(message);
};

const isListOfObjects = (value: unknown): value is object[] =>
  Array.isArray(value) && value.every(each => typeof each === 'object' && each !== null);

async function readBuildConfig(path: string): Promise<BuildConfig> {
  const file = await readWhole(path, 'ERR_SOURCE_OPEN');
  let config: Partial<BuildConfig>;
  try {
    config = JSON.parse(file.toString('utf8'));
  } catch {
    // The cause is left out because its message quotes the file.
    return fail(CLI.configSyntax);
  }
  const { sources, overlays = [] } = config ?? {};
  if (!isListOfObjects(sources) || !isListOfObjects(overlays)) return fail(CLI.configSources);
  if (Object.keys(config).some(name => !FIELDS.includes(name)))
    throw portabilityError(CLI.configFields, {}, { known: FIELDS.join(', ') });
  const inFolder = <F extends Source>(given: F): F =>
    typeof given.path === 'string' ? { ...given, path: resolve(dirname(path), given.path) } : given;
  return { ...config, sources: sources.map(inFolder), overlays: overlays.map(inFolder) };
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

/** Checks the options about law and licence here, where the option at fault can be named. */
function checkStandpoint(
  { built, home, on, also = [], except = [] }: BuildConfigOptions,
  isLawOfToday: boolean,
): void {
  if (built !== undefined && !isCalendarDay(built))
    throw portabilityError(TABLES.sourceDayInvalid, {
      option: '--built',
      value: built,
    });
  if (on !== undefined) named({ option: '--on', value: on }, () => checkDay(on));
  if (home !== undefined && (isLawOfToday || on !== undefined))
    named({ option: '--home', value: home }, () => checkHome(home, on ?? REVIEWED_ON));
  for (const [option, codes] of [['--also', also] as const, ['--except', except] as const])
    for (const code of codes)
      if (!isTerritory(code))
        throw portabilityError(TABLES.licenceTerritory, { option, value: code });
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
  checkStandpoint(options, base.on === undefined);
  return {
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
