// demo.mjs - two wallets use the API of scripts/demo: they sign in, append, rotate, revoke.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   node demo.mjs URL TOKEN-FILE        the token that is good at the end goes into the file

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';

const [url, tokenFile] = process.argv.slice(2);

// ---- a client of the API, whole ----

async function call(path, body, token) {
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
}

// JSON, with long texts cut short.
const shown = (value) => JSON.stringify(value, (name, member) =>
  (typeof member === 'string' && member.length > 48 && name !== 'details' && name !== 'hint' ? `${member.slice(0, 15)}…` : member)) ?? '';

// Prints a request and its answer, which must have this status.
async function show(who, status, path, body, token) {
  const answer = await call(path, body, token);
  console.log(`  ${who}: ${body === undefined ? 'GET' : 'POST'} ${path}${body ? ` ${shown(body)}` : ''}\n    ${answer.status} ${shown(answer.json)}`);
  assert.equal(answer.status, status);
  return answer.json;
}

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
