/** A real HAProxy looks up addresses in an exported address map. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeHaproxyMap } from '../../../src/geo/zone-map.ts';
import { loadZoneTable } from '../../../src/index.ts';
import { bordersOf } from '../../support/borders.ts';
import { decodeBundle } from '../../support/bundles.ts';
import { mapWords } from '../../support/exported.ts';
import { freePort, isInstalled, isRequired, newFolder, startProgram } from '../../support/proxy.ts';

const BUNDLED = readFileSync(new URL('../../../data/zones.bin', import.meta.url));

describe.skipIf(!isInstalled('haproxy', '-v') && !isRequired)(
  'HAProxy with an exported address map (needs HAProxy)',
  () => {
    it('sees for each address what the table says', async () => {
      const table = await loadZoneTable(BUNDLED);
      const { folder } = newFolder('haproxy-zones');
      const map = join(folder, 'zones.map');
      writeFileSync(map, encodeHaproxyMap(table));
      const port = await freePort();
      const lookup = `map_ip(${map},"unknown special-purpose")`;
      const config = join(folder, 'haproxy.cfg');
      writeFileSync(
        config,
        `defaults
  mode http
  timeout client 10s
  timeout connect 10s
  timeout server 10s
frontend zones
  bind 127.0.0.1:${port}
  http-request set-var(txn.zone) req.hdr(x-address),${lookup}
  http-request set-var(txn.first) var(txn.zone),word(1," ")
  http-request return status 200 content-type text/plain lf-string "%[var(txn.first)]: %[var(txn.zone)]"
`,
      );
      await startProgram('haproxy', ['-f', config, '-db'], port);
      const borders = [...bordersOf(decodeBundle(BUNDLED).intervals)];
      const some = borders.filter((_, index) => index % 3571 === 0);
      const others = [
        '::ffff:90.1.1.1',
        '::ffff:10.0.0.1',
        '2002:5a01:101::1',
        '2001:0:5a01:101::',
      ];
      for (const address of [...some, ...others, '90.1.1.1', '2a01:cb00::1', 'fe80::1']) {
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          headers: { 'x-address': address },
        });
        const location = table.locate(address);
        expect(await answer.text(), address).toBe(`${location.zone}: ${mapWords(location)}`);
      }
    });
  },
);
