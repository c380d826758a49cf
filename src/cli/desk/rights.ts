/**
 * Implements `subscriber export|erase|restrict|lift|hold|release|directive|dispute`: the rights of
 * a data subject.
 */

import { open, rm, writeFile } from 'node:fs/promises';
import { fileDetails } from '../../config/option-at-fault.ts';
import type { DirectiveChoice, HoldReason } from '../../desk/rights.ts';
import { portabilityError } from '../../errors.ts';
import type { Side } from '../../ledger/card.ts';
import * as CLI from '../../messages/cli.ts';
import type { RequestOutcome } from '../../subjects/requests.ts';
import type { PendingOperation } from '../../subjects/second-agent.ts';
import { dayWord } from '../dates.ts';
import { REFUSED } from '../outlook.ts';
import { exportPage } from '../pages/export-page.ts';
import { confirm } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';
import { type DeskLocations, deskAccessOf, tell, withSubscriber } from './open-desk.ts';

interface Confirmed extends DeskLocations {
  readonly yes?: boolean;
}

const OWNER_ONLY = 0o600;

/**
 * Writes files with a person's data, readable by the owner only. Writes all files or none, and does
 * not overwrite an existing file.
 */
async function writePrivate(files: readonly PrivateFile[]): Promise<void> {
  const written: string[] = [];
  for (const { option, path, text } of files) {
    try {
      await (await open(path, 'wx', OWNER_ONLY)).close();
      written.push(path);
      await writeFile(path, text);
    } catch (error) {
      for (const each of written) await rm(each, { force: true });
      throw portabilityError(CLI.outputExists, fileDetails(option, path, error));
    }
  }
}

interface PrivateFile {
  readonly option: string;
  readonly path: string;
  readonly text: string;
}

export interface ExportOptions extends DeskLocations {
  readonly html?: string;
  readonly output?: string;
}

export const subscriberExport = (terminal: Terminal, options: ExportOptions): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    const { html, output } = options;
    await desk.export(subscriber, deskAccessOf(options), async file => {
      const text = `${JSON.stringify(file, null, 2)}\n`;
      await writePrivate([
        ...(html === undefined ? [] : [{ option: '--html', path: html, text: exportPage(file) }]),
        ...(output === undefined ? [] : [{ option: '--output', path: output, text }]),
      ]);
      if (html === undefined && output === undefined) terminal.print(text.trimEnd());
      else terminal.note(terminal.say('written'));
    });
    return 0;
  });

/** Prints a note if no data were held, because the identifier may have been mistyped. */
export const unknownNote = (terminal: Terminal, isKnown: boolean): void => {
  if (!isKnown) terminal.note(terminal.say('unknownSubscriber'));
};

/**
 * Prints that an operation waits for a second agent. Nothing was done, so the exit code says so.
 */
function tellProposed(terminal: Terminal, pending: PendingOperation): number {
  const until = dayWord(terminal.language, pending.until);
  const line = terminal.say('proposedNow', { number: pending.number, until });
  tell(terminal, { pending }, line);
  return REFUSED;
}

export interface EraseOptions extends Confirmed {
  readonly evenDossier?: boolean;
  readonly objectionUpheld?: boolean;
}

export const subscriberErase = (terminal: Terminal, options: EraseOptions): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    await confirm(terminal, options.yes, 'sureErase');
    const { evenDossier = false, objectionUpheld = false } = options;
    const erased = await desk.erase(subscriber, deskAccessOf(options), {
      evenDossier,
      objectionUpheld,
    });
    unknownNote(terminal, erased.isKnown);
    if (erased.pending !== undefined) return tellProposed(terminal, erased.pending);
    const line = terminal.say('erased', { cards: String(erased.cards) });
    const more = erased.isDossierKept ? 'dossierKept' : evenDossier ? 'dossierErased' : undefined;
    return tell(terminal, erased, more === undefined ? line : `${line}\n${terminal.say(more)}`);
  });

export const subscriberRestrict = (
  terminal: Terminal,
  options: DeskLocations & { readonly objection?: boolean },
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    const reason = options.objection === true ? 'objection' : 'restriction';
    const { isKnown } = await desk.restrict(subscriber, deskAccessOf(options), reason);
    unknownNote(terminal, isKnown);
    return tell(terminal, { restricted: true }, terminal.say('done'));
  });

export const subscriberLift = (
  terminal: Terminal,
  options: DeskLocations & { readonly rejected?: RequestOutcome },
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    await desk.lift(subscriber, deskAccessOf(options), options.rejected);
    return tell(terminal, { restricted: false }, terminal.say('done'));
  });

export const subscriberHold = (
  terminal: Terminal,
  options: DeskLocations & { readonly holdReason: HoldReason; readonly review: string },
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    const { holdReason, review } = options;
    const { months, isKnown } = await desk.hold(
      subscriber,
      deskAccessOf(options),
      holdReason,
      review,
    );
    unknownNote(terminal, isKnown);
    const day = dayWord(terminal.language, review);
    return tell(
      terminal,
      { months, review },
      terminal.say('heldMonths', { months: String(months), day }),
    );
  });

export const subscriberRelease = (terminal: Terminal, options: Confirmed): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    await confirm(terminal, options.yes, 'sureRelease');
    const { pending } = await desk.release(subscriber, deskAccessOf(options));
    if (pending !== undefined) return tellProposed(terminal, pending);
    return tell(terminal, { released: true }, terminal.say('done'));
  });

export interface DirectiveOptions extends DeskLocations {
  readonly choice?: DirectiveChoice;
  readonly designated?: string;
  readonly revoke?: boolean;
}

export const subscriberDirective = (
  terminal: Terminal,
  options: DirectiveOptions,
): Promise<number> => {
  const { choice, designated, revoke = false } = options;
  if (revoke === (choice !== undefined)) throw portabilityError(CLI.directiveOptions);
  return withSubscriber(terminal, options, async (desk, subscriber) => {
    if (choice === undefined) await desk.revokeDirective(subscriber, deskAccessOf(options));
    else await desk.direct(subscriber, deskAccessOf(options), choice, designated);
    return tell(terminal, { directive: choice ?? null }, terminal.say('done'));
  });
};

export const subscriberDispute = (
  terminal: Terminal,
  options: Confirmed & { readonly day: string; readonly side: Side },
): Promise<number> =>
  withSubscriber(terminal, options, async (desk, subscriber) => {
    await confirm(terminal, options.yes, 'sureDispute');
    await desk.dispute(subscriber, deskAccessOf(options), options.day, options.side);
    return tell(
      terminal,
      { cleared: { day: options.day, side: options.side } },
      terminal.say('done'),
    );
  });
