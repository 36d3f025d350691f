// signed.test.mjs - every function that appends takes the device's signature, and asks for it where the policy does.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { makeChatKey, seal, toText } from './chat.mjs';
import { ledger, assertError, assertOk } from './client.mjs';
import { messagePayload, profilePayload } from '../../src/web/payloads.mjs';
import { actor, login, makeDevice, nonceOf, tryLogin, viemWallet } from './wallets.mjs';

const api = ledger('api');
const other = ledger('other');
const withDevice = async () => actor(api, viemWallet(), makeDevice());

// Each function that appends, as this account would call it: its arguments, and the event.
async function calls(me, peer) {
  const content = createHash('sha256').update(randomBytes(8)).digest('hex');
  const profile = { display_name: 'Ann \u{1f44b}', bio: '', avatar: null, links: ['https://a.example/'], salt: toText(randomBytes(32)), version: 1 };
  const envelope = await seal({ sender: me.user_id, recipient: peer.user_id, seq: 1, text: 'Hello', mine: me.mine, theirs: peer.mine.text });
  const nonce = randomBytes(32).toString('hex');
  const { session } = await actor(api, me.wallet, me.device);
  const next = await makeChatKey();
  return [
    ['set_profile', profile, 'PROFILE_UPDATE', await profilePayload(profile)],
    ['send_message', envelope, 'MESSAGE', await messagePayload(me.user_id, envelope)],
    ['publish_chat_key', { key: next.text }, 'CHAT_KEY', { key: next.text }],
    ['use_referral', { code: peer.code }, 'REFERRAL_USE', { code: peer.code }],
    ['create_content', { content, kind: 'note', size: 3 }, 'CONTENT_CREATED', { content, kind: 'note', size: 3 }],
    ['session_revoke', { session, reason: 'device_lost' }, 'SESSION_REVOKED', { reason: 'device_lost', session }],
    ['session_rotate', { nonce }, 'SESSION_ROTATED', { nonce }],
  ];
}

async function join_() {
  const me = await withDevice();
  me.mine = await makeChatKey();
  assertOk(await me.act('publish_chat_key', { key: me.mine.text }, 'CHAT_KEY', { key: me.mine.text }));
  me.code = assertOk(await api.call('referral_code', {}, me.token));
  return me;
}

const entries = (me) => api.sql(`SELECT count(*) FROM qfs.ledger WHERE actor::text = '${me.user_id}'`);

test('a session with a device: unsigned is refused with a hint of what to sign, signed is accepted', async () => {
  const peer = await join_();
  const me = await join_();
  for (const [name, body, type, payload] of await calls(me, peer)) {
    const before = entries(me);
    const ask = (auth) => api.call(name, { ...body, auth }, me.token);
    const unsigned = await api.call(name, body, me.token);
    assertError(unsigned, 401, 'QFS_EVENT_UNSIGNED', name);
    assert.match(unsigned.json.details, new RegExp(`^QFS_EVENT_UNSIGNED: ${type}\\.$`));
    assert.match(unsigned.json.hint, /auth \{key, nonce, sig\}.*\{actor, ledger, nonce, payload, type\}.*docs\/format\.md/);
    assertError(await ask(null), 401, 'QFS_EVENT_UNSIGNED', `${name}: null`);
    for (const nothing of [{}, [], 'x', 7, true, { ...me.sign(type, payload), more: 1 }]) assertError(await ask(nothing), 400, 'QFS_AUTH_INVALID', `${name}: ${JSON.stringify(nothing)}`);
    assertError(await ask(me.sign(type, payload, { by: makeDevice() })), 401, 'QFS_EVENT_KEY', `${name}: another key`);
    assertError(await ask({ ...me.sign(type, payload, { by: makeDevice() }), key: me.device.key }), 401, 'QFS_SIGNATURE_MISMATCH', `${name}: another key's signature`);
    const good = me.sign(type, payload);
    assertError(await ask({ ...good, nonce: good.nonce + 1 }), 401, 'QFS_SIGNATURE_MISMATCH', `${name}: another nonce`);
    assertError(await ask(me.sign(type, payload, { nonce: 1 })), 409, 'QFS_EVENT_NONCE', `${name}: an old nonce`);
    const ahead = await ask(me.sign(type, payload, { nonce: Number.MAX_SAFE_INTEGER }));
    assertError(ahead, 409, 'QFS_EVENT_NONCE_AHEAD', `${name}: a nonce after which there is none`);
    assert.match(ahead.json.details, /the last one was \d+, this one may be up to \d{13}\.$/);
    assertError(await ask(me.sign(type, { ...payload, more: 1 })), 401, 'QFS_SIGNATURE_MISMATCH', `${name}: another payload`);
    assertError(await ask(me.sign('OTHER', payload)), 401, 'QFS_SIGNATURE_MISMATCH', `${name}: another type`);
    assertError(await ask(me.sign(type, payload, { of: peer.user_id })), 401, 'QFS_SIGNATURE_MISMATCH', `${name}: another actor`);
    assertError(await ask(me.sign(type, payload, { ledger: other.sql('SELECT ledger FROM qfs.ledger_state') })), 401, 'QFS_SIGNATURE_MISMATCH', `${name}: another ledger`);
    assert.equal(entries(me), before, `${name}: nothing was appended`);

    const last = me.sign(type, payload);
    assertOk(await ask(last), name);
    const row = JSON.parse(api.sql(`SELECT jsonb_build_object('type', type, 'payload', payload, 'auth', auth, 'sig', sig) FROM qfs.ledger WHERE actor::text = '${me.user_id}' ORDER BY seq DESC LIMIT 1`));
    assert.deepEqual(row.payload, payload, name);
    const { key, nonce, sig } = last;
    assert.deepEqual([row.auth, row.sig], [{ key, nonce, session: me.session, via: 'session' }, sig], name);
    // What was signed once is good once.
    assertError(await ask(last), name === 'session_rotate' ? 401 : 409, name === 'session_rotate' ? 'QFS_SESSION_ENDED' : 'QFS_EVENT_NONCE', `${name}: again`);
  }
  assert.equal(api.sql(`SELECT count(*) FROM qfs.ledger WHERE actor::text = '${me.user_id}' AND auth ->> 'via' = 'session' AND sig IS NULL`), '0');
});

