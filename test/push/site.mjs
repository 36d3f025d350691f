// site.mjs - what the tests of push share: people, waiting, and what the servers have written down.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { assertOk, ledger } from '../api/client.mjs';
import { openSocket } from '../api/socket.mjs';
import { login } from '../api/wallets.mjs';

export const DIR = process.env.QFS_API_DIR;
export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Waits until it is so; the last value of it otherwise.
export async function until(what, condition, ms = 5000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`${what}: ${JSON.stringify(value)} after ${ms} ms`);
    await pause(5);
  }
}

// Waits until qfs-bridge has told of everything that is there.
export async function toldOf(api) {
  const token = (await login(api)).token;
  const heard = await openSocket(api.name, { token });
  // One that just starts tells nothing that was there before it.
  await until('what was before', async () => {
    await note(api, { token });
    await pause(50);
    return heard.numbers.length > 0;
  });
  heard.close();
}

export const signIn = (api) => login(api);

const key = () => { const bytes = randomBytes(32); bytes[31] &= 63; return bytes.toString('base64url'); };

// Somebody who has signed in and has a chat key.
export async function person(api) {
  const who = { ...await signIn(api), chatKey: key(), sent: new Map() };
  assertOk(await api.call('publish_chat_key', { key: who.chatKey }, who.token));
  return who;
}

// Sends a message; gives its entry.  What is in it is nobody's business here.
export async function send(api, from, to) {
  const seq = (from.sent.get(to.user_id) ?? 0) + 1;
  from.sent.set(to.user_id, seq);
  return assertOk(await api.call('send_message', { recipient: to.user_id, seq, nonce: randomBytes(12).toString('base64url'), body: randomBytes(60).toString('base64url'),
    alg: 'x25519-hkdf-aes256gcm', sender_key: from.chatKey, recipient_key: to.chatKey }, from.token));
}

// Appends a NOTE of the account; gives its entry.
export const note = async (api, who, text = 'x') => assertOk(await api.call('events_batch', { events: [{ type: 'NOTE', payload: { text } }] }, who.token))[0].seq;

export const accessLog = (name) => readFileSync(`${DIR}/${name}.nginx/access.log`, 'utf8');
export const errorLog = (name) => readFileSync(`${DIR}/${name}.nginx/error.log`, 'utf8');

// What nginx has complained about, but for what it has refused.
export const complaints = (name, from = 0) =>
  errorLog(name).slice(from).split('\n').filter((line) => !/^$|\[info\]|limiting (requests|connections)|access forbidden by rule/.test(line)).join('\n');

// All that concerns the account, by since(), from a number on.
export async function allSince(read, token, from) {
  const entries = [];
  for (let next = from; ;) {
    const answer = assertOk(await read(`/rpc/since?seq=${next}`, token));
    entries.push(...answer.entries);
    next = answer.next;
    if (next >= answer.head) return { entries, next };
  }
}

// A client as docs/push.md has it: the numbers that its sockets said, and the entries that it has got of since(), which it asks after each
// message and each new socket; at other times only where again_ms says how long after a question that failed.
export async function follow(api, token, { read = api.read, again_ms, every_ms = 0 } = {}) {
  const her = { got: [], heard: [], ended: false };
  let { next } = assertOk(await read('/rpc/since', token));
  let asking = Promise.resolve();
  let waiting = 0;
  async function ask() {
    waiting--;
    // Whoever comes after this one asks for all that it would.
    if (her.ended || waiting > 0) return;
    try {
      const answer = await allSince(read, token, next);
      her.got.push(...answer.entries);
      ({ next } = answer);
      await pause(every_ms);
    } catch {
      // The next message, or socket, asks again.
      if (again_ms !== undefined) { await pause(again_ms); look(); }
    }
  }
  function look() {
    waiting++;
    asking = asking.then(ask);
  }
  async function keep() {
    while (!her.ended) {
      const socket = await openSocket(api.name, { token }).catch(() => null);
      if (socket) {
        socket.on = (numbers) => { her.heard.push(...numbers); look(); };
        look();
        await socket.closed;
      }
      await pause(100);
    }
  }
  keep();
  return Object.assign(her, { stop: () => { her.ended = true; } });
}

export { ledger, assertOk };
