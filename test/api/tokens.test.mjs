// tokens.test.mjs - tokens that must not work, and what nobody may do with one that does.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT, UnsecuredJWT, decodeJwt } from 'jose';
import { ledger, assertError, assertOk } from './client.mjs';
import { encode, makeToken, tokenKey } from './token_key.mjs';
import { login, makeDevice, nonceOf, viemWallet } from './wallets.mjs';

const api = ledger('api');
const brief = ledger('brief');
const other = ledger('other');

const parts = (token) => token.split('.');
const jwks = () => JSON.parse(api.sql('SELECT qfs.jwks()'));

// Whatever refuses it, PostgREST or the database: 401 and nothing else, for what needs a token and what does not.
async function assertRefused(token, why) {
  for (const answer of [await api.read('/rpc/sessions', token), await api.read('/rpc/head', token),
    await api.call('events_batch', { events: [] }, token)]) {
    assert.equal(answer.status, 401, `${why}: ${answer.text}`);
  }
}

test('forged tokens', async () => {
  const { token } = await login(api);
  const [header, claims, signature] = parts(token);
  const head = JSON.parse(Buffer.from(header, 'base64url'));
  const body = decodeJwt(token);
  const key = jwks().keys[0];
  const hmac = (text, secret) => createHmac('sha256', secret).update(text).digest('base64url');
  const hs256 = (secret) => {
    const input = `${encode({ ...head, alg: 'HS256' })}.${claims}`;
    return `${input}.${hmac(input, secret)}`;
  };
  const { privateKey } = generateKeyPairSync('ed25519');
  const by = (alg, secret, change = {}) => new SignJWT({ ...body, ...change }).setProtectedHeader({ ...head, alg }).sign(secret);
  const flip = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });

  assertOk(await api.read('/rpc/sessions', token));
  await assertRefused(new UnsecuredJWT(body).encode(), 'alg none');
  await assertRefused(`${encode({ ...head, alg: 'none' })}.${claims}.${signature}`, 'alg none with the signature');
  await assertRefused(`${encode({ ...head, alg: 'nOnE' })}.${claims}.`, 'alg nOnE');
  await assertRefused(hs256(Buffer.from(key.x, 'base64url')), 'HS256 with the public key');
  await assertRefused(hs256(key.x), 'HS256 with the text of the public key');
  await assertRefused(hs256(JSON.stringify(jwks())), 'HS256 with the key set');
  await assertRefused(hs256(api.sql('SELECT qfs.jwks()')), 'HS256 with the key set as it is printed');
  await assertRefused(hs256(pem), 'HS256 with the PEM');
  await assertRefused(await by('EdDSA', privateKey), 'another key');
  await assertRefused(await by('RS256', rsa.privateKey), 'RS256');
  await assertRefused(await new SignJWT(body).setProtectedHeader({ alg: 'EdDSA', jwk: createPublicKey(privateKey).export({ format: 'jwk' }) })
    .sign(privateKey), 'a key that it brings along');
  await assertRefused(`${header}.${encode({ ...body, role: 'qfs_operator' })}.${signature}`, 'another role');
  await assertRefused(`${header}.${encode({ ...body, exp: body.exp + 1 })}.${signature}`, 'a longer life');
  await assertRefused(`${header}.${claims}.${flip(signature, 5)}`, 'another signature');
  await assertRefused(`${header}.${claims}.${'A'.repeat(86)}`, 'a signature of zeroes');
  await assertRefused(`${header}.${claims}`, 'no signature');
  await assertRefused(`${header}.${claims}.`, 'an empty signature');
  await assertRefused(`${header}.${claims}.${signature}.${signature}`, 'four parts');
  await assertRefused(`${header}.${claims}.${signature}=`, 'padding');
  for (const nonsense of ['x', 'a.b.c', '..', '{}', 'null', 'é'.repeat(10), 'A'.repeat(5000)]) await assertRefused(encodeURI(nonsense), nonsense.slice(0, 20));
});

test('a token of another ledger', async () => {
  const wallet = viemWallet();
  const message = wallet.write({ nonce: other.sql('SELECT qfs.nonce()') });
  const token = other.sql(`SELECT qfs_api.auth_login($q$${message}$q$, '${await wallet.sign(message)}') ->> 'token'`);
  assert.equal(other.sql(`BEGIN; SELECT qfs.authenticate('${token}'); ROLLBACK;`), decodeJwt(token).sub);
  await assertRefused(token, 'of another ledger');
});

