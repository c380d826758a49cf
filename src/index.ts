/** Exports the public API of the main entry point. */
export type { Clock } from './clock.ts';
export type {
  Calendar,
  Desk,
  DeskOptions,
  DeskReason,
  Erased,
  EraseOptions,
  KnownSubscriber,
  SubscriberView,
} from './desk/desk.ts';
export type { Periods, SubscriberExport } from './desk/export.ts';
export { openDesk } from './desk/open.ts';
export {
  buildReport,
  type EditionSpan,
  type Report,
  type ReportedReason,
  type ReportRow,
} from './desk/report.ts';
export { type ErrorCode, type ErrorDetails, PortabilityError, type Stage } from './errors.ts';
export type { AccessRequest, AsyncAccessRequest } from './gate/access-request.ts';
export type { Health } from './gate/health.ts';
export { ipCheck } from './gate/ip-check.ts';
export type { ResidenceOptions } from './gate/standing-cache.ts';
export { type Gate, type GateOptions, openGate } from './gate.ts';
export { type Address, parseAddress } from './geo/address.ts';
export {
  type ClientInput,
  clientAddress,
  type TrustedPrefixes,
  trustedPrefixes,
} from './geo/client-address.ts';
export type {
  Bounds,
  Family,
  Guards,
  GuardViolation,
  Sentinel,
  Share,
} from './geo/guards.ts';
export type { Known, Location } from './geo/location.ts';
export {
  ANONYMISER_FIELDS,
  type AnonymiserField,
  OVERLAY_KINDS,
  type Overlay,
  type OverlayEdition,
  type OverlayKind,
} from './geo/overlay.ts';
export type { Source, SourceEdition } from './geo/source.ts';
export type { Edition, SharedTable, ZoneTable } from './geo/zone-table.ts';
export { openKeyring } from './keys/file-keyring.ts';
export type { Keyring, MonthKey } from './keys/keyring.ts';
export { type KeySupply, openSuppliedKeyring } from './keys/supplied-keyring.ts';
export {
  DOUBT_GROUNDS,
  type Dossier,
  type DossierEvent,
  type DossierEventType,
  type DoubtGround,
  EVENT_TYPES,
  parseEvent,
} from './law/dossier.ts';
export type { Offer, OfferChoices } from './law/offer.ts';
export {
  type Decision,
  explain,
  type Language,
  REASONS,
  type Reason,
  type Verdict,
} from './law/reasons.ts';
export {
  checkMeans,
  MEANS,
  type Means,
  type MeansCheck,
  type MeansOptions,
  type MeansViolation,
  type Occasion,
} from './law/residence.ts';
export { decideRule, STANDINGS, type Standing } from './law/rule.ts';
export { addEvent, removeEvent, type StandingOn, standingAt } from './law/standing.ts';
export { type TerritoryOptions, zoneOfTerritory } from './law/territory.ts';
export type { Card, DayBits, Side } from './ledger/card.ts';
export type {
  Access,
  Batch,
  CardKey,
  Column,
  EditionDay,
  Ledger,
  MonthCount,
  Run,
  TallyRow,
  Tombstone,
} from './ledger/ledger.ts';
export { memoryLedger } from './ledger/memory.ts';
export type {
  DirectiveRow,
  DossierRow,
  ExceptionRow,
  HoldRow,
  JournalRow,
  PersonRecords,
  PersonTable,
  RequestRow,
  RestrictionRow,
  Rows,
} from './ledger/person-records.ts';
export type { BatchReport } from './recording/batcher.ts';
export type { Detail, EvidenceOptions } from './recording/evidence-options.ts';
export type { EvidenceHealth } from './recording/evidence-recorder.ts';
export { checkRecipient } from './recording/privacy-notice.ts';
export type {
  Failed,
  NotRecordable,
  RecorderStats,
} from './recording/recorder-stats.ts';
export type { Safeguard } from './recording/transfers.ts';
export type { Overdue } from './subjects/dossier-store.ts';
export { EXCEPTION_REASONS, type ExceptionReason } from './subjects/exceptions.ts';
export {
  ACCESS_REASONS,
  type AccessReason,
  type JournalAction,
  journalHead,
  verifyJournal,
} from './subjects/journal.ts';
export {
  REQUEST_KINDS,
  REQUEST_OUTCOMES,
  type RequestKind,
  type RequestOutcome,
  type RequestState,
} from './subjects/requests.ts';
export {
  type Purged,
  purge,
  type RetentionOptions,
  verifyEvidence,
} from './subjects/retention.ts';
export {
  DIRECTIVE_CHOICES,
  type DirectiveChoice,
  HOLD_REASONS,
  type HoldReason,
  RESTRICTION_GROUNDS,
  type RestrictionGround,
} from './subjects/rights.ts';
export type { DaysHeld, MonthDays } from './subjects/subject-data.ts';
export type { Licence, TableConfig } from './tables/compile-config.ts';
export type { Limits } from './tables/compile-worker-host.ts';
export {
  type ChangedOver,
  followTable,
  openSharedTable,
  publishTable,
  type TableFollower,
  type TablePublisher,
} from './tables/table-broadcast.ts';
export { type TableWatch, watchZoneTable } from './tables/watch.ts';
export type { TableEvent, TableHolder, WatchOptions } from './tables/watch-session.ts';
export {
  type CompileOptions,
  compileBundle,
  compileZoneTable,
  loadZoneTable,
  verifyZoneTable,
} from './tables.ts';
export type { Zone } from './zone.ts';
