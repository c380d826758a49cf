/**
 * The formats of the values that a store keeps, and the fields outside data/disclosure.json: counts,
 * the keyring, and what PostgreSQL adds. A test lives a whole life and compares every stored value
 * with the page that is written from this file.
 */
import { DIRECTIVE_CHOICES, HOLD_REASONS, RESTRICTION_REASONS } from '../src/desk/rights.ts';
import { DOUBT_REASONS, EVENT_TYPES, OUTCOMES, VERIFIED_BY } from '../src/law/dossier.ts';
import { MEANS, OCCASIONS } from '../src/law/residence.ts';
import { STANDINGS } from '../src/law/rule.ts';
import { PERSON_TOMBSTONES } from '../src/ledger/ledger.ts';
import { UPHELD } from '../src/ledger/person-records.ts';
import { ACCESS_REASONS } from '../src/subjects/access-reasons.ts';
import { EXCEPTION_REASONS } from '../src/subjects/exceptions.ts';
import { JOURNAL_ACTIONS } from '../src/subjects/journal.ts';
import { REQUEST_KINDS, REQUEST_OUTCOMES } from '../src/subjects/requests.ts';
import { SECOND_AGENT_OPERATIONS } from '../src/subjects/second-agent.ts';

/**
 * The form of a value: alternatives in the order in which they are tried, as regular expressions
 * over the whole value. Integers are written in decimal, bytes in hexadecimal.
 */
export interface Format {
  readonly en: string;
  readonly fr: string;
  readonly alternatives: readonly string[];
}

const NOTHING = '^$';
const MONTH = '\\d{4}-(0[1-9]|1[0-2])';
const DAY = `${MONTH}-(0[1-9]|[12]\\d|3[01])`;
const NUMBER = '[RDHP]-[2-9B-DF-HJ-NP-TV-Z]{8}';
const CODE = '[A-Za-z0-9_/-]{1,40}';
const hex = (digits: number): string => `[0-9a-f]{${digits}}`;

const codes = (en: string, fr: string, alternatives: readonly string[]): Format => ({
  en,
  fr,
  alternatives,
});

