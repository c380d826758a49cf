/**
 * The support desk: rights, residence and exceptions of a subscriber, each operation journaled, and
 * the report without personal data.
 * @module desk
 */

export type {
  Calendar,
  Desk,
  DeskOptions,
  DeskReason,
  Erased,
  EraseOptions,
  Extent,
  HoldDue,
  KnownSubscriber,
  Proposed,
  Released,
  ShowMoment,
  SubscriberView,
} from '../desk/desk.ts';
export { openDesk } from '../desk/desk.ts';
export type { Periods, SubscriberExport } from '../desk/export.ts';
export type { ImportOptions, ImportResult, ImportSource, ImportStep } from '../desk/import.ts';
export {
  buildReport,
  type EditionSpan,
  type Report,
  type ReportedReason,
  type ReportRow,
} from '../desk/report.ts';
export {
  DIRECTIVE_CHOICES,
  type DirectiveChoice,
  HOLD_REASONS,
  type HoldReason,
  RESTRICTION_REASONS,
  type RestrictionReason,
} from '../desk/rights.ts';
export { checkRecipient, parseNotice } from '../recording/disclosed-fields.ts';
export {
  type NoticeCategory,
  type NoticeEntry,
  OCS_NOTICE,
  type PrivacyNotice,
} from '../recording/privacy-notice.ts';
export { ACCESS_REASONS, type AccessReason } from '../subjects/access-reasons.ts';
export type { LaterChange, PastView, PersonGap } from '../subjects/as-it-stood.ts';
export type { ImportCounts, ImportRow, RejectedRow } from '../subjects/dossier-import.ts';
export type { Overdue, OverdueLine, UnansweredLine } from '../subjects/dossier-store.ts';
export { EXCEPTION_REASONS, type ExceptionReason } from '../subjects/exceptions.ts';
export {
  JOURNAL_ACTIONS,
  type JournalAction,
  type JournalFilter,
  type JournalItem,
  journalHead,
  verifyJournal,
} from '../subjects/journal.ts';
export {
  REQUEST_KINDS,
  REQUEST_OUTCOMES,
  type RequestKind,
  type RequestOutcome,
  type RequestState,
} from '../subjects/requests.ts';
export {
  type PendingOperation,
  SECOND_AGENT_OPERATIONS,
  type SecondAgentOperation,
} from '../subjects/second-agent.ts';
export type { DaysHeld, MonthDays } from '../subjects/subject-data.ts';
