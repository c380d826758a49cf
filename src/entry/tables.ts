/**
 * Compiles, verifies, watches and shares zone tables.
 * @module tables
 */

export type { FileInput } from '../assets.ts';
export { ROW_PROBLEMS, type RowFinding, type RowProblem } from '../geo/findings.ts';
export type {
  Bounds,
  Family,
  Guards,
  GuardViolation,
  Sentinel,
  Share,
} from '../geo/guards.ts';
export {
  ANONYMISER_FIELDS,
  type AnonymiserField,
  OVERLAY_KINDS,
  type Overlay,
  type OverlayEdition,
  type OverlayKind,
} from '../geo/overlay.ts';
export type { Source, SourceEdition } from '../geo/source.ts';
export { encodeHaproxyMap } from '../geo/zone-map.ts';
export { encodeMmdb } from '../geo/zone-mmdb.ts';
export type { SharedTable } from '../geo/zone-table.ts';
export { type CompileOptions, compileBundle, compileZoneTable } from '../tables/compile.ts';
export type { Licence, TableConfig } from '../tables/compile-config.ts';
export type { Limits } from '../tables/compile-worker-host.ts';
export {
  type EditionArchive,
  type EditionArchiveOptions,
  type EditionHistory,
  type InForce,
  type KeptEdition,
  type Offers,
  openEditionArchive,
} from '../tables/edition-archive.ts';
export { type TableWatch, watchZoneTable } from '../tables/hot-reload.ts';
export type {
  StaleFile,
  Staleness,
  TableEvent,
  TableHolder,
  WatchOptions,
} from '../tables/hot-reload-session.ts';
export {
  type ChangedOver,
  followTable,
  openSharedTable,
  publishTable,
  type TableFollower,
  type TablePublisher,
} from '../tables/table-broadcast.ts';
export { type LoadOptions, verifyZoneTable } from '../tables.ts';
