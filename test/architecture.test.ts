import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../src', import.meta.url));
const FILES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.ts'),
);
const text = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const PARSED = new Map<string, ts.SourceFile>();
function parsed(name: string): ts.SourceFile {
  const known = PARSED.get(name);
  if (known !== undefined) return known;
  const file = ts.createSourceFile(name, text(name), ts.ScriptTarget.ES2022, true);
  PARSED.set(name, file);
  return file;
}

/**
 * The base is listed file by file. Any other layer is a folder, and the file of the same name next
 * to it is its entry point.
 */
const BASE = [
  'errors.ts',
  'assets.ts',
  'error-code.ts',
  'config-schema.ts',
  'timeouts.ts',
  'retry.ts',
  'sync-to-disk.ts',
  'atomic-write.ts',
  'messages.ts',
  'zone.ts',
  'clock.ts',
  'days.ts',
];
const ENTRIES = ['index.ts'];
/**
 * The layers that store evidence. They are never given an address or a country, so they cannot
 * import `geo`.
 */
const EVIDENCE = ['ledger', 'keys', 'subjects', 'recording'];
const WINGS = ['law', 'geo', ...EVIDENCE];

const layerOf = (file: string): string => {
  const [folder, ...rest] = file.split('/');
  if (folder === 'messages' && rest.length > 0) return 'base';
  if (rest.length > 0) return folder!;
  if (BASE.includes(file)) return 'base';
  return ENTRIES.includes(file) ? 'entry' : basename(file, '.ts');
};

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: ['base'],
  law: ['law', 'base'],
  geo: ['geo', 'base'],
  ledger: ['ledger', 'base'],
  keys: ['keys', 'ledger', 'base'],
  subjects: ['subjects', 'keys', 'ledger', 'law', 'base'],
  recording: ['recording', 'subjects', 'keys', 'ledger', 'base'],
  tables: ['tables', 'base', 'law', 'geo'],
  gate: ['gate', 'tables', 'base', ...WINGS],
  desk: ['desk', 'base', 'law', 'geo', ...EVIDENCE],
  entry: ['config', 'desk', 'gate', 'tables', 'base', ...WINGS],
  config: ['config', 'entry', 'gate', 'tables', 'base', ...WINGS],
  http: ['http', 'gate', 'base', ...WINGS],
  cli: ['cli', 'config', 'entry', 'desk', 'http', 'gate', 'tables', 'base', ...WINGS],
};

/** Imports allowed for types only: the rule takes a location. */
const TYPE_ONLY: readonly string[] = ['law/rule.ts -> geo/location.ts'];

interface Import {
  readonly target: string;
  readonly isType: boolean;
}

function importsOf(file: string): Import[] {
  return parsed(file).statements.flatMap(statement => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    if (statement.moduleSpecifier === undefined) return [];
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text;
    const isType = ts.isImportDeclaration(statement)
      ? statement.importClause?.isTypeOnly === true
      : statement.isTypeOnly;
    const target = specifier.startsWith('.')
      ? relative(ROOT, resolve(ROOT, dirname(file), specifier))
      : specifier;
    return [{ target, isType }];
  });
}

const isOurs = (target: string): boolean => FILES.includes(target);

