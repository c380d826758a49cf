/** Holds the texts of the sidecar, in English and French. */

export const SERVE_ENGLISH = {
  cmdServe:
    'answer a gateway over HTTP (nginx, Caddy, HAProxy, Apache, Envoy); also /healthz, /readyz, /metrics',
  optListen: 'address and port',
  optSocket: 'Unix socket instead of an address; its group may connect',
  optPeer:
    'who may ask: prefix, loopback, uniquelocal, or unix (repeat it; default: loopback, or unix with --socket)',
  optTrusted: 'further proxies that write the header of the address (repeat it)',
  optTrustedFile:
    'file of further trusted proxies: one prefix a line, # for comments; SIGHUP reads it again',
  optAddressHeader: 'header of the address: one, or a chain as in X-Forwarded-For',
  optSubscriberHeader: 'header of the subscriber',
  optStandingHeader: 'header of the residence standing (default: it is read from the register)',
  optOfferHeader: 'header of the name of the offer',
  optChannelHeader: 'header of how the subscription came',
  optOffers: 'JSON file of the offers, by name',
  optFittingStatus:
    'refuse with 451, 403 or 503 instead of 403 alone: for Caddy and Envoy, never for nginx, which makes 500 of it',
  optShadow: 'decide and count, refuse nothing',
  optCorsOrigin: 'origin whose scripts may read a refusal, or * (repeat it)',
  optDecidePreflights: 'decide CORS preflights too (default: 200, neither decided nor counted)',
  optBlockedBy: 'page that says who blocks and why, named in the Link of a 451',
  optTryAddress:
    'for a first try on one machine: the client address to use if every hop is a loopback address',
  triedAddress:
    'trial: a request from this machine itself is decided as if it came from the address of --try-address',
  trustedReloaded: 'trusted proxies read again: {count} prefixes in the file',
  trustedNotReloaded: 'the trusted proxies are unchanged: {why}',
  optClientLanguage: 'language of a refusal where a client asks for neither',
  optOnFailure: 'where evidence cannot be kept: count it, or refuse',
  optMaxTableAge: 'days after which the table counts as stale (default: 365)',
  optGuards:
    'JSON file of the guards that a table must pass, as in a recipe (default: the guards that docs/tables.md lists)',
  optTableState:
    'file that remembers the table in force from one start to the next (default: next to the table, .in-force; none for the bundled table)',
  heldAtStart: 'table {edition} does not pass its guards:',
  rememberedInForce:
    'the table last in force is used instead: {edition}, remembered in {file}. Look at table diff; if the new one is right, build it with table build --accept',
  nothingRemembered:
    'not started: no table is remembered that could be used instead. Look at table info and table map; if it is right, build it with table build --accept',
  stateNotWritten:
    'the table in force cannot be remembered in {file} ({cause}): after a restart a new table is compared with nothing. Name a file that can be written with --table-state',
  stateDamaged:
    '{file} should hold the table last in force, and is damaged or cannot be read. Restore it; or delete it, and the next table is compared with nothing',
  cmdKeyringCreate:
    'make a keyring where there is none; its folder is closed to others (mkdir -m 700)',
  keyringThere: 'there is a keyring',
  listening: 'listening on {place}, table {edition}',
  optDrain: 'seconds for which requests are still answered after SIGTERM, while /readyz says 503',
  optLogFormat: 'lines on standard error: text, or JSON for programs',
  stopping:
    'stopping: /readyz answers 503; requests are accepted for {drain} s more, then the evidence is written',
  stopped: 'stopped',
  ledgerFails: 'evidence cannot be written; decisions go on',
  ledgerWell: 'evidence is written again',
  logNone: 'none',
  logOn: 'on',
  logOff: 'off',
  logStart: 'laissez-passer {version} on Node.js {node} ({platform})',
  logListening:
    'accepts requests at {place}; allowed peers: {peers}; further trusted proxies: {trusted}',
  logHeaders:
    'headers: address {address}, subscriber {subscriber}, standing {standing}, offer {offer}, channel {channel}',
  logFromRegister: '(read from the register)',
  logStandingHeader:
    'the standing is taken from the header {header}: the gateway must remove it from what clients send',
  logTable: 'table {edition} for home State {home}, data of {day} ({days} days old), from {path}',
  logStale:
    'table {edition} is stale: its data are {days} days old, or a correction in it has ended',
  logEvidence:
    'evidence: ledger {ledger}{register}, keyring {keyring}, spool {spool}, purge {purge}',
  logRegister: ', register {register}',
  logNoEvidence: 'no evidence is kept: neither --ledger nor --keyring is given',
  logOffers: 'offers: {offers}; language of refusals: {language}',
  logShadow:
    'SHADOW MODE: NOTHING IS REFUSED. Refusals are decided and counted, and every request is let through (--shadow)',
} as const;

