/**
 * Defines what an agent can do with a person's records on the pages of the desk: for each act its
 * form, what will happen, and what has happened.
 */

import { addDays, addMonths } from '../../days.ts';
import type { Desk, DeskReason, Extent, SubscriberView } from '../../desk/desk.ts';
import { DIRECTIVE_CHOICES, HOLD_REASONS } from '../../desk/rights.ts';
import { portabilityError } from '../../errors.ts';
import { DOUBT_REASONS, type DossierEvent, OUTCOMES, VERIFIED_BY } from '../../law/dossier.ts';
import type { Language } from '../../law/reasons.ts';
import { checkMeans, MEANS, type Means, OCCASIONS, type Occasion } from '../../law/residence.ts';
import * as WEB from '../../messages/web.ts';
import type { AccessReason } from '../../subjects/access-reasons.ts';
import { EXCEPTION_REASONS, MOST_EXCEPTION_DAYS } from '../../subjects/exceptions.ts';
import { REQUEST_KINDS, REQUEST_OUTCOMES } from '../../subjects/requests.ts';
import type { PendingOperation } from '../../subjects/second-agent.ts';
import { dayWord, readDay } from '../dates.ts';
import { type Html, html } from '../pages/html.ts';
import { eventWords } from '../words/dossier.ts';
import { frenchArticle, kindWord, wordFor } from '../words/residence.ts';
import { say } from '../words/words.ts';
import type { Role } from './agents.ts';
import {
  type Choice,
  checkField,
  choiceField,
  fieldOf,
  groupField,
  notice,
  type Translate,
  textField,
  type Values,
} from './layout.ts';

/** What the form of an act is made from. */
export interface ActContext {
  readonly t: Translate;
  readonly language: Language;
  readonly view: SubscriberView;
  /** UTC day. */
  readonly today: string;
  /** Numbers of what is held, for the acts that cannot be undone. */
  readonly extent: Extent | undefined;
}

/** What an act does it with. */
export interface Doing extends ActContext {
  readonly desk: Desk;
  readonly subscriber: string;
  readonly access: DeskReason;
  readonly values: Values;
}

/** The number that an agent types before an act that cannot be undone. */
export interface TypedNumber {
  readonly count: number;
  readonly label: string;
}

/** What has happened, if it ends the call: the person is not to be read again. */
export interface Ended {
  readonly ended: string;
}

/** One thing that an agent can do. */
export interface Act {
  readonly name: string;
  readonly role: Extract<Role, 'act' | 'erase'>;
  readonly group: 'residence' | 'exception' | 'rights' | 'keeping';
  /** The reason for the journal that is proposed. */
  readonly reason: AccessReason;
  readonly title: (t: Translate) => string;
  /** Whether it makes sense for these records. Default: always. */
  readonly isOffered?: (view: SubscriberView) => boolean;
  /** What will happen. */
  readonly before: (context: ActContext) => Html;
  readonly fields: (context: ActContext, values: Values) => Html;
  /** Default: none. */
  readonly typed?: (context: ActContext) => TypedNumber;
  /** Does it, and says what has happened. */
  readonly run: (doing: Doing) => Promise<string | Ended>;
}

const NO_FIELDS = (): Html => html``;

const DAY_HINT = (t: Translate): string =>
  t('Written 05/12/2026, the day first, or 2026-12-05.', 'S’écrit 05/12/2026, ou 2026-12-05.');

/** Formats a day as it is typed into a field. */
export const typedDay = (language: Language, day: string): string =>
  language === 'fr' ? dayWord('fr', day) : day;

const dayField = (
  { t, language }: ActContext,
  values: Values,
  name: string,
  label: string,
  day: string,
): Html =>
  textField(values, {
    name,
    label,
    hint: DAY_HINT(t),
    inputMode: 'text',
    default: typedDay(language, day),
  });

/** Returns the choice that was made of a list. */
function chosen<Value extends string>(
  values: Values,
  name: string,
  known: readonly Value[],
  label: { readonly en: string; readonly fr: string },
): Value {
  const value = known.find(each => each === fieldOf(values, name));
  if (value === undefined) throw portabilityError(WEB.choiceMissing, {}, { field: label });
  return value;
}

const choicesOf = (known: readonly string[], word: (code: string) => string): readonly Choice[] =>
  known.map(value => ({ value, text: word(value) }));

