/**
 * Explains each kind of data in plain French. The policy heading, purpose and period come from the
 * privacy notice itself.
 */
import type { SubscriberExport } from '../../desk/export.ts';
import { frenchArticle } from '../words/residence.ts';
import { type Html, html } from './html.ts';

/** Title and description of each kind of data, in words for the data subject. */
const KINDS: Readonly<Record<string, readonly [title: string, what: string]>> = {
  cards: [
    'Demandes d’accès par jour',
    'pour chaque mois, les jours où une demande d’accès du compte a été vue depuis la France ou hors de France, sous un code qui remplace votre identifiant et change chaque mois',
  ],
  accesses: [
    'Accès un par un',
    'l’heure de chaque accès, et s’il a été vu depuis la France ou hors de France',
  ],
  marks: [
    'Effacements et corrections',
    'une empreinte qui empêche des données effacées ou corrigées de revenir, par exemple d’une sauvegarde',
  ],
  dossiers: [
    'Dossier de résidence',
    'les jours de votre contrat, et pour chaque vérification de votre résidence son résultat, son jour, la nature des moyens et son occasion, et notre référence ; aucun justificatif',
  ],
  restrictions: [
    'Limitation et opposition',
    'depuis quand plus rien n’est enregistré, et à quel titre',
  ],
  holds: [
    'Conservation pour un litige',
    'depuis quand, pour quel motif, le jour du prochain réexamen, et notre référence',
  ],
  apart: ['Données mises à part', 'vos demandes d’accès par jour, rangées à part des autres'],
  directives: [
    'Directive post mortem (sort des données après le décès)',
    'votre choix, et la référence du dossier de la personne désignée',
  ],
  exceptions: ['Exception de l’assistance', 'son motif, son jour et son terme'],
  requests: [
    'Demandes d’exercice de vos droits',
    'leur numéro, leur objet, leurs dates, leur réponse et notre référence',
  ],
  proposals: [
    'Opérations en attente d’un second agent',
    'l’opération proposée, qui l’a proposée, son jour, son terme et notre référence',
  ],
  journal: [
    'Journal des consultations',
    'qui a consulté ou modifié vos données, quand et pourquoi, avec une empreinte qui rend visible toute altération du journal',
  ],
};

/**
 * Checks whether data of a kind are held. Kinds without data, such as single accesses, are not
 * mentioned.
 */
function isHeld(table: string, file: SubscriberExport): boolean {
  const held: Readonly<Record<string, boolean>> = {
    accesses: file.singleAccesses.length > 0,
    dossiers: file.residence !== null,
    restrictions: file.restriction !== null,
    holds: file.legalHold !== null,
    apart: file.restriction !== null || file.legalHold !== null,
    directives: file.directive !== null,
    exceptions: file.exception !== null,
    requests: file.requests.length > 0,
    proposals: file.pendingOperations.length > 0,
  };
  return held[table] ?? true;
}

type Field = SubscriberExport['information']['fields'][number];

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

function section(
  table: string,
  fields: readonly Field[],
  purposes: SubscriberExport['information']['purposes'],
): Html {
  const named = unique(fields.flatMap(field => field.purposes));
  const why = purposes
    .filter(({ id }) => named.includes(id))
    .map(({ fr, basis }) => `${fr} (${frenchArticle(basis)})`);
  const headings = unique(fields.map(({ legalBasis }) => frenchArticle(legalBasis)));
  const [title, what] = KINDS[table] ?? [table, fields.map(({ fr }) => fr).join(' ; ')];
  return html`<h3>${title}</h3>
<dl><dt class="soft">Quoi</dt><dd>${what}.</dd>
<dt class="soft">Pourquoi</dt><dd>${why.join(' ; ')}.</dd>
<dt class="soft">Rubrique de notre politique de confidentialité, ou texte de loi</dt><dd>${headings.map(heading => `« ${heading} »`).join(', ')}.</dd>
<dt class="soft">Combien de temps</dt><dd>${unique(fields.map(({ kept }) => kept.fr)).join(' ; ')}.</dd></dl>`;
}

export function dataSections(file: SubscriberExport): Html {
  const { fields, purposes } = file.information;
  const tables = unique(fields.map(({ field }) => field.split('.')[0]!)).filter(table =>
    isHeld(table, file),
  );
  const ofTable = (table: string): Field[] =>
    fields.filter(({ field }) => field.startsWith(`${table}.`));
  return html`<h2>Ce que nous conservons, pourquoi et combien de temps</h2>
${tables.map(table => section(table, ofTable(table), purposes))}`;
}
