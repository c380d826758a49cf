/** Defines a request for access, with or without a standing. */
import type { Standing } from '../law/rule.ts';

/** One request for access to the service. */
export interface AccessRequest {
  /**
   * Opaque technical identifier of the subscriber (Art. 2(1)). A value that is not a non-empty
   * string does not change the verdict, and is not recordable.
   */
  readonly subscriber: string;
  /** Residence standing. An unknown value counts as `unverified`. */
  readonly standing: Standing;
  /**
   * The client's address as text; `undefined` if it could not be read, which gives
   * `address-invalid`.
   */
  readonly address: string | undefined;
  /**
   * Name of one of the gate's offers; default: `default`. For a name that the gate does not have,
   * only what all of its offers agree on is decided; if they differ, the request is refused
   * (`offer-unknown`). It is counted in `health`.
   */
  readonly offer?: string | undefined;
  /**
   * The channel of the subscription; default: `direct`. A request through a channel that no notice
   * covers is decided, never recorded.
   */
  readonly channel?: string | undefined;
  /**
   * Whether an agent's exception is in force, which overrides a location that is not established.
   * Default: the gate looks it up in memory, if `loadStanding` or `decideAsync` has read it.
   */
  readonly excepted?: boolean | undefined;
}

/** The same request, with a standing only if the caller knows it. */
export type AsyncAccessRequest = Omit<AccessRequest, 'standing'> & {
  readonly standing?: Standing | undefined;
};
