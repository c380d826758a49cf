/** Holds the texts for ledgers that a fleet shares, in English and French. */

export const FLEET_ENGLISH = {
  optRegister: 'where the register lies beside a Redis ledger: sqlite:FILE or postgres://...',
  optKeyringKey: 'file with the key that wraps a keyring in PostgreSQL, 64 hexadecimal digits',
  optSpool: 'file in which evidence waits while the ledger is out of reach',
  optNoPurge: 'leave retention to a job of its own: laissez-passer evidence purge',
  cmdLedger: 'the ledger as a whole',
  cmdLedgerPrepare:
    'make ledger and keyring, or bring them to the present version: with the role that owns them',
  prepared: 'ledger and keyring are ready',
  cmdLedgerCopy: 'copy a ledger to another engine, and compare count and digest',
  optFromLedger: 'ledger that is read: sqlite:FILE, postgres://..., redis://..., or env:NAME',
  optToLedger: 'ledger that is written, made where there is none',
  optState: 'file that remembers where a copy was broken off, so that the next one goes on there',
  copying: 'copying',
  copied: 'copied: {cards} cards, digest {digest}, the same in both',
  copyDiffers:
    'the ledgers differ: {from} cards in the one, {to} in the other; did somebody write meanwhile?',
} as const;

export const FLEET_FRENCH = {
  optRegister:
    'où se trouve le fichier des dossiers à côté d’un registre Redis : sqlite:FICHIER ou postgres://...',
  optKeyringKey:
    'fichier de la clé qui protège un trousseau dans PostgreSQL, 64 chiffres hexadécimaux',
  optSpool: 'fichier où les traces attendent tant que le registre est hors d’atteinte',
  optNoPurge: 'laisser la conservation à une tâche à part : laissez-passer evidence purge',
  cmdLedger: 'le registre dans son ensemble',
  cmdLedgerPrepare:
    'créer registre et trousseau, ou les mettre à la version actuelle : avec le rôle qui en est propriétaire',
  prepared: 'registre et trousseau sont prêts',
  cmdLedgerCopy: 'copier un registre vers un autre moteur, puis comparer nombre et empreinte',
  optFromLedger: 'registre lu : sqlite:FICHIER, postgres://..., redis://..., ou env:NOM',
  optToLedger: 'registre écrit, créé s’il n’existe pas',
  optState: 'fichier qui retient où une copie s’est arrêtée, pour que la suivante reprenne là',
  copying: 'copie',
  copied: 'copie faite : {cards} fiches, empreinte {digest}, identiques des deux côtés',
  copyDiffers:
    'les registres diffèrent : {from} fiches dans l’un, {to} dans l’autre ; quelqu’un a-t-il écrit entre-temps ?',
} as const;
