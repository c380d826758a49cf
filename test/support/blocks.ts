/**
 * Turns a TypeScript block of a page into JavaScript that Node runs; `types.test.ts` compiles its
 * types.
 */
import { transformSync } from 'esbuild';

export const withoutTypes = (code: string): string =>
  transformSync(code, {
    loader: 'ts',
    format: 'esm',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  }).code;
