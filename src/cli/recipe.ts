/** What is a table to be made of? A recipe in a small JSON file, or the same on the command line. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { Recipe } from '../compiling.ts';
import { PortabilityError } from '../errors.ts';
import type { Guards } from '../place/guards.ts';
import { OVERLAY_KINDS, type Overlay, type OverlayKind } from '../place/overlay.ts';
import type { Source } from '../place/source.ts';
import type { Terminal } from './terminal.ts';

export interface RecipeOptions {
  /** A JSON file with the fields of {@link Recipe} and `guards`; paths are as seen from its folder. */
  readonly recipe?: string;
  readonly source?: readonly string[];
  /** `KIND:FILE` each. */
  readonly overlay?: readonly string[];
  /** Day of the sources that do not hold it. */
  readonly built?: string;
  readonly home?: string;
  readonly on?: string;
  readonly also?: readonly string[];
  readonly except?: readonly string[];
}

export type GuardedRecipe = Recipe & { readonly guards?: Guards };

const badRecipe = (): PortabilityError =>
  new PortabilityError('ERR_ARGUMENT', 'a recipe is a json object with sources, and what docs/tables.md says beside');

async function readRecipe(path: string): Promise<GuardedRecipe> {
  let recipe: Partial<GuardedRecipe> | null;
  try {
    recipe = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    throw badRecipe();
  }
  if (typeof recipe !== 'object' || recipe === null || !Array.isArray(recipe.sources)) throw badRecipe();
  const known = ['sources', 'overlays', 'home', 'on', 'licence', 'guards'];
  if (Object.keys(recipe).some(key => !known.includes(key))) throw badRecipe();
  const inFolder = <F extends Source>(file: F): F =>
    typeof file?.path === 'string' ? { ...file, path: resolve(dirname(path), file.path) } : file;
  const overlays = Array.isArray(recipe.overlays) ? { overlays: recipe.overlays.map(inFolder) } : {};
  return { ...(recipe as GuardedRecipe), sources: recipe.sources.map(inFolder), ...overlays };
}

function parseOverlay(text: string): Overlay {
  const [, kind, path] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (path !== undefined && (OVERLAY_KINDS as readonly string[]).includes(kind!))
    return { kind: kind as OverlayKind, path };
  throw new PortabilityError(
    'ERR_ARGUMENT',
    `an overlay is KIND:FILE, where KIND is one of ${OVERLAY_KINDS.join(', ')}`,
  );
}

/** Only text without a day of its own needs `--built`; an MMDB file says it itself, and is not contradicted. */
const dated = (path: string, built: string | undefined): Source =>
  built === undefined || path.endsWith('.mmdb') ? { path } : { path, built };

/** The recipe of the options: the file's, with what the command line adds. */
export async function recipeOf(options: RecipeOptions): Promise<GuardedRecipe> {
  const { recipe, source = [], overlay = [], built, home, on, also, except } = options;
  const base: GuardedRecipe = recipe === undefined ? { sources: [] } : await readRecipe(recipe);
  const licence = { ...base.licence, ...(also && { also }), ...(except && { except }) };
  return {
    ...base,
    sources: [...base.sources, ...source.map(path => dated(path, built))],
    overlays: [...(base.overlays ?? []), ...overlay.map(parseOverlay)],
    ...(home !== undefined && { home }),
    ...(on !== undefined && { on }),
    licence,
  };
}

/** A bar on standard error, where a person watches it; `step` and `stop` drive it. */
export function stepBar(terminal: Terminal): { step(done: number, of: number): void; stop(): void } {
  if (!process.stderr.isTTY) return { step: () => {}, stop: () => {} };
  const format = `{bar} ${terminal.say('buildStep')} {value}/{total}`;
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true });
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
