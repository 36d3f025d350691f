// fuzz.test.mjs - the OpenAPI page, and hostile values for everything it names.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// QFS_FUZZ_SEED repeats a run, QFS_FUZZ_CALLS makes it longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRandom } from '../node/random.mjs';
import { ledger, assertOk } from './client.mjs';
import { login } from './wallets.mjs';

const api = ledger('api');
const SEED = process.env.QFS_FUZZ_SEED ?? String(Date.now());
const CALLS = Number(process.env.QFS_FUZZ_CALLS ?? 1500);

const pageOf = async (token) => assertOk(await api.read('/', token));
const functionsOf = (page) => Object.keys(page.paths).filter((path) => path.startsWith('/rpc/')).map((path) => path.slice(5)).sort();

const FOR_ALL = ['account_statement', 'advice', 'advice_models', 'app', 'auth_challenge', 'auth_login', 'auth_nonce', 'cancel_proposal', 'chat_key', 'checkpoint', 'coherence', 'consequence_map', 'consistency_proof', 'deliver', 'entry',
  'entry_bundle', 'entry_head', 'event_types', 'explain_coherence', 'explain_entry', 'explain_message', 'explain_reward', 'explain_session', 'explain_tally', 'explain_vote', 'explanation', 'explanation_schema', 'explanation_with_advice', 'governance', 'guard_history', 'head',
  'hold_fewer', 'page_error', 'page_module', 'policy', 'pre_request', 'principles', 'profile', 'propose', 'sandbox', 'sandbox_templates', 'settle', 'tile', 'tlog_proof', 'token_guard_map', 'vkey', 'vote', 'vote_chain', 'wallet_text',
  'what_if'];
const FOR_USERS = ['create_content', 'erase_message', 'erase_profile', 'events_batch', 'history', 'inbox', 'mark_read', 'messages', 'preview',
  'publish_chat_key', 'referral_code', 'referral_stats', 'reflect', 'score_content', 'send_message', 'session_revoke', 'session_rotate', 'sessions',
  'set_profile', 'since', 'socket_identity', 'use_referral'];

test('the OpenAPI page: what each role may call, with a comment each', async () => {
  const anon = await pageOf();
  const user = await pageOf((await login(api)).token);
  assert.equal(anon.swagger, '2.0');
  assert.deepEqual(functionsOf(anon), FOR_ALL);
  assert.deepEqual(functionsOf(user), [...FOR_ALL, ...FOR_USERS].sort());
  for (const [path, methods] of Object.entries(user.paths)) {
    if (path === '/') continue;
    for (const [name, method] of Object.entries(methods)) {
      if (name !== 'parameters') assert.ok((method.summary ?? method.description ?? '').length > 10, `${name} ${path}`);
    }
  }
  // What only reads can be had by GET; what writes cannot, whatever the page of PostgREST 12.0 says.
  assert.ok(user.paths['/rpc/head'].get && user.paths['/ledger'].get && !user.paths['/ledger'].post);
  const { token } = await login(api);
  assert.equal((await api.read('/rpc/session_rotate', token)).status, 405);
  assert.deepEqual(Object.keys(user.definitions).sort(), ['ledger', 'policy_keys', 'proposals', 'seats', 'tallies', 'votes']);
});

// ---- hostile values ----

const NUMBERS = ['0', '-0', '1', '-1', '255', '256', '257', '2147483647', '2147483648', '-2147483648', '4294967296', '9007199254740993',
  '9223372036854775807', '9223372036854775808', '-9223372036854775808', '1e308', '1e999', '0.1', '1e-1', '00', '1.0'];
const TEXTS = ['', ' ', '0x', '\\x', "'; DROP TABLE qfs.ledger; --", '"', '\\', '\u0000', '\uD800', '\uFFFF', '😀', 'é'.repeat(5000), '%s%n', '../../etc/passwd', 'null', 'NaN',
  'infinity', '{}', '[]', '{1,2}', '$1', '\n\n', 'user_', `user_${'0'.repeat(64)}`, '0'.repeat(64), 'f'.repeat(64), 'F'.repeat(64), `0x${'0'.repeat(40)}`, 'A'.repeat(43), 'B'.repeat(43),
  '0x71C7656EC7ab88b098defB751B7401B5f6d8976F', 'app.example.org wants you to sign in with your Ethereum account:\n', 'a'.repeat(100000), 'NOTE', 'admin', 'user_logout'];

function makeValues(random) {
  const deep = (n) => '['.repeat(n) + ']'.repeat(n);
  const raw = (depth) => {
    const kind = random.below(depth > 3 ? 5 : 8);
    if (kind === 0) return random.pick(NUMBERS);
    if (kind === 1) return JSON.stringify(random.pick(TEXTS)).replaceAll('\\ud800', '\\uD800');
    if (kind === 2) return JSON.stringify(random.text(random.below(80)));
    if (kind === 3) return random.pick(['null', 'true', 'false', '[]', '{}', '""', deep(40), deep(3000)]);
    if (kind === 4) return JSON.stringify(random.bytes(random.below(70)).toString('hex'));
    if (kind === 5) return `[${Array.from({ length: random.below(5) }, () => raw(depth + 1)).join(',')}]`;
    const keys = ['type', 'payload', 'auth', 'text', 'actor', 'key', 'nonce', 'sig', 'session', 'via', ''];
    return `{${Array.from({ length: random.below(5) }, () => `${JSON.stringify(random.pick(keys))}:${raw(depth + 1)}`).join(',')}}`;
  };
  // Likely ones, with hostile parts.
  const batch = () => `[${Array.from({ length: 1 + random.below(3) }, () =>
    `{"type":${random.chance(80) ? '"NOTE"' : raw(2)},"payload":${random.chance(50) ? `{"text":${raw(2)}}` : raw(1)}${random.chance(30) ? `,"auth":${raw(1)}` : ''}}`).join(',')}]`;
  return (name) => (name === 'events' && random.chance(70) ? batch() : raw(0));
}

