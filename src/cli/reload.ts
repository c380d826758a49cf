/** Reloads the table of a long-running command on SIGHUP, behind its guards, and says what came of it. */

import { detailsOf } from '../errors.ts';
import { type TableWatch, watchZoneTable } from '../tables/watch.ts';
import type { TableEvent, TableHolder, WatchOptions } from '../tables/watch-session.ts';
import { BUNDLED } from '../tables.ts';
import { describeError } from './failure.ts';
import { breachWords } from './table/build.ts';
import type { Terminal } from './terminal.ts';

/** Only when it is asked: a run over a list must not change its table by itself. */
const SELDOM_MS = 2 ** 31 - 1;

/** Takes a line of a long-running command, with a stable name for programs and the facts in fields. */
export type Tell = (
  level: 'info' | 'warn' | 'error',
  event: string,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** The lines of a command that keeps no log: to standard error as they are. */
const notesOf =
  ({ note }: Terminal): Tell =>
  (_level, _event, message) =>
    note(message);

const EVENT_WORDS = { replaced: 'reloaded', unchanged: 'notReloaded', held: 'reloadHeld' } as const;

/** Says what came of a look at the table's file. */
export function tellReload(terminal: Terminal, event: TableEvent, tell: Tell = notesOf(terminal)): void {
  const { say, language } = terminal;
  if (event.type === 'refused') {
    const message = `${describeError(event.error, language)}; ${say('reloadRefused')}`;
    tell('warn', 'table-refused', message, { code: event.error.code, ...detailsOf(event.error) });
    return;
  }
  const edition = event.edition.id;
  const level = event.type === 'held' ? 'warn' : 'info';
  tell(level, `table-${event.type}`, say(EVENT_WORDS[event.type], { edition }), { edition });
  if (event.type !== 'held') return;
  for (const breach of event.breaches) tell('warn', 'table-guard', `- ${breachWords(terminal, breach)}`, { ...breach });
}

/**
 * Looks at the table's file on each SIGHUP until `stop` is called; the signal does not end the process
 * meanwhile. `onEvent` is called once the person was told.
 */
export function reloadOnHangup(
  terminal: Terminal,
  holder: TableHolder,
  { guards = {}, onEvent, tell }: Pick<WatchOptions, 'guards' | 'onEvent'> & { readonly tell?: Tell } = {},
): { stop(): void } {
  let watch: TableWatch | undefined;
  const onHangup = (): void => {
    if (watch !== undefined) void watch.check();
    else
      watch = watchZoneTable(holder, terminal.table ?? BUNDLED, {
        everyMs: SELDOM_MS,
        guards,
        onEvent: event => {
          tellReload(terminal, event, tell);
          onEvent?.(event);
        },
      });
  };
  process.on('SIGHUP', onHangup);
  return {
    stop: () => {
      process.off('SIGHUP', onHangup);
      watch?.close();
    },
  };
}
