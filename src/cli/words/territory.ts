/**
 * Holds the reasons why a territory is in or out of the EEA for the Regulation, with their sources,
 * and the names under which people know it. The codes come from `data/territories.json`.
 */
import type { Language } from '../../law/reasons.ts';
import { type Territory, territories } from '../../law/territory.ts';
import type { LocalisedText } from '../../messages/localised-text.ts';

/** Why a territory is in or out, and the article that says so. */
interface TerritoryReason extends LocalisedText {
  readonly source: LocalisedText;
}

const PRESENCE = {
  en: 'Regulation (EU) 2017/1128, Art. 2(4)',
  fr: 'règlement (UE) 2017/1128, art. 2, point 4',
};
const ANNEX_II = { en: 'Annex II TFEU', fr: 'TFUE, annexe II' };
const OUTERMOST = { en: 'Art. 355(1) TFEU', fr: 'TFUE, art. 355, § 1' };
const EEA_DECISION = {
  en: 'EEA Joint Committee Decision 158/2018',
  fr: 'décision 158/2018 du Comité mixte de l’EEE',
};

export const TERRITORY_REASONS = {
  'member-state': { en: 'Member State', fr: 'État membre', source: PRESENCE },
  'third-country': {
    en: 'neither a Member State nor party to the EEA Agreement',
    fr: 'ni État membre, ni partie à l’accord EEE',
    source: PRESENCE,
  },
  'third-country-territory': {
    en: 'territory of a State outside the EEA',
    fr: 'territoire d’un État hors de l’EEE',
    source: PRESENCE,
  },
  'not-party': {
    en: 'not party to the EEA Agreement',
    fr: 'n’est pas partie à l’accord EEE',
    source: PRESENCE,
  },
  eea: {
    en: 'EEA State; the Regulation applies from 1 August 2019',
    fr: 'État de l’EEE ; le règlement s’y applique depuis le 01/08/2019',
    source: EEA_DECISION,
  },
  'eea-our-reading': {
    en: 'EEA State; the Regulation applies from 1 August 2019 (the day of Norway’s law, our reading)',
    fr: 'État de l’EEE ; le règlement s’y applique depuis le 01/08/2019 (date de la loi norvégienne, notre lecture)',
    source: EEA_DECISION,
  },
  'outermost-of-france': {
    en: 'outermost region: legally France',
    fr: 'région ultrapériphérique : juridiquement la France',
    source: OUTERMOST,
  },
  canaries: {
    en: 'outermost region: legally Spain; IC is a reserved code',
    fr: 'région ultrapériphérique : juridiquement l’Espagne ; IC est un code réservé',
    source: OUTERMOST,
  },
  'ceuta-melilla': {
    en: 'territory of the Union: legally Spain; EA is a reserved code',
    fr: 'territoire de l’Union : juridiquement l’Espagne ; EA est un code réservé',
    source: PRESENCE,
  },
  portugal: {
    en: 'Member State, with the Azores and Madeira (outermost regions)',
    fr: 'État membre, avec les Açores et Madère (régions ultrapériphériques)',
    source: OUTERMOST,
  },
  spain: {
    en: 'Member State, with the Canaries, Ceuta and Melilla: territory of the Union without an ISO code of their own',
    fr: 'État membre, avec les Canaries, Ceuta et Melilla : territoire de l’Union sans code ISO propre',
    source: OUTERMOST,
  },
  germany: {
    en: 'Member State, with Büsingen and Heligoland',
    fr: 'État membre, avec Büsingen et Helgoland',
    source: PRESENCE,
  },
  italy: {
    en: 'Member State, with Livigno and Campione d’Italia',
    fr: 'État membre, avec Livigno et Campione d’Italia',
    source: PRESENCE,
  },
  greece: {
    en: 'Member State, with Mount Athos; ISO writes GR where texts of the Union write EL',
    fr: 'État membre, avec le mont Athos ; l’ISO écrit GR là où les textes de l’Union écrivent EL',
    source: PRESENCE,
  },
  cyprus: {
    en: 'Member State; northern Cyprus, Akrotiri and Dhekelia cannot be told apart by the country code, and count as in (our reading)',
    fr: 'État membre ; le nord de Chypre, Akrotiri et Dhekelia n’ont pas de code de pays distinct et comptent comme dans l’EEE (notre lecture)',
    source: PRESENCE,
  },
  aland: {
    en: 'the Treaties apply: legally Finland',
    fr: 'les traités s’y appliquent : juridiquement la Finlande',
    source: { en: 'Art. 355(4) TFEU', fr: 'TFUE, art. 355, § 4' },
  },
  overseas: {
    en: 'overseas country or territory',
    fr: 'pays ou territoire d’outre-mer',
    source: ANNEX_II,
  },
  'saint-barthelemy': {
    en: 'overseas country since 1 January 2012',
    fr: 'pays d’outre-mer depuis le 01/01/2012',
    source: { en: 'Decision 2010/718/EU', fr: 'décision 2010/718/UE' },
  },
  faroe: {
    en: 'the Treaties do not apply',
    fr: 'les traités ne s’y appliquent pas',
    source: { en: 'Art. 355(5)(a) TFEU', fr: 'TFUE, art. 355, § 5, point a' },
  },
  svalbard: {
    en: 'Svalbard is outside the EEA; Jan Mayen shares its code, and doubt refuses',
    fr: 'le Svalbard est hors de l’EEE ; Jan Mayen partage son code, et le doute fait refuser',
    source: { en: 'Protocol 40 EEA', fr: 'accord EEE, protocole 40' },
  },
  bouvet: {
    en: 'dependency of Norway, outside the EEA',
    fr: 'dépendance de la Norvège, hors de l’EEE',
    source: PRESENCE,
  },
  'united-kingdom': {
    en: 'in until 31 December 2020, the end of the transition period; a third country since then',
    fr: 'dans l’EEE jusqu’au 31/12/2020, fin de la période de transition ; pays tiers depuis',
    source: { en: 'Art. 126 Withdrawal Agreement', fr: 'accord de retrait, art. 126' },
  },
  gibraltar: {
    en: 'in until 31 December 2020, with the United Kingdom; outside since then',
    fr: 'dans l’EEE jusqu’au 31/12/2020, avec le Royaume-Uni ; dehors depuis',
    source: {
      en: 'Art. 355(3) TFEU, Art. 126 Withdrawal Agreement',
      fr: 'TFUE, art. 355, § 3, accord de retrait, art. 126',
    },
  },
  'crown-dependency': {
    en: 'Crown dependency: never part of the internal market for services',
    fr: 'dépendance de la Couronne : n’a jamais fait partie du marché intérieur des services',
    source: PRESENCE,
  },
  'british-overseas': {
    en: 'British overseas territory',
    fr: 'territoire britannique d’outre-mer',
    source: PRESENCE,
  },
  'western-sahara': {
    en: 'non-self-governing territory; not in the EEA under any claim',
    fr: 'territoire non autonome ; hors de l’EEE, quelle que soit la revendication',
    source: PRESENCE,
  },
  'no-state': { en: 'belongs to no State', fr: 'n’appartient à aucun État', source: PRESENCE },
} as const satisfies Readonly<Record<string, TerritoryReason>>;

