// arrive.mjs - a message arrives over a socket: its number first, and then what the client asks for.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   QFS_API_DIR=… node arrive.mjs URL NAME       NAME.port and tls.crt in that directory are the site's

import assert from 'node:assert/strict';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { makeChatKey, open, seal } from './chat.mjs';
import { call, show } from './narrate.mjs';
import { openSocket } from './socket.mjs';

const site = process.argv[3];

async function signIn(name) {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const message = (await call('/rpc/auth_challenge', { wallet: wallet.address })).json;
  const session = (await call('/rpc/auth_login', { message, signature: await wallet.signMessage({ message }) })).json;
  const mine = await makeChatKey();
  await call('/rpc/publish_chat_key', { key: mine.text }, session.token);
  return { name, mine, ...session };
}

const [ann, ben] = [await signIn('Ann'), await signIn('Ben')];
const { next } = await show('Ben', 200, '/rpc/since', undefined, ben.token);
const socket = await openSocket(site, { token: ben.token });
console.log('  Ben opens a socket: wss://…/live, with the subprotocols ws+meta.nchan and his token');

const arrived = new Promise((resolve) => { socket.on = (list) => resolve({ list, at: performance.now() }); });
const envelope = await seal({ sender: ann.user_id, recipient: ben.user_id, seq: 1, text: 'Are you there?', mine: ann.mine, theirs: ben.mine.text });
const entry = await show('Ann', 200, '/rpc/send_message', envelope, ann.token);
const sent = performance.now();
const { list, at } = await arrived;
console.log(`\n  the socket says ${JSON.stringify(list)}, ${Math.max(0, at - sent).toFixed(0)} ms after Ann was told that it is stored, and nothing else`);
assert.deepEqual(list, [entry]);

const { entries } = (await call(`/rpc/since?seq=${next}`, undefined, ben.token)).json;
assert.deepEqual(entries.map(({ seq }) => seq), [entry]);
console.log(`  Ben: GET /rpc/since?seq=${next}\n    entry ${entries[0].seq}: ${entries[0].act.part.type}`);
const [thread] = (await call('/rpc/inbox', undefined, ben.token)).json;
const [row] = (await call(`/rpc/messages?thread=${thread.thread}&max=1`, undefined, ben.token)).json;
console.log(`    Ben decrypts: ${await open(row, ben.user_id, ben.mine)}`);

console.log('\n  Ben signs out, and the socket goes with the session:');
const out = performance.now();
await show('Ben', 204, '/rpc/session_revoke', { session: ben.session }, ben.token);
const { code, reason } = await socket.closed;
console.log(`    closed with ${code} ${reason}, ${(performance.now() - out).toFixed(0)} ms after he asked`);
await assert.rejects(openSocket(site, { token: ben.token }), { status: 401 });
