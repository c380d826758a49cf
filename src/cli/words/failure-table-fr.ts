/** Translates the errors of tables and sources to French, by the library's message. */
export const TABLE_MESSAGES: Readonly<Record<string, string>> = {
  'there is no such file': 'ce fichier n’existe pas',
  'it is a directory': 'c’est un dossier',
  'it may not be read': 'ce fichier ne peut pas être lu : droits insuffisants',
  'it is a pipe or a device, not a file': 'c’est un tube ou un périphérique, pas un fichier',
  'the file is empty': 'le fichier est vide',
  'a table needs at least one source': 'une table demande au moins une source',
  'a source names no known territory': 'une source ne nomme aucun territoire connu',
  'an overlay of anonymisers names none': 'une couche d’anonymiseurs n’en nomme aucun',
  'an overlay of this kind is text, not an mmdb file':
    'une couche de ce genre est du texte, pas un fichier MMDB',
  'a compiled table is no source': 'une table compilée n’est pas une source',
  'the day of a source is a calendar day, YYYY-MM-DD':
    'le jour d’une source est une date, AAAA-MM-JJ',
  'a place is the iso 3166-1 code of a territory, or home, eea, outside or unknown':
    'un lieu est le code ISO 3166-1 d’un territoire, ou home, eea, outside ou unknown',
  'a correction has a last day, YYYY-MM-DD': 'une correction a un dernier jour, AAAA-MM-JJ',
  'a correction has a reason': 'une correction a une raison',
  'a row is longer than any row is': 'une ligne est trop longue',
  'the recipe is no json': 'la recette n’est pas du JSON',
  'a recipe has lists of sources and of overlays, each with a path':
    'une recette a des listes de sources et de couches, chacune avec un chemin (path)',
  'a recipe has no other fields than sources, overlays, home, on, licence, guards':
    'une recette n’a pas d’autres champs que sources, overlays, home, on, licence, guards',
  'a source has no other fields than path, name, sha256, built, licence':
    'une source n’a pas d’autres champs que path, name, sha256, built, licence',
  'an overlay has no other fields than path, name, sha256, built, licence, kind, fields':
    'une couche n’a pas d’autres champs que path, name, sha256, built, licence, kind, fields',
  'a licence has no other fields than also, except':
    'une licence n’a pas d’autres champs que also, except',
  'an overlay is KIND:FILE, where KIND is one of places, geofeed, corrections, anonymisers, relays':
    'une couche s’écrit GENRE:FICHIER, où GENRE est places, geofeed, corrections, anonymisers ou relays',
  'guards are shares between 0 and 1, sentinels with an address and a zone, bundledSentinels, moved between 0 and 1, and families':
    'les garde-fous sont des parts entre 0 et 1 (shares), des sentinelles (sentinels), bundledSentinels, moved entre 0 et 1, et families',
  'the file of --guards cannot be read': 'le fichier de --guards ne peut pas être lu',
  'the file of --guards is no json': 'le fichier de --guards n’est pas du JSON',
  '--table-state and --table name the same file':
    '--table-state et --table désignent le même fichier',
  'the remembered table cannot be read': 'la table mémorisée ne peut pas être lue',
  'this is no address': 'ce n’est pas une adresse',
  'the file could not be read': 'le fichier ne peut pas être lu',
  'a licence names territories by iso 3166-1 alpha-2 codes in upper case':
    'une licence nomme des territoires par leur code ISO 3166-1 alpha-2 en majuscules',
  'a prefix is an address, a slash and a length':
    'un préfixe est une adresse, une barre oblique et une longueur',
  'the length of a prefix is out of range': 'la longueur du préfixe est hors limites',
  'a prefix has bits set behind its length': 'le préfixe a des bits au-delà de sa longueur',
  'a prefix has host bits set beyond its length': 'le préfixe a des bits au-delà de sa longueur',
  'the file cannot be written': 'le fichier ne peut pas être écrit',
  'what is there is no compiled table: nothing is written over it':
    'ce qui est là n’est pas une table compilée : rien n’est écrit par-dessus',
  'the new table is of another home state': 'la nouvelle table est d’un autre État de résidence',
};
