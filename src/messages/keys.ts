/** Messages of the layer `keys`: keyrings. */

export const monthInvalid = {
  code: 'ERR_DAY',
  en: 'a month must be written YYYY-MM',
  fr: 'un mois s’écrit AAAA-MM',
} as const;

export const keyInUse = {
  code: 'ERR_DAY',
  en: 'the key of the current or a future month is in use and cannot be destroyed: give the months before this one',
  fr: 'la clé du mois en cours ou d’un mois à venir est utilisée et ne peut pas être détruite : indiquez les mois antérieurs',
} as const;

export const keyDestroyed = {
  code: 'ERR_KEYRING_DESTROYED',
  en: 'the key of this month was destroyed',
  fr: 'la clé de ce mois a été détruite',
} as const;

export const keyringDamaged = {
  code: 'ERR_KEYRING_FORMAT',
  en: 'the file is not a keyring, or is damaged: restore it from its backup; the erasures since that backup come back from the ledger',
  fr: 'le fichier n’est pas un trousseau de clés, ou il est endommagé : restaurez sa sauvegarde ; le registre des preuves lui rendra les effacements postérieurs',
} as const;

export const keyringMissing = {
  code: 'ERR_KEYRING_OPEN',
  en: 'there is no such keyring',
  fr: 'ce trousseau de clés n’existe pas',
} as const;

export const keyringFolderUnreadable = {
  code: 'ERR_KEYRING_OPEN',
  en: 'the folder of the keyring cannot be opened',
  fr: 'le répertoire du trousseau ne peut pas être ouvert',
} as const;

export const keyringFolderMode = {
  code: 'ERR_KEYRING_MODE',
  en: 'other users can open the folder of the keyring: chmod 700',
  fr: 'd’autres utilisateurs peuvent ouvrir le répertoire du trousseau : chmod 700',
} as const;

export const keyringSymbolicLink = {
  code: 'ERR_KEYRING_LINK',
  en: 'the keyring is a symbolic link: give the path of the file',
  fr: 'le trousseau est un lien symbolique : indiquez le chemin du fichier',
} as const;

export const keyringHardLink = {
  code: 'ERR_KEYRING_LINK',
  en: 'the keyring has more than one name: remove its hard links',
  fr: 'le trousseau a plusieurs noms : supprimez ses liens physiques',
} as const;

export const keyringUnreadable = {
  code: 'ERR_KEYRING_OPEN',
  en: 'the keyring cannot be opened',
  fr: 'le trousseau ne peut pas être ouvert',
} as const;

export const keyringNotAFile = {
  code: 'ERR_KEYRING_OPEN',
  en: 'the keyring is not a regular file',
  fr: 'le trousseau n’est pas un fichier ordinaire',
} as const;

export const keyringMode = {
  code: 'ERR_KEYRING_MODE',
  en: 'other users can read the keyring: chmod 600',
  fr: 'd’autres utilisateurs peuvent lire le trousseau : chmod 600',
} as const;

export const keyringOwner = {
  code: 'ERR_KEYRING_MODE',
  en: 'the keyring belongs to another user',
  fr: 'le trousseau appartient à un autre utilisateur',
} as const;

export const keyringUnwritable = {
  code: 'ERR_KEYRING_OPEN',
  en: 'the keyring cannot be written',
  fr: 'le trousseau ne peut pas être écrit',
} as const;

export const keyringReadOnly = {
  code: 'ERR_KEYRING_OPEN',
  en: 'the keyring is read-only, and this writes to it: mount its file system read-write, and give the user write access to the file and its folder',
  fr: 'le trousseau est en lecture seule, et cette opération y écrit : montez son système de fichiers en lecture et écriture, et donnez à l’utilisateur le droit d’écrire dans le fichier et son répertoire',
} as const;

export const keyringLocked = {
  code: 'ERR_KEYRING_LOCKED',
  en: 'another process has held the lock of the keyring for too long',
  fr: 'un autre processus verrouille le trousseau depuis trop longtemps',
} as const;

export const keySupplyMonths = {
  code: 'ERR_ARGUMENT',
  en: 'a key supply with destroy also needs months',
  fr: 'une source de clés qui sait les détruire (destroy) doit aussi donner leurs mois (months)',
} as const;

export const keyMissing = {
  code: 'ERR_KEYRING_KEY',
  en: 'a keyring needs the keys {names}',
  fr: 'un trousseau exige les clés {names}',
} as const;

export const keyTooShort = {
  code: 'ERR_KEYRING_KEY',
  en: 'a key must have at least 32 bytes',
  fr: 'une clé compte au moins 32 octets',
} as const;

export const wrappingKeyWrong = {
  code: 'ERR_KEYRING_KEY',
  en: 'this key does not open the keyring',
  fr: 'cette clé n’ouvre pas le trousseau',
} as const;

export const wrappingKeyMissing = {
  code: 'ERR_KEYRING_KEY',
  en: 'the keys of this keyring are wrapped: give the key that wraps them',
  fr: 'les clés de ce trousseau sont protégées : indiquez la clé qui les protège',
} as const;

export const wrappingKeyUnneeded = {
  code: 'ERR_KEYRING_KEY',
  en: 'the keys of this keyring are not wrapped: leave out the wrapping key, or wrap them with keyring rewrap',
  fr: 'les clés de ce trousseau ne sont pas protégées : n’indiquez pas de clé, ou protégez-les avec keyring rewrap',
} as const;

export const keyringOther = {
  code: 'ERR_KEYRING_MISMATCH',
  en: 'the target holds the keys of another keyring: nothing was changed',
  fr: 'la cible contient les clés d’un autre trousseau : rien n’a été modifié',
} as const;

export const keyringReplaced = {
  code: 'ERR_KEYRING_MISMATCH',
  en: 'another keyring was put in the place of this one while it was open: put the right one back; until then the keys in memory are used',
  fr: 'un autre trousseau a pris la place de celui-ci pendant son utilisation : remettez le bon ; d’ici là, les clés en mémoire servent',
} as const;

export const keyringCopyDiffers = {
  code: 'ERR_KEYRING_MISMATCH',
  en: 'the copy does not answer the same check values: do not use it',
  fr: 'la copie ne donne pas les mêmes valeurs de contrôle : ne l’utilisez pas',
} as const;

export const wrappingKeyLength = {
  code: 'ERR_KEYRING_KEY',
  en: 'the key that wraps a keyring must have 32 bytes',
  fr: 'la clé qui protège un trousseau compte 32 octets',
} as const;
