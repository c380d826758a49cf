/** How does a command come to a desk? Ledger, keyring, operator and reason from the options; the identifier from the person. */
import { userInfo } from 'node:os';
import type { Desk, Why } from '../desk/desk.ts';
import { openDesk } from '../desk/open.ts';
import { PortabilityError } from '../errors.ts';
import type { ErrandReason } from '../evidence/journal.ts';
import { type EvidencePlaces, withEvidence } from './evidence.ts';
import { readIdentifier } from './prompt.ts';
import type { Terminal } from './terminal.ts';

/** What every command at the desk takes. */
export interface DeskPlaces extends EvidencePlaces {
  readonly operator?: string;
  readonly reason?: ErrandReason;
  readonly reference?: string;
}

/** The user of the system, where no name is given. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw new PortabilityError('ERR_ERRAND', 'the system knows no user name: say --operator');
  }
}

export function withDesk(options: DeskPlaces, work: (desk: Desk) => Promise<number>): Promise<number> {
  return withEvidence(options, (ledger, keyring) =>
    work(openDesk({ ledger, keyring, operator: options.operator ?? systemUser() })),
  );
}

export const whyOf = ({ reason = 'support-call', reference }: DeskPlaces): Why => ({
  reason,
  ...(reference !== undefined && { reference }),
});

/** Asks for the identifier first, so that a desk is not held open while a person types. */
export async function withSubscriber(
  terminal: Terminal,
  id: string | undefined,
  options: DeskPlaces,
  work: (desk: Desk, subscriber: string) => Promise<number>,
): Promise<number> {
  const subscriber = await readIdentifier(terminal, id);
  return withDesk(options, desk => work(desk, subscriber));
}

/** What an act at the desk answers: JSON where it is asked for, else a line. */
export function tell(terminal: Terminal, result: object, line: string): number {
  terminal.print(terminal.json ? JSON.stringify(result) : line);
  return 0;
}
