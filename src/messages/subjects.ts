/** Messages of the layer `subjects`: the journal, requests and rights of a person. */

export const journalAgent = {
  code: 'ERR_ACCESS_REASON',
  en: 'the name of the agent must have 1 to 64 characters (--agent)',
  fr: 'le nom de l’agent compte de 1 à 64 caractères (--agent)',
} as const;

export const journalReason = {
  code: 'ERR_ACCESS_REASON',
  en: 'the reason must be one of {known}',
  fr: 'motif de la consultation, au choix : {known}',
} as const;

export const journalIdentifier = {
  code: 'ERR_ACCESS_REASON',
  en: 'a reference or a name must not contain the identifier of the subscriber',
  fr: 'une référence ou un nom ne doit pas contenir l’identifiant de l’abonné',
} as const;

export const journalReference = {
  code: 'ERR_ACCESS_REASON',
  en: 'a reference must have at most 40 letters, digits, hyphens, underscores and slashes',
  fr: 'une référence compte au plus 40 lettres, chiffres, tirets, tirets bas et barres obliques',
} as const;

export const journalBusy = {
  code: 'ERR_LEDGER_BUSY',
  en: 'other processes have been writing to the journal for too long: try again',
  fr: 'd’autres processus écrivent dans le journal depuis trop longtemps : réessayez',
} as const;

export const journalHead = {
  code: 'ERR_ACCESS_REASON',
  en: 'a journal head must be a number, a colon and 64 hexadecimal digits',
  fr: 'une tête de journal s’écrit : un numéro, deux-points et 64 chiffres hexadécimaux',
} as const;

export const dossierDamaged = {
  code: 'ERR_LEDGER_DAMAGED',
  en: 'a residence dossier in the ledger is damaged: restore it from its backup',
  fr: 'un dossier de résidence est endommagé dans le registre : restaurez sa sauvegarde',
} as const;

export const dossierBusy = {
  code: 'ERR_LEDGER_BUSY',
  en: 'other processes have been writing to this dossier for too long: try again',
  fr: 'd’autres processus écrivent dans ce dossier depuis trop longtemps : réessayez',
} as const;

export const importOtherRow = {
  code: 'ERR_IMPORT',
  en: 'another row of the same subscriber is rejected',
  fr: 'une autre ligne du même abonné est refusée',
} as const;

export const importApart = {
  code: 'ERR_IMPORT',
  en: 'rows of one subscriber are too far apart: sort the file by subscriber; nothing was written',
  fr: 'des lignes d’un même abonné sont trop éloignées : triez le fichier par abonné ; rien n’a été écrit',
} as const;

export const retentionMonths = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'retention must be a whole number of months from 0 to 120',
  fr: 'la durée de conservation est un nombre entier de mois, de 0 à 120',
} as const;

export const retentionDays = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'the retention of single accesses must be a whole number of days',
  fr: 'la conservation des accès un à un est un nombre entier de jours',
} as const;

export const holdBarsErasure = {
  code: 'ERR_RIGHT_HELD',
  en: 'a legal hold bars the erasure (Art. 17(3)(e) GDPR): nothing was erased, the request is open; hand it over to the data protection officer',
  fr: 'une conservation pour un litige s’oppose à l’effacement (RGPD, art. 17, § 3, point e) : rien n’a été effacé, la demande est ouverte ; transmettez-la au délégué à la protection des données',
} as const;

export const requestKind = {
  code: 'ERR_REQUEST',
  en: 'the kind of a request must be one of {known}',
  fr: 'la demande est à choisir parmi {known}',
} as const;

export const requestReceived = {
  code: 'ERR_REQUEST',
  en: 'the day of receipt must not be after today, YYYY-MM-DD',
  fr: 'la date de réception (AAAA-MM-JJ) ne peut pas être postérieure à aujourd’hui',
} as const;

export const recordNumber = {
  code: 'ERR_REQUEST',
  en: 'no record of this subscriber has this number: compare both with the work list',
  fr: 'aucun enregistrement de cet abonné ne porte ce numéro : comparez les deux avec la liste',
} as const;

export const requestMissing = {
  code: 'ERR_REQUEST',
  en: 'there is no such request',
  fr: 'cette demande n’existe pas',
} as const;

export const requestAnswered = {
  code: 'ERR_REQUEST',
  en: 'the request has already been answered',
  fr: 'la demande a déjà reçu sa réponse',
} as const;

export const requestChanged = {
  code: 'ERR_REQUEST',
  en: 'the request was changed in the meantime: read it again',
  fr: 'la demande a été modifiée entre-temps : relisez-la',
} as const;

export const requestExtended = {
  code: 'ERR_REQUEST',
  en: 'the request was already extended: it can be extended once (Art. 12(3) GDPR)',
  fr: 'la prolongation a déjà été annoncée : elle n’est possible qu’une fois (RGPD, art. 12, § 3)',
} as const;

export const requestExtensionLate = {
  code: 'ERR_REQUEST',
  en: 'an extension must be announced within the first month (Art. 12(3) GDPR)',
  fr: 'une prolongation s’annonce dans le premier mois (RGPD, art. 12, § 3)',
} as const;

export const identityAsked = {
  code: 'ERR_REQUEST',
  en: 'proof of identity was already requested',
  fr: 'le justificatif d’identité a déjà été demandé',
} as const;

