/** Messages of the layer `gate`. */

export const maxTableAgeInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'the maximum age of a table must be a positive number of days',
  fr: 'l’âge maximal d’une table est un nombre positif de jours',
} as const;

export const standingsNumber = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'option {name} must be a whole number from 1 to {most}',
  fr: 'option {name} : un nombre entier de 1 à {most}',
} as const;

export const standingsWithoutPersonRecords = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'standings need a ledger: open the gate with evidence',
  fr: 'la lecture des situations de résidence exige un registre des preuves : ouvrez le gate avec evidence',
} as const;

export const personRecordsTimeout = {
  code: 'ERR_LEDGER_BUSY',
  en: 'the ledger did not answer in time',
  fr: 'le registre n’a pas répondu à temps',
} as const;

export const offerNameEmpty = {
  code: 'ERR_OFFER',
  en: 'an offer needs a name',
  fr: 'une offre doit avoir un nom',
} as const;
