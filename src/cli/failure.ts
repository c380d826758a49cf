/**
 * Turns an error into one line in the user's language and an exit code. The line names the file,
 * option or server at fault, and nothing about a subscriber.
 */
import { CommanderError } from 'commander';
import { type ErrorCode, PortabilityError, subjectOf, systemCodeOf } from '../errors.ts';
import type { Language } from '../law/reasons.ts';
import { deskFrench } from './words/failure-desk-fr.ts';
import { FLEET_MESSAGES } from './words/failure-fleet-fr.ts';
import { SERVE_MESSAGES } from './words/failure-serve-fr.ts';
import { TABLE_MESSAGES } from './words/failure-table-fr.ts';
import { say, type Word } from './words.ts';

const FAILED = 1;
const INVALID_TABLE = 3;

const USAGE: Readonly<Record<string, Word>> = {
  'commander.unknownOption': 'usageUnknownOption',
  'commander.unknownCommand': 'usageUnknownCommand',
  'commander.missingArgument': 'usageMissing',
  'commander.missingMandatoryOptionValue': 'usageMissing',
  'commander.optionMissingArgument': 'usageMissing',
  'commander.invalidArgument': 'usageInvalid',
  'commander.excessArguments': 'usageExcess',
};

/** The errors of the library in French. English uses the messages of the library. */
const FRENCH: Readonly<Record<ErrorCode, string>> = {
  ERR_ARGUMENT: 'un argument n’est pas du bon type',
  ERR_CODE_OR_REASON: 'ni un motif ni un code court',
  ERR_CONFIRMATION:
    'opération définitive : confirmez avec --yes ; horloge en doute : --accept-clock',
  ERR_DAY: 'un jour s’écrit AAAA-MM-JJ, à partir du 2018-04-01',
  ERR_DOSSIER_EVENT: 'cet événement n’a pas de place dans le dossier de résidence',
  ERR_ERRAND:
    'il manque un nom d’opérateur, une raison de la liste, ou la référence n’est pas un code',
  ERR_EVIDENCE_LOST: 'des traces n’ont pas pu être conservées',
  ERR_EVIDENCE_OPTION: 'un réglage de la conservation des traces n’est pas permis',
  ERR_HOME: 'l’État de résidence n’est pas un État où le règlement s’applique ce jour-là',
  ERR_KEYRING_DESTROYED: 'la clé de ce mois a été détruite',
  ERR_KEYRING_FORMAT: 'le trousseau est endommagé ou n’en est pas un',
  ERR_KEYRING_KEY: 'une clé compte au moins 32 octets',
  ERR_KEYRING_LINK: 'le trousseau est un lien ou a plusieurs noms',
  ERR_KEYRING_LOCKED: 'le trousseau est tenu trop longtemps par un autre processus',
  ERR_KEYRING_MODE: 'le trousseau ou son dossier est ouvert à d’autres : chmod 600, chmod 700',
  ERR_KEYRING_OPEN: 'le trousseau ne peut pas être ouvert',
  ERR_LEDGER_BUSY: 'le registre est tenu trop longtemps par un autre processus',
  ERR_LEDGER_CLOSED: 'le registre est fermé',
  ERR_LEDGER_DAMAGED: 'le fichier du registre est endommagé ou n’en est pas un',
  ERR_LEDGER_DRIVER: 'il manque le pilote du registre : npm install better-sqlite3@12',
  ERR_LEDGER_OPEN: 'le fichier du registre ne peut pas être ouvert',
  ERR_LEDGER_SCHEMA: 'le registre a été écrit par une version plus récente',
  ERR_LEDGER_WRITE: 'le registre ne peut pas être lu ou écrit',
  ERR_OFFER: 'l’offre a un choix ou une réponse qui n’existe pas',
  ERR_OUTPUT: 'le fichier ne peut pas être écrit, ou existe déjà',
  ERR_PREFIX: 'un préfixe est une adresse, une barre oblique et une longueur',
  ERR_PREFIX_TRUSTS_ALL:
    'une liste de proxys de confiance ne doit pas faire confiance à tout le monde',
  ERR_RECIPIENT: 'la politique ne nomme pas ce destinataire',
  ERR_REQUEST: 'cette demande n’existe pas, est close, ou ne permet pas cette étape',
  ERR_RIGHT: 'cette opération n’est pas possible dans cet état ou à cette date',
  ERR_RIGHT_HELD: 'une conservation pour un litige empêche l’effacement : levez-la d’abord',
  ERR_SERVE_LISTEN: 'cette adresse ou ce socket ne peut pas être mis à l’écoute',
  ERR_SERVE_PACKAGE: 'serve demande deux paquets : npm install fastify@5 prom-client@15',
  ERR_SOURCE_BUILT: 'une source CSV doit dire le jour de ses données',
  ERR_SOURCE_CHECKSUM: 'le fichier n’est pas celui dont l’empreinte SHA-256 a été donnée',
  ERR_SOURCE_DATA: 'les données du fichier sont endommagées',
  ERR_SOURCE_EMPTY: 'le fichier est vide ou ne nomme aucun territoire',
  ERR_SOURCE_FORMAT: 'le fichier n’est ni du CSV ni un fichier MMDB entier',
  ERR_SOURCE_GZIP: 'le fichier est compressé : décompressez-le d’abord',
  ERR_SOURCE_LIMIT: 'les fichiers demandent plus de temps ou de mémoire que permis',
  ERR_SOURCE_METADATA: 'les métadonnées du fichier sont incomplètes ou hors limites',
  ERR_SOURCE_OPEN: 'le fichier ne peut pas être lu',
  ERR_SOURCE_OVERLAP: 'deux plages du fichier se contredisent',
  ERR_SOURCE_ROW: 'une ligne est préfixe,code ou début,fin,code',
  ERR_SOURCE_TREE: 'l’arbre de recherche du fichier est endommagé',
  ERR_SOURCE_TRUNCATED: 'le fichier est tronqué',
  ERR_TABLE_CHECKSUM: 'la table est endommagée : sa somme de contrôle diffère',
  ERR_TABLE_FORMAT: 'le fichier n’est pas une table de cette version',
  ERR_TABLE_OPEN: 'le fichier de la table ne peut pas être lu',
  ERR_TABLE_STATE: 'la table mémorisée ne peut pas être lue',
  ERR_TABLE_TRUNCATED: 'la table est tronquée',
  ERR_TERRITORY: 'un territoire se nomme par un code ISO 3166-1 alpha-2 en majuscules',
  ERR_TRANSFER: 'un registre hors de l’EEE demande une garantie (RGPD, chapitre V)',
};

