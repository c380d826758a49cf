/**
 * The interface of a ledger, its rows, the ledger in memory, and the check of stored evidence: for
 * those who write an engine or a test.
 * @module ledger
 */
export type { Card, DayBits, Side } from '../ledger/card.ts';
export type {
  Access,
  Batch,
  CardKey,
  EditionDay,
  Ledger,
  MonthCount,
  Run,
  TallyRow,
  Tombstone,
  TombstonePage,
} from '../ledger/ledger.ts';
export { memoryLedger } from '../ledger/memory.ts';
export type {
  DirectiveRow,
  DossierRow,
  ExceptionRow,
  HoldRow,
  JournalRow,
  PersonRecords,
  PersonTable,
  ProposalRow,
  RequestRow,
  RestrictionRow,
  Rows,
} from '../ledger/person-records.ts';
export { verifyEvidence } from '../subjects/retention.ts';
