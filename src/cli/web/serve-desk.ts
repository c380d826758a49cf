/** Implements `desk`: serves the pages of the support desk until a stop signal. */

import { createInterface } from 'node:readline';
import type { FastifyInstance } from 'fastify';
import { readNotice, readOffers, readWaivers } from '../../config/operator-files.ts';
import { named, namedLater } from '../../config/option-at-fault.ts';
import { portabilityError } from '../../errors.ts';
import type { ZoneTable } from '../../geo/zone-table.ts';
import type { DossierEvent } from '../../law/dossier.ts';
import type { OfferChoices } from '../../law/offer.ts';
import type { Language } from '../../law/reasons.ts';
import * as WEB from '../../messages/web.ts';
import type { SecondAgentOperation } from '../../subjects/second-agent.ts';
import { type DeskLocations, periodsOf, systemUser } from '../desk/open-desk.ts';
import { withEvidence } from '../evidence/open-stores.ts';
import { reloadOnHangup } from '../reload-on-sighup.ts';
import { listen, type Place, parsePlace, untilStopped } from '../serve/listen.ts';
import { type LogFormat, openLog } from '../serve/log.ts';
import { loadTable, type Terminal } from '../terminal.ts';
import { agentsOfProxy, OneTimeLinks, type Role } from './agents.ts';
import { deskPages } from './site.ts';

export interface DeskCommandOptions extends DeskLocations {
  readonly listen: string;
  readonly socket?: string;
  readonly peer?: readonly string[];
  readonly agentHeader: string;
  readonly groupsHeader: string;
  readonly group?: Partial<Readonly<Record<Role, string>>>;
  readonly base: string;
  readonly offers?: string | Readonly<Record<string, OfferChoices>>;
  readonly waivers?: string | readonly DossierEvent[];
  readonly editions?: string;
  readonly timeZone: string;
  readonly sessionMinutes: number;
  readonly clientLanguage: Language;
  readonly logFormat: LogFormat;
}

async function loadFastify() {
  return import('fastify').catch(() => {
    throw portabilityError(WEB.deskPackage);
  });
}

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/** Returns where to listen, and the peers that name the agents; none for a desk of one's own. */
function placeOf({ listen: address, socket, peer }: DeskCommandOptions): {
  readonly place: Place;
  readonly peers: readonly string[] | undefined;
} {
  if (socket !== undefined) return { place: { path: socket }, peers: peer ?? ['unix'] };
  const place = parsePlace(address);
  if (peer !== undefined) return { place, peers: peer };
  if ('host' in place && !LOOPBACK.includes(place.host))
    throw portabilityError(WEB.deskLoopback, { option: '--listen', value: address });
  return { place, peers: undefined };
}

/** Checks the path below which a proxy shows the desk, and returns it without a slash at the end. */
function checkBase(base: string): string {
  const path = base.replace(/\/$/, '');
  if (/^(?:\/[\w.-]+)*$/.test(path)) return path;
  throw portabilityError(WEB.deskBase, { option: '--base', value: base });
}

/**
 * Refuses requests by another name than this machine's: a page elsewhere whose name was pointed at
 * this machine (DNS rebinding) gets nothing.
 */
function addHostCheck(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const host = request.hostname.replace(/^\[|\]$/g, '');
    if (!LOOPBACK.includes(host)) await reply.code(421).send();
  });
}

/** Prints a link, and a new one for each line on standard input. */
function printLinks(terminal: Terminal, links: OneTimeLinks, origin: string): { stop(): void } {
  const print = (): void => {
    const url = `${origin}/enter?key=${links.create()}`;
    if (terminal.json) terminal.print(JSON.stringify({ link: url }));
    else terminal.print(terminal.say('deskLink', { url }));
  };
  print();
  const lines = createInterface({ input: terminal.streams.stdin });
  lines.on('line', print);
  return { stop: () => lines.close() };
}

export async function desk(terminal: Terminal, options: DeskCommandOptions): Promise<number> {
  const { place, peers } = placeOf(options);
  const base = checkBase(options.base);
  const tell = openLog(options.logFormat, terminal.streams);
  const { fastify } = await loadFastify();
  const offers = await readOffers(options.offers);
  const waivers = await readWaivers(options.waivers);
  const notice = await readNotice(options.notice);
  const links = peers === undefined ? new OneTimeLinks(options.agent ?? systemUser()) : undefined;
  const agents =
    links ??
    named({ option: '--peer' }, () =>
      agentsOfProxy({
        peers: peers!,
        agentHeader: options.agentHeader,
        groupsHeader: options.groupsHeader,
        groups: options.group,
      }),
    );
  let table = await loadTable(terminal);
  const holder = {
    get table() {
      return table;
    },
    replaceTable: (next: ZoneTable) => {
      table = next;
    },
  };
  const serve = async (
    ledger: Parameters<Parameters<typeof withEvidence>[1]>[0],
    keyring: Parameters<Parameters<typeof withEvidence>[1]>[1],
  ): Promise<number> => {
    const app = fastify({ forceCloseConnections: 'idle' });
    app.addHook('onResponse', async ({ routeOptions: { url = '' } }, { statusCode: status }) => {
      if (status < 500) return;
      const words = { page: url, status: String(status) };
      tell('error', 'desk-failed', terminal.say('deskFailed', words), { page: url, status });
    });
    if (links !== undefined) addHostCheck(app as unknown as FastifyInstance);
    const pages = deskPages({
      ledger,
      keyring,
      table: () => table,
      agents: agents as never,
      offers,
      waivers,
      notice,
      editions: options.editions,
      periods: periodsOf(terminal),
      secondAgent: options.secondAgent as readonly SecondAgentOperation[] | undefined,
      language: options.clientLanguage,
      timeZone: options.timeZone,
      sessionMinutes: options.sessionMinutes,
      isHttps: links === undefined,
    });
    await app.register(pages, { prefix: base });
    const reload = reloadOnHangup(terminal, holder, { tell });
    let linking: { stop(): void } | undefined;
    const stopped = untilStopped(app as never, {
      drainMs: 0,
      signals: process,
      onStop: () => {
        tell('info', 'stopping', terminal.say('deskStopping'));
        reload.stop();
        linking?.stop();
      },
    });
    const listening = await listen(app as never, place);
    tell('info', 'listening', terminal.say('deskListening', { place: listening }), { listening });
    if (links === undefined)
      terminal.print(
        terminal.json
          ? JSON.stringify({ listening })
          : terminal.say('deskListening', { place: listening }),
      );
    else linking = printLinks(terminal, links, `${listening}${base}`);
    await stopped;
    return 0;
  };
  return namedLater({}, () => withEvidence(options, serve));
}
