/** Reads the rows of text files that people make: lines, CSV fields and yes or no. */

import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { portabilityError } from '../errors.ts';
import * as CLI from '../messages/cli.ts';

const CHUNK_BYTES = 1 << 20;
/** A file without line ends is not text. */
const LONGEST_LINE = 65_536;
const BYTE_ORDER_MARK = '\ufeff';

/** Returns the separator of the fields of a CSV header. */
export const separatorOf = (header: string): string =>
  [';', '\t', ','].find(each => header.includes(each)) ?? ',';

/** Splits a row of CSV (RFC 4180) without line breaks in fields; `undefined` if a quote is open. */
export function splitRow(text: string, separator: string): string[] | undefined {
  if (!text.includes('"')) return text.split(separator).map(field => field.trim());
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const quoted = /^ *"((?:[^"]|"")*)" */.exec(text.slice(at));
    if (quoted === null) {
      const end = text.indexOf(separator, at);
      const field = text.slice(at, end < 0 ? undefined : end);
      if (field.includes('"')) return undefined;
      fields.push(field.trim());
      at = end < 0 ? text.length + 1 : end + 1;
    } else {
      fields.push(quoted[1]!.replaceAll('""', '"').trim());
      at += quoted[0].length;
      if (at < text.length && text[at] !== separator) return undefined;
      at++;
    }
  }
  return fields;
}

const YES = /^(yes|true|1|oui|vrai)$/i;
const NO = /^(no|false|0|non|faux)$/i;
/** Returns whether a text means yes or no; any other text as it is. */
export const flagField = (text: string): unknown =>
  YES.test(text) ? true : NO.test(text) ? false : text;

/**
 * Copies standard input to a private temporary file without a name, because it is read three times.
 * The file is gone when the process ends, however it ends.
 */
export async function copyOfInput(input: Readable): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'laissez-passer-'));
  const file = await open(join(folder, 'input'), 'wx+', 0o600);
  await rm(folder, { recursive: true });
  try {
    for await (const chunk of input) await file.appendFile(chunk as Buffer);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

/** Reads a file from its start, in chunks that are overwritten by the next. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Splits chunks into lines, without byte order mark and line ends. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  // A tab at the end is an empty field.
  const lineOf = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
  let rest = '';
  let isFirst = true;
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    if (isFirst) lines[0] = lines[0]!.replace(BYTE_ORDER_MARK, '');
    isFirst = false;
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) throw portabilityError(CLI.importNotText);
    for (const line of lines) yield lineOf(line);
  }
  rest += decoder.decode();
  if (rest !== '') yield lineOf(rest);
}
