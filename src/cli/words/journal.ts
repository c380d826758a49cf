/** Holds the texts of the journal: the reasons for access to a person's data, and the actions. */
import type { Language } from '../../law/reasons.ts';
import type { LocalisedText } from '../../messages/localised-text.ts';

const REASONS: Readonly<Record<string, LocalisedText>> = {
  'support-call': { en: 'support call', fr: 'appel à l’assistance' },
  'access-request': { en: 'request for access', fr: 'demande d’accès aux données' },
  'portability-request': { en: 'request for portability', fr: 'demande de portabilité' },
  'rectification-request': { en: 'request for rectification', fr: 'demande de rectification' },
  objection: { en: 'objection', fr: 'opposition' },
  'restriction-request': { en: 'request for restriction', fr: 'demande de limitation' },
  'erasure-request': { en: 'request for erasure', fr: 'demande d’effacement' },
  directive: { en: 'directive about the data after death', fr: 'directive post mortem' },
  'residence-verification': { en: 'verification of residence', fr: 'vérification de la résidence' },
  contract: { en: 'contract', fr: 'contrat' },
  'abuse-inquiry': { en: 'investigation of abuse', fr: 'enquête sur un abus' },
  'legal-claim': { en: 'legal claim', fr: 'défense de droits en justice' },
  'authority-order': { en: 'order of an authority', fr: 'injonction d’une autorité' },
  audit: { en: 'audit', fr: 'audit' },
};

const ACTIONS: Readonly<Record<string, LocalisedText>> = {
  show: { en: 'records viewed', fr: 'dossier consulté' },
  calendar: { en: 'calendar viewed', fr: 'calendrier consulté' },
  export: { en: 'data exported', fr: 'données exportées' },
  event: { en: 'event recorded', fr: 'événement enregistré' },
  'undo-event': { en: 'event removed', fr: 'événement retiré' },
  import: { en: 'dossiers imported', fr: 'dossiers importés' },
  erase: { en: 'data erased', fr: 'données effacées' },
  restrict: { en: 'processing restricted', fr: 'traitement limité' },
  lift: { en: 'restriction lifted', fr: 'limitation levée' },
  hold: { en: 'data put under a legal hold', fr: 'données conservées pour un litige' },
  release: { en: 'hold released', fr: 'conservation levée' },
  directive: { en: 'directive recorded', fr: 'directive post mortem enregistrée' },
  exception: { en: 'exception granted', fr: 'exception accordée' },
  'revoke-exception': { en: 'exception revoked', fr: 'exception révoquée' },
  dispute: { en: 'data rectified', fr: 'données rectifiées' },
  request: { en: 'request recorded', fr: 'demande enregistrée' },
  journal: { en: 'journal viewed', fr: 'journal consulté' },
  proposed: {
    en: 'proposed to a second agent, nothing done yet',
    fr: 'proposé à un second agent, rien n’a encore été fait',
  },
  refused: { en: 'refused, nothing done', fr: 'refusé, rien n’a été fait' },
};

export const accessReasonWord = (language: Language, reason: string): string =>
  REASONS[reason]?.[language] ?? reason;
export const actionWord = (language: Language, action: string): string =>
  ACTIONS[action]?.[language] ?? action;
