/** Messages of the layer `ledger`: the store of the evidence and its engines. */

export const ledgerClosed = {
  code: 'ERR_LEDGER_CLOSED',
  en: 'the ledger is closed',
  fr: 'le registre des preuves est fermé',
} as const;

export const ledgerThreadEnded = {
  code: 'ERR_LEDGER_CLOSED',
  en: 'the thread of the ledger has ended: open the ledger again',
  fr: 'le fil d’exécution du registre s’est arrêté : rouvrez le registre',
} as const;

export const ledgerMissing = {
  code: 'ERR_LEDGER_OPEN',
  en: 'there is no such ledger',
  fr: 'ce registre des preuves n’existe pas',
} as const;

export const ledgerFileUnreadable = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the file of the ledger cannot be opened',
  fr: 'le fichier du registre ne peut pas être ouvert',
} as const;

export const ledgerReadOnlyFileSystem = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the ledger is on a read-only file system, and this writes to it: mount it read-write, or copy the ledger with its -wal file to a writable folder',
  fr: 'le registre est sur un système de fichiers en lecture seule, et cette opération y écrit : montez-le en lecture et écriture, ou copiez le registre avec son fichier -wal vers un répertoire où l’écriture est permise',
} as const;

export const ledgerReadOnly = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the ledger is read-only, and this writes to it: give the user write access to the file and its folder',
  fr: 'le registre est en lecture seule, et cette opération y écrit : donnez à l’utilisateur le droit d’écrire dans le fichier et son répertoire',
} as const;

export const spoolReadOnly = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the spool is read-only: mount its file system read-write, and give the user write access to the file and its folder',
  fr: 'la file d’attente est en lecture seule : montez son système de fichiers en lecture et écriture, et donnez à l’utilisateur le droit d’écrire dans le fichier et son répertoire',
} as const;

export const ledgerCopyFailed = {
  code: 'ERR_LEDGER_OPEN',
  en: 'a read-only ledger is read through a private copy, which cannot be written to {folder}: set TMPDIR to a folder with enough room',
  fr: 'un registre en lecture seule est lu par une copie privée, qui ne peut pas être écrite dans {folder} : désignez par TMPDIR un répertoire où il y a assez de place',
} as const;

export const ledgerCopyChanging = {
  code: 'ERR_LEDGER_BUSY',
  en: 'another process writes to the read-only ledger while it is copied: repeat the command, or read a snapshot of the ledger',
  fr: 'un autre processus écrit dans le registre en lecture seule pendant sa copie : répétez la commande, ou lisez un instantané du registre',
} as const;

export const ledgerDamaged = {
  code: 'ERR_LEDGER_DAMAGED',
  en: 'the file is not a ledger, or is damaged: restore it from its backup',
  fr: 'le fichier n’est pas un registre des preuves, ou il est endommagé : restaurez sa sauvegarde',
} as const;

export const ledgerLocked = {
  code: 'ERR_LEDGER_BUSY',
  en: 'another process has held the lock of the ledger for too long',
  fr: 'un autre processus verrouille le registre depuis trop longtemps',
} as const;

export const ledgerTimeout = {
  code: 'ERR_LEDGER_BUSY',
  en: 'the ledger did not answer in time',
  fr: 'le registre n’a pas répondu à temps',
} as const;

export const ledgerDiskFull = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the disk of the ledger is full',
  fr: 'le disque du registre est plein',
} as const;

export const ledgerFailed = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the ledger cannot be read or written',
  fr: 'le registre ne peut être ni lu ni écrit',
} as const;

export const ledgerNewer = {
  code: 'ERR_LEDGER_SCHEMA',
  en: 'the ledger was written by a newer version of the library: update the library',
  fr: 'le registre a été écrit par une version plus récente de la bibliothèque : mettez-la à jour',
} as const;

export const erasedLogHeld = {
  code: 'ERR_LEDGER_BUSY',
  en: 'the data were erased from the ledger; another program that is reading it keeps a copy in the log for the moment: repeat the command to clear it',
  fr: 'les données sont effacées du registre ; un autre programme qui le lit en retient encore une copie dans le journal de la base : répétez la commande pour la supprimer',
} as const;

export const sqliteDriverMissing = {
  code: 'ERR_LEDGER_DRIVER',
  en: 'the SQLite ledger needs a driver: npm install {driver}',
  fr: 'le registre SQLite exige un pilote : npm install {driver}',
} as const;

