/** Messages of the layer `law`: days, offers and residence dossiers. */

export const reasonUnknown = {
  code: 'ERR_CODE_OR_REASON',
  en: 'neither a reason nor a short code; short codes run from LP-01 to {last}',
  fr: 'ni un motif ni un code court ; les codes vont de LP-01 à {last}',
} as const;

export const dayInvalid = {
  code: 'ERR_DAY',
  en: 'a day must be a calendar day, written YYYY-MM-DD',
  fr: 'une date doit exister et s’écrire AAAA-MM-JJ',
} as const;

export const dayBeforeRegulation = {
  code: 'ERR_DAY',
  en: 'the Regulation applies from {first}; give that day or a later one',
  fr: 'le règlement s’applique depuis le {first} : indiquez cette date ou une date ultérieure',
} as const;

export const standingDayInvalid = {
  code: 'ERR_DAY',
  en: 'a day must be written YYYY-MM-DD, from 1970 to 2999',
  fr: 'une date s’écrit AAAA-MM-JJ, de 1970 à 2999',
} as const;

export const homeNotAState = {
  code: 'ERR_HOME',
  en: 'the Regulation does not apply in this home State on {on}',
  fr: 'le règlement ne s’applique pas dans cet État de résidence le {on}',
} as const;

export const eventNotObject = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'a dossier event must be an object with a type and a day',
  fr: 'un événement du dossier doit avoir un type et une date',
} as const;

export const eventTypeUnknown = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'unknown type of dossier event; known types: {known}',
  fr: 'type d’événement inconnu ; types connus : {known}',
} as const;

export const eventFieldUnknown = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'unknown field in a dossier event: a dossier keeps outcomes only, never the proofs',
  fr: 'champ inconnu dans un événement : le dossier ne garde que des résultats, jamais de justificatif',
} as const;

export const eventDayInvalid = {
  code: 'ERR_DOSSIER_EVENT',
  en: '{name} must be a day, YYYY-MM-DD, from 1970 to 2999',
  fr: '{name} : une date s’écrit AAAA-MM-JJ, de 1970 à 2999',
} as const;

export const eventFlagInvalid = {
  code: 'ERR_DOSSIER_EVENT',
  en: '{name} must be true or false',
  fr: '{name} : true ou false (oui ou non)',
} as const;

export const eventMonthsInvalid = {
  code: 'ERR_DOSSIER_EVENT',
  en: '{name} must be a whole number of months from 1 to 120',
  fr: '{name} : un nombre entier de mois, de 1 à 120',
} as const;

export const eventMeansInvalid = {
  code: 'ERR_DOSSIER_EVENT',
  en: '{name} must be letters of the means in Art. 5(1): {means}',
  fr: '{name} : à choisir parmi les lettres des moyens de l’art. 5, § 1 ({means})',
} as const;

export const eventWordInvalid = {
  code: 'ERR_DOSSIER_EVENT',
  en: '{name} must be {words}',
  fr: '{name} : au choix {words}',
} as const;

export const answerDueBeforeRequest = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'the day for the answer must not be before the day of the request',
  fr: 'la date limite de réponse ne peut pas précéder la date de la demande',
} as const;

export const waiverEndsBeforeStart = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'a waiver must not end before its first day',
  fr: 'une renonciation ne peut pas finir avant son premier jour',
} as const;

export const meansInsufficient = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'these means do not verify residence: {problem} (Art. 5(1))',
  fr: 'ces moyens ne suffisent pas à vérifier la résidence : {problem} (art. 5, § 1)',
} as const;

export const ipCheckAlone = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'an IP address check alone never establishes residence elsewhere (Art. 5(2), recital 28)',
  fr: 'un contrôle de l’adresse IP ne suffit jamais, à lui seul, à conclure à une résidence ailleurs (art. 5, § 2, considérant 28)',
} as const;

export const verificationWithoutDoubt = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'a verification on doubts needs a doubt that was raised before (Art. 5(2))',
  fr: 'une vérification à la suite de doutes raisonnables suppose un doute signalé auparavant (art. 5, § 2)',
} as const;

export const contractInForce = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'a contract is already in force: end it before you conclude another',
  fr: 'un contrat est déjà en cours : enregistrez d’abord sa fin',
} as const;

export const contractMissing = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'no contract is in force on that day (Art. 2(1))',
  fr: 'aucun contrat n’est en cours à cette date (art. 2, point 1)',
} as const;

export const doubtMissing = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'there is no doubt to drop',
  fr: 'il n’y a pas de doute à lever',
} as const;

export const informationNotRequested = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'no information was requested',
  fr: 'aucune information n’a été demandée',
} as const;

export const answerStillDue = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'the day for the answer has not passed yet',
  fr: 'la date limite de réponse n’est pas encore passée',
} as const;

export const waiverMissing = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'there is no waiver to withdraw',
  fr: 'il n’y a pas de renonciation à retirer',
} as const;

export const waiversNotList = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'waivers must be a list of events',
  fr: 'les renonciations doivent être une liste d’événements',
} as const;

export const waiversOtherEvent = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'the waivers of the service hold an event that is neither a waiver nor its withdrawal',
  fr: 'les renonciations du service contiennent un événement qui n’est ni une renonciation ni son retrait',
} as const;

export const dossierNotList = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'a dossier must be a list of events',
  fr: 'un dossier doit être une liste d’événements',
} as const;

export const eventMissing = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'there is no such event',
  fr: 'cet événement n’existe pas',
} as const;

/** The means of verification of Art. 5(1) in words, by their letters. */
export const MEANS_NAMES = {
  a: { en: 'identity document', fr: 'pièce d’identité' },
  b: { en: 'payment details', fr: 'coordonnées de paiement' },
  c: { en: 'location of a set-top box', fr: 'emplacement du décodeur' },
  d: {
    en: 'payment of a licence fee for public broadcasting',
    fr: 'paiement d’une redevance, par exemple pour l’audiovisuel public',
  },
  e: { en: 'internet or telephone contract', fr: 'contrat internet ou téléphone' },
  f: { en: 'electoral roll', fr: 'liste électorale' },
  g: { en: 'local taxes', fr: 'impôts locaux' },
  h: { en: 'utility bill', fr: 'facture d’eau, de gaz ou d’électricité' },
  i: { en: 'billing or postal address', fr: 'adresse de facturation ou postale' },
  j: { en: 'declaration', fr: 'déclaration' },
  k: { en: 'IP address check', fr: 'contrôle de l’adresse IP' },
} as const;

/** Why a set of means does not verify residence, by the violation. */
export const MEANS_VIOLATIONS = {
  'no-means': { en: 'no means', fr: 'aucun moyen' },
  'unknown-means': {
    en: 'a means that is not on the closed list',
    fr: 'un moyen absent de la liste limitative',
  },
  'duplicate-means': { en: 'the same means twice', fr: 'deux fois le même moyen' },
  'more-than-two': { en: 'more than two means', fr: 'plus de deux moyens' },
  'weak-means-alone': {
    en: 'an address (i), a declaration (j) and an IP address check (k) count only with one of the means (a) to (h)',
    fr: 'une adresse (i), une déclaration (j) et un contrôle de l’adresse IP (k) ne comptent qu’avec un moyen de (a) à (h)',
  },
  'unknown-occasion': { en: 'unknown occasion', fr: 'occasion inconnue' },
} as const;
