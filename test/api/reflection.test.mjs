// reflection.test.mjs - an act before it is done, and after: the same panel, with what was recorded.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';
import { makeChatKey } from './chat.mjs';

const api = ledger('api');
const preview = async (me, type, payload) => assertOk(await api.call('preview', { type, payload }, me.token));
const reflect = async (me, seq) => assertOk(await api.call('reflect', { seq }, me.token));
const lastOf = (me) => Number(api.sql(`SELECT max(seq) FROM qfs.ledger WHERE actor::text = '${me.user_id}'`));
const head = () => api.sql('SELECT size FROM qfs.head()');

// What does not depend on when it is asked.
const essence = ({ effects, error, guards, keys, kind, policy, status, type, v }) => ({
  effects: effects.map(({ account, kind: of, rules, state, was }) => ({ account, kind: of, rules, state, was })),
  error, guards, keys, kind, policy, status, type, v });

// Done, it is what was said of it, but for numbers of entries.
async function compare(me, type, payload, act) {
  const before = head();
  const said = await preview(me, type, payload);
  assert.equal(head(), before, 'nothing was written');
  assert.equal(said.mode, 'SIMULATION');
  await act();
  const done = await reflect(me, lastOf(me));
  assert.equal(done.mode, 'RECORDED');
  assert.deepEqual(essence(said), essence({ ...done, guards: done.guards.map((guard, n) => (said.guards[n].observed === null ? { ...guard, margin: null, observed: null, turns_at: null } : guard)) }));
  return said;
}

test('profile, chat key, code and content are what was said of them', async () => {
  const [ann, bob] = [await login(api), await login(api)];
  const key = await makeChatKey();
  await compare(ann, 'CHAT_KEY', { key: key.text }, async () =>
    assertOk(await api.call('publish_chat_key', { key: key.text }, ann.token)));
  const content = createHash('sha256').update('what ann wrote').digest('hex');
  const said = await compare(ann, 'CONTENT_CREATED', { content, kind: 'text/plain', size: 14 }, async () =>
    assertOk(await api.call('create_content', { content, kind: 'text/plain', size: 14 }, ann.token)));
  assert.equal(said.status, 'OK');
  // In a transaction that is READ ONLY, as PostgREST's is for GET, the same.
  const done = await reflect(ann, lastOf(ann));
  assert.deepEqual(assertOk(await api.read(`/rpc/reflect?seq=${done.seq}`, ann.token)), done);
  const inside = api.sql(`BEGIN READ ONLY; SET LOCAL ROLE qfs_user; SELECT qfs.authenticate('${ann.token}'); SELECT qfs_api.preview('CHAT_KEY', '{"key": "${key.text}"}'); COMMIT`);
  assert.deepEqual(essence(JSON.parse(inside.split('\n').find((line) => line.startsWith('{')))), essence(await preview(ann, 'CHAT_KEY', { key: key.text })));
  // A second time it is refused, and that is an answer.
  const again = await preview(ann, 'CONTENT_CREATED', { content, kind: 'text/plain', size: 14 });
  assert.deepEqual([again.status, again.error, again.effects, again.guards], [null, 'QFS_CONTENT_EXISTS', [], []]);

  const code = assertOk(await api.read('/rpc/referral_code', bob.token));
  const use = await compare(ann, 'REFERRAL_USE', { code }, async () => assertOk(await api.call('use_referral', { code }, ann.token)));
  assert.equal(use.status, 'BLOCKED');
  const older = use.guards.find(({ guard }) => guard === 'REFERRER_NOT_OLDER');
  assert.deepEqual([older.observed, older.margin, older.turns_at, older.result], [null, null, null, 'BLOCK'], 'of others it says no number');
  const window = use.guards.find(({ guard }) => guard === 'WINDOW_CLOSED');
  assert.deepEqual([window.relation, window.unit, window.key, window.result], ['<=', 'blocks', 'referral.window_blocks', 'PASS']);
  assert.equal(window.turns_at, window.bound + 1);
  assert.equal(window.margin, window.turns_at - window.observed);
  assert.ok(use.keys.some(({ key: name, value }) => name === 'referral.cap' && value === 100));
});

test('what is no act is told, and nobody looks at the acts of others', async () => {
  const [ann, bob] = [await login(api), await login(api)];
  assert.equal((await preview(ann, 'NO_SUCH_TYPE', {})).error, 'QFS_TYPE_UNKNOWN');
  assert.equal((await preview(ann, 'GENESIS', {})).error !== null, true);
  assert.equal((await preview(ann, 'MESSAGE', { made: 'up' })).error, 'QFS_PAYLOAD_INVALID');
  assertError(await api.call('preview', { type: 'MESSAGE', payload: null }, ann.token), 400, 'QFS_ARGUMENT');
  assertError(await api.call('preview', { type: 'MESSAGE', payload: {} }), 401, null);
  assertError(await api.call('reflect', { seq: lastOf(bob) }, ann.token), 403, 'QFS_FORBIDDEN');
  assertError(await api.call('reflect', { seq: 900000000 }, ann.token), 403, 'QFS_FORBIDDEN');
  assertError(await api.call('reflect', { seq: 0 }, ann.token), 403, 'QFS_FORBIDDEN');
  const mine = await reflect(ann, lastOf(ann));
  assert.equal(mine.type, 'LOGIN');
});
