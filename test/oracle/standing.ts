/**
 * A slow oracle of the standing, written from law.md: it reads the whole history again for each
 * question.
 */
import type { DossierEvent } from '../../src/index.ts';

type Item = DossierEvent | { readonly type: 'tacit-renewal'; readonly on: string };

/** The same day some months later, or the last day of a shorter month. */
function monthLater(day: string, months: number): string {
  let year = Number(day.slice(0, 4));
  let month = Number(day.slice(5, 7));
  for (let n = 0; n < months; n++) [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
  const pad = (n: number, width: number): string => String(n).padStart(width, '0');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(Math.min(days, Number(day.slice(8))), 2)}`;
}

const sortedByDay = (events: readonly DossierEvent[]): DossierEvent[] =>
  events
    .map((event, at) => ({ event, at }))
    .sort((a, b) => (a.event.on === b.event.on ? a.at - b.at : a.event.on < b.event.on ? -1 : 1))
    .map(({ event }) => event);

/**
 * The items of the contract in force on a day, with its renewals inserted before the events of
 * their day.
 */
function itemsOfContract(events: readonly DossierEvent[], day: string): Item[] | undefined {
  const past = sortedByDay(events).filter(event => event.on <= day);
  const start = past.findLastIndex(event => event.type === 'contract-concluded');
  if (start < 0 || past.slice(start).some(event => event.type === 'contract-ended'))
    return undefined;
  const own = past.slice(start);
  const concluded = own[0]!;
  const every = concluded.type === 'contract-concluded' ? concluded.renewsEvery : undefined;
  const starts = [
    concluded.on,
    ...own.filter(event => event.type === 'contract-renewed').map(event => event.on),
  ];
  const tacit = starts.flatMap((from, index) => {
    const days: string[] = [];
    for (let n = 1; every !== undefined; n++) {
      const next = monthLater(from, n * every);
      if (next > day || next > (starts[index + 1] ?? day)) break;
      days.push(next);
    }
    return days;
  });
  // A term that began on a day, by itself, by agreement or with the contract, is not renewed again
  // on that day.
  const begun = new Set([concluded.on, ...tacit]);
  const renewing = own.filter(event => {
    const isAgain = event.type === 'contract-renewed' && begun.has(event.on);
    if (event.type === 'contract-renewed') begun.add(event.on);
    return !isAgain;
  });
  return [
    ...renewing.map(event => ({ event: event as Item, rank: 1 })),
    ...tacit.map(on => ({ event: { type: 'tacit-renewal' as const, on }, rank: 0 })),
  ]
    .map((item, at) => ({ ...item, at }))
    .sort((a, b) =>
      a.event.on === b.event.on ? a.rank - b.rank || a.at - b.at : a.event.on < b.event.on ? -1 : 1,
    )
    .map(({ event }) => event);
}

const isIpCheckAlone = (item: Item): boolean =>
  item.type === 'residence-verified' && item.means.join() === 'k';
const isHome = (item: Item): boolean =>
  item.type === 'residence-verified' && item.outcome === 'home' && !isIpCheckAlone(item);
const isElsewhere = (item: Item): boolean =>
  item.type === 'residence-verified' && item.outcome === 'elsewhere';
const isRenewal = (item: Item): boolean =>
  item.type === 'tacit-renewal' || item.type === 'contract-renewed';

const hasResidence = (items: readonly Item[]): boolean => {
  const last = items.findLast(item => isHome(item) || isElsewhere(item));
  return last !== undefined && isHome(last);
};

/** Renewals since the last verification, except one that was verified ahead. */
function renewalsDue(items: readonly Item[]): number {
  const last = items.findLastIndex(item => isHome(item) || isElsewhere(item));
  const since = items.slice(last + 1).filter(isRenewal).length;
  const start =
    items.slice(0, last + 1).findLastIndex(item => isRenewal(item) || isElsewhere(item)) + 1;
  const wasAhead = items.some(
    (item, at) =>
      at >= start &&
      at <= last &&
      item.type === 'residence-verified' &&
      isHome(item) &&
      item.occasion === 'renewal' &&
      renewalsDue(items.slice(0, at)) === 0,
  );
  return Math.max(0, since - (wasAhead ? 1 : 0));
}

/**
 * Whether there is anything to verify at the end of the items. If not, the subscriber owes no
 * answer.
 */
const isAsking = (items: readonly Item[]): boolean =>
  !hasResidence(items) || isDoubted(items) || renewalsDue(items) > 0;

/**
 * Whether an event settles the reason of a request: the doubt on which it was made, or the last
 * thing there was to verify.
 */
const settlesDoubt = (items: readonly Item[], at: number, request: number): boolean => {
  const before = items.slice(0, at);
  const item = items[at]!;
  if (item.type !== 'doubt-dropped' && !isIpCheckAlone(item)) return false;
  return hasResidence(before) && (isDoubted(items.slice(0, request)) || renewalsDue(before) === 0);
};

/**
 * Whether one of the silences had a consequence when it was noted, and nothing has ended it since.
 */
function isSilent(items: readonly Item[]): boolean {
  return items.some((silence, at) => {
    if (silence.type !== 'information-not-answered' || silence.heldDataProveResidence) return false;
    const before = items.slice(0, at);
    const request = before.findLastIndex(each => each.type === 'information-requested');
    return (
      isAsking(before) &&
      !items.some(
        (item, later) =>
          later > at &&
          (item.type === 'information-answered' ||
            (item.type === 'information-not-answered' && item.heldDataProveResidence) ||
            isHome(item) ||
            isElsewhere(item) ||
            settlesDoubt(items, later, request)),
      )
    );
  });
}

function isDoubted(items: readonly Item[]): boolean {
  const doubt = items.findLastIndex(item => item.type === 'doubt-raised');
  return (
    doubt >= 0 &&
    !items.some(
      (item, at) =>
        at > doubt &&
        (item.type === 'doubt-dropped' ||
          isHome(item) ||
          isElsewhere(item) ||
          (isIpCheckAlone(item) && hasResidence(items.slice(0, at)))),
    )
  );
}

function isWaived(events: readonly DossierEvent[], day: string): boolean {
  const last = sortedByDay(events).findLast(
    event =>
      event.on <= day &&
      (event.type === 'verification-waived' || event.type === 'waiver-withdrawn'),
  );
  return last?.type === 'verification-waived' && (last.until === undefined || day <= last.until);
}

export function slowStanding(
  events: readonly DossierEvent[],
  day: string,
): { standing: string; renewals: number } {
  const items = itemsOfContract(events, day);
  if (items === undefined) return { standing: 'none', renewals: 0 };
  const isResident = hasResidence(items);
  const renewals = isResident ? renewalsDue(items) : 0;
  const last = items.findLast(item => isHome(item) || isElsewhere(item));
  const standing =
    last !== undefined && isElsewhere(last)
      ? 'elsewhere'
      : isWaived(events, day)
        ? 'waived'
        : isSilent(items)
          ? 'unverifiable'
          : !isResident
            ? 'unverified'
            : isDoubted(items)
              ? 'doubted'
              : renewals > 0
                ? 'renewal-due'
                : 'verified';
  return { standing, renewals };
}
