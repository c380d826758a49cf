/**
 * Holds the texts of the journal: the reasons for access to a person's data and the actions, in
 * English and French.
 */
import type { Language } from '../../law/reasons.ts';

type Words = Readonly<Record<string, string>>;

const ERRANDS: Readonly<Record<Language, Words>> = {
  en: {
    'support-call': 'support call',
    'access-request': 'request for access',
    'portability-request': 'request for portability',
    'rectification-request': 'request for rectification',
    objection: 'objection',
    'restriction-request': 'request for restriction',
    'erasure-request': 'request for erasure',
    directive: 'directive for after death',
    'residence-verification': 'verification of residence',
    contract: 'contract',
    'abuse-inquiry': 'inquiry into abuse',
    'legal-claim': 'legal claim',
    'authority-order': 'order of an authority',
    audit: 'audit',
  },
  fr: {
    'support-call': 'appel à l’assistance',
    'access-request': 'demande d’accès',
    'portability-request': 'demande de portabilité',
    'rectification-request': 'demande de rectification',
    objection: 'opposition',
    'restriction-request': 'demande de limitation',
    'erasure-request': 'demande d’effacement',
    directive: 'directive pour après le décès',
    'residence-verification': 'vérification de la résidence',
    contract: 'contrat',
    'abuse-inquiry': 'enquête sur un abus',
    'legal-claim': 'défense de droits en justice',
    'authority-order': 'injonction d’une autorité',
    audit: 'audit',
  },
};

const ACTIONS: Readonly<Record<Language, Words>> = {
  en: {
    show: 'file looked at',
    calendar: 'calendar looked at',
    export: 'data exported',
    event: 'event noted',
    'undo-event': 'event taken out',
    erase: 'data erased',
    restrict: 'processing restricted',
    lift: 'restriction lifted',
    hold: 'data held',
    release: 'hold released',
    directive: 'directive noted',
    exception: 'exception granted',
    'revoke-exception': 'exception revoked',
    dispute: 'data rectified',
    request: 'request noted',
  },
  fr: {
    show: 'dossier consulté',
    calendar: 'calendrier consulté',
    export: 'données exportées',
    event: 'événement noté',
    'undo-event': 'événement retiré',
    erase: 'données effacées',
    restrict: 'traitement limité',
    lift: 'limitation levée',
    hold: 'données conservées pour un litige',
    release: 'conservation levée',
    directive: 'directive notée',
    exception: 'exception accordée',
    'revoke-exception': 'exception révoquée',
    dispute: 'données rectifiées',
    request: 'demande notée',
  },
};

export const errandWord = (language: Language, reason: string): string =>
  ERRANDS[language][reason] ?? reason;
export const actionWord = (language: Language, action: string): string =>
  ACTIONS[language][action] ?? action;