describe('the layers', () => {
  it('contain the files that this test looks at', () => {
    expect(FILES.length).toBeGreaterThan(25);
    expect(FILES).toContain('law/rule.ts');
    expect(importsOf('law/rule.ts')).toContainEqual({ target: 'geo/location.ts', isType: true });
  });

  it('import downwards only', () => {
    const wrong = FILES.flatMap(file => {
      const allowed = MAY_IMPORT[layerOf(file)]!;
      return importsOf(file)
        .filter(({ target }) => isOurs(target) && !allowed.includes(layerOf(target)))
        .map(({ target, isType }) => ({ arrow: `${file} -> ${target}`, isType }))
        .filter(({ arrow, isType }) => !(isType && TYPE_ONLY.includes(arrow)));
    });
    expect(wrong).toEqual([]);
  });

  it('are all described in CONTRIBUTING, folder by folder', () => {
    const page = readFileSync(join(ROOT, '../CONTRIBUTING.md'), 'utf8');
    const folders = new Set(FILES.map(dirname).filter(folder => folder !== '.'));
    expect([...folders].filter(folder => !page.includes(`\`${basename(folder)}/\``))).toEqual([]);
  });

  it('have no circular imports', () => {
    const visiting = new Set<string>();
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (visiting.has(file)) throw new Error([...path, file].join(' -> '));
      if (done.has(file)) return;
      visiting.add(file);
      for (const { target, isType } of importsOf(file))
        if (isOurs(target) && !isType) visit(target, [...path, file]);
      visiting.delete(file);
      done.add(file);
    };
    for (const file of FILES) visit(file, []);
    expect(done.size).toBe(FILES.length);
  });

  /** Packages that a layer may use. A layer that is not listed uses only Node's own modules. */
  const PACKAGES: Readonly<Record<string, readonly string[]>> = {
    base: ['valibot'],
    ledger: ['better-sqlite3', 'pg', 'redis'],
    gate: ['lru-cache'],
    http: ['fastify', 'fastify-plugin', 'express', 'negotiator', 'prom-client'],
    cli: [
      'commander',
      'lru-cache',
      'cli-progress',
      'picocolors',
      'ipaddr.js',
      'maxmind',
      'pngjs',
      'pino',
      'fastify',
    ],
  };

  it('use only the packages of their layer', () => {
    const wrong = FILES.flatMap(file => {
      const allowed = PACKAGES[layerOf(file)] ?? [];
      return importsOf(file)
        .map(({ target }) => target)
        .filter(target => !isOurs(target) && !/^node:|\.json$/.test(target))
        .filter(name => !allowed.includes(name))
        .map(name => `${file} -> ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keep files, the network and the clock out of the law', () => {
    const law = FILES.filter(file => file.startsWith('law/'));
    expect(law.flatMap(importsOf).filter(({ target }) => target.startsWith('node:'))).toEqual([]);
  });
});

/** What may be named only at the edges of a program. `bench` lies outside of src. */
const BANNED: Readonly<Record<string, RegExp>> = {
  console: /^console$/,
  'process.env': /^process\.env/,
  'Date.now': /^Date\.now$/,
  'Math.random': /^Math\.random$/,
  BigInt: /^BigInt/,
};

function mentions(file: string, pattern: RegExp): boolean {
  let isFound = false;
  const visit = (node: ts.Node): void => {
    if (ts.isBigIntLiteral(node) && pattern.test('BigInt')) isFound = true;
    if (
      (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) &&
      pattern.test(node.getText())
    )
      isFound = true;
    ts.forEachChild(node, visit);
  };
  visit(parsed(file));
  return isFound;
}

describe.each(Object.entries(BANNED))('%s', (name, pattern) => {
  it('is used only in the command line, for secrets of the configuration, and in the one default clock', () => {
    const named = FILES.filter(file => mentions(file, pattern)).filter(
      file => !file.startsWith('cli/') && !(name === 'process.env' && file.startsWith('config/')),
    );
    expect(named).toEqual(name === 'Date.now' ? ['clock.ts'] : []);
  });
});

describe('style', () => {
  it('has no enum, no default export and no catch-all file', () => {
    expect(
      FILES.filter(file =>
        parsed(file).statements.some(
          node => ts.isEnumDeclaration(node) || ts.isExportAssignment(node),
        ),
      ),
    ).toEqual([]);
    expect(
      FILES.filter(file => /(^|\/)(utils?|helpers?|types|constants|common)\.ts$/.test(file)),
    ).toEqual([]);
    expect(FILES.filter(file => file.endsWith('/index.ts'))).toEqual([]);
  });
});
