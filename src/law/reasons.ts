/**
 * Maps each reason to its verdict, legal basis, short code, and explanation in French and English.
 */

import { portabilityError } from '../errors.ts';
import * as LAW from '../messages/law.ts';

/**
 * The outcome of a decision. `domestic`: access under the contract; `portable`: access under Art.
 * 3(1), or by a choice of the provider; `refused`: no access.
 */
export type Verdict = 'domestic' | 'portable' | 'refused';
/** A language in which explanations are available. */
export type Language = 'fr' | 'en';

interface ReasonRow {
  readonly verdict: Verdict;
  /** Article of Regulation (EU) 2017/1128, if no other source is named. */
  readonly basis: string;
  /** The basis in French. */
  readonly fondement: string;
  readonly en: string;
  readonly fr: string;
}

const NOT_ESTABLISHED = 'Art. 3(1), our reading: presence in a State is not established';
const NON_ETABLIE = 'art. 3, § 1, notre lecture : la présence dans un État n’est pas établie';

/**
 * In the order of the short codes LP-01, LP-02, ... Append only: a code is never reassigned.
 */
const ROWS = {
  'no-contract': {
    verdict: 'refused',
    basis: 'Art. 2(1)',
    fondement: 'art. 2, point 1',
    en: 'No contract is in force for this account. Check the account, or subscribe.',
    fr: 'Aucun contrat n’est en cours pour ce compte. Vérifiez que vous utilisez le bon compte, ou souscrivez un abonnement.',
  },
  'address-invalid': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'Your request carried no readable network address, so your location could not be established. Try again, or use another network.',
    fr: 'Votre demande ne comportait pas d’adresse réseau lisible : votre situation géographique n’a pas pu être établie. Réessayez, ou changez de réseau.',
  },
  'address-anonymised': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'Your request came through an anonymising service (VPN, proxy), which hides your location. Turn it off and try again.',
    fr: 'Votre demande est passée par un service d’anonymisation (VPN, proxy), qui masque votre situation géographique. Désactivez-le et réessayez.',
  },
  'location-disputed': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The address data disagree on the location of your network. Use another network and try again.',
    fr: 'Les données d’adresses se contredisent sur l’emplacement de votre réseau. Changez de réseau et réessayez.',
  },
  'present-at-home': {
    verdict: 'domestic',
    basis: 'contract; the Regulation is not engaged',
    fondement: 'contrat ; le règlement ne s’applique pas',
    en: 'You are in the State of your residence: your contract applies as it stands.',
    fr: 'Vous êtes dans l’État de votre résidence : votre contrat s’applique tel quel.',
  },
  'home-not-licensed-granted': {
    verdict: 'portable',
    basis: 'contract',
    fondement: 'contrat',
    en: 'You are in a part of the State of your residence that the licence leaves out; the provider grants you access there as if you were abroad.',
    fr: 'Vous êtes dans une partie de l’État de votre résidence que la licence exclut ; le fournisseur vous y accorde l’accès comme à l’étranger.',
  },
  'home-not-licensed': {
    verdict: 'refused',
    basis: 'contract',
    fondement: 'contrat',
    en: 'You are in a part of the State of your residence where the provider holds no rights to show the programmes.',
    fr: 'Vous êtes dans une partie de l’État de votre résidence où le fournisseur n’a pas les droits de diffusion.',
  },
  'present-where-licensed': {
    verdict: 'domestic',
    basis: 'contract',
    fondement: 'contrat',
    en: 'You are in a territory that the licence covers: your contract applies as at home.',
    fr: 'Vous êtes sur un territoire que la licence couvre : votre contrat s’applique comme dans l’État de votre résidence.',
  },
  'location-tolerated': {
    verdict: 'domestic',
    basis: 'the provider’s choice',
    fondement: 'choix du fournisseur',
    en: 'Your location could not be established; the provider tolerates this.',
    fr: 'Votre situation géographique n’a pas pu être établie ; le fournisseur le tolère.',
  },
  'address-not-public': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'Your address is a private or special-purpose one and has no location. Try again from an ordinary internet connection.',
    fr: 'Votre adresse est privée ou réservée à un usage particulier : elle ne correspond à aucun lieu. Réessayez depuis une connexion internet ordinaire.',
  },
  'location-unknown': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The address data do not contain the location of your network. Use another network and try again.',
    fr: 'Les données d’adresses n’indiquent pas où se trouve votre réseau. Changez de réseau et réessayez.',
  },
  'outside-eea': {
    verdict: 'refused',
    basis: 'Art. 2(4), 3(1)',
    fondement: 'art. 2, point 4, et art. 3, § 1',
    en: 'You are outside the European Economic Area, where the Regulation gives no right of access. You have access again as soon as you are back in the EEA.',
    fr: 'Vous êtes hors de l’Espace économique européen (EEE), et le règlement ne donne un droit d’accès qu’à l’intérieur de cet espace. Votre accès sera rétabli dès votre retour dans l’EEE.',
  },
  'service-not-portable': {
    verdict: 'refused',
    basis: 'Art. 6(1)',
    fondement: 'art. 6, § 1',
    en: 'This offer is free of charge and its provider has not opted in to portability: you can use it in the State of your residence only.',
    fr: 'Cette offre est gratuite et son fournisseur n’a pas choisi la portabilité : vous ne pouvez l’utiliser que dans l’État de votre résidence.',
  },
  'temporarily-abroad': {
    verdict: 'portable',
    basis: 'Art. 3(1)',
    fondement: 'art. 3, § 1',
    en: 'You are temporarily in another State of the EEA and have access as at home.',
    fr: 'Vous êtes temporairement dans un autre État de l’EEE et vous avez accès au service comme dans l’État de votre résidence.',
  },
  'residence-renewal-due': {
    verdict: 'portable',
    basis: 'Art. 5(1), our reading: the provider’s lateness is not the subscriber’s fault',
    fondement:
      'art. 5, § 1, notre lecture : le retard du fournisseur n’est pas imputable à l’abonné',
    en: 'You are in another State of the EEA. The provider still has to renew the verification of your residence; you keep your access meanwhile.',
    fr: 'Vous êtes dans un autre État de l’EEE. Le fournisseur doit encore renouveler la vérification de votre résidence ; vous gardez votre accès en attendant.',
  },
  'residence-doubted': {
    verdict: 'portable',
    basis: 'Art. 5(2)',
    fondement: 'art. 5, § 2',
    en: 'You are in another State of the EEA. The provider has doubts about your residence and may ask you for information; you keep your access meanwhile.',
    fr: 'Vous êtes dans un autre État de l’EEE. Le fournisseur a des doutes sur votre résidence et peut vous demander des informations ; vous gardez votre accès en attendant.',
  },
  'verification-waived': {
    verdict: 'portable',
    basis: 'Art. 5(4)',
    fondement: 'art. 5, § 4',
    en: 'You are in another State of the EEA; all right holders have waived the verification of your residence.',
    fr: 'Vous êtes dans un autre État de l’EEE ; tous les titulaires de droits ont renoncé à la vérification de votre résidence.',
  },
  'residence-pending': {
    verdict: 'portable',
    basis: 'Art. 5(1), our reading',
    fondement: 'art. 5, § 1, notre lecture',
    en: 'You are in another State of the EEA. Your residence still has to be verified; the provider grants you access meanwhile.',
    fr: 'Vous êtes dans un autre État de l’EEE. Votre résidence reste à vérifier ; le fournisseur vous accorde l’accès en attendant.',
  },
  'residence-unverified': {
    verdict: 'refused',
    basis: 'Art. 5(1), our reading',
    fondement: 'art. 5, § 1, notre lecture',
    en: 'Access abroad requires that your residence has been verified once. Have it verified; your access at home is not affected.',
    fr: 'L’accès à l’étranger suppose que votre résidence ait été vérifiée une fois. Faites-la vérifier ; votre accès dans l’État de votre résidence reste inchangé.',
  },
  'residence-unverifiable': {
    verdict: 'refused',
    basis: 'Art. 5(3)',
    fondement: 'art. 5, § 3',
    en: 'Your residence could not be verified because the information requested from you was not provided. Provide it and you have access abroad again; your access at home is not affected.',
    fr: 'Votre résidence n’a pas pu être vérifiée, faute des informations qui vous ont été demandées. Fournissez-les et votre accès à l’étranger sera rétabli ; votre accès dans l’État de votre résidence reste inchangé.',
  },
  'residence-elsewhere': {
    verdict: 'refused',
    basis: 'Art. 2(3), 3(1)',
    fondement: 'art. 2, point 3, et art. 3, § 1',
    en: 'Your residence was verified in another State, so you have no right of access abroad. If you have moved back, your residence can be verified again.',
    fr: 'La vérification a établi que vous résidez dans un autre État : vous n’avez pas de droit d’accès à l’étranger. Si vous résidez de nouveau dans l’État du service, votre résidence peut être vérifiée une nouvelle fois.',
  },
  'evidence-unavailable': {
    verdict: 'refused',
    basis: 'the provider’s choice',
    fondement: 'choix du fournisseur',
    en: 'The record of the check cannot be stored at the moment, and the provider refuses access meanwhile. Try again in a few minutes.',
    fr: 'Le contrôle ne peut pas être enregistré pour le moment ; en attendant, le fournisseur refuse l’accès. Réessayez dans quelques minutes.',
  },
  'granted-by-exception': {
    verdict: 'portable',
    basis: 'the provider’s choice',
    fondement: 'choix du fournisseur',
    en: 'Your location could not be established; an exception was granted to you for a limited time.',
    fr: 'Votre situation géographique n’a pas pu être établie ; une exception vous a été accordée pour une durée limitée.',
  },
  'offer-unknown': {
    verdict: 'refused',
    basis: 'contract; the offer is not known',
    fondement: 'contrat ; l’offre n’est pas connue',
    en: 'This check does not know the plan of your subscription, and the answer depends on the offer here. The error is in the configuration of the service, not yours: keep this code, which helps to correct it.',
    fr: 'Ce contrôle ne reconnaît pas la formule de votre abonnement, or la réponse dépend ici de l’offre. L’erreur vient de la configuration du service, et non de vous : gardez ce code, il permet de la corriger.',
  },
} as const satisfies Record<string, ReasonRow>;

