/** The pages of a desk in an application of Fastify, and agents who use them as a browser does. */

import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { createDesk, type DeskPagesOptions } from '../../src/cli/web/desk-page.ts';
import { memoryLedger } from '../../src/entry/ledger.ts';
import { type DeskSetUp, deskOn } from './desk.ts';
import { table } from './gate.ts';

export const ALL_GROUPS = 'desk-read,desk-act,desk-erase,desk-oversight';

export interface PagesSetUp extends DeskSetUp {
  readonly app: FastifyInstance;
  /** An agent behind the proxy. */
  agent(name: string, groups?: string): AgentBrowser;
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

/** A page as an agent got it. */
export interface Shown {
  readonly status: number;
  readonly path: string;
  readonly text: string;
  readonly headers: LightMyRequestResponse['headers'];
}

const entityOf: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};
const plain = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, e => entityOf[e]!);

/** Returns the hidden fields of the form that sends to a path. */
export function hiddenIn(text: string, action: string): Record<string, string> {
  const form = text
    .split('<form')
    .find(each => new RegExp(`action="${action}(?:#\\w+)?"`).test(each.split('>', 1)[0]!));
  const fields = (form ?? '').split('</form>')[0]!.matchAll(/<input type="hidden"([^>]*)>/g);
  return Object.fromEntries(
    [...fields].map(([, attributes]) => {
      const [, name] = /name="([^"]*)"/.exec(attributes!)!;
      const [, value] = /value="([^"]*)"/.exec(attributes!)!;
      return [plain(name!), plain(value!)];
    }),
  );
}

/** Sends requests with the cookie that it was given, as one tab after another of one browser does. */
export class AgentBrowser {
  readonly #app: FastifyInstance;
  headers: Record<string, string>;
  cookie: string | undefined;
  last: Shown = { status: 0, path: '', text: '', headers: {} };

  constructor(app: FastifyInstance, headers: Record<string, string>) {
    this.#app = app;
    this.headers = headers;
  }

  async request(method: 'GET' | 'POST', url: string, payload?: string): Promise<Shown> {
    const answer = await this.#app.inject({
      method,
      url,
      headers: {
        ...this.headers,
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...(payload !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(payload !== undefined && { payload }),
    });
    const set = answer.headers['set-cookie'];
    if (set !== undefined) this.cookie = String(set).split(';', 1)[0];
    const { location } = answer.headers;
    if (answer.statusCode === 303) return this.open(String(location).split('#', 1)[0]!);
    this.last = {
      status: answer.statusCode,
      path: url,
      // As a person reads it.
      text: answer.body.replaceAll('\u00a0', ' '),
      headers: answer.headers,
    };
    return this.last;
  }

  open(path: string): Promise<Shown> {
    return this.request('GET', path);
  }

  /** Fills in the form of the last page that sends to a path, and sends it. */
  send(
    action: string,
    fields: Fields = {},
    hidden = hiddenIn(this.last.text, action),
  ): Promise<Shown> {
    const params = new URLSearchParams(hidden);
    for (const [name, value] of Object.entries(fields))
      for (const each of [value].flat()) params.append(name, each);
    return this.request('POST', action, params.toString());
  }

  /** Opens the file of a subscriber; returns the path of the call. */
  async find(identifier: string, fields: Fields = {}): Promise<string> {
    await this.open('/');
    const { path } = await this.send('/find', { identifier, reason: 'support-call', ...fields });
    return path;
  }

  /** Fills in the form of an act for a call. */
  async act(call: string, name: string, fields: Fields): Promise<Shown> {
    await this.open(`${call}/act/${name}`);
    return this.send(`${call}/act/${name}`, { reason: 'support-call', reference: '', ...fields });
  }
}

/** Opens a desk as pages on a memory ledger, on a clock that the test sets. */
export async function pagesOn(
  day = '2026-11-22',
  options: Partial<DeskPagesOptions> = {},
): Promise<PagesSetUp> {
  const setUp = await deskOn(async () => memoryLedger(), day);
  const { ledger, keyring, time } = setUp;
  const app = fastify();
  await app.register(
    createDesk({
      ledger,
      keyring,
      table,
      agents: { peers: ['loopback'] },
      clock: () => time.now,
      ...options,
    }),
  );
  return {
    ...setUp,
    app,
    agent: (name, groups = ALL_GROUPS) =>
      new AgentBrowser(app, { 'remote-user': name, 'remote-groups': groups }),
    close: async () => {
      await app.close();
      await setUp.close();
    },
  };
}
