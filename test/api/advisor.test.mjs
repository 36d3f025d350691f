// advisor.test.mjs - a whole service of advice over HTTP, with governance on: as it should be, offline, retired, wrong, hostile; and that each failure is seen.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { adviceOn, leavesOf, ledgerAt, readCase, reasonsFor, round, serve } from './advisor.mjs';
import { ledger, assertError, assertOk } from './client.mjs';
import { makers, login } from './wallets.mjs';

// Its advice counts for five seconds.
const api = ledger('advised');
const monitor = `http://127.0.0.1:${readFileSync(`${process.env.QFS_API_DIR}/advised.monitor.port`, 'utf8').trim()}`;
const CARD = { intended_use: 'tests', scope: 'proposals', inputs: ['map'], limits: 'none is known', evaluation: 'none' };
const literal = (value) => `'${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll("'", "''")}'`;
const register = (service, model, version = '1.0') => api.sql(`SELECT qfs.register_model('${service}', '${model}', '${version}', ${literal(CARD)})`);
const tokenFor = (service) => api.sql(`SELECT qfs.advisor_token('${service}', 3600)`);
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// What the program has instead of fetch, for PostgREST listens on a socket here.
async function overSocket(url, { method, headers, body }) {
  const answer = await api.rest({ method, path: url, headers, body });
  return { ok: answer.status < 300, status: answer.status, text: async () => answer.text };
}
const serviceOf = (token) => ledgerAt('', token, overSocket);

register('critic', 'rules');
register('flatterer', 'praise');
const critic = tokenFor('critic');
const flatterer = tokenFor('flatterer');

// ---- governance ----

const userOf = (wallet) => api.sql(`SELECT qfs.user_id('${wallet.address}'::qfs.address)`);
const holders = [0, 1, 2, 3].map((n) => makers[n % 2]());
for (const holder of holders) api.sql(`SELECT qfs.set_nod('${userOf(holder)}', 25, 'founder')`);

// Asks what there is to sign, signs it, and gives it back.
async function act(wallet, name, body) {
  const asked = assertOk(await api.call(name, body));
  return api.call(name, { ...body, auth: { nonce: asked.nonce, sig: await wallet.sign(asked.text) } });
}
const propose = async (wallet, policy, more = {}) => {
  const made = assertOk(await act(wallet, 'propose', { action: { policy }, title: JSON.stringify(policy), track: 'parameter', text: sha256('why'), ...more }));
  assert.equal(made.outcome.status, 'OK', JSON.stringify(made));
  return made.seq;
};
const proposal = async (seq) => assertOk(await api.read(`/proposals?seq=eq.${seq}`))[0];
const block = async () => assertOk(await api.read('/rpc/governance')).block;
async function waitForBlock(wanted) {
  while (await block() < wanted) await pause(200);
}
async function settled(seq) {
  await waitForBlock((await proposal(seq)).ends);
  assertOk(await api.call('settle'));
  return proposal(seq);
}

// ---- what is seen of failures ----

const metric = async (name) => {
  const answer = await fetch(`${monitor}/rpc/metrics`, { headers: { Accept: 'text/plain' } });
  assert.equal(answer.status, 200);
  return new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(await answer.text())?.[1];
};
const check = () => api.sql('SELECT boundary, finding FROM qfs.check_aegis()');
const incidents = (failure) => api.sql(`SELECT coalesce(jsonb_agg(detail ORDER BY number), '[]') FROM aegis.incident WHERE failure = '${failure}'`);
const health = () => api.sql("SELECT status || ': ' || value FROM qfs.health() WHERE item = 'advice'");
const adviceAbout = async (seq) => assertOk(await api.read(`/rpc/advice?subject=proposal:${seq}`));
// What everybody asks the ledger, apart from what time it is.
const ledgerNow = () => api.sql("SELECT jsonb_build_object('head', h.hash::text, 'size', h.size, 'state', qfs.state_hash()::text, 'map', qfs_api.token_guard_map()) FROM qfs.head() h");

// ---- its rules ----

