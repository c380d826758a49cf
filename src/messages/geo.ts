/** Messages of the layer `geo`: prefixes, sources and table files. */

export const prefixSyntax = {
  code: 'ERR_PREFIX',
  en: 'a prefix must be an address, a slash and a length',
  fr: 'un préfixe s’écrit : une adresse, une barre oblique et une longueur',
} as const;

export const prefixLength = {
  code: 'ERR_PREFIX',
  en: 'prefix length is out of range',
  fr: 'la longueur du préfixe est hors limites',
} as const;

export const prefixHostBits = {
  code: 'ERR_PREFIX',
  en: 'prefix has host bits set beyond its length',
  fr: 'le préfixe a des bits d’hôte à 1 au-delà de sa longueur',
} as const;

export const prefixNotText = {
  code: 'ERR_PREFIX',
  en: 'a prefix must be a string',
  fr: 'un préfixe doit être une chaîne de caractères',
} as const;

export const trustedNotList = {
  code: 'ERR_ARGUMENT',
  en: 'trusted proxies must be a list of prefixes',
  fr: 'les proxys de confiance doivent être une liste de préfixes',
} as const;

export const trustedEveryone = {
  code: 'ERR_PREFIX_TRUSTS_ALL',
  en: 'a list of trusted proxies must not trust every address: name the proxies only',
  fr: 'une liste de proxys de confiance ne doit pas couvrir toutes les adresses : indiquez seulement vos proxys',
} as const;

export const tableNotATable = {
  code: 'ERR_ARGUMENT',
  en: 'this value is not a zone table',
  fr: 'cette valeur n’est pas une table de zones',
} as const;

export const tableFormat = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the file is not a table of this version: build it again',
  fr: 'le fichier n’est pas une table de cette version : construisez-la de nouveau',
} as const;

export const tableTruncated = {
  code: 'ERR_TABLE_TRUNCATED',
  en: 'the table file is truncated',
  fr: 'le fichier de la table est tronqué',
} as const;

export const tableTrailingBytes = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the table file has extra bytes at its end',
  fr: 'le fichier de la table a des octets de trop à la fin',
} as const;

export const tableChecksum = {
  code: 'ERR_TABLE_CHECKSUM',
  en: 'the table file is damaged: its checksum differs',
  fr: 'le fichier de la table est endommagé : sa somme de contrôle diffère',
} as const;

export const tableEditionUnreadable = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the edition in the table file cannot be read',
  fr: 'l’édition décrite dans la table ne peut pas être lue',
} as const;

export const tableEditionTooLarge = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the edition in the table file exceeds the size limit',
  fr: 'l’édition décrite dans la table dépasse la taille permise',
} as const;

export const tableArraysInvalid = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the arrays of the table file contradict each other: build it again',
  fr: 'les tableaux du fichier de la table se contredisent : construisez-la de nouveau',
} as const;

export const tableLocationInvalid = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the table file has an invalid location: build it again',
  fr: 'le fichier de la table a un lieu non valide : construisez-la de nouveau',
} as const;

export const tableStartsUnordered = {
  code: 'ERR_TABLE_FORMAT',
  en: 'the intervals in the table file do not ascend',
  fr: 'les intervalles de la table ne sont pas croissants',
} as const;

export const tableTooManyIntervals = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the files cut the address space into more intervals than a table can hold',
  fr: 'les fichiers découpent l’espace d’adressage en plus d’intervalles qu’une table n’en contient',
} as const;

export const tableTooManyNumbers = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the files hold more than a table can',
  fr: 'les fichiers contiennent plus qu’une table ne peut contenir',
} as const;

export const sourceNone = {
  code: 'ERR_SOURCE_EMPTY',
  en: 'a table needs at least one source',
  fr: 'une table exige au moins une source',
} as const;

export const sourceNoTerritory = {
  code: 'ERR_SOURCE_EMPTY',
  en: 'the source names no known territory',
  fr: 'la source ne nomme aucun territoire connu',
} as const;

export const sourceTooLarge = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the file exceeds the size limit of a table or source',
  fr: 'le fichier dépasse la taille permise pour une table ou une source',
} as const;

export const fileMissing = {
  code: 'ERR_SOURCE_OPEN',
  en: 'there is no such file',
  fr: 'ce fichier n’existe pas',
} as const;

