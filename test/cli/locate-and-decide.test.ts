import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileBundle } from '../../src/entry/tables.ts';
import { REASONS } from '../../src/index.ts';
import { cli, MAIN, PLAIN } from '../support/cli.ts';
import { fileOf, inFolder } from '../support/tables.ts';

describe('locate', () => {
  it('answers the seven addresses of the acceptance', async () => {
    const input =
      '193.252.19.3\n80.58.61.250\n8.8.8.8\n10.0.0.1\n::ffff:c1fc:1303\n2001:0:5102:458e::1\n010.8.8.8\n';
    const { status, stdout } = await cli(['locate', '-'], input);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t')[1]);
    expect(answers).toEqual([
      'home',
      'eea',
      'outside',
      'special-purpose',
      'home',
      'special-purpose',
      'not-an-address',
    ]);
    expect(status).toBe(0);
  });

  it('takes addresses as arguments, speaks French, names the RFC', async () => {
    const { stdout } = await cli(['locate', '80.58.61.250', '10.0.0.1', '--lang', 'fr']);
    expect(stdout).toContain('ailleurs dans l’EEE');
    expect(stdout).toContain('pas une adresse publique (RFC 1918)');
    expect((await cli(['locate', '8.8.8.8'], '', { LC_ALL: 'fr_FR.UTF-8' })).stdout).toContain(
      'hors de l’EEE',
    );
  });

  it('prints JSON lines, with the canonical address and the name of a special range', async () => {
    const lines = (await cli(['locate', '2A01:CB00:0::1', '10.0.0.1', 'x', '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines[0]).toMatchObject({
      canonical: '2a01:cb00::1',
      answer: 'home',
      zone: 'home',
      known: 'listed',
      disputed: false,
    });
    expect(lines[1]).toMatchObject({ answer: 'special-purpose', range: 'private' });
    expect(lines[2]).toMatchObject({ answer: 'not-an-address' });
  });

  it('says on standard error, not in the data, that the data are old and how to bring a fresher file', async () => {
    const tableBuilt = async (daysAgo: number): Promise<string> => {
      const built = new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
      return fileOf(await compileBundle({ sources: [{ path: fileOf('8.0.0.0/8,US'), built }] }));
    };
    const old = await tableBuilt(40);
    const fresh = await tableBuilt(3);
    expect(await cli(['locate', '8.8.8.8', '--table', fresh])).toMatchObject({
      stderr: '',
      status: 0,
    });
    const { stdout, stderr } = await cli(['locate', '8.8.8.8', '--table', old]);
    expect(stdout).toBe('8.8.8.8\toutside\toutside the EEA\n');
    expect(stderr).toMatch(/40 days old: replace the file by a newer one/);
    expect((await cli(['locate', '8.8.8.8', '--table', inFolder('none')])).status).toBe(3);
  });

  it('shows no control characters of what it was fed, and no more than a line of it', async () => {
    const { stdout } = await cli(
      ['locate', '-'],
      `\u001b[2J\u001b]0;x\u0007\r\n\n${'a'.repeat(200_000)}\n8.8.8.8\n`,
    );
    expect(stdout).not.toMatch(/[^\P{Cc}\t\n]/u);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => line.split('\t')[1]),
    ).toEqual(['not-an-address', 'not-an-address', 'outside']);
    expect(stdout.length).toBeLessThan(500);
  });

  it('passes over a byte order mark', async () => {
    expect((await cli(['locate', '-'], '\ufeff8.8.8.8\r\n')).stdout).toMatch(
      /^8\.8\.8\.8\toutside/,
    );
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = spawn(process.execPath, [MAIN, 'locate', '-'], {
      env: PLAIN,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    let stderr = '';
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    child.stdin.write('8.8.8.8\n'.repeat(1000));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const flood = setInterval(() => child.stdin.write('8.8.8.8\n'.repeat(1000)), 1);
    const [code] = await once(child, 'exit');
    clearInterval(flood);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|Error/);
  });

  it('passes a million addresses in constant memory', async () => {
    const path = fileOf(
      Array.from(
        { length: 1_000_000 },
        (_, n) => `${n % 3 === 0 ? 10 : 1 + (n % 223)}.${n & 255}.${(n >> 8) & 255}.9\n`,
      ).join(''),
    );
    expect(statSync(path).size).toBeGreaterThan(1e7);
    const count =
      "let n=0;process.stdin.on('data',c=>{for(const b of c)if(b===10)n++}).on('end',()=>console.log(n))";
    const script = `/usr/bin/env node --max-old-space-size=48 ${MAIN} locate - < ${path} | /usr/bin/env node -e "${count}"`;
    const { stdout, status } = spawnSync('bash', ['-o', 'pipefail', '-c', script], {
      encoding: 'utf8',
      env: PLAIN,
    });
    expect([status, stdout.trim()]).toEqual([0, '1000000']);
  });
});

