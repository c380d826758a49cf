import { afterEach, describe, expect, it } from 'vitest';
import { ACTS } from '../../../src/cli/web/acts.ts';
import { THEN } from '../../../src/cli/web/sentences.ts';
import { explain, REASONS } from '../../../src/law/reasons.ts';
import { checkMeans, MEANS, OCCASIONS } from '../../../src/law/residence.ts';
import { CALL, CLAIM, LONDON, SPAIN, VERIFIED_CONTRACT } from '../../support/desk.ts';
import { type AgentBrowser, hiddenIn, type PagesSetUp, pagesOn } from '../../support/desk-pages.ts';

const WHO = 'subscriber-c7d1';
let pages: PagesSetUp;
afterEach(() => pages.close());

const journalOf = async ({ ledger }: PagesSetUp): Promise<string[]> => {
  const rows = await ledger.personRecords.journalAfter(0, 1000);
  return rows.map(({ operator, action, reason }) => `${operator} ${action} ${reason}`);
};

async function recordContract({ desk }: PagesSetUp): Promise<void> {
  for (const event of VERIFIED_CONTRACT) await desk.record(WHO, CALL, event);
}

const ask = (agent: AgentBrowser, call: string, address: string) =>
  agent.send(`${call}/ask`, { address });

describe('a call', () => {
  it('finds a subscriber, answers which address, and says the sentence and the article', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    expect(call).toMatch(/^\/call\/[\w-]{12}$/);
    expect(agent.last.text).toContain('résidence vérifiée');
    const { text } = await ask(agent, call, SPAIN);
    expect(text).toContain(explain('temporarily-abroad', 'fr'));
    expect(text).toContain('LP-14');
    expect(text).toContain('art. 3, § 1');
  });

  it('enters each look in the journal under the name and the reason, once for each state', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte', 'desk-act');
    const call = await agent.find(WHO, { reason: 'residence-verification' });
    await agent.open(call);
    await ask(agent, call, SPAIN);
    expect(await journalOf(pages)).toEqual(['Brigitte show residence-verification']);
    await pages.desk.record(WHO, CALL, VERIFIED_CONTRACT[0]!);
    await agent.open(call);
    expect((await journalOf(pages)).at(-1)).toBe('Brigitte show residence-verification');
    expect(await journalOf(pages)).toHaveLength(3);
  });

  it('asks for another address where the caller read out a private one', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    await recordContract(pages);
    const { text } = await ask(agent, call, '192.168.1.1');
    expect(text).toContain('Cette adresse n’est pas votre adresse publique');
    expect(text).toContain('adresse IP publique');
  });

  it('keeps what was typed where it is not an address', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const { status, text } = await ask(agent, call, '12.34');
    expect(status).toBe(400);
    expect(text).toContain('role="alert"');
    expect(text).toContain('value="12.34"');
  });

  it('leads from a code and from the number of a request to their pages', async () => {
    pages = await pagesOn();
    const { id } = await pages.desk.openRequest(WHO, CALL, 'access', '2026-11-20');
    const agent = pages.agent('Brigitte');
    await agent.find('lp12');
    expect(agent.last.path).toBe('/code/outside-eea');
    expect(agent.last.text).toContain('LP-12');
    await agent.find(id.toLowerCase());
    expect(agent.last.path).toBe(`/tasks/${id}`);
  });

  it('opens the file of a line of a work list for its own subscriber only', async () => {
    pages = await pagesOn();
    const { id } = await pages.desk.openRequest(WHO, CALL, 'access', '2026-11-20');
    const agent = pages.agent('Brigitte');
    await agent.open(`/tasks/${id}`);
    const wrong = await agent.send('/find', {
      identifier: 'somebody-else',
      reason: 'support-call',
    });
    expect(wrong.status).toBe(409);
    await agent.open(`/tasks/${id}`);
    const right = await agent.send('/find', { identifier: WHO, reason: 'support-call' });
    expect(right.path).toMatch(/^\/call\//);
  });

  it('answers in English where the agent chose it', async () => {
    pages = await pagesOn();
    const agent = pages.agent('Brigitte');
    await agent.open('/');
    await agent.send('/session', { language: 'en' });
    expect(agent.last.text).toContain('<html lang="en">');
    await agent.open('/countries');
    for (const [path, back] of [
      ['/countries', '/countries'],
      ['//elsewhere.example/', undefined],
      ['https://elsewhere.example', undefined],
    ] as const) {
      const token = hiddenIn(agent.last.text, '/session')['token']!;
      const { path: shown } = await agent.send('/session', { language: 'en' }, { token, path });
      expect(shown).toBe(back ?? '/oversight');
    }
    const call = await agent.find(WHO);
    expect((await ask(agent, call, LONDON)).text).toContain(explain('no-contract', 'en'));
  });
});

