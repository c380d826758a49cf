/** The words of the sidecar, in English and French. */

export const SERVE_ENGLISH = {
  cmdServe: 'answer a gateway over HTTP: nginx auth_request, Envoy ext_authz; /healthz, /readyz, /metrics beside',
  optListen: 'address and port',
  optSocket: 'Unix socket instead of an address; its group may connect',
  optPeer: 'who may ask: prefix, loopback, uniquelocal, or unix (repeat it; default: loopback, or unix with --socket)',
  optTrusted: 'further proxies that write the header of the address (repeat it)',
  optAddressHeader: 'header of the address: one, or a chain as in X-Forwarded-For',
  optSubscriberHeader: 'header of the subscriber',
  optStandingHeader: 'header of the residence standing (default: it is read from the register)',
  optOfferHeader: 'header of the name of the offer',
  optChannelHeader: 'header of how the subscription came',
  optOffers: 'JSON file of the offers, by name',
  optFittingStatus: 'refuse with 451, 503 or 403 instead of 403 alone: for Envoy; nginx makes 500 of it',
  optShadow: 'decide and count, refuse nothing',
  optOnFailure: 'where evidence can not be kept: count it, or refuse',
  optMaxTableAge: 'days after which the table counts as stale (default: 365)',
  listening: 'listening on {place}, table {edition}',
  stopping: 'stopping: no new connection, then the evidence is written',
  stopped: 'stopped',
  ledgerFails: 'evidence can not be written; decisions go on',
  ledgerWell: 'evidence is written again',
} as const;

export const SERVE_FRENCH = {
  cmdServe:
    'répondre à une passerelle par HTTP : auth_request de nginx, ext_authz d’Envoy ; à côté /healthz, /readyz, /metrics',
  optListen: 'adresse et port',
  optSocket: 'socket Unix au lieu d’une adresse ; son groupe peut s’y connecter',
  optPeer:
    'qui peut demander : préfixe, loopback, uniquelocal, ou unix (répétable ; par défaut : loopback, ou unix avec --socket)',
  optTrusted: 'autres mandataires qui écrivent l’en-tête de l’adresse (répétable)',
  optAddressHeader: 'en-tête de l’adresse : une seule, ou une chaîne comme dans X-Forwarded-For',
  optSubscriberHeader: 'en-tête de l’abonné',
  optStandingHeader: 'en-tête de la situation de résidence (par défaut : elle est lue dans le registre)',
  optOfferHeader: 'en-tête du nom de l’offre',
  optChannelHeader: 'en-tête du canal de l’abonnement',
  optOffers: 'fichier JSON des offres, par nom',
  optFittingStatus: 'refuser par 451, 503 ou 403 au lieu de 403 seul : pour Envoy ; nginx en ferait un 500',
  optShadow: 'décider et compter, ne rien refuser',
  optOnFailure: 'quand les traces ne peuvent pas être conservées : le compter, ou refuser',
  optMaxTableAge: 'jours après lesquels la table est trop ancienne (par défaut : 365)',
  listening: 'à l’écoute sur {place}, table {edition}',
  stopping: 'arrêt : plus de nouvelle connexion, puis les traces sont écrites',
  stopped: 'arrêté',
  ledgerFails: 'les traces ne peuvent pas être écrites ; les décisions continuent',
  ledgerWell: 'les traces sont de nouveau écrites',
} as const satisfies Record<keyof typeof SERVE_ENGLISH, string>;
