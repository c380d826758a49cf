/**
 * Serves the desk as pages: server-rendered HTML for a Fastify application. Who may do what is
 * decided here, once for each route.
 */

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { systemClock } from '../../clock.ts';
import { dayOf } from '../../days.ts';
import { checkOptionNames, detailsOf, PortabilityError, portabilityError } from '../../errors.ts';
import type { Language } from '../../law/reasons.ts';
import * as WEB from '../../messages/web.ts';
import { type Html, html } from '../pages/html.ts';
import {
  act,
  actPage,
  checkedMeans,
  days,
  daysForm,
  type ExportFile,
  exportData,
  exportForm,
} from './act-page.ts';
import { ACTS } from './acts.ts';
import {
  type Agent,
  agentsOfProxy,
  checkedAgents,
  type Identify,
  isSame,
  type OneTimeLinks,
  type Role,
} from './agents.ts';
import { ask, callPage, isOpen } from './call-page.ts';
import { draftFields, find, findPage, identifierForm } from './find-page.ts';
import {
  deskPage,
  fieldOf,
  notice as noticeBox,
  SCRIPT,
  STYLESHEET,
  translator,
} from './layout.ts';
import { journalPage, keptPage, oversightPage, reportPages, runsPage } from './oversight-pages.ts';
import {
  checkMinutes,
  checkOptions,
  type DeskPagesOptions,
  type OwnDeskOptions,
  partsOf,
} from './parts.ts';
import { readRecords } from './records.ts';
import { codePage, countriesPage } from './reference-pages.ts';
import {
  type Call,
  type CookieScope,
  cookieOf,
  noCookie,
  type Session,
  Sessions,
} from './sessions.ts';
import {
  errorNotice,
  isAway,
  type SiteParts,
  statusOf,
  typedIn,
  type Visit,
  valuesOf,
} from './visit.ts';
import { linePage, step, workPage } from './work-pages.ts';

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
/** An export is a page of its own, with its style inside. */
const EXPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const LONGEST_FORM = 65_536;
const MINUTE_MS = 60_000;
type Handler = (visit: Visit) => Promise<string | undefined> | string | undefined;
type Method = 'get' | 'post';

/** The desk of one application. */
class Site {
  readonly #app: FastifyInstance;
  readonly #parts: SiteParts;
  readonly #sessions: Sessions;
  readonly #identify: Identify | undefined;
  readonly #links: OneTimeLinks | undefined;
  readonly #language: Language;
  readonly #isHttps: boolean;

