/** Translates the error messages of the support desk to French, by the library's message. */

/** Messages without variable parts. */
const FIXED: Readonly<Record<string, string>> = {
  'no information was requested': 'aucune information n’a été demandée',
  'there is no waiver to withdraw': 'il n’y a pas de renonciation à retirer',
  'there is no such request': 'cette demande n’existe pas',
  'there is no such event': 'cet événement n’existe pas',
  'the restriction was changed by somebody else meanwhile: look again':
    'la limitation a été modifiée entre-temps par quelqu’un d’autre : vérifiez de nouveau',
  'there is no restriction to lift': 'il n’y a pas de limitation à lever',
  'there is no hold to release': 'il n’y a pas de conservation à lever',
  'there is no doubt to drop': 'il n’y a pas de doute à lever',
  'there is no directive to revoke': 'il n’y a pas de directive à révoquer',
  'the request has been answered': 'la demande a déjà reçu sa réponse',
  'the operator is a name of 1 to 64 characters':
    'l’opérateur est un nom de 1 à 64 caractères : --operator',
  'the identity was asked for already': 'l’identité a déjà été demandée',
  'the identifier of the subscriber does not belong into a reference or a name':
    'l’identifiant de l’abonné n’a pas sa place dans une référence ou un nom',
  'the extension was said already: it is given once':
    'la prolongation a déjà été annoncée : elle ne l’est qu’une fois',
  'the day for the answer has not passed': 'le jour prévu pour la réponse n’est pas passé',
  'nothing of that month can be found: there is no key of it':
    'rien ne peut être retrouvé de ce mois : il n’a pas de clé',
  'no identity is being asked for': 'aucune identité n’est demandée',
  'no contract is in force on that day (Art. 2(1))':
    'aucun contrat n’est en cours ce jour-là (art. 2, point 1)',
  'an objection is rejected with a ground, or upheld by an erasure (Art. 21 GDPR)':
    'une opposition est rejetée avec son motif (--rejected), ou acceptée par un effacement (RGPD, art. 21)',
  'an ip check alone never concludes that residence is elsewhere (Art. 5(2), rec. 28)':
    'un contrôle de l’adresse IP seul ne conclut jamais à une résidence ailleurs (art. 5, § 2, considérant 28)',
  'an extension is said within the first month (Art. 12(3))':
    'une prolongation s’annonce dans le premier mois (art. 12, § 3)',
  'an event is an object with a type and a day': 'un événement a un type et un jour',
  'an event has a field that has no place in a dossier: outcomes only, never the proofs':
    'une option n’a pas de sens pour cet événement : le dossier ne garde que des résultats, jamais de justificatif',
  'an answer is asked for by the day of the request or a later one':
    'la réponse est demandée pour le jour de la demande ou un jour ultérieur',
  'a waiver ends on its first day or later':
    'une renonciation finit le jour où elle commence, ou plus tard',
  'a verification on doubts needs a doubt that was raised before (Art. 5(2))':
    'une vérification sur doutes suppose un doute émis auparavant (art. 5, § 2)',
  'a side is home or outside': 'un côté est home (France) ou outside (hors de France)',
  'a request is received on a day up to today, YYYY-MM-DD':
    'une demande est reçue au plus tard aujourd’hui, AAAA-MM-JJ',
  'a reference is up to 40 letters, digits, hyphens, underscores and strokes':
    'une référence compte au plus 40 lettres, chiffres, -, _ et /',
  'a hold is reviewed on a day after today, YYYY-MM-DD':
    'le réexamen a lieu un jour après aujourd’hui, AAAA-MM-JJ',
  'a head is a number, a colon and 64 hexadecimal digits':
    'une tête de journal est un numéro, deux-points et 64 chiffres hexadécimaux',
  'a dossier is a list of events': 'un dossier est une liste d’événements',
  'a directive to communicate names the file of the designated person':
    'une directive de communication nomme le dossier de la personne désignée : --designated',
  'a day is written YYYY-MM-DD and not after today':
    'un jour s’écrit AAAA-MM-JJ et n’est pas à venir',
  'a contract is in force already: it ends before another is concluded':
    'un contrat est déjà en cours : il se termine avant qu’un autre soit conclu',
  'a restriction sets the days aside: only the export for the person shows them':
    'une limitation met les jours à part : seul l’export pour la personne les montre',
  'the system knows no user name: say --operator':
    'le système ne connaît pas d’utilisateur : --operator',
  'a calendar needs a stated reason: --reason': 'un calendrier demande une raison : --reason',
  'a subscriber is a text that is not empty': 'un identifiant n’est pas vide',
  'there is no exception to revoke': 'il n’y a pas d’exception à révoquer',
  'an exception takes --ground and --until, or --revoke':
    'une exception prend --ground et --until, ou --revoke',
  'a directive takes --choice, or --revoke': 'une directive prend --choice, ou --revoke',
  'months are written YYYY-MM, the first before the last':
    'les mois s’écrivent AAAA-MM, le premier avant le dernier',
  'a report is of whole months that are over': 'un rapport porte sur des mois entiers et terminés',
  'a month is written YYYY-MM': 'un mois s’écrit AAAA-MM',
  'a day is written YYYY-MM-DD, from 1970 to 2999': 'un jour s’écrit AAAA-MM-JJ',
  'given up: nothing was changed': 'abandonné : rien n’a été modifié',
  'there is no mark of that day and side: nothing to correct':
    'aucune trace ce jour-là de ce côté : rien à corriger',
  'an upheld objection ends only when the person withdraws it':
    'une opposition acceptée ne prend fin que si la personne la retire (--rejected withdrawn)',
  'under a restriction data are exported for the person alone: access-request or portability-request':
    'sous limitation, les données ne sont exportées que pour la personne : access-request ou portability-request',
  'the request was changed by somebody else meanwhile: look again':
    'la demande a été modifiée entre-temps par quelqu’un d’autre : relisez-la',
  'the identity is asked for within the first month (Art. 12(3))':
    'l’identité se demande dans le premier mois (art. 12, § 3)',
  'the file of the waivers cannot be read': 'le fichier des renonciations ne peut pas être lu',
  'waivers are a list of events': 'les renonciations sont une liste d’événements',
  'waivers of the service are waivers and their withdrawals':
    'les renonciations du service sont des renonciations et leurs retraits',
  'months are a whole number from 1 to 24': 'mois : de 1 à 24',
  'this cannot be undone: say --yes': 'opération définitive : confirmez avec --yes',
};

