/**
 * Lays out the pages of the desk: one header, one main part, one stylesheet, and the fields of
 * forms. Everything works without the script.
 */

import { createHash } from 'node:crypto';
import type { Language } from '../../law/reasons.ts';
import { type Content, type Html, html } from '../pages/html.ts';

/** Chooses between the English and the French text of a page. */
export type Translate = (en: string, fr: string) => string;

export const translator =
  (language: Language): Translate =>
  (en, fr) =>
    language === 'fr' ? fr : en;

/** A link of the header. */
export interface NavigationLink {
  readonly href: string;
  readonly text: string;
  readonly isCurrent: boolean;
}

/** What every page has in common. */
export interface Frame {
  readonly language: Language;
  /** Path below which the desk is mounted, without a slash at the end. */
  readonly base: string;
  /** Name of the agent; `undefined` on a page that knows none. */
  readonly agent: string | undefined;
  readonly token: string | undefined;
  /** Path of the page, to which a change of the language comes back. */
  readonly path: string;
  readonly links: readonly NavigationLink[];
}

/** Carries the token of the session, without which a form is refused. */
export const tokenField = (token: string | undefined): Html =>
  token === undefined ? html`` : html`<input type="hidden" name="token" value="${token}">`;

function header({ language, base, agent, token, path, links }: Frame): Html {
  const t = translator(language);
  const other = language === 'fr' ? 'en' : 'fr';
  const menu = html`<nav aria-label="${t('Main', 'Principale')}"><ul>${links.map(
    ({ href, text, isCurrent }) =>
      html`<li><a href="${href}"${isCurrent ? html` aria-current="page"` : ''}>${text}</a></li>`,
  )}</ul></nav>`;
  const session = html`<form class="session" method="post" action="${base}/session">${tokenField(token)}<input type="hidden" name="path" value="${path}"><span>${agent ?? ''}</span>
<button type="submit" name="language" value="${other}" lang="${other}">${other === 'fr' ? 'Français' : 'English'}</button>
<button type="submit" name="leave" value="1">${t('Leave', 'Quitter')}</button></form>`;
  return html`<header class="top">${menu}${agent === undefined ? '' : session}</header>`;
}

const digests = new Map<string, string>();

/** Returns the digest that a browser checks the stylesheet and the script by. */
function digestOf(text: string): string {
  const digest =
    digests.get(text) ?? `sha256-${createHash('sha256').update(text).digest('base64')}`;
  digests.set(text, digest);
  return digest;
}

/** Keeps the signs of French from the beginning of a line, in the text between the tags. */
const withFrenchSpaces = (page: string): string =>
  page.replace(/>[^<]+</g, text =>
    text.replace(/ (?=[:;?!»])/g, '\u00a0').replace(/« /g, '«\u00a0'),
  );

/** Returns a complete page. */
export const deskPage = (frame: Frame, title: string, main: Html): string =>
  frame.language === 'fr'
    ? withFrenchSpaces(written(frame, title, main))
    : written(frame, title, main);

const written = (frame: Frame, title: string, main: Html): string =>
  `<!DOCTYPE html>
${
  html`<html lang="${frame.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${frame.base}/desk.css" integrity="${digestOf(STYLESHEET)}">
<script src="${frame.base}/desk.js" integrity="${digestOf(SCRIPT)}" defer></script>
</head>
<body>
<a class="skip" href="#main">${translator(frame.language)('To the content', 'Aller au contenu')}</a>
${header(frame)}
<main id="main">
${main}
</main>
</body>
</html>
`.html
}`;

/** A message that stands out; screen readers read an error at once. */
export const notice = (kind: 'done' | 'error' | 'hint', content: Content): Html =>
  html`<div class="notice ${kind}" role="${kind === 'error' ? 'alert' : 'status'}">${content}</div>`;

/** What a form has in a field, by the field's name. */
export type Values = Readonly<Record<string, readonly string[] | undefined>>;

export const fieldOf = (values: Values, name: string): string => values[name]?.[0] ?? '';

/** A field of text. */
export interface TextField {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly isRequired?: boolean;
  readonly isFirst?: boolean;
  readonly width?: 'short' | 'long';
  readonly inputMode?: 'numeric' | 'text';
  readonly default?: string;
  /** Start of the id, on a page with several forms; default: `field`. */
  readonly idPrefix?: string;
}

