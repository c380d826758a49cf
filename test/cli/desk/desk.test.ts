import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openGate, openKeyring } from '../../../src/index.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite.ts';
import { cli } from '../../support/cli.ts';
import { newPath } from '../../support/desk.ts';
import { fileOf, inFolder } from '../../support/tables.ts';

const ID = 'canary-subscriber-77';
const MADRID = '80.58.61.250';
const today = new Date().toISOString().slice(0, 10);
const daysFromNow = (count: number): string =>
  new Date(Date.now() + count * 86_400_000).toISOString().slice(0, 10);
const paths = { ledger: newPath(), keyring: '' };
const seen: string[] = [];

/**
 * A command at the desk as an agent types it, the identifier on standard input; what it shows is
 * searched for identifiers at the end.
 */
async function desk(args: string, input: string | Uint8Array = `${ID}\n`) {
  const env = { LAISSEZ_PASSER_LEDGER: paths.ledger, LAISSEZ_PASSER_KEYRING: paths.keyring };
  const result = await cli([...args.split(' '), '--agent', 'Claire'], input, env);
  seen.push(result.stdout + result.stderr);
  return result;
}
const json = async (args: string) => JSON.parse((await desk(`${args} --json`)).stdout);

beforeAll(async () => {
  mkdirSync(inFolder('desk-keys'), { mode: 0o700 });
  paths.keyring = inFolder('desk-keys/keys');
  const ledger = await openSqliteLedger(paths.ledger);
  const keyring = await openKeyring(paths.keyring);
  const gate = await openGate({ evidence: { ledger, keyring } });
  for (const address of ['193.252.19.3', MADRID])
    gate.decide({ subscriber: ID, standing: 'verified', address });
  await gate.close();
  await ledger.close();
});

