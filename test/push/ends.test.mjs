// ends.test.mjs - sockets end with their session, however it ends; and clients that do not behave.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeAll, openEvents, openSocket } from '../api/socket.mjs';
import { assertOk, complaints, ledger, note, pause, signIn, toldOf, until } from './site.mjs';

const api = ledger('push');
after(closeAll);

// What ends the session of a token, and how long its sockets are there afterwards, at most.
const WITHIN_MS = 1000;
const closes = async (who, end, ms = WITHIN_MS) => {
  const sockets = [await openSocket('push', { token: who.token }), await openEvents('push', { token: who.token })];
  await end();
  const ended = Date.now();
  const at = await Promise.race([Promise.all(sockets.map(({ closed }) => closed)), pause(ms + 3000)]);
  assert.ok(at, 'it is still open');
  for (const one of at) assert.ok(one.at - ended < ms, `${one.at - ended} ms`);
  assert.deepEqual(sockets.map(({ numbers }) => numbers), [[], []], 'the end itself is nothing that an ended session hears of');
  await assert.rejects(openSocket('push', { token: who.token }), ({ status }) => status === 401);
  return at[0];
};

const quiet = async () => {
  const who = await signIn(api);
  await toldOf(api);
  return who;
};

test('revoked by the account', async () => {
  const ann = await quiet();
  const { code, reason } = await closes(ann, async () => assertOk(await api.call('session_revoke', { session: ann.session }, ann.token)));
  assert.equal(`${code} ${reason}`, '1001 410 Gone');
});

test('rotated: the old one goes, the new one hears', async () => {
  const ann = await quiet();
  let next;
  await closes(ann, async () => { next = assertOk(await api.call('session_rotate', {}, ann.token)); });
  const socket = await openSocket('push', { token: next.token });
  const seq = await note(api, next);
  await until('the number', () => socket.numbers.includes(seq));
});

test('revoked by the operator, and displaced by a later sign-in', async () => {
  const ann = await quiet();
  const revoke = (session) => api.sql(`INSERT INTO qfs.ledger (type, payload) VALUES ('SESSION_REVOKED', '{"reason": "admin", "session": "${session}"}')`);
  await closes(ann, () => revoke(ann.session));
  const bob = await quiet();
  const other = await signIn(api);
  const socket = await openSocket('push', { token: other.token });
  await closes(bob, async () => {
    api.sql('SELECT qfs.set_policy(\'{"sessions_max": 1}\')');
    const { viemWallet, login } = await import('../api/wallets.mjs');
    await login(api, viemWallet(bob.key));
  });
  api.sql('SELECT qfs.set_policy(\'{"sessions_max": 16}\')');
  await pause(200);
  assert.equal(socket.socket.readyState, 1, 'another account\'s socket stays');
});

test('another session of the account stays', async () => {
  const { viemWallet, login } = await import('../api/wallets.mjs');
  const phone = await signIn(api);
  const laptop = await login(api, viemWallet(phone.key));
  await toldOf(api);
  const socket = await openSocket('push', { token: laptop.token });
  await closes(phone, async () => assertOk(await api.call('session_revoke', { session: phone.session }, laptop.token)));
  const seq = await note(api, laptop);
  await until('the number', () => socket.numbers.includes(seq));
});

test('expired: nothing happens in the ledger, and the socket is closed all the same', async () => {
  const brief = ledger('brief');
  const ann = await signIn(brief);
  const socket = await openSocket('brief', { token: ann.token });
  const { at } = await socket.closed;
  assert.ok(at >= ann.expires_at && at < ann.expires_at + WITHIN_MS, `${at - ann.expires_at} ms after`);
  await assert.rejects(openSocket('brief', { token: ann.token }), ({ status }) => status === 401);
});

test('a client that never reads: others hear, and its end comes all the same', async () => {
  const [ann, bob] = [await quiet(), await signIn(api)];
  const deaf = await openSocket('push', { token: ann.token });
  deaf.socket._socket.pause();
  const [hers, his] = [await openSocket('push', { token: ann.token }), await openSocket('push', { token: bob.token })];
  // Some 100 kB of numbers for the one who does not read.
  const events = Array.from({ length: 1000 }, () => ({ type: 'NOTE', payload: {} }));
  let last;
  for (let n = 0; n < 20; n++) last = assertOk(await api.call('events_batch', { events }, ann.token)).at(-1).seq;
  await until('all of hers', () => hers.numbers.includes(last), 20000);
  assert.equal(new Set(hers.numbers).size, 20000);
  for (let n = 0; n < 10; n++) {
    const seq = await note(api, bob);
    const started = Date.now();
    await until('the other\'s number', () => his.numbers.includes(seq));
    assert.ok(Date.now() - started < 500, `${Date.now() - started} ms`);
  }
  assertOk(await api.call('session_revoke', { session: ann.session }, ann.token));
  await hers.closed;
  deaf.socket._socket.resume();
  await until('its end', () => deaf.socket.readyState === 3);
});

test('nginx has nothing to complain about', () => {
  assert.equal(complaints('push'), '');
});
