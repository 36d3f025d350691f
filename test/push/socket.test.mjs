// socket.test.mjs - who may open a socket, what it hears, and what is refused.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { after, test } from 'node:test';
import { closeAll, openEvents, openSocket, SUBPROTOCOL } from '../api/socket.mjs';
import { accessLog, allSince, assertOk, DIR, errorLog, ledger, note, pause, person, send, signIn, toldOf, until } from './site.mjs';

const api = ledger('push');
after(closeAll);

const refused = (options, status, text) => assert.rejects(openSocket('push', options), (error) => {
  assert.equal(error.status, status, error.message);
  assert.match(error.text, text);
  assert.equal(error.headers['cache-control'], 'no-store');
  assert.equal(error.headers['content-type'], 'application/json');
  return true;
});

test('a socket hears the numbers of what concerns its account, and of nothing else', async () => {
  const [ann, bob, cid] = [await person(api), await person(api), await person(api)];
  await toldOf(api);
  const sockets = [];
  for (const who of [ann, bob, cid]) sockets.push(await openSocket('push', { token: who.token }));
  assert.ok(sockets.every(({ socket }) => socket.protocol === SUBPROTOCOL));
  await pause(200);
  assert.deepEqual(sockets.map(({ numbers }) => numbers), [[], [], []], 'what was before the socket is for since()');
  const first = await send(api, ann, bob);
  await until('the message', () => sockets[0].numbers.includes(first) && sockets[1].numbers.includes(first));
  const second = await note(api, cid);
  api.sql("INSERT INTO qfs.ledger (type, payload) SELECT 'DECREE', '{}' FROM generate_series(1, 3)");
  const third = await send(api, bob, ann);
  await until('the answer', () => sockets[0].numbers.includes(third) && sockets[1].numbers.includes(third) && sockets[2].numbers.includes(second));
  assert.deepEqual(sockets.map(({ numbers }) => numbers), [[first, third], [first, third], [second]]);
  sockets.forEach(({ close }) => close());
});

test('what a client does: since, a socket, since', async () => {
  const [ann, bob] = [await person(api), await person(api)];
  const start = assertOk(await api.read('/rpc/since', bob.token));
  assert.deepEqual(start, { entries: [], next: start.head, head: start.head });
  const socket = await openSocket('push', { token: bob.token });
  const entry = await send(api, ann, bob);
  await until('the message', () => socket.numbers.length > 0);
  const { entries, next } = await allSince(api.read, bob.token, start.next);
  assert.deepEqual(entries.map(({ seq }) => seq), [entry]);
  assert.equal(entries[0].act.part.type, 'MESSAGE');
  assert.ok(next > entry);
  socket.close();
});

test('entries of one transaction come in one message, in order', async () => {
  const ann = await signIn(api);
  await toldOf(api);
  const socket = await openSocket('push', { token: ann.token });
  const batch = assertOk(await api.call('events_batch', { events: Array.from({ length: 20 }, () => ({ type: 'NOTE', payload: {} })) }, ann.token));
  await until('all', () => socket.numbers.length === 20);
  assert.deepEqual(socket.numbers, batch.map(({ seq }) => seq));
  assert.equal(socket.messages, 1);
  socket.close();
});

test('every session of an account, and every socket of a session', async () => {
  const ann = await signIn(api);
  const sockets = [await openSocket('push', { token: ann.token }), await openSocket('push', { token: ann.token }),
    await openSocket('push', { protocols: [SUBPROTOCOL], headers: { Authorization: `Bearer ${ann.token}` } }),
    await openSocket('push', { protocols: [], headers: { Authorization: `Bearer ${ann.token}` } })];
  const events = await openEvents('push', { token: ann.token });
  assert.equal(events.status, 200);
  assert.match(events.headers['content-type'], /^text\/event-stream/);
  assert.equal(events.headers['cache-control'], 'no-store');
  const entry = await note(api, ann);
  await until('all of them', () => sockets.every(({ numbers }) => numbers.includes(entry)) && events.numbers.includes(entry));
  [...sockets, events].forEach(({ close }) => close());
});

test('server-sent events over HTTP/2, beside other requests of the same connection', async () => {
  const ann = await signIn(api);
  const connection = http2.connect(`https://localhost:${readFileSync(`${DIR}/push.port`)}`, { ca: readFileSync(`${DIR}/tls.crt`) });
  after(() => connection.destroy());
  const stream = connection.request({ ':path': '/live', accept: 'text/event-stream', authorization: `Bearer ${ann.token}` });
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (part) => { text += part; });
  const status = await new Promise((resolve, reject) => { stream.on('response', (headers) => resolve(headers[':status'])); stream.on('error', reject); });
  assert.equal(status, 200);
  const seq = await note(api, ann);
  await until('the number', () => text.includes(`data: [${seq}]`) || new RegExp(`data: \\[[0-9,]*\\b${seq}\\b`).test(text));
  assertOk(await api.call('session_revoke', { session: ann.session }, ann.token));
  await until('the end', () => stream.closed || stream.readableEnded);
  connection.close();
});

test('without nchan the site is what it was: no socket, and everything else', async () => {
  const bare = { ...api, site: ledger('bare').site };
  assert.equal((await bare.site({ path: '/live' })).status, 404);
  assert.equal((await bare.site({ path: '/rest/rpc/head' })).status, 200);
  assert.ok(!/nchan|qfs_live/.test(readFileSync(`${DIR}/bare.site.conf`, 'utf8')));
});