describe('the support desk, in one go as an agent would', () => {
  it('begins with an empty file: no contract on record, and what that means for the address read out', async () => {
    const { stdout, status } = await desk(`subscriber show --lang fr --address ${MADRID}`);
    expect(status).toBe(2);
    expect(stdout).toMatch(/^Situation +sans contrat\nHistorique +pas de dossier/);
    expect(stdout).toContain('refusé pour l’adresse donnée (LP-01, no-contract)');
  });

  it('notes events and tells the standing after each; impossible ones are refused with their reason, in both languages', async () => {
    const why = '--reason residence-verification';
    const verified = `residence event residence-verified --outcome home --means b,j --occasion conclusion --by provider ${why}`;
    expect((await desk(verified)).stderr).toContain(
      'no contract is in force on that day (Art. 2(1)) [ERR_DOSSIER_EVENT]',
    );
    expect((await desk(`${verified} --lang fr`)).stderr).toContain(
      'aucun contrat n’est en cours à cette date',
    );
    const apart = await desk(verified.replace('--means b,j', '--means b j'));
    expect(apart.stderr).toContain('no contract is in force on that day');
    expect(
      await json(`residence event contract-concluded --on 2025-11-03 --renews-every 12 ${why}`),
    ).toMatchObject({
      standing: 'unverified',
    });
    expect((await desk(`${verified} --on 2025-11-03`)).stdout).toMatch(
      /^Recorded: 3 Nov 2025, residence verified[\s\S]*\nStanding today: renewal of the verification due\n$/,
    );
    expect((await desk(`residence overdue`)).stdout).toMatch(
      /^subscribers whose renewal waits for its verification: 1; the oldest since 3 Nov\n2026\n\nnumber +renewals +since\nD-\w{8} {2}1 +3 Nov 2026\n$/,
    );
    expect(
      (await desk(`residence event doubt-raised --doubt-reason own-statement ${why} --lang fr`))
        .stdout,
    ).toMatch(
      /^Enregistré : .*déclaration de l’abonné\nSituation ce jour : résidence mise en doute\n$/,
    );
    expect(
      (await desk(`residence event doubt-raised --doubt-reason foreign-card ${why}`)).status,
    ).toBe(1);
    expect((await desk(`residence undo 3 ${why}`)).stderr).toContain('confirm with --yes');
    expect((await desk(`residence undo 3 --yes ${why}`)).stdout).toMatch(
      /^Removed: .* doubt raised[\s\S]*renewal/,
    );
    expect(
      (
        await desk(
          `residence event residence-verified --outcome home --means b --occasion renewal --by provider ${why}`,
        )
      ).stdout,
    ).toContain('residence verified');
  });

  it('shows standing, history, marks, requests, the decision and the calendar on a screen of 80 columns', async () => {
    const { stdout, status } = await desk(
      `subscriber show --lang fr --address ${MADRID} --calendar --reason support-call`,
    );
    expect(status).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toContain('1. 03/11/2025  contrat conclu : renouvelé tous les 12 mois');
    expect(stdout).toContain('accepté (portabilité) pour l’adresse donnée (LP-14,');
    expect(stdout).toContain('art. 3, § 1');
    const month = stdout
      .split('\n')
      .find(line => line.startsWith(`${today.slice(5, 7)}/${today.slice(0, 4)}`))!;
    expect(month.slice(9).split(' ')[Number(today.slice(8)) - 1]).toBe('D');
    expect(stdout).toContain(
      'F provenant de France   H hors de France   D les deux   · aucune enregistrée',
    );
    expect(stdout).not.toContain('│');
    expect((await desk('subscriber show --lang fr --address 1.2.3')).stdout).toContain(
      'ce n’est pas une adresse IP',
    );
    expect((await desk('subscriber show --calendar --reason audit --months 0')).stderr).toContain(
      'from 1 to 24',
    );
    expect((await desk('subscriber show --calendar')).stderr).toContain(
      'a calendar needs a reason',
    );
    expect(JSON.stringify(await json('subscriber show'))).not.toMatch(/pseudonym/);
  });

  it('takes the identifier of one subscriber from standard input, and from nowhere else', async () => {
    for (const args of [
      'subscriber show other-subscriber',
      'subscriber erase other-subscriber --yes --reason erasure-request',
      'residence undo 1 other-subscriber --yes --reason audit',
      'requests open other-subscriber --kind access',
    ]) {
      const named = await desk(args);
      expect([args, named.status]).toEqual([args, 1]);
      expect(named.stderr).not.toContain('other-subscriber');
    }
    const two = await desk('subscriber show --lang fr', `${ID}\n\nanother\n`);
    expect([two.status, two.stdout]).toEqual([1, '']);
    expect(two.stderr).toContain('l’entrée standard a plus d’une ligne');
    expect((await desk('subscriber show', `${ID}\n\n`)).status).not.toBe(1);
    const latin1 = await desk('subscriber show', Buffer.from('Zo\u00eb\n', 'latin1'));
    expect([latin1.status, latin1.stdout]).toEqual([1, '']);
    expect(latin1.stderr).toContain('the identifier is not valid UTF-8');
    expect((await desk('subscriber show', '\n')).stderr).toContain(
      'the identifier of the subscriber is empty',
    );
  });

  it('registers requests, lists what is due, and answers them by what is done', async () => {
    const { id, due } = await json('requests open --kind access');
    expect(due).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect((await desk('requests due --lang fr', '')).stdout).toContain(`${id}  accès`);
    expect((await desk(`requests identity ${id} --step asked`, '')).stdout).toContain(
      'waits for proof of identity',
    );
    expect((await desk(`requests identity ${id} --step established`, '')).stdout).toContain('due');
    expect((await desk(`requests extend ${id} --lang fr`, '')).stdout).toMatch(
      /: réponse à donner au plus tard le \d\d\/\d\d\/\d{4}/,
    );
    expect((await desk(`requests extend ${id} --lang fr`, '')).stderr).toContain(
      'elle n’est possible qu’une fois',
    );
    const html = inFolder('own.html');
    const output = inFolder('own.json');
    expect(
      (await desk(`subscriber export --reason access-request --html ${html} --output ${output}`))
        .status,
    ).toBe(0);
    expect([html, output].map(file => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
    const other = inFolder('other.html');
    expect(
      (
        await desk(
          `subscriber export --reason portability-request --html ${other} --output ${output}`,
        )
      ).stderr,
    ).toContain('ERR_OUTPUT');
    expect(existsSync(other)).toBe(false);
    expect(readFileSync(html, 'utf8')).toContain(
      'demandes d’accès du compte vues depuis la France',
    );
    expect(readFileSync(html, 'utf8') + readFileSync(output, 'utf8')).not.toContain('Claire');
    expect(JSON.parse((await desk('requests list --json', '')).stdout)).toMatchObject([
      { id, outcome: 'granted' },
    ]);
    expect((await desk(`requests answer ${id} --outcome granted`, '')).stderr).toContain(
      'has already been answered',
    );
  });

  it('restricts, holds, releases, disputes, directs: each says what it did, and the screen shows it', async () => {
    const review = daysFromNow(100);
    expect(
      (await desk('subscriber restrict --objection --reason objection --lang fr')).stdout,
    ).toBe('fait\n');
    expect(
      (await desk('subscriber show --calendar --reason abuse-inquiry --lang fr')).stdout,
    ).toContain('mises à part par une limitation');
    expect((await desk('subscriber lift --reason objection --lang fr')).stderr).toContain(
      'rejetez l’opposition avec un motif',
    );
    expect(
      (await desk('subscriber lift --reason objection --rejected refused-overriding-interest'))
        .status,
    ).toBe(0);
    expect(
      (
        await desk(
          `subscriber hold --hold-reason legal-claim --review ${review} --reason legal-claim --reference LIT-7 --lang fr`,
        )
      ).stdout,
    ).toContain('fiches mensuelles conservées : 1, à réexaminer au plus tard le');
    expect(
      (
        await desk(
          'subscriber directive --choice communicate --designated DIR-1 --reason directive',
        )
      ).stdout,
    ).toBe('done\n');
    expect((await desk('subscriber directive --reason directive')).stderr).toContain(
      '--choice, or --revoke',
    );
    const shown = (await desk('subscriber show --lang fr')).stdout;
    expect(shown).toContain('conservation au-delà de la durée prévue (constatation, exercice ou\n');
    const line = shown.replaceAll(/\s+/g, ' ');
    expect(line).toContain(
      'pas d’effacement avant sa levée, et des copies restent jusque-là, même de ce qui est retiré ou supprimé entre-temps (mois : 1, événements du dossier : 3)',
    );
    expect(line).toMatch(/\(numéro H-\w{8}, votre référence : LIT-7\)/);
    expect((await desk('subscriber show')).stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /no erasure until its release, and copies are kept until then, also of what is removed or deleted meanwhile \(months: 1, dossier events: 3\) \(number H-\w{8}, your reference: LIT-7\)/,
    );
    expect(shown).toContain('communiquer à la personne désignée');
    expect(
      (
        await desk(
          `subscriber dispute --day ${today} --side outside --reason rectification-request`,
        )
      ).stderr,
    ).toContain('confirm with --yes');
    expect(
      (
        await desk(
          `subscriber dispute --day ${today} --side outside --reason rectification-request --yes`,
        )
      ).status,
    ).toBe(0);
    expect((await desk('subscriber erase --reason erasure-request --yes')).stderr).toContain(
      'ERR_RIGHT_HELD',
    );
    expect((await desk('subscriber release --reason legal-claim --yes')).status).toBe(0);
    expect((await desk('subscriber directive --revoke --reason directive')).status).toBe(0);
  });

  it('leads from a line of a work list to the file, and takes its number back', async () => {
    const { id } = await json('requests open --kind rectification --reference TICKET-4711');
    const late = 'late-subscriber\n';
    const event = `residence event contract-concluded --on 2024-11-03 --renews-every 12 --reason contract`;
    await desk(event, late);
    const first =
      'residence event residence-verified --on 2024-11-03 --outcome home --means b --occasion conclusion --by provider --reason contract';
    await desk(`${first} --reference FILE-1`, late);
    const due = (await desk('requests due --lang fr', '')).stdout;
    expect(due).toMatch(/^numéro +droit +reçue +état +votre référence\n/);
    expect(due).toMatch(new RegExp(`\n${id} +rectification .* TICKET-4711\n`));
    const long = `TICKET-2026-${'0'.repeat(28)}`;
    const other = await json(`requests open --kind erasure --reference ${long}`);
    const wide = (await desk('requests due --lang fr', '')).stdout;
    expect(wide).toContain(`${other.id}  effacement`);
    expect(wide.replaceAll(/\s/g, '')).not.toContain('…');
    expect((await desk(`requests answer ${other.id} --outcome withdrawn`, '')).status).toBe(0);
    const [line] = (await json('residence overdue')).lines;
    expect(line).toMatchObject({ reference: 'FILE-1', since: '2025-11-03', renewals: 2 });
    const overdue = (await desk('residence overdue', '')).stdout;
    expect(overdue).toMatch(new RegExp(`\n${line.number} +2 +3 Nov 2025 +FILE-1\n`));
    const verified =
      'residence event residence-verified --outcome home --means a --occasion renewal --by provider --reason contract';
    const wrong = await desk(`${verified} --number ${line.number} --lang fr`);
    expect([wrong.status, wrong.stdout]).toEqual([1, '']);
    expect(wrong.stderr).toContain('aucun enregistrement de cet abonné ne porte ce numéro');
    expect((await desk(`subscriber show`, late)).stdout.replaceAll(/\s+/g, ' ')).toContain(
      `(number ${line.number}, your reference: FILE-1)`,
    );
    for (const _ of [1, 2]) await desk(`${verified} --number ${line.number}`, late);
    expect((await json('residence overdue')).lines).toEqual([]);
    expect((await desk(`requests answer ${id} --outcome withdrawn`, '')).status).toBe(0);
    for (const reference of ['late-subscriber', 'Late-Subscriber', 'a@b.fr', 'x'.repeat(41)]) {
      const refused = await desk(`requests open --kind access --reference ${reference}`, late);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringContaining('ERR_ACCESS_REASON'),
      ]);
    }
  });

  it('proposes an erasure and a release where a second agent is asked for, and says that nothing was done', async () => {
    const input = 'shared-subscriber\n';
    const places = ['--ledger', paths.ledger, '--keyring', paths.keyring];
    const as = async (agent: string, args: string, lang = 'en') => {
      const env = { LAISSEZ_PASSER_SECOND_AGENT: 'erase, release' };
      const typed = [...args.split(' '), ...places, '--agent', agent, '--lang', lang];
      const result = await cli(typed, input, env);
      seen.push(result.stdout + result.stderr);
      return result;
    };
    const erase = 'subscriber erase --yes --reason erasure-request';
    const first = await as('Ada', `${erase} --reference T-9`);
    expect(first.status).toBe(2);
    expect(first.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /^Nothing was done yet\. Proposed as P-\w{8}: another agent must give the same command, with the same options, by \d+ \w+ \d{4}\. $/,
    );
    expect((await as('ADA', erase, 'fr')).stdout).toMatch(/^Rien n’a encore été fait\./);
    const due = await as('Ada', 'requests due');
    expect(due.stdout).toMatch(
      /\nWaiting for a second agent\nnumber +operation +proposed by +until\nP-\w{8} +erasure +ADA +\d+ \w+ \d{4}\n$/,
    );
    expect((await as('Ada', 'subscriber show', 'fr')).stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /effacement : opération proposée par ADA le .* un autre agent doit la confirmer au plus tard le/,
    );
    expect((await as('Bea', `${erase} --second-agent releas`)).stderr).toContain(
      'secondAgent[0] in a desk must be erase or release',
    );
    const confirmed = await as('Bea', `${erase} --second-agent erase`);
    expect([confirmed.status, confirmed.stdout]).toEqual([0, 'months of cards erased: 0\n']);
    await as(
      'Ada',
      `subscriber hold --hold-reason legal-claim --review ${daysFromNow(9)} --reason legal-claim`,
    );
    const release = 'subscriber release --yes --reason legal-claim --json';
    const { pending } = JSON.parse((await as('Ada', release)).stdout);
    expect(pending).toMatchObject({ operation: 'release', agent: 'Ada' });
    expect((await as('Bea', `${release} --number ${pending.number}`)).stdout).toBe(
      '{"released":true}\n',
    );
  });

  it('grants an exception for a network without a place, shows it with what it changes, and revokes it', async () => {
    const until = daysFromNow(7);
    const nowhere = 'subscriber show --lang fr --address 10.1.1.1';
    expect((await desk(nowhere)).stdout).toContain('address-not-public');
    const granted = await desk(
      `subscriber exception --exception-reason imposed-tunnel --until ${until} --reason support-call --lang fr`,
    );
    expect(granted.stdout).toMatch(
      /^jusqu’au \d\d\/\d\d\/\d{4}, quand le lieu ne peut pas être établi/,
    );
    const shown = await desk(nowhere);
    expect([shown.status, shown.stdout]).toEqual([
      0,
      expect.stringContaining('granted-by-exception'),
    ]);
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'tunnel que l’abonné ne peut pas désactiver, jusqu’au',
    );
    expect((await json('subscriber show')).exception).toMatchObject({
      why: 'imposed-tunnel',
      until,
    });
    for (const [wrong, said] of [
      ['--exception-reason imposed-tunnel', 'une exception exige --exception-reason et --until'],
      [
        `--exception-reason imposed-tunnel --until ${until} --revoke`,
        'une exception exige --exception-reason et --until',
      ],
      [
        `--exception-reason imposed-tunnel --until ${daysFromNow(32)}`,
        'à 31 jours après aujourd’hui',
      ],
    ])
      expect(
        (await desk(`subscriber exception ${wrong} --reason support-call --lang fr`)).stderr,
      ).toContain(said);
    expect((await desk('subscriber exception --revoke --reason support-call')).stdout).toBe(
      'done\n',
    );
    expect(
      (await desk('subscriber exception --revoke --reason support-call --lang fr')).stderr,
    ).toContain('pas d’exception à');
    expect((await json('subscriber show')).exception).toBeNull();
  });

  it('keeps a head of the journal, finds it again, and erases with the dossier of a contract in force left and said', async () => {
    expect(
      (await cli(['evidence', 'head', '--ledger', paths.ledger, '--keyring', paths.keyring]))
        .stdout,
    ).toMatch(/^\d+:[0-9a-f]{64}\n$/);
    const kept = (
      await cli(['evidence', 'head', '--ledger', paths.ledger, '--keyring', paths.keyring])
    ).stdout.trim();
    expect((await desk('subscriber erase --reason erasure-request')).stderr).toContain(
      'ERR_CONFIRMATION',
    );
    const { stdout } = await desk('subscriber erase --reason erasure-request --yes --lang fr');
    expect(stdout).toMatch(
      /^fiches mensuelles effacées : \d\nLe dossier reste : un contrat est en cours/,
    );
    const verify = async (more: readonly string[]) =>
      cli(['evidence', 'verify', '--ledger', paths.ledger, '--keyring', paths.keyring, ...more]);
    expect(await verify(['--head', kept])).toMatchObject({ status: 0 });
    expect(await verify(['--head', `999:${'a'.repeat(64)}`])).toMatchObject({ status: 3 });
    expect((await verify(['--head', 'x'])).status).toBe(1);
  });

  it('showed the identifier and the operator nowhere', () => {
    expect(seen.length).toBeGreaterThan(30);
    expect(seen.filter(text => text.includes(ID) || text.includes(MADRID))).toEqual([]);
  });
});

