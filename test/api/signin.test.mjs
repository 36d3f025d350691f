// signin.test.mjs - wallets sign in; sessions are listed, rotated and revoked; tokens are what they claim to be.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { readLine } from '../../src/web/rules/entry.mjs';
import { ledger, assertError, assertOk } from './client.mjs';
import { makeDevice, makers, login, tryLogin, viemWallet } from './wallets.mjs';

const api = ledger('api');

for (const make of makers) {
  const { name } = make();

  test(`${name}: a message of its own, signed by it, signs in`, async () => {
    const wallet = make();
    const first = await login(api, wallet, { statement: 'I accept.' });
    assert.deepEqual(Object.keys(first).sort(), ['created', 'expires_at', 'key', 'session', 'token', 'user_id', 'wallet']);
    assert.equal(first.wallet, wallet.address);
    assert.equal(first.created, true);
    assert.equal(first.user_id, api.sql(`SELECT qfs.user_id('${wallet.address}'::qfs.address)`));
    assert.ok(first.expires_at > Date.now());

    const second = await login(api, wallet);
    assert.equal(second.created, false);
    assert.equal(second.user_id, first.user_id);
    assert.notEqual(second.session, first.session);
  });

  test(`${name}: the challenge, signed as it came, signs in`, async () => {
    const wallet = make();
    const device = makeDevice();
    for (const body of [{ wallet: wallet.address }, { wallet: wallet.address, device_key: device.key, chain_id: 8453 },
      { wallet: wallet.address, domain: 'app.example.org', uri: 'https://app.example.org/login?a#b', statement: 'I accept.' }]) {
      const message = assertOk(await api.call('auth_challenge', body));
      for (const part of [body.domain, body.uri, body.statement]) assert.ok(part === undefined || message.includes(part), part);
      assertOk(await api.call('auth_login', { message, signature: await wallet.sign(message) }));
    }
    const sessions = api.sql(`SELECT string_agg(coalesce(encode(device::bytea, 'base64'), '-'), ' ' ORDER BY seq) FROM qfs.session s
      WHERE s.user_id::text = qfs.user_id('${wallet.address}'::qfs.address)::text`);
    assert.equal(sessions, `- ${Buffer.from(device.key, 'base64url').toString('base64')} -`);
  });

  test(`${name}: every optional field, and every time that is allowed`, async () => {
    const now = Date.now();
    assertOk(await tryLogin(api, make(), {
      scheme: 'https', chainId: 8453, statement: 'Text, with: "no" quotes'.replaceAll('"', "'"), requestId: 'a%20b', notBefore: new Date(now - 1000),
      expirationTime: new Date(now + 60000), issuedAt: new Date(now - 3600000),
      resources: ['https://example.org/x?y#z', makeDevice().resource],
    }));
    assertOk(await tryLogin(api, make(), { uri: 'https://app.example.org' }));
    assertOk(await tryLogin(api, make(), { uri: 'https://app.example.org?a=b' }));
  });
}

test('forms of one signature: with and without 0x, upper case, v as 0 and 1, EIP-2098', async () => {
  const wallet = viemWallet();
  const forms = [
    (s) => s.slice(2),
    (s) => `0x${s.slice(2).toUpperCase()}`,
    (s) => s.slice(0, -2) + (s.endsWith('1b') ? '00' : '01'),
    (s) => {
      const bytes = Buffer.from(s.slice(2), 'hex');
      if (bytes[64] === 28) bytes[32] |= 0x80;
      return `0x${bytes.subarray(0, 64).toString('hex')}`;
    },
  ];
  for (const form of forms) {
    const message = assertOk(await api.call('auth_challenge', { wallet: wallet.address }));
    assertOk(await api.call('auth_login', { message, signature: form(await wallet.sign(message)) }), form);
  }
});