  constructor(app: FastifyInstance, options: DeskPagesOptions | OwnDeskOptions) {
    const { agents, language = 'fr', isHttps = true, sessionMinutes = 30 } = options;
    const { clock = systemClock } = options;
    this.#app = app;
    this.#parts = partsOf(options);
    this.#sessions = new Sessions(checkMinutes(sessionMinutes) * MINUTE_MS, clock);
    this.#language = language;
    this.#isHttps = isHttps;
    if (typeof agents === 'function') this.#identify = checkedAgents(agents);
    else if (typeof agents !== 'object' || agents === null) throw portabilityError(WEB.deskAgents);
    else if ('create' in agents) this.#links = agents;
    else {
      checkOptionNames(agents, ['peers', 'agentHeader', 'groupsHeader', 'groups'], 'ERR_ARGUMENT');
      if (!Array.isArray(agents.peers)) throw portabilityError(WEB.deskAgents);
      this.#identify = agentsOfProxy(agents);
    }
    const ending = setInterval(() => this.#sessions.dropEnded(), MINUTE_MS);
    ending.unref();
    app.addHook('onClose', async () => clearInterval(ending));
  }

  get #scope(): CookieScope {
    return { path: this.base === '' ? '/' : this.base, isSecure: this.#isHttps };
  }

  get base(): string {
    return this.#app.prefix.replace(/\/$/, '');
  }

  /** Adds a page for agents of a role. */
  add(method: Method, path: string, role: Role | readonly Role[], handler: Handler): void {
    const roles = [role].flat();
    this.#app[method](path, (request, reply) => this.#serve(request, reply, roles, handler));
  }

  /** Adds a page that needs no role. */
  addOpen(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => unknown): void {
    this.#app.get(path, { exposeHeadRoute: false }, handler);
  }

  /** Opens a session with the secret of a one-time link. */
  enter(request: FastifyRequest, reply: FastifyReply): unknown {
    const { key = '' } = request.query as { readonly key?: unknown };
    const links = this.#links;
    if (links === undefined || typeof key !== 'string' || !links.use(key))
      return this.#closed(request, reply);
    this.#start(reply, links.agent, true);
    return reply.redirect(`${this.base}/`, 303);
  }

  #start(reply: FastifyReply, agent: Agent, isOwn: boolean): Session {
    const session = this.#sessions.create(agent.name, this.#language, isOwn);
    reply.header('set-cookie', cookieOf(session, this.#scope));
    return session;
  }

  /** Returns the agent of a request, and the session if there is one. */
  #who(request: FastifyRequest): { agent: Agent | undefined; session: Session | undefined } {
    const session = this.#sessions.find(request.headers.cookie);
    if (this.#links !== undefined) {
      const isOwn = session?.isOwn === true;
      return { agent: isOwn ? this.#links.agent : undefined, session: isOwn ? session : undefined };
    }
    const agent = this.#identify!(request.raw as IncomingMessage);
    // A browser that passes to another agent does not take the calls along.
    return { agent, session: session?.agent === agent?.name ? session : undefined };
  }

  async #serve(
    request: FastifyRequest,
    reply: FastifyReply,
    roles: readonly Role[],
    handler: Handler,
  ): Promise<unknown> {
    const isPost = request.method === 'POST';
    const { agent, session: known } = this.#who(request);
    if (agent === undefined) return this.#closed(request, reply);
    const isAllowed = roles.some(role => agent.roles.includes(role));
    if (known === undefined) {
      if (!isAllowed) return this.#unknownRole(request, reply);
      if (!isPost && isFromElsewhere(request)) return this.#again(request, reply);
    }
    const session = known ?? this.#start(reply, agent, false);
    const visit = this.#visit(request, reply, agent, session);
    if (!isAllowed) return this.#noRole(visit);
    if (isPost && !isSame(fieldOf(visit.values, 'token'), session.token)) return this.ended(visit);
    try {
      const text = await handler(visit);
      if (text === undefined) return reply;
      return reply.type('text/html; charset=utf-8').send(text);
    } catch (error) {
      return this.#failed(visit, error);
    }
  }

  #visit(request: FastifyRequest, reply: FastifyReply, agent: Agent, session: Session): Visit {
    const { language } = session;
    const t = translator(language);
    const { base } = this;
    const path = request.method === 'GET' ? request.url.split('?', 1)[0]! : `${base}/`;
    const may = (role: Role): boolean => agent.roles.includes(role);
    const link = (href: string, text: string) => ({
      href: `${base}${href}`,
      text,
      isCurrent: path === `${base}${href}`,
    });
    const links = [
      ...(may('read')
        ? [link('/', t('Find', 'Rechercher')), link('/tasks', t('Work lists', 'À faire'))]
        : []),
      link('/countries', t('Countries', 'Pays')),
      ...(may('oversight') ? [link('/oversight', t('Oversight', 'Contrôle'))] : []),
    ];
    const frame = { language, base, agent: agent.name, token: session.token, path, links };
    return {
      site: this.#parts,
      base,
      request,
      reply,
      session,
      desk: this.#parts.deskOf(agent.name),
      language,
      t,
      terminal: this.#parts.terminalOf(language),
      today: dayOf(this.#parts.clock()),
      values: valuesOf(request.body),
      may,
      page: (title, main) => deskPage(frame, title, main),
    };
  }

  /** Answers without an agent: the words are those of a new session. */
  #plain(reply: FastifyReply, status: number, title: string, main: Html): FastifyReply {
    const frame = {
      language: this.#language,
      base: this.base,
      agent: undefined,
      token: undefined,
      path: `${this.base}/`,
      links: [],
    };
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .send(deskPage(frame, title, html`<h1>${title}</h1>${main}`));
  }

