/**
 * Reloads the table of a long-running command on SIGHUP, subject to its guards, and reports the
 * result.
 */

import { detailsOf } from '../errors.ts';
import { type TableWatch, watchZoneTable } from '../tables/hot-reload.ts';
import type { TableEvent, TableHolder, WatchOptions } from '../tables/hot-reload-session.ts';
import { bundledTable } from '../tables.ts';
import { describeError } from './error-line.ts';
import type { Signals } from './serve/listen.ts';
import { violationText } from './table/build.ts';
import type { Terminal } from './terminal.ts';

/** Checks happen only on SIGHUP: a run over a list must not change its table by itself. */
const SELDOM_MS = 2 ** 31 - 1;

/**
 * Writes a log line of a long-running command, with a stable event name for programs and the facts
 * as fields.
 */
export type Tell = (
  level: 'info' | 'warn' | 'error',
  event: string,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Writes the lines of a command without a log to standard error unchanged. */
const notesOf =
  ({ note }: Terminal): Tell =>
  (_level, _event, message) =>
    note(message);

const EVENT_WORDS = { replaced: 'reloaded', unchanged: 'notReloaded', held: 'reloadHeld' } as const;

/** Reports the result of a check of the table file. */
export function tellReload(
  terminal: Terminal,
  event: TableEvent,
  tell: Tell = notesOf(terminal),
): void {
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
  for (const violation of event.violations)
    tell('warn', 'table-guard', `- ${violationText(terminal, violation)}`, { ...violation });
}

/**
 * Checks the table file on each SIGHUP until `stop` is called. Until then, the signal does not end
 * the process. `check` does the same without a signal. `onEvent` is called after the result is
 * reported.
 */
export function reloadOnHangup(
  terminal: Terminal,
  holder: TableHolder,
  {
    guards = {},
    onEvent,
    tell,
    signals = process,
  }: Pick<WatchOptions, 'guards' | 'onEvent'> & {
    readonly tell?: Tell;
    readonly signals?: Signals;
  } = {},
): { check(): void; stop(): void } {
  let watch: TableWatch | undefined;
  const check = (): void => {
    if (watch !== undefined) void watch.check();
    else
      watch = watchZoneTable(holder, terminal.table ?? bundledTable(), {
        everyMs: SELDOM_MS,
        guards,
        onEvent: event => {
          tellReload(terminal, event, tell);
          onEvent?.(event);
        },
      });
  };
  signals.on('SIGHUP', check);
  return {
    check,
    stop: () => {
      signals.off('SIGHUP', check);
      watch?.close();
    },
  };
}