test('jose: the token verifies under qfs.jwks() and says what was answered', async () => {
  const keys = createLocalJWKSet(JSON.parse(api.sql('SELECT qfs.jwks()')));
  const signedIn = await login(api);
  const { payload, protectedHeader } = await jwtVerify(signedIn.token, keys,
    { algorithms: ['EdDSA'], issuer: api.origin, audience: api.origin, typ: 'JWT' });
  assert.equal(payload.sub, signedIn.user_id);
  assert.equal(payload.jti, signedIn.session);
  assert.equal(payload.role, 'qfs_user');
  assert.equal(payload.scope, 'account');
  assert.equal(payload.exp, Math.floor(signedIn.expires_at / 1000));
  assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 60);
  assert.equal(protectedHeader.kid, JSON.parse(api.sql('SELECT qfs.jwks()')).keys[0].kid);
  assert.deepEqual(decodeProtectedHeader(signedIn.token), protectedHeader);

  const others = createLocalJWKSet(JSON.parse(ledger('other').sql('SELECT qfs.jwks()')));
  await assert.rejects(jwtVerify(signedIn.token, others), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('every endpoint with a token', async () => {
  const { token, session, user_id } = await login(api);
  const [{ seq, hash }] = assertOk(await api.call('events_batch', { events: [{ type: 'NOTE', payload: { text: 'ä' } }] }, token));
  assert.ok(assertOk(await api.read('/rpc/head', token)).size > seq);
  const plain = async (path) => (await api.read(path, token, { Accept: 'text/plain' })).text;
  assert.equal((await readLine(await plain(`/rpc/entry?seq=${seq}`))).hash, api.sql(`SELECT hash FROM qfs.ledger WHERE seq = ${seq}`));
  assert.equal(await plain(`/rpc/entry_head?seq=${seq}`), api.sql(`SELECT qfs.entry_head(${seq})`));
  const rows = assertOk(await api.read(`/ledger?seq=eq.${seq}`, token));
  assert.equal(rows.length, 1);
  assert.equal(rows[0].hash, hash);
  assert.equal(rows[0].actor, user_id);
  assert.deepEqual(rows[0].payload, { text: 'ä' });
  assert.deepEqual(rows[0].auth, { session, via: 'session' });
  assert.equal(await plain(`/rpc/checkpoint?size=${seq + 1}`), api.sql(`SELECT qfs.checkpoint(${seq + 1})`));
  assert.equal(await plain('/rpc/vkey'), api.sql('SELECT qfs.vkey()'));
  assert.equal(await plain(`/rpc/tlog_proof?seq=${seq}&size=${seq + 1}`),
    api.sql(`SELECT qfs.tlog_proof(${seq}, ${seq + 1})`));
  assert.equal(`{${assertOk(await api.read(`/rpc/consistency_proof?old=2&new=${seq}`, token)).join(',')}}`,
    api.sql(`SELECT qfs.consistency_proof(2, ${seq})::text[]`));
  assert.equal((await api.read('/rpc/tile?level=0&n=0&width=2', token, { Accept: 'application/octet-stream' })).bytes.toString('hex'),
    api.sql("SELECT encode(qfs.tile(0, 0, 2), 'hex')"));
  assert.equal((await api.read(`/rpc/entry?seq=${seq}`, token)).json, await plain(`/rpc/entry?seq=${seq}`), 'JSON, if not asked for text');
  assert.equal((await api.read('/rpc/entry_bundle?n=0&width=2', token, { Accept: 'application/octet-stream' })).bytes.toString('hex'), api.sql("SELECT encode(qfs.entry_bundle(0, 2), 'hex')"));
  assertError(await api.read('/rpc/verify', token), 403, null);
  const sessions = assertOk(await api.read('/rpc/sessions', token));
  assert.equal(sessions.length, 1);
  assert.equal(sessions[0].session, session);
  assert.equal(sessions[0].active, true);
  assert.equal(sessions[0].current, true);
});

test('a rotated token is refused at its very next request, and nothing can be done with it', async () => {
  const old = await login(api);
  const next = assertOk(await api.call('session_rotate', {}, old.token));
  assert.equal(next.user_id, old.user_id);
  assert.notEqual(next.session, old.session);
  assertError(await api.read('/rpc/sessions', old.token), 401, 'QFS_SESSION_ENDED');
  assertError(await api.call('session_rotate', {}, old.token), 401, 'QFS_SESSION_ENDED');
  assertError(await api.call('session_revoke', { session: next.session }, old.token), 401, 'QFS_SESSION_ENDED');
  // What needs no token is answered as to nobody.
  assertOk(await api.read('/rpc/head', old.token));
  const sessions = assertOk(await api.read('/rpc/sessions', next.token));
  assert.deepEqual(sessions.map((s) => [s.session, s.active, s.current, s.reason]),
    [[next.session, true, true, null], [old.session, false, false, 'rotated']]);
});

test('a revoked token is refused at its very next request', async () => {
  const wallet = viemWallet();
  const [a, b, c] = [await login(api, wallet), await login(api, wallet), await login(api, wallet)];
  assertOk(await api.call('session_revoke', { session: a.session, reason: 'device_lost' }, b.token));
  assertError(await api.read('/rpc/sessions', a.token), 401, 'QFS_SESSION_ENDED');
  assertOk(await api.call('session_revoke', { session: b.session }, b.token));
  assertError(await api.read('/rpc/sessions', b.token), 401, 'QFS_SESSION_ENDED');
  assertError(await api.call('session_revoke', { session: a.session }, c.token), 404, 'QFS_SESSION_UNKNOWN');
  assertError(await api.call('session_revoke', { session: c.session, reason: 'admin' }, c.token), 403, 'QFS_FORBIDDEN');
  assertError(await api.call('session_revoke', { session: c.session, reason: 'boredom' }, c.token), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await api.call('session_revoke', { session: '0'.repeat(64) }, c.token), 404, 'QFS_SESSION_UNKNOWN');
  assertError(await api.call('session_revoke', { session: null }, c.token), 400, 'QFS_ARGUMENT');
  assertError(await api.call('session_revoke', { session: c.session, reason: null }, c.token), 400, 'QFS_ARGUMENT');
  assertError(await api.call('session_revoke', { session: 'x' }, c.token), 400, 'QFS_HASH_SYNTAX');
  assertError(await api.call('session_revoke', { session: c.session }, (await login(api)).token), 403, 'QFS_SESSION_FOREIGN');
  assertOk(await api.read('/rpc/sessions', c.token));
});

test('sessions that were asked to rotate at once: one does', async () => {
  const { token } = await login(api);
  const answers = await Promise.all(Array.from({ length: 6 }, () => api.call('session_rotate', {}, token)));
  assert.deepEqual(answers.map((a) => a.status).sort(), [200, 401, 401, 401, 401, 401]);
});

test('without a token there is no session to speak of', async () => {
  for (const fn of ['session_rotate', 'events_batch', 'session_revoke']) {
    const body = { session_rotate: {}, events_batch: { events: [] }, session_revoke: { session: '0'.repeat(64) } }[fn];
    assertError(await api.call(fn, body), 401, null, fn);
  }
  assertError(await api.read('/rpc/sessions'), 401, null);
  assertError(await api.read('/rpc/verify'), 401, null);
});
