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
  en: 'serve in the configuration file must have listen or socket, not both',
  fr: 'dans le fichier de configuration, serve a listen ou socket, pas les deux',
} as const;