test('a token in the address is refused, and nobody writes it down', async () => {
  const { token } = await signIn(api);
  for (const path of [`/live?token=${token}`, `/live?access_token=${token}`, '/live?x', '/live?0']) {
    await refused({ token, path }, 400, /has no query/);
    await refused({ token, path, protocols: [] }, 400, /has no query/);
  }
  assert.equal((await api.site({ path: `/live?token=${token}`, headers: { Accept: 'text/event-stream' } })).status, 400);
  assert.equal((await api.site({ path: `/rest/rpc/sessions?token=${token}` })).status, 404);
  await openSocket('push', { token }).then(({ close }) => close());
  await pause(100);
  assert.match(accessLog('push'), /"GET \/live HTTP\/1\.1" 400/);
  for (const log of [accessLog('push'), errorLog('push')]) for (const part of token.split('.')) assert.ok(!log.includes(part), 'a part of the token');
});

test('no token, and tokens that are none', async () => {
  const { token } = await signIn(api);
  await refused({ protocols: [] }, 401, /needs a session/);
  await refused({ protocols: [SUBPROTOCOL] }, 401, /needs a session/);
  await refused({ protocols: [SUBPROTOCOL, 'a.b.c'] }, 401, /needs a session/);
  await refused({ protocols: [SUBPROTOCOL, `${token.slice(0, -4)}AAAA`] }, 401, /needs a session/);
  await refused({ protocols: [], headers: { Authorization: `Basic ${token}` } }, 401, /needs a session/);
  const other = await signIn(ledger('brief'));
  await refused({ token: other.token }, 401, /needs a session/);
  assert.equal((await openEvents('push', {})).status, 401);
});

test('subprotocols that are not ours', async () => {
  const { token } = await signIn(api);
  for (const protocols of [[token], ['chat', token], [SUBPROTOCOL, 'chat', token], [SUBPROTOCOL, token, 'chat'], [token, SUBPROTOCOL], ['ws-meta.nchan', token], [`x${SUBPROTOCOL}`, token]])
    await refused({ protocols }, 400, /not those of this server/);
  // The one in the header counts for nothing then: there is one way in, or an error.
  await refused({ protocols: ['chat'], headers: { Authorization: `Bearer ${token}` } }, 400, /not those of this server/);
});

test('another\'s channel cannot be asked for', async () => {
  const [ann, bob] = [await signIn(api), await signIn(api)];
  const socket = await openSocket('push', { token: ann.token, headers: { 'X-Qfs-Session': bob.session, 'X-Qfs-User': bob.user_id, 'X-Accel-Redirect': `/push/${bob.session}` } });
  const [hers, his] = [await note(api, ann), await note(api, bob)];
  await until('hers', () => socket.numbers.includes(hers));
  await pause(200);
  assert.ok(!socket.numbers.includes(his));
  socket.close();
  for (const path of [`/live/${bob.session}`, `/push/${bob.session}`, '/live/identity', `//push/${bob.session}`])
    assert.equal((await api.site({ path, headers: api.bearer(ann.token) })).status, 404, path);
  assert.equal((await api.site({ method: 'POST', path: '/live', body: '[1]', headers: api.bearer(ann.token) })).status, 403);
  assert.equal((await api.site({ method: 'DELETE', path: '/live', headers: api.bearer(ann.token) })).status, 403);
});

test('pages of other origins', async () => {
  const { token } = await signIn(api);
  const host = { headers: { Host: 'ledger.example.org' } };
  await refused({ token, origin: 'https://evil.example', ...host }, 403, /another origin/);
  await refused({ token, origin: 'null', ...host }, 403, /another origin/);
  await refused({ token, origin: 'https://ledger.example.org.evil.example', ...host }, 403, /another origin/);
  await refused({ token, origin: 'http://ledger.example.org', ...host }, 403, /another origin/);
  await refused({ token, origin: 'https://evil.example/ https://ledger.example.org', ...host }, 403, /another origin/);
  await openSocket('push', { token, origin: 'https://ledger.example.org', ...host }).then(({ close }) => close());
});

test('who is told whose socket it is', async () => {
  const ann = await signIn(api);
  const answer = await api.call('socket_identity', {}, ann.token);
  assert.equal(answer.status, 204);
  assert.equal(answer.headers['x-qfs-user'], ann.user_id);
  assert.equal(answer.headers['x-qfs-session'], ann.session);
  assert.equal((await api.call('socket_identity')).status, 401);
});

test('an address has so many sockets, and no more', async () => {
  const people = [];
  for (let n = 0; n < 5; n++) people.push(await signIn(api));
  // An address of its own, so that what it uses up is its own.
  const open = (n) => openSocket('push', { token: people[n % 5].token, localAddress: '127.0.0.9' });
  const results = [];
  for (let n = 0; n < 110; n++) results.push(await open(n).catch((error) => error));
  const refusals = results.filter(({ status }) => status);
  assert.ok(refusals.length >= 10, `${refusals.length}`);
  assert.ok(refusals.every(({ status, text }) => status === 429 && /too many/.test(text)));
  assert.ok(results.length - refusals.length <= 100);
  results.forEach(({ close }) => close?.());
});
