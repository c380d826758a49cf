/** The words of docs/kept.md and docs/kept.fr.md: the record of processing, the questions of an assessment, and what remains to be decided. */

export type Pair = readonly [question: string, answer: string];

export interface KeptWords {
  readonly title: string;
  readonly about: string;
  readonly record: string;
  readonly recordRows: readonly Pair[];
  readonly fields: string;
  readonly head: readonly string[];
  readonly impersonal: string;
  readonly gaps: string;
  readonly questions: string;
  readonly answers: readonly Pair[];
  readonly decide: string;
  readonly decisions: readonly string[];
}

export const ENGLISH: KeptWords = {
  title: 'What is kept, and why',
  about:
    'For the data protection officer; the notice is that of OCS (2021), an operator puts its own in its place. Written from `data/disclosure.json`, which the library itself is held to: a test reads the columns of each live ledger and fails on one that is not here.',
  record: 'Record of processing (Art. 30(1) GDPR), filled in as far as the library knows',
  recordRows: [
    ['Controller', '{controller}; data protection officer: {dpo}'],
    [
      'Purposes',
      'to give access where the contract and Regulation (EU) 2017/1128 give it; to prevent abuse; to answer legal duties (dossier of residence, requests, journal)',
    ],
    ['Persons concerned', 'subscribers'],
    ['Data', 'the tables below; no address, no country, no title that was watched'],
    ['Recipients', '{recipients}'],
    ['Transfers', '{transfers}'],
    ['Erasure', '{retention}'],
    [
      'Security (Art. 32)',
      'pseudonyms under keys kept apart, destroyed when the retention of their month ends; files for their owner alone; access through a journal that is sealed; what is erased is overwritten ([evidence.md](evidence.md), [threat-model.md](threat-model.md))',
    ],
  ],
  fields: 'The fields',
  head: ['field', 'what it is', 'answers to', 'purpose and basis', 'kept'],
  impersonal: 'Kept in addition, without personal data',
  gaps: 'What the notice does not name yet',
  questions: 'Questions of an assessment (Art. 35 GDPR), answered',
  answers: [
    [
      'Is it necessary to keep a day and a side?',
      'For one decision nothing has to be kept. What is kept answers the abuse of a temporary presence, and the notice discloses "a request for access from France or from outside France": one bit a day and side is that, and no more.',
    ],
    [
      'Could less do?',
      'Not the place, not the time of day, not the verdict, not the device are kept. Single accesses are off unless a purpose is stated, with a shorter time.',
    ],
    [
      'Is a person watched systematically?',
      'Each subscriber has a calendar of days by side. That is a record of movement in the coarsest grain there is; it is not read by any rule: no count of days and no doubt ends access by itself.',
    ],
    [
      'Is there a decision by machine alone (Art. 22)?',
      'A request is granted or refused by a rule, with its reason and article in words; an agent can help at once where the place cannot be established, and change the dossier. Nothing is inferred about the person.',
    ],
    [
      'What if the address data err?',
      'Doubt has a name of its own; `dispute` clears a bit that is shown to be wrong, for good; an exception lets somebody watch meanwhile.',
    ],
    [
      'Who sees it?',
      'Who is asked by the person, with a reason, noted first. Right holders see counts rounded to ten and no person (Art. 8(2) of the Regulation).',
    ],
    [
      'What if ledger or backup are stolen?',
      'Without the keyring the pseudonyms lead to no person; keep the two apart, also in backups.',
    ],
    [
      'What does a person get who asks (Art. 15)?',
      'Everything that is held, as JSON by a published schema and as a page in French.',
    ],
    [
      'What remains after an erasure?',
      'Digests that keep a backup from bringing it back, until the key of their month is destroyed; the days of a request without the person.',
    ],
  ],
  decide: 'What remains for the operator to decide',
  decisions: [
    'the months of retention (12 complete ones unless set), and to write them into the notice;',
    'whether single accesses are kept at all, for which purpose and for how many days;',
    'where ledger and keyring lie, who holds which, and how long their backups live;',
    'who may act at the desk, and who keeps the head of the journal;',
    'what an offer does where the place cannot be established, is anonymised or disputed;',
    'that the notice names what is listed above as not named.',
  ],
};