  /**
   * Asks the browser to come again. A link on another site comes without the cookie of a session
   * that may be there: a new one would take its place.
   */
  #again(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const t = translator(this.#language);
    const title = t('One moment', 'Un instant');
    reply.header('refresh', '0');
    return this.#plain(
      reply,
      200,
      title,
      html`<p><a href="${request.url}">${t('Continue', 'Continuer')}</a></p>`,
    );
  }

  /** Says that an agent has no role for the page, without a session. */
  #unknownRole(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const t = translator(this.#language);
    return this.#plain(
      reply,
      403,
      t('Not allowed for your role', 'Opération non autorisée'),
      html`<p>${noRoleText(t)}</p>${handedBack(t, request)}`,
    );
  }

  /** Refuses a form of another site. */
  refuse(reply: FastifyReply): FastifyReply {
    const t = translator(this.#language);
    return this.#plain(
      reply,
      403,
      t('Refused', 'Refusé'),
      html`<p>${t('This form was not sent from a page of the desk. Nothing was done.', 'Ce formulaire n’a pas été envoyé depuis une page du poste d’assistance. Rien n’a été fait.')}</p>`,
    );
  }

  /** Says that the agent is not known, and hands back what was typed. */
  #closed(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const t = translator(this.#language);
    const what =
      this.#links === undefined
        ? t(
            'The desk does not know who you are. Sign in again where your company signs you in; if this page comes back, tell the technical team.',
            'Le poste d’assistance ne sait pas qui vous êtes. Reconnectez-vous au portail de votre entreprise ; si cette page revient, prévenez l’équipe technique.',
          )
        : t(
            'Your session has ended, or the link was used before. Press Enter in the window where the desk was started: it shows a new link.',
            'Votre session est terminée, ou le lien a déjà servi. Appuyez sur Entrée dans la fenêtre où le poste a été démarré : un nouveau lien s’affiche.',
          );
    return this.#plain(
      reply,
      401,
      t('Session ended', 'Session terminée'),
      html`<p>${what}</p>${handedBack(t, request)}`,
    );
  }

  /** Answers a request that no page is for, or that cannot be read. */
  unread(reply: FastifyReply, status: number): FastifyReply {
    const t = translator(this.#language);
    const title = status === 404 ? t('No such page', 'Page introuvable') : t('Refused', 'Refusé');
    return this.#plain(
      reply,
      status,
      title,
      html`<p>${t('Nothing was done.', 'Rien n’a été fait.')} <a href="${this.base}/">${t('To the first page', 'Retour à la première page')}</a></p>`,
    );
  }

  #noRole(visit: Visit): FastifyReply {
    const { t, reply, request } = visit;
    return reply
      .code(403)
      .type('text/html; charset=utf-8')
      .send(
        visit.page(
          t('Not allowed for your role', 'Opération non autorisée'),
          html`<h1>${t('Not allowed for your role', 'Opération non autorisée')}</h1><p>${noRoleText(t)}</p>${handedBack(t, request)}`,
        ),
      );
  }

  #failed(visit: Visit, error: unknown): FastifyReply {
    const { t, reply, request } = visit;
    const { code, system } =
      error instanceof PortabilityError
        ? { code: error.code, system: detailsOf(error).system }
        : { code: 'ERR_UNEXPECTED', system: undefined };
    request.log.error({ event: 'desk-failed', code, system }, 'a page of the desk failed');
    const title = t('This did not work', 'L’opération a échoué');
    return reply
      .code(statusOf(error))
      .type('text/html; charset=utf-8')
      .send(
        visit.page(
          title,
          html`<h1>${title}</h1>${errorNotice(error, visit)}${sendAgain(visit, error)}${handedBack(t, request)}`,
        ),
      );
  }

  /** Says that a session or a call has ended, and carries along what was typed. */
  ended(visit: Visit): FastifyReply {
    const { t, reply, request, values } = visit;
    reply.code(409).type('text/html; charset=utf-8');
    if (request.routeOptions.url?.endsWith('/find') === true)
      return reply.send(findPage(visit, portabilityError(WEB.sessionEnded)));
    const title = t('The call has ended', 'L’appel est terminé');
    const draft = actIn(visit);
    const typed = typedIn(values);
    const more = html`${(values['number'] ?? []).map(
      number => html`<input type="hidden" name="number" value="${number}">`,
    )}${draft === undefined || typed.length === 0 ? '' : draftFields(draft, typed)}`;
    const rest =
      draft === undefined
        ? handedBack(t, request)
        : html`<p>${t('What you typed comes back once you have typed the identifier again.', 'Votre saisie reviendra dès que vous aurez retapé l’identifiant.')}</p>`;
    return reply.send(
      visit.page(
        title,
        html`<h1>${title}</h1>
${noticeBox('error', t('The session or the call has ended, and the identifier was forgotten. Nothing was done.', 'La session ou l’appel est terminé et l’identifiant a été oublié. Rien n’a été fait.'))}
${typed.length === 0 ? '' : rest}
${
  visit.may('read')
    ? identifierForm(visit, {
        label: t('Identifier of the subscriber', 'Identifiant de l’abonné'),
        more,
        values: {},
      })
    : ''
}`,
      ),
    );
  }

  leave(visit: Visit): FastifyReply {
    const { session, reply, t } = visit;
    this.#sessions.end(session);
    reply.header('clear-site-data', '"cache"').header('set-cookie', noCookie(this.#scope));
    return this.#plain(
      reply,
      200,
      t('Goodbye', 'Au revoir'),
      html`<p>${t('The session has ended, and everything about the calls was forgotten.', 'La session est terminée et tout ce qui concernait les appels a été oublié.')}</p>`,
    );
  }
}

