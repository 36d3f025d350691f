// site.test.mjs - through nginx: the paths of the contract and of C2SP, caches, headers and limits.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { ledger, assertError, assertOk } from './client.mjs';
import { viemWallet } from './wallets.mjs';

const api = ledger('api');
const brief = ledger('brief');

const post = (path, body = {}, token = undefined) => api.site({ method: 'POST', path, body, headers: api.bearer(token) });
const get = (on, path, token = undefined, headers = {}) => on.site({ path, headers: { ...on.bearer(token), ...headers } });

test('the names of the contract, from challenge to logout', async () => {
  const wallet = viemWallet();
  const message = assertOk(await post('/v1/auth/challenge', { wallet: wallet.address }));
  const signedIn = await post('/v1/auth/connect-wallet', { message, signature: await wallet.sign(message) });
  const { token, user_id } = assertOk(signedIn);
  assert.equal(signedIn.headers['cache-control'], 'no-store');
  const [{ seq }] = assertOk(await post('/v1/events/batch', { events: [{ type: 'NOTE', payload: { text: 'x' } }] }, token));
  const [row] = assertOk(await get(api, `/ledger/events?seq=eq.${seq}`, token));
  assert.equal(row.actor, user_id);
  assert.equal(assertOk(await get(api, `/explain/session/${seq}`, token)).topic, 'session');
  assert.equal(assertOk(await get(api, `/explain/entry/${seq}`, token)).topic, 'entry');
  assert.equal(assertOk(await get(api, `/explain/coherence/${user_id}`, token)).topic, 'coherence');
  assert.equal(assertOk(await get(api, `/explain/statement/${user_id}`, token)).topic, 'statement');
  assertError(await get(api, `/explain/reward/${seq}`, token), 422, 'QFS_EXPLAIN_TOPIC');
  assertError(await get(api, `/explain/message/${'00'.repeat(32)}/1`, token), 404, 'QFS_THREAD_UNKNOWN');
  const next = assertOk(await post('/v1/auth/rotate', {}, token));
  assertError(await get(api, '/v1/auth/sessions', token), 401, 'QFS_SESSION_ENDED');
  const sessions = assertOk(await get(api, '/v1/auth/sessions', next.token));
  assert.deepEqual(sessions.map((session) => session.active), [true, false]);
  assertOk(await post('/v1/auth/revoke', { session: next.session }, next.token));
  assertError(await get(api, '/v1/auth/sessions', next.token), 401, 'QFS_SESSION_ENDED');
  assertError(await get(api, '/ledger/verify-chain'), 401, null);
  // A message of one's own, with a nonce.
  const own = wallet.write({ nonce: assertOk(await post('/v1/auth/nonce')) });
  assertOk(await post('/v1/auth/connect-wallet', { message: own, signature: await wallet.sign(own) }));
});

test('/rest/ is PostgREST, and the same limits hold there', async () => {
  const page = await get(api, '/rest/');
  assert.equal(page.json.info.title, 'qfs');
  assert.equal(page.json.host, 'ledger.example.org:443');
  assert.equal(page.json.basePath, '/rest');
  assert.equal(assertOk(await get(api, '/rest/rpc/head')).size > 0, true);
  assert.match(assertOk(await post('/rest/rpc/auth_nonce')), /^[0-9a-f]{64}$/);
});

