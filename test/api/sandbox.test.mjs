// sandbox.test.mjs - questions that have a name, over HTTP: what there is, a run, and the same answer for whoever asks.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';

const api = ledger('api');
const open = ledger('brief');
const run = (of, question, token) => of.site({ method: 'POST', path: '/v1/sandbox/run', headers: of.bearer(token), body: question });
const templates = async () => assertOk(await api.site({ path: '/v1/sandbox/templates' }));
const ring = { params: { wallets: 12 }, template: 'sybil_ring' };

// Of each template a question; whoever adds one adds it here.
const PARAMS = {
  alpha: { value: '0.5' }, change: { key: 'referral.cap', value: 5 }, fifty_proposals: {}, limits: { factor: '0.5' }, reward_times: { factor: 2 },
  rollback: { changes: { referral: { cap: 5 } } }, sybil_ring: { wallets: 12 },
};

// RFC 8785 of what has integers, and names in ASCII.
const jcs = (value) => Array.isArray(value) ? `[${value.map(jcs).join(',')}]`
  : value !== null && typeof value === 'object' ? `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${jcs(value[name])}`).join(',')}}` : JSON.stringify(value);
const hashOf = ({ result_hash: _, ...rest }) => createHash('sha3-256').update(jcs(rest)).digest('hex');

test('the templates say what they take, and each can be asked', async () => {
  const listed = await templates();
  assert.deepEqual(listed.map((t) => t.name), Object.keys(PARAMS));
  for (const { name, params, about, window } of listed) {
    assert.deepEqual(params.map((p) => p.name).sort(), Object.keys(PARAMS[name]).sort());
    for (const text of [about, ...params.flatMap((p) => [p.about, p.range, p.type])]) assert.match(text, /\S/);
    const answer = assertOk(await run(api, { params: PARAMS[name], template: name }));
    assert.equal(answer.template, name);
    assert.deepEqual(answer.params, PARAMS[name]);
    assert.equal('direct' in answer.result, window, `${name} looks at a window`);
    assert.equal(answer.result_hash, hashOf(answer), 'the hash is that of the rest');
  }
});

test('twelve invented wallets earn 1,060 FLX, whoever asks, and nothing of it is written', async () => {
  const me = await login(api);
  const size = Number(api.sql('SELECT size FROM qfs.head()'));
  const state = api.sql('SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())');
  const answer = assertOk(await run(api, { ...ring, size }));
  assert.deepEqual({ ...answer.result.ring, earned: { ...answer.result.ring.earned, coherence: '' } },
    { acts: 64, blocked: {}, earned: { FLX: '1060.000000000000000000', NOD: '0', coherence: '', points: '240', referrals: '12' }, refused: {}, wallets: 12 });
  assert.equal(answer.mode, 'SIMULATION');
  assert.deepEqual(assertOk(await run(api, { ...ring, size }, me.token)), answer, 'an account gets the same');
  assert.deepEqual(JSON.parse(api.sql(`SELECT qfs_api.sandbox('sybil_ring', '{"wallets": 12}', ${size})`)), answer, 'and so does an administrator');
  assert.equal(api.sql('SELECT qfs.state_hash(), (SELECT hash FROM qfs.head())'), state);
});

test('whoever may not read every entry is answered of epochs that are over; under a public policy everybody is of all', async () => {
  const question = { params: { key: 'limits.logins_per_minute', value: 0 }, template: 'change' };
  const closed = assertOk(await run(api, question));
  // Its first epoch, a day, is not over.
  assert.deepEqual([closed.from, closed.size, closed.result.direct.same], [1, 1, 0]);
  await login(open);
  const all = assertOk(await run(open, question));
  assert.ok(all.result.direct.refused.QFS_RATE_LIMIT > 0);
  assert.equal(all.result.direct.refused.QFS_RATE_LIMIT, Number(open.sql(`SELECT count(*) FROM qfs.ledger WHERE type = 'LOGIN' AND seq BETWEEN ${all.from} AND ${all.size - 1}`)));
  assert.equal(all.result.direct.entries, undefined);
});

test('nonsense is told which parameter, which range and why', async () => {
  const refused = async (question, status, code, detail) => {
    const answer = await api.call('sandbox', question);
    assertError(answer, status, code);
    assert.match(answer.json.details, detail);
    assert.match(answer.json.hint, /\S/);
  };
  await refused({ template: 'sybil' }, 404, 'QFS_TEMPLATE_UNKNOWN', /sybil/);
  await refused({ template: '' }, 404, 'QFS_TEMPLATE_UNKNOWN', /QFS_TEMPLATE_UNKNOWN/);
  await refused({ ...ring, params: {} }, 400, 'QFS_TEMPLATE_PARAMS', /params\.wallets: it is missing, and may be 1 to 200/);
  await refused({ ...ring, params: { wallets: 1e6 } }, 400, 'QFS_TEMPLATE_PARAMS', /params\.wallets: it is out of range; it is 1000000, and may be 1 to 200/);
  await refused({ ...ring, params: { wallets: '12' } }, 400, 'QFS_TEMPLATE_PARAMS', /params\.wallets: it must be an integer; it is "12"/);
  await refused({ ...ring, params: [] }, 400, 'QFS_TEMPLATE_PARAMS', /params: it must be an object/);
  await refused({ ...ring, params: { wallets: 12, bypass_guards: true } }, 400, 'QFS_TEMPLATE_PARAMS', /sybil_ring has no parameter "bypass_guards"/);
  await refused({ ...ring, params: null }, 400, 'QFS_ARGUMENT', /params may not be null/);
  await refused({ params: { value: '1.1' }, template: 'alpha' }, 400, 'QFS_TEMPLATE_PARAMS', /params\.value: it is out of range; it is "1\.1", and may be 0 to 1/);
  await refused({ params: { value: 0.5 }, template: 'alpha' }, 400, 'QFS_JSON_NUMBER', /0\.5/);
  await refused({ params: { key: 'epoch_blocks', value: 5 }, template: 'change' }, 400, 'QFS_TEMPLATE_PARAMS', /params\.key: the key is fixed/);
  await refused({ params: { changes: { epoch_blocks: 5 } }, template: 'rollback' }, 422, 'QFS_KEY_FIXED', /params\.changes: epoch_blocks/);
  await refused({ params: { key: 'referral.cap', value: -1 }, template: 'change' }, 400, 'QFS_POLICY_INVALID', /params\.value: policy\.referral\.cap/);
  await refused({ ...ring, size: 0 }, 400, 'QFS_SIZE_UNKNOWN', /0 was asked for/);
  await refused({ ...ring, size: 1e12 }, 400, 'QFS_SIZE_UNKNOWN', /1000000000000 was asked for/);
});
