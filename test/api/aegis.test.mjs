// aegis.test.mjs - a service that gives advice, over HTTP: each request of docs/aegis.md, each error, and what it may not.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';
import { canonical } from '../../src/web/canonical.mjs';

const api = ledger('governed');
const CARD = { intended_use: 'tests', scope: 'proposals', inputs: ['map'], limits: 'none is known', evaluation: 'none' };
const INPUT = 'ab'.repeat(32);
const literal = (value) => `'${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll("'", "''")}'`;
const register = (service, model, version = '1.0') =>
  api.sql(`SELECT qfs.register_model('${service}', '${model}', '${version}', ${literal(CARD)})`);
const tokenFor = (service, ttl = 3600) => api.sql(`SELECT qfs.advisor_token('${service}', ${ttl})`);

register('critic', 'rules');
register('rival', 'luck');
const critic = tokenFor('critic');
const rival = tokenFor('rival');
const head = async (token) => assertOk(await api.read('/rpc/head', token));

// Advice on the head of now, but for what is changed.
async function advise(token, changes = {}, headers = {}) {
  const { size, hash } = await head();
  const body = { model: 'rules', version: '1.0', subject: 'proposal:7', size, head: hash, input_hash: INPUT, body: { advisory: true, text: 'wait' }, ...changes };
  return api.call('advise', body, token, headers);
}
const adviceOn = async (subject, token) => assertOk(await api.read(`/rpc/advice?subject=${encodeURIComponent(subject)}`, token));

test('a service reads what advice is about, advises, and everybody reads that', async () => {
  for (const path of ['/proposals?state=eq.OPEN', '/tallies', '/policy_keys', '/rpc/token_guard_map', '/rpc/principles', '/rpc/governance', '/rpc/policy', '/rpc/checkpoint',
    '/rpc/vkey', '/rpc/advice_models']) {
    const answer = await api.read(path, critic);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  }
  const { size, hash } = await head(critic);
  const body = { advisory: true, text: '<script>alert(1)</script>', reasons: ['2 of 12 verdicts flip'] };
  const given = assertOk(await advise(critic, { subject: 'proposal:70', size, head: hash, body }));
  const digest = createHash('sha3-256').update(canonical({ at: given.at, body, head: hash, input_hash: INPUT, model: 'rules', size, subject: 'proposal:70', version: '1.0' })).digest('hex');
  assert.equal(given.advice_hash, digest);
  for (const token of [undefined, critic, (await login(api)).token]) {
    const shown = await adviceOn('proposal:70', token);
    const [{ age_ms: age, card_hash: card, ...rest }] = shown.advice;
    assert.deepEqual(shown, { subject: 'proposal:70', advisory: true, stale_ms: 300000, offline: false, advice: shown.advice });
    assert.deepEqual(rest, { advisory: true, model: 'rules', version: '1.0', status: 'candidate', approved_by: null, size, head: hash, input_hash: INPUT,
      advice_hash: digest, at: given.at, body });
    assert.equal(card, createHash('sha3-256').update(canonical(CARD)).digest('hex'));
    assert.ok(age >= 0 && age < 60000, String(age));
  }
  assert.deepEqual(await adviceOn('proposal:71'), { subject: 'proposal:71', advisory: true, stale_ms: 300000, offline: true, advice: null });
  const models = assertOk(await api.read('/rpc/advice_models?model=eq.rules'));
  assert.deepEqual(models[0].card, CARD);
});

test('what is not advice is refused, and why is said', async () => {
  const before = api.sql('SELECT count(*) FROM aegis.advice');
  for (const [changes, status, code] of [
    [{ model: 'unknown' }, 422, 'QFS_ADVICE_MODEL'], [{ version: '9' }, 422, 'QFS_ADVICE_MODEL'], [{ model: 'luck' }, 403, 'QFS_FORBIDDEN'],
    [{ size: 0 }, 409, 'QFS_ADVICE_SNAPSHOT'], [{ size: 1 }, 409, 'QFS_ADVICE_SNAPSHOT'], [{ size: 1e9 }, 409, 'QFS_ADVICE_SNAPSHOT'], [{ head: '00'.repeat(32) }, 409, 'QFS_ADVICE_SNAPSHOT'],
    [{ subject: 'x' }, 422, 'QFS_ADVICE_FORM'], [{ input_hash: 'x' }, 422, 'QFS_ADVICE_FORM'], [{ body: { text: 'x' } }, 422, 'QFS_ADVICE_FORM'],
    [{ body: { advisory: 'true' } }, 422, 'QFS_ADVICE_FORM'], [{ body: 'x' }, 422, 'QFS_ADVICE_FORM'], [{ body: null }, 422, 'QFS_ADVICE_FORM'],
    [{ body: { advisory: true, text: 'x'.repeat(65 * 1024) } }, 422, 'QFS_ADVICE_FORM'],
  ]) assertError(await advise(critic, changes), status, code, JSON.stringify(changes).slice(0, 80));
  // Who is revoked or closed out is told so in the tests that follow; stale advice: test/sql/aegis.sql.
  assert.equal(api.sql('SELECT count(*) FROM aegis.advice'), before);
});

