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