const noRoleText = (t: Visit['t']): string =>
  t(
    'Your role does not allow this. Nothing was done. Ask a colleague who has it, or your supervisor.',
    'Votre profil n’autorise pas cette opération. Rien n’a été fait. Adressez-vous à un collègue habilité ou à votre responsable.',
  );

/** Whether a browser says that a page of another origin sent a request. */
function isFromElsewhere({ headers }: FastifyRequest): boolean {
  const from = headers['sec-fetch-site'];
  return from !== undefined && from !== 'same-origin' && from !== 'none';
}

/** Returns a form that sends again what was typed, if the ledger was away. */
function sendAgain({ t, request, values }: Visit, error: unknown): Html {
  if (request.method !== 'POST' || !isAway(error)) return html``;
  const fields = Object.entries(values).flatMap(([name, list = []]) =>
    list.map(value => html`<input type="hidden" name="${name}" value="${value}">`),
  );
  return html`<form method="post" action="${request.url}">${fields}<p><button type="submit">${t('Send again', 'Renvoyer')}</button></p></form>`;
}

/** Shows what was typed into a form that was refused, so that it can be copied. */
function handedBack(t: Visit['t'], request: FastifyRequest): Html {
  const typed = typedIn(valuesOf(request.body)).filter(
    ([name, list]) => name !== 'identifier' && list.some(value => value !== ''),
  );
  if (typed.length === 0) return html``;
  return html`<h2>${t('What you typed', 'Votre saisie')}</h2><ul>${typed.map(
    ([, list]) => html`<li>${list.join(', ')}</li>`,
  )}</ul>`;
}

/** Returns the act whose form a request has sent. */
function actIn({ request }: Visit): string | undefined {
  const { act: name } = request.params as { readonly act?: string };
  if (name !== undefined) return name;
  return request.url.endsWith('/ask') ? 'ask' : undefined;
}

const textParam = (visit: Visit, name: string): string =>
  (visit.request.params as Readonly<Record<string, string>>)[name] ?? '';

/** Adds the pages of one call. */
function addCall(site: Site): void {
  const withCall =
    (
      handler: (visit: Visit, call: Call) => Promise<string | undefined> | string | undefined,
    ): Handler =>
    visit => {
      const call = visit.session.calls.get(textParam(visit, 'call'));
      if (call === undefined) {
        site.ended(visit);
        return undefined;
      }
      return handler(visit, call);
    };
  const withAct = (
    handler: (
      visit: Visit,
      call: Call,
      asked: (typeof ACTS)[number],
    ) => Promise<string | undefined>,
  ): Handler =>
    withCall(async (visit, call) => {
      const asked = ACTS.find(({ name }) => name === textParam(visit, 'act'));
      if (asked === undefined) throw portabilityError(WEB.pageUnknown);
      const { view } = await readRecords(visit, call);
      if (!visit.may(asked.role)) throw portabilityError(WEB.roleMissing);
      // A second click on the button of a form finds the records changed by the first.
      const isForm = visit.request.method === 'GET';
      if (isForm && !isOpen(visit, asked, view)) throw portabilityError(WEB.actClosed);
      return handler(visit, call, asked);
    });
  site.add('get', '/call/:call', 'read', withCall(callPage));
  site.add('post', '/call/:call/ask', 'read', withCall(ask));
  site.add(
    'post',
    '/call/:call/end',
    'read',
    withCall(({ session, reply, base, t }, { id }) => {
      session.calls.delete(id);
      const text = t(
        'The call has ended, and the identifier was forgotten.',
        'L’appel est terminé et l’identifiant a été oublié.',
      );
      session.done = { path: '/', text };
      reply.header('clear-site-data', '"cache"').redirect(`${base}/`, 303);
      return undefined;
    }),
  );
  site.add('get', '/call/:call/act/:act', 'act', withAct(actPage));
  site.add('post', '/call/:call/act/:act', 'act', withAct(act));
  site.add('post', '/call/:call/act/verification/check', 'act', visit => {
    visit.reply.type('text/plain; charset=utf-8').send(checkedMeans(visit));
    return undefined;
  });
  site.add('get', '/call/:call/days', 'act', withCall(daysForm));
  site.add('post', '/call/:call/days', 'act', withCall(days));
  site.add('get', '/call/:call/export', 'act', withCall(exportForm));
  site.add(
    'post',
    '/call/:call/export',
    'act',
    withCall((visit, call) => exportData(visit, call, file => deliver(visit.reply, file))),
  );
}