test('its token is no account, and no account is a service', async () => {
  const { token } = await login(api);
  assertError(await advise(token), 403, null, 'an account advises');
  assertError(await advise(undefined), 401, null, 'nobody advises');
  assertError(await api.read('/rpc/sessions', critic), 403, null, 'sessions');
  assert.throws(() => api.sql(`SELECT qfs.authenticate('${critic}')`), /QFS_TOKEN_INVALID/);
  // A token of another ledger, a spoilt one, one that is over.
  assertError(await advise(ledger('api').sql("SELECT qfs.advisor_token('critic')")), 401, null, 'of another ledger');
  assertError(await advise(`${critic.slice(0, -6)}AAAAAA`), 401, null, 'spoilt');
  const short = tokenFor('critic', 1);
  await new Promise((resolve) => { setTimeout(resolve, 2100); });
  // PostgREST allows for clocks that are 30 seconds apart; the ledger does not.
  assertError(await advise(short), 401, 'QFS_TOKEN_EXPIRED', 'over');
});

test('what it may not', async () => {
  const entry = { type: 'NOTE', payload: {} };
  for (const [name, body] of [['settle', {}], ['deliver', { type: 'X', payload: {}, nonce: 1, sig: '' }], ['events_batch', { events: [entry] }],
    ['vote', { proposal: 1, choice: 'yes' }], ['propose', { action: {}, title: 'x', track: 'text' }], ['auth_nonce', {}], ['explain_entry', { seq: 1 }],
    ['entry', { seq: 1 }], ['history', {}], ['profile', {}]]) {
    const answer = await api.call(name, body, critic);
    assert.equal(answer.status, 403, `${name}: ${answer.text}`);
    assert.equal(answer.json.code, '42501', name);
  }
  for (const path of ['/ledger', '/votes', '/seats']) assert.equal((await api.read(path, critic)).json.code, '42501', path);
  for (const method of ['POST', 'PATCH', 'DELETE']) {
    const answer = await api.rest({ method, path: '/proposals', body: method === 'DELETE' ? undefined : { seq: 1 }, headers: api.bearer(critic) });
    assert.ok(answer.status >= 400, `${method} /proposals: ${answer.status}`);
  }
  // Schemas that PostgREST does not show, asked for by name.
  for (const schema of ['aegis', 'qfs']) {
    const answer = await api.rest({ method: 'POST', path: '/advice', body: {}, headers: { ...api.bearer(critic), 'Content-Profile': schema } });
    assert.equal(answer.status, 406, `${schema}: ${answer.text}`);
  }
});

test('a hundred an hour, each service by itself', async () => {
  register('busy', 'many');
  const busy = tokenFor('busy');
  const statuses = [];
  for (let n = 0; n < 10; n++) statuses.push(...(await Promise.all(Array.from({ length: 11 }, (_, i) => advise(busy, { model: 'many', subject: `entry:${n * 11 + i}` })))).map((a) => a.status));
  // Eleven at once, and each counted.
  assert.deepEqual(statuses.filter((status) => status !== 429), Array(100).fill(200));
  assert.equal(api.sql("SELECT count(*) FROM aegis.advice WHERE service = 'busy'"), '100');
  assertError(await advise(busy, { model: 'many' }), 429, 'QFS_ADVICE_LIMIT');
  assertOk(await advise(rival, { model: 'luck' }));
});

test('retired, revoked, closed: it ends, and the ledger goes on', async () => {
  assertOk(await advise(critic, { subject: 'proposal:80' }));
  api.sql("SELECT qfs.register_model('critic', 'rules', '2.0', " + literal(CARD) + '); ' + "SELECT qfs.retire_model('rules', '2.0')");
  assertError(await advise(critic, { version: '2.0' }), 422, 'QFS_ADVICE_MODEL');

  const before = api.sql("SELECT (SELECT size FROM qfs.head()) || ' ' || qfs.state_hash()::text");
  api.sql('SET qfs.ddl_guard = off; GRANT INSERT ON qfs.ledger TO aegis_advisor');
  assert.match(api.sql('SELECT boundary, finding FROM qfs.check_aegis()'), /role aegis_advisor has INSERT on qfs\.ledger/);
  assertError(await advise(critic), 503, 'QFS_AEGIS_CLOSED');
  assertError(await api.read('/rpc/advice?subject=proposal:80'), 503, 'QFS_AEGIS_CLOSED');
  assert.ok((await head()).size > 0);
  await login(api);
  assert.throws(() => api.sql('SELECT qfs.aegis_release()'), /QFS_AEGIS_CLOSED/);
  api.sql('SET qfs.ddl_guard = off; REVOKE INSERT ON qfs.ledger FROM aegis_advisor');
  assert.equal(api.sql('SELECT qfs.aegis_release()'), '1');
  assert.equal((await adviceOn('proposal:80')).offline, false);
  assert.notEqual(api.sql("SELECT (SELECT size FROM qfs.head()) || ' ' || qfs.state_hash()::text"), before);

  api.sql("SELECT qfs.revoke_advisor('critic')");
  assertError(await advise(critic), 401, 'QFS_ADVISOR_REVOKED');
  assert.equal((await adviceOn('proposal:80')).advice, null);
  assertOk(await advise(rival, { model: 'luck' }));
});

