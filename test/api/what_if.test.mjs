// what_if.test.mjs - what another policy would have led to, over HTTP; and what an account would do next is what it then does.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';

const api = ledger('api');
const open = ledger('brief');
const asked = (of, question, token) => of.site({ method: 'POST', path: '/v1/governance/what-if', headers: of.bearer(token), body: question });
const ask = (question, token) => asked(api, question, token);
const act = (type, payload) => ({ actions: [{ payload, type }], from: Number(api.sql('SELECT size FROM qfs.head()')) });

test('whoever may not read every entry is answered of epochs that are over, without what tells of entries', async () => {
  const answer = assertOk(await ask({ changes: { limits: { logins_per_minute: 0 } } }));
  assert.equal(answer.mode, 'SIMULATION');
  assert.deepEqual(answer.unplayed, ['behaviour', 'off_ledger', 'signatures']);
  for (const hidden of [answer.run_hash, answer.direct.entries, answer.cumulative.first, answer.cumulative.state]) assert.equal(hidden, null);
  // Its first epoch, a day, is not over.
  assert.deepEqual([answer.from, answer.size, answer.direct.same, answer.direct.refused], [1, 1, 0, {}]);
  assert.deepEqual([answer.cumulative.accounts, answer.cumulative.tokens], [null, null]);
});

test('under a public policy everybody has all of it', async () => {
  await login(open);
  await login(open);
  const size = Number(open.sql('SELECT size FROM qfs.head()'));
  const answer = assertOk(await asked(open, { changes: { limits: { logins_per_minute: 0 } }, size }));
  assert.equal(answer.direct.refused.QFS_RATE_LIMIT ?? 0, Number(open.sql(`SELECT count(*) FROM qfs.ledger WHERE type = 'LOGIN' AND seq BETWEEN ${answer.from} AND ${size - 1}`)));
  assert.deepEqual(answer, JSON.parse(open.sql(`SELECT qfs.what_if('{"limits": {"logins_per_minute": 0}}', '[]', NULL, ${size})`)));
  assert.match(answer.run_hash, /^[0-9a-f]{64}$/);
});

test('an account sees what its next act would lead to', async () => {
  const me = await login(api);
  const code = JSON.stringify({ code: 'nobody' });
  const [refused] = assertOk(await ask(act('REFERRAL_USE', JSON.parse(code)), me.token)).steps;
  assert.deepEqual(refused, { accounts: [], error: 'QFS_REFERRAL_CODE', outcome: null });
  const [unknown] = assertOk(await ask(act('NO_SUCH_TYPE', {}), me.token)).steps;
  assert.equal(unknown.error, 'QFS_TYPE_UNKNOWN');
  const [governed] = assertOk(await ask(act('POLICY_CHANGED', { policy: {} }), me.token)).steps;
  assert.equal(governed.error, 'QFS_FORBIDDEN');
});

test('nobody asks for somebody else, nor for what is no question', async () => {
  const me = await login(api);
  const other = await login(api);
  const action = { payload: {}, type: 'NOTE' };
  assertError(await ask({ actions: [action] }), 401, 'QFS_NO_SESSION');
  assertError(await ask({ actions: [{ ...action, actor: other.user_id }] }, me.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await ask({ actions: [{ ...action, session: other.session }] }, me.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await ask({ actions: [{ ...action, bypass_guards: true }] }, me.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await ask({ actions: Array(101).fill(action) }, me.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await ask({ actions: [1] }, me.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await ask({ changes: { referral: { cup: 5 } } }), 400, 'QFS_POLICY_INVALID');
  assertError(await ask({ changes: { block_ms: 1000 } }), 422, 'QFS_KEY_FIXED');
  assertError(await ask({ actions: null }), 400, 'QFS_ARGUMENT');
  assertError(await ask({ changes: [] }), 400, 'QFS_POLICY_INVALID');
  assertError(await ask({ from: 0 }), 400, 'QFS_SIZE_UNKNOWN');
  assertError(await ask({ size: 1e9 }), 400, 'QFS_SIZE_UNKNOWN');
});
