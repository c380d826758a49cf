/** Sets how long the library waits for others, in milliseconds. */

/** For the person records, if a request needs a standing. Then the last known standing counts. */
export const STANDING_WAIT_MS = 2000;

/** For the person records, if an exception might override a refusal. */
export const EXCEPTION_WAIT_MS = 250;

/** For an operator's `refuse` function. Then the refusal document is sent. */
export const REFUSE_WAIT_MS = 2000;

/** For a running maintenance, when a gate is closed. */
export const MAINTENANCE_WAIT_MS = 2000;

/** For another process that writes to a SQLite file. */
export const SQLITE_BUSY_MS = 10_000;

/**
 * For a reader in another process that holds the log of a SQLite file. If it takes longer, erased
 * bytes stay in the log until a later request can truncate it.
 */
export const SQLITE_READER_WAIT_MS = 1000;

/** For one operation on a database server. */
export const SERVER_WAIT_MS = 10_000;

/** For a connection to a database server. */
export const CONNECT_WAIT_MS = 5000;

/** For open connections, when the sidecar stops. Most supervisors allow ten seconds in total. */
export const STOP_WAIT_MS = 5000;

/** Between two attempts to lock a keyring file, and for the lock in total. */
export const LOCK_RETRY_MS = 5;
export const LOCK_WAIT_MS = 10_000;

/**
 * For the content of a lock file. It is empty only for microseconds: an empty one that is older was
 * left by a process that died.
 */
export const EMPTY_LOCK_MS = 5000;