test('paths that are none', async () => {
  for (const path of ['/index.html', '/v1', '/v1/auth/', '/v1/auth/nonce/', '/v1/auth/login', '/rpc/head', '/ledger', '/ledger/', '/metrics', '/live/', '/push/', '/.git/config',
    '/tile', '/tile/0', '/tile/0/0', '/tile/00/000', '/tile/64/000', '/tile/-1/000', '/tile/0/1', '/tile/0/0000', '/tile/0/x000/001',
    '/tile/0/001/001', '/tile/0/x001/x002', '/tile/0/x01/001', '/tile/0/000.p/0', '/tile/0/000.p/256', '/tile/0/000.p/01', '/tile/0/000.p/',
    '/tile/0/000/', '/tile/entries/0', '/tile/entries/x000/000', '/tile/0/x001/x001/x001/x001/x001/001', '/checkpoint/']) {
    const answer = await get(brief, path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.json.code, 'PT404', path);
    // 50 a second and 100 at once are let through.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await api.site({ method: 'POST', path: '/checkpoint', body: {} })).status, 403);
  assert.equal((await api.site({ method: 'DELETE', path: '/tile/0/000.p/1' })).status, 403);
});

test('C2SP: the bytes are those of SQL', async () => {
  const sqlBytes = (expression) => brief.sql(`SELECT encode(${expression}, 'hex')`);
  const size = Number(brief.sql('SELECT size FROM qfs.head()'));
  assert.ok(size > 600);
  const part = size % 256;
  const paths = [
    ['/tile/0/000', 'qfs.tile(0, 0)', true], ['/tile/0/001', 'qfs.tile(0, 1)', true],
    ['/tile/0/000.p/1', 'qfs.tile(0, 0, 1)', false], ['/tile/0/000.p/255', 'qfs.tile(0, 0, 255)', false], ['/tile/0/000.p/10', 'qfs.tile(0, 0, 10)', false],
    [`/tile/0/002.p/${part}`, `qfs.tile(0, 2, ${part})`, false], ['/tile/1/000.p/2', 'qfs.tile(1, 0, 2)', false],
    ['/tile/entries/000', 'qfs.entry_bundle(0)', true], ['/tile/entries/001', 'qfs.entry_bundle(1)', true],
    ['/tile/entries/001.p/99', 'qfs.entry_bundle(1, 99)', false], [`/tile/entries/002.p/${part}`, `qfs.entry_bundle(2, ${part})`, false],
  ];
  for (const [path, expression, isFull] of paths) {
    const answer = await get(brief, path, undefined, { Accept: 'text/html' });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.bytes.toString('hex'), sqlBytes(expression), path);
    assert.equal(answer.headers['content-type'], 'application/octet-stream', path);
    assert.equal(answer.headers['cache-control'], isFull ? 'public, max-age=31536000, immutable' : 'public, max-age=3600', path);
    assert.equal((await brief.site({ method: 'HEAD', path })).status, 200, path);
  }
  const zipped = await get(brief, '/tile/entries/000', undefined, { 'Accept-Encoding': 'gzip' });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(zipped.bytes).toString('hex'), sqlBytes('qfs.entry_bundle(0)'));
  // The checkpoint of this size; another test may append meanwhile, so the size is taken from the note.
  const answer = await get(brief, '/checkpoint');
  assert.equal(answer.text, brief.sql(`SELECT qfs.checkpoint(${Number(answer.text.split('\n')[1])})`));
  assert.match(answer.headers['content-type'], /^text\/plain/);
  assert.equal(answer.headers['cache-control'], 'public, no-cache');
  assert.equal((await get(brief, '/checkpoint?size=3')).text.split('\n')[1] >= 600, true, 'no parameters');
});

test('C2SP: what is not there is not kept, and numbers are read in groups of three', async () => {
  for (const [path, number] of [['/tile/0/x001/x234/067', 1234067], ['/tile/5/999', 999], ['/tile/entries/x001/000', 1000], ['/tile/entries/x123/x456/x789/x012/345', 123456789012345],
    ['/tile/0/003', 3], ['/tile/0/002', 2], ['/tile/63/000', 0]]) {
    const answer = await get(brief, path);
    assertError(answer, 404, 'QFS_TILE_UNKNOWN', path);
    assert.match(answer.json.details, new RegExp(`number ${number},`), path);
    assert.equal(answer.headers['cache-control'], 'no-store', path);
  }
});

test('C2SP: a token opens nothing there, because answers may be kept for everyone', async () => {
  // The heads of entries are everybody's, whatever the policy says of their contents.
  assert.equal((await get(api, '/tile/entries/000.p/1', 'no.valid.token')).status, 200);
  assert.equal((await get(api, '/tile/0/000.p/1', 'no.valid.token')).status, 200);
  assert.equal((await get(api, '/rest/rpc/head', 'no.valid.token')).status, 401);
});

test('headers of security, on good and on bad answers', async () => {
  for (const path of ['/checkpoint', '/rest/rpc/head', '/nothing', '/rest/rpc/sessions']) {
    const { headers } = await get(api, path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['strict-transport-security'], 'max-age=31536000', path);
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'", path);
    assert.equal(headers['referrer-policy'], 'no-referrer', path);
    assert.equal(headers.server, 'nginx', path);
  }
});

