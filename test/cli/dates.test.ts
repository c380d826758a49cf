import { mkdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { dateCell, dayWord, timeCell } from '../../src/cli/dates.ts';
import { allCommands, cli } from '../support/cli.ts';
import { newPath } from '../support/desk.ts';
import { inFolder } from '../support/tables.ts';

const places = { ledger: newPath(), keyring: '' };
const desk = (args: string) =>
  cli([...args.split(' '), '--agent', 'Claire', '--reason', 'contract'], 'dated\n', {
    LAISSEZ_PASSER_LEDGER: places.ledger,
    LAISSEZ_PASSER_KEYRING: places.keyring,
  });

beforeAll(async () => {
  mkdirSync(inFolder('dated-keys'), { mode: 0o700 });
  places.keyring = inFolder('dated-keys/keys');
  const stores = ['--ledger', places.ledger, '--keyring', places.keyring];
  expect((await cli(['ledger', 'prepare', ...stores])).status).toBe(0);
});

describe('a day that is typed', () => {
  it.each(['2026-02-05', '05/02/2026', '5/2/2026', '05.02.2026', '5.2.2026', ' 05/02/2026'])(
    'is read with the day first, or as ISO 8601: %s',
    async typed => {
      const args = ['residence', 'event', 'contract-concluded', '--on', typed];
      const { stdout } = await cli(
        [...args, '--agent', 'Claire', '--reason', 'contract'],
        `dated-${typed}\n`,
        { LAISSEZ_PASSER_LEDGER: places.ledger, LAISSEZ_PASSER_KEYRING: places.keyring },
      );
      expect(stdout).toMatch(/^Recorded: 5 Feb 2026, contract concluded\n/);
    },
  );

  it.each([
    ['31/02/2026', 'this day is not in the calendar', 'cette date n’existe pas'],
    ['12/25/2026', 'this day is not in the calendar', 'cette date n’existe pas'],
    ['2026-13-01', 'this day is not in the calendar', 'cette date n’existe pas'],
    ['05/12/26', 'a year of two digits is ambiguous', 'une année à deux chiffres est ambiguë'],
    ['05-12-2026', 'a day is written', 'une date s’écrit'],
    ['05/12.2026', 'a day is written', 'une date s’écrit'],
    ['2026/12/05', 'a day is written', 'une date s’écrit'],
    ['canary-77', 'a day is written', 'une date s’écrit'],
  ])('is refused where it is impossible or ambiguous: %s', async (typed, en, fr) => {
    for (const [language, said] of [
      ['en', en],
      ['fr', fr],
    ]) {
      const { status, stdout, stderr } = await desk(
        `residence event contract-concluded --on ${typed} --lang ${language}`,
      );
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toContain(said);
      expect(stderr).toContain('(--on) [ERR_DAY]');
      expect(stderr).not.toContain(typed);
    }
  });

  it('is read alike by every option of every command', async () => {
    const found: string[] = [];
    for (const command of await allCommands()) {
      const help = (await cli([...command, '--help', '--lang', 'en'])).stdout;
      for (const [, option, kind] of help.matchAll(/^ {2}(--[a-z-]+) <(day|month)>/gm)) {
        found.push(`${command.join(' ')} ${option}`);
        const impossible = await cli([
          ...command,
          option!,
          kind === 'day' ? '31/02/2026' : '13/2026',
        ]);
        expect(impossible.stderr).toContain(`(${option}) [ERR_DAY]`);
        const right = await cli([...command, option!, kind === 'day' ? '5/12/2026' : '9/2026']);
        expect(right.stderr).not.toContain(`(${option}) [ERR_DAY]`);
      }
    }
    expect(found).toContain('subscriber exception --until');
    expect(found).toContain('evidence stats --from');
    expect(found).toContain('report --to');
    expect(found.length).toBeGreaterThanOrEqual(17);
  });

  it('asks for months in the same way', async () => {
    const months = ['--from', '1/2026', '--to', '02.2026', '--ledger', places.ledger];
    expect((await cli(['report', ...months])).stdout).toContain('1 Jan 2026 to 28 Feb 2026');
  });
});

describe('a day that is shown', () => {
  it('has the day first in French, and is ISO 8601 or unmistakable in English', () => {
    expect(dayWord('fr', '2026-12-05')).toBe('05/12/2026');
    expect(dayWord('en', '2026-12-05')).toBe('5 Dec 2026');
    expect([dateCell('fr', '2026-12-05'), dateCell('fr', '2026-12')]).toEqual([
      '05/12/2026',
      '12/2026',
    ]);
    expect([dateCell('en', '2026-12-05'), dateCell('fr', '')]).toEqual(['2026-12-05', '']);
    expect(timeCell('fr', '2026-12-05T09:30:01Z')).toBe('05/12/2026 09:30:01');
    expect(timeCell('en', '2026-12-05T09:30:01Z')).toBe('2026-12-05T09:30:01Z');
  });

  it('is never ISO 8601 on a French screen, and always in JSON', async () => {
    await desk('residence event contract-concluded --on 05/02/2026');
    const stores = ['--ledger', places.ledger, '--keyring', places.keyring];
    const calendar = 'subscriber show --calendar';
    for (const args of [calendar, 'journal list', 'requests open --kind access', 'requests list']) {
      const french = (await desk(`${args} --lang fr`)).stdout;
      expect(french.length).toBeGreaterThan(10);
      expect(french).not.toMatch(/\d{4}-\d\d(?:-\d\d)?(?!\d)/);
      expect((await desk(`${args} --lang fr --json`)).stdout).not.toMatch(/\d\d\/\d\d\/\d{4}/);
    }
    for (const args of [
      ['evidence', 'stats', ...stores],
      ['keyring', 'list', ...stores.slice(2)],
      ['table', 'info'],
      ['report', '--from', '01/2026', '--to', '02/2026', ...stores.slice(0, 2)],
    ]) {
      const french = (await cli([...args, '--lang', 'fr'])).stdout;
      // The identifier of an edition begins with a day.
      expect(french.replaceAll(/\d{4}-\d\d-\d\d-[0-9a-f]{12}/g, '')).not.toMatch(/\d{4}-\d\d/);
    }
    const law = await cli(['table', 'build', '--on', '2018-01-01', '-o', 'x', '--lang', 'fr']);
    expect(law.stderr).toContain('le règlement s’applique depuis le 01/04/2018');
  });
});
