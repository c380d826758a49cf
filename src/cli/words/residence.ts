/**
 * Holds the texts for the library's codes of residence, rights and requests, in English and French.
 */
import type { Language } from '../../law/reasons.ts';

type Words = Readonly<Record<string, string>>;

const ENGLISH: Words = {
  'contract-concluded': 'contract concluded',
  'contract-renewed': 'contract renewed',
  'contract-ended': 'contract ended',
  'residence-verified': 'residence verified',
  'doubt-raised': 'doubt raised',
  'doubt-dropped': 'doubt dropped',
  'information-requested': 'information requested',
  'information-answered': 'information given',
  'information-not-answered': 'no answer',
  'verification-waived': 'verification waived by all right holders',
  'waiver-withdrawn': 'waiver withdrawn',
  'outcome-home': 'in the home State',
  'outcome-elsewhere': 'in another State',
  'occasion-conclusion': 'at the conclusion of the contract',
  'occasion-renewal': 'at the renewal of the contract',
  'occasion-doubt': 'on reasonable doubts',
  'by-provider': 'by the service',
  'by-distributor': 'by the distributor',
  'billing-address-moved-abroad': 'the billing address moved abroad',
  'supply-contract-moved-abroad': 'the internet, telephone or energy contract moved abroad',
  'own-statement': "the subscriber's own statement",
  'held-information-contradicts': 'information held by the service contradicts',
  a: 'identity document',
  b: 'payment details',
  c: 'place of a set-top box',
  d: 'payment of a licence fee',
  e: 'internet or telephone contract',
  f: 'electoral roll',
  g: 'local taxes',
  h: 'utility bill',
  i: 'billing or postal address',
  j: 'declaration',
  k: 'IP check',
  restriction: 'restriction of processing',
  objection: 'objection under examination',
  'restriction-and-objection': 'restriction of processing, and an objection under examination',
  'kind-objection': 'objection',
  'kind-restriction': 'restriction',
  'objection-upheld': 'objection upheld: nothing is recorded any more',
  'legal-claim': 'legal claim',
  'authority-order': 'order of an authority',
  'abuse-inquiry': 'inquiry into abuse',
  erase: 'erase',
  communicate: 'communicate to the person designated',
  keep: 'keep for the time of retention',
  access: 'access',
  portability: 'portability',
  rectification: 'rectification',
  erasure: 'erasure',
  directive: 'directive for after death',
  granted: 'granted',
  'granted-in-part': 'granted in part',
  withdrawn: 'withdrawn',
  'refused-identity': 'refused: identity not established',
  'refused-excessive': 'refused: manifestly unfounded or excessive',
  'refused-legal-duty': 'refused: a legal duty',
  'refused-legal-claim': 'refused: a legal claim',
  'refused-overriding-interest': 'refused: compelling legitimate grounds',
  'no-means': 'no means named',
  'unknown-means': 'a means that is not on the closed list',
  'duplicate-means': 'the same means twice',
  'more-than-two': 'more than two means',
  'weak-means-alone': '(i), (j) and (k) count only with one of (a) to (h)',
  'unknown-occasion': 'unknown occasion',
  'address-data': 'the address data are wrong, or do not know the network',
  'imposed-tunnel': 'a tunnel that the subscriber cannot turn off',
  'network-without-place': 'a network without a place (satellite, ship)',
  'service-fault': 'a fault of the service',
};