describe('decide', () => {
  it.each([
    ['193.252.19.3', [], 0, 'present-at-home'],
    ['80.58.61.250', [], 0, 'temporarily-abroad'],
    ['80.58.61.250', ['--free'], 2, 'service-not-portable'],
    ['80.58.61.250', ['--free', '--portable'], 0, 'temporarily-abroad'],
    ['8.8.8.8', [], 2, 'outside-eea'],
    ['10.0.0.1', [], 2, 'address-not-public'],
    ['10.0.0.1', ['--unknown', 'tolerate'], 0, 'location-tolerated'],
  ] as const)('%s %j: exit code %i, %s', async (address, more, status, reason) => {
    const result = await cli([
      'decide',
      '--address',
      address,
      '--standing',
      'verified',
      '--json',
      ...more,
    ]);
    expect(result.status).toBe(status);
    expect(JSON.parse(result.stdout)).toMatchObject({
      reason,
      verdict: expect.any(String),
      basis: expect.any(String),
      code: expect.stringMatching(/^LP-\d\d$/),
    });
    expect(result.stdout + result.stderr).not.toContain(address);
  });

  it('reads well in French', async () => {
    const { stdout } = await cli([
      'decide',
      '--address',
      '8.8.8.8',
      '--standing',
      'verified',
      '--lang',
      'fr',
    ]);
    expect(stdout).toMatch(/^refusé · outside-eea · LP-12\nVous êtes hors de l’Espace/);
    expect(stdout).toContain('Fondement : art. 2, point 4, et art. 3, § 1');
  });

  it('without a readable address is a decision too', async () => {
    expect((await cli(['decide', '--standing', 'verified', '--json'])).stdout).toContain(
      'address-invalid',
    );
  });
});

it('a reader that is gone does not turn a refusal into a grant', () => {
  const status = (words: string): number | null =>
    spawnSync('bash', ['-c', `node ${MAIN} ${words} | true; exit \${PIPESTATUS[0]}`], {
      env: PLAIN,
    }).status;
  for (let round = 0; round < 3; round++) {
    expect(status('decide --address 8.8.8.8 --standing verified')).toBe(2);
    expect(status('decide --address 80.58.61.250 --standing verified')).toBe(0);
  }
});

describe('explain', () => {
  it('takes a reason or a short code, and all of them', async () => {
    expect((await cli(['explain', 'LP-07'])).stdout).toContain('home-not-licensed');
    expect((await cli(['explain', 'outside-eea', '--lang', 'fr'])).stdout).toContain(
      'Espace économique européen',
    );
    expect((await cli(['explain', '--json'])).stdout.trimEnd().split('\n')).toHaveLength(
      REASONS.length,
    );
    expect(await cli(['explain', 'LP-99'])).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('table', () => {
  it('info names the edition and its sources', async () => {
    const { stdout, status } = await cli(['table', 'info', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      home: 'FR',
      sources: [{ name: 'ipfire-location' }, {}, {}],
      ageInDays: expect.any(Number),
    });
    expect((await cli(['table', 'info'])).stdout).toContain('dbip-country-lite');
  });

  it('verify passes the bundled table and refuses a damaged one with exit code 3', async () => {
    expect((await cli(['table', 'verify'])).status).toBe(0);
    const bytes = readFileSync(new URL('../../data/zones.bin', import.meta.url));
    bytes[bytes.length >> 1]! ^= 4;
    const { status, stderr, stdout } = await cli([
      'table',
      'verify',
      fileOf(bytes),
      '--lang',
      'fr',
    ]);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toContain('endommagé');
    expect(await cli(['table', 'verify', fileOf('1.0.0.0/8,FR\noops')])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('line 2'),
    });
  });
});