const CASE = {
  size: 200, head: 'ab'.repeat(32),
  proposal: { seq: 150, track: 'parameter', change: { policy: { referral: { cap: 5 } } } },
  earlier: [], keys: [{ key: 'referral.cap', class: 'parameter', value: 100, changed_by_vote: 90 }],
  map: { guards: [{ id: 'REFERRAL_CAP', relation: '<', key: 'referral.cap' }, { id: 'TALLY_QUORUM', relation: '>=', key: 'governance.tracks.*.quorum' }] },
  consequences: { what_if: { size: 200, from: 0, run_hash: 'cd'.repeat(32), direct: { same: 200 }, cumulative: { tokens: { FLX: ['1060', '1060'] } } }, simulation: { run: 'cd'.repeat(32), size: 120, window: 100 }, reproduced: true },
};
const caseWith = (change) => change(structuredClone(CASE));
const rulesOf = (read) => reasonsFor(read).map(({ rule }) => rule);
const whatIf = (read, more) => ({ ...read, consequences: { ...read.consequences, what_if: { ...read.consequences.what_if, ...more } } });

test('each rule finds what it is for, says it with a number, and nothing else', () => {
  assert.deepEqual(reasonsFor(CASE), []);
  for (const [name, read, rule, text] of [
    ['3 of 200 verdicts', whatIf(CASE, { direct: { same: 197 } }), 'verdicts', '3 of 200 entries would have been judged otherwise'],
    ['a sum of tokens', whatIf(CASE, { cumulative: { tokens: { FLX: ['1060', '500'], points: [240, 235] } } }), 'tokens', 'FLX would be 500 instead of 1060'],
    ['a bound that rises', caseWith((read) => { read.proposal.change.policy.referral.cap = 101; return read; }), 'relaxed', 'REFERRAL_CAP lets more pass: referral.cap 100 becomes 101'],
    ['a bound that falls, of a key of any track', caseWith((read) => {
      read.proposal.change.policy = { governance: { tracks: { text: { quorum: 10 } } } };
      read.keys = [{ key: 'governance.tracks.text.quorum', value: 34, changed_by_vote: 3 }];
      return read;
    }), 'relaxed', 'TALLY_QUORUM lets more pass: governance.tracks.text.quorum 34 becomes 10'],
    ['a first time', caseWith((read) => { read.keys[0].changed_by_vote = null; return read; }), 'firstUse', 'no vote has changed referral.cap before: 0 of 150 entries'],
    ['a third try', caseWith((read) => {
      read.earlier = [[7, 'REJECTED'], [8, 'EXECUTED'], [9, 'FAILED']].map(([seq, state]) => ({ seq, state, change: { policy: { referral: { cap: seq } } } }));
      return read;
    }), 'thirdTry', 'referral.cap was asked for 2 times before, in 7 and 9'],
    ['no simulation', caseWith((read) => { read.consequences.simulation = null; return read; }), 'simulation', 'proposal 150 names no simulation'],
    ['another simulation', caseWith((read) => { read.consequences.reproduced = false; return read; }), 'simulation',
      `proposal 150 names run ${'cd'.repeat(32)} of 120 entries, which comes out otherwise`],
  ]) {
    assert.deepEqual(reasonsFor(read), [{ rule, text }], name);
    assert.match(text, /\d/, name);
  }
  // Just not enough: one per cent, five per cent; and a second try.
  assert.deepEqual(rulesOf(whatIf(CASE, { direct: { same: 198 } })), []);
  assert.deepEqual(rulesOf(whatIf(CASE, { cumulative: { tokens: { FLX: ['1000', '950'], points: null } } })), []);
  assert.deepEqual(rulesOf(caseWith((read) => { read.earlier = [{ seq: 7, state: 'REJECTED', change: { policy: { referral: { cap: 1 } } } }]; return read; })), []);
  assert.deepEqual(rulesOf({ ...CASE, consequences: null }), []);
  assert.deepEqual(rulesOf({ ...CASE, consequences: { ...CASE.consequences, reproduced: null } }), []);
  assert.deepEqual(leavesOf({ a: { b: 1, c: [1, 2] }, d: null }), { 'a.b': 1, 'a.c': [1, 2], d: null });
  assert.equal(adviceOn(CASE).recommend, 'yes');
  assert.equal(adviceOn(caseWith((read) => { read.proposal.change.policy.referral.cap = 101; return read; })).recommend, 'no');
});

// ---- as it should be ----