/** Records an event, and says which and what the standing is now. */
async function recorded(
  { desk, subscriber, access, language }: Doing,
  event: DossierEvent,
): Promise<string> {
  const { standing } = await desk.record(subscriber, access, event);
  const noted = say(language, 'noted', {
    day: dayWord(language, event.on),
    event: eventWords(language, event),
  });
  return `${noted} ${say(language, 'standingNow', { standing: say(language, standing) })}`;
}

const RECORDED_IN_DOSSIER = ({ t }: ActContext): Html =>
  html`<p>${t('The event is recorded in the dossier, never a document. The standing follows from it.', 'L’événement est inscrit au dossier, jamais une pièce. La situation en découle.')}</p>`;

const onField = (context: ActContext, values: Values): Html =>
  dayField(
    context,
    values,
    'on',
    context.t('Day of the event', 'Jour de l’événement'),
    context.today,
  );

/** A field with several values, as its name says. */
const MEANS_FIELD = 'means[]';

/** The means, the occasion and the register that a form has. */
export function meansIn(values: Values): {
  readonly means: readonly Means[];
  readonly occasion: Occasion;
  readonly postalAddressRegistered: boolean;
} {
  return {
    means: MEANS.filter(letter => values[MEANS_FIELD]?.includes(letter)),
    occasion: OCCASIONS.find(each => each === fieldOf(values, 'occasion')) ?? 'conclusion',
    postalAddressRegistered: fieldOf(values, 'registered') === 'yes',
  };
}

/** Says whether the means of a form verify residence, and why not. */
export function meansVerdict(language: Language, values: Values): string {
  const { means, ...options } = meansIn(values);
  const check = checkMeans(means, options);
  if (check.valid) return say(language, 'meansValid');
  const { violation, article } = check;
  return say(language, 'meansInvalid', {
    violation: wordFor(language, violation),
    article: language === 'fr' ? frenchArticle(article) : article,
  });
}

const VERIFICATION: Act = {
  name: 'verification',
  role: 'act',
  group: 'residence',
  reason: 'residence-verification',
  title: t => t('Verify the residence', 'Vérifier la résidence'),
  before: ({ t }) =>
    html`<p>${t('Tick what the subscriber presents: one or two means. Only the letters are recorded, never a document (Art. 5(1)).', 'Cochez ce que l’abonné présente : un ou deux moyens. Seules les lettres sont enregistrées, jamais une pièce (art. 5, § 1).')}</p>`,
  fields: (context, values) => {
    const { t, language } = context;
    return html`${groupField(values, 'checkbox', {
      name: MEANS_FIELD,
      label: t('Means that the subscriber presents', 'Moyens présentés par l’abonné'),
      choices: MEANS.map(value => ({ value, text: `(${value}) ${wordFor(language, value)}` })),
    })}
${checkField(values, 'registered', t('For (i): the postal address is in a public official register (France has none of its population)', 'Pour (i) : l’adresse postale figure dans un registre officiel public (il n’en existe pas pour la population en France)'))}
${choiceField(values, { name: 'occasion', label: t('Occasion', 'Occasion'), choices: choicesOf(OCCASIONS, code => wordFor(language, `occasion-${code}`)) })}
<p class="notice hint"><output>${values[MEANS_FIELD] === undefined ? t('No means is ticked yet.', 'Aucun moyen n’est encore coché.') : meansVerdict(language, values)}</output></p>
<p><button type="submit" class="plain" name="check" value="1" formnovalidate>${t('Check these means', 'Contrôler ces moyens')}</button></p>
${groupField(values, 'radio', {
  name: 'outcome',
  label: t('Result: the subscriber resides', 'Résultat : l’abonné réside'),
  choices: [
    { value: 'home', text: t('in the State of the service', 'dans l’État du service') },
    { value: 'elsewhere', text: t('in another State', 'dans un autre État') },
  ],
  default: 'home',
})}
${choiceField(values, { name: 'by', label: t('Who verified', 'Qui a vérifié'), choices: choicesOf(VERIFIED_BY, code => wordFor(language, `by-${code}`)) })}
${onField(context, values)}`;
  },
  run: doing => {
    const { values } = doing;
    const { means, occasion, postalAddressRegistered } = meansIn(values);
    return recorded(doing, {
      type: 'residence-verified',
      on: readDay(fieldOf(values, 'on')),
      outcome: chosen(values, 'outcome', OUTCOMES, { en: 'result', fr: 'résultat' }),
      means,
      occasion,
      by: chosen(values, 'by', VERIFIED_BY, { en: 'who verified', fr: 'qui a vérifié' }),
      ...(means.includes('i') && { postalAddressRegistered }),
    });
  },
};

