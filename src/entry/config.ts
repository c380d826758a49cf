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
export { readConfig } from '../config/read-config.ts';
