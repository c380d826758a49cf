/** Refuses to publish as long as `package.json` lacks what only the owner can say: author, homepage, repository, bugs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';

const isUrl = (value: unknown): boolean =>
  typeof value === 'string' && /^(git\+)?https:\/\/[^/\s]+\/\S+$/.test(value);

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** What each field of the owner must hold, in the order in which it is asked for. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  author: value => isText(value) || isText(fieldOf(value, 'name')),
  homepage: value => typeof value === 'string' && /^https:\/\/\S+\.\S+$/.test(value),
  repository: value => isUrl(value) || isUrl(fieldOf(value, 'url')),
  bugs: value => isUrl(value) || isUrl(fieldOf(value, 'url')) || isText(fieldOf(value, 'email')),
};

/** The fields of a manifest that are missing or hold nothing of use. */
export const missingFields = (manifest: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(FIELDS)
    .filter(([name, isFilledIn]) => !isFilledIn(manifest[name]))
    .map(([name]) => name);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const missing = missingFields(
    JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')),
  );
  if (missing.length > 0) {
    console.error(
      `Not published: package.json has no valid ${missing.join(', ')}. See "Before the first publication"`,
    );
    console.error('in CONTRIBUTING.md.');
    process.exitCode = 1;
  }
}
