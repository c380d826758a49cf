/**
 * Writes the answer to an access request as one page in French: the data, the purposes, the
 * retention, the recipients and the rights.
 */
import type { ExportedMonth, SubscriberExport } from '../../desk/export.ts';
import { UPHELD } from '../../ledger/person-records.ts';
import { dayWord, monthWord, timeCell } from '../dates.ts';
import { eventWords } from '../words/dossier.ts';
import { accessReasonWord, actionWord } from '../words/journal.ts';
import { frenchArticle, kindWord, wordFor } from '../words/residence.ts';
import { say } from '../words/words.ts';
import { dataSections } from './export-words.ts';
import { type Content, type Html, html, htmlTable, page } from './html.ts';
import { monthPicture, PATTERNS, swatch } from './month-picture.ts';

const word = (code: string): string => wordFor('fr', code);
const day = (text: string): string => dayWord('fr', text);
const list = (items: readonly Content[]): Html =>
  html`<ul>${items.map(item => html`<li>${item}</li>`)}</ul>`;

/**
 * Returns every readable month up to the present, including months without a request. Other months
 * are left out.
 */
function monthsOf({ accessesByDay, monthsReadable, created }: SubscriberExport): ExportedMonth[] {
  const present = created.slice(0, 7);
  const known = new Map(accessesByDay.map(month => [month.month, month]));
  const months = new Set([...monthsReadable.filter(month => month <= present), ...known.keys()]);
  return [...months]
    .sort()
    .map(month => known.get(month) ?? { month, fromHome: [], fromOutside: [] });
}

function calendar(file: SubscriberExport): Html {
  const months = monthsOf(file);
  const destroyed = file.monthsWithKeyDestroyed;
  return html`<h2>Demandes d’accès au service, par jour</h2>
<p>Pour chaque jour (heure universelle, UTC), nous conservons une seule information : si une demande d’accès faite avec le compte a été vue depuis la France ou hors de France. Nous ne conservons ni adresse IP, ni pays, ni ville. Un jour sans enregistrement ne prouve rien. Un foyer peut partager un compte.</p>
${PATTERNS}
<ul class="legend"><li>${swatch('home')}demandes d’accès du compte vues depuis la France</li><li>${swatch('outside')}hors de France</li><li>${swatch('both')}les deux</li><li>${swatch('none')}aucune demande enregistrée</li></ul>
<div class="months">${months.map(month => monthPicture(month))}</div>
${destroyed.length === 0 ? '' : html`<p>La durée de conservation est écoulée pour : ${destroyed.map(month => monthWord('fr', month)).join(', ')}. Les données sont supprimées et la clé détruite : nous ne pouvons plus rien retrouver pour ces mois.</p>`}
${accesses(file.singleAccesses)}`;
}

function accesses(single: SubscriberExport['singleAccesses']): Html {
  if (single.length === 0) return html``;
  const rows = single.map(({ at, fromHome }) => [
    `${timeCell('fr', at)} UTC`,
    fromHome ? 'depuis la France' : 'hors de France',
  ]);
  return html`<h3>Accès un par un</h3>${htmlTable(['heure', 'vu'], rows)}`;
}

function residence({ residence: held }: SubscriberExport): Html {
  if (held === null)
    return html`<h2>Votre résidence</h2><p>Nous ne conservons aucun dossier de résidence.</p>`;
  const rows = held.events.map(event => [day(event.on), eventWords('fr', event)]);
  return html`<h2>Votre résidence</h2>
<p>Pour que vous puissiez utiliser le service dans les autres États de l’Espace économique européen, le règlement (UE) 2017/1128 (art. 5) demande de vérifier votre État de résidence. Nous en gardons le résultat, jamais les justificatifs. Situation à ce jour : <strong>${say('fr', held.standing)}</strong>.</p>
${held.reference === '' ? '' : html`<p>Notre référence : ${held.reference}.</p>`}
${htmlTable(['jour', 'événement'], rows)}`;
}

/** Returns the service's own reference as it follows a text, or nothing. */
const ours = (reference: string): string =>
  reference === '' ? '' : ` (notre référence : ${reference})`;

function marks(file: SubscriberExport): Html {
  const { restriction, legalHold, directive, exception, pendingOperations } = file;
  const items: Content[] = [];
  if (restriction !== null)
    items.push(
      restriction.reason === UPHELD
        ? `Opposition acceptée le ${day(restriction.since)} : plus rien n’est enregistré, et vos demandes d’accès passées ont été effacées.`
        : `${word(restriction.reason)}, depuis le ${day(restriction.since)}. Plus rien de nouveau n’est enregistré, et vos données passées sont mises à part.`,
    );
  if (legalHold !== null)
    items.push(
      `Conservation au-delà de la durée prévue (${word(legalHold.reason)}), depuis le ${day(legalHold.since)}, à réexaminer au plus tard le ${day(legalHold.review)}${ours(legalHold.reference)}.`,
    );
  if (directive !== null)
    items.push(
      `Directive post mortem (sort des données après le décès) : ${word(directive.choice)}${directive.designated === '' ? '' : `, personne désignée : dossier ${directive.designated}`} (${day(directive.since)}).`,
    );
  if (exception !== null)
    items.push(
      `Exception accordée par l’assistance quand le lieu ne peut pas être établi (${word(exception.reason)}), depuis le ${day(exception.since)}, valable jusqu’au ${day(exception.until)} compris.`,
    );
  for (const { operation, since, until, reference } of pendingOperations)
    items.push(
      `Opération proposée par un agent le ${day(since)} (${word(`operation-${operation}`)}), à confirmer par un second agent au plus tard le ${day(until)}${ours(reference)}.`,
    );
  return html`<h2>Mentions : limitation, conservation, directive post mortem, exception</h2>${items.length === 0 ? html`<p>Aucune.</p>` : list(items)}${copies(file)}`;
}