const CHANGES = ['doubt-raised', 'doubt-dropped'] as const;

const DOUBT: Act = {
  name: 'doubt',
  role: 'act',
  group: 'residence',
  reason: 'residence-verification',
  title: t => t('Raise or drop a doubt', 'Signaler ou lever un doute'),
  before: ({ t }) =>
    html`<p>${t('A doubt needs a fact that points to another State. A stay abroad is not enough, nor is a foreign card alone. The subscriber keeps access meanwhile (Art. 5(2)).', 'Un doute repose sur un fait qui désigne un autre État. Ni un séjour à l’étranger ni une carte bancaire étrangère seule ne suffisent. L’abonné garde son accès en attendant (art. 5, § 2).')}</p>`,
  fields: (context, values) => {
    const { t, language } = context;
    return html`${groupField(values, 'radio', { name: 'change', label: t('Event', 'Événement'), choices: choicesOf(CHANGES, code => wordFor(language, code)), default: 'doubt-raised' })}
${choiceField(values, { name: 'doubt', label: t('The fact, if a doubt is raised', 'Le fait, si un doute est signalé'), choices: [{ value: '', text: t('choose', 'à choisir') }, ...choicesOf(DOUBT_REASONS, code => wordFor(language, code))] })}
${onField(context, values)}`;
  },
  run: doing => {
    const { values } = doing;
    const on = readDay(fieldOf(values, 'on'));
    const type = chosen(values, 'change', CHANGES, { en: 'event', fr: 'événement' });
    if (type === 'doubt-dropped') return recorded(doing, { type, on });
    const reason = chosen(values, 'doubt', DOUBT_REASONS, { en: 'the fact', fr: 'le fait' });
    return recorded(doing, { type, on, reason });
  },
};

const DAYS_TO_ANSWER = 30;

const INFORMATION: Act = {
  name: 'information',
  role: 'act',
  group: 'residence',
  reason: 'residence-verification',
  title: t => t('Ask for information', 'Demander des informations'),
  before: ({ t }) =>
    html`<p>${t('This records that you asked; it sends nothing. Ask only for what is necessary. When the last day passes, nothing changes by itself: an agent judges whether the residence cannot be verified without the answer (Art. 5(3)).', 'Cette opération note la demande ; elle n’envoie rien. Demandez seulement ce qui est nécessaire. À l’expiration du délai, rien ne change automatiquement : un agent apprécie si, faute de réponse, la résidence ne peut pas être vérifiée (art. 5, § 3).')}</p>`,
  fields: (context, values) =>
    html`${dayField(context, values, 'answerBy', context.t('Last day for the answer', 'Dernier jour pour répondre'), addDays(context.today, DAYS_TO_ANSWER))}
${onField(context, values)}`,
  run: doing =>
    recorded(doing, {
      type: 'information-requested',
      on: readDay(fieldOf(doing.values, 'on')),
      answerBy: readDay(fieldOf(doing.values, 'answerBy')),
    }),
};

const ANSWERS = ['answered', 'not-answered', 'not-needed'] as const;

const ANSWER: Act = {
  name: 'answer',
  role: 'act',
  group: 'residence',
  reason: 'residence-verification',
  title: t => t('Record the answer', 'Enregistrer la réponse de l’abonné'),
  isOffered: ({ standing }) =>
    standing.answerBy !== undefined || standing.standing === 'unverifiable',
  before: RECORDED_IN_DOSSIER,
  fields: (context, values) => {
    const { t } = context;
    return html`${groupField(values, 'radio', {
      name: 'answered',
      label: t('The information', 'Les informations'),
      choices: [
        { value: 'answered', text: t('was provided', 'ont été fournies') },
        {
          value: 'not-answered',
          text: t(
            'was not provided, and without it the residence cannot be verified',
            'n’ont pas été fournies et, sans elles, la résidence ne peut pas être vérifiée',
          ),
        },
        {
          value: 'not-needed',
          text: t(
            'was not provided, but what the service holds proves the residence',
            'n’ont pas été fournies, mais ce que le service détient prouve la résidence',
          ),
        },
      ],
    })}
${onField(context, values)}`;
  },
  run: doing => {
    const { values } = doing;
    const on = readDay(fieldOf(values, 'on'));
    const answer = chosen(values, 'answered', ANSWERS, {
      en: 'the information',
      fr: 'les informations',
    });
    if (answer === 'answered') return recorded(doing, { type: 'information-answered', on });
    return recorded(doing, {
      type: 'information-not-answered',
      on,
      heldDataProveResidence: answer === 'not-needed',
    });
  },
};

