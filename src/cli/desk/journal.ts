/** Implements `journal list`: shows who accessed personal data, when, how and why. */
import type { JournalAction, JournalFilter } from '../../subjects/journal.ts';
import { timeCell } from '../dates.ts';
import { readIdentifier } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';
import { plainTable } from '../text-table.ts';
import { accessReasonWord, actionWord } from '../words/journal.ts';
import { type DeskLocations, deskAccessOf, tellTable, withDesk } from './open-desk.ts';

export interface JournalListOptions extends DeskLocations {
  /** Whether only the entries about one person are listed; the identifier is asked for. */
  readonly person?: boolean;
  /** Name of the agent whose entries are listed. */
  readonly by?: string;
  readonly action?: JournalAction;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
}

export async function journalList(
  terminal: Terminal,
  options: JournalListOptions,
): Promise<number> {
  const { say, language } = terminal;
  const { person = false, by, action, from, to, limit } = options;
  const subscriber = person ? await readIdentifier(terminal) : undefined;
  const filter: JournalFilter = { subscriber, agent: by, action, from, to, limit };
  return withDesk(terminal, options, async desk => {
    const entries = await desk.journal(deskAccessOf(options), filter);
    const head = [
      say('journalNumber'),
      say('journalTime'),
      say('journalAgent'),
      say('journalAction'),
      say('journalReason'),
      say('journalReference'),
    ];
    const rows = entries.map(entry => [
      String(entry.seq),
      timeCell(language, entry.at),
      entry.agent,
      actionWord(language, entry.action),
      accessReasonWord(language, entry.reason),
      entry.reference,
    ]);
    return tellTable(
      terminal,
      entries,
      rows.length === 0 ? say('nothing') : plainTable(head, rows, [0], terminal.rowWidth),
    );
  });
}