export const sqliteRuntime = {
  code: 'ERR_LEDGER_DRIVER',
  en: 'the SQLite ledger and the spool need Node.js, because better-sqlite3 is not supported in {runtime}: run this in Node.js, or keep the ledger in PostgreSQL or Redis, without a spool',
  fr: 'le registre SQLite et la file d’attente exigent Node.js, car better-sqlite3 ne fonctionne pas dans {runtime} : exécutez ce programme dans Node.js, ou gardez le registre dans PostgreSQL ou Redis, sans file d’attente',
} as const;

export const sqliteDriverVersion = {
  code: 'ERR_LEDGER_DRIVER',
  en: 'the SQLite ledger needs another version of its driver: npm install {driver}',
  fr: 'le registre SQLite exige une autre version de son pilote : npm install {driver}',
} as const;

export const sqliteDriverBroken = {
  code: 'ERR_LEDGER_DRIVER',
  en: 'the driver of the SQLite ledger does not load: npm rebuild better-sqlite3 (with Yarn: yarn rebuild better-sqlite3)',
  fr: 'le pilote du registre SQLite ne se charge pas : npm rebuild better-sqlite3 (avec Yarn : yarn rebuild better-sqlite3)',
} as const;

export const postgresDriverMissing = {
  code: 'ERR_LEDGER_DRIVER',
  en: 'the PostgreSQL ledger needs a driver: npm install pg@8',
  fr: 'le registre PostgreSQL exige un pilote : npm install pg@8',
} as const;

export const redisDriverMissing = {
  code: 'ERR_LEDGER_DRIVER',
  en: 'the Redis ledger needs a driver: npm install redis@6',
  fr: 'le registre Redis exige un pilote : npm install redis@6',
} as const;

export const ledgerRole = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the database role lacks the right to do this in the ledger',
  fr: 'le rôle de la base n’a pas ce droit sur le registre',
} as const;

export const postgresLogin = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the server of the ledger refuses the login: check the role, its password and pg_hba.conf',
  fr: 'le serveur du registre refuse l’authentification : vérifiez le rôle, son mot de passe et pg_hba.conf',
} as const;

export const postgresDatabaseMissing = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the server has no such database: create it, or correct its name in the URL (behind PgBouncer, also in [databases])',
  fr: 'cette base de données n’existe pas sur le serveur : créez-la ou corrigez son nom dans l’URL (derrière PgBouncer, aussi dans [databases])',
} as const;

export const postgresConnectionsFull = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the server or its pooler accepts no more connections: raise max_connections or the limit of the role (in PgBouncer, max_client_conn), or open fewer connections',
  fr: 'le serveur ou son pooler n’accepte plus de connexions : augmentez max_connections ou la limite du rôle (dans PgBouncer, max_client_conn), ou ouvrez moins de connexions',
} as const;

export const postgresParameterRefused = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the pooler refuses a startup parameter: remove it from the URL and from PGOPTIONS, or name it in ignore_startup_parameters of PgBouncer',
  fr: 'le pooler refuse un paramètre de démarrage : retirez-le de l’URL et de PGOPTIONS, ou ajoutez-le à ignore_startup_parameters de PgBouncer',
} as const;

export const postgresRefused = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the server or its pooler refused the connection: its log has the reason',
  fr: 'le serveur ou son pooler a refusé la connexion : son journal en donne la raison',
} as const;

export const postgresTlsRefused = {
  code: 'ERR_LEDGER_OPEN',
  en: 'no TLS connection to the server is possible: check that it accepts TLS, and that its certificate is trusted (sslrootcert)',
  fr: 'aucune connexion TLS au serveur n’est possible : vérifiez qu’il accepte TLS et que son certificat est reconnu (sslrootcert)',
} as const;

export const postgresReadOnly = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the server of the ledger only reads, as a standby or a former primary does: its address must lead to the primary',
  fr: 'le serveur du registre est en lecture seule, comme un secondaire ou un ancien primaire : son adresse doit mener au primaire',
} as const;

export const postgresPurgeBlocked = {
  code: 'ERR_LEDGER_BUSY',
  en: 'the purge waited too long for a lock that another program holds in the ledger: the next purge removes what is left',
  fr: 'la purge a attendu trop longtemps un verrou qu’un autre programme détient sur le registre : la prochaine purge supprimera le reste',
} as const;

export const ledgerServerFull = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the server of the ledger has no room left',
  fr: 'le serveur du registre n’a plus de place',
} as const;

export const ledgerServerReadOnly = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the server of the ledger does not accept writes',
  fr: 'le serveur du registre n’accepte pas d’écriture',
} as const;

export const ledgerUnreachable = {
  code: 'ERR_LEDGER_OPEN',
  en: 'the ledger cannot be reached',
  fr: 'le registre est injoignable',
} as const;

