/** Reads a person's records for a page, with one entry in the journal for each state that is seen. */

import type { SubscriberView } from '../../desk/desk.ts';
import type { Call } from './sessions.ts';
import { accessOf, type Visit } from './visit.ts';

/** The records as an agent sees them. */
export interface SeenRecords {
  readonly view: SubscriberView;
  /** Differs once they have changed. */
  readonly revision: string;
  /** UTC day for which they are right. */
  readonly day: string;
}

/**
 * Returns the records of a call. They are read, and the look is entered in the journal, only if they
 * have changed since the agent saw them.
 */
export async function readRecords({ desk, today }: Visit, call: Call): Promise<SeenRecords> {
  const revision = await desk.revision(call.subscriber);
  const { seen } = call;
  if (seen !== undefined && seen.revision === revision && seen.day === today) return seen;
  // What was said of an address for now may be otherwise.
  if (call.answer?.at === undefined) call.answer = undefined;
  const view = await desk.show(call.subscriber, accessOf(call));
  call.seen = { view, revision, day: today };
  return call.seen;
}