const CONTRACT_EVENTS = ['contract-concluded', 'contract-renewed', 'contract-ended'] as const;

const CONTRACT: Act = {
  name: 'contract',
  role: 'act',
  group: 'residence',
  reason: 'contract',
  title: t => t('Record a contract', 'Enregistrer un contrat'),
  before: ({ t }) =>
    html`<p>${t('Without a contract in force there is no access. The day of an end is the first day without a contract.', 'Sans contrat en cours, il n’y a pas d’accès. La date de fin est le premier jour sans contrat.')}</p>`,
  fields: (context, values) => {
    const { t, language } = context;
    return html`${groupField(values, 'radio', { name: 'contract', label: t('Event', 'Événement'), choices: choicesOf(CONTRACT_EVENTS, code => wordFor(language, code)) })}
${textField(values, { name: 'renewsEvery', label: t('Months until each automatic renewal', 'Nombre de mois entre deux reconductions tacites'), hint: t('For a new contract; empty if it does not renew by itself.', 'Pour un nouveau contrat ; laissez vide s’il n’est pas reconduit tacitement.'), inputMode: 'numeric' })}
${onField(context, values)}`;
  },
  run: doing => {
    const { values } = doing;
    const on = readDay(fieldOf(values, 'on'));
    const type = chosen(values, 'contract', CONTRACT_EVENTS, {
      en: 'what happens',
      fr: 'ce qui se passe',
    });
    const months = fieldOf(values, 'renewsEvery').trim();
    if (type === 'contract-concluded' && months !== '')
      return recorded(doing, { type, on, renewsEvery: Number(months) });
    return recorded(doing, { type, on });
  },
};

const UNDO: Act = {
  name: 'undo',
  role: 'act',
  group: 'residence',
  reason: 'rectification-request',
  title: t => t('Remove a wrong event', 'Retirer un événement erroné'),
  isOffered: ({ dossier }) => dossier.events.length > 0,
  before: ({ t }) =>
    html`<p>${t('The event is removed from the dossier; the journal records the removal.', 'L’événement est retiré du dossier ; le journal garde la trace du retrait.')}</p>`,
  fields: ({ t, language, view }, values) =>
    groupField(values, 'radio', {
      name: 'event',
      label: t('Event', 'Événement'),
      choices: view.dossier.events.map((event, index) => ({
        value: String(index),
        text: `${dayWord(language, event.on)}, ${eventWords(language, event)}`,
      })),
    }),
  run: async ({ desk, subscriber, access, values, view, language }) => {
    const known = view.dossier.events.map((_, index) => String(index));
    const index = chosen(values, 'event', known, { en: 'event', fr: 'événement' });
    const { removed, standing } = await desk.undo(subscriber, access, Number(index));
    const taken = say(language, 'takenOut', {
      day: dayWord(language, removed.on),
      event: eventWords(language, removed),
    });
    return `${taken} ${say(language, 'standingNow', { standing: say(language, standing.standing) })}`;
  },
};

const EXCEPTION_DAYS = 7;