/** Returns a field of text with its label and its hint. Browsers do not remember what was typed. */
export function textField(
  values: Values,
  {
    name,
    label,
    hint,
    isRequired = false,
    isFirst = false,
    width = 'short',
    inputMode = 'text',
    default: fallback = '',
    idPrefix = 'field',
  }: TextField,
): Html {
  const id = `${idPrefix}-${name}`;
  const value = values[name] === undefined ? fallback : fieldOf(values, name);
  return html`<div class="field"><label for="${id}">${label}</label>${
    hint === undefined ? '' : html`<p class="hint" id="${id}-hint">${hint}</p>`
  }<input type="text" id="${id}" name="${name}" class="${width}" value="${value}" autocomplete="off" autocapitalize="off" spellcheck="false" inputmode="${inputMode}" maxlength="200"${
    hint === undefined ? '' : html` aria-describedby="${id}-hint"`
  }${isRequired ? html` required` : ''}${isFirst ? html` autofocus` : ''}></div>`;
}

export interface Choice {
  readonly value: string;
  readonly text: Content;
  readonly isDisabled?: boolean;
}

/** Returns a list of which one is chosen. */
export function choiceField(
  values: Values,
  {
    name,
    label,
    choices,
    default: fallback = '',
    idPrefix = 'field',
  }: {
    readonly name: string;
    readonly label: string;
    readonly choices: readonly Choice[];
    readonly default?: string;
    readonly idPrefix?: string;
  },
): Html {
  const id = `${idPrefix}-${name}`;
  const chosen = values[name] === undefined ? fallback : fieldOf(values, name);
  return html`<div class="field"><label for="${id}">${label}</label><select id="${id}" name="${name}">${choices.map(
    ({ value, text }) =>
      html`<option value="${value}"${value === chosen ? html` selected` : ''}>${text}</option>`,
  )}</select></div>`;
}

/** Returns choices of which one is taken (`radio`) or several (`checkbox`). */
export function groupField(
  values: Values,
  type: 'radio' | 'checkbox',
  {
    name,
    label,
    hint,
    choices,
    default: fallback,
  }: {
    readonly name: string;
    readonly label: string;
    readonly hint?: string;
    readonly choices: readonly Choice[];
    readonly default?: string;
  },
): Html {
  const chosen = values[name] ?? (fallback === undefined ? [] : [fallback]);
  return html`<fieldset class="field"><legend>${label}</legend>${
    hint === undefined ? '' : html`<p class="hint">${hint}</p>`
  }<ul class="choices">${choices.map(({ value, text }) => {
    const id = `field-${name.replace('[]', '')}-${value}`;
    const checked = chosen.includes(value) ? html` checked` : '';
    return html`<li><input type="${type}" id="${id}" name="${name}" value="${value}"${checked}> <label for="${id}">${text}</label></li>`;
  })}</ul></fieldset>`;
}

/** Returns a single choice of yes. */
export const checkField = (values: Values, name: string, label: string): Html =>
  html`<div class="field check"><input type="checkbox" id="field-${name}" name="${name}" value="yes"${
    fieldOf(values, name) === 'yes' ? html` checked` : ''
  }> <label for="field-${name}">${label}</label></div>`;

/** Returns pairs of a label and what it is about; a label that is empty continues the one above. */
export function factList(facts: readonly (readonly [label: string, content: Content])[]): Html {
  const groups: { label: string; contents: Content[] }[] = [];
  for (const [label, content] of facts) {
    const last = groups.at(-1);
    if (label === '' && last !== undefined) last.contents.push(content);
    else groups.push({ label, contents: [content] });
  }
  return html`<dl class="facts">${groups.map(
    ({ label, contents }) =>
      html`<div><dt>${label}</dt>${contents.map(content => html`<dd>${content}</dd>`)}</div>`,
  )}</dl>`;
}

