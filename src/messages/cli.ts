/** Messages of the command line. */

export const outputUnwritable = {
  code: 'ERR_OUTPUT',
  en: 'the file cannot be written',
  fr: 'le fichier ne peut pas être écrit',
} as const;

export const outputExists = {
  code: 'ERR_OUTPUT',
  en: 'the file cannot be written, or already exists',
  fr: 'le fichier ne peut pas être écrit, ou existe déjà',
} as const;

export const outputNotATable = {
  code: 'ERR_OUTPUT',
  en: 'the existing file is not a compiled table and is not overwritten: choose another path',
  fr: 'le fichier existant n’est pas une table compilée et n’est pas remplacé : choisissez un autre chemin',
} as const;

export const outputNotAnExport = {
  code: 'ERR_OUTPUT',
  en: 'the existing file is not a table that was exported in this format and is not overwritten: choose another path',
  fr: 'le fichier existant n’est pas une table exportée dans ce format et n’est pas remplacé : choisissez un autre chemin',
} as const;

export const tableStateSameFile = {
  code: 'ERR_ARGUMENT',
  en: '--table-state and --table name the same file',
  fr: '--table-state et --table désignent le même fichier',
} as const;

export const tableStateUnreadable = {
  code: 'ERR_TABLE_STATE',
  en: 'the table saved in the state file cannot be read',
  fr: 'la table conservée dans le fichier d’état ne peut pas être lue',
} as const;

export const workersInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'the number of workers must be a whole number from 1 to {most}',
  fr: 'le nombre de processus de travail est un nombre entier de 1 à {most}',
} as const;

export const listenAddress = {
  code: 'ERR_ARGUMENT',
  en: 'an address to listen on must be host:port',
  fr: 'une adresse d’écoute s’écrit hôte:port',
} as const;

export const listenInUse = {
  code: 'ERR_SERVE_LISTEN',
  en: 'the address or socket is already in use',
  fr: 'l’adresse ou le socket est déjà utilisé',
} as const;

export const listenFailed = {
  code: 'ERR_SERVE_LISTEN',
  en: 'the address or socket cannot be listened on',
  fr: 'impossible d’écouter sur cette adresse ou ce socket',
} as const;

export const trustedFileUnreadable = {
  code: 'ERR_ARGUMENT',
  en: 'the file of trusted proxies cannot be read',
  fr: 'le fichier des proxys de confiance ne peut pas être lu',
} as const;

export const trustedFileTooLong = {
  code: 'ERR_ARGUMENT',
  en: 'the file of trusted proxies is too long',
  fr: 'le fichier des proxys de confiance est trop long',
} as const;

export const trustedFileEmpty = {
  code: 'ERR_ARGUMENT',
  en: 'the file of trusted proxies contains no prefix',
  fr: 'le fichier des proxys de confiance ne contient aucun préfixe',
} as const;

export const servePackages = {
  code: 'ERR_SERVE_PACKAGE',
  en: 'serve needs two packages: npm install fastify@5 prom-client@15',
  fr: 'serve exige deux paquets : npm install fastify@5 prom-client@15',
} as const;

export const offerUnknown = {
  code: 'ERR_OFFER',
  en: 'there is no offer of that name; known offers: {known}',
  fr: 'il n’y a pas d’offre de ce nom ; offres connues : {known}',
} as const;

export const serveLedgerMissing = {
  code: 'ERR_ARGUMENT',
  en: 'serve needs --ledger and --keyring, or --standing-header',
  fr: 'serve exige --ledger et --keyring, ou --standing-header',
} as const;

export const evidencePlacesMissing = {
  code: 'ERR_ARGUMENT',
  en: 'evidence needs --ledger and --keyring',
  fr: 'la conservation des preuves exige --ledger et --keyring',
} as const;

export const unixPeersWithoutSocket = {
  code: 'ERR_ARGUMENT',
  en: '--peer unix needs --socket',
  fr: '--peer unix exige --socket',
} as const;

