/**
 * One configuration file for the sidecar, the desk and the library. Exported by
 * `laissez-passer/config`.
 * @module config
 */

export type {
  Configuration,
  EvidenceConfiguration,
  ServeConfiguration,
} from '../config/configuration.ts';
export { type ReadConfigOptions, readConfig } from '../config/read-config.ts';
export type {
  DbIpFile,
  FileFacts,
  FileOrigin,
  HttpsFile,
  IpinfoFile,
  LocalFile,
  MaxMindFile,
  NpmFile,
  OverlayEntry,
  ServerFacts,
  SourceEntry,
} from '../config/table-sources.ts';
