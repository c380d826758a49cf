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
    en: 'Columns: time (2026-11-21T20:15:00Z), address, standing; optional: offer, excepted (yes or no), and verdict and reason, which are compared. No address is printed.',
    fr: 'Colonnes : time (2026-11-21T20:15:00Z), address, standing ; facultatives : offer, excepted (yes ou no), ainsi que verdict et reason, qui sont comparés. Aucune adresse n’est affichée.',
  },
  replayDone: {
    en: 'Decided {rows} requests again, under {editions} editions:',
    fr: '{rows} demandes décidées à nouveau, sous {editions} éditions :',
  },
  replayCompared: {
    en: 'Compared with the file: {compared}; different: {different}.',
    fr: 'Comparées avec le fichier : {compared} ; différentes : {different}.',
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
  asItStood: { en: 'As it stood on {moment}', fr: 'Au {moment}' },
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
    en: 'Some notes in the folder of editions cannot be read: another edition may have been in force.',
    fr: 'Certaines mentions du dossier des éditions sont illisibles : une autre édition a pu être en vigueur.',
  },
  gapMomentByDay: {
    en: 'The edition is known to the day only, from the ledger.',
    fr: 'L’édition n’est connue qu’au jour près, par le registre des preuves.',
  },
  gapSeveralEditions: {
    en: 'Gateways had different editions at that moment: each gives its own answer.',
    fr: 'Les passerelles n’avaient pas toutes la même édition à ce moment : chacune donne sa réponse.',
  },
  gapOffersUnknown: {
    en: 'The offers of that moment were not noted: those of today are used.',
    fr: 'Les offres de ce moment n’ont pas été notées : celles d’aujourd’hui sont utilisées.',
  },
  gapLibraryDiffers: {
    en: 'Another version of laissez-passer decided then: its rules may have been different.',
    fr: 'Une autre version de laissez-passer décidait alors : ses règles ont pu être différentes.',
  },
  changedSince: {
    en: 'The records were changed since then ({count}, first on {first}): what a gateway knew at that moment may have been different.',
    fr: 'Les dossiers ont été modifiés depuis ({count}, la première fois le {first}) : ce qu’une passerelle savait à ce moment a pu être différent.',
  },
  journalShorter: {
    en: 'The journal does not reach back to that moment: there may be changes that it no longer shows.',
    fr: 'Le journal ne remonte pas jusqu’à ce moment : des modifications peuvent ne plus y figurer.',
  },
} as const;
