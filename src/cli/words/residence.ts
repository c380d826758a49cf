/** Holds the texts for the library's codes of residence, rights and requests. */
import type { Language } from '../../law/reasons.ts';
import { MEANS } from '../../law/residence.ts';
import { MEANS_NAMES, MEANS_VIOLATIONS } from '../../messages/law.ts';
import type { LocalisedText } from '../../messages/localised-text.ts';

const CODES: Readonly<Record<string, LocalisedText>> = {
  ...MEANS_VIOLATIONS,
  ...MEANS_NAMES,
  'contract-concluded': { en: 'contract concluded', fr: 'contrat conclu' },
  'contract-renewed': { en: 'contract renewed', fr: 'contrat renouvelé' },
  'contract-ended': { en: 'contract ended', fr: 'contrat terminé' },
  'residence-verified': { en: 'residence verified', fr: 'résidence vérifiée' },
  'doubt-raised': { en: 'doubt raised', fr: 'doute signalé' },
  'doubt-dropped': { en: 'doubt dropped', fr: 'doute levé' },
  'information-requested': { en: 'information requested', fr: 'informations demandées' },
  'information-answered': { en: 'information provided', fr: 'informations fournies' },
  'information-not-answered': { en: 'information not provided', fr: 'informations non fournies' },
  'verification-waived': {
    en: 'verification waived by all right holders',
    fr: 'tous les titulaires de droits ont renoncé à la vérification',
  },
  'waiver-withdrawn': { en: 'waiver withdrawn', fr: 'renonciation retirée' },
  'outcome-home': { en: 'in the home State', fr: 'dans l’État de résidence' },
  'outcome-elsewhere': { en: 'in another State', fr: 'dans un autre État' },
  'occasion-conclusion': {
    en: 'at the conclusion of the contract',
    fr: 'à la conclusion du contrat',
  },
  'occasion-renewal': { en: 'at the renewal of the contract', fr: 'au renouvellement du contrat' },
  'occasion-doubt': { en: 'on reasonable doubts', fr: 'à la suite de doutes raisonnables' },
  'by-provider': { en: 'by the service', fr: 'par le service' },
  'by-distributor': { en: 'by the distributor', fr: 'par le distributeur' },
  'billing-address-moved-abroad': {
    en: 'the billing address moved abroad',
    fr: 'l’adresse de facturation est désormais à l’étranger',
  },
  'supply-contract-moved-abroad': {
    en: 'the internet, telephone or energy contract moved abroad',
    fr: 'le contrat d’accès à internet, de téléphone ou d’énergie est désormais souscrit à l’étranger',
  },
  'own-statement': { en: "the subscriber's own statement", fr: 'déclaration de l’abonné' },
  'held-information-contradicts': {
    en: 'information held by the service contradicts the residence',
    fr: 'une information détenue par le service contredit la résidence',
  },
  restriction: { en: 'restriction of processing', fr: 'limitation du traitement' },
  objection: { en: 'objection under examination', fr: 'opposition en cours d’examen' },
  'restriction-and-objection': {
    en: 'restriction of processing, and an objection under examination',
    fr: 'limitation du traitement, et opposition en cours d’examen',
  },
  'kind-objection': { en: 'objection', fr: 'opposition' },
  'kind-restriction': { en: 'restriction', fr: 'limitation' },
  'objection-upheld': {
    en: 'objection upheld: nothing is recorded any more',
    fr: 'opposition acceptée : plus rien n’est enregistré',
  },
  'legal-claim': {
    en: 'legal claim',
    fr: 'constatation, exercice ou défense de droits en justice',
  },
  'authority-order': { en: 'order of an authority', fr: 'injonction d’une autorité' },
  'abuse-inquiry': { en: 'investigation of abuse', fr: 'enquête sur un abus' },
  'operation-erase': { en: 'erasure', fr: 'effacement' },
  'operation-release': { en: 'release of the hold', fr: 'levée de la conservation' },
  erase: { en: 'erase', fr: 'effacer' },
  communicate: {
    en: 'communicate to the person designated',
    fr: 'communiquer à la personne désignée',
  },
  keep: { en: 'keep until the retention ends', fr: 'conserver jusqu’à la fin de la durée prévue' },
  access: { en: 'access', fr: 'accès' },
  portability: { en: 'portability', fr: 'portabilité' },
  rectification: { en: 'rectification', fr: 'rectification' },
  erasure: { en: 'erasure', fr: 'effacement' },
  directive: { en: 'directive about the data after death', fr: 'directive post mortem' },
  granted: { en: 'granted', fr: 'acceptée' },
  'granted-in-part': { en: 'granted in part', fr: 'acceptée en partie' },
  withdrawn: { en: 'withdrawn', fr: 'retirée' },
  'refused-identity': {
    en: 'refused: identity not established',
    fr: 'refusée : identité non établie',
  },
  'refused-excessive': {
    en: 'refused: manifestly unfounded or excessive',
    fr: 'refusée : manifestement infondée ou excessive',
  },
  'refused-legal-duty': { en: 'refused: a legal duty', fr: 'refusée : obligation légale' },
  'refused-legal-claim': {
    en: 'refused: a legal claim',
    fr: 'refusée : défense de droits en justice',
  },
  'refused-overriding-interest': {
    en: 'refused: compelling legitimate grounds',
    fr: 'refusée : motifs légitimes impérieux',
  },
  'address-data': {
    en: 'the address data are wrong or lack the network',
    fr: 'données d’adresses erronées, ou réseau absent de ces données',
  },
  'imposed-tunnel': {
    en: 'a tunnel that the subscriber cannot turn off',
    fr: 'tunnel que l’abonné ne peut pas désactiver',
  },
  'network-without-place': {
    en: 'a network without a fixed location (satellite, ship)',
    fr: 'réseau sans lieu fixe (satellite, navire)',
  },
  'service-fault': { en: 'an error of the service', fr: 'erreur du service' },
};

/** Lists the eleven means of Art. 5(1) with their letters, one a line. */
export const meansHelp = (language: Language): string =>
  MEANS.map(letter => `  ${letter}  ${MEANS_NAMES[letter][language]}`).join('\n');

/**
 * Returns the text of a code of residence, rights or requests. A code without a text is returned as
 * it is.
 */
export const wordFor = (language: Language, code: string): string =>
  CODES[code]?.[language] ?? code;
/** Returns the name of the right that a request exercises. */
export const kindWord = (language: Language, kind: string): string =>
  CODES[`kind-${kind}`]?.[language] ?? wordFor(language, kind);
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