test('limits of size', async () => {
  const body = (bytes) => JSON.stringify({ message: 'x'.repeat(bytes), signature: '0x' });
  const small = await api.site({ method: 'POST', path: '/v1/auth/connect-wallet', body: body(60000) });
  assertError(small, 413, 'QFS_SIWE_LIMIT');
  const large = await api.site({ method: 'POST', path: '/v1/auth/connect-wallet', body: body(70000) });
  assert.equal(large.status, 413);
  assert.equal(large.json.code, 'PT413');
  const batch = (bytes) => JSON.stringify({ events: [], batch_id: 'x'.repeat(bytes) });
  for (const path of ['/v1/events/batch', '/rest/rpc/events_batch']) {
    assert.equal((await api.site({ method: 'POST', path, body: batch(1 << 20) })).status, 401, path);
    assert.equal((await api.site({ method: 'POST', path, body: batch(9 << 20) })).json.code, 'PT413', path);
  }
});

// Last, because it uses up what this address may do.
test('limits of rate: an address that asks too often is told so', async () => {
  const many = (count, request) => Promise.all(Array.from({ length: count }, request));
  const byStatus = (answers, status) => answers.filter((answer) => answer.status === status);
  for (const path of ['/v1/auth/nonce', '/rest/rpc/auth_nonce', '/rest/rpc/%61uth_nonce', '//rest//rpc/auth_nonce']) {
    const answers = await many(40, () => post(path));
    const refused = byStatus(answers, 429);
    assert.ok(refused.length >= 10, path);
    assert.equal(byStatus(answers, 200).length + refused.length, 40, path);
    for (const answer of refused) assert.equal(answer.json.code, 'PT429');
  }
  const answers = await many(250, () => get(api, '/rest/rpc/head'));
  assert.ok(byStatus(answers, 429).length >= 30);
  assert.ok(byStatus(answers, 200).length >= 50);
  for (const answer of answers) assert.equal(answer.headers['retry-after'], answer.status === 429 ? '1' : undefined);
});

// Requests that are there at once, however slow the machine is: as streams of connections that are open before; nginx takes 128 of each.
async function atOnce(name, count, path) {
  const dir = process.env.QFS_API_DIR;
  const connect = () => new Promise((resolve, reject) => {
    const session = http2.connect(`https://127.0.0.1:${readFileSync(`${dir}/${name}.port`, 'utf8').trim()}`, { servername: 'localhost', ca: readFileSync(`${dir}/tls.crt`) }, () => resolve(session));
    session.on('error', reject);
  });
  const sessions = await Promise.all(Array.from({ length: Math.ceil(count / 100) }, connect));
  const answers = await Promise.all(Array.from({ length: count }, (_, n) => new Promise((resolve, reject) => {
    const stream = sessions[n % sessions.length].request({ ':path': path });
    let headers;
    stream.on('response', (got) => { headers = got; }).on('error', reject).on('end', () => resolve({ status: headers[':status'], headers }));
    stream.resume();
  })));
  for (const session of sessions) session.close();
  return answers;
}

test('limits of rate: a mirror with many requests at once gets all of the log, and one with too many is told when to come again', async () => {
  const paths = Array.from({ length: 600 }, (_, i) => ['/tile/0/000', '/tile/0/001', '/tile/entries/000', '/checkpoint'][i % 4]);
  const mirror = async () => {
    const statuses = [];
    for (let path = paths.pop(); path; path = paths.pop()) statuses.push((await get(brief, path)).status);
    return statuses;
  };
  const statuses = (await Promise.all(Array.from({ length: 64 }, mirror))).flat();
  assert.deepEqual([statuses.length, [...new Set(statuses)]], [600, [200]]);
  const answers = await atOnce('brief', 450, '/tile/0/000');
  const refused = answers.filter((answer) => answer.status === 429);
  assert.ok(refused.length >= 50, `${refused.length} were refused`);
  assert.ok(answers.length - refused.length >= 256);
  for (const answer of refused) assert.equal(answer.headers['retry-after'], '1');
});