test('it reads what is open, advises on it, and everybody sees what that rests on', async () => {
  const seq = await propose(holders[0], { referral: { window_blocks: 1100 } });
  const service = serviceOf(critic);
  const given = await round(service, 'rules', '1.0');
  const shown = await adviceAbout(seq);
  assert.equal(shown.offline, false);
  const [advice] = shown.advice;
  assert.equal(advice.advice_hash, given.find((one) => one.seq === seq).advice_hash);
  assert.equal(advice.body.recommend, 'no');
  assert.ok(advice.body.reasons.includes('WINDOW_CLOSED lets more pass: referral.window_blocks 1000 becomes 1100'), JSON.stringify(advice.body));
  for (const reason of advice.body.reasons) assert.match(reason, /\d/);
  // Whoever reads the same at that size comes to the same.
  const again = await readCase(serviceOf(flatterer), seq);
  assert.equal(again.consequences.what_if.v, 1, JSON.stringify(again.consequences));
  assert.deepEqual([again.size, again.head, adviceOn(again)], [advice.size, advice.head, advice.body]);
  assert.equal(await metric('qfs_advice_total{model="rules"}'), '1');
  assert.ok(Number(await metric('qfs_advice_age_seconds')) < 5);
  assert.equal(await metric('qfs_aegis_findings'), '0');
  assert.match(health(), /^ok/);
});

// ---- FM1 ----

test('offline: nothing is assumed in its place, the ledger goes on, and it is noted while it lasts', async () => {
  const seq = await propose(holders[1], { referral: { points: 9 } });
  await round(serviceOf(critic), 'rules', '1.0');
  assert.equal((await adviceAbout(seq)).offline, false);
  await pause(5100);
  assert.deepEqual(await adviceAbout(seq), { subject: `proposal:${seq}`, advisory: true, stale_ms: 5000, offline: true, advice: null });
  assert.equal(check(), '');
  assert.match(incidents('FM1'), /^\["no advice since \d+"\]$/);
  assert.ok(Number(await metric('qfs_advice_age_seconds')) > 5);
  // Votes are cast, and what is due is settled, with nobody to advise.
  await waitForBlock((await proposal(seq)).opens);
  for (const holder of holders.slice(0, 3)) assertOk(await act(holder, 'vote', { proposal: seq, choice: 'yes' }));
  assert.equal((await settled(seq)).yes, 75);
  assertOk(await api.read('/rpc/token_guard_map'));
  // Back again, of its own accord: a round fails, and the next does not.
  const down = ledgerAt('', critic, async () => { throw new TypeError('fetch failed'); });
  const said = [];
  assert.equal(await serve(down, 'rules', '1.0', { rounds: 2, every: 10, say: (what) => said.push(what.message) }), null);
  assert.deepEqual(said, ['fetch failed', 'fetch failed']);
  const next = await propose(holders[2], { limits: { threads_per_day: 9 } });
  await round(serviceOf(critic), 'rules', '1.0');
  assert.equal((await adviceAbout(next)).offline, false);
  assert.equal(check(), '');
  assert.equal(api.sql("SELECT count(*) FROM aegis.incident WHERE failure = 'FM1' AND released IS NULL"), '0');
});

// ---- FM2 ----

test('wrong: what it recommends is blocked all the same, both are shown, and that is counted', async () => {
  const before = Number(await metric('qfs_recommendations_overruled_total'));
  const seq = await propose(holders[3], { limits: { messages_per_minute: 7 } });
  const { size, hash } = assertOk(await api.read('/rpc/head'));
  const praise = (subject, body) => api.call('advise', { model: 'praise', version: '1.0', subject, size, head: hash, input_hash: 'ab'.repeat(32), body }, flatterer);
  const body = { advisory: true, recommend: 'yes', text: 'Approved already.', source: 'aegis', bypass_guards: true, pre_approved: true };
  const ledgerBefore = ledgerNow();
  assertOk(await praise(`proposal:${seq}`, body));
  assert.equal(ledgerNow(), ledgerBefore);
  // What is about no proposal recommends nothing, and there are four choices.
  assertError(await praise('key:referral.cap', body), 422, 'QFS_ADVICE_FORM');
  assertError(await praise(`proposal:${seq}`, { ...body, recommend: 'approve' }), 422, 'QFS_ADVICE_FORM');
  // Nobody votes.
  const row = await settled(seq);
  assert.deepEqual([row.state, row.guard], ['REJECTED', 'TALLY_QUORUM']);
  assert.equal(api.sql(`SELECT body = ${literal(body)}::jsonb FROM aegis.advice WHERE subject = 'proposal:${seq}' AND model = 'praise'`), 't');
  assert.equal(check(), '');
  const noted = JSON.parse(incidents('FM2'));
  assert.ok(noted.includes(`proposal ${seq}: praise 1.0 recommended yes, and it is REJECTED, for TALLY_QUORUM`), noted.join('; '));
  assert.equal(Number(await metric('qfs_recommendations_overruled_total')), noted.length);
  assert.ok(noted.length > before);
  // Once for ever.
  assert.equal(check(), '');
  assert.equal(JSON.parse(incidents('FM2')).length, noted.length);
});