describe('acts', () => {
  it('verify the residence, and say what the standing is now', async () => {
    pages = await pagesOn();
    await pages.desk.record(WHO, CALL, VERIFIED_CONTRACT[0]!);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    expect((await ask(agent, call, SPAIN)).text).toContain('LP-19');
    const done = await agent.act(call, 'verification', {
      'means[]': ['a', 'k'],
      occasion: 'conclusion',
      outcome: 'home',
      by: 'provider',
      on: '22/11/2026',
    });
    expect(done.path).toBe(call);
    expect(done.text).toContain('Situation ce jour : résidence vérifiée');
    const { dossier } = await pages.desk.show(WHO, CALL);
    expect(dossier.events.at(-1)).toMatchObject({ means: ['a', 'k'], on: '2026-11-22' });
  });

  it('apply the rule of Art. 5 while means are chosen, as the law does for every set', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const path = `${call}/act/verification`;
    await agent.open(path);
    const hidden = hiddenIn(agent.last.text, path);
    const sets = MEANS.flatMap((first, index) => [
      [first],
      ...MEANS.slice(index + 1).map(second => [first, second]),
    ]);
    let valid = 0;
    for (const occasion of OCCASIONS)
      for (const means of sets) {
        const { text } = await agent.send(`${path}/check`, { 'means[]': means, occasion }, hidden);
        const isValid = checkMeans(means, { occasion }).valid;
        expect([means, occasion, text.includes('suffisent à')]).toEqual([means, occasion, isValid]);
        if (isValid && occasion === 'conclusion') valid++;
      }
    expect(valid).toBe(60);
  });

  it('say why a set of means is not enough, and keep what is ticked', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const fields = {
      'means[]': ['i', 'j'],
      occasion: 'renewal',
      outcome: 'home',
      by: 'provider',
      on: '22/11/2026',
    };
    const { status, text } = await agent.act(call, 'verification', fields);
    expect(status).toBe(409);
    expect(text).toMatch(/id="field-means-i"[^>]* checked/);
    expect(text).toContain('ne comptent qu’avec un moyen');
  });

  it('ask for the number of cards before an erasure, and do nothing without it', async () => {
    pages = await pagesOn();
    await pages.visit(WHO, SPAIN);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const refused = await agent.act(call, 'erasure', { typed: '7', reason: 'erasure-request' });
    expect(refused.status).toBe(400);
    expect((await pages.ledger.months())[0]!.cards).toBe(1);
    const done = await agent.act(call, 'erasure', { typed: '1', reason: 'erasure-request' });
    expect(done.text).toContain('fiches mensuelles effacées : 1');
    expect(await pages.ledger.months()).toEqual([]);
  });

  it('refuse an erasure under a hold, and keep the request open', async () => {
    pages = await pagesOn();
    await pages.desk.hold(WHO, CLAIM, 'legal-claim', '2027-01-01');
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const { status } = await agent.act(call, 'erasure', { typed: '0', reason: 'erasure-request' });
    expect(status).toBe(409);
    const open = await pages.desk.requests(true);
    expect(open.map(({ kind }) => kind)).toEqual(['erasure']);
    const journal = await journalOf(pages);
    const at = journal.indexOf('Brigitte erase erasure-request');
    expect(journal[at + 1]).toBe('Brigitte refused erasure-request');
  });

  it('are refused once somebody else has changed the records, and hand back what was typed', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const path = `${call}/act/exception`;
    await agent.open(path);
    await pages.desk.restrict(WHO, CALL, 'restriction');
    const fields = {
      why: 'imposed-tunnel',
      until: '28/11/2026',
      reason: 'support-call',
      reference: 'T-77',
    };
    const { status, text } = await agent.send(path, fields);
    expect(status).toBe(409);
    expect(text).toContain('modifié ce dossier entre-temps');
    expect(text).toContain('value="T-77"');
    expect((await pages.desk.show(WHO, CALL)).exception).toBeUndefined();
    expect((await agent.send(path, fields)).path).toBe(call);
    expect((await pages.desk.show(WHO, CALL)).exception?.until).toBe('2026-11-28');
  });

  it('say that the ledger is away, and hand back what was typed', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const path = `${call}/act/exception`;
    await agent.open(path);
    const { personRecords } = pages.ledger;
    const put = personRecords.put;
    (personRecords as { put: unknown }).put = () => Promise.reject(new Error('away'));
    const fields = {
      why: 'imposed-tunnel',
      until: '28/11/2026',
      reason: 'support-call',
      reference: 'T-77',
    };
    const { status, text } = await agent.send(path, fields);
    expect(status).toBe(500);
    expect(text).toContain('value="T-77"');
    (personRecords as { put: unknown }).put = put;
    expect((await agent.send(path, fields)).path).toBe(call);
  });

  it('hand over the data, and answer the request', async () => {
    pages = await pagesOn();
    const { id } = await pages.desk.openRequest(WHO, CALL, 'access', '2026-11-20');
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    await agent.open(`${call}/export`);
    const { text, headers } = await agent.send(`${call}/export`, {
      format: 'page',
      reason: 'access-request',
    });
    expect(text).toContain('Vos données');
    expect(headers['cache-control']).toBe('no-store');
    // Once the browser has all of it.
    await expect
      .poll(async () => (await pages.desk.requests()).find(each => each.id === id)?.outcome)
      .toBe('granted');
  });

  const FIELDS: Readonly<Record<string, Readonly<Record<string, string | string[]>>>> = {
    verification: {
      'means[]': ['b'],
      occasion: 'renewal',
      outcome: 'home',
      by: 'provider',
      on: '22/11/2026',
    },
    doubt: { change: 'doubt-raised', doubt: 'own-statement', on: '22/11/2026' },
    information: { answerBy: '20/12/2026', on: '22/11/2026' },
    answer: { answered: 'answered', on: '22/11/2026' },
    contract: { contract: 'contract-renewed', on: '22/11/2026' },
    undo: { event: '0' },
    exception: { why: 'address-data', until: '29/11/2026' },
    request: { kind: 'access', received: '22/11/2026' },
    rectification: { day: '22/11/2026', side: 'outside', typed: '1' },
    erasure: { typed: '1' },
    directive: { choice: 'erase', designated: '' },
    hold: { hold: 'legal-claim', review: '22/05/2027' },
    release: { typed: '1' },
    lift: { rejection: 'withdrawn' },
  };

  it.each(ACTS.map(act => [act.name, act] as const))(
    '%s does what its page says',
    async (name, act) => {
      pages = await pagesOn();
      const { desk } = pages;
      await recordContract(pages);
      await pages.visit(WHO, SPAIN);
      if (name === 'undo')
        await desk.record(WHO, CALL, {
          type: 'doubt-raised',
          on: '2026-11-01',
          reason: 'own-statement',
        });
      if (name === 'answer') {
        await desk.record(WHO, CALL, {
          type: 'doubt-raised',
          on: '2026-11-01',
          reason: 'own-statement',
        });
        await desk.record(WHO, CALL, {
          type: 'information-requested',
          on: '2026-11-02',
          answerBy: '2026-11-30',
        });
      }
      if (name === 'information')
        await desk.record(WHO, CALL, {
          type: 'doubt-raised',
          on: '2026-11-01',
          reason: 'own-statement',
        });
      if (name === 'revoke-exception') await desk.except(WHO, CALL, 'address-data', '2026-11-30');
      if (name === 'revoke-directive') await desk.direct(WHO, CALL, 'erase');
      if (name === 'release') await desk.hold(WHO, CLAIM, 'legal-claim', '2027-01-01');
      if (name === 'lift') await desk.restrict(WHO, CALL, 'objection');
      const agent = pages.agent('Brigitte');
      const call = await agent.find(WHO);
      const fields = name === 'undo' ? { event: '2' } : (FIELDS[name] ?? {});
      const before = (await journalOf(pages)).length;
      const done = await agent.act(call, name, { reason: act.reason, ...fields });
      expect(done.text).not.toContain('role="alert"');
      // An erasure ends the call: reading again would name the person in the journal.
      expect(done.path).toBe(name === 'erasure' ? '/' : call);
      expect(done.text).toContain('class="notice done"');
      const [entry] = (await journalOf(pages))
        .slice(before)
        .filter(each => !each.includes(' show '));
      expect(entry).toMatch(new RegExp(`^Brigitte [\\w-]+ ${act.reason}$`));
    },
  );
});

