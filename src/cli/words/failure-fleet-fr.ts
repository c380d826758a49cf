/** Translates the errors of shared ledgers to French, by the library's message. */
export const FLEET_MESSAGES: Readonly<Record<string, string>> = {
  'the driver of the sqlite ledger does not load: npm rebuild better-sqlite3':
    'le pilote du registre sqlite ne se charge pas : npm rebuild better-sqlite3',
  'the postgres ledger needs a driver: npm install pg@8':
    'le registre postgres demande un pilote : npm install pg@8',
  'the redis ledger needs a driver: npm install redis@6':
    'le registre redis demande un pilote : npm install redis@6',
  'the ledger took too long': 'le registre a mis trop de temps à répondre',
  'the role may not do this in the ledger':
    'ce rôle n’a pas le droit de faire cela dans le registre',
  'there is no such ledger': 'ce registre n’existe pas',
  'the ledger cannot be reached': 'le registre est hors d’atteinte',
  'the server of the ledger has no room': 'le serveur du registre n’a plus de place',
  'the server of the ledger takes no writes': 'le serveur du registre n’accepte pas d’écriture',
  'the ledger is named by a URL: postgres://...':
    'le registre est désigné par une URL : postgres://...',
  'the ledger is named by a URL: redis://...': 'le registre est désigné par une URL : redis://...',
  'another machine is reached by TLS: rediss://...':
    'une autre machine se joint par TLS : rediss://...',
  'another machine is reached by TLS: sslmode=verify-full':
    'une autre machine se joint par TLS : sslmode=verify-full',
  'a schema has lower-case letters, digits and underscores':
    'un schéma s’écrit en minuscules, chiffres et tirets bas',
  'redis keeps nothing on disk: appendonly is off, or cannot be asked for':
    'redis ne garde rien sur disque : appendonly est désactivé, ou ne peut pas être lu',
  'redis may evict cards: set maxmemory-policy noeviction':
    'redis peut évincer des fiches : réglez maxmemory-policy noeviction',
  'the copies of the ledger lag behind': 'les copies du registre sont en retard',
  'a redis ledger needs --register: sqlite:FILE or postgres://...':
    'un registre redis demande --register : sqlite:FICHIER ou postgres://...',
  'a keyring in postgres needs --keyring-key: a file with its key':
    'un trousseau dans postgres demande --keyring-key : un fichier avec sa clé',
  'the key that wraps a keyring has 32 bytes': 'la clé qui protège un trousseau compte 32 octets',
  'the keyring does not open with this key': 'le trousseau ne s’ouvre pas avec cette clé',
  'the variable of a place is not set':
    'la variable d’environnement d’un emplacement n’est pas définie',
  'replicas are a whole number of copies': 'replicas est un nombre entier de copies',
  'the ledger lets cards go before their retention ends: see keepMonths':
    'le registre laisse partir des fiches avant la fin de leur conservation : voir keepMonths',
  'the spool is full': 'la file d’attente est pleine',
  'the state is of another copy: remove it to start again':
    'l’état est celui d’une autre copie : supprimez-le pour recommencer',
  'the state of a copy cannot be read': 'l’état d’une copie ne peut pas être lu',
  'the file of the key cannot be read': 'le fichier de la clé ne peut pas être lu',
  'there is no such keyring': 'ce trousseau n’existe pas',
  'the keyring cannot be opened': 'le trousseau ne peut pas être ouvert',
  'the keyring cannot be written': 'le trousseau ne peut pas être écrit',
  'the keyring is no file': 'le trousseau n’est pas un fichier',
  'the keyring is a symbolic link': 'le trousseau est un lien symbolique',
  'the keyring has more than one name: a hard link':
    'le trousseau a plusieurs noms : un lien physique',
  'the keyring is open to others: chmod 600': 'le trousseau est ouvert à d’autres : chmod 600',
  'the keyring belongs to another user': 'le trousseau appartient à un autre utilisateur',
  'the folder of the keyring cannot be opened': 'le dossier du trousseau ne peut pas être ouvert',
  'the folder of the keyring is open to others: chmod 700':
    'le dossier du trousseau est ouvert à d’autres : chmod 700',
  'the file of the ledger cannot be opened': 'le fichier du registre ne peut pas être ouvert',
  'the disk of the ledger is full': 'le disque du registre est plein',
  'the other ledger has a journal of its own': 'l’autre registre a son propre journal',
};