export const FRENCH: KeptWords = {
  title: 'Ce qui est conservé, et pourquoi',
  about:
    'Pour le délégué à la protection des données ; la politique de confidentialité est celle d’OCS (2021), à laquelle chaque exploitant substitue la sienne. Établi à partir de `data/disclosure.json`, auquel la bibliothèque elle-même est tenue : un test lit les colonnes de chaque registre réel et échoue si l’une d’elles manque ici.',
  record:
    'Registre des activités de traitement (art. 30, § 1, du RGPD), rempli dans la mesure de ce que la bibliothèque connaît',
  recordRows: [
    ['Responsable', '{controller} ; délégué à la protection des données : {dpo}'],
    [
      'Finalités',
      'donner l’accès là où le contrat et le règlement (UE) 2017/1128 le prévoient ; prévenir les abus ; satisfaire aux obligations légales (dossier de résidence, demandes, journal)',
    ],
    ['Personnes concernées', 'les abonnés'],
    ['Données', 'les tableaux ci-dessous ; ni adresse, ni pays, ni programme regardé'],
    ['Destinataires', '{recipients}'],
    ['Transferts', '{transfers}'],
    ['Effacement', '{retention}'],
    [
      'Sécurité (art. 32)',
      'pseudonymes sous des clés gardées à part et détruites au terme de la conservation de leur mois ; fichiers lisibles par leur seul propriétaire ; accès inscrit dans un journal scellé ; ce qui est effacé est écrasé ([evidence.md](evidence.md), [threat-model.md](threat-model.md))',
    ],
  ],
  fields: 'Les champs',
  head: ['champ', 'ce que c’est', 'répond à', 'finalité et base', 'durée'],
  impersonal: 'Conservé par ailleurs, sans donnée personnelle',
  gaps: 'Ce que la politique de confidentialité ne nomme pas encore',
  questions: 'Les questions d’une analyse d’impact (art. 35 du RGPD), et leurs réponses',
  answers: [
    [
      'Est-il nécessaire de conserver le jour et le côté ?',
      'Pour décider, non. Ce qui est conservé sert à prévenir l’abus de la présence temporaire, et la politique de confidentialité annonce « demande d’accès au Service depuis la France ou hors de France » : un bit par jour et par côté, c’est cela et rien de plus.',
    ],
    [
      'Pourrait-on conserver moins ?',
      'Ni le lieu, ni l’heure, ni le verdict, ni l’appareil ne sont conservés. Les accès un par un ne le sont pas, sauf finalité énoncée et durée plus courte.',
    ],
    [
      'La personne est-elle suivie de façon systématique ?',
      'Chaque abonné a un calendrier de jours par côté. C’est une trace de déplacement, avec la plus faible précision possible ; aucune règle ne la lit : ni un nombre de jours ni un doute ne met fin, à lui seul, à l’accès.',
    ],
    [
      'Y a-t-il une décision fondée exclusivement sur un traitement automatisé (art. 22) ?',
      'Une demande est acceptée ou refusée par une règle, avec son motif et son article en toutes lettres ; un agent peut aider aussitôt quand le lieu ne peut être établi, et modifier le dossier. Rien n’est déduit de la personne.',
    ],
    [
      'Et si les données d’adresses se trompent ?',
      'Une localisation incertaine a son propre motif ; `dispute` efface définitivement un bit reconnu inexact ; une exception donne accès au service en attendant.',
    ],
    [
      'Qui voit ces données ?',
      'L’agent que la personne contacte ; il indique un motif, inscrit au journal avant toute lecture. Les titulaires de droits voient des nombres arrondis à la dizaine et aucune personne (art. 8, § 2, du règlement).',
    ],
    [
      'Et en cas de vol du registre des preuves ou d’une sauvegarde ?',
      'Sans le trousseau, les pseudonymes ne mènent à personne ; gardez le registre et le trousseau séparés, y compris dans les sauvegardes.',
    ],
    [
      'Que reçoit la personne qui demande (art. 15) ?',
      'Tout ce qui est détenu, en JSON selon un schéma publié et sur une page en français.',
    ],
    [
      'Que reste-t-il après un effacement ?',
      'Des empreintes qui empêchent une sauvegarde de le défaire, jusqu’à la destruction de la clé de leur mois ; les jours d’une demande, sans la personne.',
    ],
  ],
  decide: 'Ce qui reste à décider par l’exploitant',
  decisions: [
    'le nombre de mois de conservation (12 mois entiers sauf réglage contraire), à inscrire dans la politique de confidentialité ;',
    'si les accès sont conservés un par un, pour quelle finalité et combien de jours ;',
    'où se trouvent registre et trousseau, qui détient lequel, et combien de temps vivent leurs sauvegardes ;',
    'qui peut agir à l’assistance, et qui garde la tête du journal ;',
    'ce que fait une offre quand le lieu ne peut être établi, est anonymisé ou contesté ;',
    'comment compléter la politique de confidentialité avec ce qu’elle ne nomme pas encore.',
  ],
};