const EXCEPTION: Act = {
  name: 'exception',
  role: 'act',
  group: 'exception',
  reason: 'support-call',
  title: t => t('Grant an exception', 'Accorder une exception'),
  before: ({ t }) =>
    html`<p>${t(`The exception gives access until the last day, at most ${MOST_EXCEPTION_DAYS} days from today, where the location cannot be established. It has no effect outside the EEA, without a contract, or if the residence was never verified, could not be verified or is in another State. It takes effect within two minutes.`, `L’exception donne accès jusqu’au dernier jour, au plus tard dans ${MOST_EXCEPTION_DAYS} jours, quand le lieu ne peut pas être établi. Elle est sans effet hors de l’EEE, sans contrat, ou si la résidence n’a jamais été vérifiée, n’a pas pu l’être ou se trouve dans un autre État. Elle prend effet dans les deux minutes.`)}</p>`,
  fields: (context, values) => {
    const { t, language, today } = context;
    return html`${groupField(values, 'radio', { name: 'why', label: t('Why', 'Motif'), choices: choicesOf(EXCEPTION_REASONS, code => wordFor(language, code)) })}
${dayField(context, values, 'until', t('Last day', 'Dernier jour'), addDays(today, EXCEPTION_DAYS))}`;
  },
  run: async ({ desk, subscriber, access, values, language }) => {
    const why = chosen(values, 'why', EXCEPTION_REASONS, { en: 'why', fr: 'motif' });
    const until = readDay(fieldOf(values, 'until'));
    await desk.except(subscriber, access, why, until);
    return say(language, 'exceptionGranted', { day: dayWord(language, until) });
  },
};

const REVOKE_EXCEPTION: Act = {
  name: 'revoke-exception',
  role: 'act',
  group: 'exception',
  reason: 'support-call',
  title: t => t('Revoke the exception', 'Révoquer l’exception'),
  isOffered: ({ exception }) => exception !== undefined,
  before: ({ t }) =>
    html`<p>${t('The exception ends now; the gateways follow within two minutes.', 'L’exception prend fin maintenant ; les passerelles suivent dans les deux minutes.')}</p>`,
  fields: NO_FIELDS,
  run: async ({ desk, subscriber, access, t }) => {
    await desk.revokeException(subscriber, access);
    return t('The exception is revoked.', 'L’exception est révoquée.');
  },
};

const REQUEST: Act = {
  name: 'request',
  role: 'act',
  group: 'rights',
  reason: 'support-call',
  title: t => t('Register a request', 'Enregistrer une demande'),
  before: ({ t }) =>
    html`<p>${t('The request gets a number and a deadline: one month after receipt (Art. 12(3) GDPR).', 'La demande reçoit un numéro et une échéance : un mois après la réception (RGPD, art. 12, § 3).')}</p>`,
  fields: (context, values) => {
    const { t, language, today } = context;
    return html`${groupField(values, 'radio', { name: 'kind', label: t('Right', 'Droit'), choices: choicesOf(REQUEST_KINDS, code => kindWord(language, code)) })}
${dayField(context, values, 'received', t('Received on', 'Reçue le'), today)}`;
  },
  run: async ({ desk, subscriber, access, values, language }) => {
    const kind = chosen(values, 'kind', REQUEST_KINDS, { en: 'right', fr: 'droit' });
    const received = readDay(fieldOf(values, 'received'));
    const { id, due } = await desk.openRequest(subscriber, access, kind, received);
    return say(language, 'requestOpened', { id, day: dayWord(language, due!) });
  },
};

const SIDES = ['home', 'outside'] as const;

const RECTIFICATION: Act = {
  name: 'rectification',
  role: 'erase',
  group: 'rights',
  reason: 'rectification-request',
  title: t => t('Correct a day', 'Corriger un jour'),
  before: ({ t }) =>
    html`<p>${t('The record of the day and the side chosen is erased for good, except in a copy under a legal hold (Art. 16 GDPR). It cannot be undone.', 'L’enregistrement du jour et du côté choisis est effacé définitivement, sauf dans une copie conservée pour un litige (RGPD, art. 16). C’est irréversible.')}</p>`,
  fields: (context, values) => {
    const { t } = context;
    return html`${textField(values, { name: 'day', label: t('Wrong day', 'Jour inexact'), hint: DAY_HINT(t) })}
${groupField(values, 'radio', {
  name: 'side',
  label: t('Wrong record', 'Enregistrement inexact'),
  choices: [
    { value: 'home', text: t('seen from France', 'vu depuis la France') },
    { value: 'outside', text: t('seen from outside France', 'vu hors de France') },
  ],
})}`;
  },
  typed: ({ t }) => ({
    count: 1,
    label: t('Days that will be cleared', 'Jours qui seront effacés'),
  }),
  run: async ({ desk, subscriber, access, values, t }) => {
    const day = readDay(fieldOf(values, 'day'));
    const side = chosen(values, 'side', SIDES, {
      en: 'wrong record',
      fr: 'enregistrement inexact',
    });
    await desk.dispute(subscriber, access, day, side);
    return t(
      'The day is cleared. The request is answered.',
      'Le jour est effacé. La demande a reçu sa réponse.',
    );
  },
};

