/** Messages of `table update`: fetching the files of a table. */

export const updateSourcesMissing = {
  code: 'ERR_CONFIG',
  en: 'table update needs a configuration file with sources, the files of the table (docs/tables.md)',
  fr: 'table update exige un fichier de configuration avec sources, les fichiers de la table (docs/tables.md)',
} as const;

export const updateTableMissing = {
  code: 'ERR_CONFIG',
  en: 'table update needs the file that it writes: set table in the configuration file, or --table',
  fr: 'table update exige le fichier qu’il écrit : indiquez table dans le fichier de configuration, ou --table',
} as const;

export const updateRunning = {
  code: 'ERR_OUTPUT',
  en: 'another update works in the folder of the downloads: wait until it has ended',
  fr: 'une autre mise à jour travaille dans le dossier des téléchargements : attendez qu’elle soit terminée',
} as const;

export const updateStateDamaged = {
  code: 'ERR_OUTPUT',
  en: 'the state of the downloads cannot be read: check the permissions of the file',
  fr: 'l’état des téléchargements ne peut pas être lu : vérifiez les droits du fichier',
} as const;

export const updateStateSetAside = {
  code: 'ERR_OUTPUT',
  en: 'the state of the downloads was damaged: it is now next to its place, as .damaged, and every file is fetched again',
  fr: 'l’état des téléchargements était endommagé : il se trouve maintenant à côté, sous .damaged, et tous les fichiers sont téléchargés de nouveau',
} as const;

export const updateTableGone = {
  code: 'ERR_OUTPUT',
  en: 'the table that the last update put in place is gone, and no edition of it is kept: the new table cannot be compared and is held back; check it, then run table update --accept',
  fr: 'la table que la dernière mise à jour a mise en place a disparu, et aucune édition n’en est conservée : la nouvelle table ne peut pas être comparée et est retenue ; vérifiez-la, puis lancez table update --accept',
} as const;

export const updateFails = {
  code: 'ERR_DOWNLOAD',
  en: 'the update fails for a reason that is not foreseen: report it if it stays',
  fr: 'la mise à jour échoue pour une raison imprévue : signalez-la si elle persiste',
} as const;

export const secretCharacters = {
  code: 'ERR_CONFIG',
  en: 'the secret has characters that no request can carry, such as a line break: check its variable or file',
  fr: 'le secret contient des caractères qu’aucune requête ne peut porter, un saut de ligne par exemple : vérifiez sa variable ou son fichier',
} as const;

export const originsAlike = {
  code: 'ERR_CONFIG',
  en: 'two entries of sources and overlays name the same file: remove one',
  fr: 'deux entrées de sources et overlays désignent le même fichier : retirez-en une',
} as const;

export const originNamesAlike = {
  code: 'ERR_CONFIG',
  en: 'two entries of sources and overlays have the same name: give one of them another name',
  fr: 'deux entrées de sources et overlays ont le même nom : donnez un autre name à l’une d’elles',
} as const;

export const caUnreadable = {
  code: 'ERR_CONFIG',
  en: 'the file of certificate authorities cannot be read',
  fr: 'le fichier des autorités de certification ne peut pas être lu',
} as const;

export const downloadUnreachable = {
  code: 'ERR_DOWNLOAD',
  en: 'the server cannot be reached: check the network and the name',
  fr: 'le serveur est injoignable : vérifiez le réseau et le nom',
} as const;

export const downloadServerFails = {
  code: 'ERR_DOWNLOAD',
  en: 'the server fails with status {status}: try again later',
  fr: 'le serveur échoue avec le statut {status} : réessayez plus tard',
} as const;

export const downloadStatus = {
  code: 'ERR_DOWNLOAD',
  en: 'the server answers with status {status}, not with a file',
  fr: 'le serveur répond par le statut {status}, et non par un fichier',
} as const;

export const downloadMissing = {
  code: 'ERR_DOWNLOAD',
  en: 'the server has no such file (404): check its name, and that the subscription includes it',
  fr: 'le serveur n’a pas ce fichier (404) : vérifiez son nom, et que l’abonnement le comprend',
} as const;

