/**
 * Writes HTML pages: escaped text in one layout for phones and paper, without external resources.
 */
import type { Language } from '../../law/reasons.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that can be inserted into a page without escaping. */
export interface Html {
  readonly html: string;
}

export type Content = string | number | Html | readonly Content[];

const text = (content: Content): string => {
  if (typeof content === 'object')
    return 'html' in content ? content.html : content.map(text).join('');
  return String(content).replace(/[&<>"']/g, each => ENTITIES[each]!);
};

/** Template tag that escapes its values, except for markup that it created itself. */
export const html = (parts: TemplateStringsArray, ...values: readonly Content[]): Html => ({
  html: parts.reduce((all, part, index) => all + text(values[index - 1] ?? '') + part),
});

/** Returns a table with a header row. The first column holds the row headers. */
export const htmlTable = (
  head: readonly string[],
  rows: readonly (readonly Content[])[],
  right: readonly number[] = [],
): Html => {
  const side = (column: number): Html => (right.includes(column) ? html` class="right"` : html``);
  const cell = (content: Content, column: number): Html =>
    column === 0 ? html`<th scope="row">${content}</th>` : html`<td${side(column)}>${content}</td>`;
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${head.map((title, column) => html`<th scope="col"${side(column)}>${title}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
};

const STYLE = `
:root { color-scheme: light; --ink: #1d2530; --soft: #5a6472; --line: #d5dae1; --home: #1f5fa8; --away: #c2610c; --bad: #a12b2b; --paper: #fff; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem; max-width: 54rem; color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; break-after: avoid; }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; break-after: avoid; }
p, ul, dl { margin: .4rem 0; }
ul { padding-left: 1.2rem; }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); }
tbody th { font-weight: 600; }
.right { text-align: right; font-variant-numeric: tabular-nums; }
.months { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: 1rem; }
figure { margin: 0 0 1rem; break-inside: avoid; }
dd { margin: 0 0 .35rem; }
figcaption { font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
.month svg { max-width: 13rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
.legend svg { display: inline-block; width: 1.2em; height: 1.2em; vertical-align: -.2em; margin-right: .3em; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } a { color: inherit; text-decoration: none; } .scroll { overflow: visible; } }
`;

/** Returns a complete page. Its content security policy forbids fetching or running anything. */
export const page = (language: Language, title: string, body: Html): string =>
  `<!DOCTYPE html>
${
  html`<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
${body}
</body>
</html>
`.html
}`;
