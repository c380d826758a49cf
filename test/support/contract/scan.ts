/** The contract of scanning a ledger, which copying depends on. */
import { describe, expect, it } from 'vitest';
import { card, name, sorted } from './cards.ts';
import type { Subject } from './ledger.ts';

export function scanContract({ name: title, open }: Subject): void {
  describe(`scan contract: ${title}`, () => {
    it('returns cards, accesses and at the end the counts in pieces, each once while nothing is written', async () => {
      const ledger = await open();
      const cards = Array.from({ length: 23 }, (_, n) =>
        card(n, n + 1, n, n % 2 === 0 ? '2026-10' : '2026-11'),
      );
      const access = {
        month: '2026-11',
        pseudonym: name(7),
        at: Date.UTC(2026, 10, 5) / 1000,
        fromHome: false,
      };
      const accesses = [access, { ...access, fromHome: true }, { ...access, at: access.at + 1 }];
      const tally = [{ day: '2026-11-05', reason: 'in-france', writer: 'w', epoch: 1, count: 5 }];
      const editions = [{ day: '2026-11-05', edition: 'a b' }];
      await ledger.write({ cards, accesses, tally, editions });
      const pieces = [await ledger.scan('', 5)];
      while (pieces.at(-1)!.next !== '') pieces.push(await ledger.scan(pieces.at(-1)!.next, 5));
      expect(pieces.length).toBeGreaterThan(title === 'memory' ? 0 : 2);
      expect(sorted(pieces.flatMap(({ batch }) => batch.cards))).toEqual(sorted(cards));
      expect(new Set(pieces.flatMap(({ batch }) => batch.accesses))).toEqual(new Set(accesses));
      expect(pieces.flatMap(({ batch }) => batch.tally)).toEqual(tally);
      expect(pieces.flatMap(({ batch }) => batch.editions)).toEqual(editions);
      await ledger.close();
    });
  });
}
