import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { exportPage } from '../../src/cli/pages/export-page.ts';
import type { SubscriberExport } from '../../src/entry/desk.ts';
import type { DossierEvent } from '../../src/index.ts';
import { FIELDS } from '../../src/recording/disclosed-fields.ts';
import { CALL, type DeskSetUp, deskOn, FRANCE, SPAIN, STORES } from '../support/desk.ts';
import { noon } from '../support/gate.ts';

const ACCESS = { reason: 'access-request' } as const;
const SCHEMA = JSON.parse(
  readFileSync(new URL('../../data/export.schema.json', import.meta.url), 'utf8'),
);
const formats = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
};
const validate = new Ajv2020({ strict: true, allErrors: true, formats }).compile(SCHEMA);

const EVENTS: readonly DossierEvent[] = [
  { type: 'contract-concluded', on: '2025-10-02', renewsEvery: 1 },
  {
    type: 'residence-verified',
    on: '2025-10-02',
    outcome: 'home',
    means: ['b', 'i'],
    occasion: 'conclusion',
    by: 'distributor',
    postalAddressRegistered: true,
  },
  { type: 'verification-waived', on: '2026-01-01', until: '2026-02-01' },
  { type: 'doubt-raised', on: '2026-11-10', reason: 'own-statement' },
  { type: 'information-requested', on: '2026-11-12', answerBy: '2026-11-13' },
  { type: 'information-not-answered', on: '2026-11-14', heldDataProveResidence: true },
  { type: 'information-requested', on: '2026-11-15', answerBy: '2026-12-13' },
];

/** A subscriber about whom every kind of data is held. */
async function full(): Promise<DeskSetUp> {
  const set = await deskOn(STORES['memory']!, '2026-11-20', true);
  await set.visit('s', FRANCE, SPAIN);
  for (const event of EVENTS) await set.desk.record('s', CALL, event);
  await set.desk.hold('s', { reason: 'legal-claim' }, 'legal-claim', '2027-01-01');
  await set.desk.restrict('s', CALL, 'objection');
  await set.desk.direct('s', CALL, 'communicate', 'DIR-1');
  const { id } = await set.desk.openRequest('s', CALL, 'access', '2026-11-19');
  await set.desk.identifyRequest(id, CALL, 'asked');
  const other = await set.desk.openRequest('s', CALL, 'rectification', '2026-11-19');
  await set.desk.identifyRequest(other.id, CALL, 'asked');
  set.time.now = noon('2026-11-22');
  return set;
}

it('an export is valid by its published schema for an unknown, a complete and an erased subscriber', async () => {
  const set = await full();
  const files: SubscriberExport[] = [
    await set.desk.export('nobody', CALL),
    await set.desk.export('s', ACCESS),
  ];
  await set.desk.release('s', CALL);
  await set.desk.erase('s', CALL, { evenDossier: true, objectionUpheld: true });
  files.push(await set.desk.export('s', ACCESS));
  for (const file of files) {
    validate(JSON.parse(JSON.stringify(file)));
    expect(validate.errors).toBeNull();
  }
  expect(files[1]).toMatchObject({
    accessesByDay: [{ month: '2026-11', fromHome: [20], fromOutside: [20] }],
    residence: {
      standing: 'doubted',
      overdue: { since: '2025-11-02', renewals: 13 },
      answerBy: '2026-12-13',
    },
    legalHold: { review: '2027-01-01' },
    restriction: { reason: 'objection' },
    directive: { designated: 'DIR-1' },
  });
  expect(files[2]).toMatchObject({ accessesByDay: [], residence: null, consultations: [{}] });
  expect(exportPage(files[2]!)).toContain(
    'Opposition acceptée le 22/11/2026 : plus rien n’est enregistré, et vos demandes d’accès passées ont été effacées.',
  );
  expect(validate({ ...files[0], country: 'ES' })).toBe(false);
  await set.close();
});

it('an export holds no pseudonym, no address and no name of an employee, in JSON and on the page', async () => {
  const set = await full();
  const file = await set.desk.export('s', ACCESS);
  const text = JSON.stringify(file) + exportPage(file);
  const { keyring } = set;
  const names = [
    keyring.personPseudonym('s'),
    keyring.holdPseudonym('s'),
    keyring.journalPseudonym('s'),
    keyring.cardPseudonym('s', '2026-11')!,
  ];
  for (const hidden of [...names, FRANCE, SPAIN, 'Anna']) expect(text).not.toContain(hidden);
  await set.close();
});

