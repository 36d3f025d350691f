// reflection.test.mjs - an act before it is done, and after: the same panel, with what was recorded.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login, makeDevice } from './wallets.mjs';
import { makeChatKey } from './chat.mjs';

const api = ledger('api');
const preview = async (me, type, payload) => assertOk(await api.call('preview', { type, payload }, me.token));
const reflect = async (me, seq) => assertOk(await api.call('reflect', { seq }, me.token));
const lastOf = (me) => Number(api.sql(`SELECT max(seq) FROM qfs.ledger WHERE actor::text = '${me.user_id}'`));
const head = () => api.sql('SELECT size FROM qfs.head()');

// What does not depend on when it is asked; of others nothing is said before.
const OF_OTHERS = ['FLX_PER_USER_CAP', 'REFERRAL_CAP', 'REFERRER_NOT_OLDER'];
const essence = ({ guards, kind, policy, v, decided: { effects, error, keys, outcome, rule, thresholds } }) => ({
  effects: effects.map(({ account, kind: of, rules, state, was }) => ({ account, kind: of, rules: rules.map((rule) => rule.replace(/^(REFERRAL_TIER)_.*/, '$1')), state, was })),
  error, guards: guards.filter(({ guard }) => !OF_OTHERS.includes(guard)), keys, kind, outcome, policy, rule, thresholds, v });

// Done, it is what was said of it, but for numbers of entries.
async function compare(me, type, payload, act) {
  const before = head();
  const said = await preview(me, type, payload);
  assert.equal(head(), before, 'nothing was written');
  assert.equal(said.decided.mode, 'SIMULATION');
  await act();
  const done = await reflect(me, lastOf(me));
  assert.equal(done.decided.mode, 'RECORDED');
  assert.deepEqual(essence(said), essence(done));
  assert.ok(said.guards.every(({ guard }) => !OF_OTHERS.includes(guard)), 'of others it says nothing');
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
  assert.equal(said.decided.outcome, 'OK');
  // In a transaction that is READ ONLY, as PostgREST's is for GET, the same.
  const done = await reflect(ann, lastOf(ann));
  assert.deepEqual(assertOk(await api.read(`/rpc/reflect?seq=${done.decided.seq}`, ann.token)), done);
  const inside = api.sql(`BEGIN READ ONLY; SET LOCAL ROLE qfs_user; SELECT qfs.authenticate('${ann.token}'); SELECT qfs_api.preview('CHAT_KEY', '{"key": "${key.text}"}'); COMMIT`);
  assert.deepEqual(essence(JSON.parse(inside.split('\n').find((line) => line.startsWith('{')))), essence(await preview(ann, 'CHAT_KEY', { key: key.text })));
  // A second time it is refused, and that is an answer.
  const again = await preview(ann, 'CONTENT_CREATED', { content, kind: 'text/plain', size: 14 });
  assert.deepEqual([again.decided.outcome, again.decided.error, again.decided.effects, again.guards], ['REFUSED', 'QFS_CONTENT_EXISTS', [], []]);

  const code = assertOk(await api.read('/rpc/referral_code', bob.token));
  const use = await compare(ann, 'REFERRAL_USE', { code }, async () => assertOk(await api.call('use_referral', { code }, ann.token)));
  assert.equal(use.decided.outcome, 'BLOCKED');
  const [blocked] = (await reflect(ann, lastOf(ann))).guards.filter(({ result }) => result === 'BLOCK');
  assert.equal(blocked.guard, 'REFERRER_NOT_OLDER', 'why, is told afterwards');
  const window = use.guards.find(({ guard }) => guard === 'WINDOW_CLOSED');
  assert.deepEqual([window.relation, window.unit, window.key, window.result], ['<=', 'blocks', 'referral.window_blocks', 'PASS']);
  assert.equal(window.turns_at, window.bound + 1);
  assert.equal(window.margin, window.turns_at - window.observed);
  assert.deepEqual(use.decided.keys.map(({ key: name }) => name), Object.keys(use.decided.thresholds).sort());
  assert.equal(use.decided.thresholds['referral.cap'], 100);
});

