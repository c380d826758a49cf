/**
 * Implements `explain`: a reason or short code in plain words, or which territories are in and out
 * of the EEA, by the data that the gate uses.
 */

import { named } from '../config/option-at-fault.ts';
import { portabilityError } from '../errors.ts';
import { basisOf, DECISIONS, type Decision, explain, REASONS, reasonOf } from '../law/reasons.ts';
import {
  checkDay,
  REVIEWED_ON,
  type Territory,
  territories,
  zoneOfTerritory,
} from '../law/territory.ts';
import * as CLI from '../messages/cli.ts';
import type { Zone } from '../zone.ts';
import { dayWord } from './dates.ts';
import { paintVerdict } from './outlook.ts';
import type { Terminal } from './terminal.ts';
import { plainTable } from './text-table.ts';
import { isNotable, reasonOfTerritory, territoryName, territoryNamed } from './words/territory.ts';
import type { PlainWord } from './words/words.ts';

export interface ExplainOptions {
  /** Whether the territories of the EEA are listed. */
  readonly eea?: boolean;
  /** Code or name of the country that is asked for. */
  readonly where?: string;
  /** Code of the home State. Default: `FR`. */
  readonly home?: string;
  /** UTC day whose law applies. Default: the day on which the data were last reviewed. */
  readonly on?: string;
}

function explainOne(terminal: Terminal, { reason, verdict, code }: Decision): void {
  const text = explain(reason, terminal.language);
  const basis = basisOf(reason, terminal.language);
  if (terminal.json)
    terminal.print(JSON.stringify({ code, reason, verdict, basis, explanation: text }));
  else
    terminal.tell(
      `${terminal.paint.bold(code)} · ${reason} · ${paintVerdict(terminal, verdict)} · ${basis}\n${text}`,
    );
}

/** Returns the zone of a territory as the gate decides it. An error names the option at fault. */
function zoneOf(code: string, { home, on }: ExplainOptions): Zone {
  if (on !== undefined) named({ option: '--on' }, () => checkDay(on));
  return named({ option: '--home' }, () => zoneOfTerritory(code, { home, on }));
}

/** Prepares a territory for JSON. */
const jsonOf = (terminal: Terminal, territory: Territory, options: ExplainOptions) => {
  const { [terminal.language]: why, source } = reasonOfTerritory(territory);
  const { code, state, from = null, until = null } = territory;
  return {
    code,
    name: territoryName(territory, terminal.language),
    zone: zoneOf(code, options),
    state,
    from,
    until,
    why,
    source: source[terminal.language],
  };
};

/** The words for a zone. `explain` never meets an unknown zone, because it knows the code. */
const ZONE_TITLES = { home: 'eeaHome', eea: 'eeaIn', outside: 'eeaOut' } as const satisfies Record<
  Exclude<Zone, 'unknown'>,
  PlainWord
>;

function explainWhere(terminal: Terminal, asked: string, options: ExplainOptions): number {
  const territory = territoryNamed(asked);
  if (territory === undefined) throw portabilityError(CLI.countryUnknown, { option: '--where' });
  const facts = jsonOf(terminal, territory, options);
  if (terminal.json) terminal.print(JSON.stringify(facts));
  else {
    const { code, name, zone, why, source } = facts;
    terminal.tell(`${terminal.paint.bold(code)} · ${name} · ${terminal.say(zone as PlainWord)}`);
    terminal.tell(`${why} (${source})`);
  }
  return 0;
}

function explainEea(terminal: Terminal, options: ExplainOptions): number {
  const { say, paint, print, tell, language, rowWidth } = terminal;
  const all = territories().map(territory => ({
    ...jsonOf(terminal, territory, options),
    isNotable: isNotable(territory),
  }));
  if (terminal.json) {
    print(JSON.stringify(all.map(({ isNotable: _, ...facts }) => facts)));
    return 0;
  }
  tell(say('eeaTitle', { day: dayWord(language, options.on ?? REVIEWED_ON) }));
  for (const zone of ['home', 'eea', 'outside'] as const) {
    const rows = all
      .filter(each => each.zone === zone && (zone !== 'outside' || each.isNotable))
      .map(({ code, name, why, source }) => [code, name, why, source]);
    const head = [say('code'), say('eeaName'), say('eeaWhy'), say('eeaSource')];
    print();
    tell(paint.bold(say(ZONE_TITLES[zone])));
    print(plainTable(head, rows, [], rowWidth));
  }
  print();
  tell(say('eeaRest'));
  return 0;
}

/** Explains a reason, all of them, or the territories. */
export async function explainCommand(
  terminal: Terminal,
  asked: string | undefined,
  options: ExplainOptions,
): Promise<number> {
  const { eea = false, where } = options;
  if ([asked !== undefined, eea, where !== undefined].filter(Boolean).length > 1)
    throw portabilityError(CLI.explainOptions);
  if (where !== undefined) return explainWhere(terminal, where, options);
  if (eea) return explainEea(terminal, options);
  if (asked === undefined) for (const reason of REASONS) explainOne(terminal, DECISIONS[reason]);
  else {
    const reason = reasonOf(asked);
    if (reason === undefined) explain(asked);
    else explainOne(terminal, DECISIONS[reason]);
  }
  return 0;
}