// PostgREST lets these through; the database must not.
test('claims that no session gives, under the right key', async () => {
  const mine = await login(api);
  const theirs = await login(api);
  const ended = await login(api);
  assertOk(await api.call('session_revoke', { session: ended.session }, ended.token));
  const key = tokenKey(api);
  const [header] = parts(mine.token);
  const claims = decodeJwt(mine.token);
  const now = Math.floor(Date.now() / 1000);
  const make = (body, head = header) => makeToken(key, head, body);
  assertOk(await api.read('/rpc/sessions', make(claims)), 'the very same token');
  for (const [why, change, code] of [
    ['another account', { sub: theirs.user_id }, 'QFS_TOKEN_INVALID'],
    ['a session of another account', { jti: theirs.session }, 'QFS_TOKEN_INVALID'],
    ['a session that was revoked', { jti: ended.session, sub: ended.user_id }, 'QFS_SESSION_ENDED'],
    ['a session that never was', { jti: '0'.repeat(64) }, 'QFS_SESSION_ENDED'],
    ['another issuer', { iss: other.origin }, 'QFS_TOKEN_INVALID'],
    ['an operator', { role: 'qfs_operator', scope: 'account operator' }, 'QFS_TOKEN_INVALID'],
    ['an auditor', { role: 'qfs_auditor' }, 'QFS_TOKEN_INVALID'],
    ['a scope of its own', { scope: 'everything' }, 'QFS_TOKEN_INVALID'],
    // Within the half minute that PostgREST allows for clocks.
    ['expired', { iat: now - 60, exp: now - 5 }, 'QFS_TOKEN_EXPIRED'],
    ['a claim more', { zzz: 1 }, 'QFS_TOKEN_INVALID'],
  ]) assertError(await api.read('/rpc/sessions', make({ ...claims, ...change })), 401, code, why);
  const head = JSON.parse(Buffer.from(header, 'base64url'));
  for (const change of [{ cty: 'x' }, { typ: 'at+jwt' }]) {
    assertError(await api.read('/rpc/sessions', make(claims, encode({ ...head, ...change }))), 401, 'QFS_TOKEN_INVALID', JSON.stringify(change));
  }
  for (const change of [{ aud: other.origin }, { exp: now - 3600 }, { sub: undefined }, { role: 'postgres' }, { role: 'qfs_web' }]) {
    const answer = await api.read('/rpc/sessions', make({ ...claims, ...change }));
    assert.ok([401, 403].includes(answer.status), `${JSON.stringify(change)} ${answer.status} ${answer.text}`);
  }
});

test('a session that has expired', async () => {
  const { token, expires_at } = await login(brief);
  assertOk(await brief.read('/rpc/sessions', token));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, expires_at - Date.now()) + 50));
  const answer = await brief.read('/rpc/sessions', token);
  assert.equal(answer.status, 401);
  // PostgREST allows for clocks that differ by half a minute; the database does not.
  assert.match(answer.json.details, /^QFS_(TOKEN_EXPIRED|SESSION_ENDED)/);
  assertError(await brief.call('session_rotate', {}, token), 401, 'QFS_TOKEN_EXPIRED');
});

test('headers, parameters and settings that claim to be somebody', async () => {
  const { user_id, session } = await login(api);
  const claims = JSON.stringify({ role: 'qfs_operator', sub: user_id, jti: session });
  const headers = { 'request.jwt.claims': claims, 'Request-Jwt-Claims': claims, 'X-User-Id': user_id, Role: 'qfs_operator', Cookie: `token=${session}`,
    'X-Forwarded-User': user_id };
  assertError(await api.call('session_rotate', {}, undefined, headers), 401, null);
  assertError(await api.read('/rpc/sessions', undefined, headers), 401, null);
  for (const name of ['request.jwt.claims', 'role', 'qfs.actor', 'request.headers']) {
    const answer = await api.read(`/rpc/head?${encodeURIComponent(name)}=${encodeURIComponent(claims)}`);
    assert.ok([200, 400, 404].includes(answer.status), answer.text);
  }
  // With a token of one's own: it stays one's own.
  const me = await login(api);
  const rows = assertOk(await api.read('/rpc/sessions', me.token, headers));
  assert.deepEqual(rows.map((row) => row.session), [me.session]);
  // Schemes other than Bearer are nobody's tokens.
  for (const value of [`Basic ${me.token}`, me.token, `Token ${me.token}`]) {
    assertError(await api.read('/rpc/sessions', undefined, { Authorization: value }), 401, null, value.slice(0, 10));
  }
});

