/** Messages that every layer uses. */

export const optionsNotObject = {
  code: 'ERR_ARGUMENT',
  en: 'options must be an object',
  fr: 'les options doivent être un objet',
} as const;

export const optionUnknown = {
  code: 'ERR_ARGUMENT',
  en: 'unknown option {name}; known options: {known}',
  fr: 'option {name} inconnue ; options connues : {known}',
} as const;

export const optionUnknownUnnamed = {
  code: 'ERR_ARGUMENT',
  en: 'an option is unknown; known options: {known}',
  fr: 'une option est inconnue ; options connues : {known}',
} as const;

export const fieldUnknown = {
  code: 'ERR_ARGUMENT',
  en: 'unknown field {field} in {what}; known fields: {known}',
  fr: 'champ {field} inconnu dans {what} ; champs connus : {known}',
} as const;

export const fieldMissing = {
  code: 'ERR_ARGUMENT',
  en: '{field} is missing in {what}',
  fr: '{field} manque dans {what}',
} as const;

export const fieldInvalid = {
  code: 'ERR_ARGUMENT',
  en: '{field} in {what} must be {expected}',
  fr: '{field} dans {what} doit être {expected}',
} as const;

export const configurationInvalid = {
  code: 'ERR_ARGUMENT',
  en: '{what} must be {expected}',
  fr: '{what} doit être {expected}',
} as const;

export const fileInput = {
  code: 'ERR_ARGUMENT',
  en: '{option} must be a path, a file URL or bytes',
  fr: '{option} doit être un chemin, une URL de fichier ou des octets',
} as const;

export const assetMissing = {
  code: 'ERR_ASSET',
  en: '{name} of laissez-passer is missing here: name a copy of it with the option {option}',
  fr: '{name} de laissez-passer manque ici : indiquez-en une copie par l’option {option}',
} as const;

export const assetUnlocated = {
  code: 'ERR_ASSET',
  en: '{name} of laissez-passer cannot be located, because import.meta.url is missing here: name a copy of it with the option {option}',
  fr: '{name} de laissez-passer ne peut pas être localisé, car import.meta.url manque ici : indiquez-en une copie par l’option {option}',
} as const;

export const assetUnusable = {
  code: 'ERR_ASSET',
  en: '{name} of laissez-passer does not start ({reason}): name a copy of it with the option {option}',
  fr: '{name} de laissez-passer ne démarre pas ({reason}) : indiquez-en une copie par l’option {option}',
} as const;