export const calendarReason = {
  code: 'ERR_ACCESS_REASON',
  en: 'a calendar needs a reason: --reason',
  fr: 'pour afficher le calendrier, indiquez un motif : --reason',
} as const;

export const calendarMonths = {
  code: 'ERR_ARGUMENT',
  en: 'the number of months must be from 1 to 24',
  fr: 'le nombre de mois va de 1 à 24',
} as const;

export const exceptionOptions = {
  code: 'ERR_ARGUMENT',
  en: 'an exception needs --exception-reason and --until, or --revoke',
  fr: 'une exception exige --exception-reason et --until, ou --revoke',
} as const;

export const agentUnknown = {
  code: 'ERR_ACCESS_REASON',
  en: 'the system gives no user name: give --agent',
  fr: 'le système ne donne pas de nom d’utilisateur : indiquez --agent',
} as const;

export const directiveOptions = {
  code: 'ERR_ARGUMENT',
  en: 'a directive needs --choice, or --revoke',
  fr: 'une directive exige --choice, ou --revoke',
} as const;

export const optionAsValue = {
  code: 'ERR_ARGUMENT',
  en: 'an option has another option as its value',
  fr: 'une option a une autre option pour valeur',
} as const;

export const guardsUnreadable = {
  code: 'ERR_ARGUMENT',
  en: 'the file of --guards cannot be read',
  fr: 'le fichier de --guards ne peut pas être lu',
} as const;

export const guardsSyntax = {
  code: 'ERR_ARGUMENT',
  en: 'the file of --guards is not valid JSON',
  fr: 'le fichier de --guards n’est pas du JSON valide',
} as const;

export const addressInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'an IP address is expected',
  fr: 'une adresse IP est attendue',
} as const;

export const configSyntax = {
  code: 'ERR_ARGUMENT',
  en: 'the build configuration is not valid JSON',
  fr: 'la configuration de la table n’est pas du JSON valide',
} as const;

export const overlayArgument = {
  code: 'ERR_ARGUMENT',
  en: 'an overlay must be KIND:FILE, where KIND is one of {known}',
  fr: 'une couche s’écrit GENRE:FICHIER, où GENRE est à choisir parmi {known}',
} as const;

export const clockContradicted = {
  code: 'ERR_CONFIRMATION',
  en: 'the recorded days contradict the clock: if the clock is right, repeat with --accept-clock',
  fr: 'les jours enregistrés contredisent l’horloge : si elle est juste, recommencez avec --accept-clock',
} as const;

export const copyStateUnreadable = {
  code: 'ERR_ARGUMENT',
  en: 'the state file of the copy cannot be read',
  fr: 'le fichier d’état de la copie ne peut pas être lu',
} as const;

export const copyStateOther = {
  code: 'ERR_ARGUMENT',
  en: 'the state file belongs to another copy: remove it to start again',
  fr: 'le fichier d’état est celui d’une autre copie : supprimez-le pour recommencer',
} as const;

export const acceptWithoutKeyring = {
  code: 'ERR_ARGUMENT',
  en: '--accept-keyring needs --keyring',
  fr: '--accept-keyring exige --keyring',
} as const;

export const cancelled = {
  code: 'ERR_CONFIRMATION',
  en: 'cancelled: nothing was changed',
  fr: 'abandonné : rien n’a été modifié',
} as const;

export const confirmationMissing = {
  code: 'ERR_CONFIRMATION',
  en: 'this cannot be undone: confirm with --yes',
  fr: 'cette opération est définitive : confirmez avec --yes',
} as const;

export const identifierSecondLine = {
  code: 'ERR_ARGUMENT',
  en: 'standard input has more than one line: a command takes the identifier of one subscriber',
  fr: 'l’entrée standard a plus d’une ligne : une commande prend l’identifiant d’un seul abonné',
} as const;

