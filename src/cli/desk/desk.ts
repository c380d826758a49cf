/** How does a command come to a desk? Ledger, keyring, operator and reason from the options; the identifier from the person. */
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Desk, Why } from '../../desk/desk.ts';
import { openDesk } from '../../desk/open.ts';
import { PortabilityError } from '../../errors.ts';
import { type DossierEvent, parseEvent } from '../../law/dossier.ts';
import { checkWaivers } from '../../law/standing.ts';
import type { ErrandReason } from '../../subjects/journal.ts';
import { type EvidencePlaces, withEvidence } from '../evidence/store-location.ts';
import { fileDetails, named } from '../named.ts';
import { readIdentifier } from '../prompt.ts';
import type { Terminal } from '../terminal.ts';

/** What every command at the desk takes. */
export interface DeskPlaces extends EvidencePlaces {
  readonly operator?: string;
  readonly reason?: ErrandReason;
  readonly reference?: string;
  /** JSON file of waivers of the whole service. */
  readonly waivers?: string;
}

/** The user of the system, where no name is given. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw new PortabilityError('ERR_ERRAND', 'the system knows no user name: say --operator');
  }
}

/** The waivers of the service in a file, as `openGate` takes them. */
export async function readWaivers(path: string | undefined): Promise<DossierEvent[]> {
  if (path === undefined) return [];
  const at = { option: '--waivers', path };
  const text = await readFile(path, 'utf8').catch(error => {
    const details = fileDetails('--waivers', path, error);
    throw new PortabilityError('ERR_DOSSIER_EVENT', 'the file of the waivers cannot be read', details);
  });
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch {
    // No cause: its message quotes the file.
  }
  if (!Array.isArray(events)) throw new PortabilityError('ERR_DOSSIER_EVENT', 'waivers are a list of events', at);
  return named(at, () => checkWaivers((events as unknown[]).map(parseEvent)));
}

export async function withDesk(options: DeskPlaces, work: (desk: Desk) => Promise<number>): Promise<number> {
  const waivers = await readWaivers(options.waivers);
  return withEvidence(options, (ledger, keyring) =>
    work(openDesk({ ledger, keyring, operator: options.operator ?? systemUser(), waivers })),
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