test('a setting cannot be set over HTTP, and SQL that sets one gets nothing', async () => {
  const { user_id, session } = await login(api);
  const claims = JSON.stringify({ sub: user_id, jti: session, role: 'qfs_user' });
  const out = api.sql(`BEGIN; SET LOCAL ROLE qfs_user;
    SELECT 'set' FROM set_config('request.jwt.claims', '${claims}', true);
    SELECT coalesce(qfs.current_user_id()::text, 'nobody'); ROLLBACK;`);
  assert.equal(out, 'set\nnobody');
});

test('the token of A cannot act as B', async () => {
  const a = await login(api);
  const b = await login(api);
  for (const [more, code] of [[{ actor: b.user_id }, 'QFS_BATCH_FORM'], [{ auth: { session: b.session, via: 'session' } }, 'QFS_AUTH_INVALID'],
    [{ auth: { via: 'operator' } }, 'QFS_AUTH_INVALID']]) {
    assertError(await api.call('events_batch', { events: [{ type: 'NOTE', payload: { text: 'x' }, ...more }] }, a.token), 400, code, JSON.stringify(more));
  }
  assertError(await api.call('session_revoke', { session: b.session }, a.token), 403, 'QFS_SESSION_FOREIGN');
  assertOk(await api.call('events_batch', { events: [{ type: 'NOTE', payload: { text: 'mine' } }] }, a.token));
  assert.equal(api.sql(`SELECT count(*) FROM qfs.ledger WHERE type = 'NOTE' AND actor::text = '${b.user_id}'`), '0');
  assertOk(await api.read('/rpc/sessions', b.token));
  // A token that comes along with a sign-in has no say in it.
  const wallet = viemWallet();
  const message = wallet.write({ nonce: await nonceOf(api) });
  const signedIn = assertOk(await api.call('auth_login', { message, signature: await wallet.sign(message) }, a.token));
  assert.equal(signedIn.wallet, wallet.address);
  assert.equal(decodeJwt(signedIn.token).sub, signedIn.user_id);
});

test('the operator: by the policy, for as long as it says so', async () => {
  const wallet = viemWallet();
  const decree = (token) => api.call('events_batch', { events: [{ type: 'DECREE', payload: {} }] }, token);
  const before = await login(api, wallet);
  assertError(await decree(before.token), 403, 'QFS_FORBIDDEN');

  api.sql(`SELECT qfs.set_policy('{"operators": ["${before.user_id}"]}')`);
  assertError(await decree(before.token), 403, 'QFS_FORBIDDEN', 'a session from before');
  const after = await login(api, wallet);
  assert.equal(decodeJwt(after.token).role, 'qfs_operator');
  assertOk(await decree(after.token));
  const stranger = await login(api);
  const payload = { session: stranger.session, reason: 'admin' };
  // The database's operator ends any session; an account that operates has its own ones only.
  assertError(await api.call('events_batch', { events: [{ type: 'SESSION_REVOKED', payload }] }, after.token), 403, 'QFS_FORBIDDEN');
  assertOk(await api.read('/rpc/sessions', stranger.token));
  api.sql(`SET ROLE qfs_operator; INSERT INTO qfs.ledger (type, payload) VALUES ('SESSION_REVOKED', '${JSON.stringify(payload)}')`);
  assertError(await api.read('/rpc/sessions', stranger.token), 401, 'QFS_SESSION_ENDED');

  api.sql(`SELECT qfs.set_policy('{"operators": []}')`);
  assert.equal((await decree(after.token)).status, 401, 'no operator any more');
  assertOk(await api.read('/rpc/sessions', before.token));
});

