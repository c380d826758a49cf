/** Messages of the layer `tables`: building, watching and sharing tables. */

export const licenceContradiction = {
  code: 'ERR_TERRITORY',
  en: 'a licence both adds and excludes the same territory',
  fr: 'une licence ajoute et exclut à la fois le même territoire',
} as const;

export const watchTimes = {
  code: 'ERR_ARGUMENT',
  en: 'the times of a watch must be positive numbers of milliseconds',
  fr: 'les durées d’une surveillance sont des nombres positifs de millisecondes',
} as const;

export const watchOptions = {
  code: 'ERR_ARGUMENT',
  en: 'a watch needs a gate, functions for its callbacks, and identifiers of accepted editions',
  fr: 'une surveillance exige un gate, des fonctions de rappel et des identifiants d’éditions acceptées',
} as const;

export const tableOtherHome = {
  code: 'ERR_HOME',
  en: 'the new table is for another home State than the one in force',
  fr: 'la nouvelle table est celle d’un autre État de résidence que la table en vigueur',
} as const;

export const lookFailed = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the files could not be checked',
  fr: 'les fichiers n’ont pas pu être vérifiés',
} as const;

export const clockInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'the clock does not return a valid time',
  fr: 'l’horloge ne donne pas une heure valide',
} as const;

export const limitsInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'limits must be positive numbers of seconds and megabytes',
  fr: 'les limites sont des nombres positifs de secondes et de mégaoctets',
} as const;

export const compileMemory = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'compiling the files takes more memory than allowed',
  fr: 'la compilation demande plus de mémoire que permis',
} as const;

export const compileTime = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'compiling the files takes more time than allowed',
  fr: 'la compilation demande plus de temps que permis',
} as const;

export const compileThreadEnded = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the compiling thread ended: {name}',
  fr: 'le fil de compilation s’est arrêté : {name}',
} as const;

export const compileFailed = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the files cannot be compiled: {name}',
  fr: 'les fichiers ne peuvent pas être compilés : {name}',
} as const;

export const compileAborted = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'compiling was cancelled',
  fr: 'la compilation a été annulée',
} as const;

export const sharedTableInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'a shared table must be opened from the result of share()',
  fr: 'une table partagée s’ouvre à partir du résultat de share()',
} as const;

export const channelName = {
  code: 'ERR_ARGUMENT',
  en: 'a channel needs a name',
  fr: 'un canal doit avoir un nom',
} as const;

export const timeoutInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'a timeout must be a number of milliseconds',
  fr: 'un délai est un nombre de millisecondes',
} as const;

export const publisherClosed = {
  code: 'ERR_ARGUMENT',
  en: 'the publisher is closed',
  fr: 'l’émetteur de tables est fermé',
} as const;

export const tableContentDiffers = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the content of the table differs from its edition',
  fr: 'le contenu de la table diffère de son édition',
} as const;

export const tableAnswersDiffer = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the table answers otherwise than its file',
  fr: 'la table répond autrement que son fichier',
} as const;

export const archiveFolder = {
  code: 'ERR_EDITION',
  en: 'the folder of past editions cannot be read or written',
  fr: 'le dossier des éditions passées ne peut être ni lu ni écrit',
} as const;

export const editionMissing = {
  code: 'ERR_EDITION',
  en: 'edition {edition} is not in the folder of past editions',
  fr: 'l’édition {edition} n’est pas dans le dossier des éditions passées',
} as const;

export const editionOther = {
  code: 'ERR_EDITION',
  en: 'the file does not hold edition {edition}, although its name says so',
  fr: 'le fichier ne contient pas l’édition {edition}, contrairement à ce que dit son nom',
} as const;