describe('residence check', () => {
  it('answers for letters, with the article, and by its exit code', async () => {
    expect((await cli(['residence', 'check', 'a', 'k'])).status).toBe(0);
    for (const command of [['check'], ['event']])
      expect((await cli(['residence', ...command, '--help', '--lang', 'fr'])).stdout).toContain(
        '  h  facture d’eau, de gaz ou d’électricité\n',
      );
    expect((await cli(['residence', 'check', 'k', '--occasion', 'doubt'])).status).toBe(0);
    expect((await cli(['residence', 'check', 'i', '--postal-address-registered'])).status).toBe(0);
    const { stdout, status } = await cli(['residence', 'check', 'i,j', '--lang', 'fr']);
    expect(status).toBe(2);
    expect(stdout).toBe(
      '(i) adresse de facturation ou postale\n(j) déclaration\nCes moyens ne suffisent pas à vérifier la résidence : une adresse (i), une\ndéclaration (j) et un contrôle de l’adresse IP (k) ne comptent qu’avec un moyen\nde (a) à (h) (art. 5, § 1).\n',
    );
    expect(JSON.parse((await cli(['residence', 'check', 'z', '--json'])).stdout)).toEqual({
      valid: false,
      violation: 'unknown-means',
      article: 'Art. 5(1), rec. 26',
    });
  });
});