export const fileDirectory = {
  code: 'ERR_SOURCE_OPEN',
  en: 'the path is a directory, not a file',
  fr: 'le chemin est un répertoire, pas un fichier',
} as const;

export const fileForbidden = {
  code: 'ERR_SOURCE_OPEN',
  en: 'the file cannot be read: permission denied',
  fr: 'le fichier ne peut pas être lu : droits insuffisants',
} as const;

export const fileSpecial = {
  code: 'ERR_SOURCE_OPEN',
  en: 'the path is a pipe or a device, not a file',
  fr: 'le chemin est un tube ou un périphérique, pas un fichier',
} as const;

export const fileUnreadable = {
  code: 'ERR_SOURCE_OPEN',
  en: 'the file cannot be read',
  fr: 'le fichier ne peut pas être lu',
} as const;

export const sourceChecksum = {
  code: 'ERR_SOURCE_CHECKSUM',
  en: 'the SHA-256 of the file differs from the one given',
  fr: 'l’empreinte SHA-256 du fichier diffère de celle indiquée',
} as const;

export const sourceEmpty = {
  code: 'ERR_SOURCE_EMPTY',
  en: 'the file is empty',
  fr: 'le fichier est vide',
} as const;

export const sourceGzip = {
  code: 'ERR_SOURCE_GZIP',
  en: 'the file is compressed: unpack it first',
  fr: 'le fichier est compressé : décompressez-le d’abord',
} as const;

export const sourceDayMissing = {
  code: 'ERR_SOURCE_BUILT',
  en: 'a CSV source does not hold the day of its data: give it, as YYYY-MM-DD',
  fr: 'une source CSV ne contient pas la date de ses données : indiquez-la, AAAA-MM-JJ',
} as const;

export const sourceIsTable = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'a compiled table cannot be a source',
  fr: 'une table compilée ne peut pas servir de source',
} as const;

export const sourceFormat = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file is neither CSV nor a complete MMDB file',
  fr: 'le fichier n’est ni du CSV ni un fichier MMDB complet',
} as const;

export const rowPrefix = {
  code: 'ERR_SOURCE_ROW',
  en: 'a row must begin with a prefix: {problem}',
  fr: 'une ligne doit commencer par un préfixe : {problem}',
} as const;

export const rowSyntax = {
  code: 'ERR_SOURCE_ROW',
  en: 'a row must be prefix,code or start,end,code, or a header row must name its columns',
  fr: 'une ligne s’écrit préfixe,code ou début,fin,code, ou un en-tête nomme ses colonnes',
} as const;

export const rowTooLong = {
  code: 'ERR_SOURCE_ROW',
  en: 'the row exceeds the length limit',
  fr: 'la ligne dépasse la longueur permise',
} as const;

export const rowEnd = {
  code: 'ERR_SOURCE_ROW',
  en: 'a row must end with a line feed',
  fr: 'une ligne doit finir par un saut de ligne (LF)',
} as const;

export const rowTooManyCodes = {
  code: 'ERR_SOURCE_ROW',
  en: 'the file names more codes than exist',
  fr: 'le fichier nomme plus de codes qu’il n’en existe',
} as const;

export const rangesContradict = {
  code: 'ERR_SOURCE_OVERLAP',
  en: 'the range crosses or contradicts that of line {other}',
  fr: 'la plage croise ou contredit celle de la ligne {other}',
} as const;

export const locationUnknown = {
  code: 'ERR_SOURCE_ROW',
  en: 'a location must be the ISO 3166-1 code of a territory, or home, eea, outside or unknown',
  fr: 'un lieu s’écrit par le code ISO 3166-1 d’un territoire, ou home, eea, outside ou unknown',
} as const;

export const correctionLastDay = {
  code: 'ERR_SOURCE_ROW',
  en: 'a correction needs its last day in this column, as YYYY-MM-DD: no other form is guessed',
  fr: 'une correction indique son dernier jour dans cette colonne, au format AAAA-MM-JJ seulement',
} as const;

export const correctionReason = {
  code: 'ERR_SOURCE_ROW',
  en: 'a correction needs a reason',
  fr: 'une correction doit indiquer son motif',
} as const;

