/**
 * `npm run mutants`: checks that every surviving mutant is explained, and that every explanation is
 * still needed.
 */
import { readFileSync } from 'node:fs';
import { EXPLAINED } from './explained.ts';

interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly status: string;
          readonly replacement?: string;
          readonly location: { readonly start: { readonly line: number } };
        }[];
      }
    >
  >;
}

const tell = (line: string): void => void process.stdout.write(`${line}\n`);
const { files } = JSON.parse(readFileSync('.cache/mutants.json', 'utf8')) as Report;
const nameOf = (file: string, line: string, to: string): string => `${file}: ${line} -> ${to}`;
const mutants = Object.entries(files).flatMap(([file, { source, mutants }]) => {
  const lines = source.split('\n');
  return mutants.map(({ status, replacement = '', location }) => ({
    status,
    name: nameOf(file, lines[location.start.line - 1]!.trim(), replacement),
  }));
});
const survived = mutants
  .filter(({ status }) => ['Survived', 'NoCoverage'].includes(status))
  .map(({ name }) => name);
const explained = EXPLAINED.filter(({ file }) => file in files).flatMap(({ file, line, to }) =>
  to.map(each => nameOf(file, line, each)),
);
const unexplained = survived.filter(name => !explained.includes(name));
const obsolete = explained.filter(name => !survived.includes(name));
for (const name of unexplained) tell(`survived, and is not explained: ${name}`);
for (const name of obsolete) tell(`is explained, and did not survive: ${name}`);
const counts = `${mutants.length} mutants: ${mutants.length - survived.length} noticed, ${survived.length} survived`;
tell(`${counts}, ${unexplained.length} of them without an explanation`);
process.exitCode = unexplained.length + obsolete.length > 0 ? 1 : 0;
