/**
 * The systemd unit and the Dockerfile of docs/gateway: what they start does start, is healthy and
 * ends on SIGTERM.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAIN } from '../../support/cli.ts';
import { documented, freePort, isInstalled, isRequired } from '../../support/proxy.ts';
import { ask, type Running, start } from '../../support/sidecar.ts';
import { inFolder } from '../../support/tables.ts';

const UNIT = documented('laissez-passer@.service');
const DOCKERFILE = documented('Dockerfile').replaceAll('\\\n', ' ');
const hasSystemd = isInstalled('systemd-analyze', '--version');

/**
 * The words of a command of the unit, as systemd splits them: double quotes keep blanks together.
 */
function commandOf(name: string, port: number): string[] {
  const [, line] =
    new RegExp(`^${name}=(.*)$`, 'm').exec(UNIT) ?? expect.fail(`the unit has no ${name}`);
  const words = line!.replaceAll('%i', String(port)).match(/"[^"]*"|\S+/g) ?? [];
  return words.map(word => word.replace(/^"(.*)"$/, '$1'));
}

/** The list of an instruction in exec form. Throws where it is a line for a shell. */
function listOf(instruction: string): string[] {
  const [, list] = new RegExp(`^${instruction}\\s+(.*)$`, 'm').exec(DOCKERFILE) ?? [];
  return JSON.parse(list ?? '') as string[];
}

/** Puts the folders of this test into a command in place of those of an installed machine. */
function placed(words: readonly string[]): string[] {
  const folder = mkdtempSync(inFolder('service-'));
  const places: readonly (readonly [RegExp, string])[] = [
    [/^(\/usr\/bin\/)?node$/, process.execPath],
    [/^.*\/laissez-passer\/dist\/main\.js$/, MAIN],
    [/^.*\/ledger\.db$/, join(folder, 'ledger.db')],
    [/^.*\/keyring$/, join(mkdtempSync(join(folder, 'keys-')), 'keyring')],
  ];
  return words.map(word =>
    places.reduce((text, [before, after]) => text.replace(before, after), word),
  );
}

const run = ([command, ...args]: readonly string[]) => start(command!, args);
const statusOf = ([command, ...args]: readonly string[]) => spawnSync(command!, args).status;

async function expectToStopOn(running: Running): Promise<void> {
  expect((await ask({ ...running.to, path: '/readyz' })).status).toBe(200);
  running.child.kill('SIGHUP');
  expect(await running.stop('SIGTERM')).toBe(0);
  expect(running.child.signalCode).toBeNull();
}

describe('the systemd unit', () => {
  it.skipIf(!hasSystemd && !isRequired)('is found nothing wrong with (needs systemd)', () => {
    const folder = mkdtempSync(inFolder('unit-'));
    const path = join(folder, 'laissez-passer@8451.service');
    // Where Node lies is the one thing that differs between machines.
    writeFileSync(path, UNIT.replaceAll('/usr/bin/node', process.execPath));
    const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    expect([verified.stdout + verified.stderr, verified.status]).toEqual(['', 0]);
    const args = ['security', '--offline=yes', '--threshold=15', path];
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect([status, /exposure level.*: [\d.]+/.test(stdout)]).toEqual([0, true]);
    expect(UNIT).not.toMatch(/^MemoryDenyWriteExecute/m);
  });

  it('starts what becomes ready, is reloaded by SIGHUP and ends on SIGTERM', async () => {
    const port = await freePort();
    const asking = placed(commandOf('ExecStartPost', port));
    const running = await run(placed(commandOf('ExecStart', port)));
    expect(running.to.port).toBe(String(port));
    expect(statusOf(asking)).toBe(0);
    await expectToStopOn(running);
    // Nobody is there any more: a start that waits gives up.
    expect(statusOf(asking.map(word => word.replace('ask(250)', 'ask(2)')))).toBe(1);
  });
});

describe('the systemd unit and the timer of table update', () => {
  const unit = documented('laissez-passer-update.service');
  const timer = documented('laissez-passer-update.timer');

  it.skipIf(!hasSystemd && !isRequired)('are found nothing wrong with (needs systemd)', () => {
    const folder = mkdtempSync(inFolder('unit-'));
    const path = join(folder, 'laissez-passer-update.service');
    writeFileSync(path, unit.replaceAll('/usr/bin/node', process.execPath));
    writeFileSync(join(folder, 'laissez-passer-update.timer'), timer);
    for (const file of [path, join(folder, 'laissez-passer-update.timer')]) {
      const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
      expect([verified.stdout + verified.stderr, verified.status]).toEqual(['', 0]);
    }
    const args = ['security', '--offline=yes', '--threshold=30', path];
    expect(spawnSync('systemd-analyze', args, { encoding: 'utf8' }).status).toBe(0);
  });

  it('run a command that there is, at a moment that differs between machines', () => {
    const [, line] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
    const args = line!.split(' ').slice(2, -2);
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect([args.slice(0, 2), status]).toEqual([['table', 'update'], 1]);
    expect(stderr).toContain('table update needs a configuration file with sources');
    expect(timer).toMatch(/^RandomizedDelaySec=/m);
  });
});

describe('the Dockerfile', () => {
  it('starts Node without a shell or npx; it is healthy when ready, and ends on SIGTERM', async () => {
    const port = await freePort();
    const words = [...listOf('ENTRYPOINT'), ...listOf('CMD')].map(word =>
      word.replace('0.0.0.0:8451', `127.0.0.1:${port}`),
    );
    expect(words[0]).toBe('node');
    const healthCheck = JSON.parse(
      /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(DOCKERFILE)![1]!,
    ) as string[];
    const check = placed(healthCheck.map(word => word.replace('8451', String(port))));
    expect(statusOf(check)).toBe(1);
    const running = await run(placed(words));
    expect(statusOf(check)).toBe(0);
    await expectToStopOn(running);
  });

  it('runs as a user of its own', () => {
    const user = /^USER (.*)$/m.exec(DOCKERFILE)?.[1];
    expect(user).toBe('node');
    expect(DOCKERFILE.indexOf('\nUSER ')).toBeLessThan(DOCKERFILE.indexOf('\nENTRYPOINT '));
    expect(/^STOPSIGNAL (.*)$/m.exec(DOCKERFILE)?.[1]).toBe('SIGTERM');
  });
});

it('neither starts the sidecar by npx, which passes no signal on', () => {
  const published = ['laissez-passer@.service', 'Dockerfile'].map(documented).join('');
  const commands = published.split('\n').filter(line => !line.startsWith('#'));
  expect(commands.join('\n')).toContain('main.js');
  expect(commands.filter(line => line.includes('npx'))).toEqual([]);
});
