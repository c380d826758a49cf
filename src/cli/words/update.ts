/** Holds the texts of `table update`, as a command and inside `serve`. */
import type { LocalisedText } from '../../messages/localised-text.ts';

export const UPDATE_WORDS = {
  cmdTableUpdate: {
    en: 'fetch the sources of the configuration, compile them, and put the table in place if it passes its guards',
    fr: 'télécharger les sources de la configuration, les compiler, et mettre la table en place si elle respecte ses garde-fous',
  },
  optUpdateAccept: {
    en: 'put the table that is held back in place, if it is still the newest; never in an automatic job',
    fr: 'mettre en place la table qui est retenue, si elle est toujours la plus récente ; jamais dans une tâche automatique',
  },
  optUpdateEvery: {
    en: 'update the table with the sources of the configuration file at this interval (default: never)',
    fr: 'mettre la table à jour avec les sources du fichier de configuration à cet intervalle (par défaut : jamais)',
  },
  updateFileNew: { en: 'new', fr: 'nouveau' },
  updateFileUnchanged: { en: 'unchanged', fr: 'inchangé' },
  updateFileWaiting: { en: 'waits for the first source', fr: 'attend la première source' },
  updateFileFailed: { en: 'failed', fr: 'échec' },
  updateDone: {
    en: 'table {edition} is in place ({size})',
    fr: 'la table {edition} est en place ({size})',
  },
  updateNothing: {
    en: 'nothing new: table {edition} stays in place',
    fr: 'rien de nouveau : la table {edition} reste en place',
  },
  updateHeld: {
    en: 'table {edition} violates its guards and is written next to the one in place as .held; check it with table diff, then run table update --accept',
    fr: 'la table {edition} enfreint ses garde-fous et est écrite à côté de celle en place sous .held ; vérifiez-la avec table diff, puis lancez table update --accept',
  },
  updateFailed: {
    en: 'no table was compiled: the one in place stays',
    fr: 'aucune table n’a été compilée : celle en place reste',
  },
  updateSourceFails: {
    en: '{name}: {why}; since {since}, its last good file is used',
    fr: '{name} : {why} ; depuis le {since}, son dernier fichier valable est utilisé',
  },
  updateSourceFailsBare: {
    en: '{name}: {why}; there is no earlier file of it',
    fr: '{name} : {why} ; il n’en existe aucun fichier antérieur',
  },
  logUpdatePlanned: {
    en: 'table update: every {hours} h, for the first time in {minutes} min',
    fr: 'mise à jour de la table : toutes les {hours} h, la première dans {minutes} min',
  },
  staleUpdated: {
    en: 'the data of {source} are from {day}, {days} days old: run laissez-passer table update, which says why they are not newer',
    fr: 'les données de {source} datent du {day}, il y a {days} jours : lancez laissez-passer table update, qui dit pourquoi elles ne sont pas plus récentes',
  },
  logOldestSource: {
    en: 'oldest source: {source}, of {day}; {action}',
    fr: 'source la plus ancienne : {source}, du {day} ; {action}',
  },
  actionUpdate: {
    en: 'run laissez-passer table update, which says why it is not newer',
    fr: 'lancez laissez-passer table update, qui dit pourquoi elle n’est pas plus récente',
  },
  actionConfigure: {
    en: 'name sources in the configuration file, and run laissez-passer table update (docs/tables.md)',
    fr: 'indiquez des sources dans le fichier de configuration, et lancez laissez-passer table update (docs/tables.md)',
  },
} as const satisfies Readonly<Record<string, LocalisedText>>;
