/**
 * Maps each reason to its verdict, legal basis, short code, and explanation in French and English.
 */
import { PortabilityError } from '../errors.ts';

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

const NOT_ESTABLISHED = 'presence not established';
const NON_ETABLIE = 'présence non établie';

/**
 * In the order of the rule. The short codes LP-01, LP-02, ... follow this order and are never
 * reassigned: append only.
 */
const ROWS = {
  'no-contract': {
    verdict: 'refused',
    basis: 'Art. 2(1)',
    fondement: 'art. 2, point 1',
    en: 'There is no contract in force for this subscriber. Check the account, or subscribe.',
    fr: 'Aucun contrat n’est en cours pour cet abonné. Vérifiez le compte ou souscrivez un abonnement.',
  },
  'address-invalid': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The request carried no readable network address, so the place could not be established. Try again, or on another network.',
    fr: 'La demande ne portait pas d’adresse réseau lisible : le lieu n’a pas pu être établi. Réessayez, ou changez de réseau.',
  },
  'address-anonymised': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The request came through an anonymising service (VPN, proxy), which hides the place. Turn it off and try again.',
    fr: 'La demande est passée par un service d’anonymisation (VPN, proxy), qui masque le lieu. Désactivez-le et réessayez.',
  },
  'location-disputed': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The address data disagree on where this network is. Try on another network, or contact support.',
    fr: 'Les données d’adresses se contredisent sur le lieu de ce réseau. Changez de réseau ou contactez l’assistance.',
  },
  'present-at-home': {
    verdict: 'domestic',
    basis: 'contract; the Regulation is not engaged',
    fondement: 'contrat ; le règlement n’est pas en jeu',
    en: 'The request comes from the home State: the contract applies as it stands.',
    fr: 'La demande vient de l’État de résidence : le contrat s’applique tel quel.',
  },
  'home-not-licensed-granted': {
    verdict: 'portable',
    basis: 'contract',
    fondement: 'contrat',
    en: 'The request comes from a part of the home State that the licence leaves out; the provider grants access there as abroad.',
    fr: 'La demande vient d’une partie de l’État de résidence que la licence exclut ; le fournisseur y accorde l’accès comme en déplacement.',
  },
  'home-not-licensed': {
    verdict: 'refused',
    basis: 'contract',
    fondement: 'contrat',
    en: 'The request comes from a part of the home State where the provider holds no rights to show the programmes.',
    fr: 'La demande vient d’une partie de l’État de résidence où le fournisseur n’a pas les droits de diffusion.',
  },
  'present-where-licensed': {
    verdict: 'domestic',
    basis: 'contract',
    fondement: 'contrat',
    en: 'The request comes from a territory that the licence includes: the contract applies as at home.',
    fr: 'La demande vient d’un territoire que la licence inclut : le contrat s’applique comme dans l’État de résidence.',
  },
  'location-tolerated': {
    verdict: 'domestic',
    basis: 'the provider’s choice',
    fondement: 'choix du fournisseur',
    en: 'The place could not be established; the provider has chosen to tolerate this.',
    fr: 'Le lieu n’a pas pu être établi ; le fournisseur a choisi de le tolérer.',
  },
  'address-not-public': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The address is a private or special-purpose one and tells no place. Try again from an ordinary internet connection.',
    fr: 'L’adresse est privée ou réservée à un usage particulier : elle n’indique aucun lieu. Réessayez depuis une connexion internet ordinaire.',
  },
  'location-unknown': {
    verdict: 'refused',
    basis: NOT_ESTABLISHED,
    fondement: NON_ETABLIE,
    en: 'The address data do not say where this network is. Try on another network, or contact support.',
    fr: 'Les données d’adresses n’indiquent pas où se trouve ce réseau. Changez de réseau ou contactez l’assistance.',
  },
  'outside-eea': {
    verdict: 'refused',
    basis: 'Art. 2(4), 3(1)',
    fondement: 'art. 2, point 4, et art. 3, § 1',
    en: 'The request comes from outside the European Economic Area, where the Regulation gives no right of access. Access returns with the return to the EEA.',
    fr: 'La demande vient de l’extérieur de l’Espace économique européen, où le règlement ne donne pas de droit d’accès. L’accès est rétabli au retour dans l’EEE.',
  },
  'service-not-portable': {
    verdict: 'refused',
    basis: 'Art. 6(1)',
    fondement: 'art. 6, § 1',
    en: 'This offer is free of charge and its provider has not opted in to portability: it works in the home State only.',
    fr: 'Cette offre est gratuite et son fournisseur n’a pas choisi la portabilité : elle ne fonctionne que dans l’État de résidence.',
  },
  'temporarily-abroad': {
    verdict: 'portable',
    basis: 'Art. 3(1)',
    fondement: 'art. 3, § 1',
    en: 'The subscriber is temporarily in another State of the EEA and has access as at home.',
    fr: 'L’abonné se trouve temporairement dans un autre État de l’EEE et a accès au service comme dans son État de résidence.',
  },
  'residence-renewal-due': {
    verdict: 'portable',
    basis: 'Art. 5(1), our reading: the provider’s lateness is not the subscriber’s fault',
    fondement:
      'art. 5, § 1, notre lecture : le retard du fournisseur n’est pas la faute de l’abonné',
    en: 'The subscriber is in another State of the EEA. The provider has yet to renew the verification of residence; access continues meanwhile.',
    fr: 'L’abonné se trouve dans un autre État de l’EEE. Le fournisseur doit encore renouveler la vérification de la résidence ; l’accès continue entre-temps.',
  },
  'residence-doubted': {
    verdict: 'portable',
    basis: 'Art. 5(2)',
    fondement: 'art. 5, § 2',
    en: 'The subscriber is in another State of the EEA. The provider has doubts about the residence and may ask for information; access continues meanwhile.',
    fr: 'L’abonné se trouve dans un autre État de l’EEE. Le fournisseur a des doutes sur la résidence et peut demander des informations ; l’accès continue entre-temps.',
  },
  'verification-waived': {
    verdict: 'portable',
    basis: 'Art. 5(4)',
    fondement: 'art. 5, § 4',
    en: 'The subscriber is in another State of the EEA; all right holders have waived the verification of residence.',
    fr: 'L’abonné se trouve dans un autre État de l’EEE ; tous les titulaires de droits ont renoncé à la vérification de la résidence.',
  },
  'residence-pending': {
    verdict: 'portable',
    basis: 'Art. 5(1), our reading',
    fondement: 'art. 5, § 1, notre lecture',
    en: 'The subscriber is in another State of the EEA. The residence has yet to be verified; the provider grants access meanwhile.',
    fr: 'L’abonné se trouve dans un autre État de l’EEE. La résidence reste à vérifier ; le fournisseur accorde l’accès entre-temps.',
  },
  'residence-unverified': {
    verdict: 'refused',
    basis: 'Art. 5(1), our reading',
    fondement: 'art. 5, § 1, notre lecture',
    en: 'Access abroad needs the residence to be verified once. Contact the service to have it verified; access at home is not affected.',
    fr: 'L’accès à l’étranger suppose que la résidence ait été vérifiée une fois. Contactez le service pour la faire vérifier ; l’accès dans l’État de résidence n’est pas touché.',
  },
  'residence-unverifiable': {
    verdict: 'refused',
    basis: 'Art. 5(3)',
    fondement: 'art. 5, § 3',
    en: 'The residence could not be verified because the information asked for was not provided. Provide it and access abroad returns; access at home is not affected.',
    fr: 'La résidence n’a pas pu être vérifiée, faute des informations demandées. Fournissez-les et l’accès à l’étranger sera rétabli ; l’accès dans l’État de résidence n’est pas touché.',
  },
  'residence-elsewhere': {
    verdict: 'refused',
    basis: 'Art. 2(3), 3(1)',
    fondement: 'art. 2, point 3, et art. 3, § 1',
    en: 'The residence was verified in another State, so there is no right of access abroad. If the subscriber has moved back, the residence can be verified again.',
    fr: 'La résidence a été vérifiée dans un autre État : il n’y a pas de droit d’accès à l’étranger. Si l’abonné s’est réinstallé dans l’État du service, la résidence peut être vérifiée de nouveau.',
  },
  'evidence-unavailable': {
    verdict: 'refused',
    basis: 'the provider’s choice',
    fondement: 'choix du fournisseur',
    en: 'The record of the check cannot be kept at the moment, and the provider has chosen to refuse meanwhile. Try again in a few minutes.',
    fr: 'La trace du contrôle ne peut pas être conservée pour le moment, et le fournisseur a choisi de refuser entre-temps. Réessayez dans quelques minutes.',
  },
  'granted-by-exception': {
    verdict: 'portable',
    basis: 'the provider’s choice',
    fondement: 'choix du fournisseur',
    en: 'The place could not be established; the support desk has granted an exception for a limited time.',
    fr: 'Le lieu n’a pas pu être établi ; l’assistance a accordé une exception pour une durée limitée.',
  },
  'offer-unknown': {
    verdict: 'refused',
    basis: 'contract; the offer is not known',
    fondement: 'contrat ; l’offre n’est pas connue',
    en: 'The request names a kind of subscription that this service does not know, and its offers differ here. The fault is in the configuration of the service: give this code to support.',
    fr: 'La demande désigne une formule d’abonnement que ce service ne connaît pas, et ses offres diffèrent sur ce point. L’erreur vient de la configuration du service : communiquez ce code à l’assistance.',
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
export const PLACE_NOT_ESTABLISHED: readonly Reason[] = [
  'address-invalid',
  'address-anonymised',
  'location-disputed',
  'address-not-public',
  'location-unknown',
];

/** The decision for each reason. */
export const DECISIONS = Object.fromEntries(
  REASONS.map((reason, index) => {
    const { verdict, basis } = ROWS[reason];
    return [
      reason,
      Object.freeze({ verdict, reason, basis, code: `LP-${String(index + 1).padStart(2, '0')}` }),
    ];
  }),
) as Readonly<Record<Reason, Decision>>;

/**
 * Finds a reason by its name or its short code, in any case and with surrounding spaces. Returns
 * `undefined` if there is no match.
 */
export function reasonOf(reasonOrCode: string): Reason | undefined {
  if (typeof reasonOrCode !== 'string') return undefined;
  const wanted = reasonOrCode.trim().toLowerCase();
  return REASONS.find(
    reason => reason === wanted || DECISIONS[reason].code.toLowerCase() === wanted,
  );
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
    throw new PortabilityError('ERR_CODE_OR_REASON', 'neither a reason nor a short code');
  return ROWS[reason][language === 'fr' ? 'fr' : 'en'];
}

/** Returns the legal basis of a reason in the given language. */
export const basisOf = (reason: Reason, language: Language): string =>
  ROWS[reason][language === 'fr' ? 'fondement' : 'basis'];
