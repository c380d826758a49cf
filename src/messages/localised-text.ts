/** Fills the parameters of a text, in every language of the library. */

/** The same text in every language. */
export interface LocalisedText {
  readonly en: string;
  readonly fr: string;
}

/** The names in `{...}` of a text. */
export type Parameters<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Parameters<Rest>
  : never;

/** Values of parameters. A value may itself depend on the language. */
export type TextValues = Readonly<Record<string, string | number | LocalisedText>>;

/** Replaces each `{name}` by its value. A parameter without a value stays as it is. */
export const fill = (text: string, values: TextValues, language: keyof LocalisedText): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined
      ? whole
      : String(typeof value === 'object' ? value[language] : value);
  });

/** Returns `a, b or c` in every language. */
export function oneOf(words: readonly string[]): LocalisedText {
  const first = words.slice(0, -1).join(', ');
  const last = words.at(-1) ?? '';
  return first === ''
    ? { en: last, fr: last }
    : { en: `${first} or ${last}`, fr: `${first} ou ${last}` };
}