export const downloadRefused = {
  code: 'ERR_DOWNLOAD_REFUSED',
  en: 'the server refuses the account, key or token (status {status}): check {fields}',
  fr: 'le serveur refuse le compte, la clé ou le jeton (statut {status}) : vérifiez {fields}',
} as const;

export const downloadRefusedOpenly = {
  code: 'ERR_DOWNLOAD_REFUSED',
  en: 'the server refuses the download (status {status})',
  fr: 'le serveur refuse le téléchargement (statut {status})',
} as const;

export const downloadBusy = {
  code: 'ERR_DOWNLOAD_BUSY',
  en: 'the server asks to come back after {moment}: too many downloads, or maintenance',
  fr: 'le serveur demande de revenir après {moment} : trop de téléchargements, ou une maintenance',
} as const;

export const downloadRedirects = {
  code: 'ERR_DOWNLOAD',
  en: 'the server redirects more than {most} times, or to an address that is not https://',
  fr: 'le serveur redirige plus de {most} fois, ou vers une adresse qui n’est pas en https://',
} as const;

export const downloadCertificate = {
  code: 'ERR_DOWNLOAD_CERTIFICATE',
  en: 'the certificate of the server is not valid for it or not trusted: check the address, the clock, and ca for a server of your own',
  fr: 'le certificat du serveur n’est pas valable pour lui ou n’est pas reconnu : vérifiez l’adresse, l’horloge, et ca pour votre propre serveur',
} as const;

export const downloadSlow = {
  code: 'ERR_DOWNLOAD_SLOW',
  en: 'the server sends nothing, or too little, within {seconds} s',
  fr: 'le serveur n’envoie rien, ou trop peu, en {seconds} s',
} as const;

export const downloadLong = {
  code: 'ERR_DOWNLOAD_SLOW',
  en: 'the file is not there after {minutes} minutes, with all attempts',
  fr: 'le fichier n’est pas là après {minutes} minutes, toutes tentatives comprises',
} as const;

export const downloadIncomplete = {
  code: 'ERR_DOWNLOAD_INCOMPLETE',
  en: 'the download ends before the file is complete',
  fr: 'le téléchargement s’arrête avant la fin du fichier',
} as const;

export const downloadChecksum = {
  code: 'ERR_DOWNLOAD_CHECKSUM',
  en: 'the download does not have the SHA-256 that the server states',
  fr: 'le téléchargement n’a pas l’empreinte SHA-256 que le serveur indique',
} as const;

export const downloadChecksumUnreadable = {
  code: 'ERR_DOWNLOAD_CHECKSUM',
  en: 'the server states no SHA-256 that can be read',
  fr: 'le serveur n’indique aucune empreinte SHA-256 lisible',
} as const;

export const downloadTooLarge = {
  code: 'ERR_DOWNLOAD_LIMIT',
  en: 'the file is larger than {megabytes} MB, or far larger than its compressed form',
  fr: 'le fichier dépasse {megabytes} Mo, ou de très loin sa forme compressée',
} as const;

export const archiveDamaged = {
  code: 'ERR_DOWNLOAD_CONTENT',
  en: 'the archive is damaged',
  fr: 'l’archive est endommagée',
} as const;

export const archiveWithoutFile = {
  code: 'ERR_DOWNLOAD_CONTENT',
  en: 'the archive does not contain the file',
  fr: 'l’archive ne contient pas le fichier',
} as const;

export const downloadAborted = {
  code: 'ERR_DOWNLOAD',
  en: 'the update was cancelled',
  fr: 'la mise à jour a été interrompue',
} as const;

export const npmMissing = {
  code: 'ERR_DOWNLOAD',
  en: 'npm cannot be started: install it, or choose another origin of the file',
  fr: 'npm ne peut pas être lancé : installez-le, ou choisissez une autre origine du fichier',
} as const;

export const npmFails = {
  code: 'ERR_DOWNLOAD',
  en: 'npm cannot fetch the package',
  fr: 'npm ne peut pas télécharger le paquet',
} as const;

export const updateEveryInvalid = {
  code: 'ERR_ARGUMENT',
  en: 'the interval of updates must be a number of hours from 1 to {most}',
  fr: 'l’intervalle des mises à jour est un nombre d’heures de 1 à {most}',
} as const;
