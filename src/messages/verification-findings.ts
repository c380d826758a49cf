/** What a verification of the evidence finds: an identifier, and the text in every language. */
import { frenchDate, isMonth } from '../days.ts';
import { fill, type LocalisedText, type Parameters } from './localised-text.ts';

export const FINDINGS = {
  'integrity-check': {
    en: 'integrity check of SQLite, findings: {count}',
    fr: 'contrôle d’intégrité de SQLite, anomalies : {count}',
  },
  'table-missing': { en: 'table {table} is missing', fr: 'la table {table} manque' },
  'card-month': { en: 'a card has an invalid month', fr: 'une fiche a un mois invalide' },
  'card-expiry': { en: 'a card has no expiry', fr: 'une fiche n’a pas de date d’expiration' },
  'earlier-layout': {
    en: 'a gateway of an earlier version still writes to the ledger: stop it, then run a purge, which moves what it wrote',
    fr: 'une passerelle d’une version antérieure écrit encore dans le registre : arrêtez-la, puis lancez une purge, qui transférera ce qu’elle a écrit',
  },
  'purge-unfinished': {
    en: 'a purge was interrupted: run it again',
    fr: 'une purge a été interrompue : relancez-la',
  },
  'erased-log-held': {
    en: 'another program that reads the ledger keeps erased data in its log: verify again',
    fr: 'un autre programme qui lit le registre retient des données effacées dans le journal de la base : vérifiez de nouveau',
  },
  'keyring-mismatch': {
    en: 'the keyring does not belong to this ledger ({names}); nothing else was checked',
    fr: 'le trousseau n’appartient pas à ce registre ({names}) ; rien d’autre n’a été vérifié',
  },
  'keyring-older': {
    en: 'the keyring is older than the ledger: it lacks the keys of {months}',
    fr: 'le trousseau est plus ancien que le registre : les clés de {months} lui manquent',
  },
  'keyring-unproven': {
    en: 'nothing in this ledger proves that the keyring belongs to it: the journal was not checked',
    fr: 'rien dans ce registre ne prouve que le trousseau lui appartient : le journal n’a pas été vérifié',
  },
  'cards-of-destroyed-key': {
    en: '{month}: cards that remain although their key was destroyed: {cards}',
    fr: '{month} : fiches conservées alors que leur clé a été détruite : {cards}',
  },
  'cards-without-key': {
    en: '{month}: cards without a key in this keyring: {cards}',
    fr: '{month} : fiches sans clé dans ce trousseau : {cards}',
  },
  'journal-start-cut': {
    en: 'journal: its beginning was cut by other means than retention',
    fr: 'journal : son début a été supprimé autrement que par une purge',
  },
  'journal-entries-missing': {
    en: 'journal: entries are missing before {entry}',
    fr: 'journal : il manque des entrées avant l’entrée {entry}',
  },
  'journal-entry-changed': {
    en: 'journal: entry {entry} was changed',
    fr: 'journal : l’entrée {entry} a été modifiée',
  },
  'journal-entry-person': {
    en: 'journal: entry {entry} names another person than at first',
    fr: 'journal : l’entrée {entry} désigne une autre personne qu’à l’origine',
  },
  'journal-head-old': {
    en: 'journal: the head kept elsewhere is older than the oldest entry: keep a newer one',
    fr: 'journal : la tête gardée ailleurs est plus ancienne que la première entrée conservée : gardez-en une plus récente',
  },
  'journal-head-differs': {
    en: 'journal: it does not reach the head kept elsewhere, or differs from it there',
    fr: 'journal : il n’atteint pas la tête gardée ailleurs, ou en diffère',
  },
} as const satisfies Readonly<Record<string, LocalisedText>>;

type FindingId = keyof typeof FINDINGS;

/** One problem that a verification found. */
export interface Finding extends LocalisedText {
  readonly id: FindingId;
}

/** Returns a finding with the values of its parameters. */
export function finding<Id extends FindingId>(
  id: Id,
  values: Readonly<Record<Parameters<(typeof FINDINGS)[Id]['en']>, string | number>>,
): Finding {
  const { en, fr } = FINDINGS[id];
  const inFrench = Object.fromEntries(
    Object.entries<string | number>(values).map(([name, value]) => [
      name,
      isMonth(value) ? frenchDate(value) : value,
    ]),
  );
  return { id, en: fill(en, values, 'en'), fr: fill(fr, inFrench, 'fr') };
}
