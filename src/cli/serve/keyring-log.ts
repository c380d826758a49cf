/** Logs when the keyring of a running gate turns out to be a wrong one, and when it is right. */

import { MINUTE_MS } from '../../days.ts';
import type { Gate } from '../../gate.ts';
import type { EvidenceProblem } from '../../recording/evidence-recorder.ts';
import type { Tell } from '../reload-on-sighup.ts';
import type { Terminal } from '../terminal.ts';
import type { PlainWord } from '../words/words.ts';

const LINES: Partial<Record<EvidenceProblem, PlainWord>> = {
  'keyring-mismatch': 'logKeyringMismatch',
  'keyring-unproven': 'keyringUnprovenNote',
  'keyring-unavailable': 'logKeyringUnavailable',
};

/** Looks once a minute, because the gate renews its keys on its own schedule. */
export function tellKeyring({ say }: Terminal, tell: Tell, gate: Gate): { stop(): void } {
  let before: EvidenceProblem | undefined;
  const look = (): void => {
    const problem = gate.health().evidence?.problem;
    const now = problem !== undefined && problem in LINES ? problem : undefined;
    if (now !== undefined && now !== before)
      tell('error', 'keyring-problem', say(LINES[now]!), { problem: now });
    if (now === undefined && before !== undefined)
      tell('info', 'keyring-well', say('logKeyringWell'));
    before = now;
  };
  look();
  const timer = setInterval(look, MINUTE_MS).unref();
  return { stop: () => clearInterval(timer) };
}
