/**
 * Compiles what a reader copies and what a user imports: code blocks of README and docs, and the
 * types of the entry points.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** A reader's project: the library under its name, and what an operator installs next to it. */
const folder = mkdtempSync(join(tmpdir(), 'laissez-passer-types-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const scope of ['@types', '@fastify'])
  mkdirSync(join(folder, 'node_modules', scope), { recursive: true });
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
symlinkSync(ROOT, join(folder, 'node_modules/laissez-passer'));
for (const name of [
  'fastify',
  'express',
  'cors',
  'prom-client',
  '@fastify/cors',
  '@types/node',
  '@types/express',
  '@types/cors',
])
  symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(folder, 'node_modules/@types')],
};

/** A block of a page, as a file of its own. */
interface Block {
  readonly page: string;
  /** The line of the page on which the code begins. */
  readonly line: number;
  readonly file: string;
}

const PAGES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)].map((match, index) => {
    const file = join(folder, `${basename(page, '.md')}-${index + 1}.ts`);
    writeFileSync(file, match[1]!);
    return { page, line: text.slice(0, match.index).split('\n').length + 1, file };
  });
}

const BLOCKS = PAGES.flatMap(blocksOf);

/** Page, line and message of everything that the compiler finds in the blocks. */
function findingsIn(blocks: readonly Block[]): string[] {
  const program = ts.createProgram(
    blocks.map(({ file }) => file),
    OPTIONS,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const block = blocks.find(each => each.file === file?.fileName);
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (block === undefined) return `${file?.fileName ?? 'options'}: ${message}`;
    return `${block.page}:${block.line + file!.getLineAndCharacterOfPosition(start ?? 0).line}: ${message}`;
  });
}

describe('the code of README and docs', () => {
  it('compiles as a reader copies it, by the strict options of TypeScript', () => {
    expect(BLOCKS.length).toBeGreaterThan(9);
    expect(findingsIn(BLOCKS)).toEqual([]);
  });

  it('is reported by page and line where it does not compile', () => {
    const file = join(folder, 'wrong.ts');
    writeFileSync(
      file,
      "import { openGate } from 'laissez-passer';\nawait openGate({ tabel: 1 });\n",
    );
    expect(findingsIn([{ page: 'docs/x.md', line: 10, file }])).toEqual([
      expect.stringMatching(/^docs\/x\.md:11: .*'tabel' does not exist/),
    ]);
  });
});

/** What the library itself makes and returns: callers write none of these. */
const MADE_BY_US = [
  'BatchReport',
  'Edition',
  'EvidenceHealth',
  'Health',
  'Keyring',
  'Tombstone',
  'OverlayEdition',
  'RowFinding',
  'SourceEdition',
  'StaleFile',
  'Staleness',
];

describe('the types of the entry points', () => {
  const entries = Object.entries<{ import: { types: string } }>(MANIFEST.exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([, target]) => join(ROOT, target.import.types));
  const program = ts.createProgram(entries, OPTIONS);
  const checker = program.getTypeChecker();
  const isOurs = (node: ts.Node): boolean =>
    node.getSourceFile().fileName.startsWith(join(ROOT, 'dist/'));
  const found = new Set<string>();
  const optional = new Set<string>();
  const visited = new Set<ts.Node>();

  const allowsUndefined = (type: ts.TypeNode | undefined): boolean =>
    type !== undefined &&
    ts.isUnionTypeNode(type) &&
    type.types.some(each => each.kind === ts.SyntaxKind.UndefinedKeyword);

  /** Walks the type of a parameter: a caller may write whatever is named in it. */
  const walk = (node: ts.Node): void => {
    if (visited.has(node) || !isOurs(node)) return;
    visited.add(node);
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) {
      const name = ts.isTypeReferenceNode(node) ? node.typeName : node.expression;
      const symbol = checker.getSymbolAtLocation(name);
      const aliased = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      for (const declaration of (aliased ? checker.getAliasedSymbol(symbol) : symbol)
        ?.declarations ?? [])
        if (!ts.isTypeParameterDeclaration(declaration)) walk(declaration);
    }
    if (ts.isInterfaceDeclaration(node) && MADE_BY_US.includes(node.name.text)) return;
    // Callers write neither the arguments of their own callbacks nor the results of our methods.
    if (ts.isMethodSignature(node) || ts.isFunctionTypeNode(node)) return;
    const isOptional =
      (ts.isPropertySignature(node) || ts.isMappedTypeNode(node)) &&
      node.questionToken !== undefined;
    if (isOptional && (ts.isPropertySignature(node) || ts.isMappedTypeNode(node))) {
      const owner = ts.findAncestor(
        node,
        each => ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each),
      );
      const named = owner as ts.InterfaceDeclaration | ts.TypeAliasDeclaration | undefined;
      const name = ts.isPropertySignature(node) ? node.name.getText() : '[each]';
      const where = `${named?.name.text ?? 'an options object'}.${name}`;
      optional.add(where);
      if (!allowsUndefined(node.type)) found.add(where);
    }
    ts.forEachChild(node, walk);
  };

  /** Parameters of the functions of an entry point, and of the methods of its named types. */
  const start = (node: ts.Node): void => {
    if ((ts.isFunctionLike(node) || ts.isMethodSignature(node)) && 'parameters' in node)
      for (const { type } of node.parameters) if (type !== undefined) walk(type);
    ts.forEachChild(node, start);
  };

  it('accept undefined for every optional property that a caller writes', () => {
    for (const file of program.getSourceFiles())
      if (file.fileName.startsWith(join(ROOT, 'dist/'))) start(file);
    for (const name of [
      'GateOptions.table',
      'AdapterOptions.trusted',
      'EvidenceOptions.queueMegabytes',
      'SpoolOptions.megabytes',
    ])
      expect([...optional]).toContain(name);
    expect(optional.size).toBeGreaterThan(80);
    expect([...found].sort()).toEqual([]);
  });
});