export const overlayNotText = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'an overlay of this kind must be text, not an MMDB file',
  fr: 'une couche de ce genre doit être du texte, pas un fichier MMDB',
} as const;

export const overlayNoAnonymiser = {
  code: 'ERR_SOURCE_EMPTY',
  en: 'the overlay of anonymisers names no anonymiser',
  fr: 'la couche d’anonymiseurs n’en nomme aucun',
} as const;

export const mmdbTreeTooLarge = {
  code: 'ERR_SOURCE_TRUNCATED',
  en: 'the search tree is larger than the file',
  fr: 'l’arbre de recherche est plus grand que le fichier',
} as const;

export const mmdbTreeEnd = {
  code: 'ERR_SOURCE_TREE',
  en: 'the search tree does not end where the metadata say',
  fr: 'l’arbre de recherche ne finit pas où les métadonnées le disent',
} as const;

export const mmdbTreeEndless = {
  code: 'ERR_SOURCE_TREE',
  en: 'the search tree does not end',
  fr: 'l’arbre de recherche ne se termine pas',
} as const;

export const mmdbRecordOutside = {
  code: 'ERR_SOURCE_TREE',
  en: 'a record points outside the data section',
  fr: 'un enregistrement pointe hors de la section de données',
} as const;

export const mmdbTooManyCodes = {
  code: 'ERR_SOURCE_DATA',
  en: 'the file names more codes than exist',
  fr: 'le fichier nomme plus de codes qu’il n’en existe',
} as const;

export const mmdbMetadataTwice = {
  code: 'ERR_SOURCE_METADATA',
  en: 'the metadata contain a name twice',
  fr: 'les métadonnées contiennent deux fois le même nom',
} as const;

export const mmdbMetadataNotMap = {
  code: 'ERR_SOURCE_METADATA',
  en: 'the metadata are not a map',
  fr: 'les métadonnées ne sont pas une table de noms et de valeurs',
} as const;

export const mmdbMetadataTrailing = {
  code: 'ERR_SOURCE_METADATA',
  en: 'the file continues after its metadata',
  fr: 'le fichier continue après ses métadonnées',
} as const;

export const mmdbMetadataSecond = {
  code: 'ERR_SOURCE_METADATA',
  en: 'the file contains a second set of metadata',
  fr: 'le fichier contient un second bloc de métadonnées',
} as const;

export const mmdbMetadataIncomplete = {
  code: 'ERR_SOURCE_METADATA',
  en: 'the metadata are incomplete or out of range',
  fr: 'les métadonnées sont incomplètes ou hors limites',
} as const;

export const mmdbValueTooLong = {
  code: 'ERR_SOURCE_DATA',
  en: 'a value runs past the end of its section',
  fr: 'une valeur dépasse la fin de sa section',
} as const;

export const mmdbTooMuchReading = {
  code: 'ERR_SOURCE_DATA',
  en: 'reading the records exceeds the limit for a file of this size',
  fr: 'la lecture des enregistrements dépasse la limite pour un fichier de cette taille',
} as const;

export const mmdbTypeUnknown = {
  code: 'ERR_SOURCE_DATA',
  en: 'a value has an unknown type',
  fr: 'une valeur est d’un type inconnu',
} as const;

export const mmdbValueSize = {
  code: 'ERR_SOURCE_DATA',
  en: 'a value has a size that its type does not allow',
  fr: 'une valeur a une taille que son type n’admet pas',
} as const;

export const mmdbPointerOutside = {
  code: 'ERR_SOURCE_DATA',
  en: 'a pointer points outside its section',
  fr: 'un pointeur mène hors de sa section',
} as const;

export const mmdbPointerToPointer = {
  code: 'ERR_SOURCE_DATA',
  en: 'a pointer points to a pointer',
  fr: 'un pointeur mène à un autre pointeur',
} as const;

export const mmdbNesting = {
  code: 'ERR_SOURCE_DATA',
  en: 'values are nested too deeply',
  fr: 'des valeurs sont imbriquées trop profondément',
} as const;

export const mmdbContainerTooLarge = {
  code: 'ERR_SOURCE_DATA',
  en: 'a container claims more than its section holds',
  fr: 'un conteneur annonce plus que sa section ne contient',
} as const;

export const mmdbMapTooLarge = {
  code: 'ERR_SOURCE_DATA',
  en: 'a map claims more than its section holds',
  fr: 'une table annonce plus que sa section ne contient',
} as const;

