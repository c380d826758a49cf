/** Holds the texts of the commands for ledgers and keyrings. */
import type { LocalisedText } from '../../messages/localised-text.ts';

export const EVIDENCE_WORDS = {
  optPersonRecords: {
    en: 'ledger for the person records, next to a Redis ledger: sqlite:FILE or postgres://...',
    fr: 'registre des dossiers, à côté d’un registre Redis : sqlite:FICHIER ou postgres://...',
  },
  optKeyringKey: {
    en: 'file with the key that wraps a keyring in PostgreSQL, 64 hexadecimal digits',
    fr: 'fichier de la clé qui protège un trousseau dans PostgreSQL, 64 chiffres hexadécimaux',
  },
  optSpool: {
    en: 'file that holds evidence while the ledger is unreachable',
    fr: 'fichier où les preuves attendent tant que le registre est injoignable',
  },
  optNoPurge: {
    en: 'leave retention to a separate job: laissez-passer evidence purge',
    fr: 'laisser la purge à une tâche séparée : laissez-passer evidence purge',
  },
  cmdLedger: { en: 'prepare or copy a ledger', fr: 'préparer ou copier un registre des preuves' },
  cmdLedgerPrepare: {
    en: 'create the ledger and the keyring, or update them to this version; needs the role that owns them',
    fr: 'créer le registre et le trousseau, ou les mettre à cette version ; exige le rôle qui en est propriétaire',
  },
  prepared: { en: 'ledger and keyring are ready', fr: 'registre et trousseau sont prêts' },
  cmdLedgerCopy: {
    en: 'copy a ledger to another engine, then compare the count and the digest',
    fr: 'copier un registre vers un autre moteur, puis comparer nombre et empreinte',
  },
  optFromLedger: {
    en: 'ledger to read: sqlite:FILE, postgres://..., redis://..., or env:NAME',
    fr: 'registre à lire : sqlite:FICHIER, postgres://..., redis://..., ou env:NOM',
  },
  optToLedger: {
    en: 'ledger to write, created if it does not exist',
    fr: 'registre à écrire, créé s’il n’existe pas',
  },
  optState: {
    en: 'file with the progress of the copy: an interrupted copy continues from there',
    fr: 'fichier d’avancement : une copie interrompue reprend de là',
  },
  copying: { en: 'copying', fr: 'copie' },
  copied: {
    en: 'copied; both ledgers are identical, digest of all rows: {digest}',
    fr: 'copie terminée ; les deux registres sont identiques, empreinte de toutes les lignes : {digest}',
  },
  copyDiffers: {
    en: 'the ledgers differ: was one of them written to during the copy, or was the target not empty?',
    fr: 'les registres diffèrent : l’un d’eux a-t-il été modifié pendant la copie, ou la cible n’était-elle pas vide ?',
  },
  'run-purge': { en: 'purge', fr: 'purge' },
  'run-erase': { en: 'erasure', fr: 'effacement' },
  'run-destroy-keys': { en: 'destruction of keys', fr: 'destruction de clés' },
  memoryKind: { en: 'in memory', fr: 'en mémoire' },
  kindCards: { en: 'cards', fr: 'fiches' },
  kindAccesses: { en: 'single accesses', fr: 'accès un par un' },
  kindTally: { en: 'counts of decisions', fr: 'comptes de décisions' },
  kindEditions: { en: 'days of table editions', fr: 'jours des éditions de table' },
  kindTombstones: { en: 'tombstones', fr: 'marques d’effacement' },
  kindDossiers: { en: 'dossiers', fr: 'dossiers' },
  kindRestrictions: { en: 'restrictions', fr: 'limitations' },
  kindHolds: { en: 'legal holds', fr: 'conservations pour un litige' },
  kindSegregated: { en: 'segregated cards', fr: 'fiches mises à part' },
  kindDirectives: { en: 'directives', fr: 'directives post mortem' },
  kindExceptions: { en: 'exceptions', fr: 'exceptions' },
  kindRequests: { en: 'requests', fr: 'demandes' },
  kindJournal: { en: 'journal entries', fr: 'entrées du journal' },
  kindKeyChecks: { en: 'check values of keys', fr: 'valeurs de contrôle des clés' },
} as const satisfies Readonly<Record<string, LocalisedText>>;
