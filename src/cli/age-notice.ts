/**
 * Says that the data of a table are old, once a day. The day is remembered in a small file in the
 * cache folder of the user, which holds a day and identifiers of tables, and nothing else.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../clock.ts';
import { dayOf } from '../days.ts';
import type { ZoneTable } from '../geo/zone-table.ts';
import { ageOf, endOf, oldestSource } from '../tables/table-age.ts';
import { cacheFolder } from './cache-folder.ts';
import { dayWord } from './dates.ts';
import type { Terminal } from './terminal.ts';

const STALE_AFTER_DAYS = 30;

/** The editions that were named on a day. */
interface Noticed {
  readonly day: string;
  readonly editions: readonly string[];
}

/** Returns the path of the file. Without one, the notice comes at every call. */
function noticeFile(): string | undefined {
  const folder = cacheFolder();
  return folder && join(folder, 'age-notice.json');
}

function readNoticed(file: string): Noticed | undefined {
  try {
    const { day, editions } = JSON.parse(readFileSync(file, 'utf8')) as Noticed;
    return { day, editions: editions.map(String) };
  } catch {
    // There is no file yet, or it is damaged. Both mean that nothing was said.
    return undefined;
  }
}

/**
 * Returns whether the notice about an edition is still to be said today, and remembers that it was.
 * A file that cannot be read or written changes nothing else.
 */
function isFirstToday(edition: string, today: string): boolean {
  const file = noticeFile();
  if (file === undefined) return true;
  const noticed = readNoticed(file);
  const editions = noticed?.day === today ? noticed.editions : [];
  if (editions.includes(edition)) return false;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify({ day: today, editions: [...editions, edition] }), {
      mode: 0o600,
    });
  } catch {
    // A full disk or a folder of another user only makes the notice come again.
  }
  return true;
}

/**
 * Warns on standard error if the data of a table are old, or if a correction has ended.
 * @param isOwn whether the user named the file: the option that names one is then not recommended
 */
export function noteAge(terminal: Terminal, table: ZoneTable, isOwn: boolean): void {
  const { day, days } = ageOf(table.edition, systemClock());
  if (days > STALE_AFTER_DAYS) {
    const values = { day: dayWord(terminal.language, day), days: String(days) };
    const { name: source } = oldestSource(table.edition);
    const isUpdated = isOwn && terminal.configuration?.sources !== undefined;
    terminal.note(
      isUpdated
        ? terminal.say('staleUpdated', { ...values, source: source })
        : terminal.say(isOwn ? 'staleOwn' : 'stale', values),
    );
  }
  if (systemClock() >= endOf(table.edition)) terminal.note(terminal.say('correctionHasEnded'));
}

/** Does the same as {@link noteAge}, but only once a day for each edition. */
export function noteAgeDaily(terminal: Terminal, table: ZoneTable, isOwn: boolean): void {
  const now = systemClock();
  const isOld = ageOf(table.edition, now).days > STALE_AFTER_DAYS || now >= endOf(table.edition);
  if (isOld && isFirstToday(table.edition.id, dayOf(now))) noteAge(terminal, table, isOwn);
}
