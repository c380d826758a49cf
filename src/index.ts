/**
 * The gate, its decision, and what a gateway needs around it. Tables are compiled in
 * `laissez-passer/tables`, subscribers are served in `laissez-passer/desk`, and ledgers are
 * described in `laissez-passer/ledger`.
 * @module index
 */
export type { FileInput } from './assets.ts';
export type { Clock } from './clock.ts';
export { type ErrorCode, type ErrorDetails, PortabilityError, type Stage } from './errors.ts';
export type { AccessRequest, AsyncAccessRequest } from './gate/access-request.ts';
export type { Health } from './gate/health.ts';
export { ipCheck } from './gate/residence-ip-check.ts';
export type { ResidenceOptions } from './gate/standing-cache.ts';
export { type Gate, type GateOptions, openGate } from './gate.ts';
export { type Address, parseAddress } from './geo/address.ts';
export {
  type ClientInput,
  clientAddress,
  type TrustedPrefixes,
  trustedPrefixes,
} from './geo/forwarded-for.ts';
export type { Known, Location } from './geo/location.ts';
export type { Edition, ZoneTable } from './geo/zone-table.ts';
export { type KeyringFileOptions, openKeyring } from './keys/file-keyring.ts';
export type { Keyring, MonthKey, TombstonePiece, TombstoneReading } from './keys/keyring.ts';
export { type KeySupply, openSuppliedKeyring } from './keys/supplied-keyring.ts';
export {
  DOUBT_REASONS,
  type Dossier,
  type DossierEvent,
  type DossierEventType,
  type DoubtReason,
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
export type { BatchReport } from './recording/batcher.ts';
export type {
  Failed,
  NotRecordable,
  RecorderStats,
} from './recording/day-bit-recorder.ts';
export type { Detail, EvidenceOptions } from './recording/evidence-options.ts';
export type { EvidenceHealth, EvidenceProblem } from './recording/evidence-recorder.ts';
export type { Safeguard } from './recording/gdpr-transfer-check.ts';
export { type Purged, purge, type RetentionOptions } from './subjects/retention.ts';
export { type LoadOptions, loadZoneTable } from './tables.ts';
export type { Zone } from './zone.ts';