it('the reason is required where data are changed, and the ledger where there is one to read', async () => {
  expect((await cli(['subscriber', 'erase', '--ledger', 'x', '--keyring', 'y'])).stderr).toContain(
    '--reason',
  );
  expect((await cli(['subscriber', 'show'])).stderr).toContain('--ledger');
});

it('waivers of the service come from a file, and are checked', async () => {
  const places = ['--ledger', paths.ledger, '--keyring', paths.keyring, '--agent', 'Claire'];
  const show = async (waivers: string) =>
    cli(
      ['subscriber', 'show', ...places, '--waivers', fileOf(waivers, 'waivers.json')],
      'waived\n',
    );
  const why = ['--reason', 'contract'];
  await cli(
    ['residence', 'event', 'contract-concluded', '--on', '2026-01-01', ...places, ...why],
    'waived\n',
  );
  expect((await show('[{"type":"verification-waived","on":"2026-02-01"}]')).stdout).toContain(
    'verification waived',
  );
  expect(
    (await show('[{"type":"doubt-raised","on":"2026-02-01","reason":"own-statement"}]')).stderr,
  ).toContain('waivers of the service hold');
  expect((await show('{')).stderr).toContain('waivers must be a list of events');
});

it('says what nothing is held of, in case the identifier was mistyped', async () => {
  const places = ['--ledger', paths.ledger, '--keyring', paths.keyring, '--agent', 'Claire'];
  const erase = [
    'subscriber',
    'erase',
    ...places,
    '--reason',
    'erasure-request',
    '--yes',
    '--lang',
    'fr',
  ];
  expect((await cli(erase, 'abonne-OOO1\n')).stderr).toContain(
    'rien n’est conservé sous cet identifiant',
  );
});

