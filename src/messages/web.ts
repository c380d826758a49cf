/** Messages of the pages of the desk. */

export const notAnAddress = {
  code: 'ERR_ARGUMENT',
  en: 'this is not an IP address: four numbers with dots, or groups of digits and letters a to f with colons',
  fr: 'ce n’est pas une adresse IP : quatre nombres séparés par des points, ou des groupes de chiffres et de lettres de a à f séparés par des deux-points',
} as const;

export const clockTime = {
  code: 'ERR_DAY',
  en: 'a time is written 21:15',
  fr: 'une heure s’écrit 21:15 ou 21h15',
} as const;

export const clockTimeSkipped = {
  code: 'ERR_DAY',
  en: 'this time did not exist: the clocks were put forward that night',
  fr: 'cette heure n’a pas existé : on est passé à l’heure d’été cette nuit-là',
} as const;

export const choiceMissing = {
  code: 'ERR_ARGUMENT',
  en: 'choose one of the answers: {field}',
  fr: 'choisissez l’une des réponses : {field}',
} as const;

export const numberTyped = {
  code: 'ERR_ARGUMENT',
  en: 'type the number {number} to confirm: nothing was done',
  fr: 'tapez le nombre {number} pour confirmer : rien n’a été fait',
} as const;

export const recordsChanged = {
  code: 'ERR_RIGHT',
  en: 'another agent has changed these records meanwhile, and nothing was done: read them again on the page of the call; what you typed is still here',
  fr: 'un autre agent a modifié ce dossier entre-temps et rien n’a été fait : relisez-le sur la page de l’appel ; votre saisie est conservée ici',
} as const;

export const deskAgents = {
  code: 'ERR_ARGUMENT',
  en: 'a desk needs peers that name the agents, or a function that does',
  fr: 'un poste d’assistance demande des proxys qui nomment les agents, ou une fonction qui le fait',
} as const;

export const deskLoopback = {
  code: 'ERR_ARGUMENT',
  en: 'without a proxy that names the agents (--peer), the desk listens on this machine alone: give 127.0.0.1 or [::1] with --listen',
  fr: 'sans proxy qui nomme les agents (--peer), le poste n’écoute que sur cette machine : indiquez 127.0.0.1 ou [::1] avec --listen',
} as const;

export const deskMinutes = {
  code: 'ERR_ARGUMENT',
  en: 'a session lasts from 5 to 120 minutes',
  fr: 'une session dure de 5 à 120 minutes',
} as const;

export const deskTimeZone = {
  code: 'ERR_ARGUMENT',
  en: 'this time zone is unknown: write it as Europe/Paris',
  fr: 'ce fuseau horaire est inconnu : écrivez-le comme Europe/Paris',
} as const;

export const pageUnknown = {
  code: 'ERR_REQUEST',
  en: 'there is no page of this name',
  fr: 'il n’y a pas de page de ce nom',
} as const;

export const roleMissing = {
  code: 'ERR_RIGHT',
  en: 'your role does not include this, and nothing was done: ask a colleague who has it',
  fr: 'votre profil n’autorise pas cette opération et rien n’a été fait : adressez-vous à un collègue habilité',
} as const;

export const actClosed = {
  code: 'ERR_RIGHT',
  en: 'the records do not allow this any more, and nothing was done: go back to the call',
  fr: 'le dossier ne le permet plus et rien n’a été fait : revenez à l’appel',
} as const;

export const groupForm = {
  code: 'ERR_ARGUMENT',
  en: 'a group is written role=name, with one of the roles {roles}',
  fr: 'un groupe s’écrit rôle=nom, avec l’un des rôles {roles}',
} as const;

export const deskBase = {
  code: 'ERR_ARGUMENT',
  en: 'a path below which the desk is shown is written /desk',
  fr: 'le chemin sous lequel le poste est présenté s’écrit /desk',
} as const;

export const deskPackage = {
  code: 'ERR_ARGUMENT',
  en: 'the desk as pages needs one more package: npm install fastify',
  fr: 'le poste d’assistance demande un paquet de plus : npm install fastify',
} as const;

export const requestWorkedOn = {
  code: 'ERR_REQUEST',
  en: 'another agent has worked on this request meanwhile, and nothing was done: its state is above, what you typed is still here',
  fr: 'un autre agent a traité cette demande entre-temps et rien n’a été fait : son état figure ci-dessus, votre saisie est conservée',
} as const;

export const sessionEnded = {
  code: 'ERR_REQUEST',
  en: 'the session had ended, and nothing was done: send this form again',
  fr: 'la session était terminée et rien n’a été fait : renvoyez ce formulaire',
} as const;