describe('two at once', () => {
  it('records once what a double click sends twice', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const path = `${call}/act/request`;
    await agent.open(path);
    const hidden = hiddenIn(agent.last.text, path);
    const fields = {
      kind: 'access',
      received: '22/11/2026',
      reason: 'support-call',
      reference: '',
    };
    const both = await Promise.all([
      agent.send(path, fields, hidden),
      agent.send(path, fields, hidden),
    ]);
    expect(both.map(each => each.path)).toEqual([call, call]);
    expect(await pages.desk.requests()).toHaveLength(1);
  });

  it('lets only one of two agents act on what both saw', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agents = [pages.agent('Brigitte'), pages.agent('Carl')];
    const paths: string[] = [];
    for (const agent of agents) {
      paths.push(`${await agent.find(WHO)}/act/contract`);
      await agent.open(paths.at(-1)!);
    }
    const fields = {
      contract: 'contract-renewed',
      on: '22/11/2026',
      reason: 'contract',
      reference: '',
    };
    const sent = await Promise.all(agents.map((agent, at) => agent.send(paths[at]!, fields)));
    expect(sent.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await pages.desk.show(WHO, CALL)).dossier.events).toHaveLength(3);
  });

  it('refuses a step of a request that somebody else has worked on', async () => {
    pages = await pagesOn();
    const { id } = await pages.desk.openRequest(WHO, CALL, 'access', '2026-11-20');
    const agent = pages.agent('Brigitte');
    await agent.open(`/tasks/${id}`);
    await pages.desk.identifyRequest(id, CALL, 'asked');
    const fields = {
      step: 'answer',
      outcome: 'granted',
      reason: 'access-request',
      reference: 'T-7',
    };
    const refused = await agent.send(`/tasks/${id}`, fields);
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('value="T-7"');
    expect((await agent.send(`/tasks/${id}`, fields)).text).toContain('Enregistré');
    expect((await pages.desk.requests())[0]?.outcome).toBe('granted');
  });

  it('shows no verdict that the records no longer give', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    expect((await ask(agent, call, SPAIN)).text).toContain('LP-14');
    await pages.desk.record(WHO, CALL, { type: 'contract-ended', on: '2026-11-22' });
    expect((await agent.open(call)).text).not.toContain('LP-14');
  });

  it('keeps the number of the line through a mistyped identifier', async () => {
    pages = await pagesOn();
    const { id } = await pages.desk.openRequest(WHO, CALL, 'access', '2026-11-20');
    const agent = pages.agent('Brigitte');
    await agent.open(`/tasks/${id}`);
    for (const identifier of ['mistyped', 'again'])
      expect((await agent.send('/find', { identifier, reason: 'support-call' })).status).toBe(409);
    expect((await agent.send('/find', { identifier: WHO, reason: 'support-call' })).path).toMatch(
      /^\/call\//,
    );
  });

  it('finds a subscriber whose identifier looks like a number of no work list', async () => {
    pages = await pagesOn();
    expect(await pages.agent('Brigitte').find('P-23456789')).toMatch(/^\/call\//);
  });

  it('offers to send again what the ledger could not take', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Brigitte');
    const call = await agent.find(WHO);
    const path = `${call}/act/request`;
    await agent.open(path);
    const { personRecords } = pages.ledger;
    const read = personRecords.read;
    (personRecords as { read: unknown }).read = () => Promise.reject(new Error('away'));
    const fields = {
      kind: 'access',
      received: '22/11/2026',
      reason: 'support-call',
      reference: 'T-7',
    };
    expect((await agent.send(path, fields)).status).toBe(500);
    (personRecords as { read: unknown }).read = read;
    expect((await agent.send(path)).path).toBe(call);
    expect((await pages.desk.requests())[0]).toMatchObject({ kind: 'access', reference: 'T-7' });
  });
});

