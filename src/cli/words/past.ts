/** Words of the answers for an earlier moment. */
export const PAST_WORDS = {
  cmdAudit: { en: 'check earlier decisions', fr: 'vérifier des décisions passées' },
  cmdAuditReplay: {
    en: 'decide the requests of a file again, each as at its moment',
    fr: 'décider à nouveau les demandes d’un fichier, chacune comme à son moment',
  },
  argReplayFile: {
    en: 'CSV or JSON lines; - for standard input',
    fr: 'CSV ou lignes JSON ; - pour l’entrée standard',
  },
  replayHelp: {
    en: 'Columns: `time` (2026-11-21T20:15:00Z), `address`, `standing`; optional: `offer`, `excepted` (yes or no), and `verdict` and `reason`, which are compared. No address is printed.',
    fr: 'Colonnes : `time` (2026-11-21T20:15:00Z), `address`, `standing` ; facultatives : `offer`, `excepted` (oui ou non), ainsi que `verdict` et `reason`, qui sont comparés. Aucune adresse n’est affichée.',
  },
  replayDone: {
    en: 'Decided {rows} requests again, under {editions} editions:',
    fr: '{rows} demandes décidées à nouveau, sous {editions} éditions :',
  },
  replayCompared: {
    en: 'Compared with the file: {compared}; different: {different}; equal to one of several answers: {partly}.',
    fr: 'Comparées avec le fichier : {compared} ; différentes : {different} ; égales à une réponse parmi plusieurs : {partly}.',
  },
  replayFailed: {
    en: 'Not decided: {failed}.',
    fr: 'Non décidées : {failed}.',
  },
  replayRow: { en: 'line {line}: {problem}', fr: 'ligne {line} : {problem}' },
  editionNotKept: {
    en: 'The table in force is not kept in the folder of past editions',
    fr: 'La table en vigueur n’est pas conservée dans le dossier des éditions passées',
  },
  asItStood: {
    en: 'The dossier as it stood on {moment}; marks and requests are those of today',
    fr: 'Le dossier tel qu’il était au {moment} ; les mentions et les demandes sont celles d’aujourd’hui',
  },
  decisionThen: { en: 'Then', fr: 'Alors' },
  notKnown: { en: 'Not certain', fr: 'Incertain' },
  inForceThen: {
    en: 'On {moment}: edition {edition}, in force since {since}, by the law as of {law}.',
    fr: 'Au {moment} : édition {edition}, en vigueur depuis le {since}, selon le droit au {law}.',
  },
  inForceThatDay: {
    en: 'On {moment}: edition {edition}, in force that day, by the law as of {law}.',
    fr: 'Au {moment} : édition {edition}, en vigueur ce jour-là, selon le droit au {law}.',
  },
  gapNotesDamaged: {
    en: 'Some notes of the gateways cannot be read or go back in time: another edition may have been in force.',
    fr: 'Certaines notes des passerelles sont illisibles ou reculent dans le temps : une autre édition a pu être en vigueur.',
  },
  gapMomentByDay: {
    en: 'The edition is known to the day only, from the ledger: if several are shown, each was in force on that day.',
    fr: 'L’édition n’est connue qu’au jour près, par le registre des preuves : si plusieurs sont affichées, chacune a été en vigueur ce jour-là.',
  },
  gapSeveralEditions: {
    en: 'Gateways had different editions at that moment: each gives its own answer.',
    fr: 'Les passerelles n’avaient pas toutes la même édition à ce moment : chacune donne sa réponse.',
  },
  gapSeveralOffers: {
    en: 'Gateways had different offers at that moment: each gives its own answer.',
    fr: 'Les passerelles n’avaient pas toutes les mêmes offres à ce moment : chacune donne sa réponse.',
  },
  gapLedgerDiffers: {
    en: 'The ledger names another edition of that day: a gateway without notes may have had it.',
    fr: 'Le registre des preuves indique une autre édition ce jour-là : une passerelle sans notes a pu l’avoir.',
  },
  gapOffersUnknown: {
    en: 'The offers of that moment were not noted: those of today are used.',
    fr: 'Les offres de ce moment n’ont pas été notées : celles d’aujourd’hui sont utilisées.',
  },
  gapLibraryDiffers: {
    en: 'Another version of laissez-passer may have decided then: its rules may have been different.',
    fr: 'Une autre version de laissez-passer a pu décider alors : ses règles ont pu être différentes.',
  },
  changedSince: {
    en: 'The records of the subscriber were changed since then ({count}, first on {first}): what a gateway knew at that moment may have been different.',
    fr: 'Le dossier de l’abonné a été modifié depuis ({count} fois, la première le {first}) : ce qu’une passerelle savait à ce moment a pu être différent.',
  },
  gapJournalShorter: {
    en: 'The journal does not reach back to that moment: there may be changes that it no longer shows.',
    fr: 'Le journal ne remonte pas jusqu’à ce moment : des modifications peuvent ne plus y figurer.',
  },
  gapJournalSilent: {
    en: 'The journal holds nothing about this subscriber from before that moment: records may have been erased or entered since.',
    fr: 'Le journal ne contient rien sur cet abonné avant ce moment : des données ont pu être effacées ou saisies depuis.',
  },
  gapNoDossier: {
    en: 'No dossier is on record: it may have been removed after the end of the contract.',
    fr: 'Aucun dossier n’est conservé : il a pu être supprimé après la fin du contrat.',
  },
  gapExceptionRemoved: {
    en: 'An exception was granted before that moment and is no longer on record: it may have applied.',
    fr: 'Une exception a été accordée avant ce moment et n’est plus conservée : elle a pu s’appliquer.',
  },
} as const;
