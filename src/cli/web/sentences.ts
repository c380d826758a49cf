/**
 * Holds the sentences that an agent reads out to a caller for a decision at an earlier moment, and
 * the next step of each refusal. For a decision of now, the explanation of the reason is the
 * sentence.
 */

import type { Reason } from '../../law/reasons.ts';
import type { LocalisedText } from '../../messages/localised-text.ts';

/** What was the case at the earlier moment, after « Le 21/11/2026 à 21:15, ». */
export const THEN: Readonly<Record<Reason, LocalisedText>> = {
  'no-contract': {
    en: 'no contract was in force for your account, so access was to be refused',
    fr: 'aucun contrat n’était en cours pour votre compte : l’accès devait être refusé',
  },
  'address-invalid': {
    en: 'your request carried no readable network address: access was to be refused, because your location could not be established',
    fr: 'votre demande ne comportait pas d’adresse réseau lisible : l’accès devait être refusé, faute de pouvoir établir votre situation géographique',
  },
  'address-anonymised': {
    en: 'your connection went through a VPN or proxy, which hides where you are: access was to be refused',
    fr: 'votre connexion passait par un VPN ou un proxy, qui masque votre situation géographique : l’accès devait être refusé',
  },
  'location-disputed': {
    en: 'our data disagreed on the location of your network: access was to be refused',
    fr: 'nos données se contredisaient sur l’emplacement de votre réseau : l’accès devait être refusé',
  },
  'present-at-home': {
    en: 'you were in the State of your residence: you were to have access',
    fr: 'vous étiez dans l’État de votre résidence : vous deviez avoir accès au service',
  },
  'home-not-licensed-granted': {
    en: 'you were in a part of the State of your residence that our rights do not cover, and you were to have access there',
    fr: 'vous étiez dans une partie de l’État de votre résidence que nos droits de diffusion ne couvrent pas, et l’accès devait vous y être accordé',
  },
  'home-not-licensed': {
    en: 'you were in a part of the State of your residence where we hold no rights: access was to be refused',
    fr: 'vous étiez dans une partie de l’État de votre résidence où nous n’avons pas les droits de diffusion : l’accès devait être refusé',
  },
  'present-where-licensed': {
    en: 'you were in a territory that the licence covers: you were to have access',
    fr: 'vous étiez sur un territoire que nos droits de diffusion couvrent : vous deviez avoir accès au service',
  },
  'location-tolerated': {
    en: 'your location could not be established, which we tolerated: you were to have access',
    fr: 'votre situation géographique n’a pas pu être établie, ce que nous avons toléré : vous deviez avoir accès au service',
  },
  'address-not-public': {
    en: 'the address was a private one without a location: access was to be refused',
    fr: 'l’adresse était privée et ne correspondait à aucun lieu : l’accès devait être refusé',
  },
  'location-unknown': {
    en: 'our data did not say where your network was: access was to be refused',
    fr: 'nos données n’indiquaient pas où se trouvait votre réseau : l’accès devait être refusé',
  },
  'outside-eea': {
    en: 'you were outside the European Economic Area, where the Regulation gives no right of access: access was to be refused',
    fr: 'vous étiez hors de l’Espace économique européen, où le règlement ne donne pas de droit d’accès : l’accès devait être refusé',
  },
  'service-not-portable': {
    en: 'you were in another State of the EEA; your offer is free of charge, and we have not opted for its portability: access was to be refused',
    fr: 'vous étiez dans un autre État de l’Espace économique européen ; votre offre est gratuite et nous n’avons pas choisi la portabilité pour elle : l’accès devait être refusé',
  },
  'temporarily-abroad': {
    en: 'you were temporarily in another State of the EEA: you were to have access as at home',
    fr: 'vous étiez temporairement dans un autre État de l’Espace économique européen : vous deviez avoir accès au service comme chez vous',
  },
  'residence-renewal-due': {
    en: 'you were in another State of the EEA: you were to have access, although we still had to renew the verification of your residence',
    fr: 'vous étiez dans un autre État de l’Espace économique européen : vous deviez avoir accès au service, alors que nous devions encore renouveler la vérification de votre résidence',
  },
  'residence-doubted': {
    en: 'you were in another State of the EEA: you were to have access, although we had doubts about your residence',
    fr: 'vous étiez dans un autre État de l’Espace économique européen : vous deviez avoir accès au service, malgré un doute sur votre résidence',
  },
  'verification-waived': {
    en: 'you were in another State of the EEA: you were to have access, because all right holders had waived the verification of your residence',
    fr: 'vous étiez dans un autre État de l’Espace économique européen : vous deviez avoir accès au service, car tous les titulaires de droits avaient renoncé à la vérification de votre résidence',
  },
  'residence-pending': {
    en: 'you were in another State of the EEA: you were to have access, although your residence was still to be verified',
    fr: 'vous étiez dans un autre État de l’Espace économique européen : vous deviez avoir accès au service, alors que votre résidence restait à vérifier',
  },
  'residence-unverified': {
    en: 'you were in another State of the EEA, and your residence had not been verified yet: access was to be refused',
    fr: 'vous étiez dans un autre État de l’Espace économique européen et votre résidence n’avait pas encore été vérifiée : l’accès devait être refusé',
  },
  'residence-unverifiable': {
    en: 'you were in another State of the EEA, and your residence could not be verified, because information that we had asked you for was not provided: access was to be refused',
    fr: 'vous étiez dans un autre État de l’Espace économique européen et votre résidence n’avait pas pu être vérifiée, faute des informations que nous vous avions demandées : l’accès devait être refusé',
  },
  'residence-elsewhere': {
    en: 'you were in another State of the EEA, and your residence had been verified outside the State of the service: access was to be refused',
    fr: 'vous étiez dans un autre État de l’Espace économique européen et la vérification avait établi que vous résidiez hors de l’État du service : l’accès devait être refusé',
  },
  'evidence-unavailable': {
    en: 'our service could not record the check: access was to be refused; this was not your doing',
    fr: 'notre service ne pouvait pas enregistrer le contrôle : l’accès devait être refusé ; cela ne venait pas de vous',
  },
  'granted-by-exception': {
    en: 'your location could not be established, and an exception was to give you access',
    fr: 'votre situation géographique ne pouvait pas être établie, et une exception devait vous donner accès au service',
  },
  'offer-unknown': {
    en: 'our check did not know your plan: access was to be refused; this was not your doing',
    fr: 'notre contrôle ne reconnaissait pas votre formule : l’accès devait être refusé ; cela ne venait pas de vous',
  },
};