/** Sends a file, and resolves once all of it was handed to the connection. */
async function deliver(reply: FastifyReply, { type, name, text }: ExportFile): Promise<void> {
  if (reply.raw.destroyed) throw new Error('the browser is gone');
  const sent = new Promise<boolean>(resolve => {
    reply.raw.once('finish', () => resolve(true)).once('close', () => resolve(false));
  });
  const isPage = type.startsWith('text/html');
  reply
    .header('content-disposition', `${isPage ? 'inline' : 'attachment'}; filename="${name}"`)
    .type(type)
    .send(text);
  if (!(await sent)) throw new Error('the browser is gone');
}

function addPages(site: Site): void {
  site.add('get', '/', 'read', visit => findPage(visit));
  site.add('post', '/find', 'read', find);
  site.add('get', '/code/:code', ['read', 'oversight'], visit => {
    const text = codePage(visit, textParam(visit, 'code'));
    if (text === undefined) throw portabilityError(WEB.pageUnknown);
    return text;
  });
  site.add('get', '/countries', ['read', 'oversight'], countriesPage);
  site.add('get', '/tasks', 'read', workPage);
  site.add('get', '/tasks/:number', 'read', visit => linePage(visit, textParam(visit, 'number')));
  site.add('post', '/tasks/:number', 'act', visit => step(visit, textParam(visit, 'number')));
  site.add('get', '/oversight', 'oversight', oversightPage);
  site.add('get', '/journal', 'oversight', journalPage);
  site.add('post', '/journal', 'oversight', journalPage);
  site.add('get', '/kept', 'oversight', keptPage);
  site.add('get', '/runs', 'oversight', runsPage);
  site.add('get', '/report', 'oversight', reportPages);
  site.add('post', '/session', ['read', 'oversight'], visit => {
    const { values, session, reply, base } = visit;
    if (fieldOf(values, 'leave') !== '') {
      site.leave(visit);
      return undefined;
    }
    session.language = fieldOf(values, 'language') === 'en' ? 'en' : 'fr';
    reply.redirect(pathBelow(base, fieldOf(values, 'path')) ?? `${base}/oversight`, 303);
    return undefined;
  });
}

/** Returns a path if it is one of this desk, so that no form leads elsewhere. */
const pathBelow = (base: string, path: string): string | undefined =>
  path.startsWith(`${base}/`) && /^(?:\/[\w.-]*)+$/.test(path) && !path.includes('//')
    ? path
    : undefined;

/** Returns the pages as a plugin, also for agents who come by a one-time link. */
export function deskPages(options: DeskPagesOptions | OwnDeskOptions): FastifyPluginAsync {
  checkOptions(options);
  return async app => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: LONGEST_FORM },
      (_request, body, done) => done(null, body),
    );
    app.addHook('onSend', async (_request, reply) => {
      const type = String(reply.getHeader('content-disposition') ?? '');
      reply.headers(SECURITY_HEADERS);
      if (type !== '') reply.header('content-security-policy', EXPORT_POLICY);
    });
    const site = new Site(app, options);
    // Before the form is read.
    app.addHook('onRequest', async (request, reply) => {
      if (request.method === 'POST' && isFromElsewhere(request)) return site.refuse(reply);
      return undefined;
    });
    app.setErrorHandler(({ statusCode = 500 }: { readonly statusCode?: number }, _request, reply) =>
      site.unread(reply, statusCode),
    );
    site.addOpen('/*', (_request, reply) => site.unread(reply, 404));
    site.addOpen('/desk.css', (_request, reply) =>
      reply.type('text/css; charset=utf-8').send(STYLESHEET),
    );
    site.addOpen('/desk.js', (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').send(SCRIPT),
    );
    site.addOpen('/enter', (request, reply) => site.enter(request, reply));
    addPages(site);
    addCall(site);
  };
}