/** Messages that name a field or list values. */
const PATTERNS: readonly (readonly [pattern: RegExp, french: (...found: string[]) => string])[] = [
  [
    /^(\w+) is a day, YYYY-MM-DD.*$/,
    (_, name) => `${option(name)} : un jour s’écrit AAAA-MM-JJ, de 1970 à 2999`,
  ],
  [/^(\w+) is true or false$/, (_, name) => `${option(name)} : oui ou non`],
  [
    /^(\w+) is a whole number of months from 1 to 120$/,
    (_, name) => `${option(name)} : un nombre de mois de 1 à 120`,
  ],
  [
    /^(\w+) are letters from a to k .*$/,
    (_, name) => `${option(name)} : des lettres de a à k (art. 5, § 1)`,
  ],
  [/^an exception rests on (.*)$/, (_, words) => `une exception repose sur : ${listed(words)}`],
  [
    /^an exception ends on a day from today to (\d+) days after, YYYY-MM-DD$/,
    (_, days) => `une exception se termine entre aujourd’hui et dans ${days} jours, AAAA-MM-JJ`,
  ],
  [
    /^(outcome|occasion|by|ground) is (.*)$/,
    (_, name, words) => `${option(name)} : au choix ${listed(words)}`,
  ],
  [
    /^these means do not verify residence: .*$/,
    () => 'ces moyens ne vérifient pas la résidence : voir residence check (art. 5, § 1)',
  ],
];

/** Returns the option that sets a field. */
const option = (name = ''): string =>
  `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;

const listed = (words = ''): string => {
  const parts = words.split(' or ');
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter(part => part !== '').join(' ou ');
};

/** Returns the French text of a message, or `undefined` if it has none. */
export function deskFrench(message: string): string | undefined {
  const [pattern, french] = PATTERNS.find(([each]) => each.test(message)) ?? [];
  return FIXED[message] ?? (pattern === undefined ? undefined : french!(...pattern.exec(message)!));
}

/** French texts of the problems that `evidence verify` finds in the journal. */
const PROBLEMS: readonly (readonly [pattern: RegExp, french: string])[] = [
  [
    /^journal: its beginning was cut by other means$/,
    'journal : son début a été coupé autrement que par la conservation',
  ],
  [/^journal: entries are missing before (\d+)$/, 'journal : il manque des entrées avant la $1'],
  [/^journal: entry (\d+) was changed$/, 'journal : l’entrée $1 a été modifiée'],
  [
    /^journal: entry (\d+) names another person than it did$/,
    'journal : l’entrée $1 désigne une autre personne qu’à l’origine',
  ],
  [
    /^journal: the head kept elsewhere is older.*$/,
    'journal : la tête gardée ailleurs est plus ancienne que ce qui est conservé : gardez-en une plus récente',
  ],
  [
    /^journal: it does not reach the head.*$/,
    'journal : incomplet, ou différent de la tête gardée ailleurs',
  ],
];

export function problemFrench(problem: string): string {
  const [pattern, french] = PROBLEMS.find(([each]) => each.test(problem)) ?? [];
  return pattern === undefined ? problem : problem.replace(pattern, french!);
}

export const FRENCH_MESSAGES: readonly string[] = Object.keys(FIXED);