const PLACES = { file: 'fichier', line: 'ligne', offset: 'octet' } as const;

/** Returns what is at fault, where in it, and why: ` (--source a.csv, file 2, line 7: ENOENT)`. */
function whereOf(error: PortabilityError, language: Language): string {
  const parts = (['file', 'line', 'offset'] as const).flatMap(place => {
    const word = language === 'fr' ? PLACES[place] : place === 'offset' ? 'byte' : place;
    return error[place] === undefined ? [] : [`${word} ${error[place]}`];
  });
  const where = [subjectOf(error), ...parts].filter(part => part !== '').join(', ');
  const all = [where, error.system ?? '']
    .filter(part => part !== '')
    .join(language === 'fr' ? ' : ' : ': ');
  return all === '' ? '' : ` (${all})`;
}

/** Options whose value the operator chose and that identifies no person. Messages may quote it. */
const NAMED_VALUES = [
  '--lang',
  '--months',
  '--keep-days',
  '--journal-months',
  '--request-months',
  '--max-table-age',
  '--drain',
  '--log-format',
  '--client-language',
  '--on-failure',
  '--prefixes',
  '--requests',
  '--seed',
];

/**
 * Describes an error in the command line. The option and its choices are named; the typed value
 * only for the options in `NAMED_VALUES`.
 */
function usage({ code, message }: CommanderError, language: Language): string {
  const option = /^error: (?:required )?option '(-[^' ,]+)/.exec(message)?.[1];
  const choices = /Allowed choices are ([\w, -]+)\.$/.exec(message)?.[1];
  const typed = NAMED_VALUES.includes(option ?? '')
    ? / argument '([^']*)' is invalid/.exec(message)?.[1]
    : undefined;
  const subject =
    option === undefined
      ? undefined
      : subjectOf({ option, ...(typed !== undefined && { value: typed }) });
  const named = [subject, choices].filter(part => part !== undefined).join(': ');
  const words = `${say(language, USAGE[code] ?? 'usageOther')}${named === '' ? '' : ` (${named})`}`;
  return `${words}${language === 'fr' ? ' ; ' : '; '}${say(language, 'seeHelp')}`;
}

const frenchOf = (message: string): string | undefined =>
  deskFrench(message) ??
  TABLE_MESSAGES[message] ??
  SERVE_MESSAGES[message] ??
  FLEET_MESSAGES[message];

/**
 * Describes an error of the library in the given language: the sentence, where and why, and the
 * code.
 */
export function describeError(error: PortabilityError, language: Language): string {
  const sentence = error.sentence ?? error.message;
  const message = language === 'fr' ? (frenchOf(sentence) ?? FRENCH[error.code]) : sentence;
  return `${message}${whereOf(error, language)} [${error.code}]`;
}

/**
 * Returns one line that describes the error, and the exit code: 3 for an invalid table or source,
 * else 1.
 */
export function failure(
  error: unknown,
  language: Language,
): { readonly line: string; readonly code: number } {
  const prefix = `laissez-passer: ${say(language, 'failed')}`;
  if (error instanceof CommanderError)
    return { line: `${prefix} ${usage(error, language)}`, code: FAILED };
  if (error instanceof PortabilityError) {
    const code = /^ERR_(TABLE|SOURCE)_/.test(error.code) ? INVALID_TABLE : FAILED;
    return { line: `${prefix} ${describeError(error, language)}`, code };
  }
  const system = systemCodeOf(error);
  const name = error instanceof Error ? error.name : 'unknown';
  return { line: `${prefix} ${name}${system === undefined ? '' : ` (${system})`}`, code: FAILED };
}