type ReasonId = keyof typeof TERRITORY_REASONS;

/** The reason of a territory that has none of its own. */
function plainReason({ code, state, from }: Territory): ReasonId {
  if (from !== undefined) return 'member-state';
  return state === code ? 'third-country' : 'third-country-territory';
}

/** Whether a territory has a reason of its own, so that a list of the EEA has to name it. */
export const isNotable = ({ reason }: Territory): boolean => reason !== undefined;

export const reasonOfTerritory = (territory: Territory): TerritoryReason =>
  TERRITORY_REASONS[(territory.reason as ReasonId | undefined) ?? plainReason(territory)];

const NAMES = {
  en: new Intl.DisplayNames(['en'], { type: 'region' }),
  fr: new Intl.DisplayNames(['fr'], { type: 'region' }),
};

/** Returns the name of a territory: that of the data in English, that of Unicode in French. */
export const territoryName = ({ code, name }: Territory, language: Language): string =>
  language === 'en' ? name : (NAMES.fr.of(code) ?? name);

/** Other names of a territory, and of its parts that have no code of their own. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  AE: ['Emirates', 'Émirats'],
  BQ: ['Bonaire', 'Saba', 'Sint Eustatius', 'Saint-Eustache', 'Caribbean Netherlands'],
  CD: ['DR Congo', 'RD Congo', 'République démocratique du Congo'],
  CG: ['Republic of the Congo', 'République du Congo'],
  CI: ['Ivory Coast'],
  CY: ['Northern Cyprus', 'Chypre du Nord', 'Nord de Chypre', 'Akrotiri', 'Dhekelia'],
  CZ: ['Czech Republic', 'République tchèque'],
  DE: ['Büsingen', 'Heligoland', 'Helgoland'],
  EA: ['Ceuta', 'Melilla'],
  ES: ['Baleares', 'Balearic Islands'],
  FK: ['Falklands', 'Malouines'],
  FR: ['Corsica', 'Corse', 'métropole', 'France métropolitaine'],
  GB: [
    ...['England', 'Scotland', 'Wales', 'Northern Ireland', 'Great Britain'],
    ...['Angleterre', 'Écosse', 'Pays de Galles', 'Irlande du Nord', 'Grande-Bretagne'],
  ],
  GR: ['Mount Athos', 'Mont Athos'],
  HK: ['Hong Kong'],
  IC: ['Canaries', 'Tenerife', 'Ténérife'],
  IT: ['Livigno', 'Campione', 'Campione d’Italia'],
  MO: ['Macao', 'Macau'],
  NL: ['Holland', 'Hollande'],
  PT: ['Azores', 'Açores', 'Madeira', 'Madère'],
  SJ: ['Svalbard', 'Jan Mayen'],
  SX: ['Sint Maarten'],
  TL: ['East Timor'],
  US: ['United States of America', 'États-Unis d’Amérique', 'USA', 'America', 'Amérique'],
  VA: ['Vatican', 'Vatican City', 'Holy See', 'Saint-Siège', 'Cité du Vatican'],
};

const SMALL_WORDS = /^(?:the|of|and|le|la|les|l|de|du|des|d|et)$/;

/** Returns a name without case, accents, signs and articles, as people may type it. */
const keyOf = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(word => word !== '' && !SMALL_WORDS.test(word))
    .map(word => word.replace(/^st$/, 'saint').replace(/^(?:iles?|isles?|islands?)$/, ''))
    .join('');

/**
 * Returns the territory of an ISO code or of a name in English or French. Returns `undefined` if
 * there is none.
 */
export function territoryNamed(text: string): Territory | undefined {
  const rows = territories();
  const code = text.trim().toUpperCase();
  if (/^[A-Z]{2}$/.test(code)) return rows.find(row => row.code === code);
  const key = keyOf(text);
  if (key === '') return undefined;
  return rows.find(row =>
    [row.name, NAMES.en.of(row.code)!, NAMES.fr.of(row.code)!, ...(OTHER_NAMES[row.code] ?? [])]
      .map(keyOf)
      .includes(key),
  );
}