/** All formats by name. */
export const FORMATS = {
  month: { en: 'a month, UTC', fr: 'un mois, UTC', alternatives: [MONTH] },
  day: { en: 'a day, UTC', fr: 'un jour, UTC', alternatives: [DAY] },
  'day-or-nothing': {
    en: 'a day, UTC, or nothing',
    fr: 'un jour, UTC, ou rien',
    alternatives: [NOTHING, DAY],
  },
  'month-or-nothing': {
    en: 'a month, UTC, or nothing',
    fr: 'un mois, UTC, ou rien',
    alternatives: [NOTHING, MONTH],
  },
  second: {
    en: 'a time in seconds since 1970',
    fr: 'une heure en secondes depuis 1970',
    alternatives: ['\\d{9,10}'],
  },
  millisecond: {
    en: 'a time in milliseconds since 1970',
    fr: 'une heure en millisecondes depuis 1970',
    alternatives: ['\\d{12,13}'],
  },
  time: {
    en: 'a day and a time to the second, UTC',
    fr: 'un jour et une heure à la seconde près, UTC',
    alternatives: [`${DAY}T\\d\\d:\\d\\d:\\d\\dZ`],
  },
  'time-to-the-millisecond': {
    en: 'a day and a time to the millisecond, UTC',
    fr: 'un jour et une heure à la milliseconde près, UTC',
    alternatives: [`${DAY}T\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z`],
  },
  pseudonym: {
    en: 'an HMAC, cut to 128 bits',
    fr: 'un HMAC, tronqué à 128 bits',
    alternatives: [hex(32)],
  },
  'pseudonym-or-nothing': {
    en: 'an HMAC, cut to 128 bits; nothing after an erasure',
    fr: 'un HMAC, tronqué à 128 bits ; rien après un effacement',
    alternatives: [NOTHING, hex(32)],
  },
  digest: {
    en: 'a SHA-256, or an HMAC of 256 bits',
    fr: 'un SHA-256, ou un HMAC de 256 bits',
    alternatives: [hex(64)],
  },
  salt: {
    en: '128 random bits; nothing after an erasure',
    fr: '128 bits aléatoires ; rien après un effacement',
    alternatives: [NOTHING, hex(32)],
  },
  commitment: {
    en: 'a SHA-256; the seal of the anchor with which a shortened journal begins',
    fr: 'un SHA-256 ; le sceau de l’ancre par laquelle commence un journal raccourci',
    alternatives: [hex(64)],
  },
  'day-bits': {
    en: '31 bits, one for each day of the month',
    fr: '31 bits, un par jour du mois',
    alternatives: ['\\d{1,10}'],
  },
  flag: {
    en: '1 for the home State, 0 for outside',
    fr: '1 pour l’État de résidence, 0 hors de cet État',
    alternatives: ['0', '1'],
  },
  'true-or-false': { en: 'yes or no', fr: 'oui ou non', alternatives: ['false', 'true'] },
  count: { en: 'a number', fr: 'un nombre', alternatives: ['\\d{1,15}'] },
  revision: {
    en: 'number of changes; 0 marks the copy under a legal hold',
    fr: 'nombre de modifications ; 0 désigne la copie conservée pour un litige',
    alternatives: ['0', '[1-9]\\d*'],
  },
  'tombstone-month': {
    en: 'the month of the card; a special month for the person records, with or without the dossier',
    fr: 'le mois de la fiche ; un mois spécial pour les dossiers de la personne, avec ou sans le dossier de résidence',
    alternatives: [MONTH, ...PERSON_TOMBSTONES],
  },
  events: {
    en: 'a list of events in JSON; each field is listed above',
    fr: 'une liste d’événements en JSON ; chaque champ est décrit plus haut',
    alternatives: ['\\[\\{.*\\}\\]'],
  },
  'access-list': {
    en: 'a list of accesses in JSON; each field is listed above',
    fr: 'une liste d’accès en JSON ; chaque champ est décrit plus haut',
    alternatives: ['\\[\\]', '\\[\\[.*\\]\\]'],
  },
  'restriction-reason': codes('a code', 'un code', [
    ...RESTRICTION_REASONS,
    'restriction-and-objection',
    UPHELD,
  ]),
  'hold-reason': codes('a code', 'un code', HOLD_REASONS),
  'segregation-reason': codes('a code', 'un code', ['restriction', 'hold']),
  choice: codes('a code', 'un code', DIRECTIVE_CHOICES),
  'exception-reason': codes('a code', 'un code', EXCEPTION_REASONS),
  'request-number': {
    en: 'a random number',
    fr: 'un numéro aléatoire',
    alternatives: [NUMBER.replace('RDHP', 'R')],
  },
  'request-kind': codes('a code', 'un code', REQUEST_KINDS),
  'request-outcome': codes('a code; nothing before the answer', 'un code ; rien avant la réponse', [
    NOTHING,
    ...REQUEST_OUTCOMES,
  ]),
  'own-reference': {
    en: 'up to 40 letters, digits, -, _ and /; or nothing',
    fr: 'jusqu’à 40 lettres, chiffres, -, _ et / ; ou rien',
    alternatives: [NOTHING, CODE],
  },
  'import-entries': {
    en: 'sequence numbers of the journal, separated by spaces; or nothing',
    fr: 'des numéros d’ordre du journal, séparés par des espaces ; ou rien',
    alternatives: [NOTHING, '\\d{1,10}( \\d{1,10})*'],
  },
  operation: codes('a code', 'un code', SECOND_AGENT_OPERATIONS),
  'operation-options': codes('words, or nothing', 'des mots, ou rien', [
    NOTHING,
    'evenDossier',
    'objectionUpheld',
    'evenDossier objectionUpheld',
  ]),
  name: {
    en: 'a name of 1 to 64 characters',
    fr: 'un nom de 1 à 64 caractères',
    alternatives: ['.{1,64}'],
  },
  'name-or-nothing': {
    en: 'a name of 1 to 64 characters; nothing in the anchor of a shortened journal',
    fr: 'un nom de 1 à 64 caractères ; rien dans l’ancre d’un journal raccourci',
    alternatives: [NOTHING, '.{1,64}'],
  },
  action: codes(
    'a code; `cut` is the anchor of a shortened journal',
    'un code ; `cut` est l’ancre d’un journal raccourci',
    [...JOURNAL_ACTIONS, 'cut'],
  ),
  'access-reason': codes(
    'a code; nothing in the anchor of a shortened journal',
    'un code ; rien dans l’ancre d’un journal raccourci',
    [NOTHING, ...ACCESS_REASONS],
  ),
  'journal-reference': {
    en: 'nothing; the number of subscribers of an import and a keyed digest of its file; the sequence number of the entry that was refused or proposed; the number of the request or of another line of a work list, alone or before the agent’s own reference; the agent’s own reference',
    fr: 'rien ; le nombre d’abonnés d’une importation et une empreinte à clé de son fichier ; le numéro d’ordre de l’entrée refusée ou proposée ; le numéro de la demande ou d’une autre ligne d’une liste, seul ou devant la référence de l’agent ; la référence de l’agent',
    alternatives: [
      NOTHING,
      '(dry-run/)?\\d{1,10}/[0-9a-f]{32}(/[A-Za-z0-9_/-]{1,40})?',
      '\\d{1,10}',
      NUMBER,
      `${NUMBER}/${CODE}`,
      CODE,
    ],
  },
  standing: codes(
    'a code; nothing in a copy under a legal hold',
    'un code ; rien dans une copie conservée pour un litige',
    [NOTHING, ...STANDINGS],
  ),
  assessed: {
    en: 'two numbers; nothing in a copy under a legal hold',
    fr: 'deux nombres ; rien dans une copie conservée pour un litige',
    alternatives: [NOTHING, '\\d{1,6}\\.\\d{1,9}'],
  },
  'event-type': codes('a code', 'un code', EVENT_TYPES),
  outcome: codes('a code', 'un code', OUTCOMES),
  means: codes('a letter of Art. 5(1)', 'une lettre de l’art. 5, § 1', MEANS),
  occasion: codes('a code', 'un code', OCCASIONS),
  verifier: codes('a code', 'un code', VERIFIED_BY),
  'doubt-reason': codes('a code', 'un code', DOUBT_REASONS),
  'decision-reason': {
    en: 'the reason of a decision ([decision-table.md](decision-table.md))',
    fr: 'le motif d’une décision ([decision-table.md](decision-table.md))',
    alternatives: ['[a-z]+(-[a-z]+)*'],
  },
  writer: {
    en: 'a random number (UUID) of one process of a gateway',
    fr: 'un numéro aléatoire (UUID) d’un processus de la passerelle',
    alternatives: ['[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'],
  },
  uuid: {
    en: 'a random number (UUID)',
    fr: 'un numéro aléatoire (UUID)',
    alternatives: ['[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'],
  },
  edition: {
    en: 'the name of an edition of the zone table',
    fr: 'le nom d’une édition de la table des zones',
    alternatives: ['[ -~]{1,200}'],
  },
  'key-name': {
    en: 'the name of a key',
    fr: 'le nom d’une clé',
    alternatives: ['register', 'hold', 'journal', `card-${MONTH}`],
  },
  'stored-key-name': {
    en: 'the name of a key; `before` for the keys of all earlier months',
    fr: 'le nom d’une clé ; `before` pour les clés de tous les mois antérieurs',
    alternatives: ['register', 'hold', 'journal', `card-${MONTH}`, 'before'],
  },
  'day-or-month-or-nothing': {
    en: 'a day or a month, UTC, or nothing',
    fr: 'un jour ou un mois, UTC, ou rien',
    alternatives: [NOTHING, DAY, MONTH],
  },
  run: codes('a code', 'un code', ['purge', 'destroy-keys', 'erase']),
  key: {
    en: '256 random bits',
    fr: '256 bits aléatoires',
    alternatives: [hex(64)],
  },
  'wrapped-key': {
    en: 'a key encrypted with AES-256-GCM; nothing once it is destroyed',
    fr: 'une clé chiffrée avec AES-256-GCM ; rien une fois détruite',
    alternatives: [NOTHING, hex(120)],
  },
  tombstone: {
    en: 'a tombstone in JSON; each field is listed above',
    fr: 'une marque d’effacement en JSON ; chaque champ est décrit plus haut',
    alternatives: ['\\{.*\\}'],
  },
  'keyring-position': {
    en: 'a place in the keyring: a number and a random token; or nothing',
    fr: 'un endroit du trousseau : un nombre et un jeton aléatoire ; ou rien',
    alternatives: ['(\\d{1,18}:[0-9a-f-]{16,36})?'],
  },
  'short-digest': {
    en: '64 bits of a SHA-256 digest',
    fr: '64 bits d’une empreinte SHA-256',
    alternatives: [hex(16)],
  },
  token: { en: '64 random bits', fr: '64 bits aléatoires', alternatives: [hex(16)] },
  one: { en: 'the number 1', fr: 'le nombre 1', alternatives: ['1'] },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof FORMATS;

/** The format of each field of `data/disclosure.json`. */
export const FORMAT_OF: Readonly<Record<string, FormatName>> = {
  'cards.month': 'month',
  'cards.pseudonym': 'pseudonym',
  'cards.home_days': 'day-bits',
  'cards.outside_days': 'day-bits',
  'accesses.month': 'month',
  'accesses.pseudonym': 'pseudonym',
  'accesses.at': 'second',
  'accesses.from_home': 'flag',
  'marks.month': 'tombstone-month',
  'marks.digest': 'digest',
  'marks.through': 'day-or-nothing',
  'marks.home_days': 'day-bits',
  'marks.outside_days': 'day-bits',
  'dossiers.pseudonym': 'pseudonym',
  'dossiers.events': 'events',
  'dossiers.ends': 'day-or-nothing',
  'dossiers.since': 'day',
  'dossiers.revision': 'revision',
  'dossiers.reference': 'own-reference',
  'dossiers.imported': 'import-entries',
  'dossiers.standing': 'standing',
  'dossiers.assessed': 'assessed',
  'dossiers.recheck': 'day-or-nothing',
  'dossiers.due': 'day-or-nothing',
  'restrictions.pseudonym': 'pseudonym',
  'restrictions.since': 'day',
  'restrictions.ground': 'restriction-reason',
  'holds.pseudonym': 'pseudonym',
  'holds.since': 'day',
  'holds.review': 'day',
  'holds.why': 'hold-reason',
  'holds.reference': 'own-reference',
  'apart.pseudonym': 'pseudonym',
  'apart.month': 'month',
  'apart.why': 'segregation-reason',
  'apart.home': 'day-bits',
  'apart.outside': 'day-bits',
  'apart.accesses': 'access-list',
  'apart.since': 'day',
  'directives.pseudonym': 'pseudonym',
  'directives.choice': 'choice',
  'directives.designated': 'own-reference',
  'directives.since': 'day',
  'exceptions.pseudonym': 'pseudonym',
  'exceptions.why': 'exception-reason',
  'exceptions.since': 'day',
  'exceptions.until': 'day',
  'requests.id': 'request-number',
  'requests.pseudonym': 'pseudonym-or-nothing',
  'requests.kind': 'request-kind',
  'requests.received': 'day',
  'requests.asked': 'day-or-nothing',
  'requests.established': 'day-or-nothing',
  'requests.extended': 'day-or-nothing',
  'requests.answered': 'day-or-nothing',
  'requests.outcome': 'request-outcome',
  'requests.reference': 'own-reference',
  'proposals.pseudonym': 'pseudonym',
  'proposals.operation': 'operation',
  'proposals.options': 'operation-options',
  'proposals.agent': 'name',
  'proposals.since': 'day',
  'proposals.until': 'day',
  'proposals.reference': 'own-reference',
  'journal.seq': 'count',
  'journal.at': 'time',
  'journal.operator': 'name-or-nothing',
  'journal.action': 'action',
  'journal.reason': 'access-reason',
  'journal.reference': 'journal-reference',
  'journal.commitment': 'commitment',
  'journal.salt': 'salt',
  'journal.subject': 'pseudonym-or-nothing',
  'journal.hash': 'digest',
};

/** A field outside `data/disclosure.json`. */
export interface OtherField {
  readonly field: string;
  readonly format: FormatName;
  readonly en: string;
  readonly fr: string;
}

const other = (field: string, format: FormatName, en: string, fr: string): OtherField => ({
  field,
  format,
  en,
  fr,
});

/** What is inside the fields that hold JSON. */
export const INSIDE_JSON: readonly OtherField[] = [
  other('dossiers.events[].type', 'event-type', 'what happened', 'ce qui s’est produit'),
  other('dossiers.events[].on', 'day', 'its day', 'son jour'),
  other(
    'dossiers.events[].renewsEvery',
    'count',
    'months of the tacit renewal',
    'mois de la reconduction tacite',
  ),
  other('dossiers.events[].outcome', 'outcome', 'where the residence is', 'où est la résidence'),
  other('dossiers.events[].means[]', 'means', 'the means of verification', 'les moyens employés'),
  other('dossiers.events[].occasion', 'occasion', 'why it was verified', 'à quelle occasion'),
  other('dossiers.events[].by', 'verifier', 'who verified', 'qui a vérifié'),
  other(
    'dossiers.events[].postalAddressRegistered',
    'true-or-false',
    'whether a public register holds the postal address',
    'si l’adresse postale figure dans un registre public',
  ),
  other(
    'dossiers.events[].reason',
    'doubt-reason',
    'what points to another State',
    'ce qui indique un autre État',
  ),
  other(
    'dossiers.events[].answerBy',
    'day',
    'last day for the answer',
    'dernier jour pour répondre',
  ),
  other(
    'dossiers.events[].heldDataProveResidence',
    'true-or-false',
    'whether the data held prove the residence',
    'si les données détenues prouvent la résidence',
  ),
  other(
    'dossiers.events[].until',
    'day',
    'last day of a waiver',
    'dernier jour d’une renonciation',
  ),
  other('apart.accesses[][0]', 'second', 'time of an access', 'heure d’un accès'),
  other(
    'apart.accesses[][1]',
    'true-or-false',
    'whether it came from the home State',
    's’il venait de l’État de résidence',
  ),
];

/** Columns of the tables without personal data. */
export const IMPERSONAL: readonly OtherField[] = [
  other('tally.day', 'day', 'day of the decisions', 'jour des décisions'),
  other('tally.reason', 'decision-reason', 'their reason', 'leur motif'),
  other(
    'tally.writer',
    'writer',
    'the process that counted; a new number at each start',
    'le processus qui a compté ; un nouveau numéro à chaque démarrage',
  ),
  other(
    'tally.epoch',
    'millisecond',
    'start of the first day that it counted',
    'début du premier jour compté',
  ),
  other('tally.count', 'count', 'number of decisions', 'nombre de décisions'),
  other('editions.day', 'day', 'day on which a table was in force', 'jour où une table servait'),
  other('editions.edition', 'edition', 'its edition', 'son édition'),
  other('key_checks.name', 'key-name', 'name of a key', 'nom d’une clé'),
  other(
    'key_checks.value',
    'pseudonym',
    'its check value, by which the keyring is recognised; also of a destroyed key',
    'sa valeur de contrôle, à laquelle on reconnaît le trousseau ; aussi celle d’une clé détruite',
  ),
  other('tombstone_position.id', 'one', 'there is one row', 'il y a une seule ligne'),
  other(
    'tombstone_position.position',
    'keyring-position',
    'how far the erasures next to the keys have been applied in this ledger',
    'jusqu’où les effacements gardés près des clés ont été appliqués dans ce registre',
  ),
  other('runs.at', 'time-to-the-millisecond', 'time of a run', 'heure d’une opération'),
  other(
    'runs.what',
    'run',
    'purge, destruction of keys, erasure',
    'purge, destruction, effacement',
  ),
  other(
    'runs.before',
    'month-or-nothing',
    'the month before which it removed',
    'le mois avant lequel elle a supprimé',
  ),
  other('runs.cards', 'count', 'number of cards removed', 'nombre de fiches supprimées'),
  other('runs.accesses', 'count', 'number of accesses removed', 'nombre d’accès supprimés'),
  other('runs.keys', 'count', 'number of keys destroyed', 'nombre de clés détruites'),
];

const tombstoneIn = (path: string): OtherField[] => [
  other(
    `${path}.month`,
    'tombstone-month',
    'a tombstone, as in `marks`: its month',
    'une marque d’effacement, comme dans `marks` : son mois',
  ),
  other(`${path}.digest`, 'digest', 'digest of the pseudonym', 'empreinte du pseudonyme'),
  other(
    `${path}.through`,
    'day-or-nothing',
    'day of the erasure or of the restriction; nothing for a correction',
    'jour de l’effacement ou de la limitation ; rien pour une correction',
  ),
  other(`${path}.homeDays`, 'day-bits', 'days that stay cleared', 'jours qui restent corrigés'),
  other(`${path}.outsideDays`, 'day-bits', 'the same, outside', 'de même, hors de France'),
];

/** The JSON of the keyring file. */
export const KEYRING_FILE: readonly OtherField[] = [
  other('keyring.format', 'one', 'version of the format', 'version du format'),
  other(
    'keyring.keys.register',
    'key',
    'key of the person records; kept as long as the service',
    'clé des dossiers des personnes ; gardée aussi longtemps que le service',
  ),
  other(
    'keyring.keys.hold',
    'key',
    'key of what is set apart; kept as long as the service',
    'clé de ce qui est mis à part ; gardée aussi longtemps que le service',
  ),
  other(
    'keyring.keys.journal',
    'key',
    'key of the journal; kept as long as the service',
    'clé du journal ; gardée aussi longtemps que le service',
  ),
  other(
    'keyring.keys.card-YYYY-MM',
    'key',
    'key of the cards of a month; destroyed when their retention ends',
    'clé des fiches d’un mois ; détruite au terme de leur conservation',
  ),
  other(
    'keyring.destroyed.YYYY-MM',
    'day',
    'day on which the key of a month was destroyed; kept until the month is ten years old, the longest retention that can be set',
    'jour où la clé d’un mois a été détruite ; gardé jusqu’à ce que le mois ait dix ans, la plus longue conservation possible',
  ),
  other(
    'keyring.destroyedBefore',
    'month',
    'no key of a month before this one exists or is created again; kept as long as the service',
    'aucune clé d’un mois antérieur n’existe ni n’est créée de nouveau ; gardé aussi longtemps que le service',
  ),
  other(
    'keyring.moved[]',
    'keyring-position',
    'where the lines below ended before the last purge, and after it',
    'où finissaient les lignes ci-dessous avant la dernière purge, et après',
  ),
  ...tombstoneIn('keyring.lines'),
  other(
    'keyring.lines.checksum',
    'short-digest',
    'checksum of the line of an erasure',
    'somme de contrôle de la ligne d’un effacement',
  ),
  other(
    'keyring.lines.token',
    'token',
    'random; a later line has another one',
    'tiré au hasard ; une ligne suivante en a un autre',
  ),
];

/** What a ledger and a keyring in PostgreSQL have in addition. */
export const POSTGRES_ONLY: readonly OtherField[] = [
  other('meta.version', 'count', 'version of the schema', 'version du schéma'),
  other('runs.id', 'count', 'number of the run', 'numéro de l’opération'),
  other('keys.name', 'stored-key-name', 'name of a key', 'nom d’une clé'),
  other('keys.wrapped', 'wrapped-key', 'the wrapped key', 'la clé chiffrée'),
  other(
    'keys.destroyed',
    'day-or-month-or-nothing',
    'day on which it was destroyed, for ten years; of `before`, the month before which all are destroyed',
    'jour de sa destruction, pendant dix ans ; pour `before`, le mois avant lequel toutes sont détruites',
  ),
  other(
    'key_marks.month',
    'tombstone-month',
    'a tombstone, as in `marks`: its month',
    'une marque d’effacement, comme dans `marks` : son mois',
  ),
  other('key_marks.digest', 'digest', 'digest of the pseudonym', 'empreinte du pseudonyme'),
  other('key_marks.mark', 'tombstone', 'the tombstone', 'la marque'),
  other('key_marks.seq', 'count', 'its number, in the order of storage', 'son numéro d’ordre'),
  other('key_marks.token', 'uuid', 'random', 'tiré au hasard'),
  ...tombstoneIn('key_marks.mark'),
];
