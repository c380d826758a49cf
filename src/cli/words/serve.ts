/** Holds the texts of the sidecar. */
import type { LocalisedText } from '../../messages/localised-text.ts';

export const SERVE_WORDS = {
  cmdServe: {
    en: 'answer a gateway over HTTP (nginx, Caddy, HAProxy, Apache, Envoy); also /healthz, /readyz, /metrics',
    fr: 'répondre à une passerelle par HTTP (nginx, Caddy, HAProxy, Apache, Envoy) ; aussi /healthz, /readyz, /metrics',
  },
  optListen: { en: 'address and port', fr: 'adresse et port' },
  optSocket: {
    en: 'Unix socket instead of an address; its group may connect',
    fr: 'socket Unix au lieu d’une adresse ; son groupe peut s’y connecter',
  },
  optPeer: {
    en: 'peer that may send requests: prefix, loopback, uniquelocal, or unix (repeatable; default: loopback, or unix with --socket)',
    fr: 'pair qui peut envoyer des demandes : préfixe, loopback, uniquelocal, ou unix (répétable ; par défaut : loopback, ou unix avec --socket)',
  },
  optTrusted: {
    en: 'further proxies that write the address header (repeatable)',
    fr: 'autres proxys qui écrivent l’en-tête de l’adresse (répétable)',
  },
  optTrustedFile: {
    en: 'file of further trusted proxies: one prefix per line, # for comments; SIGHUP reads it again',
    fr: 'fichier d’autres proxys de confiance : un préfixe par ligne, # pour les commentaires ; SIGHUP le relit',
  },
  optAddressHeader: {
    en: 'header with the address: a single one, or a chain as in X-Forwarded-For',
    fr: 'en-tête de l’adresse : une seule, ou une chaîne comme dans X-Forwarded-For',
  },
  optSubscriberHeader: { en: 'header with the subscriber', fr: 'en-tête de l’abonné' },
  optStandingHeader: {
    en: 'header with the residence standing (default: it is read from the ledger)',
    fr: 'en-tête de la situation de résidence (par défaut : elle est lue dans le registre)',
  },
  optOfferHeader: { en: 'header with the name of the offer', fr: 'en-tête du nom de l’offre' },
  optChannelHeader: {
    en: 'header with the sales channel of the subscription',
    fr: 'en-tête du canal de vente de l’abonnement',
  },
  optOffers: { en: 'JSON file of the offers, by name', fr: 'fichier JSON des offres, par nom' },
  optFittingStatus: {
    en: 'refuse with 451, 403 or 503 instead of 403 alone: for Caddy and Envoy, never for nginx, which turns them into 500',
    fr: 'refuser par 451, 403 ou 503 au lieu de 403 seul : pour Caddy et Envoy, jamais pour nginx, qui en ferait un 500',
  },
  optShadow: { en: 'decide and count, refuse nothing', fr: 'décider et compter, ne rien refuser' },
  optCorsOrigin: {
    en: 'origin whose scripts may read a refusal, or * (repeatable)',
    fr: 'origine dont les scripts peuvent lire un refus, ou * (répétable)',
  },
  optDecidePreflights: {
    en: 'decide CORS preflights too (default: 200, neither decided nor counted)',
    fr: 'traiter aussi les requêtes préliminaires CORS comme des demandes (par défaut : 200, sans décision ni comptage)',
  },
  optBlockedBy: {
    en: 'page that says who blocks and why, named in the Link header of a 451',
    fr: 'page qui dit qui bloque et pourquoi, indiquée dans l’en-tête Link d’une réponse 451',
  },
  optTryAddress: {
    en: 'for a first try on one machine: the client address to use if every hop is a loopback address',
    fr: 'pour un premier essai sur une seule machine : l’adresse retenue quand tous les relais sont des adresses de bouclage',
  },
  triedAddress: {
    en: 'trial: a request from this machine itself is decided as if it came from the address of --try-address',
    fr: 'essai : une demande venue de cette machine est traitée comme si elle venait de l’adresse de --try-address',
  },
  trustedReloaded: {
    en: 'trusted proxies read again: {count} prefixes in the file',
    fr: 'proxys de confiance relus ; préfixes dans le fichier : {count}',
  },
  trustedNotReloaded: {
    en: 'the trusted proxies are unchanged: {why}',
    fr: 'les proxys de confiance restent inchangés : {why}',
  },
  optClientLanguage: {
    en: 'language of a refusal if the client asks for neither',
    fr: 'langue d’un refus quand le client ne demande ni l’une ni l’autre',
  },
  optOnFailure: {
    en: 'if evidence cannot be stored: count it, or refuse',
    fr: 'si les preuves ne peuvent pas être conservées : le compter (count), ou refuser (refuse)',
  },
  optMaxTableAge: {
    en: 'days after which the table is stale (default: 365)',
    fr: 'jours après lesquels la table est périmée (par défaut : 365)',
  },
  optGuards: {
    en: 'JSON file of the guards that a table must pass, as in a build configuration (default: the guards in docs/tables.md)',
    fr: 'fichier JSON des garde-fous qu’une table doit passer, comme dans une configuration de table (par défaut : les garde-fous de docs/tables.md)',
  },
  optTableState: {
    en: 'file that keeps the table in force from one start to the next (default: next to the table, .in-force; none for the bundled table)',
    fr: 'fichier qui garde la table en vigueur d’un démarrage à l’autre (par défaut : à côté de la table, .in-force ; aucun pour la table fournie)',
  },
  heldAtStart: {
    en: 'table {edition} violates its guards:',
    fr: 'la table {edition} enfreint ses garde-fous :',
  },
  rememberedInForce: {
    en: 'the table last in force is used instead: {edition}, saved in {file}. Check the new one with table diff; if it is right, build it with table build --accept',
    fr: 'la dernière table en vigueur la remplace : {edition}, conservée dans {file}. Vérifiez la nouvelle avec table diff ; si elle est correcte, construisez-la avec table build --accept',
  },
  nothingRemembered: {
    en: 'not started: no earlier table is saved that could be used instead. Check the new one with table info and table map; if it is right, build it with table build --accept',
    fr: 'démarrage refusé : aucune table antérieure conservée ne peut la remplacer. Vérifiez la nouvelle avec table info et table map ; si elle est correcte, construisez-la avec table build --accept',
  },
  stateNotWritten: {
    en: 'the table in force cannot be saved in {file} ({cause}): after a restart a new table is compared with none. Name a writable file with --table-state',
    fr: 'la table en vigueur ne peut pas être conservée dans {file} ({cause}) : après un redémarrage, une nouvelle table ne sera comparée à aucune. Indiquez avec --table-state un fichier où l’on peut écrire',
  },
  stateDamaged: {
    en: '{file} should hold the table last in force, but is damaged, of an earlier version, or cannot be read. Restore it; or delete it, and the next table is compared with none',
    fr: '{file} devrait contenir la dernière table en vigueur, mais est endommagé, d’une version antérieure ou illisible. Restaurez-le ; ou supprimez-le, et la prochaine table ne sera comparée à aucune',
  },
  cmdKeyringCreate: {
    en: 'create a keyring if there is none; its folder must be closed to other users (mkdir -m 700)',
    fr: 'créer un trousseau s’il n’y en a pas ; son répertoire doit être fermé aux autres utilisateurs (mkdir -m 700)',
  },
  keyringCreated: { en: 'keyring created', fr: 'trousseau de clés créé' },
  keyringPresent: {
    en: 'the keyring is already present and was not changed',
    fr: 'trousseau de clés déjà présent, inchangé',
  },
  listening: {
    en: 'listening on {place}, table {edition}',
    fr: 'à l’écoute sur {place}, table {edition}',
  },
  optVerdictLifetime: {
    en: 'seconds for which a cache in front may use a granted verdict again, 0 to 300, at most until midnight UTC (docs/gateway.md)',
    fr: 'secondes pendant lesquelles un cache en amont peut réutiliser un verdict accordé, de 0 à 300, au plus tard jusqu’à minuit UTC (docs/gateway.md)',
  },
  logVerdictLifetime: {
    en: 'a granted verdict may be used again for {seconds} s by a cache in front; counts are those of the decisions, not of the requests',
    fr: 'un cache en amont peut réutiliser un verdict accordé pendant {seconds} s ; les comptes sont ceux des décisions, non des demandes',
  },
  optDrain: {
    en: 'seconds for which requests are still answered after SIGTERM, while /readyz says 503',
    fr: 'secondes pendant lesquelles on répond encore après SIGTERM, alors que /readyz répond 503',
  },
  optLogFormat: {
    en: 'lines on standard error: text, or JSON for programs',
    fr: 'lignes sur la sortie d’erreur : du texte, ou du JSON pour un programme',
  },
  stopping: {
    en: 'stopping: /readyz answers 503; requests are accepted for {drain} s more, then the evidence is written',
    fr: 'arrêt : /readyz répond 503 ; les demandes sont encore acceptées pendant {drain} s, puis les preuves sont écrites',
  },
  stopped: { en: 'stopped', fr: 'arrêté' },
  ledgerFails: {
    en: 'evidence cannot be written; decisions continue',
    fr: 'les preuves ne peuvent pas être écrites ; les décisions continuent',
  },
  ledgerWell: { en: 'evidence is written again', fr: 'les preuves sont de nouveau écrites' },
  logKeyringMismatch: {
    en: 'the keyring does not belong to the ledger, or is older than it: put the right one back; keys that were proven before are used until then',
    fr: 'le trousseau n’appartient pas au registre, ou est plus ancien que lui : remettez le bon ; d’ici là, les clés déjà reconnues servent',
  },
  logKeyringUnavailable: {
    en: 'the keyring cannot be read; the keys in memory are used',
    fr: 'le trousseau ne peut pas être lu ; les clés en mémoire servent',
  },
  logKeyringWell: {
    en: 'the keyring is there again and belongs to the ledger',
    fr: 'le trousseau est de nouveau là et appartient au registre',
  },
  logNone: { en: 'none', fr: 'néant' },
  logOn: { en: 'on', fr: 'activée' },
  logOff: { en: 'off', fr: 'désactivée' },
  logStart: {
    en: 'laissez-passer {version} on Node.js {node} ({platform})',
    fr: 'laissez-passer {version} sur Node.js {node} ({platform})',
  },
  logListening: {
    en: 'accepts requests at {place}; allowed peers: {peers}; further trusted proxies: {trusted}',
    fr: 'reçoit les demandes sur {place} ; pairs admis : {peers} ; autres proxys de confiance : {trusted}',
  },
  logHeaders: {
    en: 'headers: address {address}, subscriber {subscriber}, standing {standing}, offer {offer}, channel {channel}',
    fr: 'en-têtes : adresse {address}, abonné {subscriber}, situation {standing}, offre {offer}, canal {channel}',
  },
  logFromLedger: { en: '(read from the ledger)', fr: '(lue dans le registre)' },
  logStandingHeader: {
    en: 'the standing is taken from the header {header}: the gateway must remove it from what clients send',
    fr: 'la situation est lue dans l’en-tête {header} : la passerelle doit le retirer de ce qu’envoient les clients',
  },
  logTable: {
    en: 'table {edition} for home State {home}, data of {day} ({days} days old), from {path}',
    fr: 'table {edition} pour l’État de résidence {home}, données du {day} ({days} j), lue dans {path}',
  },
  logStale: {
    en: 'table {edition} is stale: its data are {days} days old, or a correction in it has ended',
    fr: 'la table {edition} est périmée, par son âge ou parce qu’une correction y a pris fin ; âge de ses données : {days} j',
  },
  logEvidence: {
    en: 'evidence: ledger {ledger}{records}, keyring {keyring}, spool {spool}, purge {purge}',
    fr: 'preuves : registre {ledger}{records}, trousseau {keyring}, file d’attente {spool}, purge {purge}',
  },
  logPersonRecords: { en: ', person records {records}', fr: ', dossiers {records}' },
  logNoEvidence: {
    en: 'no evidence is kept: neither --ledger nor --keyring is given',
    fr: 'aucune preuve n’est conservée : ni --ledger ni --keyring',
  },
  logOffers: {
    en: 'offers: {offers}; language of refusals: {language}',
    fr: 'offres : {offers} ; langue des refus : {language}',
  },
  optMemory: {
    en: 'megabytes to remember who was seen today, at 12 to 24 bytes a subscriber (default: 32)',
    fr: 'mégaoctets pour retenir qui a été vu aujourd’hui, à raison de 12 à 24 octets par abonné (par défaut : 32)',
  },
  logNotice: {
    en: 'privacy notice: {service}, {day}; it names every kept field',
    fr: 'politique de confidentialité : {service}, {day} ; elle nomme chaque champ conservé',
  },
  logNoticeGaps: {
    en: 'privacy notice: {service}, {day}; kept fields that it does not name ({count}; policy explains them): {fields}',
    fr: 'politique de confidentialité : {service}, {day} ; champs conservés qu’elle ne nomme pas ({count}, expliqués par policy) : {fields}',
  },
  logNoticePeriods: {
    en: 'kept longer than the privacy notice says: {periods}',
    fr: 'conservé plus longtemps que ne le dit la politique de confidentialité : {periods}',
  },
  logShadow: {
    en: 'SHADOW MODE: NOTHING IS REFUSED. Refusals are decided and counted, and every request is let through (--shadow)',
    fr: 'MODE D’OBSERVATION : RIEN N’EST REFUSÉ. Les refus sont décidés et comptés, et toute demande est acceptée (--shadow)',
  },
} as const satisfies Readonly<Record<string, LocalisedText>>;
