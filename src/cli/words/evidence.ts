/** Holds the texts of the commands for ledgers and keyrings. */
import type { LocalisedText } from '../../messages/localised-text.ts';

export const EVIDENCE_WORDS = {
  optPersonRecords: {
    en: 'ledger for the person records, next to a Redis ledger: sqlite:FILE or postgres://...',
    fr: 'registre des dossiers, à côté d’un registre Redis : sqlite:FICHIER ou postgres://...',
  },
  optKeyringKey: {
    en: 'key that wraps the keyring, 64 hexadecimal digits: FILE, file:PATH or env:NAME; a keyring in PostgreSQL needs one',
    fr: 'clé qui protège le trousseau, 64 chiffres hexadécimaux : FICHIER, file:CHEMIN ou env:NOM ; un trousseau dans PostgreSQL en exige une',
  },
  cmdKeyringCopy: {
    en: 'copy a keyring to a file or to PostgreSQL; also its backup, and the return from a backup: a key that either has destroyed stays destroyed',
    fr: 'copier un trousseau vers un fichier ou vers PostgreSQL ; aussi sa sauvegarde, et le retour d’une sauvegarde : une clé détruite d’un côté reste détruite',
  },
  optFromKeyring: {
    en: 'keyring to read: FILE, postgres://..., or env:NAME',
    fr: 'trousseau à lire : FICHIER, postgres://..., ou env:NOM',
  },
  optToKeyring: {
    en: 'keyring to write, created if it does not exist; refused if it holds other keys',
    fr: 'trousseau à écrire, créé s’il n’existe pas ; refusé s’il contient d’autres clés',
  },
  optFromKey: { en: 'key that wraps --from', fr: 'clé qui protège --from' },
  optToKey: {
    en: 'key that wraps --to; without it, a file holds the keys in the clear',
    fr: 'clé qui protège --to ; sans elle, un fichier contient les clés en clair',
  },
  keyringCopied: {
    en: 'copied; the check values are the same, keys: {keys}',
    fr: 'copie terminée ; les valeurs de contrôle sont les mêmes, clés : {keys}',
  },
  keysStayDestroyed: {
    en: 'destroyed, not brought back: {months}',
    fr: 'détruites, non rétablies : {months}',
  },
  cmdKeyringRewrap: {
    en: 'wrap the keys under another key, or for the first time; then restart what runs under the former one',
    fr: 'protéger les clés par une autre clé, ou pour la première fois ; redémarrez ensuite ce qui utilise l’ancienne',
  },
  optNewKey: {
    en: 'key that wraps the keyring from now on: FILE, file:PATH or env:NAME',
    fr: 'clé qui protège désormais le trousseau : FICHIER, file:CHEMIN ou env:NOM',
  },
  keyringRewrapped: {
    en: 'the keys are wrapped under the new key; the former one no longer opens them',
    fr: 'les clés sont protégées par la nouvelle clé ; l’ancienne ne les ouvre plus',
  },
  readsCopy: {
    en: 'the ledger is read-only: a private copy of {size} is read in {folder}, and removed again',
    fr: 'le registre est en lecture seule : une copie privée de {size} est lue dans {folder}, puis supprimée',
  },
  inLedger: { en: 'in this ledger', fr: 'dans ce registre' },
  keyBelongs: { en: 'belongs', fr: 'lui appartient' },
  keyForeign: { en: 'does not belong', fr: 'ne lui appartient pas' },
  keyUnknown: { en: 'no check value yet', fr: 'sans valeur de contrôle' },
  keyMissingHere: { en: 'missing in this keyring', fr: 'absente du trousseau' },
  keyringForeignNote: {
    en: 'this keyring does not belong to this ledger',
    fr: 'ce trousseau n’appartient pas à ce registre',
  },
  keyringOlderNote: {
    en: 'this keyring is older than this ledger: restore a newer backup of the keyring',
    fr: 'ce trousseau est plus ancien que ce registre : restaurez une sauvegarde plus récente du trousseau',
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
  optAcceptKeyring: {
    en: 'vouch for the keyring, although nothing in the ledger proves that it belongs to it',
    fr: 'se porter garant du trousseau, bien que rien dans le registre ne prouve qu’il lui appartient',
  },
  keyringUnprovenNote: {
    en: 'nothing in this ledger proves yet that the keyring belongs to it: nothing is written until a subscriber who is on record is found, or until ledger prepare --accept-keyring',
    fr: 'rien dans ce registre ne prouve encore que le trousseau lui appartient : rien n’est écrit avant qu’un abonné qui y figure soit retrouvé, ou avant ledger prepare --accept-keyring',
  },
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
  kindProposals: {
    en: 'operations that wait for a second agent',
    fr: 'opérations en attente d’un second agent',
  },
  kindJournal: { en: 'journal entries', fr: 'entrées du journal' },
  kindKeyChecks: { en: 'check values of keys', fr: 'valeurs de contrôle des clés' },
} as const satisfies Readonly<Record<string, LocalisedText>>;
