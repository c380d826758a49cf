/** Test vectors made by others, which may lie beside the checkout. Without them the tests that read them are skipped by name. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../shared/corpora/', import.meta.url));

/** Where the machine is meant to have them (CI), their absence must fail, not skip. */
export const hasCorpora = existsSync(FOLDER) || process.env['CI'] === 'true';

export const corpus = (name: string): string => FOLDER + name;
export const readCorpus = <T>(name: string): T =>
  JSON.parse(readFileSync(corpus(name), 'utf8')) as T;