// ---- the guide: docs/aegis.md, as it stands ----

const GUIDE = readFileSync(new URL('../../docs/aegis.md', import.meta.url), 'utf8').split('## Integration guide\n')[1];
const steps = [...GUIDE.matchAll(/^```(sql|http)\n([^]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text }));

// "<name>" is what an answer gave under that name, or gives first; "…" is anything, alone, within a text, or for the members that are not named.
const filled = (value, names) => JSON.parse(JSON.stringify(value), (_, inner) => (/^<\w+>$/.test(inner) ? names[inner] : inner));
function compare(said, answer, names, at) {
  if (said === '…') return;
  if (/^<\w+>$/.test(said)) {
    names[said] ??= answer;
    assert.deepEqual(answer, names[said], at);
  } else if (typeof said === 'string' && said.includes('…')) {
    const [before, after] = said.split('…');
    assert.ok(typeof answer === 'string' && answer.startsWith(before) && answer.endsWith(after), `${at}: ${JSON.stringify(answer)}`);
  } else if (said !== null && typeof said === 'object') {
    const { '…': more, ...members } = said;
    assert.equal(Array.isArray(answer), Array.isArray(said), at);
    if (more === undefined) assert.deepEqual(Object.keys(answer).sort(), Object.keys(said).sort(), at);
    for (const key of Object.keys(members)) compare(members[key], answer[key], names, `${at}.${key}`);
  } else assert.deepEqual(answer, said, at);
}

async function request(text, names) {
  const [head, ...parts] = text.trim().split('\n\n');
  const [line, ...headerLines] = head.split('\n');
  const [method, path] = line.split(' ');
  const headers = Object.fromEntries(headerLines.map((header) => header.split(': ')).map(([name, value]) => [name, value.replace('<token>', names['<token>'])]));
  const [, status, expected] = /^(\d{3}) ([^]*)$/.exec(parts.pop());
  const body = parts.length === 0 ? undefined : filled(JSON.parse(parts.join('\n\n')), names);
  let answer;
  // Whoever asks too often is told to wait.
  while ((answer = await api.site({ method, path: encodeURI(path), body, headers })).status === 429) await new Promise((resolve) => { setTimeout(resolve, 500); });
  assert.equal(answer.status, Number(status), `${line}: ${answer.text}`);
  compare(JSON.parse(expected), answer.json, names, line);
}

test('the guide: every request of docs/aegis.md is answered as it says', async () => {
  const names = {};
  for (const { kind, text } of steps) {
    if (kind === 'http') await request(text, names);
    else for (const statement of text.split(/;\n/).filter((part) => part.trim() !== '')) {
      const given = api.sql(statement);
      if (statement.includes('advisor_token')) names['<token>'] = given;
    }
  }
  assert.ok(steps.length > 15, String(steps.length));
  // What no request here comes to is an error of a test.
  const tests = ['test/api/aegis.test.mjs', 'test/api/advisor.test.mjs', 'test/sql/aegis.sql'].map((file) => readFileSync(file, 'utf8')).join('\n');
  const shown = steps.map(({ text }) => text).join('\n');
  for (const code of new Set(GUIDE.match(/(?<=`)QFS_\w+(?=`)/g)))
    assert.ok(shown.includes(code) || tests.includes(code) || readFileSync('expected/aegis.out', 'utf8').includes(code), `${code} is run nowhere`);
});

test('the guide is compared, not only run', () => {
  for (const [said, answer] of [[{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 1, b: 2 }], [{ a: 1, '…': '…' }, { b: 1 }], [[1], [1, 2]], ['QFS_X…', 'QFS_Y: x'], ['<x>', 8], [null, 0], [[], {}]])
    assert.throws(() => compare(said, answer, { '<x>': 7 }, 'x'), JSON.stringify([said, answer]));
  compare({ a: '<x>', b: 'QFS_X…', c: ['…', 1], '…': '…' }, { a: 7, b: 'QFS_X: y', c: [{}, 1], d: 3 }, { '<x>': 7 }, 'x');
});
