/**
 * Finds the files that belong to the library, and starts those that are programs of a worker
 * thread. Nothing is found out before it is needed, because a bundle may have moved the code.
 */

import { existsSync } from 'node:fs';
import Module from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type PortabilityError, portabilityError, systemCodeOf } from './errors.ts';
import * as BASE from './messages/base.ts';

/** A file, as an application names it: its path, its `file:` URL, or its bytes. */
export type FileInput = string | URL | Uint8Array;

export const isFileInput = (value: unknown): value is FileInput =>
  typeof value === 'string' || value instanceof URL || value instanceof Uint8Array;

/**
 * Returns a path as it was given, the path of a URL, or the bytes.
 * @throws PortabilityError `ERR_ARGUMENT` with the name of the option
 */
export function pathOrBytes(file: FileInput, option: string): string | Uint8Array {
  if (typeof file === 'string' || file instanceof Uint8Array) return file;
  if (file instanceof URL && file.protocol === 'file:') return fileURLToPath(file);
  throw portabilityError(BASE.fileInput, {}, { option });
}

/** A file that is shipped with the library. */
export interface Asset {
  /** The name of the file. */
  readonly name: string;
  /** The option with which an application says where the file is. */
  readonly option: string;
  /**
   * Returns the URL of the file. Its body is a literal `new URL('...', import.meta.url)`, by which
   * bundlers recognise a file to copy.
   */
  readonly locate: () => URL | string;
}

/** Returns the error of a file of the library that is not where it was looked for. */
export const assetMissing = ({ name, option }: Asset, path: string): PortabilityError =>
  portabilityError(BASE.assetMissing, { path, system: 'ENOENT' }, { name, option });

/**
 * Returns the path of a file of the library.
 * @throws PortabilityError `ERR_ASSET` if the code does not know where it is itself, or is not in a
 * file
 */
export function pathOfAsset(asset: Asset): string {
  let url: URL | string | undefined;
  try {
    url = asset.locate();
    // ncc puts a path in place of the URL.
    return typeof url === 'string' ? url : fileURLToPath(url);
  } catch {
    if (url !== undefined) throw assetMissing(asset, String(url));
    const { name, option } = asset;
    throw portabilityError(BASE.assetUnlocated, {}, { name, option });
  }
}

/** A worker thread, and the error for the case that its program does not begin. */
export interface Thread {
  readonly worker: Worker;
  readonly notStarted: (error: unknown) => PortabilityError;
}

/**
 * Starts a worker thread.
 * @param file where the application has put the program; default: where the package has it
 * @throws PortabilityError `ERR_ASSET`
 */
export function startThread(
  asset: Asset,
  file: FileInput | undefined,
  options: WorkerOptions,
): Thread {
  const { name, option } = asset;
  const program = file === undefined ? pathOfAsset(asset) : pathOrBytes(file, option);
  const path = typeof program === 'string' ? resolve(program) : undefined;
  const notStarted = (error: unknown): PortabilityError => {
    if (path !== undefined && !existsSync(path)) return assetMissing(asset, path);
    // Only the name: the message of a foreign error may quote anything.
    const reason = systemCodeOf(error) ?? (error instanceof Error ? error.name : 'exit');
    return portabilityError(BASE.assetUnusable, { path }, { name, option, reason });
  };
  const started =
    path === undefined
      ? [Buffer.from(program).toString(), { ...options, eval: true }]
      : [path, options];
  try {
    // Of a `new Worker` with a path that is not known, Turbopack would follow every file nearby.
    const worker = Reflect.construct(Worker, started) as Worker;
    return { worker, notStarted };
  } catch (error) {
    throw notStarted(error);
  }
}

/**
 * Loads something with the `require` of this module, or else of the program that runs: the packages
 * of an application are next to its bundle, wherever this module was when the bundle was made.
 * Returns `undefined` if neither finds it. A call of an imported `createRequire` would be replaced by
 * webpack.
 */
export function loadWith<T>(load: (require: NodeJS.Require) => T): T | undefined {
  for (const base of [() => import.meta.url, () => process.argv[1]!]) {
    try {
      return load(Module.createRequire(base()));
    } catch {
      // Tried from the next place.
    }
  }
  return undefined;
}