export const identifierNotUtf8 = {
  code: 'ERR_ARGUMENT',
  en: 'the identifier is not valid UTF-8: convert the text, or set the terminal to UTF-8',
  fr: 'l’identifiant n’est pas en UTF-8 valide : convertissez le texte, ou réglez le terminal sur UTF-8',
} as const;

export const importUnreadable = {
  code: 'ERR_IMPORT',
  en: 'the file to import cannot be read',
  fr: 'le fichier à importer ne peut pas être lu',
} as const;

export const importNotText = {
  code: 'ERR_IMPORT',
  en: 'the file to import must be text, JSON lines or CSV, with lines of at most 65,536 characters',
  fr: 'le fichier à importer doit être du texte, en lignes JSON ou en CSV, avec des lignes de 65 536 caractères au plus',
} as const;

export const importHeader = {
  code: 'ERR_IMPORT',
  en: 'the first line must name columns, each once: {events} (one row an event), or {subscribers} (one row a subscriber)',
  fr: 'la première ligne doit nommer des colonnes, chacune une fois : {events} (une ligne par événement), ou {subscribers} (une ligne par abonné)',
} as const;

export const importRowFields = {
  code: 'ERR_IMPORT',
  en: 'the row must have as many fields as the first line, with quotes in pairs',
  fr: 'la ligne doit avoir autant de champs que la première, avec des guillemets par paires',
} as const;

export const importRowJson = {
  code: 'ERR_IMPORT',
  en: 'the row must be a JSON object of a subscriber and an event, or of a subscriber and a list of events',
  fr: 'la ligne doit être un objet JSON avec un abonné et un événement, ou avec un abonné et une liste d’événements',
} as const;

export const importConcludedMissing = {
  code: 'ERR_IMPORT',
  en: 'the day of the contract is missing (concluded)',
  fr: 'la date du contrat manque (concluded)',
} as const;

export const importVerifiedMissing = {
  code: 'ERR_IMPORT',
  en: 'the row has fields of a verification, but not its day (verified)',
  fr: 'la ligne décrit une vérification, mais sa date manque (verified)',
} as const;

export const dayForm = {
  code: 'ERR_DAY',
  en: 'a day is written 2026-12-05, or 05/12/2026 with the day first',
  fr: 'une date s’écrit 05/12/2026 (jour, mois, année) ou 2026-12-05',
} as const;

export const dayNotThere = {
  code: 'ERR_DAY',
  en: 'this day is not in the calendar; a day is written 2026-12-05, or 05/12/2026 with the day first',
  fr: 'cette date n’existe pas ; une date s’écrit 05/12/2026 (jour, mois, année) ou 2026-12-05',
} as const;

export const dayYearShort = {
  code: 'ERR_DAY',
  en: 'a year of two digits is ambiguous: write 2026-12-05, or 05/12/2026 with the day first',
  fr: 'une année à deux chiffres est ambiguë : écrivez 05/12/2026 (jour, mois, année) ou 2026-12-05',
} as const;

export const monthForm = {
  code: 'ERR_DAY',
  en: 'a month is written 2026-12 or 12/2026',
  fr: 'un mois s’écrit 12/2026 ou 2026-12',
} as const;

export const explainOptions = {
  code: 'ERR_ARGUMENT',
  en: 'explain one thing: a reason, --eea, or --where',
  fr: 'une seule chose à expliquer : un motif, --eea ou --where',
} as const;

export const countryUnknown = {
  code: 'ERR_ARGUMENT',
  en: 'no country or territory has this code or name: give its ISO 3166 code of two letters, or its name in English or French',
  fr: 'aucun pays ni territoire n’a ce code ou ce nom : indiquez son code ISO 3166 de deux lettres, ou son nom en français ou en anglais',
} as const;

export const importRejectsInput = {
  code: 'ERR_IMPORT',
  en: 'the rejected rows must go to another file than the one that is imported',
  fr: 'les lignes refusées doivent aller dans un autre fichier que celui qui est importé',
} as const;

