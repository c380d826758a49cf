/**
 * Defines the one error class of the library, and the details that say where an error occurred. The
 * texts of its messages are in `messages/`, in every language next to each other.
 */

import type { ErrorCode } from './error-code.ts';
import * as BASE from './messages/base.ts';
import type { LocalisedText } from './messages/localised-text.ts';
import { localised, type Message, type MessageValues } from './messages.ts';

export type { ErrorCode } from './error-code.ts';

/** The stage at which the check of a source failed. */
export type Stage = 'open' | 'metadata' | 'tree' | 'data';

const STAGES: Partial<Record<ErrorCode, Stage>> = {
  ERR_SOURCE_OPEN: 'open',
  ERR_SOURCE_EMPTY: 'open',
  ERR_SOURCE_GZIP: 'open',
  ERR_SOURCE_FORMAT: 'open',
  ERR_SOURCE_CHECKSUM: 'open',
  ERR_SOURCE_METADATA: 'metadata',
  ERR_SOURCE_BUILT: 'metadata',
  ERR_SOURCE_TRUNCATED: 'tree',
  ERR_SOURCE_TREE: 'tree',
  ERR_SOURCE_DATA: 'data',
  ERR_SOURCE_ROW: 'data',
  ERR_SOURCE_OVERLAP: 'data',
};

/**
 * Where an error occurred, and why. There is no `cause`, because the messages of drivers and of the
 * system quote rows and passwords. Details contain only what the operator configured, never input
 * from a client or from a caller of the desk.
 */
export interface ErrorDetails {
  /** Byte offset in a binary file. */
  readonly offset?: number | undefined;
  /** Line in a text file, from 1. */
  readonly line?: number | undefined;
  /** Column of a row of fields, from 1. */
  readonly column?: number | undefined;
  /** The stage of the check, if the code does not imply it. */
  readonly stage?: Stage | undefined;
  /** Number of the file, from 1: sources in order, then overlays. */
  readonly file?: number | undefined;
  /** Path of the file or folder at fault. */
  readonly path?: string | undefined;
  /** The command-line option at fault, such as `--ledger`. */
  readonly option?: string | undefined;
  /** The value of that option, if the operator typed one that is neither a path nor a host. */
  readonly value?: string | undefined;
  /** The server at fault, as `host:port/database`, without user and password. */
  readonly host?: string | undefined;
  /**
   * The code of the system (`EACCES`), of TLS, of SQLite, of Redis, or the SQLSTATE of PostgreSQL.
   */
  readonly system?: string | undefined;
}

const DETAILS = [
  'offset',
  'line',
  'column',
  'file',
  'stage',
  'path',
  'option',
  'value',
  'host',
  'system',
] as const;

const LONGEST_SUBJECT = 240;

/**
 * A URL that is used as a path can contain a login. Neither user nor password stays in an error.
 */
const withoutLogin = (text: string): string =>
  text.replace(/^.*:.*@/s, '\u2026@').replace(/([?&][^=&]*pass[^=&]*=)[^&]*/gi, '$1\u2026');

/** Returns text of the operator on one line; of a long path, only the end. */
function printable(text: string): string {
  const plain = text.replace(/[\p{C}\u2028\u2029]/gu, '\ufffd');
  if (plain === '') return '""';
  return plain.length > LONGEST_SUBJECT ? `\u2026${plain.slice(-LONGEST_SUBJECT)}` : plain;
}

/**
 * Returns the subject of an error: the option and its value, or the path or host, such as
 * `--ledger /var/lib/lp/ledger.db`.
 */
export function subjectOf({ option, value, path, host }: ErrorDetails): string {
  const named = value ?? path ?? host;
  return [option, named === undefined ? undefined : printable(named)]
    .filter(part => part !== undefined)
    .join(' ');
}

/** Returns `sentence (subject: SYSTEM)`. */
function withSubject(sentence: string, details: ErrorDetails): string {
  const parts = [subjectOf(details), details.system ?? ''].filter(part => part !== '');
  return parts.length === 0 ? sentence : `${sentence} (${parts.join(': ')})`;
}

/**
 * Returns the code of a system or driver failure: `ENOENT`, `SQLITE_FULL`, `28P01`. Returns
 * `undefined` for everything else, so no lower case and no text passes.
 */
export function systemCodeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9][A-Z0-9_]{2,63}$/.test(code) ? code : undefined;
}

/** Whether a code of the system says that a file may not be written. */
export const deniesWriting = (system: string | undefined): boolean =>
  system === 'EROFS' || system === 'EACCES' || system === 'EPERM';

/**
 * Each entry point, by import and by require, contains its own copy of the class. `instanceof` has
 * to recognise all copies.
 */
const BRAND = Symbol.for('laissez-passer.PortabilityError');