const FRENCH: Words = {
  'contract-concluded': 'contrat conclu',
  'contract-renewed': 'contrat renouvelé',
  'contract-ended': 'contrat terminé',
  'residence-verified': 'résidence vérifiée',
  'doubt-raised': 'doute émis',
  'doubt-dropped': 'doute levé',
  'information-requested': 'informations demandées',
  'information-answered': 'informations fournies',
  'information-not-answered': 'pas de réponse',
  'verification-waived': 'tous les titulaires de droits ont renoncé à la vérification',
  'waiver-withdrawn': 'renonciation retirée',
  'outcome-home': 'dans l’État de résidence',
  'outcome-elsewhere': 'dans un autre État',
  'occasion-conclusion': 'à la conclusion du contrat',
  'occasion-renewal': 'au renouvellement du contrat',
  'occasion-doubt': 'sur doutes raisonnables',
  'by-provider': 'par le service',
  'by-distributor': 'par le distributeur',
  'billing-address-moved-abroad': 'l’adresse de facturation est passée à l’étranger',
  'supply-contract-moved-abroad':
    'le contrat d’accès à internet, de téléphone ou d’énergie est passé à l’étranger',
  'own-statement': 'déclaration de l’abonné',
  'held-information-contradicts': 'une information détenue par le service contredit la résidence',
  a: 'pièce d’identité',
  b: 'coordonnées de paiement',
  c: 'lieu du décodeur',
  d: 'paiement d’une redevance',
  e: 'contrat internet ou téléphone',
  f: 'liste électorale',
  g: 'impôts locaux',
  h: 'facture d’eau, de gaz ou d’électricité',
  i: 'adresse de facturation ou postale',
  j: 'déclaration',
  k: 'contrôle de l’adresse IP',
  restriction: 'limitation (suspension) du traitement',
  objection: 'opposition en cours d’examen',
  'restriction-and-objection':
    'limitation (suspension) du traitement, et opposition en cours d’examen',
  'kind-objection': 'opposition',
  'kind-restriction': 'limitation',
  'objection-upheld': 'opposition acceptée : plus rien n’est enregistré',
  'legal-claim': 'défense de droits en justice',
  'authority-order': 'injonction d’une autorité',
  'abuse-inquiry': 'enquête sur un abus',
  erase: 'effacer',
  communicate: 'communiquer à la personne désignée',
  keep: 'conserver le temps prévu',
  access: 'accès',
  portability: 'portabilité',
  rectification: 'rectification',
  erasure: 'effacement',
  directive: 'directive pour après le décès',
  granted: 'acceptée',
  'granted-in-part': 'acceptée en partie',
  withdrawn: 'retirée',
  'refused-identity': 'refusée : identité non établie',
  'refused-excessive': 'refusée : manifestement infondée ou excessive',
  'refused-legal-duty': 'refusée : obligation légale',
  'refused-legal-claim': 'refusée : défense de droits en justice',
  'refused-overriding-interest': 'refusée : motifs légitimes impérieux',
  'no-means': 'aucun moyen nommé',
  'unknown-means': 'un moyen hors de la liste, qui est fermée',
  'duplicate-means': 'deux fois le même moyen',
  'more-than-two': 'plus de deux moyens',
  'weak-means-alone': '(i), (j) et (k) ne comptent qu’avec un moyen de (a) à (h)',
  'unknown-occasion': 'occasion inconnue',
  'address-data': 'données d’adresses erronées, ou réseau inconnu d’elles',
  'imposed-tunnel': 'tunnel que l’abonné ne peut pas désactiver',
  'network-without-place': 'réseau sans lieu (satellite, navire)',
  'service-fault': 'défaut du service',
};

const ALL = { en: ENGLISH, fr: FRENCH } as const;

/**
 * Returns the text of a code of residence, rights or requests. A code without a text is returned as
 * it is.
 */
export const wordFor = (language: Language, code: string): string => ALL[language][code] ?? code;
/** Returns the name of the right that a request exercises. */
export const kindWord = (language: Language, kind: string): string =>
  ALL[language][`kind-${kind}`] ?? wordFor(language, kind);
/** Converts a citation of the law to French notation. */
export const frenchArticle = (text: string): string =>
  text
    .replace(/Regulation \(EU\) 2017\/1128, Art\. /g, 'règlement (UE) 2017/1128, art. ')
    .replace(/GDPR Art\. /g, 'RGPD, art. ')
    .replace(/\bArt\. /g, 'art. ')
    .replace(/rec\. /g, 'considérant ')
    .replace(
      /art\. (\d+)\((\d+)\)(?:\(([a-z])\))?/g,
      (_, article, paragraph, letter) =>
        `art. ${article}, § ${paragraph}${letter === undefined ? '' : `, point ${letter}`}`,
    );
/** Formats a UTC day: 22/11/2026 in French, 22 Nov 2026 in English. */
export function dayWord(language: Language, day: string): string {
  const locale = language === 'fr' ? 'fr-FR' : 'en-GB';
  const style = language === 'fr' ? 'short' : 'medium';
  return new Intl.DateTimeFormat(locale, { dateStyle: style, timeZone: 'UTC' }).format(
    new Date(day),
  );
}

/** Formats a month: novembre 2026. */
export const monthWord = (language: Language, month: string): string =>
  new Intl.DateTimeFormat(language === 'fr' ? 'fr-FR' : 'en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${month}-01`));
