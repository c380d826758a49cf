/** The words of docs/kept.md and docs/kept.fr.md: the record of processing, the questions of an assessment, and what remains to be decided. */

export type Pair = readonly [question: string, answer: string];

export interface KeptWords {
  readonly title: string;
  readonly about: string;
  readonly record: string;
  readonly recordRows: readonly Pair[];
  readonly fields: string;
  readonly head: readonly string[];
  readonly otherHead: readonly string[];
  readonly insideJson: string;
  readonly impersonal: string;
  readonly impersonalKept: string;
  readonly keyring: string;
  readonly keyringAbout: string;
  readonly postgres: string;
  readonly postgresAbout: string;
  readonly formats: string;
  readonly formatsAbout: string;
  readonly formatHead: readonly string[];
  readonly gaps: string;
  readonly questions: string;
  readonly answers: readonly Pair[];
  readonly decide: string;
  readonly decisions: readonly string[];
}

export const ENGLISH: KeptWords = {
  title: 'What is kept, and why',
  about:
    'For the data protection officer; the notice is that of OCS (2021), an operator puts its own in its place. Written from `data/disclosure.json`, which the library itself is held to: a test lives the life of a service on SQLite and on PostgreSQL, reads every table, column and value and the file of the keys, and fails on a value that is not described here, and on a description that no value had.',
  record: 'Record of processing (Art. 30(1) GDPR), filled in as far as the library knows',
  recordRows: [
    ['Controller', '{controller}; data protection officer: {dpo}'],
    [
      'Purposes',
      'to give access where the contract and Regulation (EU) 2017/1128 give it; to prevent abuse; to answer legal duties (dossier of residence, requests, journal)',
    ],
    [
      'Persons concerned',
      'subscribers; the agents at the desk, by name (`journal.operator`, `proposals.agent`); the persons whom subscribers designate for after death, by the reference of the operator’s file only (`directives.designated`)',
    ],
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
  head: ['field', 'what it is', 'format', 'answers to', 'purpose and basis', 'kept'],
  otherHead: ['field', 'what it is', 'format'],
  insideJson: 'Inside the fields that hold JSON',
  impersonal: 'Kept in addition, without personal data',
  impersonalKept:
    'The daily purge removes them too. Counts and editions are kept for 12 complete months and the current one, because a report of a year needs them, or as long as the cards if these are kept for longer; the newest edition stays, because a clock is compared with its day. Runs are kept for 36 months, as a request is, because they prove a deletion as long as a claim about it can be brought; the last one that destroyed keys stays, because a restored keyring is compared with it. Check values and the position stay as long as the ledger: it recognises its keyring by them.',
  keyring: 'In the file of the keys',
  keyringAbout:
    'One file, for its owner alone, outside the backup of the ledger: JSON with the keys, and after it a line for each erasure, whose tombstones are in the clear even if the keys are wrapped: they contain digests of pseudonyms only. They are the same as in `marks`: an erasure, a correction and a restriction leave one for each month of cards, and an erasure leaves some for the person records under the special months `register` and `register-beside-dossier`. They keep a restored backup from bringing the data back. They are removed with the key of their month; those of a special month, when their day is past the retention.',
  postgres: 'In PostgreSQL only',
  postgresAbout:
    'A fleet keeps its keys in a database of their own; the tables are `keys` and `key_marks`. Redis keeps the cards, accesses, tombstones and counts above under names of its own, and no person records. A spool keeps batches of cards, with the pseudonyms of their owners in the person records, until the ledger takes them.',
  formats: 'The formats',
  formatsAbout:
    'A value has the form of one of the expressions, over its whole length. Numbers are written in decimal, bytes in hexadecimal; `^$` is nothing.',
  formatHead: ['format', 'in words', 'expressions'],
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
      'Digests that keep a backup from bringing it back, until the key of their month is destroyed; the days of a request without the person and without the agent’s reference; the entries of the journal without the person, but with the agent’s reference, which their seal covers; under an upheld objection, the pseudonym in `restrictions`; a dossier whose contract is in force, without the agent’s reference.',
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
    'Pour le délégué à la protection des données ; la politique de confidentialité est celle d’OCS (2021), à laquelle chaque exploitant substitue la sienne. Établi à partir de `data/disclosure.json`, auquel la bibliothèque elle-même est tenue : un test fait vivre un service sur SQLite et sur PostgreSQL, lit chaque table, chaque colonne et chaque valeur ainsi que le fichier des clés, et échoue si une valeur n’est pas décrite ici, ou si une description n’a été celle d’aucune valeur.',
  record:
    'Registre des activités de traitement (art. 30, § 1, du RGPD), rempli dans la mesure de ce que la bibliothèque connaît',
  recordRows: [
    ['Responsable', '{controller} ; délégué à la protection des données : {dpo}'],
    [
      'Finalités',
      'donner l’accès là où le contrat et le règlement (UE) 2017/1128 le prévoient ; prévenir les abus ; satisfaire aux obligations légales (dossier de résidence, demandes, journal)',
    ],
    [
      'Personnes concernées',
      'les abonnés ; les agents de l’assistance, par leur nom (`journal.operator`, `proposals.agent`) ; les personnes que les abonnés désignent pour après leur décès, par la seule référence du dossier chez l’exploitant (`directives.designated`)',
    ],
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
  head: ['champ', 'ce que c’est', 'format', 'répond à', 'finalité et base', 'durée'],
  otherHead: ['champ', 'ce que c’est', 'format'],
  insideJson: 'Dans les champs en JSON',
  impersonal: 'Conservé par ailleurs, sans donnée personnelle',
  impersonalKept:
    'La purge quotidienne les supprime aussi. Les comptes et les éditions sont conservés 12 mois entiers en plus du mois en cours, car le rapport d’une année en a besoin, ou aussi longtemps que les fiches si celles-ci sont conservées plus longtemps ; l’édition la plus récente reste, car l’horloge est comparée à son jour. Les opérations sont conservées 36 mois, comme une demande, car elles prouvent un effacement tant qu’une réclamation peut être formée ; la dernière qui a détruit des clés reste, car un trousseau restauré lui est comparé. Les valeurs de contrôle et la position restent aussi longtemps que le registre : c’est à elles qu’il reconnaît son trousseau.',
  keyring: 'Dans le fichier des clés',
  keyringAbout:
    'Un seul fichier, lisible par son seul propriétaire, hors de la sauvegarde du registre : les clés en JSON, puis une ligne par effacement, dont les marques sont en clair même si les clés sont chiffrées, car elles ne contiennent que des empreintes de pseudonymes. Ces marques d’effacement sont celles de `marks` : un effacement, une rectification et une limitation en laissent une pour chaque mois de fiches, et un effacement en laisse pour les dossiers de la personne, sous les mois spéciaux `register` et `register-beside-dossier`. Elles empêchent une sauvegarde restaurée de faire revenir les données. Elles sont supprimées avec la clé de leur mois ; celles d’un mois spécial, quand leur jour sort de la durée de conservation.',
  postgres: 'Dans PostgreSQL seulement',
  postgresAbout:
    'Un parc de passerelles garde ses clés dans une base à part ; les tables sont `keys` et `key_marks`. Redis garde les fiches, accès, marques et comptes ci-dessus sous ses propres noms, et aucun dossier de personne. Une file d’attente garde des lots de fiches, avec les pseudonymes de leurs titulaires dans les dossiers, jusqu’à ce que le registre les prenne.',
  formats: 'Les formats',
  formatsAbout:
    'Une valeur a, sur toute sa longueur, la forme de l’une des expressions. Les nombres sont écrits en décimal, les octets en hexadécimal ; `^$` signifie rien.',
  formatHead: ['format', 'en clair', 'expressions'],
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
      'Des empreintes qui empêchent une sauvegarde de le défaire, jusqu’à la destruction de la clé de leur mois ; les jours d’une demande, sans la personne ni la référence de l’agent ; les entrées du journal, sans la personne mais avec la référence de l’agent, que leur sceau couvre ; après une opposition acceptée, le pseudonyme dans `restrictions` ; le dossier dont le contrat est en cours, sans la référence de l’agent.',
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