export const mmdbTextNotUtf8 = {
  code: 'ERR_SOURCE_DATA',
  en: 'a string is not valid UTF-8',
  fr: 'un texte n’est pas en UTF-8 valide',
} as const;

export const mmdbKeyNotText = {
  code: 'ERR_SOURCE_DATA',
  en: 'a key is not a string',
  fr: 'une clé n’est pas un texte',
} as const;

// An exported table.

export const tableTooFragmented = {
  code: 'ERR_SOURCE_LIMIT',
  en: 'the table has too many networks for an MMDB file',
  fr: 'la table compte trop de réseaux pour un fichier MMDB',
} as const;

export const mmdbExported = {
  code: 'ERR_SOURCE_DATA',
  en: 'the file is an export of a zone table and contains no country: give the compiled table or its sources instead',
  fr: 'le fichier est l’export d’une table de zones et ne contient aucun pays : donnez plutôt la table compilée ou ses sources',
} as const;

export const rowQuote = {
  code: 'ERR_SOURCE_ROW',
  en: 'a quoted field must end in its own row, before the next separator',
  fr: 'un champ entre guillemets doit finir sur sa ligne, avant le séparateur suivant',
} as const;

export const rowSeparator = {
  code: 'ERR_SOURCE_ROW',
  en: 'the row has another separator than the rows before it',
  fr: 'la ligne n’a pas le même séparateur que les lignes précédentes',
} as const;

export const rowPipe = {
  code: 'ERR_SOURCE_ROW',
  en: 'the fields of a row must be separated by a comma, a semicolon or a tab, not by |',
  fr: 'les champs d’une ligne sont séparés par une virgule, un point-virgule ou une tabulation, pas par |',
} as const;

export const rowRange = {
  code: 'ERR_SOURCE_ROW',
  en: 'the end of a range must be an address of the same family, not before its start',
  fr: 'la fin d’une plage est une adresse de la même famille, qui ne précède pas son début',
} as const;

export const rowMask = {
  code: 'ERR_SOURCE_ROW',
  en: 'the second field looks like a netmask and not like the end of a range: write address/length',
  fr: 'le deuxième champ ressemble à un masque et non à la fin d’une plage : écrivez adresse/longueur',
} as const;

export const rowSecondAddress = {
  code: 'ERR_SOURCE_ROW',
  en: 'this field is not the end of a range and has no meaning: name the columns in a header row',
  fr: 'ce champ n’est pas la fin d’une plage et n’a pas de sens : nommez les colonnes dans un en-tête',
} as const;

export const rowMeaning = {
  code: 'ERR_SOURCE_ROW',
  en: 'this field could change the meaning of the row: name the columns in a header row',
  fr: 'ce champ pourrait changer le sens de la ligne : nommez les colonnes dans un en-tête',
} as const;

export const rowFields = {
  code: 'ERR_SOURCE_ROW',
  en: 'the row does not have the fields that the header row names',
  fr: 'la ligne n’a pas les champs que l’en-tête nomme',
} as const;

export const rowFlag = {
  code: 'ERR_SOURCE_ROW',
  en: 'this column must hold true or false, or 1 or 0',
  fr: 'cette colonne doit contenir true ou false, ou 1 ou 0',
} as const;

export const countryNames = {
  code: 'ERR_SOURCE_ROW',
  en: 'this column must hold two-letter codes, not names: use a file with a column country_code',
  fr: 'cette colonne doit contenir des codes à deux lettres, pas des noms : prenez un fichier avec une colonne country_code',
} as const;

export const headerUnknown = {
  code: 'ERR_SOURCE_ROW',
  en: 'the first row names no column of addresses; known names: {known}',
  fr: 'la première ligne ne nomme aucune colonne d’adresses ; noms connus : {known}',
} as const;

export const headerNoColumn = {
  code: 'ERR_SOURCE_ROW',
  en: 'the header row lacks a column; known names: {known}',
  fr: 'il manque une colonne à l’en-tête ; noms connus : {known}',
} as const;

export const headerTwice = {
  code: 'ERR_SOURCE_ROW',
  en: 'the header row already has a column of this meaning: remove one of the two',
  fr: 'l’en-tête a déjà une colonne de ce sens : retirez l’une des deux',
} as const;