it('the page states the data, purposes, legal bases, retention, recipients and rights', async () => {
  const set = await full();
  const text = exportPage(await set.desk.export('s', ACCESS));
  for (const words of [
    'demandes d’accès du compte vues depuis la France',
    'hors de France',
    'aucune demande enregistrée',
    'limitation (suspension) du traitement',
    '12 mois entiers et le mois en cours',
    'prévenir toute utilisation abusive du service',
    'prestataire en charge de la vérification',
    'D’où viennent ces données',
    'les demandes d’accès au service faites avec le compte',
    'les systèmes de gestion des comptes et des contrats du service',
    'vous-même : ce que vous avez présenté',
    'dpo@ocs.fr',
    'CNIL',
    'réclamation',
    'résidence mise en doute',
    'dossier DIR-1',
    'depuis la France : 20 ; hors de France : 20',
    'en attente de votre justificatif d’identité',
  ])
    expect(text).toContain(words);
  // Days are written as the person writes them, in the visible text of the whole page.
  expect(text).toMatch(/<th scope="row">20\/11\/2026 \d\d:\d\d:\d\d UTC<\/th>/);
  expect(text.replaceAll(/<style>[\s\S]*<\/style>|<[^>]*>/g, '')).not.toMatch(/\d{4}-\d\d/);
  expect(text).not.toMatch(/https?:|<script|<img|<link|@import|url\((?!#)/);
  await set.close();
});

it('the request that an export answers is not open or late in it, and any other one is as it was', async () => {
  const set = await deskOn(STORES['memory']!, '2026-09-01');
  const open = (kind: 'access' | 'portability' | 'erasure') =>
    set.desk.openRequest('s', CALL, kind, '2026-09-01');
  const own = await open('access');
  const again = await open('access');
  const erasure = await open('erasure');
  const portability = await open('portability');
  set.time.now = noon('2026-11-22');
  let page = '';
  const file = await set.desk.export('s', ACCESS, async delivered => {
    page = exportPage(delivered);
  });
  const row = (id: string) => file.requests.find(request => request.id === id);
  for (const { id } of [own, again]) {
    expect(row(id)).toMatchObject({ due: null, answered: '2026-11-22', outcome: 'granted' });
    expect(page).toMatch(new RegExp(`${id}.*<td>acceptée, le 22/11/2026</td>`));
  }
  for (const { id } of [erasure, portability]) {
    expect(row(id)).toMatchObject({ due: '2026-10-01', answered: '', outcome: '' });
    expect(page).toMatch(new RegExp(`${id}.*réponse à donner au plus tard le 01/10/2026`));
  }
  // The file says what the person records say after it was delivered.
  expect((await set.desk.requests()).find(({ id }) => id === own.id)).toMatchObject({
    answered: '2026-11-22',
    outcome: 'granted',
  });
  // An agent who looks for another reason sees the request as it stands.
  const call = await set.desk.export('s', CALL);
  expect(call.requests.find(({ id }) => id === erasure.id)?.answered).toBe('');
  await set.close();
});

it('an export that could not be delivered leaves its request open', async () => {
  const set = await deskOn(STORES['memory']!, '2026-09-01');
  const { id } = await set.desk.openRequest('s', CALL, 'access', '2026-09-01');
  const full = async (): Promise<void> => Promise.reject(new Error('disk full'));
  await expect(set.desk.export('s', ACCESS, full)).rejects.toThrow('disk full');
  expect((await set.desk.requests(true)).map(request => request.id)).toEqual([id]);
  await set.close();
});

it('an export names the source of every kind of data, in both languages (Art. 15(1)(g) GDPR)', async () => {
  const set = await deskOn(STORES['memory']!);
  const { sources } = (await set.desk.export('s', ACCESS)).information;
  const tables = new Set(FIELDS.map(({ field }) => field.split('.')[0]!));
  expect(new Set(sources.flatMap(source => source.tables))).toEqual(tables);
  for (const { en, fr } of sources) expect(en).not.toBe(fr);
  await set.close();
});