test('what accounts cannot append', async () => {
  const { token, user_id } = await login(api);
  for (const type of ['GENESIS', 'LOGIN', 'POLICY_CHANGED', 'KEY_ROTATED', 'EVENT_TYPE_REGISTERED', 'DECREE']) {
    const answer = await api.call('events_batch', { events: [{ type, payload: {} }] }, token);
    assert.ok([400, 401, 403, 409, 422].includes(answer.status), `${type}: ${answer.text}`);
  }
  assertError(await api.call('events_batch', { events: [{ type: 'NO_SUCH_TYPE', payload: {} }] }, token), 422, 'QFS_TYPE_UNKNOWN');
  // Nothing but functions and a view: no table can be written.
  for (const method of ['POST', 'PATCH', 'DELETE', 'PUT']) {
    const request = { method, path: '/ledger?seq=eq.0', body: { seq: 0 }, headers: api.bearer(token) };
    assert.ok((await api.rest(request)).status >= 400, method);
    for (const path of ['/rest/ledger?seq=eq.0', '/ledger/events?seq=eq.0']) {
      assert.equal((await api.site({ ...request, path })).status, 403, `${method} ${path}`);
    }
  }
  for (const path of ['/account', '/session', '/rpc/authenticate', '/rpc/genesis', '/rpc/sign_in', '/rpc/set_policy', '/qfs.ledger', '/pg_authid']) {
    assert.equal((await api.read(path, token)).status, 404, path);
  }
  for (const profile of ['qfs', 'public', 'pg_catalog']) {
    assert.equal((await api.read('/ledger', token, { 'Accept-Profile': profile })).status, 406, profile);
  }
  assert.equal(api.sql(`SELECT count(*) FROM qfs.ledger WHERE actor::text = '${user_id}' AND type <> 'LOGIN'`), '0');
});

// ---- events that a device signs ----

// The bytes that docs/format.md has signed; keys in order, and nothing here needs escaping.
const signedText = (hash, actor, nonce, payload, type) =>
  `{"actor":"${actor}","ledger":"${hash}","nonce":${nonce},"payload":${JSON.stringify(payload)},"type":"${type}"}`;

test('signed events', async () => {
  const device = makeDevice();
  const { token, user_id } = await login(api, viemWallet(), { resources: [device.resource] });
  const genesis = api.sql('SELECT hash FROM qfs.ledger WHERE seq = 0');
  const event = (nonce, { by = device, payload = { n: 1 }, text = signedText(genesis, user_id, nonce, payload, 'SIGNED_NOTE') } = {}) =>
    ({ type: 'SIGNED_NOTE', payload, auth: { key: by.key, nonce, sig: by.sign(text) } });
  const send = (...events) => api.call('events_batch', { events }, token);

  assertError(await send({ type: 'SIGNED_NOTE', payload: { n: 1 } }), 401, 'QFS_EVENT_UNSIGNED');
  assertError(await send(event(1, { by: makeDevice() })), 401, 'QFS_EVENT_KEY');
  assertError(await send(event(1, { text: signedText(genesis, user_id, 1, { n: 2 }, 'SIGNED_NOTE') })), 401, 'QFS_SIGNATURE_MISMATCH', 'another payload');
  assertError(await send(event(1, { text: signedText(genesis, user_id, 2, { n: 1 }, 'SIGNED_NOTE') })), 401, 'QFS_SIGNATURE_MISMATCH', 'another nonce');
  assertError(await send(event(1, { text: signedText(other.sql('SELECT hash FROM qfs.ledger WHERE seq = 0'), user_id, 1, { n: 1 }, 'SIGNED_NOTE') })),
    401, 'QFS_SIGNATURE_MISMATCH', 'another ledger');
  assertOk(await send(event(1), event(5)));
  assertError(await send(event(5)), 409, 'QFS_EVENT_NONCE', 'replayed');
  assertError(await send(event(3)), 409, 'QFS_EVENT_NONCE', 'out of order');
  const none = await login(api);
  assertError(await api.call('events_batch', { events: [event(6)] }, none.token), 401, 'QFS_EVENT_KEY', 'a session without a device');
  // The session that follows has the same device.
  const nonce = 'ab'.repeat(32);
  const auth = { key: device.key, nonce: 6, sig: device.sign(signedText(genesis, user_id, 6, { nonce }, 'SESSION_ROTATED')) };
  const next = assertOk(await api.call('session_rotate', { nonce, auth }, token));
  assertOk(await api.call('events_batch', { events: [event(7)] }, next.token));
});
