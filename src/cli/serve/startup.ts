/** Logs the configuration of `serve` at the start, including a warning for shadow mode. */

import { systemClock } from '../../clock.ts';
import { describeLocation } from '../../config/locations.ts';
import type { Gate } from '../../gate.ts';
import { longerThan, unnamedFields } from '../../recording/disclosed-fields.ts';
import type { PrivacyNotice } from '../../recording/privacy-notice.ts';
import { JOURNAL_MONTHS, REQUEST_MONTHS, RETENTION_MONTHS } from '../../subjects/retention.ts';
import { ageOf } from '../../tables/table-age.ts';
import { bundledTable } from '../../tables.ts';
import { dateCell } from '../dates.ts';
import type { Tell } from '../reload-on-sighup.ts';
import type { Terminal } from '../terminal.ts';
import { libraryVersion } from '../version.ts';
import type { ServeOptions } from './serve.ts';

/** Facts that are known when the server listens. */
export interface Started {
  readonly listening: string;
  readonly peers: readonly string[];
  readonly offers: readonly string[];
  readonly notice: PrivacyNotice;
}

const listed = (values: readonly string[], none: string): string =>
  values.length === 0 ? none : values.join(', ');

/** Returns engine and location: `postgres db:5432/lp`. */
const placed = (place: string): string => Object.values(describeLocation(place)).join(' ');

function tellEvidence({ say }: Terminal, tell: Tell, options: ServeOptions): void {
  const { ledger, keyring, personRecords, spool, purge, months } = options;
  if (ledger === undefined || keyring === undefined) {
    tell('info', 'evidence', say('logNoEvidence'), { ledger: null });
    return;
  }
  const keys = describeLocation(keyring);
  // A keyring that is not on a server is a plain file, not an SQLite file.
  const engine = keys.engine === 'sqlite' ? 'file' : keys.engine;
  const words = {
    ledger: placed(ledger),
    keyring: `${engine} ${keys.at}`,
    records:
      personRecords === undefined
        ? ''
        : say('logPersonRecords', { records: placed(personRecords) }),
    spool: spool ?? say('logNone'),
    purge: say(purge ? 'logOn' : 'logOff'),
  };
  tell('info', 'evidence', say('logEvidence', words), {
    ledger: describeLocation(ledger),
    keyring: { engine, at: keys.at },
    ...(personRecords !== undefined && { personRecords: describeLocation(personRecords) }),
    ...(spool !== undefined && { spool }),
    ...(months !== undefined && { months }),
    purge,
  });
}

/** Logs the header names. Without a standing header, the standing comes from the person records. */
function tellHeaders({ say }: Terminal, tell: Tell, options: ServeOptions): void {
  const { addressHeader, subscriberHeader, standingHeader, offerHeader, channelHeader } = options;
  const headers = {
    address: addressHeader,
    subscriber: subscriberHeader,
    standing: standingHeader,
    offer: offerHeader,
    channel: channelHeader,
  };
  const none = say('logNone');
  const words = {
    address: addressHeader,
    subscriber: subscriberHeader,
    standing: standingHeader ?? say('logFromLedger'),
    offer: offerHeader ?? none,
    channel: channelHeader ?? none,
  };
  tell('info', 'headers', say('logHeaders', words), { headers });
  if (standingHeader !== undefined)
    tell('warn', 'standing-header', say('logStandingHeader', { header: standingHeader }), {
      header: standingHeader,
    });
}

function tellTable({ say, table, language }: Terminal, tell: Tell, gate: Gate): void {
  const { id: edition, home } = gate.table.edition;
  const { day, days } = ageOf(gate.table.edition, systemClock());
  const path = table ?? bundledTable();
  const words = { edition, home, day: dateCell(language, day), days: String(days), path };
  tell('info', 'table', say('logTable', words), {
    edition,
    home,
    built: day,
    ageDays: days,
    path,
  });
}

/**
 * Logs the privacy notice in force: the fields that are kept and that it does not name, and the
 * periods that are longer than it says.
 */
function tellNotice(
  { say, configuration, language }: Terminal,
  tell: Tell,
  { ledger, months }: ServeOptions,
  notice: PrivacyNotice,
): void {
  if (ledger === undefined) return;
  const { service, updated } = notice.policy;
  const unnamed = unnamedFields(notice).map(({ field }) => field);
  const { journalMonths, requestMonths } = configuration?.evidence ?? {};
  const longer = longerThan(notice, {
    retentionMonths: months ?? RETENTION_MONTHS,
    journalMonths: journalMonths ?? JOURNAL_MONTHS,
    requestMonths: requestMonths ?? REQUEST_MONTHS,
  });
  const words = { service, day: dateCell(language, updated), count: String(unnamed.length) };
  if (unnamed.length === 0) tell('info', 'notice', say('logNotice', words), { updated });
  else {
    const fields = unnamed.join(', ');
    tell('warn', 'notice', say('logNoticeGaps', { ...words, fields }), { updated, unnamed });
  }
  if (longer.length > 0)
    tell('warn', 'notice-periods', say('logNoticePeriods', { periods: longer.join(', ') }), {
      longer,
    });
}

/** Logs one line per subject. If shadow mode is on, the last line is about it. */
export function tellStart(
  terminal: Terminal,
  tell: Tell,
  options: ServeOptions,
  gate: Gate,
  { listening, peers, offers, notice }: Started,
): void {
  const { say } = terminal;
  const { trusted = [], clientLanguage, shadow = false, fittingStatus = false, drain } = options;
  const version = libraryVersion();
  const node = process.versions.node;
  tell('info', 'start', say('logStart', { version, node, platform: process.platform }), {
    version,
    node,
  });
  const who = {
    place: listening,
    peers: peers.join(', '),
    trusted: listed(trusted, say('logNone')),
  };
  tell('info', 'listening', say('logListening', who), {
    listening,
    peers,
    trusted,
    fittingStatus,
    drain,
  });
  tellHeaders(terminal, tell, options);
  tellTable(terminal, tell, gate);
  tellEvidence(terminal, tell, options);
  tellNotice(terminal, tell, options, notice);
  tell(
    'info',
    'offers',
    say('logOffers', { offers: offers.join(', '), language: clientLanguage }),
    {
      offers,
      language: clientLanguage,
    },
  );
  if (shadow) tell('warn', 'shadow', say('logShadow'), { shadow });
}
