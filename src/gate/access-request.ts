/** Defines a request for access, with or without a standing. */
import type { Standing } from '../law/rule.ts';

/** One request for access to the service. */
export interface AccessRequest {
  /** Opaque technical identifier of the subscriber (Art. 2(1)). What is no non-empty string changes no verdict and is not recordable. */
  readonly subscriber: string;
  /** Residence standing; what is none of the words counts as `unverified`. */
  readonly standing: Standing;
  /** The client's address as text; `undefined` where it could not be read: `address-invalid`. */
  readonly address: string | undefined;
  /**
   * Name of one of the gate's offers; default: `default`. A name that the gate does not hold decides only what all of its
   * offers agree on; where they differ the request is refused (`offer-unknown`). It is counted in `health`.
   */
  readonly offer?: string | undefined;
  /** How the subscription came; `direct` unless given. One that no notice covers is decided, never recorded. */
  readonly channel?: string | undefined;
  /**
   * Whether an agent's exception is in force, which cures a location that is not established; the gate looks for it in memory unless given, where
   * `loadStanding` or `ask` have read it.
   */
  readonly excepted?: boolean | undefined;
}

/** The same, with a standing only where the caller knows it. */
export type AskedRequest = Omit<AccessRequest, 'standing'> & { readonly standing?: Standing | undefined };