test('what a device has to sign is said with its number, and an application\'s type has keys and a status', async () => {
  const device = makeDevice();
  const ann = await login(api, undefined, { resources: [device.resource] });
  const { text } = await makeChatKey();
  const said = await preview(ann, 'CHAT_KEY', { key: text });
  assert.deepEqual(said.decided.needs, [{ by: 'device', nonce: 1, what: 'signature' }]);
  const bob = await login(api);
  api.sql(`SELECT qfs.register_event_type('REFLECTED', '{"type": "object"}', 'account') WHERE NOT EXISTS (SELECT FROM qfs.event_type WHERE type = 'REFLECTED')`);
  const noted = await compare(bob, 'REFLECTED', {}, async () => assertOk(await api.call('events_batch', { events: [{ type: 'REFLECTED', payload: {} }] }, bob.token)));
  assert.deepEqual([noted.decided.outcome, noted.decided.error, noted.decided.needs], ['OK', null, []]);
  assert.deepEqual(noted.decided.keys.map(({ key }) => key), ['limits.events_per_minute', 'signed', 'signed_types']);
});

test('a stranger learns nothing of whom an account was invited by, or whether it wrote to anybody', async () => {
  const [ann, bob, cid, eve] = [await login(api), await login(api), await login(api), await login(api)];
  const key = {};
  for (const someone of [bob, cid, eve]) {
    key[someone.user_id] = (await makeChatKey()).text;
    assertOk(await api.call('publish_chat_key', { key: key[someone.user_id] }, someone.token));
    assertOk(await api.call('set_profile', { display_name: 'Somebody' }, someone.token));
  }
  const letter = async (to) => {
    const payload = { alg: 'x25519-hkdf-aes256gcm', hash: 'cc'.repeat(32), recipient: to.user_id, seq: 1, size: 20, thread: api.sql(`SELECT qfs.thread('${eve.user_id}', '${to.user_id}')`) };
    const { guards, decided: { effects, error, needs, outcome } } = await preview(eve, 'MESSAGE', payload);
    return JSON.stringify({ effects: effects.map(({ kind, rules }) => [kind, rules]), error, guards, needs, outcome });
  };
  // Bob was invited, Cid was not.
  assertOk(await api.call('use_referral', { code: assertOk(await api.read('/rpc/referral_code', ann.token)) }, bob.token));
  assert.equal(await letter(bob), await letter(cid));
});

test('what is no act is told, and nobody looks at the acts of others', async () => {
  const [ann, bob] = [await login(api), await login(api)];
  assert.equal((await preview(ann, 'NO_SUCH_TYPE', {})).decided.error, 'QFS_TYPE_UNKNOWN');
  assert.equal((await preview(ann, 'GENESIS', {})).decided.error !== null, true);
  assert.equal((await preview(ann, 'MESSAGE', { made: 'up' })).decided.error, 'QFS_PAYLOAD_INVALID');
  assertError(await api.call('preview', { type: 'MESSAGE', payload: null }, ann.token), 400, 'QFS_ARGUMENT');
  // What is no type or no payload at all.
  for (const type of ['', 'X'.repeat(64), 'X'.repeat(500000), 'é']) assertError(await api.call('preview', { type, payload: {} }, ann.token), 400, 'QFS_TYPE_SYNTAX', type.slice(0, 9));
  for (const payload of [[], 1, 'x', true]) assertError(await api.call('preview', { type: 'MESSAGE', payload }, ann.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await api.call('preview', { type: 'MESSAGE', payload: {} }), 401, null);
  assertError(await api.call('reflect', { seq: lastOf(bob) }, ann.token), 403, 'QFS_FORBIDDEN');
  assertError(await api.call('reflect', { seq: 900000000 }, ann.token), 403, 'QFS_FORBIDDEN');
  assertError(await api.call('reflect', { seq: 0 }, ann.token), 403, 'QFS_FORBIDDEN');
  const mine = await reflect(ann, lastOf(ann));
  assert.equal(mine.decided.rule, 'LOGIN');
});
