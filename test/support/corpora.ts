/**
 * Test vectors made by others, which may lie next to the checkout. Tests that need absent ones are
 * skipped.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../shared/corpora/', import.meta.url));

/** Under CI they are required: their absence fails the tests instead of skipping them. */
export const hasCorpora = existsSync(FOLDER) || process.env['CI'] === 'true';

export const corpus = (name: string): string => FOLDER + name;
export const readCorpus = <T>(name: string): T =>
  JSON.parse(readFileSync(corpus(name), 'utf8')) as T;
