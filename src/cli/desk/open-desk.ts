/**
 * Opens a desk for a command: ledger, keyring, agent and reason come from the options, the
 * identifier from the user.
 */

import { userInfo } from 'node:os';
import type { EvidenceLocations, LedgerAccess } from '../../config/locations.ts';
import { readNotice, readWaivers } from '../../config/operator-files.ts';
import { named } from '../../config/option-at-fault.ts';
import type { Desk, DeskReason } from '../../desk/desk.ts';
import { openDesk } from '../../desk/desk.ts';
import type { Periods } from '../../desk/export.ts';
import { portabilityError } from '../../errors.ts';
import type { DossierEvent } from '../../law/dossier.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import * as CLI from '../../messages/cli.ts';
import type { AccessReason } from '../../subjects/access-reasons.ts';
import type { SecondAgentOperation } from '../../subjects/second-agent.ts';
import { readingWith, withEvidence } from '../evidence/open-stores.ts';
import { readIdentifier } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';

/** The options of every desk command. */
export interface DeskLocations extends EvidenceLocations {
  readonly agent?: string;
  readonly reason?: AccessReason;
  readonly reference?: string;
  /** Number of the line of a work list that the command works off. */
  readonly number?: string;
  /** Operations that need the confirmation of a second agent. */
  readonly secondAgent?: readonly string[];
  /** Path of the operator's privacy notice. */
  readonly notice?: string;
  /** Waivers for the whole service, or the path of their JSON file. */
  readonly waivers?: string | readonly DossierEvent[];
}

/** Returns the user name of the system, the default for `--agent`. */
export function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw portabilityError(CLI.agentUnknown);
  }
}

/** The retention periods of the configuration file, which an export states. */
export function periodsOf({ configuration }: Terminal): Periods {
  const { retentionMonths, journalMonths, requestMonths } = configuration?.evidence ?? {};
  return {
    ...(retentionMonths !== undefined && { months: retentionMonths }),
    ...(journalMonths !== undefined && { journalMonths }),
    ...(requestMonths !== undefined && { requestMonths }),
  };
}

/**
 * Opens a desk for one command, with the waivers, the periods and the notice of the configuration
 * file where no option says otherwise.
 */
export async function withDesk(
  terminal: Terminal,
  options: DeskLocations,
  work: (desk: Desk, ledger: Ledger) => Promise<number>,
  access?: LedgerAccess,
): Promise<number> {
  const { configuration } = terminal;
  // A command without the option takes the value of the file.
  const waivers =
    options.waivers === undefined
      ? await readWaivers(configuration?.waivers, 'waivers')
      : await readWaivers(options.waivers);
  const notice =
    options.notice === undefined
      ? await readNotice(configuration?.notice, 'notice')
      : await readNotice(options.notice);
  const periods = periodsOf(terminal);
  const agent = options.agent ?? systemUser();
  const secondAgent = options.secondAgent as readonly SecondAgentOperation[] | undefined;
  return withEvidence(
    options,
    (ledger, keyring) =>
      work(
        named(secondAgent === undefined ? {} : { option: '--second-agent' }, () =>
          openDesk({ ledger, keyring, agent, waivers, periods, notice, secondAgent }),
        ),
        ledger,
      ),
    { access },
  );
}

/**
 * Opens a desk for a work list, which names no person and makes no journal entry: the ledger may be
 * read-only. Everything else at the desk is entered in the journal, or not done.
 */
export const withWorkList = (
  terminal: Terminal,
  options: DeskLocations,
  work: (desk: Desk) => Promise<number>,
): Promise<number> => withDesk(terminal, options, work, readingWith(terminal));

export const deskAccessOf = ({
  reason = 'support-call',
  reference,
  number,
}: DeskLocations): DeskReason => ({ reason, reference, number });

/**
 * Asks for the identifier before it opens the desk, so that the stores are not open while the user
 * types.
 */
export async function withSubscriber(
  terminal: Terminal,
  options: DeskLocations,
  work: (desk: Desk, subscriber: string, ledger: Ledger) => Promise<number>,
): Promise<number> {
  const subscriber = await readIdentifier(terminal);
  return withDesk(terminal, options, (desk, ledger) => work(desk, subscriber, ledger));
}

/** Prints the result of a desk operation: JSON with `--json`, else a text, wrapped at words. */
export function tell(terminal: Terminal, result: object, line: string): number {
  if (terminal.json) terminal.print(JSON.stringify(result));
  else terminal.tell(line);
  return 0;
}

/** Prints the result of a desk operation: JSON with `--json`, else a table. */
export function tellTable(terminal: Terminal, result: object, table: string): number {
  terminal.print(terminal.json ? JSON.stringify(result) : table);
  return 0;
}
