/** Says where the data about a person come from (Art. 15(1)(g) GDPR). */
import type { LocalisedText } from '../messages/localised-text.ts';

/** A source of data, with the tables of the export whose rows come from it. */
export interface DataSource extends LocalisedText {
  readonly id: string;
  readonly tables: readonly string[];
}

/** The sources of everything that a ledger keeps about a person. */
export const DATA_SOURCES: readonly DataSource[] = [
  {
    id: 'access-requests',
    tables: ['cards', 'accesses', 'apart'],
    en: 'the requests for access to the service that are made with the account: each shows whether it comes from France or from outside France',
    fr: 'les demandes d’accès au service faites avec le compte : chacune montre si elle vient de France ou de l’étranger',
  },
  {
    id: 'customer-systems',
    tables: ['cards', 'accesses', 'dossiers'],
    en: 'the customer and contract systems of the service, or of the distributor of the subscription: the technical identifier of the account, the days of the contract, and information already held that verifies the residence',
    fr: 'les systèmes de gestion des comptes et des contrats du service, ou du distributeur de l’abonnement : l’identifiant technique du compte, les dates du contrat, et les informations déjà détenues qui permettent de vérifier la résidence',
  },
  {
    id: 'person',
    tables: ['dossiers', 'restrictions', 'directives', 'requests', 'marks'],
    en: 'the person: what they presented or declared for the verification of residence, their requests, their objection and their directive',
    fr: 'vous-même : ce que vous avez présenté ou déclaré pour la vérification de la résidence, vos demandes, votre opposition et votre directive post mortem',
  },
  {
    id: 'agents',
    tables: ['dossiers', 'holds', 'exceptions', 'requests', 'proposals', 'journal'],
    en: 'the agents of the service: the outcome of a verification, a legal hold, an exception, the answers to requests, and the journal of each access to the data',
    fr: 'les agents habilités du service : le résultat d’une vérification, une conservation pour un litige, une exception, les réponses à vos demandes, et le journal de chaque accès à vos données',
  },
];