/** What an agent can do next, and the act of the desk that does it. */
export interface NextStep extends LocalisedText {
  /** Names of acts of the desk that do it. */
  readonly acts?: readonly string[];
  /** Whether the list of the countries helps. */
  readonly showsCountries?: boolean;
}

const OTHER_NETWORK: NextStep = {
  en: 'Ask the caller to leave the Wi-Fi of the hotel or the company and to try again. If that is not possible, grant an exception for a few days; if the residence is not verified, verify it first.',
  fr: 'Demandez à l’abonné de quitter le Wi-Fi de l’hôtel ou de l’entreprise et de réessayer. Si c’est impossible, accordez une exception pour quelques jours ; si la résidence n’a pas été vérifiée, vérifiez-la d’abord.',
  acts: ['exception'],
};

const VERIFY_OFFERED: NextStep = {
  en: 'The access is granted. Offer to verify the residence now.',
  fr: 'L’accès est accordé. Proposez de vérifier la résidence tout de suite.',
  acts: ['verification'],
};

/** The next step of each reason that has one. */
export const NEXT_STEPS: Partial<Readonly<Record<Reason, NextStep>>> = {
  'no-contract': {
    en: 'Check the account and the contract. If there is a contract, record it here.',
    fr: 'Vérifiez le compte et le contrat. Si un contrat existe, enregistrez-le ici.',
    acts: ['contract'],
  },
  'address-invalid': OTHER_NETWORK,
  'address-not-public': OTHER_NETWORK,
  'location-unknown': OTHER_NETWORK,
  'address-anonymised': {
    en: 'Ask the caller to turn off the VPN or proxy and to try again. If the network imposes it, grant an exception.',
    fr: 'Demandez à l’abonné de désactiver son VPN ou son proxy et de réessayer. Si son réseau l’impose, accordez une exception.',
    acts: ['exception'],
  },
  'location-disputed': {
    en: 'Report the network to the technical team, and grant an exception meanwhile.',
    fr: 'Signalez ce réseau à l’équipe technique et, en attendant, accordez une exception.',
    acts: ['exception'],
  },
  'home-not-licensed': {
    en: 'There is nothing to do: the service holds no rights in that part of the country.',
    fr: 'Il n’y a rien à faire : le service n’a pas les droits de diffusion dans cette partie du pays.',
  },
  'outside-eea': {
    en: 'There is nothing to do: access returns when the caller is back in France, or elsewhere in the EEA with a right of access there.',
    fr: 'Il n’y a rien à faire : l’accès sera rétabli au retour en France, ou ailleurs dans l’EEE si l’abonné y a droit.',
    showsCountries: true,
  },
  'service-not-portable': {
    en: 'There is nothing to do: the offer is free of charge and limited to the State of residence.',
    fr: 'Il n’y a rien à faire : l’offre est gratuite et limitée à l’État de résidence.',
  },
  'residence-renewal-due': {
    en: 'The access is granted. The renewal of the verification is our task: use first what the service holds already.',
    fr: 'L’accès est accordé. C’est à nous de renouveler la vérification : servez-vous d’abord de ce que le service détient déjà.',
    acts: ['verification'],
  },
  'residence-pending': VERIFY_OFFERED,
  'residence-doubted': {
    en: 'The access is granted. A doubt is still to be settled: verify the residence, ask for information, or drop the doubt.',
    fr: 'L’accès est accordé. Un doute reste à lever : vérifiez la résidence, demandez des informations, ou levez le doute.',
    acts: ['verification', 'information', 'doubt'],
  },
  'residence-unverified': {
    en: 'Verify the residence now: if it is in France, access abroad is open within two minutes.',
    fr: 'Vérifiez la résidence maintenant : si elle est en France, l’accès à l’étranger est ouvert dans les deux minutes.',
    acts: ['verification'],
  },
  'residence-unverifiable': {
    en: 'Obtain the missing information and record the answer, or verify the residence.',
    fr: 'Obtenez les informations qui manquent et enregistrez la réponse, ou vérifiez la résidence.',
    acts: ['answer', 'verification'],
  },
  'residence-elsewhere': {
    en: 'If the caller has moved back, verify the residence again.',
    fr: 'Si l’abonné est revenu s’installer en France, vérifiez de nouveau la résidence.',
    acts: ['verification'],
  },
  'evidence-unavailable': {
    en: 'The fault is ours: tell the technical team.',
    fr: 'La panne vient de chez nous : prévenez l’équipe technique.',
  },
  'offer-unknown': {
    en: 'The gateway is misconfigured: tell the technical team, with the code.',
    fr: 'La passerelle est mal configurée : prévenez l’équipe technique et donnez-lui le code.',
  },
};

/** How to find the address that counts, as it is read out to the caller. */
export const FIND_ADDRESS: readonly LocalisedText[] = [
  {
    en: 'Stay on the device and the connection that do not work, and turn nothing off.',
    fr: 'Restez sur l’appareil et la connexion qui posent problème, sans rien désactiver.',
  },
  {
    en: 'There, open a page that shows your public IP address.',
    fr: 'Ouvrez-y une page qui affiche votre adresse IP publique.',
  },
  {
    en: 'Read me the whole address: four numbers with dots, or up to eight groups with colons.',
    fr: 'Lisez-moi l’adresse entière : quatre nombres séparés par des points, ou jusqu’à huit groupes séparés par des deux-points.',
  },
];
