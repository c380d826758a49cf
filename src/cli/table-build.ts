/** `table build`: compiles a recipe to a file, held against the guards and against the file that it replaces. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { PortabilityError } from '../errors.ts';
import { type Breach, checkGuards } from '../place/guards.ts';
import type { SharedTable } from '../place/table.ts';
import { compileApart, loadZoneTable } from '../tables.ts';
import type { Zone } from '../zone.ts';
import { type RecipeOptions, recipeOf, stepBar } from './recipe.ts';
import { megabytes, percent, type Terminal } from './terminal.ts';

export interface BuildOptions extends RecipeOptions {
  readonly output: string;
  readonly accept?: boolean;
}

/** Writes beside the file and renames, so that who reads it sees the old one or the whole new one. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}.new`;
  let file: FileHandle | undefined;
  try {
    file = await open(beside, 'wx');
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch {
    await file?.close().catch(() => {});
    await rm(beside, { force: true });
    throw new PortabilityError('ERR_OUTPUT', 'the file cannot be written');
  }
}

/** The table that the file holds now: the one in force, as far as this command knows. */
async function tableAt(path: string): Promise<SharedTable | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() && found.size > 0 ? (await loadZoneTable(path)).share() : undefined;
}

const ZONE_WORDS = { home: 'mapHome', eea: 'mapEea', outside: 'mapOutside', unknown: 'mapUnknown' } as const;

/** A breach in words. */
export function breachWords(terminal: Terminal, breach: Breach): string {
  const zone = (name: Zone): string => terminal.say(ZONE_WORDS[name]);
  if (breach.guard === 'sentinel') {
    const { which, list, expected, found } = breach;
    const of = terminal.say(list === 'own' ? 'sentinelOwn' : 'sentinelBundled');
    return terminal.say('breachSentinel', { which: String(which), of, expected: zone(expected), found: zone(found) });
  }
  if (breach.guard === 'share') {
    const [least, most] = breach.bounds.map(bound => percent(bound, terminal.language)) as [string, string];
    const of = breach.of === 'anonymised' ? terminal.say('mapAnonymised') : zone(breach.of);
    return terminal.say('breachShare', { of, share: percent(breach.share, terminal.language), least, most });
  }
  const { family, moved, most } = breach;
  const shares = { moved: percent(moved, terminal.language), most: percent(most, terminal.language) };
  return terminal.say('breachMoved', {
    family: family === 'ipv4' ? 'IPv4' : 'IPv6',
    zone: zone(breach.zone),
    ...shares,
  });
}

export async function tableBuild(terminal: Terminal, options: BuildOptions): Promise<number> {
  const { guards, ...recipe } = await recipeOf(options);
  // What can not be read can not be compared with: then only who accepts goes on.
  const inForce = await tableAt(options.output).catch(error => (options.accept ? undefined : Promise.reject(error)));
  const fitness = { guards: checkGuards(guards ?? {}), ...(inForce && { inForce }) };
  const bar = stepBar(terminal);
  const work = compileApart({ ...recipe, onStep: bar.step }, { wants: 'bundle', fitness });
  const { edition, bundle, breaches = [] } = await work.finally(bar.stop);
  const isHeld = breaches.length > 0 && options.accept !== true;
  if (terminal.json) terminal.print(JSON.stringify({ written: !isHeld, bytes: bundle!.length, edition, breaches }));
  for (const breach of breaches) terminal.note(`- ${breachWords(terminal, breach)}`);
  if (isHeld)
    throw new PortabilityError(
      'ERR_TABLE_GUARD',
      'the table does not pass its guards: look at table diff, then say --accept',
    );
  await writeWhole(options.output, bundle!);
  const size = megabytes(bundle!.length, terminal.language);
  if (!terminal.json) terminal.print(terminal.say('tableBuilt', { edition: edition.id, size }));
  return 0;
}