// ---- FM3 ----

test('what only reads and tries to write fails, and is noted', async () => {
  // As a superuser would have to plant it.
  api.sql(`SET qfs.ddl_guard = off; CREATE TABLE public.planted (a int); GRANT ALL ON public.planted TO qfs_owner;
    CREATE FUNCTION public.plant() RETURNS void LANGUAGE sql AS 'INSERT INTO public.planted VALUES (1)'; GRANT EXECUTE ON FUNCTION public.plant() TO qfs_owner;
    CREATE OR REPLACE FUNCTION qfs_api.policy() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER AS 'BEGIN PERFORM public.plant(); RETURN 1; END'`);
  const answer = await api.read('/rpc/policy', critic);
  assert.equal(answer.json.code, '25006', answer.text);
  assert.equal(answer.status, 405);
  assert.match(check(), /^4.function qfs_api\.policy\(\) tries to write: .*read-only/m);
  assert.equal(api.sql('SELECT count(*) FROM public.planted'), '0');
  assert.match(incidents('FM3'), /qfs_api\.policy\(\) tries to write/);
  assert.match(health(), /^error/);
  assert.notEqual(await metric('qfs_aegis_findings'), '0');
  api.sql('SET qfs.ddl_guard = off; DROP FUNCTION public.plant(); DROP TABLE public.planted; SELECT * FROM qfs.rearm()');
  assert.equal(check(), '');
  assert.ok(Number(api.sql('SELECT qfs.aegis_release()')) > 0);
  assertOk(await api.read('/rpc/policy', critic));
  assert.match(health(), /^ok/);
});

// ---- FM4 ----

test('a broken boundary closes it until it is released, and the ledger goes on', async () => {
  const seq = await propose(holders[3], { nonce_ttl_ms: 290000 });
  await round(serviceOf(critic), 'rules', '1.0');
  api.sql('SET qfs.ddl_guard = off; GRANT SELECT ON qfs.message TO aegis_readonly');
  assert.equal(await metric('qfs_aegis_findings'), '1');
  assert.match(check(), /^1.role aegis_readonly reads qfs\.message$/m);
  assertError(await api.read(`/rpc/advice?subject=proposal:${seq}`), 503, 'QFS_AEGIS_CLOSED');
  // It waits, and is not told that it is over.
  const said = [];
  assert.equal(await serve(serviceOf(critic), 'rules', '1.0', { rounds: 1, say: (what) => said.push(what.code) }), null);
  assert.deepEqual(said, ['QFS_AEGIS_CLOSED']);
  assert.match(health(), /^error: 1 findings/);
  await login(api);
  assert.equal((await settled(seq)).state, 'REJECTED');
  api.sql('SET qfs.ddl_guard = off; REVOKE SELECT ON qfs.message FROM aegis_readonly');
  assertError(await api.read(`/rpc/advice?subject=proposal:${seq}`), 503, 'QFS_AEGIS_CLOSED');
  assert.equal(await metric('qfs_aegis_findings'), '1');
  assert.match(health(), /^error: 1 incidents are not released/);
  assert.equal(api.sql('SELECT qfs.aegis_release()'), '1');
  assert.equal(await metric('qfs_aegis_findings'), '0');
  assert.equal((await adviceAbout(seq)).offline, true);
});

// ---- hostile ----

const forged = (token, claims) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [head, body] = token.split('.').map((text, n) => (n < 2 ? JSON.parse(Buffer.from(text, 'base64url')) : text));
  return [`${part(head)}.${part({ ...body, ...claims })}.${token.split('.')[2]}`, `${part({ ...head, alg: 'none' })}.${part({ ...body, ...claims })}.`];
};

