// catalogue.test.mjs - the map of keys, guards, rules and tokens over HTTP: its hash computed once more, its answers to whom they may go.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';
import { canonical } from '../../src/web/canonical.mjs';

const api = ledger('api');
const map = async (token) => assertOk(await api.site({ path: '/v1/governance/token-guard-map', headers: api.bearer(token) }));
const has = ({ edges }, from, kind, to) => edges.some((edge) => edge.from === from && edge.kind === kind && edge.to === to);
const isSorted = (list) => list.every((item, n) => n === 0 || list[n - 1] < item);

test('the map has the hash of its canonical form, and what joins its nodes', async () => {
  const answer = await map();
  const { edges, nodes } = answer;
  assert.equal(answer.map_hash, createHash('sha3-256').update(canonical({ edges, nodes })).digest('hex'));
  assert.ok(isSorted(nodes.map(({ id }) => id)));
  assert.ok(isSorted(edges.map(({ from, kind, to }) => `${from}\0${to}\0${kind}`)));
  const ids = new Set(nodes.map(({ id }) => id));
  for (const { from, to } of edges) assert.ok(ids.has(from) && ids.has(to), `${from} ${to}`);
  for (const { id, kind } of nodes) assert.ok(id.startsWith(`${kind}:`), id);

  // What the design counted on.
  assert.ok(has(answer, 'key:referral.cap', 'bounds', 'guard:REFERRAL_CAP'));
  for (const rule of ['MESSAGE', 'REFERRAL_USE']) assert.ok(has(answer, 'guard:REFERRAL_CAP', 'guards', `rule:${rule}`));
  for (const token of ['FLX', 'coherence', 'points', 'referrals']) assert.ok(has(answer, 'rule:MESSAGE', 'moves', `token:${token}`));
  assert.ok(has(answer, 'guard:REFERRAL_CAP', 'protects', 'principle:BOUNDED_REWARD'));

  // Each node is described, and no other.
  for (const kind of ['guards', 'keys', 'principles', 'rules', 'tokens']) {
    const described = answer[kind].map(({ id }) => `${kind.slice(0, -1)}:${id}`);
    const there = nodes.filter((node) => `${node.kind}s` === kind && node.id !== 'rule:*').map(({ id }) => id);
    assert.deepEqual(described, there, kind);
  }
});

test('the values are those in force, and classes those that say who may change them', async () => {
  const answer = await map();
  const { hash, policy } = assertOk(await api.read('/rpc/policy'));
  assert.equal(answer.policy.hash, hash);
  assert.deepEqual(answer.values['referral.cap'], policy.referral.cap);
  const keys = assertOk(await api.site({ path: '/v1/governance/policy-keys' }));
  assert.deepEqual(Object.keys(answer.values).sort(), keys.map(({ key }) => key).sort());
  assert.deepEqual(Object.fromEntries(answer.keys.map(({ id, class: of }) => [id, of])), Object.fromEntries(keys.map(({ key, class: of }) => [key, of])));
});

test('how often guards blocked is told of what everybody reads, and to auditors', async () => {
  const { blocked } = await map();
  assert.equal(blocked.TALLY_QUORUM, 0);
  assert.equal(blocked.DUPLICATE_DEVICE, null);
  assert.equal(blocked.NOD_SHARE, 0);
  const all = JSON.parse(api.sql('SELECT qfs.blocked_counts()'));
  assert.ok(Object.values(all).every(Number.isInteger));
});

test('an account is told how far it is from its bounds, and of no other', async () => {
  assert.equal((await map()).account, null);
  const me = await login(api);
  const { account, values } = await map(me.token);
  assert.deepEqual(account.referrals, { bound: values['referral.cap'], key: 'referral.cap', left: values['referral.cap'], observed: 0 });
  assert.equal(account.FLX.observed, '0.000000000000000000');
  assert.equal(account.FLX.left, `${values['referral.flx_cap'].replace(/\..*$/, '')}.000000000000000000`);
});

test('principles name what serves them', async () => {
  const all = assertOk(await api.site({ path: '/v1/governance/principles' }));
  assert.ok(all.length > 5 && all.every(({ guards, rules, sentence, where }) => guards.length > 0 && rules.length > 0 && sentence && where));
  const one = assertOk(await api.site({ path: '/v1/governance/principles/BOUNDED_REWARD' }));
  assert.deepEqual(one, all.find(({ id }) => id === 'BOUNDED_REWARD'));
  assert.deepEqual(one.guards, ['guard:FLX_PER_USER_CAP', 'guard:REFERRAL_CAP']);
  assert.deepEqual(one.rules, ['rule:MESSAGE', 'rule:PROFILE_UPDATE', 'rule:REFERRAL_USE']);
  assertError(await api.site({ path: '/v1/governance/principles/NONE' }), 404, 'QFS_PRINCIPLE_UNKNOWN');
  assertError(await api.call('principles', { id: `x${'<script>'.repeat(40)}` }), 404, 'QFS_PRINCIPLE_UNKNOWN');
});

test('what a guard has said is told of entries that the reader may read', async () => {
  const me = await login(api);
  const other = await login(api);
  const { code } = assertOk(await api.call('referral_stats', {}, me.token));
  const { seq } = assertOk(await api.call('use_referral', { code }, me.token));
  const path = '/v1/governance/guards/SELF_REFERRAL/history';
  const history = async (token, query = '') => assertOk(await api.site({ path: `${path}${query}`, headers: api.bearer(token) }));
  const mine = await history(me.token, '?max=1');
  const { guards } = await map();
  assert.deepEqual(mine.guard, guards.find(({ id }) => id === 'SELF_REFERRAL'));
  assert.equal(mine.guard.unit, guards.find(({ id }) => id === 'SELF_REFERRAL').unit);
  assert.deepEqual([mine.entries.length, mine.entries[0].seq, mine.entries[0].type], [1, seq, 'REFERRAL_USE']);
  const [{ bound, guard, observed, result }] = mine.entries[0].verdicts;
  assert.deepEqual({ bound, guard, observed, result }, { bound: 0, guard: 'SELF_REFERRAL', observed: 1, result: 'BLOCK' });
  assert.equal(mine.next, seq - 1);
  assert.ok((await history(me.token, `?from=${seq - 1}`)).entries.every((entry) => entry.seq < seq));
  for (const token of [undefined, other.token]) assert.ok(!(await history(token)).entries.some((entry) => entry.seq === seq));

  const unknown = await api.site({ path: '/v1/governance/guards/SELF_DENIAL/history' });
  assertError(unknown, 404, 'QFS_GUARD_UNKNOWN');
  assert.match(unknown.json.hint, /token_guard_map/);
  assertError(await api.site({ path: `${path}?from=-1` }), 400, 'QFS_ARGUMENT');
  assert.equal((await api.site({ method: 'POST', path, body: {} })).status, 403);
});
