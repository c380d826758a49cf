/** Holds the texts of the commands for tables. */
import type { LocalisedText } from '../../messages/localised-text.ts';

export const TABLE_WORDS = {
  cmdTableBuild: {
    en: 'compile sources and overlays to a table, and compare it with the one it replaces',
    fr: 'compiler des sources et des couches en une table, et la comparer à celle qu’elle remplace',
  },
  cmdTableDiff: {
    en: 'show what moves between two tables',
    fr: 'montrer ce qui change entre deux tables',
  },
  cmdTableMap: {
    en: 'draw the IPv4 space by zone, or what moves between two tables',
    fr: 'dessiner l’espace IPv4 par zone, ou ce qui change entre deux tables',
  },
  cmdTableExport: {
    en: 'write the zones of a table to a file that other programs read, an MMDB by default',
    fr: 'écrire les zones d’une table dans un fichier que d’autres programmes lisent, MMDB par défaut',
  },
  optExportFormat: {
    en: 'mmdb, or haproxy for an address map of HAProxy',
    fr: 'mmdb, ou haproxy pour une table d’adresses de HAProxy',
  },
  optExportOutput: {
    en: 'file to write; only an earlier export in the same format is replaced',
    fr: 'fichier à écrire ; seul un export précédent dans le même format est remplacé',
  },
  tableExported: {
    en: 'exported: edition {edition}, {size}; export again after each update of the table',
    fr: 'exportée : édition {edition}, {size} ; à exporter de nouveau après chaque mise à jour de la table',
  },
  cmdTableWhy: {
    en: 'show what each source says about an address, and by which prefix',
    fr: 'montrer ce que chaque source dit d’une adresse, et par quel préfixe',
  },
  optBuildConfig: {
    en: 'JSON file with the sources, overlays and settings of a table',
    fr: 'fichier JSON des sources, des couches et des réglages d’une table',
  },
  optSource: {
    en: 'MMDB or CSV file; several files vote, without a majority the first one wins (repeatable)',
    fr: 'fichier MMDB ou CSV ; plusieurs fichiers votent, sans majorité le premier l’emporte (répétable)',
  },
  optOverlay: {
    en: 'KIND:FILE; kinds: places, geofeed, corrections, anonymisers, relays; the last overlay wins (repeatable)',
    fr: 'GENRE:FICHIER ; genres : places, geofeed, corrections, anonymisers, relays ; la dernière couche l’emporte (répétable)',
  },
  optBuilt: {
    en: 'day of the data of the CSV sources, YYYY-MM-DD or DD/MM/YYYY',
    fr: 'date des données des sources CSV, JJ/MM/AAAA ou AAAA-MM-JJ',
  },
  optHome: { en: 'home State (default: FR)', fr: 'État de résidence (par défaut : FR)' },
  optLawOf: {
    en: 'day whose law applies, YYYY-MM-DD or DD/MM/YYYY',
    fr: 'date du droit applicable, JJ/MM/AAAA ou AAAA-MM-JJ',
  },
  optAlso: {
    en: 'territory that the licence covers in addition to the home State (repeatable)',
    fr: 'territoire que la licence ajoute à l’État de résidence (répétable)',
  },
  optExcept: {
    en: 'territory that the licence excludes (repeatable)',
    fr: 'territoire que la licence exclut (répétable)',
  },
  optBuildOutput: {
    en: 'file to write; the new table is compared with the one that this file holds',
    fr: 'fichier à écrire ; la nouvelle table est comparée à celle qu’il contient',
  },
  optAccept: {
    en: 'write the table even if it violates its guards; the acceptance is stored in the file and also holds for serve and every watch',
    fr: 'écrire la table même si elle enfreint ses garde-fous ; l’acceptation est inscrite dans le fichier et vaut aussi pour serve et toute surveillance',
  },
  argOld: { en: 'earlier table', fr: 'ancienne table' },
  argNew: { en: 'later table', fr: 'nouvelle table' },
  optPrefixes: {
    en: 'largest ranges to show per pair of zones; 0 for none',
    fr: 'nombre de grandes plages à montrer par paire de zones ; 0 pour aucune',
  },
  optMapOutput: { en: 'PNG file to write', fr: 'fichier PNG à écrire' },
  optMapFrom: {
    en: 'earlier table: draws only what moves',
    fr: 'ancienne table : ne dessine que ce qui change',
  },
  argAddress: { en: 'address', fr: 'adresse' },
  buildStep: { en: 'steps', fr: 'étapes' },
  tableBuilt: {
    en: 'written: edition {edition}, {size}',
    fr: 'écrite : édition {edition}, {size}',
  },
  tableHeld: {
    en: 'table {edition} violates its guards and is written next to the output as .held; check it with table diff, then build with --accept',
    fr: 'la table {edition} enfreint ses garde-fous et est écrite à côté de la sortie sous .held ; vérifiez-la avec table diff, puis construisez avec --accept',
  },
  correctionHasEnded: {
    en: 'a correction in this table has ended: build the table again',
    fr: 'une correction de cette table a pris fin : construisez-la de nouveau',
  },
  notCompared: {
    en: 'there was no table to compare with: only shares, sentinels and families were checked',
    fr: 'il n’y avait pas de table de comparaison : seules les parts, les sentinelles et les familles ont été contrôlées',
  },
  accepted: { en: 'accepted despite its guards', fr: 'acceptée malgré ses garde-fous' },
  correctionsEnded: {
    en: 'corrections that have ended and have no effect: {count}',
    fr: 'corrections terminées et sans effet : {count}',
  },
  sentinelOwn: { en: 'of your own', fr: 'parmi les vôtres' },
  sentinelBundled: { en: 'of the bundled ones', fr: 'parmi celles fournies' },
  violationSentinel: {
    en: 'sentinel {which} {of}: found “{found}” instead of “{expected}”',
    fr: 'sentinelle {which} {of} : « {found} » au lieu de « {expected} »',
  },
  violationShare: {
    en: '“{of}”: {share} of the public IPv4 addresses, not between {least} and {most}',
    fr: '« {of} » : {share} des adresses IPv4 publiques, hors des bornes {least} à {most}',
  },
  quotedZone: { en: '“{zone}”', fr: '« {zone} »' },
  violationFamily: {
    en: '{family}: no address is in {zones}',
    fr: '{family} : aucune adresse dans {zones}',
  },
  violationMoved: {
    en: '{family}: {moved} of the addresses “{zone}” change zone, more than {most}',
    fr: '{family} : {moved} des adresses « {zone} » changent de zone, plus que {most}',
  },
  reloadRefused: {
    en: 'no newer table: the previous one stays in force',
    fr: 'pas de table plus récente : la précédente reste en vigueur',
  },
  reloaded: {
    en: 'table {edition} is now in force',
    fr: 'la table {edition} est maintenant en vigueur',
  },
  notReloaded: {
    en: 'the file holds the table in force, {edition}',
    fr: 'le fichier contient la table en vigueur, {edition}',
  },
  reloadHeld: {
    en: 'table {edition} violates its guards; the previous one stays in force: check it with table diff, then build it with table build --accept',
    fr: 'la table {edition} enfreint ses garde-fous ; la précédente reste en vigueur : vérifiez-la avec table diff, puis construisez-la avec table build --accept',
  },
  overlay: { en: 'overlay', fr: 'couche' },
  kind: { en: 'kind', fr: 'genre' },
  through: { en: 'through', fr: 'jusqu’au' },
  diffIPv4: { en: 'IPv4, addresses', fr: 'IPv4, adresses' },
  diffIPv6: { en: 'IPv6, networks of /64', fr: 'IPv6, réseaux /64' },
  diffNone: { en: 'nothing changes', fr: 'rien ne change' },
  diffFrom: { en: 'from', fr: 'de' },
  diffTo: { en: 'to', fr: 'à' },
  diffAddresses: { en: 'addresses', fr: 'adresses' },
  diffNetworks: { en: '/64', fr: '/64' },
  diffPrefixes: { en: 'prefixes', fr: 'préfixes' },
  mapTitle: {
    en: 'The IPv4 space by zone, as seen from {home}',
    fr: 'L’espace IPv4 par zone, vu de {home}',
  },
  mapMovedTitle: {
    en: 'What moves in the IPv4 space, as seen from {home}',
    fr: 'Ce qui change dans l’espace IPv4, vu de {home}',
  },
  mapEdition: { en: 'edition {id} · law of {on}', fr: 'édition {id} · droit du {on}' },
  mapScale: {
    en: 'Hilbert curve · a pixel is a /20, a square a /8',
    fr: 'courbe de Hilbert · un pixel est un /20, un carré un /8',
  },
  mapHome: { en: 'home State', fr: 'État de résidence' },
  mapEea: { en: 'elsewhere in the EEA', fr: 'ailleurs dans l’EEE' },
  mapOutside: { en: 'outside the EEA', fr: 'hors de l’EEE' },
  mapUnknown: { en: 'unknown', fr: 'inconnu' },
  mapSpecial: { en: 'special-purpose', fr: 'usage spécial' },
  mapAnonymised: { en: 'anonymisers', fr: 'anonymiseurs' },
  mapDisputed: {
    en: 'sources disagree, whatever the zone',
    fr: 'sources en désaccord, toutes zones',
  },
  mapStill: { en: 'does not move', fr: 'sans changement' },
  mapToHome: { en: 'becomes home', fr: 'entre dans l’État de résidence' },
  mapToEea: { en: 'becomes EEA', fr: 'entre dans l’EEE' },
  mapToOutside: { en: 'becomes outside', fr: 'passe hors de l’EEE' },
  mapToUnknown: { en: 'becomes unknown', fr: 'devient inconnu' },
  mapToAnonymised: { en: 'becomes an anonymiser’s', fr: 'devient anonymiseur' },
  sideHome: { en: 'home', fr: 'résidence' },
  sideEea: { en: 'eea', fr: 'EEE' },
  sideOutside: { en: 'outside', fr: 'hors EEE' },
  sideUnknown: { en: 'unknown', fr: 'inconnu' },
  sideAnonymised: { en: 'anonymised', fr: 'anonymisé' },
  sideLicensed: { en: 'licensed', fr: 'sous licence' },
  sideDisputed: { en: 'disputed', fr: 'contesté' },
  whyFile: { en: 'file', fr: 'fichier' },
  whyKind: { en: 'kind', fr: 'genre' },
  whySays: { en: 'says', fr: 'dit' },
  whyZone: { en: 'zone', fr: 'zone' },
  whyPrefix: { en: 'prefix', fr: 'préfixe' },
  whyNothing: { en: 'nothing', fr: 'rien' },
  whyNamed: { en: 'named', fr: 'cité' },
  whyEnded: { en: 'ended', fr: 'terminé' },
  whyLine: { en: 'line {line}', fr: 'ligne {line}' },
  finding: {
    en: '{name}: {count} × {problem}, lines {lines}: {effect}',
    fr: '{name} : {count} × {problem}, lignes {lines} : {effect}',
  },
  findingPrefix: { en: 'no valid prefix', fr: 'pas de préfixe valide' },
  findingHostBits: {
    en: 'host bits set beyond the length of the prefix',
    fr: 'bits d’hôte à 1 au-delà de la longueur du préfixe',
  },
  findingCode: {
    en: 'not an ISO 3166-1 code',
    fr: 'code hors ISO 3166-1',
  },
  findingRow: { en: 'row that cannot be read', fr: 'ligne illisible' },
  findingDuplicate: { en: 'two codes for one range', fr: 'deux codes pour une même plage' },
  findingDiscardedOne: {
    en: '{name}: 1 entry discarded: {problem}, line {lines}; the other files decide',
    fr: '{name} : 1 entrée écartée : {problem}, ligne {lines} ; les autres fichiers décident',
  },
  findingDiscarded: {
    en: '{name}: {count} entries discarded: {problem}, lines {lines}; the other files decide',
    fr: '{name} : {count} entrées écartées : {problem}, lignes {lines} ; les autres fichiers décident',
  },
  findingUnknownOne: {
    en: '{name}: 1 row without a place: {problem}, line {lines}; this source votes “unknown” there',
    fr: '{name} : 1 ligne sans lieu : {problem}, ligne {lines} ; cette source y vote « inconnu »',
  },
  findingUnknown: {
    en: '{name}: {count} rows without a place: {problem}, lines {lines}; this source votes “unknown” there',
    fr: '{name} : {count} lignes sans lieu : {problem}, lignes {lines} ; cette source y vote « inconnu »',
  },
} as const satisfies Readonly<Record<string, LocalisedText>>;
