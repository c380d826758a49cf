/** Messages of the layer `config`: the configuration file. */

export const configUnreadable = {
  code: 'ERR_CONFIG',
  en: 'the configuration file cannot be read',
  fr: 'le fichier de configuration ne peut pas être lu',
} as const;

export const configSyntax = {
  code: 'ERR_CONFIG',
  en: 'the configuration file must be a JSON object, without comments and trailing commas',
  fr: 'le fichier de configuration doit être un objet JSON, sans commentaire ni virgule finale',
} as const;

export const configFileMissing = {
  code: 'ERR_CONFIG',
  en: 'name a configuration file: as the argument of readConfig, or in LAISSEZ_PASSER_CONFIG',
  fr: 'indiquez un fichier de configuration : en argument de readConfig, ou dans LAISSEZ_PASSER_CONFIG',
} as const;

export const configPlacesMissing = {
  code: 'ERR_CONFIG',
  en: 'evidence in the configuration file needs both ledger and keyring',
  fr: 'dans le fichier de configuration, evidence exige ledger et keyring',
} as const;

export const configListenTwice = {
  code: 'ERR_CONFIG',
  en: '{section} in the configuration file must have listen or socket, not both',
  fr: 'dans le fichier de configuration, {section} a listen ou socket, pas les deux',
} as const;

export const placeVariable = {
  code: 'ERR_ARGUMENT',
  en: 'the environment variable is not set',
  fr: 'la variable d’environnement n’est pas définie',
} as const;

export const redisRegisterOption = {
  code: 'ERR_ARGUMENT',
  en: 'a Redis ledger needs --person-records: sqlite:FILE or postgres://...',
  fr: 'un registre Redis exige --person-records : sqlite:FICHIER ou postgres://...',
} as const;

export const keyFileUnreadable = {
  code: 'ERR_KEYRING_KEY',
  en: 'the file of the key cannot be read',
  fr: 'le fichier de la clé ne peut pas être lu',
} as const;

export const keyringKeyOption = {
  code: 'ERR_ARGUMENT',
  en: 'a keyring in PostgreSQL needs the key that wraps it',
  fr: 'un trousseau dans PostgreSQL exige la clé qui le protège',
} as const;

export const waiversUnreadable = {
  code: 'ERR_DOSSIER_EVENT',
  en: 'the file of waivers cannot be read',
  fr: 'le fichier des renonciations ne peut pas être lu',
} as const;

export const offersUnreadable = {
  code: 'ERR_OFFER',
  en: 'the file of offers cannot be read',
  fr: 'le fichier des offres ne peut pas être lu',
} as const;

export const offersSyntax = {
  code: 'ERR_OFFER',
  en: 'offers must be a JSON file, such as {example}',
  fr: 'les offres sont un fichier JSON, comme {example}',
} as const;

export const noticeUnreadable = {
  code: 'ERR_NOTICE',
  en: 'the file of the privacy notice cannot be read',
  fr: 'le fichier de la politique de confidentialité ne peut pas être lu',
} as const;

export const noticeSyntax = {
  code: 'ERR_NOTICE',
  en: 'the file of the privacy notice must be a JSON object; data/notice.ocs-2021.json is an example',
  fr: 'le fichier de la politique de confidentialité doit être un objet JSON ; data/notice.ocs-2021.json en est un exemple',
} as const;

export const placeFileUnreadable = {
  code: 'ERR_CONFIG',
  en: 'the file that holds the location cannot be read',
  fr: 'le fichier qui contient l’emplacement ne peut pas être lu',
} as const;

export const configPathOnce = {
  code: 'ERR_CONFIG',
  en: 'name one configuration file',
  fr: 'indiquez un seul fichier de configuration',
} as const;

export const placeScheme = {
  code: 'ERR_CONFIG',
  en: 'a location is a file, or begins with postgres://, redis://, rediss:// or redis+cluster://',
  fr: 'un emplacement est un fichier, ou commence par postgres://, redis://, rediss:// ou redis+cluster://',
} as const;

export const keyInPlaceOfPath = {
  code: 'ERR_CONFIG',
  en: 'name the file or the variable that holds the key (env:NAME), not the key itself',
  fr: 'indiquez le fichier ou la variable qui contient la clé (env:NOM), pas la clé elle-même',
} as const;
