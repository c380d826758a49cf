/**
 * Fetches a file of an npm package with the `npm` of this machine, so that its registry, its proxy
 * and its login are those that the operator configured for npm.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type PortabilityError, portabilityError } from '../../errors.ts';
import * as UPDATE from '../../messages/update.ts';
import { abortedError } from './https-client.ts';
import { NPM_WAIT_MS } from './limits.ts';

/** A package, and where to ask for it. */
export interface PackageQuestion {
  readonly name: string;
  /** Address of a registry; default: the one that npm is configured for. */
  readonly registry: string | undefined;
  /** Path of a PEM file. npm trusts its authorities only, instead of the usual ones. */
  readonly ca: string | undefined;
  /** Folder for temporary files. */
  readonly folder: string;
  /** Variables with secrets of the configuration, which npm does not get. */
  readonly secretVariables: readonly string[];
  readonly signal: AbortSignal;
}

/** How the temporary folders of npm begin. */
export const NPM_FOLDER = 'npm.source-';

const SETTINGS = {
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
  npm_config_ignore_scripts: 'true',
  npm_config_prefer_online: 'true',
  npm_config_fetch_retries: '2',
  npm_config_fetch_retry_mintimeout: '500',
  npm_config_fetch_retry_maxtimeout: '5000',
};

/** Codes of npm that say that the package is not the one that the registry states. */
const ALTERED = ['EINTEGRITY'];
const REFUSED = ['E401', 'E403', 'ENEEDAUTH'];
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_/;

/** Returns the error of a failed npm. Of its output only the code is read, which npm writes. */
function errorOf(output: string): PortabilityError {
  const [, code] = /"code":\s*"([A-Z][A-Z0-9_]{2,40})"/.exec(output) ?? [];
  const details = code === undefined ? {} : { system: code };
  if (code === undefined) return portabilityError(UPDATE.npmFails);
  if (ALTERED.includes(code)) return portabilityError(UPDATE.downloadChecksum, details);
  if (code === 'E404' || code === 'ETARGET')
    return portabilityError(UPDATE.downloadMissing, details);
  if (REFUSED.includes(code))
    return portabilityError(UPDATE.downloadRefusedOpenly, {}, { status: code.slice(1) });
  if (TLS.test(code)) return portabilityError(UPDATE.downloadCertificate, details);
  return portabilityError(UPDATE.npmFails, details);
}

/** Runs npm and returns the JSON that it prints. */
function npm(args: readonly string[], question: PackageQuestion, cache: string): Promise<unknown> {
  const { registry, ca, folder, secretVariables, signal } = question;
  const environment = Object.entries(process.env).filter(
    ([name]) => !secretVariables.includes(name),
  );
  const chosen = {
    npm_config_cache: cache,
    ...(registry !== undefined && { npm_config_registry: registry }),
    ...(ca !== undefined && { npm_config_cafile: ca }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn('npm', [...args, '--json'], {
      cwd: folder,
      env: { ...Object.fromEntries(environment), ...SETTINGS, ...chosen },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: NPM_WAIT_MS,
      signal,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < 1e6) output += text;
    });
    child.on('error', () =>
      reject(signal.aborted ? abortedError(signal) : portabilityError(UPDATE.npmMissing)),
    );
    child.on('close', code => {
      try {
        if (code === 0) resolve(JSON.parse(output));
        else reject(errorOf(output));
      } catch {
        reject(portabilityError(UPDATE.npmFails));
      }
    });
  });
}

/** The archive of a package: its version and its path. */
export interface PackedPackage {
  readonly version: string;
  readonly archive: string;
}

/**
 * Asks for the newest version and fetches its archive, whose digest npm checks, unless it is
 * `known`. Calls `read` with the archive, which is removed afterwards.
 * @throws PortabilityError `ERR_DOWNLOAD_...`
 */
export async function withPackage<Result>(
  question: PackageQuestion,
  known: string | undefined,
  read: (packed: PackedPackage) => Promise<Result>,
): Promise<Result | undefined> {
  const temporary = await mkdtemp(join(question.folder, NPM_FOLDER));
  const cache = join(temporary, 'cache');
  try {
    const version = await npm(['view', question.name, 'version'], question, cache);
    if (typeof version !== 'string' || !/^[\w.+-]{1,100}$/.test(version))
      throw portabilityError(UPDATE.npmFails);
    if (version === known) return undefined;
    const destination = ['--pack-destination', temporary];
    const packed = await npm(
      ['pack', `${question.name}@${version}`, ...destination],
      question,
      cache,
    );
    const { filename } = (Array.isArray(packed) ? packed[0] : {}) as { filename?: unknown };
    if (typeof filename !== 'string' || !filename.endsWith('.tgz'))
      throw portabilityError(UPDATE.npmFails);
    const archive = join(temporary, filename.replace(/^@/, '').replaceAll('/', '-'));
    return await read({ version, archive });
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
}