export const SERVE_FRENCH = {
  cmdServe:
    'répondre à une passerelle par HTTP (nginx, Caddy, HAProxy, Apache, Envoy) ; aussi /healthz, /readyz, /metrics',
  optListen: 'adresse et port',
  optSocket: 'socket Unix au lieu d’une adresse ; son groupe peut s’y connecter',
  optPeer:
    'qui peut demander : préfixe, loopback, uniquelocal, ou unix (à répéter ; par défaut : loopback, ou unix avec --socket)',
  optTrusted: 'autres proxys qui écrivent l’en-tête de l’adresse (à répéter)',
  optTrustedFile:
    'fichier d’autres proxys de confiance : un préfixe par ligne, # pour les commentaires ; SIGHUP le relit',
  optAddressHeader: 'en-tête de l’adresse : une seule, ou une chaîne comme dans X-Forwarded-For',
  optSubscriberHeader: 'en-tête de l’abonné',
  optStandingHeader:
    'en-tête de la situation de résidence (par défaut : elle est lue dans le registre)',
  optOfferHeader: 'en-tête du nom de l’offre',
  optChannelHeader: 'en-tête du canal de l’abonnement',
  optOffers: 'fichier JSON des offres, par nom',
  optFittingStatus:
    'refuser par 451, 403 ou 503 au lieu de 403 seul : pour Caddy et Envoy, jamais pour nginx, qui en ferait un 500',
  optShadow: 'décider et compter, ne rien refuser',
  optCorsOrigin: 'origine dont les scripts peuvent lire un refus, ou * (à répéter)',
  optDecidePreflights:
    'décider aussi les requêtes préliminaires CORS (par défaut : 200, ni décidées ni comptées)',
  optBlockedBy:
    'page qui dit qui bloque et pourquoi, indiquée dans l’en-tête Link d’une réponse 451',
  optTryAddress:
    'pour un premier essai sur une seule machine : l’adresse retenue quand tous les relais sont des adresses de bouclage',
  triedAddress:
    'essai : une demande venue de cette machine est traitée comme si elle venait de l’adresse de --try-address',
  trustedReloaded: 'proxys de confiance relus : {count} préfixes dans le fichier',
  trustedNotReloaded: 'les proxys de confiance restent inchangés : {why}',
  optClientLanguage: 'langue d’un refus quand le client ne demande ni l’une ni l’autre',
  optOnFailure: 'quand les traces ne peuvent pas être conservées : le compter, ou refuser',
  optMaxTableAge: 'jours après lesquels la table est trop ancienne (par défaut : 365)',
  optGuards:
    'fichier JSON des garde-fous qu’une table doit passer, comme dans une recette (par défaut : les garde-fous décrits dans docs/tables.md)',
  optTableState:
    'fichier qui retient la table en vigueur d’un démarrage à l’autre (par défaut : à côté de la table, .in-force ; aucun pour la table fournie)',
  heldAtStart: 'la table {edition} ne passe pas ses garde-fous :',
  rememberedInForce:
    'la dernière table en vigueur la remplace : {edition}, retenue dans {file}. Voyez table diff ; si la nouvelle est correcte, construisez-la avec table build --accept',
  nothingRemembered:
    'démarrage refusé : aucune table retenue ne peut la remplacer. Voyez table info et table map ; si elle est correcte, construisez-la avec table build --accept',
  stateNotWritten:
    'la table en vigueur ne peut pas être retenue dans {file} ({cause}) : après un redémarrage, une nouvelle table ne sera comparée à rien. Nommez avec --table-state un fichier où l’on peut écrire',
  stateDamaged:
    '{file} devrait contenir la dernière table en vigueur, et est endommagé ou illisible. Restaurez-le ; ou supprimez-le, et la prochaine table ne sera comparée à rien',
  cmdKeyringCreate:
    'créer un trousseau là où il n’y en a pas ; son dossier est fermé aux autres (mkdir -m 700)',
  keyringThere: 'le trousseau est là',
  listening: 'à l’écoute sur {place}, table {edition}',
  optDrain:
    'secondes pendant lesquelles on répond encore après SIGTERM, alors que /readyz répond 503',
  optLogFormat: 'lignes sur l’erreur standard : du texte, ou du JSON pour un programme',
  stopping:
    'arrêt : /readyz répond 503 ; les demandes sont encore acceptées pendant {drain} s, puis les traces sont écrites',
  stopped: 'arrêté',
  ledgerFails: 'les traces ne peuvent pas être écrites ; les décisions continuent',
  ledgerWell: 'les traces sont de nouveau écrites',
  logNone: 'aucun',
  logOn: 'activée',
  logOff: 'désactivée',
  logStart: 'laissez-passer {version} sur Node.js {node} ({platform})',
  logListening:
    'reçoit les demandes sur {place} ; pairs admis : {peers} ; autres proxys de confiance : {trusted}',
  logHeaders:
    'en-têtes : adresse {address}, abonné {subscriber}, situation {standing}, offre {offer}, canal {channel}',
  logFromRegister: '(lue dans le registre)',
  logStandingHeader:
    'la situation est lue dans l’en-tête {header} : la passerelle doit le retirer de ce qu’envoient les clients',
  logTable:
    'table {edition} pour l’État de résidence {home}, données du {day} ({days} jours), lue dans {path}',
  logStale:
    'la table {edition} est périmée : ses données ont {days} jours, ou une correction a pris fin',
  logEvidence:
    'traces : registre {ledger}{register}, trousseau {keyring}, file d’attente {spool}, purge {purge}',
  logRegister: ', dossiers {register}',
  logNoEvidence: 'aucune trace n’est conservée : ni --ledger ni --keyring',
  logOffers: 'offres : {offers} ; langue des refus : {language}',
  logShadow:
    'MODE D’OBSERVATION : RIEN N’EST REFUSÉ. Les refus sont décidés et comptés, et toute demande est acceptée (--shadow)',
} as const satisfies Record<keyof typeof SERVE_ENGLISH, string>;