export const STYLESHEET = `:root { color-scheme: light dark; --ink: #1d2530; --soft: #515b69; --line: #c3cad4; --paper: #fff; --panel: #f3f5f8; --link: #1a4f8f; --good: #1c6b43; --bad: #9c2222; --warm: #8a4a08; --focus: #1a4f8f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #b3bdca; --line: #4a5563; --paper: #14191f; --panel: #1f262e; --link: #9cc3f5; --good: #7fd3a8; --bad: #ff9c9c; --warm: #f2b57c; --focus: #9cc3f5; } .months svg, figure svg { background: #fff; border-radius: 4px; } }
* { box-sizing: border-box; }
html { font-size: 100%; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main, .top { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
main { padding-bottom: 4rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; display: inline-block; padding: .5rem 1rem; }
.top { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; justify-content: space-between; padding-top: .6rem; padding-bottom: .6rem; border-bottom: 1px solid var(--line); }
.top ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; margin: 0; padding: 0; }
.top a { display: inline-block; padding: .3rem 0; }
[aria-current=page] { font-weight: 700; text-decoration: none; color: var(--ink); }
.session { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; color: var(--soft); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.2rem 0 .6rem; }
h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.1rem 0 .3rem; }
p, ul, dl { margin: .4rem 0; }
.soft, .hint { color: var(--soft); }
.hint { margin: 0 0 .2rem; font-size: .92rem; }
.field { margin: .9rem 0; border: 0; padding: 0; min-width: 0; }
.field > label, legend { display: block; font-weight: 600; padding: 0; }
.field.check > label { display: inline; font-weight: 400; }
.row { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: flex-end; }
input[type=text], select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 4px; padding: .4rem .5rem; max-width: 100%; min-height: 2.6rem; }
.short { width: 14rem; } .long { width: 34rem; }
input[type=checkbox], input[type=radio] { width: 1.2rem; height: 1.2rem; vertical-align: -.2rem; }
.choices { list-style: none; padding: 0; }
.choices li { padding: .25rem 0; }
.ask:has([value=now]:checked) .moment { display: none; }
button, .button { font: inherit; font-weight: 600; color: var(--paper); background: var(--link); border: 1px solid var(--link); border-radius: 4px; padding: .4rem 1rem; min-height: 2.6rem; cursor: pointer; text-decoration: none; display: inline-block; }
button.plain, .session button { color: var(--link); background: transparent; font-weight: 400; }
button.grave { background: var(--bad); border-color: var(--bad); }
.notice { border-left: 5px solid var(--soft); background: var(--panel); padding: .6rem .9rem; margin: 1rem 0; }
.notice.done { border-color: var(--good); } .notice.error { border-color: var(--bad); } .notice.hint { border-color: var(--warm); }
.answer { border: 2px solid var(--soft); border-radius: 6px; padding: .4rem 1rem .8rem; margin: 1rem 0; }
.answer.domestic, .answer.portable { border-color: var(--good); } .answer.refused { border-color: var(--bad); }
.verdict { font-weight: 700; } .domestic .verdict, .portable .verdict { color: var(--good); } .refused .verdict { color: var(--bad); }
.aloud { font-size: 1.5rem; line-height: 1.35; margin: .3rem 0 .6rem; }
.facts > div { display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding: .25rem 0; border-bottom: 1px solid var(--line); }
dt { font-weight: 600; } dd { margin: 0; grid-column: 2; }
.acts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 100%), 1fr)); gap: 0 2rem; }
.acts ul { list-style: none; padding: 0; } .acts li { padding: .2rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line); }
tbody th { font-weight: 600; } .right { text-align: right; }
.late { color: var(--bad); font-weight: 600; }
figure { margin: 0 0 1rem; } figcaption { font-weight: 600; } svg { display: block; width: 100%; height: auto; }
.months { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 100%), 1fr)); gap: 1rem; } .month svg { max-width: 13rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; } .legend svg { display: inline-block; width: 1.2em; height: 1.2em; vertical-align: -.2em; margin-right: .3em; }
@media (max-width: 40rem) { .facts > div { grid-template-columns: 1fr; } dd { grid-column: 1; } .short, .long, select { width: 100%; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --panel: #fff; --link: #000; --good: #000; --bad: #000; } .top, .skip, form, .acts { display: none; } body { font-size: 10pt; } .answer, table, .facts > div { break-inside: avoid; } }
`;

/**
 * Checks the means of a verification while they are chosen. Without it, a button does the same.
 */
export const SCRIPT = `'use strict';
for (const form of document.querySelectorAll('form[data-check]')) {
  const output = form.querySelector('output');
  let last = 0;
  form.addEventListener('change', async () => {
    const turn = ++last;
    const response = await fetch(form.dataset.check, { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { accept: 'text/plain' } });
    if (response.ok && turn === last) output.textContent = await response.text();
  });
}
`;
