/** What is each piece of data for? The fields of the disclosure, grouped as a person would ask, with ground, purpose and time. */
import type { SubscriberExport } from '../desk/export.ts';
import { type Html, html } from './html.ts';

const TITLES: Readonly<Record<string, string>> = {
  cards: 'Fiche du mois (demandes par jour)',
  accesses: 'Accès un par un (seulement si le service les conserve)',
  marks: 'Traces d’un effacement ou d’une correction',
  dossiers: 'Dossier de résidence',
  restrictions: 'Limitation et opposition',
  holds: 'Conservation pour un litige',
  apart: 'Fiches mises à part',
  directives: 'Directives pour après le décès',
  requests: 'Demandes d’exercice de droits',
  journal: 'Journal des consultations',
};

type Field = SubscriberExport['information']['fields'][number];

const french = (text: string): string =>
  text
    .replace('Regulation (EU) 2017/1128, Art.', 'règlement (UE) 2017/1128, art.')
    .replace('GDPR Art.', 'RGPD, art.')
    .replace(/\bArt\. /, 'art. ');

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

function section(table: string, fields: readonly Field[], purposes: SubscriberExport['information']['purposes']): Html {
  const named = unique(fields.flatMap(field => field.purposes));
  const why = purposes.filter(({ id }) => named.includes(id)).map(({ fr, basis }) => `${fr} (${french(basis)})`);
  const grounds = unique(fields.map(({ ground }) => french(ground)));
  return html`<h3>${TITLES[table] ?? table}</h3>
<dl><dt class="soft">Quoi</dt><dd>${fields.map(({ fr }) => fr).join(' ; ')}.</dd>
<dt class="soft">Pourquoi</dt><dd>${why.join(' ; ')}.</dd>
<dt class="soft">À quel titre</dt><dd>${grounds.map(ground => `« ${ground} »`).join(', ')}.</dd>
<dt class="soft">Combien de temps</dt><dd>${unique(fields.map(({ kept }) => kept.fr)).join(' ; ')}.</dd></dl>`;
}

export function dataSections({ information }: SubscriberExport): Html {
  const tables = unique(information.fields.map(({ field }) => field.split('.')[0]!));
  return html`<h2>Ce que nous conservons, pourquoi et combien de temps</h2>
${tables.map(table =>
  section(
    table,
    information.fields.filter(({ field }) => field.startsWith(`${table}.`)),
    information.purposes,
  ),
)}`;
}