/** A coded reason why a request was granted or refused. */
export type Reason = keyof typeof ROWS;

/**
 * The result of a decision: verdict, reason, legal basis and short code. There is one frozen
 * constant per reason; compare by identity.
 */
export interface Decision {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** Article of Regulation (EU) 2017/1128, or the basis outside it. */
  readonly basis: string;
  /**
   * `LP-` and two digits. A refusal screen shows the code, and a support agent asks for it. Never
   * reassigned.
   */
  readonly code: string;
}

/** All reasons, in the order of their codes. */
export const REASONS = Object.keys(ROWS) as readonly Reason[];

/**
 * The refusals for a location that is not established. Another attempt can succeed, and an agent's
 * exception overrides them.
 */
export const LOCATION_NOT_ESTABLISHED: readonly Reason[] = [
  'address-invalid',
  'address-anonymised',
  'location-disputed',
  'address-not-public',
  'location-unknown',
];

const codeOf = (index: number): string => `LP-${String(index + 1).padStart(2, '0')}`;

/** The decision for each reason. */
export const DECISIONS = Object.fromEntries(
  REASONS.map((reason, index) => {
    const { verdict, basis } = ROWS[reason];
    return [reason, Object.freeze({ verdict, reason, basis, code: codeOf(index) })];
  }),
) as Readonly<Record<Reason, Decision>>;

