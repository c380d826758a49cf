/** The pages that concern no person: what a code means, and which countries are in the EEA. */

import { basisOf, DECISIONS, explain, reasonOf } from '../../law/reasons.ts';
import { type Territory, territories, zoneOfTerritory } from '../../law/territory.ts';
import type { Zone } from '../../zone.ts';
import { dayWord } from '../dates.ts';
import { type Html, html, htmlTable } from '../pages/html.ts';
import { isNotable, reasonOfTerritory, territoryName } from '../words/territory.ts';
import { say } from '../words/words.ts';
import { NEXT_STEPS } from './sentences.ts';
import type { Visit } from './visit.ts';

/** Returns the page of a code; `undefined` if the code is unknown. */
export function codePage(visit: Visit, asked: string): string | undefined {
  const { t, language, base } = visit;
  const reason = reasonOf(asked);
  if (reason === undefined) return undefined;
  const { code, verdict } = DECISIONS[reason];
  const next = NEXT_STEPS[reason];
  return visit.page(
    code,
    html`<h1>${code}</h1>
<div class="answer ${verdict}"><p><span class="verdict">${say(language, verdict)}</span></p>
<p class="soft">${t('Read out:', 'À lire :')}</p>
<p class="aloud">${explain(reason, language)}</p>
${next === undefined ? '' : html`<p><strong>${t('Next:', 'Ensuite :')}</strong> ${next[language]}</p>`}
<p class="soft">${reason} · ${basisOf(reason, language)}</p></div>
${next?.showsCountries === true ? html`<p><a href="${base}/countries">${t('The countries of the EEA', 'Les pays de l’EEE')}</a></p>` : ''}
<p><a href="${base}/">${t('Find the subscriber', 'Rechercher l’abonné')}</a></p>`,
  );
}

const TITLES = { home: 'eeaHome', eea: 'eeaIn', outside: 'eeaOut' } as const;

/** Returns the list of what is in the EEA and what is not, by the data of the table in force. */
export function countriesPage(visit: Visit): string {
  const { t, language, site } = visit;
  const { home, on } = site.table().edition;
  const zoneOf = ({ code }: Territory): Zone => zoneOfTerritory(code, { home, on });
  const all = territories();
  const rowsOf = (zone: keyof typeof TITLES): string[][] =>
    all
      .filter(each => zoneOf(each) === zone && (zone !== 'outside' || isNotable(each)))
      .map(each => {
        const why = reasonOfTerritory(each);
        return [territoryName(each, language), each.code, why[language], why.source[language]];
      })
      .sort(([one], [other]) => one!.localeCompare(other!, language));
  const head = (['eeaName', 'code', 'eeaWhy', 'eeaSource'] as const).map(word =>
    say(language, word),
  );
  const sections = (['outside', 'eea', 'home'] as const).map(
    (zone): Html => html`<h2>${say(language, TITLES[zone])}</h2>${htmlTable(head, rowsOf(zone))}`,
  );
  return visit.page(
    t('Countries', 'Pays'),
    html`<h1>${t('In the EEA, or not', 'Dans l’EEE, ou non')}</h1>
<p>${say(language, 'eeaTitle', { day: dayWord(language, on) })} ${say(language, 'eeaRest')}</p>
${sections}`,
  );
}
