/** Counts by reason how many decisions left evidence and why the others did not. */

/** Why a decision leaves no bit without any failure. */
export type NotRecordable =
  | 'no-subscriber'
  | 'no-contract'
  | 'location-not-established'
  | 'channel-without-notice'
  | 'restricted';

/** Why a bit that should have been kept was not kept. */
export type Failed = 'ledger' | 'memory' | 'key' | 'clock';

/**
 * INVARIANT (counted-exactly): decided = recorded + alreadyKnown + the sum of notRecordable +
 * pending + the sum of failed.
 *
 * A decision whose bit is not yet written is `pending`. A further decision of the same subscriber,
 * day and side is `alreadyKnown`.
 */
export interface RecorderStats {
  readonly decided: number;
  readonly recorded: number;
  readonly alreadyKnown: number;
  readonly pending: number;
  readonly notRecordable: Readonly<Record<NotRecordable, number>>;
  readonly failed: Readonly<Record<Failed, number>>;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends number ? number : Record<keyof T[K], number>;
};

export const createRecorderStats = (): Mutable<RecorderStats> => ({
  decided: 0,
  recorded: 0,
  alreadyKnown: 0,
  pending: 0,
  notRecordable: {
    'no-subscriber': 0,
    'no-contract': 0,
    'location-not-established': 0,
    'channel-without-notice': 0,
    restricted: 0,
  },
  failed: { ledger: 0, memory: 0, key: 0, clock: 0 },
});

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

export const failedSum = ({ failed }: RecorderStats): number => sum(failed);
