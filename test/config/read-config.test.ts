import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/entry/config.ts';
import { openDesk } from '../../src/entry/desk.ts';
import { openGate } from '../../src/index.ts';
import { cli } from '../support/cli.ts';
import { acceptedBundle, fileOf, inFolder } from '../support/tables.ts';

let files = 0;
const folder = (): string => inFolder('read-config');
function written(value: unknown, name = `config-${++files}.json`): string {
  const path = join(folder(), name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

beforeAll(() => {
  mkdirSync(folder());
  mkdirSync(join(folder(), 'keys'), { mode: 0o700 });
});

const PRIVATE = '10.0.0.1';
const HOME = '5.1.1.1';

describe('openGate(await readConfig())', () => {
  it('decides as the desk does that reads the same file, and closes what it opened', async () => {
    const source = {
      path: fileOf('5.1.1.0/24,FR\n6.1.1.0/24,ES\n', 'rows.csv'),
      built: '2026-06-01',
    };
    writeFileSync(join(folder(), 'zones.bin'), await acceptedBundle({ sources: [source] }));
    written({ default: { unknown: 'tolerate' } }, 'offers.json');
    written([{ type: 'verification-waived', on: '2020-01-01' }], 'waivers.json');
    written('spool.db', 'where-the-spool-is');
    const path = written({
      table: 'zones.bin',
      offers: 'offers.json',
      waivers: 'waivers.json',
      evidence: { ledger: 'ledger.db', keyring: 'keys/keyring', spool: 'spool.db', batchMs: 1 },
    });
    const options = await readConfig(path);
    const gate = await openGate(options);
    const { ledger, keyring } = options.evidence!;
    const desk = openDesk({ ledger, keyring, agent: 'Anna' });
    await desk.record(
      's',
      { reason: 'contract' },
      { type: 'contract-concluded', on: '2026-01-10' },
    );
    expect(await gate.loadStanding('s')).toBe('waived');
    const reasons: string[] = [];
    for (const address of [HOME, '6.1.1.1', PRIVATE])
      reasons.push((await gate.decideAsync({ subscriber: 's', address })).reason);
    expect(reasons).toEqual(['present-at-home', 'verification-waived', 'location-tolerated']);
    await gate.flush();
    expect((await ledger.months()).map(({ cards }) => cards)).toEqual([1]);
    await gate.close();
    await expect(ledger.months()).rejects.toMatchObject({ code: 'ERR_LEDGER_CLOSED' });
    for (const [index, address] of [HOME, '6.1.1.1', PRIVATE].entries()) {
      const args = ['subscriber', 'show', '--address', address, '--json', '--agent', 'Anna'];
      const shown = await cli([...args, '--config', path], 's\n');
      expect(JSON.parse(shown.stdout).decision.reason).toBe(reasons[index]);
    }
  });

  it('reads locations from variables and files', async () => {
    const place = written('ledger-2.db', 'ledger-place');
    process.env['LP_TEST_KEYRING'] = join(folder(), 'keys/keyring-2');
    writeFileSync(place, join(folder(), 'ledger-2.db\n'));
    const path = written({
      evidence: { ledger: 'file:ledger-place', keyring: 'env:LP_TEST_KEYRING' },
    });
    const gate = await openGate(await readConfig(path));
    expect(gate.health().evidence).toMatchObject({ recorded: 0 });
    await gate.close();
    delete process.env['LP_TEST_KEYRING'];
    await expect(readConfig(path)).rejects.toMatchObject({
      option: 'evidence.keyring',
      value: 'env:LP_TEST_KEYRING',
    });
  });

  it('takes the locations of environment variables before those of the file', async () => {
    const path = written({
      evidence: { ledger: 'no/ledger.db', keyring: 'no/keyring', spool: 'no/spool' },
    });
    process.env['LAISSEZ_PASSER_LEDGER'] = join(folder(), 'ledger-4.db');
    process.env['LAISSEZ_PASSER_KEYRING'] = join(folder(), 'keys/keyring-4');
    const gate = await openGate(await readConfig(path));
    expect(gate.health().evidence).toMatchObject({ recorded: 0 });
    await gate.close();
    delete process.env['LAISSEZ_PASSER_LEDGER'];
    delete process.env['LAISSEZ_PASSER_KEYRING'];
    for (const evidence of [{ onFailure: 'refuse' }, { ledger: 'x.db' }, { spool: 'x' }])
      await expect(readConfig(written({ evidence }))).rejects.toMatchObject({ code: 'ERR_CONFIG' });
  });

  it('is a gate without evidence if the file has none', async () => {
    const gate = await openGate(await readConfig(written({ offers: { default: {} } })));
    expect(gate.health().evidence).toBeUndefined();
    await gate.close();
  });

  it.each([
    [
      { evidence: { ledger: 'no/ledger.db', keyring: 'keys/keyring' } },
      'evidence.ledger',
      'ERR_LEDGER_OPEN',
    ],
    [
      { evidence: { ledger: 'x.db', keyring: 'no/keyring' } },
      'evidence.keyring',
      'ERR_KEYRING_OPEN',
    ],
    [
      { evidence: { ledger: 'x.db', keyring: 'keys/keyring', spool: 'no/spool' } },
      'evidence.spool',
      'ERR_LEDGER_OPEN',
    ],
    [
      { evidence: { ledger: 'file:nowhere', keyring: 'keys/keyring' } },
      'evidence.ledger',
      'ERR_CONFIG',
    ],
    [{ offers: 'nowhere.json' }, 'offers', 'ERR_OFFER'],
    [{ waivers: 'nowhere.json' }, 'waivers', 'ERR_DOSSIER_EVENT'],
  ])('names the field at fault of %j', async (value, option, code) => {
    await expect(readConfig(written(value))).rejects.toMatchObject({ option, code });
  });

  it('asks for a file, and closes what it opened if the gate cannot be', async () => {
    await expect(readConfig('')).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    const evidence = { ledger: 'ledger-3.db', keyring: 'keys/keyring-3' };
    const options = await readConfig(written({ table: 'nowhere.bin', evidence }));
    await expect(openGate(options)).rejects.toMatchObject({ code: 'ERR_TABLE_OPEN' });
    await expect(options.evidence!.ledger.months()).rejects.toMatchObject({
      code: 'ERR_LEDGER_CLOSED',
    });
  });
});