export const headerNoFlag = {
  code: 'ERR_SOURCE_ROW',
  en: 'the header row names none of the fields of this overlay, only {known}: set its fields',
  fr: 'l’en-tête ne nomme aucun des champs (fields) de cette couche, mais seulement {known} : réglez fields',
} as const;

export const headerSize = {
  code: 'ERR_SOURCE_ROW',
  en: 'this column gives the ranges a second size: keep prefixes, or starts and ends, and remove it',
  fr: 'cette colonne donne une seconde taille aux plages : gardez les préfixes, ou les débuts et les fins, et retirez-la',
} as const;

export const headerCondition = {
  code: 'ERR_SOURCE_ROW',
  en: 'the column {name} could change the meaning of its rows and is not read in a file of this kind: remove it, and the rows that do not apply',
  fr: 'la colonne {name} pourrait changer le sens de ses lignes et n’est pas lue dans un fichier de ce genre : retirez-la, et les lignes qui ne s’appliquent pas',
} as const;

export const locationsMissing = {
  code: 'ERR_SOURCE_ROW',
  en: 'the file refers to a locations file: give the one of the same edition in the field locations of the source',
  fr: 'le fichier renvoie à un fichier de lieux : indiquez celui de la même édition dans le champ locations de la source',
} as const;

export const locationsHeader = {
  code: 'ERR_SOURCE_ROW',
  en: 'a locations file needs a header row with geoname_id and country_iso_code',
  fr: 'un fichier de lieux doit avoir un en-tête avec geoname_id et country_iso_code',
} as const;

export const locationsTwice = {
  code: 'ERR_SOURCE_ROW',
  en: 'the locations file gives this geoname_id two countries: use the file as MaxMind publishes it',
  fr: 'le fichier de lieux donne deux pays à ce geoname_id : prenez le fichier tel que MaxMind le publie',
} as const;

export const locationsUnknownId = {
  code: 'ERR_SOURCE_ROW',
  en: 'the locations file does not contain this geoname_id: use two files of the same edition',
  fr: 'le fichier de lieux ne contient pas ce geoname_id : prenez deux fichiers de la même édition',
} as const;

export const overlayNoEntry = {
  code: 'ERR_SOURCE_EMPTY',
  en: 'the file contains no entry: remove it from the configuration, or give the right file',
  fr: 'le fichier ne contient aucune entrée : retirez-le de la configuration, ou donnez le bon fichier',
} as const;

export const geofeedDiscarded = {
  code: 'ERR_SOURCE_ROW',
  en: 'too many entries of the geofeed cannot be used: {count} of {rows}, the first in this line: correct them, or ask the publisher to',
  fr: 'trop d’entrées du geofeed sont inutilisables : {count} sur {rows}, la première à cette ligne : corrigez-les, ou demandez-le à l’éditeur',
} as const;

export const sourceCompressed = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file is compressed ({format}): unpack it first',
  fr: 'le fichier est compressé ({format}) : décompressez-le d’abord',
} as const;

export const sourceArchive = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file is an archive or a workbook ({format}): extract the .mmdb or .csv file from it, or save it as CSV',
  fr: 'le fichier est une archive ou un classeur ({format}) : extrayez-en le fichier .mmdb ou .csv, ou enregistrez-le en CSV',
} as const;

export const sourceWebPage = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file is a web page: check the address of the download, and its account or key',
  fr: 'le fichier est une page web : vérifiez l’adresse du téléchargement, et son compte ou sa clé',
} as const;

export const sourceOtherFormat = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file is {format}: use the MMDB or CSV file of the same data, or save it as CSV',
  fr: 'le fichier est au format {format} : prenez le fichier MMDB ou CSV des mêmes données, ou enregistrez-le en CSV',
} as const;

export const sourceLegacyGeoIp = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file has the old format GeoIP.dat: use the MMDB file',
  fr: 'le fichier est à l’ancien format GeoIP.dat : prenez le fichier MMDB',
} as const;

export const textUtf16 = {
  code: 'ERR_SOURCE_FORMAT',
  en: 'the file is UTF-16: save it as CSV in UTF-8',
  fr: 'le fichier est en UTF-16 : enregistrez-le en CSV UTF-8',
} as const;