const RESTRICTION: Act = {
  name: 'restriction',
  role: 'act',
  group: 'rights',
  reason: 'restriction-request',
  title: t => t('Restrict the processing', 'Limiter le traitement'),
  isOffered: ({ restriction }) => restriction === undefined || restriction.ground === 'objection',
  before: ({ t }) =>
    html`<p>${t('From now on, no request for access to the service is recorded, and what is held is set apart (Art. 18 GDPR). Access to the service does not change.', 'Plus aucune demande d’accès au service n’est enregistrée, et ce qui est conservé est mis à part (RGPD, art. 18). L’accès au service ne change pas.')}</p>`,
  fields: NO_FIELDS,
  run: async ({ desk, subscriber, access, t }) => {
    await desk.restrict(subscriber, access, 'restriction');
    return t('The processing is restricted.', 'Le traitement est limité.');
  },
};

const OBJECTION: Act = {
  name: 'objection',
  role: 'act',
  group: 'rights',
  reason: 'objection',
  title: t => t('Record an objection', 'Enregistrer une opposition'),
  isOffered: ({ restriction }) => restriction === undefined || restriction.ground === 'restriction',
  before: ({ t }) =>
    html`<p>${t('No request for access to the service is recorded while the data protection officer examines the objection; a request is opened with its deadline (Art. 21 GDPR).', 'Plus aucune demande d’accès au service n’est enregistrée le temps que le délégué à la protection des données examine l’opposition ; une demande est ouverte, avec son échéance (RGPD, art. 21).')}</p>`,
  fields: NO_FIELDS,
  run: async ({ desk, subscriber, access, t }) => {
    await desk.restrict(subscriber, access, 'objection');
    return t(
      'The objection is recorded, and the processing is restricted.',
      'L’opposition est enregistrée et le traitement est limité.',
    );
  },
};

const REJECTIONS = REQUEST_OUTCOMES.filter(
  outcome => outcome.startsWith('refused') || outcome === 'withdrawn',
);

const LIFT: Act = {
  name: 'lift',
  role: 'act',
  group: 'rights',
  reason: 'restriction-request',
  title: t =>
    t(
      'Lift the restriction, or answer the objection',
      'Lever la limitation, ou répondre à l’opposition',
    ),
  isOffered: ({ restriction }) => restriction !== undefined,
  before: ({ t }) =>
    html`<p>${t('Recording resumes. Tell the person first (Art. 18(3) GDPR). An objection is answered with the reason; give the person the reason and the remedies too (Art. 12(4)). To uphold it, use the erasure.', 'L’enregistrement reprend. Prévenez d’abord la personne (RGPD, art. 18, § 3). L’opposition reçoit sa réponse, avec son motif : indiquez aussi à la personne les voies de recours (art. 12, § 4). Pour l’accepter, passez par l’effacement.')}</p>`,
  fields: ({ t, language, view }, values) =>
    view.restriction?.ground === 'restriction'
      ? html``
      : choiceField(values, {
          name: 'rejection',
          label: t('Answer to the objection', 'Réponse à l’opposition'),
          choices: [
            { value: '', text: t('choose', 'à choisir') },
            ...choicesOf(REJECTIONS, code => wordFor(language, code)),
          ],
        }),
  run: async ({ desk, subscriber, access, values, view, t }) => {
    const rejection =
      view.restriction?.ground === 'restriction'
        ? undefined
        : chosen(values, 'rejection', REJECTIONS, { en: 'answer', fr: 'réponse' });
    await desk.lift(subscriber, access, rejection);
    return view.restriction?.ground === 'restriction-and-objection'
      ? t(
          'The objection is answered; the restriction that the person asked for stays.',
          'L’opposition est close ; la limitation demandée par la personne reste en place.',
        )
      : t('The restriction is lifted.', 'La limitation est levée.');
  },
};