/**
 * The only error that the library throws. Doubt at run time is a reason of a decision, never an
 * error. A message is one lower-case line: a sentence, and in brackets the path, option or host at
 * fault with the code of the system. It never contains a client address or a subscriber.
 */
export class PortabilityError extends Error {
  readonly code: ErrorCode;
  /** The message in each language, without the part in brackets. Not enumerable. */
  declare readonly text: LocalisedText;
  declare readonly offset?: number;
  declare readonly line?: number;
  declare readonly column?: number;
  declare readonly file?: number;
  /** For `ERR_SOURCE_...`: the stage at which the check failed. */
  declare readonly stage?: Stage;
  /** Path of the file or folder at fault. */
  declare readonly path?: string;
  /** The command-line option at fault. */
  declare readonly option?: string;
  /** The value of that option. */
  declare readonly value?: string;
  /** The server at fault, as `host:port/database`. */
  declare readonly host?: string;
  /** The code of the system or of the driver, such as `EACCES`. */
  declare readonly system?: string;

  /** Recognises errors of every copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  /** @param text A sentence in lower case, or the same sentence in each language. */
  constructor(code: ErrorCode, text: string | LocalisedText, given: ErrorDetails = {}) {
    const texts = typeof text === 'string' ? { en: text, fr: text } : text;
    const details = { ...given, ...plainTexts(given) };
    super(withSubject(texts.en, details));
    this.name = 'PortabilityError';
    this.code = code;
    // In Bun an error has the line of the program that made it, which would be read as the line of
    // a file at fault.
    delete (this as { line?: number }).line;
    delete (this as { column?: number }).column;
    Object.defineProperty(this, 'text', { value: texts, configurable: true });
    Object.assign(this, detailsOf({ ...details, stage: details.stage ?? STAGES[code] }));
  }
}

Object.defineProperty(PortabilityError.prototype, BRAND, { value: true });

/** Returns the texts that the operator typed, without logins. */
function plainTexts({ path, value, host }: ErrorDetails): ErrorDetails {
  return {
    ...(path !== undefined && { path: withoutLogin(path) }),
    ...(value !== undefined && { value: withoutLogin(value) }),
    ...(host !== undefined && { host: withoutLogin(host) }),
  };
}

/**
 * Returns the details that are present, on an error for example, in a form that can pass to another
 * thread.
 */
export function detailsOf(
  from: { readonly [Name in keyof ErrorDetails]?: ErrorDetails[Name] | undefined },
): ErrorDetails {
  return Object.fromEntries(
    DETAILS.map(name => [name, from[name]]).filter(([, value]) => value !== undefined),
  );
}

/** Details of an error, and the code if it is not the usual one of the message. */
export type DetailsAndCode = ErrorDetails & { readonly code?: ErrorCode | undefined };

/**
 * Returns the error of a message.
 * @param values the parameters of the message; left out if it has none
 */
export function portabilityError<M extends Message>(
  message: M,
  ...[details = {}, values]: [keyof MessageValues<M>] extends [never]
    ? [details?: DetailsAndCode]
    : [details: DetailsAndCode, values: MessageValues<M>]
): PortabilityError {
  const { code = message.code, ...rest } = details;
  return new PortabilityError(code, localised(message, values ?? {}), rest);
}

/** An error as plain data, which can pass to another thread. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly text: LocalisedText;
  readonly details: ErrorDetails;
}

export const plainError = (error: PortabilityError): PlainError => ({
  code: error.code,
  text: textOf(error),
  details: detailsOf(error),
});

/** Returns the error of plain data from another thread. */
export const errorOf = ({ code, text, details }: PlainError): PortabilityError =>
  new PortabilityError(code, text, details);

/** The text of an error. An error of an older copy of the library has a message only. */
export const textOf = ({ text, message }: PortabilityError): LocalisedText =>
  text ?? { en: message, fr: message };

/**
 * Returns the same error with more details; existing details are kept. A value that is not a
 * `PortabilityError` is returned unchanged.
 */
export function withDetails(error: unknown, details: ErrorDetails): unknown {
  if (!(error instanceof PortabilityError)) return error;
  return new PortabilityError(error.code, textOf(error), { ...details, ...detailsOf(error) });
}

/**
 * Rejects unknown options: a misspelt name must not silently disable what was meant.
 * @throws PortabilityError with the name of the option
 */
export function checkOptionNames(
  options: unknown,
  names: readonly string[],
  code: ErrorCode,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw portabilityError(BASE.optionsNotObject, { code });
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const known = names.join(', ');
    // The name comes from the caller's program; show it only if it looks like a name.
    throw /^[\w.-]{1,40}$/.test(name)
      ? portabilityError(BASE.optionUnknown, { code }, { name, known })
      : portabilityError(BASE.optionUnknownUnnamed, { code }, { known });
  }
}