export const identityLate = {
  code: 'ERR_REQUEST',
  en: 'proof of identity must be requested within the first month (Art. 12(3) GDPR)',
  fr: 'le justificatif d’identité se demande dans le premier mois (RGPD, art. 12, § 3)',
} as const;

export const identityNotAsked = {
  code: 'ERR_REQUEST',
  en: 'no proof of identity is being waited for',
  fr: 'aucun justificatif d’identité n’est attendu',
} as const;

export const requestOutcome = {
  code: 'ERR_REQUEST',
  en: 'the outcome of a request must be one of {known}',
  fr: 'l’issue de la demande est à choisir parmi {known}',
} as const;

export const restrictionBusy = {
  code: 'ERR_LEDGER_BUSY',
  en: 'other processes have been writing to this restriction for too long: try again',
  fr: 'd’autres processus écrivent dans cette limitation depuis trop longtemps : réessayez',
} as const;

export const restrictionReason = {
  code: 'ERR_RIGHT',
  en: 'the reason of a restriction must be {words}',
  fr: 'motif d’une limitation, au choix : {words}',
} as const;

export const restrictionChanged = {
  code: 'ERR_RIGHT',
  en: 'the restriction was changed in the meantime: read it again',
  fr: 'la limitation a été modifiée entre-temps : vérifiez de nouveau',
} as const;

export const sideInvalid = {
  code: 'ERR_RIGHT',
  en: 'side must be home or outside',
  fr: 'le côté est home (France) ou outside (hors de France)',
} as const;

export const correctionDay = {
  code: 'ERR_RIGHT',
  en: 'the day must not be after today, YYYY-MM-DD',
  fr: 'la date (AAAA-MM-JJ) ne peut pas être postérieure à aujourd’hui',
} as const;

export const correctionNoKey = {
  code: 'ERR_RIGHT',
  en: 'nothing of that month can be found: the keyring does not hold its key (destroyed, or never created)',
  fr: 'rien ne peut être retrouvé pour ce mois : le trousseau n’en a pas la clé (détruite, ou jamais créée)',
} as const;

export const correctionNothing = {
  code: 'ERR_RIGHT',
  en: 'nothing is recorded for that day and side: there is nothing to correct',
  fr: 'rien n’est enregistré à cette date de ce côté : il n’y a rien à corriger',
} as const;

export const holdReason = {
  code: 'ERR_RIGHT',
  en: 'the reason of a legal hold must be {words}',
  fr: 'motif d’une conservation pour un litige, au choix : {words}',
} as const;

export const holdReview = {
  code: 'ERR_RIGHT',
  en: 'the review of a legal hold must be on a day after today, YYYY-MM-DD',
  fr: 'le réexamen d’une conservation se fixe à une date à venir, AAAA-MM-JJ',
} as const;

export const directiveChoice = {
  code: 'ERR_RIGHT',
  en: 'a directive must be {words}',
  fr: 'directive post mortem, au choix : {words}',
} as const;

export const directiveDesignated = {
  code: 'ERR_RIGHT',
  en: 'a directive to communicate needs the reference of the designated person (--designated)',
  fr: 'une directive de communication exige la référence de la personne désignée (--designated)',
} as const;

export const exceptionReason = {
  code: 'ERR_RIGHT',
  en: 'the reason of an exception must be {words}',
  fr: 'motif d’une exception, au choix : {words}',
} as const;

export const exceptionUntil = {
  code: 'ERR_RIGHT',
  en: 'an exception must end between today and {days} days from now, YYYY-MM-DD',
  fr: 'le dernier jour d’une exception (AAAA-MM-JJ) va d’aujourd’hui à {days} jours après aujourd’hui',
} as const;

export const keyringMismatch = {
  code: 'ERR_KEYRING_MISMATCH',
  en: 'this keyring does not belong to this ledger ({names}): give the keyring with which the ledger was written, or restore it from its backup; nothing was read or written',
  fr: 'ce trousseau n’appartient pas à ce registre ({names}) : indiquez le trousseau avec lequel le registre a été écrit, ou restaurez sa sauvegarde ; rien n’a été lu ni écrit',
} as const;

export const keyringOlder = {
  code: 'ERR_KEYRING_MISMATCH',
  en: 'the keyring is older than the ledger, or another one: it lacks the keys of {months}; restore a newer backup of the keyring',
  fr: 'le trousseau est plus ancien que le registre, ou c’en est un autre : les clés de {months} lui manquent ; restaurez une sauvegarde plus récente du trousseau',
} as const;

export const keyringUnproven = {
  code: 'ERR_KEYRING_UNPROVEN',
  en: 'nothing in this ledger proves that the keyring belongs to it, so nothing is written: look up a subscriber who is on record, or confirm the keyring with ledger prepare --accept-keyring',
  fr: 'rien dans ce registre ne prouve que le trousseau lui appartient, donc rien n’est écrit : consultez un abonné qui y figure, ou confirmez le trousseau avec ledger prepare --accept-keyring',
} as const;

export const momentNotPast = {
  code: 'ERR_DAY',
  en: 'the moment must not be after now',
  fr: 'le moment ne peut pas être à venir',
} as const;