/** Says that an operation waits for a second agent. */
function proposed({ t, language }: ActContext, { number, until }: PendingOperation): string {
  const day = dayWord(language, until);
  return t(
    `Nothing was done yet. Proposed as ${number}: another agent must send the same form, with the same choices, by ${day}.`,
    `Rien n’a encore été fait. Proposé sous le numéro ${number} : un autre agent doit envoyer le même formulaire, avec les mêmes choix, au plus tard le ${day}.`,
  );
}

const ERASURE: Act = {
  name: 'erasure',
  role: 'erase',
  group: 'rights',
  reason: 'erasure-request',
  title: t => t('Erase the data', 'Effacer les données'),
  before: ({ t, view, extent }) =>
    view.hold === undefined
      ? html`<p>${t(`Erased for good: the monthly cards (${extent!.cards}), the notes, and the link to the person in requests and journal (Art. 17 GDPR). The dossier stays while a contract is in force, unless you tick the box below. It cannot be undone.`, `Sont effacés définitivement : les fiches mensuelles (${extent!.cards}), les mentions et le lien avec la personne dans les demandes et le journal (RGPD, art. 17). Le dossier reste tant qu’un contrat est en cours, sauf si vous cochez la case ci-dessous. C’est irréversible.`)}</p>`
      : notice(
          'hint',
          t(
            'A legal hold bars the erasure (Art. 17(3) GDPR). The request is recorded all the same and stays open. Still answer within one month: give the reason and the remedies, the CNIL and the courts (Art. 12(4) GDPR).',
            'Une conservation pour un litige empêche l’effacement (RGPD, art. 17, § 3). La demande est tout de même enregistrée et reste ouverte. Répondez tout de même dans le mois : indiquez le motif et les voies de recours, CNIL et juge (RGPD, art. 12, § 4).',
          ),
        ),
  fields: ({ t, view }, values) =>
    html`${checkField(values, 'evenDossier', t('Also erase the dossier of a contract in force: no access at all is possible then, not even in France', 'Effacer aussi le dossier d’un contrat en cours : plus aucun accès n’est alors possible, même en France'))}
${view.restriction === undefined || view.restriction.ground === 'restriction' ? '' : checkField(values, 'upheld', t('This upholds the objection: no request for access to the service is recorded any more', 'L’opposition est ainsi acceptée : plus aucune demande d’accès au service ne sera enregistrée'))}`,
  typed: ({ t, extent }) => ({
    count: extent!.cards,
    label: t('Monthly cards that will be erased', 'Fiches mensuelles qui seront effacées'),
  }),
  run: async doing => {
    const { desk, subscriber, access, values, language } = doing;
    const evenDossier = fieldOf(values, 'evenDossier') === 'yes';
    const objectionUpheld = fieldOf(values, 'upheld') === 'yes';
    const erased = await desk.erase(subscriber, access, { evenDossier, objectionUpheld });
    if (erased.pending !== undefined) return proposed(doing, erased.pending);
    const line = say(language, 'erased', { cards: String(erased.cards) });
    const more = erased.isDossierKept ? 'dossierKept' : evenDossier ? 'dossierErased' : undefined;
    return { ended: more === undefined ? `${line}.` : `${line}. ${say(language, more)}` };
  },
};

const HOLD_MONTHS = 6;

const HOLD: Act = {
  name: 'hold',
  role: 'erase',
  group: 'keeping',
  reason: 'legal-claim',
  title: t => t('Put under a legal hold', 'Conserver pour un litige'),
  before: ({ t }) =>
    html`<p>${t('What is held today is copied and kept beyond its retention until you release it. On the day of the review, it appears in the work lists (Art. 17(3) GDPR).', 'Ce qui est détenu à ce jour est copié et conservé au-delà de la durée prévue, jusqu’à ce que vous leviez la conservation. À la date de réexamen, elle apparaît dans « À faire » (RGPD, art. 17, § 3).')}</p>`,
  fields: (context, values) => {
    const { t, language, today } = context;
    return html`${groupField(values, 'radio', { name: 'hold', label: t('Why', 'Motif'), choices: choicesOf(HOLD_REASONS, code => wordFor(language, code)) })}
${dayField(context, values, 'review', t('Review by', 'À réexaminer le'), addMonths(today, HOLD_MONTHS))}`;
  },
  run: async ({ desk, subscriber, access, values, language }) => {
    const why = chosen(values, 'hold', HOLD_REASONS, { en: 'why', fr: 'motif' });
    const review = readDay(fieldOf(values, 'review'));
    const { months } = await desk.hold(subscriber, access, why, review);
    return say(language, 'heldMonths', { months: String(months), day: dayWord(language, review) });
  },
};

