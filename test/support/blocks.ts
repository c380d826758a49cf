/** Turns a TypeScript block of a page into JavaScript that Node runs; its types are compiled by `types.test.ts`. */
import { transformSync } from 'esbuild';

export const withoutTypes = (code: string): string =>
  transformSync(code, {
    loader: 'ts',
    format: 'esm',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  }).code;
