/** Holds the texts of the support desk. */
import type { LocalisedText } from '../../messages/localised-text.ts';

export const DESK_WORDS = {
  cmdDesk: {
    en: 'serve the support desk as pages for a browser, in French and English; behind a proxy that authenticates agents (--peer), or by a one-time link for one agent on this machine',
    fr: 'ouvrir le poste d’assistance dans un navigateur, en français et en anglais ; derrière un proxy qui authentifie les agents (--peer), ou par un lien à usage unique pour un seul agent sur cette machine',
  },
  optDeskPeer: {
    en: 'proxy whose headers name the agent: prefix, loopback, uniquelocal, or unix (repeatable; default: none, a one-time link instead; unix with --socket)',
    fr: 'proxy dont les en-têtes nomment l’agent : préfixe, loopback, uniquelocal, ou unix (répétable ; par défaut : aucun, un lien à usage unique à la place ; unix avec --socket)',
  },
  optAgentHeader: {
    en: 'header with the name of the agent; the proxy must remove it from what browsers send',
    fr: 'en-tête qui porte le nom de l’agent ; le proxy doit le retirer de ce que les navigateurs envoient',
  },
  optGroupsHeader: {
    en: 'header with the groups of the agent, separated by commas; the proxy must remove it too',
    fr: 'en-tête qui porte les groupes de l’agent, séparés par des virgules ; le proxy doit le retirer aussi',
  },
  optGroup: {
    en: 'group of a role, as act=support (repeatable; roles: read, act, erase, oversight; default: desk-read and so on)',
    fr: 'groupe d’un rôle, comme act=support (répétable ; au choix : read = consulter ; act = agir ; erase = effacer et conserver ; oversight = contrôler ; par défaut : desk-read, etc.)',
  },
  optBase: {
    en: 'path below which the proxy shows the desk, as /desk',
    fr: 'chemin sous lequel le proxy présente le poste, comme /desk',
  },
  optTimeZone: {
    en: 'time zone in which agents type a time',
    fr: 'fuseau horaire dans lequel les agents saisissent une heure',
  },
  optSessionMinutes: {
    en: 'minutes without a request after which a session ends and forgets its calls, from 5 to 120',
    fr: 'minutes d’inactivité au bout desquelles une session prend fin et oublie ses appels, de 5 à 120',
  },
  optDeskLanguage: { en: 'language of the first page', fr: 'langue de la première page' },
  deskLink: {
    en: 'Open this link, which works once; press Enter for a new one: {url}',
    fr: 'Ouvrez ce lien, qui ne sert qu’une fois ; appuyez sur Entrée pour en obtenir un nouveau : {url}',
  },
  deskListening: {
    en: 'the desk is open at {place}',
    fr: 'le poste d’assistance est ouvert à {place}',
  },
  deskFailed: {
    en: 'a page of the desk could not be answered: {page}, status {status}; 503 means that the ledger or the keyring is away',
    fr: 'une page du poste d’assistance n’a pas pu être servie : {page}, statut {status} ; 503 signifie que le registre des preuves ou le trousseau de clés ne répond pas',
  },
  deskStopping: {
    en: 'the desk is closing; its sessions end',
    fr: 'le poste d’assistance se ferme ; ses sessions prennent fin',
  },
  cmdSubscriber: {
    en: 'work on one subscriber at the support desk; the identifier is asked for or read from standard input',
    fr: 'gérer la demande d’un abonné à l’assistance ; l’identifiant est demandé ou lu sur l’entrée standard',
  },
  cmdShow: {
    en: 'show the standing and its history, notes, requests, and what would be decided now',
    fr: 'afficher la situation et son historique, les mentions, les demandes, et ce qui serait décidé maintenant',
  },
  cmdExport: {
    en: 'export everything that is held about the person, for the person (Art. 15 and 20 GDPR)',
    fr: 'exporter tout ce qui est conservé sur la personne, pour elle (RGPD, art. 15 et 20)',
  },
  cmdErase: {
    en: 'erase cards, accesses, notes and, without a contract in force, the dossier (Art. 17 GDPR)',
    fr: 'effacer les fiches, les accès, les mentions et, sans contrat en cours, le dossier (RGPD, art. 17)',
  },
  cmdRestrict: {
    en: 'stop recording and segregate what is held (Art. 18 GDPR), or while an objection is examined (Art. 21)',
    fr: 'ne plus rien enregistrer et mettre à part ce qui est conservé, sur demande de limitation (RGPD, art. 18) ou le temps d’examiner une opposition (art. 21)',
  },
  cmdLift: {
    en: 'lift a restriction, or reject an objection with a reason',
    fr: 'lever une limitation, ou rejeter une opposition avec un motif',
  },
  cmdHold: {
    en: 'keep what is held today beyond its retention, for a legal claim, until a review',
    fr: 'conserver au-delà de la durée prévue ce qui est détenu à ce jour, pour un litige, jusqu’à un réexamen',
  },
  cmdRelease: { en: 'release a legal hold', fr: 'lever une conservation pour un litige' },
  cmdDirective: {
    en: 'record or revoke a directive about the data after death',
    fr: 'enregistrer ou révoquer une directive post mortem (sort des données après le décès)',
  },
  cmdException: {
    en: 'let the subscriber watch where the location cannot be established, until a day, or revoke this',
    fr: 'accorder l’accès à l’abonné jusqu’à une date quand le lieu ne peut pas être établi, ou révoquer cette exception',
  },
  cmdDispute: {
    en: 'clear a day that was shown to be wrong (Art. 16 GDPR)',
    fr: 'effacer un jour enregistré à tort (RGPD, art. 16)',
  },
  cmdResidence: {
    en: 'residence under Art. 5: means, events, overdue renewals',
    fr: 'résidence selon l’art. 5 : moyens, événements, renouvellements en retard',
  },
  cmdCheck: {
    en: 'check whether the means that the subscriber presents verify residence (Art. 5(1))',
    fr: 'vérifier si les moyens présentés par l’abonné établissent la résidence (art. 5, § 1)',
  },
  cmdEvent: {
    en: 'record an event of the verification of residence',
    fr: 'enregistrer un événement de la vérification de la résidence',
  },
  cmdUndo: {
    en: 'remove an event that was recorded by mistake, by its number in the dossier',
    fr: 'retirer un événement enregistré par erreur, par son numéro dans le dossier',
  },
  cmdOverdue: {
    en: 'renewals that wait for their verification, the oldest first, by number and your reference',
    fr: 'renouvellements en attente de vérification, les plus anciens d’abord, par numéro et référence interne',
  },
  cmdImport: {
    en: 'import the dossiers of many subscribers from a file; checks everything before it writes',
    fr: 'importer les dossiers de nombreux abonnés depuis un fichier ; tout est vérifié avant l’écriture',
  },
  argImportFile: {
    en: 'CSV or JSON lines, UTF-8; - for standard input',
    fr: 'CSV ou lignes JSON, en UTF-8 ; - pour l’entrée standard',
  },
  optDryRun: {
    en: 'write nothing: check, compare and count',
    fr: 'ne rien écrire : vérifier, comparer et compter',
  },
  optRejects: {
    en: 'write the rejected rows to a file (line; code; reason) and import the others; default: one rejected row stops the import',
    fr: 'écrire les lignes refusées dans un fichier (ligne ; code ; motif) et importer les autres ; par défaut : une ligne refusée arrête l’importation',
  },
  importHelp: {
    en: `The first line of a CSV file names its columns, separated by commas, semicolons or tabs.
One row a subscriber: subscriber, concluded, renewsEvery, verified, outcome, means, occasion,
by, postalAddressRegistered, ended; the first two are required. Without a column, outcome is
home, occasion is conclusion and by is provider. One row an event: subscriber, type, on and
the fields of the events. A JSON line is an object with subscriber and events, or with
subscriber and the fields of one event. Rows of one subscriber stand together. The same file
can be imported again: events that a dossier has already are skipped. Example:

  subscriber;concluded;renewsEvery;verified;means
  K-1001;2024-03-15;12;2024-03-15;b j
  K-1002;2025-11-02;1;;`,
    fr: `La première ligne d’un fichier CSV nomme les colonnes, séparées par des virgules, des
points-virgules ou des tabulations. Une ligne par abonné (au choix : subscriber =
identifiant ; concluded = date du contrat ; renewsEvery = mois jusqu’à chaque renouvellement ;
verified = date de la vérification ; outcome = issue ; means = lettres des moyens ; occasion =
occasion ; by = auteur de la vérification ; postalAddressRegistered = adresse inscrite à un
registre officiel ; ended = premier jour sans contrat) ; les deux premières sont obligatoires.
Sans colonne pour l’issue, l’occasion ou l’auteur, la vérification conclut à une résidence dans
l’État du service, à la conclusion du contrat, par le service. Une ligne par événement :
subscriber, type, on et les champs des événements. Une ligne JSON est un objet avec subscriber
et events, ou avec subscriber et les champs d’un événement. Les lignes d’un même abonné se
suivent. Le même fichier peut être importé de nouveau : les événements déjà enregistrés sont
ignorés. Exemple :

  subscriber;concluded;renewsEvery;verified;means
  K-1001;15/03/2024;12;15/03/2024;b j
  K-1002;02/11/2025;1;;`,
  },
  importCheck: { en: 'checking', fr: 'vérification' },
  importCompare: { en: 'comparing', fr: 'comparaison' },
  importWrite: { en: 'writing', fr: 'écriture' },
  importRejectedRow: { en: 'line {line}: {text}', fr: 'ligne {line} : {text}' },
  importDone: { en: 'imported', fr: 'importation terminée' },
  importWouldDo: {
    en: 'nothing was written; an import would do',
    fr: 'rien n’a été écrit ; résultat d’une importation',
  },
  importAdded: { en: 'new dossiers', fr: 'nouveaux dossiers' },
  importChanged: { en: 'dossiers with new events', fr: 'dossiers complétés' },
  importUnchanged: { en: 'dossiers that had them all', fr: 'dossiers déjà complets' },
  importRejected: { en: 'rejected rows', fr: 'lignes refusées' },
  importDigest: {
    en: 'digest of the file in the journal: {digest}',
    fr: 'empreinte du fichier dans le journal : {digest}',
  },
  cmdRequests: {
    en: 'requests of persons and their deadlines (Art. 12 GDPR), by number and your reference',
    fr: 'demandes des personnes et leurs délais (RGPD, art. 12), par numéro et référence interne',
  },
  cmdRequestsOpen: {
    en: 'register a request of a subscriber',
    fr: 'enregistrer une demande d’un abonné',
  },
  cmdRequestsList: { en: 'all requests', fr: 'toutes les demandes' },
  cmdRequestsDue: {
    en: 'open requests, the most urgent first, holds to be reviewed, and operations that wait for a second agent',
    fr: 'demandes en cours, les plus urgentes d’abord, conservations à réexaminer, et opérations en attente d’un second agent',
  },
  cmdRequestsExtend: {
    en: 'announce the extension by two months, within the first month',
    fr: 'annoncer la prolongation de deux mois, dans le premier mois',
  },
  cmdRequestsIdentity: {
    en: 'proof of identity was requested, or the identity established (Art. 12(6) GDPR)',
    fr: 'noter qu’un justificatif d’identité a été demandé, ou que l’identité est établie (RGPD, art. 12, § 6)',
  },
  cmdRequestsAnswer: {
    en: 'record the answer to a request',
    fr: 'enregistrer la réponse à une demande',
  },
  cmdReport: {
    en: 'report for right holders and auditors: decisions per day and reason, tables in force; without personal data',
    fr: 'rapport pour les titulaires de droits et les auditeurs : décisions par jour et motif, tables en vigueur ; sans donnée personnelle',
  },
  cmdJournal: {
    en: 'who accessed personal data, when and why',
    fr: 'qui a consulté des données personnelles, quand et pourquoi',
  },
  cmdJournalList: {
    en: 'list the newest entries of the journal; this is entered in the journal too',
    fr: 'afficher les dernières entrées du journal ; cette consultation y est inscrite aussi',
  },
  optPerson: {
    en: 'only the entries about one person; the identifier is asked for, or read from standard input',
    fr: 'seulement les entrées sur une personne ; l’identifiant est demandé ou lu sur l’entrée standard',
  },
  optByAgent: { en: 'only the entries of this agent', fr: 'seulement les entrées de cet agent' },
  optJournalAction: {
    en: 'only the entries of this action',
    fr: 'seulement les entrées de cette opération',
  },
  optLimit: { en: 'number of entries at most', fr: 'nombre d’entrées au plus' },
  journalNumber: { en: 'number', fr: 'numéro' },
  journalTime: { en: 'time (UTC)', fr: 'heure (UTC)' },
  journalAgent: { en: 'agent', fr: 'agent' },
  journalAction: { en: 'action', fr: 'opération' },
  journalReason: { en: 'reason', fr: 'motif' },
  journalReference: { en: 'reference', fr: 'référence' },
  cmdJournalHead: {
    en: 'print the head of the journal; keep it elsewhere and give it to evidence verify --head',
    fr: 'afficher la tête du journal ; à garder ailleurs et à donner à evidence verify --head',
  },
  argMeans: { en: 'letters a to k, listed below', fr: 'lettres a à k, voir ci-dessous' },
  argEvent: { en: 'the event', fr: 'l’événement' },
  argNumber: { en: 'number of the event', fr: 'numéro de l’événement' },
  argRequest: { en: 'number of the request, R-...', fr: 'numéro de la demande, R-...' },
  optAgent: {
    en: 'your name, for the journal (default: the system user)',
    fr: 'votre nom, pour le journal (par défaut : l’utilisateur du système)',
  },
  optReason: { en: 'reason for the access', fr: 'motif de la consultation' },
  optReference: {
    en: 'your reference of the case (ticket, customer file): letters, digits, -, _ and /; never the identifier of the subscriber',
    fr: 'votre référence interne (ticket, dossier client) : lettres, chiffres, -, _ et / ; jamais l’identifiant de l’abonné',
  },
  optNumber: {
    en: 'number of the line of a work list (R-..., D-..., H-... or P-...); the command is refused if it is not that of the subscriber',
    fr: 'numéro de la ligne dans une liste (R-..., D-..., H-... ou P-...) ; la commande est refusée s’il n’est pas celui de l’abonné',
  },
  optSecondAgent: {
    en: 'operations that a second agent must confirm by the same command within 7 days, separated by a comma: erase, release',
    fr: 'opérations qu’un second agent doit confirmer par la même commande dans les 7 jours, séparées par une virgule (au choix : erase = effacement ; release = levée de la conservation)',
  },
  optLinesLimit: { en: 'number of lines at most', fr: 'nombre de lignes au plus' },
  optCalendar: {
    en: 'show the days of the requests of the account',
    fr: 'afficher les jours des demandes du compte',
  },
  optMonthsShown: { en: 'months of the calendar', fr: 'mois du calendrier' },
  optHtml: { en: 'write a page to this file', fr: 'écrire une page dans ce fichier' },
  optExportHtml: {
    en: 'write a page in French for the person to this file',
    fr: 'écrire dans ce fichier une page en français pour la personne',
  },
  optOutput: {
    en: 'write to this file instead of standard output',
    fr: 'écrire dans ce fichier plutôt que sur la sortie standard',
  },
  optEvenDossier: {
    en: 'also erase the dossier of a contract in force: the person then has no standing any more',
    fr: 'effacer aussi le dossier d’un contrat en cours : la personne n’a alors plus de situation connue',
  },
  optUpheld: {
    en: 'uphold an objection: nothing is recorded any more',
    fr: 'accepter une opposition : plus rien n’est enregistré',
  },
  optObjection: { en: 'the person objects (Art. 21)', fr: 'la personne s’oppose (art. 21)' },
  optRejected: {
    en: 'reason for the rejection of the objection',
    fr: 'motif du rejet de l’opposition',
  },
  optActionReason: { en: 'reason', fr: 'motif' },
  optReview: {
    en: 'day of the review of the hold, YYYY-MM-DD or DD/MM/YYYY',
    fr: 'date du réexamen de la conservation, JJ/MM/AAAA ou AAAA-MM-JJ',
  },
  optChoice: { en: 'the wish of the person', fr: 'le souhait de la personne' },
  optDesignated: {
    en: 'reference of the file on the designated person; no name',
    fr: 'référence du dossier de la personne désignée ; pas de nom',
  },
  optRevoke: { en: 'revoke the directive', fr: 'révoquer la directive post mortem' },
  optExceptionUntil: {
    en: 'last day of the exception, YYYY-MM-DD or DD/MM/YYYY, UTC, 31 days from today at most',
    fr: 'dernier jour de l’exception, JJ/MM/AAAA ou AAAA-MM-JJ, UTC, au plus tard 31 jours après aujourd’hui',
  },
  optRevokeException: { en: 'revoke the exception', fr: 'révoquer l’exception' },
  optDay: {
    en: 'the wrong day, YYYY-MM-DD or DD/MM/YYYY, UTC',
    fr: 'le jour inexact, JJ/MM/AAAA ou AAAA-MM-JJ, UTC',
  },
  optSide: { en: 'the wrong side', fr: 'le côté inexact' },
  optOccasion: { en: 'occasion of the verification', fr: 'occasion de la vérification' },
  optRegistered: {
    en: 'the postal address is in a public official register',
    fr: 'l’adresse postale figure dans un registre officiel public',
  },
  optOn: {
    en: 'day of the event, YYYY-MM-DD or DD/MM/YYYY (default: today)',
    fr: 'jour de l’événement, JJ/MM/AAAA ou AAAA-MM-JJ (par défaut : aujourd’hui)',
  },
  optRenewsEvery: {
    en: 'months after which the contract renews automatically',
    fr: 'nombre de mois au bout desquels le contrat est reconduit tacitement',
  },
  optOutcome: { en: 'where the residence is', fr: 'où se trouve la résidence' },
  optMeans: {
    en: 'letters of the means, listed below, such as b, or a,k or a k',
    fr: 'lettres des moyens, voir ci-dessous, comme b, ou a,k ou a k',
  },
  optBy: { en: 'who verified', fr: 'qui a vérifié' },
  optDoubtReason: { en: 'what points to another State', fr: 'ce qui indique un autre État' },
  optAnswerBy: {
    en: 'last day for the answer, YYYY-MM-DD or DD/MM/YYYY',
    fr: 'dernier jour pour répondre, JJ/MM/AAAA ou AAAA-MM-JJ',
  },
  optHeldData: {
    en: 'whether the data held still prove the residence',
    fr: 'si les données détenues prouvent malgré tout la résidence',
  },
  optUntil: {
    en: 'last day of the waiver, YYYY-MM-DD or DD/MM/YYYY',
    fr: 'dernier jour de la renonciation, JJ/MM/AAAA ou AAAA-MM-JJ',
  },
  optKind: { en: 'the right that is exercised', fr: 'le droit exercé' },
  optReceived: {
    en: 'day of receipt, YYYY-MM-DD or DD/MM/YYYY (default: today)',
    fr: 'jour de réception, JJ/MM/AAAA ou AAAA-MM-JJ (par défaut : aujourd’hui)',
  },
  optStep: {
    en: 'requested (asked) or established',
    fr: 'étape : justificatif demandé (asked) ou identité établie (established)',
  },
  optRequestOutcome: { en: 'outcome of the request', fr: 'l’issue de la demande' },
  optFromMonth: { en: 'first month, YYYY-MM or MM/YYYY', fr: 'premier mois, MM/AAAA ou AAAA-MM' },
  optToMonth: {
    en: 'last month, YYYY-MM or MM/YYYY; it must be over',
    fr: 'dernier mois, MM/AAAA ou AAAA-MM ; il doit être terminé',
  },
  optHead: {
    en: 'head of the journal that was kept elsewhere, NUMBER:DIGITS',
    fr: 'tête du journal gardée ailleurs, NUMÉRO:CHIFFRES',
  },
  askId: { en: 'Identifier of the subscriber: ', fr: 'Identifiant de l’abonné : ' },
  standing: { en: 'Standing', fr: 'Situation' },
  history: { en: 'History', fr: 'Historique' },
  historyNone: {
    en: 'no dossier: no contract is recorded',
    fr: 'pas de dossier : aucun contrat n’est enregistré',
  },
  overdueSince: {
    en: 'verification of the renewal due since {day} (renewals: {renewals}). The operator has to do it; this delay alone does not end access abroad',
    fr: 'vérification du renouvellement à faire depuis le {day} (renouvellements : {renewals}). Elle incombe à l’exploitant ; ce retard, à lui seul, ne retire pas l’accès à l’étranger',
  },
  answerBy: {
    en: 'answer of the subscriber expected by {day}',
    fr: 'réponse de l’abonné attendue au plus tard le {day}',
  },
  marks: { en: 'Notes', fr: 'Mentions' },
  marksNone: { en: 'none', fr: 'aucune' },
  holdMark: {
    en: 'legal hold for {reason}, to be reviewed by {day}: no erasure until its release, and copies are kept until then, also of what is removed or deleted meanwhile (months: {months}, dossier events: {events})',
    fr: 'conservation au-delà de la durée prévue ({reason}), à réexaminer au plus tard le {day} : pas d’effacement avant sa levée, et des copies restent jusque-là, même de ce qui est retiré ou supprimé entre-temps (mois : {months}, événements du dossier : {events})',
  },
  directiveMark: {
    en: 'directive about the data after death: {choice}',
    fr: 'directive post mortem : {choice}',
  },
  exceptionMark: {
    en: 'exception where the location cannot be established: {reason}, until {day}',
    fr: 'exception quand le lieu ne peut pas être établi : {reason}, jusqu’au {day}',
  },
  exceptionEnded: { en: 'ended', fr: 'terminée' },
  exceptionGranted: {
    en: 'until {day}, where the location cannot be established; gateways that hold the standing in memory apply it within two minutes',
    fr: 'jusqu’au {day}, quand le lieu ne peut pas être établi ; les passerelles qui ont la situation en mémoire l’appliquent en deux minutes au plus',
  },
  since: { en: 'since {day}', fr: 'depuis le {day}' },
  requestsTitle: { en: 'Requests', fr: 'Demandes' },
  requestLine: {
    en: '{id}: {kind}, received {received}, {state}',
    fr: '{id} : {kind}, demande reçue le {received}, {state}',
  },
  requestWaits: { en: 'waits for proof of identity', fr: 'en attente du justificatif d’identité' },
  requestAnswered: { en: '{outcome}, {day}', fr: '{outcome}, le {day}' },
  decisionNow: { en: 'Now', fr: 'Maintenant' },
  decisionFor: { en: 'for the address given', fr: 'pour l’adresse donnée' },
  meaning: { en: 'Meaning', fr: 'En clair' },
  basisLabel: { en: 'Basis', fr: 'Fondement' },
  askLabel: { en: 'Ask for', fr: 'À demander' },
  placeLabel: { en: 'Location', fr: 'Lieu' },
  calendarTitle: {
    en: 'Requests of the account, by day (UTC)',
    fr: 'Demandes d’accès du compte, par jour (UTC)',
  },
  calendarLegend: {
    en: 'F from France   O from outside France   B both   · none recorded',
    fr: 'F provenant de France   H hors de France   D les deux   · aucune enregistrée',
  },
  letterHome: { en: 'F', fr: 'F' },
  letterOutside: { en: 'O', fr: 'H' },
  letterBoth: { en: 'B', fr: 'D' },
  calendarHousehold: {
    en: 'A household may share an account. A day without a record proves nothing. A calendar is never a reason to doubt residence.',
    fr: 'Un foyer peut partager un compte. Un jour sans enregistrement ne prouve rien. Un calendrier ne justifie jamais un doute sur la résidence.',
  },
  calendarDestroyed: {
    en: 'key destroyed: nothing can be found any more',
    fr: 'clé détruite : plus rien ne peut être retrouvé',
  },
  calendarAside: {
    en: 'segregated by a restriction: only the export for the person shows them',
    fr: 'mises à part par une limitation : seul l’export destiné à la personne les montre',
  },
  renewsEvery: { en: 'renews every {months} months', fr: 'renouvelé tous les {months} mois' },
  renewsMonthly: { en: 'renews every month', fr: 'renouvelé chaque mois' },
  meansUsed: { en: 'by {means}', fr: 'par {means}' },
  doubtReason: { en: 'because {reason}', fr: '{reason}' },
  untilDay: { en: 'until {day}', fr: 'jusqu’au {day}' },
  byDay: { en: 'answer by {day}', fr: 'réponse au plus tard le {day}' },
  heldProves: {
    en: 'the data held still prove the residence',
    fr: 'les données détenues prouvent malgré tout la résidence',
  },
  done: { en: 'done', fr: 'fait' },
  erased: { en: 'months of cards erased: {cards}', fr: 'fiches mensuelles effacées : {cards}' },
  dossierKept: {
    en: 'The dossier stays: a contract is in force, and Art. 5 of Regulation (EU) 2017/1128 requires it (Art. 17(3)(b) GDPR). It is deleted with the contract.',
    fr: 'Le dossier reste : un contrat est en cours et l’art. 5 du règlement (UE) 2017/1128 l’exige (RGPD, art. 17, § 3, point b). Il sera supprimé avec le contrat.',
  },
  heldMonths: {
    en: 'cards of {months} months held, to be reviewed by {day}',
    fr: 'fiches mensuelles conservées : {months}, à réexaminer au plus tard le {day}',
  },
  meansValid: {
    en: 'These means verify residence (Art. 5(1) or 5(2)).',
    fr: 'Ces moyens suffisent à vérifier la résidence (art. 5, § 1 ou § 2).',
  },
  meansInvalid: {
    en: 'These means do not verify residence: {violation} ({article}).',
    fr: 'Ces moyens ne suffisent pas à vérifier la résidence : {violation} ({article}).',
  },
  standingNow: { en: 'Standing today: {standing}', fr: 'Situation ce jour : {standing}' },
  unansweredTitle: {
    en: 'Information that was asked for and did not come in time',
    fr: 'Informations demandées et non reçues à temps',
  },
  answerWasDue: { en: 'last day for the answer', fr: 'dernier jour pour répondre' },
  overdueCount: {
    en: 'subscribers whose renewal waits for its verification: {dossiers}; the oldest since {day}',
    fr: 'abonnés dont un renouvellement attend sa vérification : {dossiers} ; le plus ancien depuis le {day}',
  },
  overdueNone: {
    en: 'no renewal waits for its verification',
    fr: 'aucun renouvellement n’attend sa vérification',
  },
  requestOpened: {
    en: 'registered as {id}, answer due by {day}',
    fr: 'enregistrée sous {id}, réponse à donner au plus tard le {day}',
  },
  pendingTitle: {
    en: 'Waiting for a second agent',
    fr: 'En attente d’un second agent',
  },
  pendingOperation: { en: 'operation', fr: 'opération' },
  pendingAgent: { en: 'proposed by', fr: 'proposée par' },
  pendingUntil: { en: 'until', fr: 'jusqu’au' },
  pendingMark: {
    en: '{operation} proposed by {agent} on {since}, not done yet: another agent must confirm it by {until}',
    fr: '{operation} : opération proposée par {agent} le {since}, pas encore faite ; un autre agent doit la confirmer au plus tard le {until}',
  },
  proposedNow: {
    en: 'Nothing was done yet. Proposed as {number}: another agent must give the same command, with the same options, by {until}.',
    fr: 'Rien n’a encore été fait. Opération proposée sous le numéro {number} : un autre agent doit taper la même commande, avec les mêmes options, au plus tard le {until}.',
  },
  ownReference: { en: 'your reference', fr: 'votre référence' },
  withReference: { en: 'your reference: {reference}', fr: 'votre référence : {reference}' },
  withNumber: { en: 'number {number}', fr: 'numéro {number}' },
  overdueFrom: { en: 'since', fr: 'depuis le' },
  overdueRenewals: { en: 'renewals', fr: 'renouvellements' },
  holdReview: { en: 'review by', fr: 'à réexaminer le' },
  holdSince: { en: 'held since', fr: 'conservé depuis le' },
  requestNumber: { en: 'number', fr: 'numéro' },
  requestKind: { en: 'right', fr: 'droit' },
  requestReceived: { en: 'received', fr: 'reçue' },
  requestState: { en: 'state', fr: 'état' },
  isLate: { en: 'late', fr: 'en retard' },
  holdsDueTitle: { en: 'Holds to be reviewed', fr: 'Conservations à réexaminer' },
  written: { en: 'written', fr: 'écrit' },
  reportTitle: {
    en: 'Decisions on territory, {from} to {to}',
    fr: 'Décisions de territoire, du {from} au {to}',
  },
  mergedGranted: { en: 'abroad, portability granted', fr: 'à l’étranger, portabilité accordée' },
  mergedRefused: {
    en: 'abroad, refused for reasons of residence',
    fr: 'à l’étranger, refus pour un motif de résidence',
  },
  reportIntro: {
    en: "Each request for access is decided by one rule: where the request comes from, how the subscriber's residence stands under Article 5 of Regulation (EU) 2017/1128, and the provider's offer. This report counts decisions. It holds no data of a person (Art. 8(2)); reasons that would tell how residence stands are merged.",
    fr: 'Une seule règle tranche chaque demande d’accès : d’où elle vient, où en est la résidence de l’abonné au sens de l’article 5 du règlement (UE) 2017/1128, et l’offre du fournisseur. Ce rapport compte des décisions. Il ne contient aucune donnée personnelle (art. 8, § 2) ; les motifs qui diraient où en est une résidence sont réunis.',
  },
  reportRounding: {
    en: 'Every count is rounded to 10 before it is added up.',
    fr: 'Chaque nombre est arrondi à la dizaine avant d’être additionné.',
  },
  reportNote: {
    en: 'laissez-passer {library}, rule {rule} (a digest of every answer of the rule)',
    fr: 'laissez-passer {library}, règle {rule} (empreinte de toutes les réponses de la règle)',
  },
  byReason: { en: 'By reason', fr: 'Par motif' },
  byMonth: { en: 'By month', fr: 'Par mois' },
  chartVerdicts: {
    en: 'Decisions per day, by verdict',
    fr: 'Décisions par jour, selon le verdict',
  },
  chartRefusals: { en: 'Refusals per day, by reason', fr: 'Refus par jour, selon le motif' },
  firstDay: { en: 'first day', fr: 'premier jour' },
  lastDay: { en: 'last day', fr: 'dernier jour' },
  age: { en: 'age', fr: 'âge' },
  ageDays: { en: '{days} days', fr: '{days} j' },
  yesOrNo: { en: '(y/N)', fr: '(o/N)' },
  yesWords: { en: 'y yes', fr: 'o oui' },
  sureErase: {
    en: "Erase this subscriber's data permanently?",
    fr: 'Effacer définitivement les données de cet abonné ?',
  },
  sureRelease: {
    en: 'Release the hold and delete its copies?',
    fr: 'Lever la conservation et supprimer ses copies ?',
  },
  sureDispute: {
    en: 'Clear this day permanently?',
    fr: 'Effacer définitivement l’enregistrement de ce jour ?',
  },
  sureUndo: { en: 'Remove this event from the dossier?', fr: 'Retirer cet événement du dossier ?' },
  surePurge: {
    en: 'Delete what is older, and destroy the keys of those months, permanently?',
    fr: 'Supprimer ce qui est plus ancien et détruire les clés de ces mois, définitivement ?',
  },
  sureKeys: { en: 'Destroy these keys permanently?', fr: 'Détruire ces clés définitivement ?' },
  unknownSubscriber: {
    en: 'nothing is held under this identifier: check it',
    fr: 'rien n’est conservé sous cet identifiant : vérifiez-le',
  },
  dossierErased: {
    en: 'The residence dossier is erased too.',
    fr: 'Le dossier de résidence est effacé aussi.',
  },
  noted: { en: 'Recorded: {day}, {event}', fr: 'Enregistré : {day}, {event}' },
  takenOut: { en: 'Removed: {day}, {event}', fr: 'Retiré : {day}, {event}' },
  otherRequests: {
    en: 'and other answered requests: {count}',
    fr: 'et autres demandes closes : {count}',
  },
  notAnAddress: {
    en: 'not an IP address: read it out again',
    fr: 'ce n’est pas une adresse IP : relisez-la',
  },
  stateDue: { en: 'due {day}', fr: 'réponse à donner au plus tard le {day}' },
  reportRounded: {
    en: 'Every count is rounded to 10.',
    fr: 'Chaque nombre est arrondi à la dizaine.',
  },
  noRefusals: { en: 'no refusals', fr: 'aucun refus' },
  noDecisions: { en: 'no decision recorded', fr: 'aucune décision enregistrée' },
  noEditions: { en: 'no edition recorded', fr: 'aucune édition enregistrée' },
  mandatory: { en: '(required)', fr: '(obligatoire)' },
  byDefault: { en: '(default: {value})', fr: '(par défaut : {value})' },
  meansHelp: {
    en: 'The means of verification (Art. 5(1)):',
    fr: 'Les moyens de vérification (art. 5, § 1) :',
  },
  eventHelp: {
    en: '\nWhich options belong to which event:\n  contract-concluded        --renews-every MONTHS\n  residence-verified        --outcome --means --occasion --by [--postal-address-registered]\n  doubt-raised              --doubt-reason\n  information-requested     --answer-by DAY\n  information-not-answered  --held-data-prove-residence yes|no\n  verification-waived       [--until DAY]\n  all of them               [--on DAY]',
    fr: '\nQuelles options pour quel événement :\n  contract-concluded        --renews-every MOIS\n  residence-verified        --outcome --means --occasion --by [--postal-address-registered]\n  doubt-raised              --doubt-reason\n  information-requested     --answer-by JOUR\n  information-not-answered  --held-data-prove-residence yes|no\n  verification-waived       [--until JOUR]\n  tous                      [--on JOUR]',
  },
  optWaivers: {
    en: 'JSON file of the waivers of all right holders for the service',
    fr: 'fichier JSON des renonciations de tous les titulaires de droits pour le service',
  },
  optJournalMonths: {
    en: 'months for which the journal is kept (default: 12)',
    fr: 'mois de conservation du journal (par défaut : 12)',
  },
  optRequestMonths: {
    en: 'months for which a request is kept after its answer (default: 36)',
    fr: 'mois de conservation d’une demande après sa réponse (par défaut : 36)',
  },
} as const satisfies Readonly<Record<string, LocalisedText>>;