/**
 * Finds a reason by its name or its short code, in any case and with surrounding spaces: `LP-07`,
 * `lp7`, `7`. Returns `undefined` if there is no match.
 */
export function reasonOf(reasonOrCode: string): Reason | undefined {
  if (typeof reasonOrCode !== 'string') return undefined;
  const wanted = reasonOrCode.trim().toLowerCase();
  const [, number] = /^(?:lp-?)?(\d{1,2})$/.exec(wanted) ?? [];
  if (number !== undefined) return REASONS[Number(number) - 1];
  return REASONS.find(reason => reason === wanted);
}

/**
 * Explains a reason in plain words, with what the subscriber can do next.
 * @param reasonOrCode a reason such as `outside-eea`, or the short code of a refusal screen such as
 * `LP-12`
 * @param language `fr` or `en`; default: `en`
 * @throws PortabilityError `ERR_CODE_OR_REASON` if it is neither.
 */
export function explain(reasonOrCode: string, language?: Language): string {
  const reason = reasonOf(reasonOrCode);
  if (reason === undefined)
    throw portabilityError(LAW.reasonUnknown, {}, { last: codeOf(REASONS.length - 1) });
  return ROWS[reason][language === 'fr' ? 'fr' : 'en'];
}

/** Returns the legal basis of a reason in the given language. */
export const basisOf = (reason: Reason, language: Language): string =>
  ROWS[reason][language === 'fr' ? 'fondement' : 'basis'];