export const momentForm = {
  code: 'ERR_DAY',
  en: 'a moment is written as 2026-11-21T20:15Z, or with an offset: 2026-11-21T21:15+01:00',
  fr: 'un moment s’écrit 2026-11-21T20:15Z, ou avec un décalage : 2026-11-21T21:15+01:00',
} as const;

export const momentOffset = {
  code: 'ERR_DAY',
  en: 'the moment lacks its offset from UTC: add Z for UTC, +01:00 for Paris in winter, +02:00 in summer',
  fr: 'le décalage par rapport à UTC manque : ajoutez Z pour UTC, +01:00 pour Paris en hiver, +02:00 en été',
} as const;

export const momentToCome = {
  code: 'ERR_DAY',
  en: 'the moment is still to come: give one that has passed',
  fr: 'le moment est à venir : donnez un moment passé',
} as const;

export const pastNeedsEditions = {
  code: 'ERR_ARGUMENT',
  en: '--at needs the folder of past editions: --editions, or editions in the configuration file',
  fr: '--at exige le dossier des éditions passées : --editions, ou editions dans le fichier de configuration',
} as const;

export const editionsFolderMissing = {
  code: 'ERR_EDITION',
  en: 'the folder of past editions does not exist',
  fr: 'le dossier des éditions passées n’existe pas',
} as const;

export const pastUnknown = {
  code: 'ERR_EDITION',
  en: 'nothing is known of the table that was in force at that moment: the notes of the gateways do not reach it, or no gateway was running; a ledger (--ledger) may name the editions of that day',
  fr: 'on ne sait pas quelle table était en vigueur à ce moment : les notes des passerelles ne remontent pas jusque-là, ou aucune passerelle ne fonctionnait ; un registre des preuves (--ledger) peut donner les éditions de ce jour',
} as const;

export const decideStandingSource = {
  code: 'ERR_ARGUMENT',
  en: 'give --standing, or --subscriber to read it from the person records',
  fr: 'donnez --standing, ou --subscriber pour lire la situation dans les dossiers',
} as const;

export const replayHeader = {
  code: 'ERR_ARGUMENT',
  en: 'the first line must name columns, each once: {columns}; the first three are mandatory',
  fr: 'la première ligne doit nommer des colonnes, chacune une fois : {columns} ; les trois premières sont obligatoires',
} as const;

export const replayUnreadable = {
  code: 'ERR_ARGUMENT',
  en: 'the file of requests cannot be read',
  fr: 'le fichier de demandes est illisible',
} as const;

export const locateInputNow = {
  code: 'ERR_ARGUMENT',
  en: 'standard input is located by the table of now: give the addresses as arguments, or use audit replay',
  fr: 'l’entrée standard se lit avec la table actuelle : donnez les adresses en arguments, ou utilisez audit replay',
} as const;

export const replayRowFields = {
  code: 'ERR_ARGUMENT',
  en: 'the row does not have one field for each column, or a quote is not closed',
  fr: 'la ligne n’a pas un champ par colonne, ou un guillemet n’est pas fermé',
} as const;

export const replayRowJson = {
  code: 'ERR_ARGUMENT',
  en: 'the line is not a JSON object with time, address and standing, and no unknown field',
  fr: 'la ligne n’est pas un objet JSON avec time, address et standing, sans champ inconnu',
} as const;

export const replayNoRows = {
  code: 'ERR_ARGUMENT',
  en: 'the file has no request',
  fr: 'le fichier ne contient aucune demande',
} as const;

export const replayFlag = {
  code: 'ERR_ARGUMENT',
  en: 'excepted must be yes or no',
  fr: 'excepted doit être oui ou non',
} as const;

export const replayStanding = {
  code: 'ERR_ARGUMENT',
  en: 'standing must be one of {known}',
  fr: 'standing doit être l’une des valeurs {known}',
} as const;
