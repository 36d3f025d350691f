// consequence_map.test.mjs - what a change of the policy reaches, over HTTP: its hash computed once more, its answers to whom they may go.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';
import { canonical } from '../../src/web/canonical.mjs';

const api = ledger('api');
const open = ledger('brief');
// Most go to PostgREST itself: nginx has whoever asks too often wait.
const asked = (of, question, token) => of.call('consequence_map', question, token);
const ask = (question, token) => asked(api, question, token);
const hashOf = ({ edges, nodes }) => createHash('sha3-256').update(canonical({ edges, nodes })).digest('hex');
const weight = ({ edges }, from, kind, to) => edges.find((edge) => edge.from === from && edge.kind === kind && edge.to === to)?.weight;
const isSorted = (list) => list.every((item, n) => n === 0 || list[n - 1] < item);

test('whoever may not read every entry is told what is reached, and counts of epochs that are over', async () => {
  const changes = { limits: { logins_per_minute: 0 }, referral: { cap: 5 } };
  for (const token of [undefined, (await login(api)).token]) {
    const map = assertOk(await ask({ changes }, token));
    assert.equal(map.graph_hash, hashOf(map));
    assert.ok(isSorted(map.nodes.map(({ id }) => id)));
    assert.ok(isSorted(map.edges.map(({ from, kind, to }) => `${from}\0${to}\0${kind}`)));
    const ids = new Set(map.nodes.map(({ id }) => id));
    for (const { from, to } of map.edges) assert.ok(ids.has(from) && ids.has(to), `${from} ${to}`);
    // Its first epoch, a day, is not over: nothing was seen.
    assert.ok(map.edges.every((edge) => edge.weight === 0));
    assert.deepEqual([map.what_if.from, map.what_if.size], [1, 1]);
    for (const hidden of [map.what_if.run_hash, map.what_if.direct.entries, map.what_if.cumulative.first, map.what_if.cumulative.state]) assert.equal(hidden, null);
    // What is in force is told of now.
    const { policy } = assertOk(await api.read('/rpc/policy'));
    assert.deepEqual(map.keys.map(({ key, before, after }) => [key, before, after]),
      [['limits.logins_per_minute', policy.limits.logins_per_minute, 0], ['referral.cap', policy.referral.cap, 5]]);
    assert.deepEqual(map.undo, { limits: { logins_per_minute: policy.limits.logins_per_minute }, referral: { cap: policy.referral.cap } });
    assert.deepEqual(map.tracks, ['emergency', 'parameter']);
    const keys = assertOk(await api.site({ path: '/v1/governance/policy-keys' }));
    for (const { key, class: of, who } of map.keys) assert.deepEqual(keys.filter((row) => row.key === key).map((row) => [row.class, [...row.who].sort()]), [[of, who]]);
    const { advice, conflicts, offline, reproduced, simulation, subject } = map;
    assert.deepEqual({ advice, conflicts, offline, reproduced, simulation }, { advice: null, conflicts: [], offline: true, reproduced: null, simulation: null });
    assert.equal(subject, `changes:${createHash('sha3-256').update(canonical(changes)).digest('hex')}`);
  }
});

test('what is reached is what the token/guard map says', async () => {
  const catalogue = assertOk(await api.site({ path: '/v1/governance/token-guard-map' }));
  const map = assertOk(await ask({ changes: { coherence: { alpha: '0.2' } } }));
  const reached = new Set(['key:coherence.alpha']);
  let edges;
  for (let before = 0; before < reached.size;) {
    before = reached.size;
    edges = catalogue.edges.filter(({ from }) => reached.has(from));
    for (const { to } of edges) reached.add(to);
  }
  assert.deepEqual(map.edges, edges.map((edge) => ({ ...edge, weight: 0 })));
  assert.deepEqual(map.nodes.map(({ id }) => id).sort(), [...reached].sort());
});

test('under a public policy everybody has all of it', async () => {
  await login(open);
  const map = assertOk(await asked(open, { changes: { limits: { logins_per_minute: 0 } }, window: 50 }));
  const { from, size } = map.what_if;
  assert.equal(from, Math.max(size - 50, 1));
  assert.equal(weight(map, 'key:limits.logins_per_minute', 'sets', 'rule:LOGIN'), Number(open.sql(`SELECT count(*) FROM qfs.ledger WHERE type = 'LOGIN' AND seq BETWEEN ${from} AND ${size - 1}`)));
  assert.ok(weight(map, 'key:limits.logins_per_minute', 'sets', 'rule:LOGIN') > 0);
  const line = JSON.parse(open.sql(`SELECT qfs.consequence_map('{"limits": {"logins_per_minute": 0}}', NULL, ${from}, ${size})`));
  assert.deepEqual(Object.fromEntries(Object.keys(line).map((name) => [name, map[name]])), line);
});

test('the path of the contract is the same', async () => {
  const question = { changes: { ttl_blocks: 5 } };
  const { what_if: before, ...map } = assertOk(await api.site({ method: 'POST', path: '/v1/governance/consequence-map', body: question }));
  const { what_if: after, ...direct } = assertOk(await ask(question));
  assert.deepEqual(map, direct);
  assert.equal(before.mode, after.mode);
});

test('what nobody can change is said, and what is no question is refused', async () => {
  const map = assertOk(await ask({ changes: { block_ms: 1000, ttl_blocks: 5 } }));
  assert.deepEqual(map.nodes.filter((node) => node.refused), [{ class: 'fixed', id: 'key:block_ms', kind: 'key', refused: 'KEY_FIXED' }]);
  assert.deepEqual([map.what_if.changes, map.tracks], [{ ttl_blocks: 5 }, []]);
  assertError(await ask({ changes: { referral: { cup: 5 } } }), 400, 'QFS_POLICY_INVALID');
  assertError(await ask({ changes: { referral: { cap: -1 } } }), 400, 'QFS_POLICY_INVALID');
  assertError(await ask({ changes: [] }), 400, 'QFS_POLICY_INVALID');
  assertError(await ask({}), 400, 'QFS_ARGUMENT');
  assertError(await ask({ changes: {}, proposal: 1 }), 400, 'QFS_ARGUMENT');
  assertError(await ask({ changes: {}, window: -1 }), 400, 'QFS_ARGUMENT');
  assertError(await ask({ proposal: 1 }), 404, 'QFS_PROPOSAL_UNKNOWN');
  assertError(await api.site({ path: '/v1/governance/consequence-map?proposal=1000000' }), 404, 'QFS_PROPOSAL_UNKNOWN');
});