export const ledgerUrl = {
  code: 'ERR_ARGUMENT',
  en: 'a ledger on a server must be given as a URL: {example}',
  fr: 'un registre sur un serveur se désigne par une URL : {example}',
} as const;

export const postgresTls = {
  code: 'ERR_LEDGER_OPEN',
  en: 'a server on another machine must be reached over TLS: sslmode=verify-full',
  fr: 'un serveur sur une autre machine se joint par TLS : sslmode=verify-full',
} as const;

export const redisMaxClients = {
  code: 'ERR_LEDGER_OPEN',
  en: 'Redis accepts no more connections: raise its setting maxclients',
  fr: 'Redis n’accepte plus de connexions : augmentez son réglage maxclients',
} as const;

export const redisSlotMoving = {
  code: 'ERR_LEDGER_BUSY',
  en: 'a slot of the Redis Cluster is still being moved: finish or fix the move of the slot (redis-cli --cluster fix)',
  fr: 'un slot du Redis Cluster est toujours en cours de migration : terminez ou réparez cette migration (redis-cli --cluster fix)',
} as const;

export const redisTls = {
  code: 'ERR_LEDGER_OPEN',
  en: 'a server on another machine must be reached over TLS: rediss://...',
  fr: 'un serveur sur une autre machine se joint par TLS : rediss://...',
} as const;

export const schemaName = {
  code: 'ERR_ARGUMENT',
  en: 'a schema name must have lower-case letters, digits and underscores only',
  fr: 'un nom de schéma ne contient que des minuscules, des chiffres et des tirets bas',
} as const;

export const redisServers = {
  code: 'ERR_ARGUMENT',
  en: 'a Redis ledger needs exactly one of url, cluster and sentinel',
  fr: 'un registre Redis exige exactement un réglage parmi url, cluster et sentinel',
} as const;

export const redisNotDurable = {
  code: 'ERR_LEDGER_OPEN',
  en: 'Redis does not write to disk: set appendonly yes (or allow CONFIG GET, so that it can be checked)',
  fr: 'Redis n’écrit rien sur disque : réglez appendonly yes (ou autorisez CONFIG GET, pour que ce soit vérifiable)',
} as const;

export const redisEvicts = {
  code: 'ERR_LEDGER_OPEN',
  en: 'Redis may evict cards: set maxmemory-policy noeviction',
  fr: 'Redis peut évincer des fiches : réglez maxmemory-policy noeviction',
} as const;

export const replicasBehind = {
  code: 'ERR_LEDGER_WRITE',
  en: 'too few replicas of the ledger confirmed the write',
  fr: 'trop peu de répliques du registre ont confirmé l’écriture',
} as const;

export const replicasInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'replicas must be a whole number',
  fr: 'replicas doit être un nombre entier',
} as const;

export const redisPersonRecordsMissing = {
  code: 'ERR_ARGUMENT',
  en: 'a Redis ledger needs a ledger in SQLite or PostgreSQL for the person records',
  fr: 'un registre Redis exige un registre SQLite ou PostgreSQL pour les dossiers',
} as const;

export const copyForeignJournal = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the ledger at the destination has a journal of its own: copy to an empty ledger',
  fr: 'le registre de destination a son propre journal : copiez vers un registre vide',
} as const;

export const copyJournalWritten = {
  code: 'ERR_LEDGER_WRITE',
  en: 'another process writes to the journal at the destination: stop it and copy again',
  fr: 'un autre processus écrit dans le journal de destination : arrêtez-le et recommencez la copie',
} as const;

export const spoolFull = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the spool is full: see why the ledger takes nothing, and give the spool more megabytes',
  fr: 'la file d’attente sur disque est pleine : cherchez pourquoi le registre n’accepte rien, et donnez plus de mégaoctets à la file d’attente',
} as const;

export const copyUnproven = {
  code: 'ERR_LEDGER_WRITE',
  en: 'one of the ledgers has no check values of its keys, so they may be of two keyrings: run ledger prepare with its keyring first; nothing was copied',
  fr: 'l’un des registres n’a pas de valeurs de contrôle de ses clés, ils peuvent donc être de deux trousseaux : lancez d’abord ledger prepare avec son trousseau ; rien n’a été copié',
} as const;

export const copyForeignKeys = {
  code: 'ERR_LEDGER_WRITE',
  en: 'the target was written with another keyring: copy into an empty ledger',
  fr: 'la cible a été écrite avec un autre trousseau : copiez vers un registre vide',
} as const;
