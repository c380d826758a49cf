/** Which requests does a gateway get under load? Scripts for wrk: of thousands of subscribers, each from an address of their own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadZoneTable } from '../dist/index.js';

export const SUBSCRIBERS = 5000;
export const MANIFEST = '/hls/master.m3u8';
/** The segments of a programme, of a megabyte each. */
export const SEGMENTS = Array.from({ length: 10 }, (_, n) => `/hls/${n}.ts`);

/** Addresses at home and abroad, all of them granted: what is served is the same with and without the plugin. */
async function addressesOf(table) {
  const addresses = [];
  for (let n = 0; addresses.length < SUBSCRIBERS; n++) {
    const address = `${n % 10 === 0 ? '80.58' : '193.252'}.${(n >> 8) % 256}.${n % 256}`;
    const { zone, disputed } = table.locate(address);
    if (['home', 'eea'].includes(zone) && !disputed) addresses.push(address);
  }
  return addresses;
}
export const ADDRESSES = await addressesOf(await loadZoneTable());

/** Requests for wrk, of as many subscribers as there are addresses, over and over. */
export const requestsOf = paths => `
local paths = { ${paths.map(path => `"${path}"`).join(', ')} }
local addresses = { ${ADDRESSES.map(address => `"${address}"`).join(',\n')} }
local requests = {}
local n = 0
init = function()
  for i, address in ipairs(addresses) do
    local headers = { ["X-Forwarded-For"] = address, ["Cookie"] = "session=s" .. i }
    requests[i] = wrk.format("GET", paths[i % #paths + 1], headers)
  end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
`;

/** Each request of somebody who is new today: the dearest minute of the day. */
export const newcomers = () => `
local addresses = { ${ADDRESSES.map(address => `"${address}"`).join(',\n')} }
local n = 0
local run = os.time()
request = function()
  n = n + 1
  local session = "session=s" .. run .. "-" .. n
  return wrk.format("GET", "${MANIFEST}", { ["X-Forwarded-For"] = addresses[n % #addresses + 1], ["Cookie"] = session })
end
`;

export const written = (folder, name, text) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
