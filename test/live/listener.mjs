// listener.mjs - people who listen: what their sockets say and what since() gives them, until a signal.
//
//   QFS_API_DIR=… listener.mjs NAME DIRECTORY TOKEN...    DIRECTORY/0.heard, a number a line, and 0.got, number|hash of the entry before, of the first token; and so on
//
// SPDX-License-Identifier: AGPL-3.0-only

import { writeFileSync } from 'node:fs';
import { ledger } from '../api/client.mjs';
import { follow, pause } from '../push/site.mjs';

const [name, directory, ...tokens] = process.argv.slice(2);
const api = ledger(name);
// As somebody outside of the machine: through nginx, which lets an address ask 50 times a second.
const read = (path, token) => api.site({ path: `/rest${path}`, headers: api.bearer(token) });
const people = await Promise.all(tokens.map((token) => follow(api, token, { read, again_ms: 300, every_ms: 100 })));

let ended = false;
process.on('SIGTERM', () => { ended = true; });
// Nor longer than whoever started it.
const parent = process.ppid;
while (!ended && process.ppid === parent) {
  people.forEach(({ got, heard }, n) => {
    writeFileSync(`${directory}/${n}.heard`, heard.join('\n'));
    writeFileSync(`${directory}/${n}.got`, got.map(({ seq, prev }) => `${seq}|${prev}`).join('\n'));
  });
  await pause(100);
}
process.exit(0);