function makeRequest(random, page) {
  const valueFor = makeValues(random);
  const path = random.pick(Object.keys(page.paths));
  const operations = page.paths[path];
  const named = (operations.post ?? operations.get)?.parameters ?? [];
  const names = path === '/ledger'
    ? ['seq', 'at', 'type', 'hash', 'actor', 'payload', 'payload->>x', 'select', 'order', 'limit', 'offset', 'and', 'or', 'on_conflict', 'columns']
    : [...Object.keys(named.find((p) => p.in === 'body')?.schema?.properties ?? {}), ...named.filter((p) => p.in === 'query').map((p) => p.name)];
  const chosen = names.filter(() => random.chance(path === '/ledger' ? 20 : 90));
  if (random.chance(5)) chosen.push(random.pick(['x', '', 'select', 'limit', 'order', 'columns']));
  const headers = {};
  if (random.chance(10)) headers.Prefer = random.pick(['params=single-object', 'count=exact', 'return=minimal', 'tx=rollback', 'max-affected=1', 'missing=default', 'timezone=nowhere']);
  if (random.chance(20)) headers.Accept = random.pick(['text/plain', 'application/octet-stream', 'text/csv', '*/*', 'application/vnd.pgrst.object+json', 'application/vnd.pgrst.plan', 'text/html', 'x']);
  if (random.chance(5)) headers.Range = random.pick(['0-0', '5-1', '0-99999999999999999999', '-1', 'x']);

  if (operations.post !== undefined && random.chance(70)) {
    const body = random.chance(5) ? random.text(30) : `{${chosen.map((name) => `${JSON.stringify(name)}:${valueFor(name)}`).join(',')}}`;
    if (random.chance(5)) headers['Content-Type'] = random.pick(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', 'text/csv', 'x/y']);
    return { method: 'POST', path, body, headers };
  }
  const operator = () => random.pick(['', 'eq.', 'gt.', 'like.*', 'in.(', 'cs.', 'fts.', 'is.', 'not.eq.', 'match.', 'ov.']);
  const query = chosen.map((name) => {
    const text = random.pick([random.pick(TEXTS), random.pick(NUMBERS), random.text(10), valueFor(name)]).slice(0, 3000);
    return `${encodeURIComponent(name)}=${encodeURIComponent((path === '/ledger' ? operator() : '') + text.toWellFormed?.() ?? text.replace(/[\uD800-\uDFFF]/g, '?'))}`;
  });
  return { method: random.pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS']), path: `${path}?${query.join('&')}`, headers };
}

// PostgREST 12.0 gives up on some CSV and form data that it cannot read, such as bytes that are not UTF-8: it hangs up, of
// which nginx makes a 503, or says that something went wrong.  Neither reaches the database.
const isGivenUp = (request, answer) => ['text/csv', 'application/x-www-form-urlencoded'].includes(request.headers['Content-Type']) &&
  (answer.status === 599 || (answer.status === 500 && answer.text === 'Something went wrong'));

const ask = (request) => api.rest(request).catch((error) => ({ status: 599, text: error.message }));

test('form data that is not UTF-8 gets no further than PostgREST', async () => {
  const request = { method: 'POST', path: '/rpc/auth_challenge', body: 'wallet=%ff', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
  const entries = api.sql('SELECT size FROM qfs.head()');
  assert.ok(isGivenUp(request, await ask(request)));
  assert.equal((await api.rest({ ...request, body: 'wallet=x' })).json.code, '22P02');
  assert.equal(api.sql('SELECT size FROM qfs.head()'), entries);
});

test('hostile values: no answer is a fault of ours', async (t) => {
  t.diagnostic(`fuzz seed ${SEED} (QFS_FUZZ_SEED repeats it), ${CALLS} requests`);
  const random = makeRandom(SEED);
  const pages = { anon: await pageOf() };
  let user = await login(api);
  pages.user = await pageOf(user.token);
  const statuses = {};
  for (let i = 0; i < CALLS; i++) {
    const who = random.pick(['anon', 'user']);
    const request = makeRequest(random, pages[who]);
    if (who === 'user') request.headers.Authorization = `Bearer ${user.token}`;
    const answer = await ask(request);
    if (isGivenUp(request, answer)) answer.status = 503;
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const shown = `${i} ${who} ${request.method} ${request.path.slice(0, 500)} ${JSON.stringify(request.headers)} ${String(request.body ?? '').slice(0, 500)}\n${answer.text.slice(0, 500)}`;
    assert.ok(answer.status < 500 || answer.status === 503, `${answer.status} ${shown}`);
    assert.doesNotMatch(answer.text, /QFS_INTERNAL|XX000|\/(home|tmp|usr|var)\/|qfs\.key/, shown);
    // It may have signed out.
    if (who === 'user' && (answer.status === 401 || request.path === '/rpc/session_rotate')) user = await login(api);
  }
  t.diagnostic(`answers: ${JSON.stringify(statuses)}`);
  // It got through to the functions, not only to their doors.
  assert.ok(statuses[200] > CALLS / 50 && statuses[400] > CALLS / 10);
  assert.equal(api.sql('SELECT count(*) FROM qfs.verify()'), '0');
});
