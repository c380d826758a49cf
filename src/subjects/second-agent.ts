/**
 * Keeps operations that one agent proposed until another agent confirms them, and tells whether two
 * names are those of two agents.
 */

import { addDays } from '../days.ts';
import type { PersonRecords, ProposalRow } from '../ledger/person-records.ts';
import { recordNumber } from './record-number.ts';

/** An operation for which the confirmation of a second agent can be required. */
export type SecondAgentOperation = (typeof SECOND_AGENT_OPERATIONS)[number];
/** All operations for which the confirmation of a second agent can be required. */
export const SECOND_AGENT_OPERATIONS = ['erase', 'release'] as const;

/** Days after the proposal on which it can still be confirmed. */
export const PROPOSAL_DAYS = 7;

/** An operation that waits for a second agent, without its person. */
export interface PendingOperation {
  /** Number of the line, to be given as `number` with the operation that confirms it. */
  readonly number: string;
  readonly operation: string;
  /** Name of the agent who proposed it. */
  readonly agent: string;
  /** UTC day of the proposal. */
  readonly since: string;
  /** Last UTC day on which another agent can confirm it. */
  readonly until: string;
  /** The agent's own reference to the case, or empty. */
  readonly reference: string;
}

/**
 * Reduces a name to its letters and digits, without case, accents and the variants of Unicode. In
 * doubt two spellings are one agent: that leaves an operation pending, it does not carry it out.
 */
const lettersOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Whether two names are spellings of the same name. */
export const isSameAgent = (one: string, other: string): boolean =>
  lettersOf(one) === lettersOf(other);

/** Returns the number under which work lists show a proposal. */
export const proposalNumber = (pseudonym: string, operation: string): string =>
  recordNumber('P', `${pseudonym} ${operation}`);

export const pendingOf = ({ pseudonym, options: _, ...row }: ProposalRow): PendingOperation => ({
  number: proposalNumber(pseudonym, row.operation),
  ...row,
});

/** Returns the operations that wait on a day, those that expire first at the top. */
export async function listPending(
  personRecords: PersonRecords,
  today: string,
  where: Partial<ProposalRow> = {},
): Promise<PendingOperation[]> {
  const rows = await personRecords.read('proposals', where);
  return rows
    .filter(({ until }) => until >= today)
    .map(pendingOf)
    .toSorted((a, b) => (a.until < b.until ? -1 : 1));
}

/** What an agent asks for, as far as it must agree with the proposal. */
export type Asked = Pick<
  ProposalRow,
  'pseudonym' | 'operation' | 'options' | 'agent' | 'reference'
>;

/** Whether another agent proposed the same, and the proposal has not expired. */
export async function isConfirmation(
  personRecords: PersonRecords,
  { pseudonym, operation, options, agent }: Asked,
  today: string,
): Promise<boolean> {
  const [row] = await personRecords.read('proposals', { pseudonym, operation });
  return (
    row !== undefined &&
    row.until >= today &&
    row.options === options &&
    !isSameAgent(row.agent, agent)
  );
}

/** Records a proposal, which replaces an earlier one for the same operation. */
export async function propose(
  personRecords: PersonRecords,
  asked: Asked,
  today: string,
): Promise<PendingOperation> {
  const row = { ...asked, since: today, until: addDays(today, PROPOSAL_DAYS) };
  await personRecords.put('proposals', row);
  return pendingOf(row);
}
