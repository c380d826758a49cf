/** Finds the output file of a command, and keeps it from replacing a file of another kind. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { portabilityError } from '../../errors.ts';
import type { Message } from '../../messages.ts';
import { cannotWrite } from '../option-at-fault.ts';

/**
 * The resolved output file. Symbolic links are followed, so that their target is replaced and not
 * the link.
 */
export interface OutputFile {
  readonly path: string;
  /** Mode and content of the file that is replaced, if there is one. */
  readonly replaced?: { readonly mode: number; readonly content: Buffer };
}

/**
 * Resolves the path of `--output`. A file that is already there must be one that the command
 * writes.
 * @param option option or field that names the file, for an error
 * @throws PortabilityError `ERR_OUTPUT` if it is another file, with `refusal` as its message
 */
export async function outputFileAt(
  given: string,
  isOwn: (content: Buffer) => boolean,
  refusal: Message,
  option = '--output',
): Promise<OutputFile> {
  const path = await realpath(given).catch(() => given);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { path };
  const read = (): Promise<Buffer> =>
    readFile(path).catch(error => {
      throw cannotWrite(option, given, error);
    });
  const content = found.isFile() ? await read() : Buffer.alloc(0);
  if (!isOwn(content))
    throw portabilityError(refusal, {
      option,
      path: given,
      ...(found.isDirectory() && { system: 'EISDIR' }),
    });
  return { path, replaced: { mode: found.mode & 0o777, content } };
}
