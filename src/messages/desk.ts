/** Messages of the layer `desk`: the operations of the support desk. */

export const subscriberEmpty = {
  code: 'ERR_ARGUMENT',
  en: 'the identifier of the subscriber is empty',
  fr: 'l’identifiant de l’abonné est vide',
} as const;

export const restricted = {
  code: 'ERR_RIGHT',
  en: 'the days are under a restriction (Art. 18 GDPR): only the export for the person shows them',
  fr: 'ces jours sont sous limitation (RGPD, art. 18) : seul l’export destiné à la personne les montre',
} as const;

export const restrictedExport = {
  code: 'ERR_RIGHT',
  en: 'under a restriction, data are exported for the person only: give the reason access-request or portability-request',
  fr: 'sous limitation, les données ne sont exportées que pour la personne : indiquez le motif access-request ou portability-request',
} as const;

export const reportMonths = {
  code: 'ERR_DAY',
  en: 'months must be written YYYY-MM, the first before the last',
  fr: 'les mois s’écrivent AAAA-MM, le premier avant le dernier',
} as const;

export const reportUnfinished = {
  code: 'ERR_DAY',
  en: 'a report covers whole months that are over: choose an earlier last month',
  fr: 'un rapport porte sur des mois entiers et terminés : choisissez un dernier mois antérieur',
} as const;

export const restrictionMissing = {
  code: 'ERR_RIGHT',
  en: 'there is no restriction to lift',
  fr: 'il n’y a pas de limitation à lever',
} as const;

export const objectionUpheld = {
  code: 'ERR_RIGHT',
  en: 'an upheld objection ends only when the person withdraws it (--rejected withdrawn)',
  fr: 'une opposition acceptée ne prend fin que si la personne la retire (--rejected withdrawn)',
} as const;

export const objectionReason = {
  code: 'ERR_RIGHT',
  en: 'reject an objection with a reason (--rejected), or uphold it by an erasure (Art. 21 GDPR)',
  fr: 'rejetez l’opposition avec un motif (--rejected), ou acceptez-la par un effacement (RGPD, art. 21)',
} as const;

export const holdMissing = {
  code: 'ERR_RIGHT',
  en: 'there is no legal hold to release',
  fr: 'il n’y a pas de conservation pour un litige à lever',
} as const;

export const directiveMissing = {
  code: 'ERR_RIGHT',
  en: 'there is no directive to revoke',
  fr: 'il n’y a pas de directive post mortem à révoquer',
} as const;

export const exceptionMissing = {
  code: 'ERR_RIGHT',
  en: 'there is no exception to revoke',
  fr: 'il n’y a pas d’exception à révoquer',
} as const;

export const importRejected = {
  code: 'ERR_IMPORT',
  en: 'rejected rows: {rejected}; nothing was written. Correct the file, or import the others with --rejects FILE',
  fr: 'lignes refusées : {rejected} ; rien n’a été écrit. Corrigez le fichier, ou importez les autres avec --rejects FICHIER',
} as const;

export const importChanged = {
  code: 'ERR_IMPORT',
  en: 'the file changed while it was read, nothing was written: import a copy that no one writes to',
  fr: 'le fichier a changé pendant sa lecture, rien n’a été écrit : importez une copie que personne ne modifie',
} as const;

export const importChangedLate = {
  code: 'ERR_IMPORT',
  en: 'the file changed while its dossiers were written: import it again, from a copy that no one writes to',
  fr: 'le fichier a changé pendant l’écriture des dossiers : importez-le de nouveau, depuis une copie que personne ne modifie',
} as const;
