/**
 * Translates the errors that stop the sidecar from starting to French, by the library's message.
 */
export const SERVE_MESSAGES: Readonly<Record<string, string>> = {
  'an address to listen on is host:port': 'une adresse d’écoute s’écrit hôte:port',
  'serve needs --ledger and --keyring, or --standing-header':
    'serve demande --ledger et --keyring, ou --standing-header',
  'evidence needs --ledger and --keyring': 'les traces demandent --ledger et --keyring',
  'not a header name, such as x-forwarded-for':
    'ce n’est pas un nom d’en-tête, comme x-forwarded-for',
  'peers on a unix socket need --socket': '--peer unix demande --socket',
  'the file of trusted proxies cannot be read':
    'le fichier des proxys de confiance ne peut pas être lu',
  'the file of trusted proxies is too long': 'le fichier des proxys de confiance est trop long',
  'the file of trusted proxies holds no prefix':
    'le fichier des proxys de confiance ne contient aucun préfixe',
  'at least one peer is required': 'il faut au moins un --peer',
  'offers are a json file: {"default": {"unknown": "tolerate"}}':
    'les offres sont un fichier JSON : {"default": {"unknown": "tolerate"}}',
  'the file of the offers cannot be read': 'le fichier des offres ne peut pas être lu',
  'the address or socket cannot be listened on':
    'cette adresse ou ce socket ne peut pas être mis à l’écoute',
  'the address or file is in use': 'l’adresse ou le fichier est déjà utilisé',
  'the age of a table is a positive number of days':
    'l’âge d’une table est un nombre de jours positif',
  'an option has another option for its value': 'une option a une autre option pour valeur',
  'the address to try is one public IP address, without port or length':
    'l’adresse d’essai est une seule adresse IP publique, sans port ni longueur',
  'an address to try cannot be used with the header forwarded':
    'une adresse d’essai ne s’utilise pas avec l’en-tête forwarded',
  'an origin is scheme://host or scheme://host:port, without a path':
    'une origine s’écrit schéma://hôte ou schéma://hôte:port, sans chemin',
  'blockedBy must be the http or https address of a page that says who blocks and why':
    '--blocked-by attend l’adresse http ou https d’une page qui dit qui bloque et pourquoi',
};