describe('oversight', () => {
  it('reads the journal by person, agent, day and action; this look is in it', async () => {
    pages = await pagesOn();
    await recordContract(pages);
    const agent = pages.agent('Dora', 'desk-oversight');
    await agent.open('/journal');
    const { text } = await agent.send('/journal', {
      identifier: WHO,
      by: 'Anna',
      action: 'event',
      from: '22/11/2026',
      to: '22/11/2026',
      reason: 'audit',
      reference: '',
    });
    expect(text.match(/<td>Anna<\/td>/g)).toHaveLength(2);
    expect((await journalOf(pages)).at(-1)).toBe('Dora journal audit');
    const none = await agent.send('/journal', { identifier: WHO, by: 'Nobody', reason: 'audit' });
    expect(none.text).toContain('Aucune entrée ne correspond');
  });

  it('shows what is kept, the retention runs and the report', async () => {
    pages = await pagesOn();
    await pages.visit(WHO, SPAIN);
    const agent = pages.agent('Dora', 'desk-oversight');
    expect((await agent.open('/kept')).text).toContain('cards.month');
    expect((await agent.open('/runs')).text).toContain('11/2026');
    expect((await agent.open('/report?from=09/2026&to=10/2026')).text).toContain('<svg');
    expect((await agent.open('/report?from=12/2026&to=13/2026')).status).toBe(400);
    await agent.open('/oversight');
    expect((await agent.send('/session', { language: 'en' })).path).toBe('/oversight');
  });
});

describe('the sentences', () => {
  it('are there for every reason at an earlier moment, in both languages, without an English word', () => {
    expect(Object.keys(THEN).sort()).toEqual([...REASONS].sort());
    for (const { fr } of Object.values(THEN)) expect(fr).not.toMatch(/\b(?:the|you|was|access)\b/);
  });
});
