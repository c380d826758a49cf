/** Builds dossiers from plain events, and holds the events that most histories begin with. */
import {
  addEvent,
  type Dossier,
  PortabilityError,
  parseEvent,
  type Standing,
  standingAt,
} from '../../src/index.ts';

export const dossier = (...events: readonly object[]): Dossier =>
  events.map(parseEvent).reduce<Dossier>((sum, event) => addEvent(sum, event), { events: [] });
export const standing = (of: Dossier, day: string): Standing => standingAt(of, day).standing;
export const refused = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof PortabilityError && error.code === 'ERR_DOSSIER_EVENT')
      return error.message;
  }
  throw new Error('was not refused');
};

export const CONCLUDED = { type: 'contract-concluded', on: '2025-01-31', renewsEvery: 12 };
export const VERIFIED = {
  type: 'residence-verified',
  on: '2025-02-01',
  outcome: 'home',
  means: ['b', 'j'],
  occasion: 'conclusion',
  by: 'provider',
};
export const DOUBT = {
  type: 'doubt-raised',
  on: '2025-06-01',
  reason: 'billing-address-moved-abroad',
};
export const REQUEST = { type: 'information-requested', on: '2025-06-02', answerBy: '2025-06-30' };
export const SILENCE = {
  type: 'information-not-answered',
  on: '2025-07-01',
  heldDataProveResidence: false,
};
