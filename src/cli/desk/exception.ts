/**
 * Implements `subscriber exception`: grants one subscriber access until a given day although the
 * location cannot be established.
 */

import { portabilityError } from '../../errors.ts';
import * as CLI from '../../messages/cli.ts';
import type { ExceptionReason } from '../../subjects/exceptions.ts';
import { dayWord } from '../dates.ts';
import type { Terminal } from '../terminal.ts';
import { type DeskLocations, deskAccessOf, tell, withSubscriber } from './open-desk.ts';
import { unknownNote } from './rights.ts';

export interface ExceptionOptions extends DeskLocations {
  readonly exceptionReason?: ExceptionReason;
  readonly until?: string;
  readonly revoke?: boolean;
}

export const subscriberException = (
  terminal: Terminal,
  options: ExceptionOptions,
): Promise<number> => {
  const { exceptionReason: reason, until, revoke = false } = options;
  const isGrant = reason !== undefined && until !== undefined;
  if (revoke ? (reason ?? until) !== undefined : !isGrant)
    throw portabilityError(CLI.exceptionOptions);
  return withSubscriber(terminal, options, async (desk, subscriber) => {
    if (!isGrant) {
      await desk.revokeException(subscriber, deskAccessOf(options));
      return tell(terminal, { exception: null }, terminal.say('done'));
    }
    const { isKnown } = await desk.except(subscriber, deskAccessOf(options), reason, until);
    unknownNote(terminal, isKnown);
    const day = dayWord(terminal.language, until);
    return tell(
      terminal,
      { exception: { reason, until } },
      terminal.say('exceptionGranted', { day }),
    );
  });
};
