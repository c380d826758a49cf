/** Messages of the layer `http`: options of the adapters and the sidecar. */

export const scopeGuarded = {
  code: 'ERR_ARGUMENT',
  en: 'this scope is already guarded: register the guard once per scope',
  fr: 'ce périmètre est déjà protégé : enregistrez la protection une seule fois par périmètre',
} as const;

export const tryAddressForwarded = {
  code: 'ERR_ARGUMENT',
  en: 'an address to try cannot be used with the header forwarded',
  fr: 'une adresse d’essai ne s’utilise pas avec l’en-tête forwarded',
} as const;

export const peersMissing = {
  code: 'ERR_ARGUMENT',
  en: 'at least one peer is required (--peer)',
  fr: 'au moins un pair est nécessaire (--peer)',
} as const;

export const optionFunctionFailed = {
  code: 'ERR_ARGUMENT',
  en: 'a function among the options of the guard threw an error',
  fr: 'une fonction donnée en option à la protection a échoué',
} as const;

export const headerName = {
  code: 'ERR_ARGUMENT',
  en: 'a header name is expected, such as x-forwarded-for',
  fr: 'un nom d’en-tête est attendu, comme x-forwarded-for',
} as const;

export const tryAddress = {
  code: 'ERR_ARGUMENT',
  en: 'the address to try must be one public IP address, without port or length',
  fr: 'l’adresse d’essai est une seule adresse IP publique, sans port ni longueur',
} as const;

export const optionFunctionOfRequest = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must be a function of the request',
  fr: 'option {name} : une fonction de la requête est attendue',
} as const;

export const optionFunction = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must be a function',
  fr: 'option {name} : une fonction est attendue',
} as const;

export const optionBoolean = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must be true or false',
  fr: 'option {name} : true ou false',
} as const;

export const optionWords = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must be {words}',
  fr: 'option {name} : {words}',
} as const;

export const optionGatePromise = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} is a promise: await openGate(...) first',
  fr: 'option {name} : c’est une promesse ; await openGate(...) d’abord',
} as const;

export const optionGate = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must be a gate from openGate',
  fr: 'option {name} : un gate d’openGate est attendu',
} as const;

export const optionTrusted = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must be the result of trustedPrefixes, a list of prefixes, or a function that returns the former',
  fr: 'option {name} : le résultat de trustedPrefixes, une liste de préfixes, ou une fonction qui rend le premier',
} as const;

export const optionTrustedList = {
  code: 'ERR_ARGUMENT',
  en: "option {name} must be a list of prefixes, as in ['loopback'], or a function that returns the result of trustedPrefixes",
  fr: "option {name} : une liste de préfixes, comme ['loopback'], ou une fonction qui rend le résultat de trustedPrefixes",
} as const;

export const optionReturnsPromise = {
  code: 'ERR_ARGUMENT',
  en: 'option {name} must not return a promise',
  fr: 'option {name} : la fonction ne doit pas rendre une promesse',
} as const;

export const verdictLifetime = {
  code: 'ERR_ARGUMENT',
  en: 'the lifetime of a verdict must be a whole number of seconds from 0 to {most}',
  fr: 'la durée de validité d’un verdict est un nombre entier de secondes de 0 à {most}',
} as const;

export const optionStandingMissing = {
  code: 'ERR_EVIDENCE_OPTION',
  en: 'option standing is missing: give it, or open the gate with evidence',
  fr: 'l’option standing manque : donnez-la, ou ouvrez le gate avec evidence',
} as const;

export const optionTrustedEntry = {
  code: 'ERR_ARGUMENT',
  en: 'option trusted, entry {entry}: {problem}; or loopback, linklocal, uniquelocal or unix',
  fr: 'option trusted, élément {entry} : {problem} ; ou loopback, linklocal, uniquelocal ou unix',
} as const;

export const metricsPrefix = {
  code: 'ERR_ARGUMENT',
  en: 'a prefix of metrics must have letters, digits and underscores only',
  fr: 'un préfixe de métriques ne contient que des lettres, des chiffres et des tirets bas',
} as const;

export const mountPattern = {
  code: 'ERR_ARGUMENT',
  en: 'the guard must be mounted on plain paths, not on patterns',
  fr: 'la protection se monte sur des chemins simples, pas sur des motifs',
} as const;

export const blockedBy = {
  code: 'ERR_ARGUMENT',
  en: 'blockedBy (--blocked-by) must be the http or https URL of a page that says who blocks and why',
  fr: 'blockedBy (--blocked-by) : l’URL http ou https d’une page qui dit qui bloque et pourquoi',
} as const;

export const origin = {
  code: 'ERR_ARGUMENT',
  en: 'an origin must be scheme://host or scheme://host:port, without a path',
  fr: 'une origine s’écrit schéma://hôte ou schéma://hôte:port, sans chemin',
} as const;
