/**
 * Checks configuration against schemas. An error names the field at fault and what it must be, and
 * never quotes its value.
 */

import * as v from 'valibot';
import type { ErrorCode } from './error-code.ts';
import { type PortabilityError, portabilityError } from './errors.ts';
import * as BASE from './messages/base.ts';
import { type LocalisedText, oneOf } from './messages/localised-text.ts';

/** What a field must be, and the code of the error if it is not; default: that of the check. */
export interface Expectation extends LocalisedText {
  readonly code?: ErrorCode;
}

/** What is wrong with a field, as valibot carries it in the message of an issue. */
type Fault =
  | { readonly expectation: Expectation }
  | { readonly unknown: string; readonly known: string };

const messageOf = (fault: Fault): string => JSON.stringify(fault);
const expecting = (expectation: Expectation): string => messageOf({ expectation });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with these fields and no others: a misspelt name must not silently drop an option. */
export function fields<Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries);
  return v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(
      isObject,
      expecting({ en: 'an object', fr: 'un objet' }),
    ),
    v.rawCheck(({ dataset, addIssue }) => {
      const unknown = Object.keys(dataset.value ?? {}).find(name => !names.includes(name));
      if (unknown !== undefined)
        addIssue({ message: messageOf({ unknown, known: names.join(', ') }) });
    }),
    v.object(entries),
  );
}

/** A field that may be left out or `undefined`. */
export const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(schema);

export const text = v.string(expecting({ en: 'a text', fr: 'un texte' }));

export const flag = v.boolean(expecting({ en: 'true or false', fr: 'true ou false' }));

/** A value that passes a test. */
export const that = <Value>(test: (value: unknown) => boolean, expectation: Expectation) =>
  v.custom<Value>(test, expecting(expectation));

/** A value that another check judges. */
export const checkedElsewhere = <Value>() => v.optional(v.custom<Value>(() => true));

/** One of a list of words or other constants. */
export const word = <Word extends string | boolean>(words: readonly Word[]) =>
  that<Word>(value => words.includes(value as Word), oneOf(words.map(String)));

/** A whole number within bounds. */
export const wholeNumber = (least: number, most: number) =>
  that<number>(
    value => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    {
      en: `a whole number from ${least} to ${most}`,
      fr: `un nombre entier de ${least} à ${most}`,
    },
  );

/**
 * An object whose other fields depend on one of them: `schemas` has the fields for each value of
 * `key`. Without that field, those of `fallback` hold.
 */
export const variant = <Kind extends string>(
  key: string,
  fallback: NoInfer<Kind>,
  schemas: Readonly<Record<Kind, v.GenericSchema>>,
) =>
  v.lazy((value: unknown): v.GenericSchema => {
    if (!isObject(value)) return fields({});
    const kind = Object.hasOwn(value, key) ? value[key] : fallback;
    const kinds = Object.keys(schemas) as Kind[];
    return kinds.includes(kind as Kind) ? schemas[kind as Kind] : v.object({ [key]: word(kinds) });
  });

/** A list whose entries match a schema. */
export const list = <Schema extends v.GenericSchema>(schema: Schema, expectation?: Expectation) =>
  v.array(schema, expecting(expectation ?? { en: 'a list', fr: 'une liste' }));

/** Returns a path as it is written: `sources[1].path`. A strange name is shown as `…`. */
const pathOf = (keys: readonly unknown[]): string =>
  keys
    .map(key => {
      if (typeof key === 'number') return `[${key}]`;
      return /^\w{1,40}$/.test(String(key)) ? `.${String(key)}` : '.…';
    })
    .join('')
    .replace(/^\./, '');

function errorOf(
  { message, path }: v.BaseIssue<unknown>,
  code: ErrorCode,
  what: LocalisedText,
): PortabilityError {
  const keys = (path ?? []).map(({ key }) => key);
  const field = pathOf(keys);
  // Only a field that is missing has a message of valibot's own.
  if (!message.startsWith('{'))
    return portabilityError(BASE.fieldMissing, { code }, { field, what });
  const fault = JSON.parse(message) as Fault;
  if ('unknown' in fault)
    return portabilityError(
      BASE.fieldUnknown,
      { code },
      { field: pathOf([...keys, fault.unknown]), what, known: fault.known },
    );
  const { code: own = code, ...expected } = fault.expectation;
  return keys.length === 0
    ? portabilityError(BASE.configurationInvalid, { code: own }, { what, expected })
    : portabilityError(BASE.fieldInvalid, { code: own }, { field, what, expected });
}

/**
 * Checks a value against a schema and returns it with its type.
 * @param code of the error, unless the field has one of its own
 * @param what Names the configuration in the error: `an offer`.
 * @throws PortabilityError that names the first field at fault
 */
export function checkSchema<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  code: ErrorCode,
  what: LocalisedText,
): v.InferOutput<Schema> {
  const { issues } = v.safeParse(schema, value, { abortEarly: true });
  if (issues !== undefined) throw errorOf(issues[0], code, what);
  return value as v.InferOutput<Schema>;
}