const RELEASE: Act = {
  name: 'release',
  role: 'erase',
  group: 'keeping',
  reason: 'legal-claim',
  title: t => t('Release the legal hold', 'Lever la conservation'),
  isOffered: ({ hold }) => hold !== undefined,
  before: ({ t, extent }) =>
    html`<p>${t(`The copies of ${extent!.heldMonths} months and of the dossier are erased for good. It cannot be undone.`, `Les copies de ${extent!.heldMonths} mois et du dossier sont effacées définitivement. C’est irréversible.`)}</p>`,
  fields: NO_FIELDS,
  typed: ({ t, extent }) => ({
    count: extent!.heldMonths,
    label: t('Months whose copies will be erased', 'Mois dont les copies seront effacées'),
  }),
  run: async doing => {
    const { desk, subscriber, access, t } = doing;
    const { pending } = await desk.release(subscriber, access);
    if (pending !== undefined) return proposed(doing, pending);
    return t(
      'The hold is released, and its copies are erased.',
      'La conservation est levée et ses copies sont effacées.',
    );
  },
};

const DIRECTIVE: Act = {
  name: 'directive',
  role: 'act',
  group: 'rights',
  reason: 'directive',
  title: t =>
    t('Record a directive about the data after death', 'Enregistrer une directive post mortem'),
  before: ({ t }) =>
    html`<p>${t('It replaces an earlier one. The person may revoke it at any time (French Data Protection Act, Art. 85).', 'Elle remplace une directive antérieure. La personne peut la révoquer à tout moment (loi Informatique et Libertés, art. 85).')}</p>`,
  fields: ({ t, language }, values) =>
    html`${groupField(values, 'radio', { name: 'choice', label: t('Wish of the person', 'Souhait de la personne'), choices: choicesOf(DIRECTIVE_CHOICES, code => wordFor(language, code)) })}
${textField(values, { name: 'designated', label: t('Your reference of the file on the designated person', 'Référence du dossier de la personne désignée'), hint: t('Required to communicate the data, empty otherwise; letters and digits, no name.', 'Obligatoire pour communiquer les données, vide sinon ; lettres et chiffres, pas de nom.') })}`,
  run: async ({ desk, subscriber, access, values, t }) => {
    const choice = chosen(values, 'choice', DIRECTIVE_CHOICES, { en: 'wish', fr: 'souhait' });
    await desk.direct(subscriber, access, choice, fieldOf(values, 'designated').trim());
    return t('The directive is recorded.', 'La directive est enregistrée.');
  },
};

const REVOKE_DIRECTIVE: Act = {
  name: 'revoke-directive',
  role: 'act',
  group: 'rights',
  reason: 'directive',
  title: t => t('Revoke the directive', 'Révoquer la directive post mortem'),
  isOffered: ({ directive }) => directive !== undefined,
  before: ({ t }) => html`<p>${t('The directive is removed.', 'La directive est retirée.')}</p>`,
  fields: NO_FIELDS,
  run: async ({ desk, subscriber, access, t }) => {
    await desk.revokeDirective(subscriber, access);
    return t('The directive is revoked.', 'La directive est révoquée.');
  },
};

/** All acts, in the order of the page. The export has a page of its own. */
export const ACTS: readonly Act[] = [
  VERIFICATION,
  DOUBT,
  INFORMATION,
  ANSWER,
  CONTRACT,
  UNDO,
  EXCEPTION,
  REVOKE_EXCEPTION,
  REQUEST,
  RECTIFICATION,
  RESTRICTION,
  OBJECTION,
  LIFT,
  ERASURE,
  DIRECTIVE,
  REVOKE_DIRECTIVE,
  HOLD,
  RELEASE,
];

/**
 * Checks the number that an agent typed.
 * @throws PortabilityError `ERR_ARGUMENT` if it is another one
 */
export function checkTyped({ typed }: Act, context: ActContext, values: Values): void {
  if (typed === undefined) return;
  const { count } = typed(context);
  if (fieldOf(values, 'typed').trim() !== String(count))
    throw portabilityError(WEB.numberTyped, {}, { number: count });
}