/**
 * Shows what a legal hold keeps: the events of the dossier, and the days as a calendar if the one
 * above no longer shows them.
 */
function copies(file: SubscriberExport): Html {
  const { legalHold } = file;
  if (legalHold === null) return html``;
  const events = legalHold.residenceEvents.map(event => [day(event.on), eventWords('fr', event)]);
  const dossier =
    events.length === 0
      ? html``
      : html`<p>Une copie des événements de votre dossier de résidence est conservée :</p>${htmlTable(['jour', 'événement'], events)}`;
  if (legalHold.accessesByDay.length === 0) return dossier;
  const shown = new Set(file.accessesByDay.map(({ month }) => month));
  const months = legalHold.accessesByDay.map(({ month }) => monthWord('fr', month)).join(', ');
  const gone = legalHold.accessesByDay.filter(({ month }) => !shown.has(month));
  return html`<p>Une copie est conservée pour : ${months}.</p><div class="months">${gone.map(month => monthPicture(month))}</div>${accesses(legalHold.singleAccesses)}${dossier}`;
}

function requests({ requests: rows }: SubscriberExport): Html {
  if (rows.length === 0) return html`<h2>Vos demandes</h2><p>Aucune.</p>`;
  const cells = rows.map(({ id, kind, received, due, answered, outcome, reference }) => [
    id,
    reference,
    kindWord('fr', kind),
    day(received),
    answered === ''
      ? due === null
        ? 'en attente de votre justificatif d’identité'
        : `réponse à donner au plus tard le ${day(due)}`
      : `${word(outcome)}, le ${day(answered)}`,
  ]);
  return html`<h2>Vos demandes</h2>${htmlTable(['numéro', 'notre référence', 'droit', 'reçue le', 'réponse'], cells)}`;
}

function consultations({ consultations: rows }: SubscriberExport): Html {
  const cells = rows.map(({ at, action, reason, done }) => [
    `${day(at.slice(0, 10))} ${at.slice(11, 16)} UTC`,
    done ? actionWord('fr', action) : 'tentative sans effet',
    accessReasonWord('fr', reason),
  ]);
  return html`<h2>Consultations de vos données : quand et pourquoi</h2>
<p>Chaque consultation et chaque modification par une personne habilitée est enregistrée. Les noms des agents ne sont pas communiqués.</p>
${htmlTable(['date et heure', 'opération', 'motif'], cells)}`;
}

function rights({ information }: SubscriberExport): Html {
  const { policy, recipients, sources, transfers, rights: named } = information;
  return html`<h2>D’où viennent ces données</h2>${list(sources.map(({ fr }) => `${fr}.`))}
<h2>À qui vont ces données</h2>${list(recipients.map(({ fr }) => fr))}<p>Les titulaires de droits ne reçoivent aucune donnée personnelle (règlement (UE) 2017/1128, art. 8, § 2). Transferts : ${transfers.fr}.</p>
<h2>Vos droits</h2>
${list(named.map(({ fr, article }) => `${fr} (${frenchArticle(article)})`))}
<p>Pour les exercer : ${policy.controller}, délégué à la protection des données, <a href="mailto:${policy.dpo}">${policy.dpo}</a>. Nous répondons dans le mois ; ce délai peut être prolongé de deux mois à condition que nous vous en informions dans le premier mois. Si notre réponse ne vous satisfait pas, vous pouvez introduire une réclamation auprès de l’autorité de contrôle : ${policy.authority}.</p>
<h2>Comment il est décidé d’une demande d’accès au service</h2>
<p>À chaque demande d’accès, une règle fixe examine, en mémoire et sans rien conserver de l’adresse, si la demande vient de France, d’un autre État de l’Espace économique européen ou d’ailleurs, où en est la vérification de la résidence, et l’offre souscrite. Aucun nombre de jours à l’étranger ne met fin à l’accès, et le calendrier ci-dessus n’entre pas dans la décision.</p>`;
}

/** Returns the answer to a request for access, as one page without external resources. */
export function exportPage(file: SubscriberExport): string {
  const { policy } = file.information;
  const title = `Vos données : accès au service ${policy.service}`;
  return page(
    'fr',
    title,
    html`<main>
<h1>${title}</h1>
<p class="soft">Établi le ${day(file.created.slice(0, 10))} pour le titulaire du compte, en réponse à une demande d’accès à vos données ou de portabilité (RGPD, art. 15 et 20). Responsable du traitement : ${policy.controller}.</p>
${calendar(file)}
${residence(file)}
${marks(file)}
${requests(file)}
${consultations(file)}
${dataSections(file)}
${rights(file)}
</main>`,
  );
}