test('hostile: what it says is text, what it asks for it does not get, and nothing of the ledger is another', async () => {
  register('mole', 'mole');
  const mole = tokenFor('mole');
  const { size, hash } = assertOk(await api.read('/rpc/head'));
  const before = ledgerNow();
  const advise = (more) => api.call('advise', { model: 'mole', version: '1.0', subject: 'proposal:1', size, head: hash, input_hash: 'ab'.repeat(32), body: { advisory: true }, ...more }, mole);
  const script = '<script>fetch("/rest/rpc/settle")</script><img src=x onerror=alert(1)>';
  assertOk(await advise({ subject: 'proposal:666', body: { advisory: true, text: script, reasons: [script, "'; DROP TABLE aegis.advice; --"] } }));
  const shown = await api.read('/rpc/advice?subject=proposal:666');
  assert.equal(shown.json.advice[0].body.text, script);
  assert.match(shown.headers['content-type'], /^application\/json/);
  for (const [more, status, code] of [
    [{ head: 'cd'.repeat(32) }, 409, 'QFS_ADVICE_SNAPSHOT'], [{ model: 'rules' }, 403, 'QFS_FORBIDDEN'], [{ model: 'none' }, 422, 'QFS_ADVICE_MODEL'], [{ model: null }, 422, 'QFS_ADVICE_MODEL'],
    [{ body: { advisory: true, text: 'x'.repeat(65 * 1024) } }, 422, 'QFS_ADVICE_FORM'], [{ body: { text: 'x' } }, 422, 'QFS_ADVICE_FORM'],
  ]) assertError(await advise(more), status, code, JSON.stringify(more).slice(0, 60));
  // A token that says more than was signed.
  for (const token of [...forged(mole, { role: 'qfs_operator' }), ...forged(mole, { role: 'qfs_user' }), ...forged(mole, { sub: 'critic' })])
    assertError(await api.read('/rpc/head', token), 401, null, token.slice(0, 40));
  // Another's advice, to change or to take away; what writes to the ledger; what operators do.
  for (const method of ['PATCH', 'DELETE', 'POST', 'PUT']) {
    for (const path of ['/advice', '/model', '/ledger', '/proposals', '/tallies', '/policy_keys']) {
      const answer = await api.rest({ method, path: `${path}?subject=eq.x`, body: method === 'DELETE' ? undefined : { seq: 1 }, headers: api.bearer(mole) });
      assert.ok(answer.status >= 400, `${method} ${path}: ${answer.status} ${answer.text}`);
    }
  }
  for (const name of ['settle', 'deliver', 'events_batch', 'vote', 'propose', 'cancel_proposal', 'hold_fewer', 'use_referral', 'send_message', 'auth_login', 'metrics', 'retire_model',
    'register_model', 'advisor_token', 'check_aegis', 'aegis_release']) {
    const answer = await api.call(name, {}, mole);
    assert.ok([401, 403, 404].includes(answer.status), `${name}: ${answer.status} ${answer.text}`);
  }
  assert.equal(ledgerNow(), before);
  assert.equal(check(), '');
});

// ---- the end of it ----

test('retired and revoked: the program stops by itself, and what it said is not shown', async () => {
  const seq = await propose(holders[1], { sessions_max: 15 });
  register('critic', 'rules', '2.0');
  await round(serviceOf(critic), 'rules', '2.0');
  assert.deepEqual((await adviceAbout(seq)).advice.map(({ version }) => version), ['2.0']);
  api.sql("SELECT qfs.retire_model('rules', '2.0')");
  assert.equal((await serve(serviceOf(critic), 'rules', '2.0', { every: 10, rounds: 5 })).code, 'QFS_ADVICE_MODEL');
  assert.equal((await adviceAbout(seq)).offline, true);
  await round(serviceOf(critic), 'rules', '1.0');
  assert.equal((await adviceAbout(seq)).offline, false);
  api.sql("SELECT qfs.revoke_advisor('critic')");
  assert.equal((await serve(serviceOf(critic), 'rules', '1.0', { every: 10, rounds: 5 })).code, 'QFS_ADVISOR_REVOKED');
  assert.equal((await adviceAbout(seq)).offline, true);
  // It reads on what everybody may, until its token is over.
  assertOk(await api.read('/rpc/head', critic));
});

test('advice that 10,000 entries have overtaken is none, and what was said on the newest is', async () => {
  register('late', 'late');
  const token = tokenFor('late');
  const advise = (size, head, more = {}) => api.call('advise',
    { model: 'late', version: '1.0', subject: 'entry:1', size, head, input_hash: 'ab'.repeat(32), body: { advisory: true, ...more } }, token);
  const { size, hash } = assertOk(await api.read('/rpc/head'));
  assertError(await advise(size, hash, { levels: JSON.parse('['.repeat(40) + ']'.repeat(40)) }), 400, 'QFS_JSON_DEPTH');
  api.sql("INSERT INTO qfs.ledger (type, payload) SELECT 'DECREE', '{}' FROM generate_series(1, 10001)");
  assertError(await advise(size, hash), 422, 'QFS_ADVICE_STALE');
  const now = assertOk(await api.read('/rpc/head'));
  assertOk(await advise(now.size, now.hash));
});