test('a session without a device signs nothing, and says so', async () => {
  const none = await login(api);
  assertOk(await api.call('set_profile', { display_name: 'Nobody' }, none.token));
  assert.equal(assertOk(await api.call('profile', {}, none.token)).version, 1);
  const device = makeDevice();
  const mine = await actor(api, viemWallet(), device);
  assertError(await api.call('set_profile', { display_name: 'Nobody', salt: toText(randomBytes(32)), version: 2, auth: mine.sign('PROFILE_UPDATE', {}) }, none.token), 401, 'QFS_EVENT_KEY');
  const seq = Number(api.sql(`SELECT max(seq) FROM qfs.ledger WHERE actor::text = '${none.user_id}'`));
  const why = assertOk(await api.read(`/rpc/explain_session?seq=${seq}`, none.token));
  assert.equal(why.result.by, 'server');
  assert.match(why.narrative, /on the server's word that the session asked for it/);
  const signed = assertOk(await mine.act('publish_chat_key', { key: (await makeChatKey()).text }, 'CHAT_KEY', undefined));
  assert.equal(assertOk(await api.read(`/rpc/explain_entry?seq=${signed}`, mine.token)).result.by, 'device');
});

test('what is signed has to be known before: salt and version, the nonce of a rotation', async () => {
  const me = await withDevice();
  const set = (more) => api.call('set_profile', { display_name: 'Ann', ...more }, me.token);
  const salt = toText(randomBytes(32));
  const auth = me.sign('PROFILE_UPDATE', await profilePayload({ display_name: 'Ann', salt, version: 1 }));
  for (const more of [{ auth }, { auth, salt }, { auth, version: 1 }, { salt: 'short' }, { salt: `${salt}=` }]) assertError(await set(more), 400, 'QFS_ARGUMENT', JSON.stringify(more));
  assertError(await set({ auth: me.sign('PROFILE_UPDATE', await profilePayload({ display_name: 'Ann', salt, version: 2 })), salt, version: 2 }), 409, 'QFS_PROFILE_VERSION');
  // Another name than the one that was signed.
  assertError(await set({ display_name: 'Eve', auth, salt, version: 1 }), 401, 'QFS_SIGNATURE_MISMATCH');
  assertError(await set({ bio: 'more', auth, salt, version: 1 }), 401, 'QFS_SIGNATURE_MISMATCH');
  assert.equal(assertOk(await set({ auth, salt, version: 1 })).display_name, 'Ann');
  assertError(await api.call('session_rotate', { auth: me.sign('SESSION_ROTATED', {}) }, me.token), 400, 'QFS_ARGUMENT');
  for (const nonce of ['', 'ab', 'AB'.repeat(32), 'zz'.repeat(32)]) {
    assertError(await api.call('session_rotate', { nonce, auth: me.sign('SESSION_ROTATED', { nonce }) }, me.token), 400, 'QFS_ARGUMENT', nonce);
  }
});

test('a referral code with the sign-in of a device: signed, or nothing of it is recorded', async () => {
  const referrer = await join_();
  const { code } = referrer;
  const wallet = viemWallet();
  const device = makeDevice();
  const attempt = async (auth) => {
    const message = wallet.write({ nonce: await nonceOf(api), resources: [device.resource] });
    return api.call('auth_login', { message, signature: await wallet.sign(message), referral_code: code, auth });
  };
  const unsigned = await attempt();
  assertError(unsigned, 401, 'QFS_EVENT_UNSIGNED');
  assert.match(unsigned.json.details, /REFERRAL_USE/);
  const user_id = api.sql(`SELECT qfs.user_id('${wallet.address.toLowerCase()}'::qfs.address)`);
  assert.equal(api.sql(`SELECT count(*) FROM qfs.account WHERE user_id::text = '${user_id}'`), '0');
  const signer = await actor(api, viemWallet(), device);
  assertError(await attempt(signer.sign('REFERRAL_USE', { code }, { of: referrer.user_id })), 401, 'QFS_SIGNATURE_MISMATCH');
  assertOk(await attempt(signer.sign('REFERRAL_USE', { code }, { of: user_id })));
  assert.equal(api.sql(`SELECT auth ->> 'key' FROM qfs.ledger WHERE type = 'REFERRAL_USE' AND actor::text = '${user_id}'`), device.key);
  // Without a device as ever; a signature that signs nothing is refused.
  const message = viemWallet().write({ nonce: await nonceOf(api) });
  assertError(await api.call('auth_login', { message, signature: '0x', auth: {} }), 400, 'QFS_ARGUMENT');
  assertOk(await tryLogin(api, viemWallet()));
});

test('OpenAPI tells of the signature of every function that takes one', async () => {
  const { token } = await login(api);
  const { paths } = assertOk(await api.read('/', token));
  for (const name of ['set_profile', 'send_message', 'publish_chat_key', 'use_referral', 'create_content', 'score_content', 'session_rotate', 'session_revoke', 'auth_login', 'events_batch']) {
    const { post } = paths[`/rpc/${name}`];
    assert.match(`${post.summary ?? ''} ${post.description ?? ''}`, /\{key, nonce, sig\}/, name);
  }
});