describe('the eleven means', () => {
  const NAMES = {
    en: ['identity document', 'payment details', 'location of a set-top box', 'utility bill'],
    fr: ['pièce d’identité', 'coordonnées de paiement', 'emplacement du décodeur', 'impôts locaux'],
  };

  it.each(['en', 'fr'] as const)(
    'are in words wherever their letters are asked for (%s)',
    async language => {
      const lang = ['--lang', language];
      const event = [
        'residence',
        'event',
        'residence-verified',
        '--outcome',
        'home',
        '--by',
        'provider',
      ];
      const places = ['--ledger', paths.ledger, '--keyring', paths.keyring, '--agent', 'Claire'];
      const wrong = ['--occasion', 'renewal', '--means', 'z', '--reason', 'contract'];
      for (const { stdout, stderr } of [
        await cli(['residence', 'check', '--help', ...lang]),
        await cli(['residence', 'event', '--help', ...lang]),
        await cli(['residence', 'check', 'a', 'z', ...lang]),
        await cli([...event, ...places, ...wrong, ...lang], 'means\n'),
      ])
        for (const name of NAMES[language]) expect(stdout + stderr).toContain(name);
      // Where a letter is shown, its words stand next to it.
      const check = await cli(['residence', 'check', 'j', 'k', ...lang]);
      expect(check.stdout).toMatch(
        language === 'fr' ? /contrôle de l’adresse IP\s\(k\)/ : /IP\saddress check \(k\)/,
      );
    },
  );

  it('names the argument that is missing', async () => {
    expect((await cli(['residence', 'check'])).stderr).toContain('is missing (means); see --help');
    expect((await cli(['residence', 'check', '--lang', 'fr'])).stderr).toContain('(moyens)');
  });
});
