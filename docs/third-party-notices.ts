/**
 * The licences of the packages of which `dist` contains a part: their copyright lines, and each text
 * once. esbuild names the file of each part in a comment.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Returns the names of the packages, in alphabetical order. */
export function bundledPackages(): string[] {
  const names = readdirSync(`${ROOT}dist`)
    .filter(file => file.endsWith('.js'))
    .flatMap(file => [
      ...readFileSync(`${ROOT}dist/${file}`, 'utf8').matchAll(
        /^\/\/ node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm,
      ),
    ])
    .map(([, name]) => name!);
  return [...new Set(names)].sort();
}

const quoted = (text: string): string =>
  text
    .trim()
    .split(/\r?\n/)
    .map(line => `> ${line.trim()}`.trimEnd())
    .join('\n');

function noticeOf(name: string): string {
  const folder = `${ROOT}node_modules/${name}`;
  const { version, license, author } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each));
  const by = typeof author === 'string' ? author : (author?.name ?? '');
  const text =
    file === undefined
      ? `License: ${license}. Author: ${by.replace(/\s*<.*/, '')}. The package contains no text of its licence.`
      : readFileSync(`${folder}/${file}`, 'utf8');
  return `## ${name} ${version}\n\n${quoted(text)}\n`;
}

/** Returns the page. */
export const thirdPartyNotices = (): string =>
  [
    '# Third-party notices\n',
    'The folder `dist` contains parts of the packages below. Apart from `valibot`, only the command',
    'line uses them. `npm run docs` writes this page from their own files.\n',
    bundledPackages().map(noticeOf).join('\n'),
  ].join('\n');
