/** How does a command that runs for long get a newer table? On SIGHUP: looks, holds against the guards, and says what came of it. */

import { type TableWatch, watchZoneTable } from '../tables/watch.ts';
import type { TableEvent, TableHolder, WatchOptions } from '../tables/watch-session.ts';
import { BUNDLED } from '../tables.ts';
import { failure } from './failure.ts';
import { breachWords } from './table/build.ts';
import type { Terminal } from './terminal.ts';

/** Only when it is asked: a run over a list must not change its table by itself. */
const SELDOM_MS = 2 ** 31 - 1;

/** What came of a look, for the person who watches standard error. */
export function tellReload(terminal: Terminal, event: TableEvent): void {
  const { say, note } = terminal;
  if (event.type === 'refused') note(`${failure(event.error, terminal.language).line}\n${say('reloadRefused')}`);
  else
    note(
      say(({ replaced: 'reloaded', unchanged: 'notReloaded', held: 'reloadHeld' } as const)[event.type], {
        edition: event.edition.id,
      }),
    );
  if (event.type === 'held') for (const breach of event.breaches) note(`- ${breachWords(terminal, breach)}`);
}

/**
 * Looks at the table's file on each SIGHUP until `stop` is called; the signal does not end the process
 * meanwhile. `onEvent` is called once the person was told.
 */
export function reloadOnHangup(
  terminal: Terminal,
  holder: TableHolder,
  { guards = {}, onEvent }: Pick<WatchOptions, 'guards' | 'onEvent'> = {},
): { stop(): void } {
  let watch: TableWatch | undefined;
  const onHangup = (): void => {
    if (watch !== undefined) void watch.check();
    else
      watch = watchZoneTable(holder, terminal.table ?? BUNDLED, {
        everyMs: SELDOM_MS,
        guards,
        onEvent: event => {
          tellReload(terminal, event);
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
