import { describe, expect, it } from 'vitest';
import { reportPage } from '../../src/cli/pages/report-page.ts';
import { ruleDigest } from '../../src/desk/report.ts';
import { buildReport } from '../../src/entry/desk.ts';
import { type Ledger, memoryLedger } from '../../src/entry/ledger.ts';
import { REASONS } from '../../src/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { cli } from '../support/cli.ts';
import { EMPTY } from '../support/contract/cards.ts';
import { newPath } from '../support/desk.ts';

const CONTEXT = { today: '2026-11-22', library: '0.1.0' };
const tallied = (counts: readonly (readonly [day: string, reason: string, count: number])[]) =>
  counts.map(([day, reason, count]) => ({ day, reason, count, writer: 'w', epoch: 1 }));

async function ledgerWith(ledger: Ledger, counts: Parameters<typeof tallied>[0]): Promise<Ledger> {
  await ledger.write({
    ...EMPTY,
    tally: tallied(counts),
    editions: [
      { day: '2026-09-01', edition: '2026-06-25-aaa' },
      { day: '2026-09-30', edition: '2026-06-25-aaa' },
      { day: '2026-09-30', edition: '2026-09-20-bbb' },
      { day: '2026-11-01', edition: '2026-09-20-ccc' },
    ],
  });
  return ledger;
}

const COUNTS = [
  ['2026-08-31', 'outside-eea', 500],
  ['2026-09-01', 'temporarily-abroad', 13],
  ['2026-09-01', 'residence-doubted', 1],
  ['2026-09-01', 'residence-elsewhere', 4],
  ['2026-09-01', 'residence-unverifiable', 3],
  ['2026-09-30', 'present-at-home', 1004],
  ['2026-10-30', 'outside-eea', 3],
  ['2026-10-31', 'outside-eea', 6],
  ['2026-11-01', 'outside-eea', 700],
] as const;

describe('the report', () => {
  it('adds the days up before it rounds, so that a small service keeps its grants', async () => {
    const days = Array.from(
      { length: 30 },
      (_, day) => `2026-09-${String(day + 1).padStart(2, '0')}`,
    );
    const report = await buildReport(
      await ledgerWith(
        memoryLedger(),
        days.map(day => [day, 'temporarily-abroad', 4] as const),
      ),
      { from: '2026-09', to: '2026-09' },
      CONTEXT,
    );
    expect(report.decisions).toEqual([]);
    expect(report.totals).toEqual([{ reason: 'abroad-granted', verdict: 'portable', count: 120 }]);
  });

  it('is of whole months, merges what tells a standing, and rounds each day and each sum once', async () => {
    const report = await buildReport(
      await ledgerWith(memoryLedger(), COUNTS),
      { from: '2026-09', to: '2026-10' },
      CONTEXT,
    );
    expect(report).toMatchObject({
      from: '2026-09-01',
      to: '2026-10-31',
      rounding: 10,
      library: '0.1.0',
    });
    expect(report.decisions).toEqual([
      { day: '2026-09-01', reason: 'abroad-granted', verdict: 'portable', count: 10 },
      { day: '2026-09-01', reason: 'abroad-refused', verdict: 'refused', count: 10 },
      { day: '2026-09-30', reason: 'present-at-home', verdict: 'domestic', count: 1000 },
      { day: '2026-10-31', reason: 'outside-eea', verdict: 'refused', count: 10 },
    ]);
    expect(report.totals.map(({ reason, count }) => [reason, count])).toEqual([
      ['present-at-home', 1000],
      ['abroad-granted', 10],
      ['abroad-refused', 10],
      ['outside-eea', 10],
    ]);
    expect(report.editions).toEqual([
      {
        edition: '2026-06-25-aaa',
        from: '2026-09-01',
        to: '2026-09-30',
        days: 2,
        built: '2026-06-25',
        age: 97,
      },
      {
        edition: '2026-09-20-bbb',
        from: '2026-09-30',
        to: '2026-09-30',
        days: 1,
        built: '2026-09-20',
        age: 10,
      },
    ]);
  });

  it('tells no standing, whatever the reasons: only merged words, and every number a multiple of ten, in page and JSON alike', async () => {
    const counts = REASONS.flatMap(
      (reason, n) =>
        [
          ['2026-09-02', reason, 17 * (n + 1)],
          ['2026-10-02', reason, 1003 + n],
        ] as const,
    );
    const report = await buildReport(
      await ledgerWith(memoryLedger(), counts),
      { from: '2026-09', to: '2026-10' },
      CONTEXT,
    );
    const text = JSON.stringify(report) + reportPage(report, 'fr') + reportPage(report, 'en');
    for (const reason of [
      'temporarily-abroad',
      'renewal-due',
      'doubted',
      'waived',
      'pending',
      'unverified',
      'unverifiable',
      'elsewhere',
    ])
      expect(text).not.toContain(`residence-${reason}`);
    for (const { count } of [...report.decisions, ...report.totals]) expect(count % 10).toBe(0);
    const cells = [...reportPage(report, 'en').matchAll(/<td class="right">([\d,]+)<\/td>/g)].map(
      match => Number(match[1]!.replaceAll(',', '')),
    );
    expect(cells.length).toBeGreaterThan(20);
    expect(cells.filter(count => count % 10 !== 0)).toEqual([]);
    expect(text).not.toMatch(/<script|https?:/);
  });

  it.each([
    ['2026-09', '2026-11'],
    ['2026-12', '2027-01'],
    ['2026-10', '2026-09'],
    ['2026-09-01', '2026-10'],
    ['x', 'y'],
  ])('is not of %s to %s', async (from, to) => {
    await expect(buildReport(memoryLedger(), { from, to }, CONTEXT)).rejects.toMatchObject({
      code: 'ERR_DAY',
    });
  });

  it('names the rule by a digest of its answers', () => {
    expect(ruleDigest()).toMatch(/^[0-9a-f]{12}$/);
  });

  it('is printed, written as a page and as JSON by the command line', async () => {
    const path = newPath();
    const ledger = await ledgerWith(await openSqliteLedger(path), COUNTS);
    await ledger.close();
    const args = ['report', '--ledger', path, '--from', '2026-09', '--to', '2026-10'];
    const { stdout, status } = await cli([...args, '--lang', 'fr', '--html', `${path}.html`]);
    expect(status).toBe(0);
    expect(stdout).toContain('Décisions de territoire');
    expect(stdout).toContain('present-at-home');
    expect(JSON.parse((await cli([...args, '--json'])).stdout).totals).toHaveLength(4);
    expect((await cli([...args, '--html', '/nowhere/x.html'])).stderr).toContain('ERR_OUTPUT');
    expect(
      (
        await cli([
          'report',
          '--ledger',
          path,
          '--from',
          '2026-09',
          '--to',
          '2999-01',
          '--lang',
          'fr',
        ])
      ).stderr,
    ).toContain('mois entiers et terminés');
  });
});
