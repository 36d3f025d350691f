// demo.mjs - two wallets use the API of scripts/demo: they sign in, append, rotate, revoke.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   node demo.mjs URL TOKEN-FILE        the token that is good at the end goes into the file

import { writeFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import { call, show } from './narrate.mjs';

const tokenFile = process.argv[3];

// ---- Ada's wallet is viem, which writes the message itself ----

const ada = privateKeyToAccount(generatePrivateKey());
console.log(`\n  Ada's wallet: ${ada.address}\n`);
const nonce = (await call('/rpc/auth_nonce', {})).json;
const message = createSiweMessage({ address: ada.address, chainId: 1, domain: 'app.example.org', nonce,
  uri: 'https://app.example.org/', version: '1', statement: 'Sign in to the demonstration.' });
console.log(message.replace(/^/gm, '    '), '\n');
const login = { message, signature: await ada.signMessage({ message }) };
const first = await show('Ada', 200, '/rpc/auth_login', login);
console.log('\n  the token says:', Buffer.from(first.token.split('.')[1], 'base64url').toString(), '\n');
await show('somebody who overheard', 409, '/rpc/auth_login', login);

// ---- Bob's wallet is ethers, and the server writes the message ----

const bob = Wallet.createRandom();
console.log(`\n  Bob's wallet: ${bob.address}\n`);
async function bobSignsIn() {
  const text = (await call('/rpc/auth_challenge', { wallet: bob.address })).json;
  return show('Bob', 200, '/rpc/auth_login', { message: text, signature: await bob.signMessage(text) });
}
const phone = await bobSignsIn();

// ---- what they may do, and what they see ----

console.log();
await show('Ada', 200, '/rpc/events_batch', { events: [{ type: 'NOTE', payload: { text: 'Ada was here' } }] }, first.token);
await show('nobody', 401, '/rpc/events_batch', { events: [] });
await show('Ada', 200, '/ledger?type=eq.NOTE&select=seq,actor,payload', undefined, first.token);
await show('Bob', 200, '/ledger?type=eq.NOTE&select=seq,actor,payload', undefined, phone.token);

// ---- rotation and revocation: the old token is refused at its very next request ----

console.log();
const second = await show('Ada', 200, '/rpc/session_rotate', {}, first.token);
await show('Ada, with the old token', 401, '/rpc/sessions', undefined, first.token);
await show('Ada, with the new one', 200, '/rpc/sessions?select=started,active,current,reason', undefined, second.token);

console.log('\n  Bob loses his phone and signs in elsewhere.');
const laptop = await bobSignsIn();
await show('Bob', 204, '/rpc/session_revoke', { session: phone.session, reason: 'device_lost' }, laptop.token);
await show('whoever has the phone', 401, '/rpc/sessions', undefined, phone.token);

writeFileSync(tokenFile, second.token);
