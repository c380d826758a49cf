/** Messages of the layer `recording`: evidence options, recipients and transfers. */

export const recipientRightHolder = {
  code: 'ERR_RECIPIENT',
  en: 'right holders receive no data of a person',
  fr: 'les titulaires de droits ne reçoivent aucune donnée personnelle',
} as const;

export const recipientUndisclosed = {
  code: 'ERR_RECIPIENT',
  en: 'the privacy policy names no such recipient',
  fr: 'la politique de confidentialité ne nomme pas ce destinataire',
} as const;

export const recordsLost = {
  code: 'ERR_EVIDENCE_LOST',
  en: '{count} evidence records could not be stored',
  fr: 'enregistrements de preuve non conservés : {count}',
} as const;

export const recordsWaiting = {
  code: 'ERR_EVIDENCE_WAITING',
  en: '{count} evidence records are not stored yet: they wait, and are written when the ledger is available again',
  fr: 'enregistrements de preuve pas encore conservés : {count} ; ils attendent et seront écrits dès que le registre sera de nouveau disponible',
} as const;

export const countsLost = {
  code: 'ERR_EVIDENCE_LOST',
  en: 'the counts of decisions could not be stored',
  fr: 'les compteurs de décisions n’ont pas pu être conservés',
} as const;

export const clockNoDay = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'the clock does not return a valid day',
  fr: 'l’horloge ne donne pas une date valide',
} as const;

export const ledgerKeepsTooShort = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'the ledger drops cards before their retention ends: raise its keepMonths',
  fr: 'le registre supprime des fiches avant la fin de leur conservation : augmentez keepMonths',
} as const;

export const transferNoSafeguard = {
  code: 'ERR_TRANSFER',
  en: 'a ledger outside the EEA needs a safeguard: an adequacy decision or standard contractual clauses (Chapter V GDPR)',
  fr: 'un registre hors de l’EEE exige une garantie : décision d’adéquation ou clauses contractuelles types (RGPD, chapitre V)',
} as const;

export const transferNoDecision = {
  code: 'ERR_TRANSFER',
  en: 'no adequacy decision for that country is in force (Art. 45 GDPR)',
  fr: 'aucune décision d’adéquation n’est en vigueur pour ce pays (RGPD, art. 45)',
} as const;

export const transferScope = {
  code: 'ERR_TRANSFER',
  en: 'the adequacy decision covers {scope} only: state that scope',
  fr: 'la décision d’adéquation ne couvre que {scope} : précisez ce champ d’application',
} as const;

export const noticeFieldUnknown = {
  code: 'ERR_NOTICE',
  en: 'the privacy notice names a field that is not kept: {field}',
  fr: 'la politique de confidentialité nomme un champ qui n’est pas conservé : {field}',
} as const;
