// asking.test.mjs - who is asking: PostgREST chooses a role, the database knows whose token it was, and both must agree.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import tls from 'node:tls';
import { decodeJwt } from 'jose';
import { ledger, assertError, assertOk } from './client.mjs';
import { makeToken, tokenKey } from './token_key.mjs';
import { login, nonceOf, viemWallet } from './wallets.mjs';

const api = ledger('asking');
// The same ledger, behind a PostgREST whose operator forgot db-pre-request.
const unasked = ledger('unasked');
const APP = { 'Content-Profile': 'app', 'Accept-Profile': 'app' };

const decrees = () => api.sql("SELECT count(*) FROM qfs.ledger WHERE type = 'DECREE'");
const asked = (authorization) => (authorization === undefined ? {} : { Authorization: authorization });
const decree = (authorization, place = api, fn = 'decree') => place.call(fn, {}, undefined, { ...APP, ...asked(authorization) });
const whoami = (authorization, fn = 'members') => api.read(`/rpc/${fn}`, undefined, { ...APP, ...asked(authorization) });

async function operator() {
  const wallet = viemWallet();
  const { user_id } = await login(api, wallet);
  api.sql(`SELECT qfs.set_policy(jsonb_build_object('operators', (
    SELECT jsonb_agg(DISTINCT x) FROM (SELECT jsonb_array_elements_text(p.policy::jsonb -> 'operators') AS x FROM qfs.policy p JOIN qfs.ledger_state g ON g.policy_seq = p.seq
    UNION SELECT '${user_id}') o)))`);
  return login(api, wallet);
}
const revoked = async (who) => {
  assertOk(await api.call('session_revoke', { session: who.session }, who.token));
  return who;
};

// However the header is written: what PostgREST takes for a token, the database does, or there is no request.
const spellings = (token) => [`Bearer ${token}`, `bearer ${token}`, `BEARER ${token}`, `bEaReR ${token}`, `Bearer\t${token}`, `Bearer \t ${token}`, `Bearer   ${token}`,
  `Bearer ${token} `, `Bearer ${token}\t`, `  Bearer ${token}`, `\tBearer ${token}`, `Bearer\u00a0${token}`, `Bearer\u0085${token}`, `Bearer\u2003${token}`];
const noBearer = (token) => ['Bearer', 'Bearer ', 'Bearer\t', `Bearer${token}`, `Bearer:${token}`, `"Bearer ${token}"`, `Basic ${token}`, token, `Bearer, ${token}`, `Token ${token}`, `Bearer ${token},Bearer ${token}`,
  `Bearer ${token} ${token}`];

test('a revoked operator appends nothing, however the header is written', async () => {
  const who = await revoked(await operator());
  const before = decrees();
  for (const header of [...spellings(who.token), ...noBearer(who.token)]) {
    const answer = await decree(Buffer.from(header).toString('latin1'));
    assert.ok(answer.status >= 400, `${JSON.stringify(header.slice(0, 12))} ${answer.status} ${answer.text}`);
    // What is no character of HTTP PostgREST refuses by itself, with 500.
    if (!/[^\t -~]/.test(header)) assert.ok([401, 403].includes(answer.status), `${JSON.stringify(header.slice(0, 12))} ${answer.status} ${answer.text}`);
  }
  assert.equal(decrees(), before);
});

test('a token that is good acts for its account, or not at all, however the header is written', async () => {
  const who = await operator();
  for (const header of spellings(who.token)) {
    const answer = await whoami(Buffer.from(header).toString('latin1'));
    if (answer.status === 200) assert.equal(answer.json, `qfs_operator ${who.user_id}`, JSON.stringify(header));
    else assert.ok(answer.status >= 400, JSON.stringify(header.slice(0, 12)));
  }
  for (const header of ['Bearer ', 'bearer ', 'Bearer\t', 'BEARER   ']) {
    assert.equal(assertOk(await whoami(`${header}${who.token}`)), `qfs_operator ${who.user_id}`, JSON.stringify(header));
  }
  for (const header of noBearer(who.token)) {
    const answer = await whoami(header, 'public');
    assert.ok(answer.status >= 400 || answer.json === 'qfs_anon nobody', `${JSON.stringify(header.slice(0, 12))} ${answer.text}`);
  }
});

test('two Authorization headers: PostgREST takes one, the database is given the other; neither acts', async () => {
  const [a, b] = [await login(api), await operator()];
  const ended = await revoked(await operator());
  const before = decrees();
  for (const [first, second] of [[a, b], [b, a], [b, ended], [ended, b], [a, ended], [ended, a]]) {
    const headers = { ...APP, Authorization: [`Bearer ${first.token}`, `Bearer ${second.token}`] };
    assert.equal((await api.call('decree', {}, undefined, headers)).status, 401);
    assert.equal((await api.read('/rpc/members', undefined, headers)).status, 401);
    const open = await api.read('/rpc/public', undefined, headers);
    assert.ok(open.status === 401 || open.json === 'qfs_anon nobody', open.text);
  }
  // One that says nothing beside one that does.
  for (const headers of [['Basic eDp5', `Bearer ${b.token}`], [`Bearer ${b.token}`, 'Basic eDp5'], ['', `Bearer ${b.token}`], [`Bearer ${b.token}`, '']]) {
    const answer = await api.call('decree', {}, undefined, { ...APP, Authorization: headers });
    assert.ok([401, 403].includes(answer.status), `${headers.map((h) => h.slice(0, 8))} ${answer.status} ${answer.text}`);
  }
  assert.equal(decrees(), before);
  // Twice the same is one token.
  assertOk(await api.read('/rpc/sessions', undefined, { Authorization: [`Bearer ${a.token}`, `Bearer ${a.token}`] }));
});

// A request as it is written, to nginx; gives the whole answer.
const raw = (text) => new Promise((resolve, reject) => {
  const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', port: Number(readFileSync(`${process.env.QFS_API_DIR}/asking.port`)),
    ca: readFileSync(`${process.env.QFS_API_DIR}/tls.crt`) }, () => socket.write(text));
  const parts = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', reject);
  socket.on('close', () => resolve(Buffer.concat(parts).toString()));
});

test('nginx refuses a second Authorization header', async () => {
  const { token } = await login(api);
  for (const names of [['Authorization', 'Authorization'], ['Authorization', 'authorization'], ['AUTHORIZATION', 'Authorization']]) {
    for (const path of ['/rest/rpc/sessions', '/v1/auth/sessions', '/rest/rpc/head', '/checkpoint']) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${names.map((name) => `${name}: Bearer ${token}\r\n`).join('')}\r\n`);
      assert.match(answer, /^HTTP\/1.1 400 /, `${path} ${names}`);
      assert.match(answer, /"code":"PT400".*Authorization/, `${path} ${names}`);
    }
  }
  assert.match(await raw(`GET /rest/rpc/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`), /^HTTP\/1.1 200 /);
});

test('without db-pre-request nobody acts: not the role, and not the account', async () => {
  const who = await operator();
  const header = `Bearer ${who.token}`;
  const before = decrees();
  assertError(await decree(header, unasked), 401, 'QFS_NO_SESSION');
  assertError(await decree(header, unasked, 'rotate'), 401, 'QFS_NO_SESSION');
  assertError(await unasked.call('witness', { vkey: 'x' }, who.token, APP), 401, 'QFS_NO_SESSION');
  assert.equal(decrees(), before);
  // Every function for accounts, found in the catalog, so that none is forgotten.
  const functions = api.sql(`SELECT p.proname || ' ' || p.provolatile::text || ' ' || coalesce((
      SELECT string_agg(a.name || '=' || CASE a.type::regtype WHEN 'jsonb'::regtype THEN '[]' WHEN 'text[]'::regtype THEN '{}' WHEN 'text'::regtype THEN 'x' ELSE '1' END, '&')
      FROM unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) a(name, type)), '')
    FROM pg_proc p WHERE p.pronamespace = 'qfs_api'::regnamespace
      AND has_function_privilege('qfs_user', p.oid, 'EXECUTE') AND NOT has_function_privilege('qfs_anon', p.oid, 'EXECUTE')`).split('\n');
  assert.ok(functions.length > 12, functions.join());
  for (const line of functions) {
    const [name, volatility, query] = line.split(' ');
    const args = Object.fromEntries(new URLSearchParams(query));
    if (name === 'events_batch') args.events = [{ type: 'DECREE', payload: {} }];
    if (name === 'session_revoke') args.session = who.session;
    const answer = volatility === 'v' ? await unasked.call(name, args, who.token) : await unasked.read(`/rpc/${name}?${query}`, who.token);
    assertError(answer, 401, 'QFS_NO_SESSION', name);
  }
  assertOk(await api.read('/rpc/sessions', who.token));
});

test('an application\'s function that takes the settings away is a request all the same', async () => {
  const before = decrees();
  const ended = await revoked(await operator());
  const answer = await decree(`Bearer ${ended.token}`, api, 'forget_and_decree');
  assertError(answer, 401, 'QFS_SESSION_ENDED');
  assert.equal(decrees(), before);
  // The account acts, and it is not the role that does.
  const who = await operator();
  const seq = assertOk(await decree(`Bearer ${who.token}`, api, 'forget_and_decree'));
  assert.equal(api.sql(`SELECT auth ->> 'via' FROM qfs.ledger WHERE seq = ${seq}`), 'session');
  assertError(await decree(`Bearer ${who.token}`, api, 'rotate'), 403, 'QFS_FORBIDDEN');
});

test('the role of the token that authenticated is the role that PostgREST set', async () => {
  const user = await login(api);
  const who = await operator();
  const [header] = who.token.split('.');
  const key = tokenKey(api);
  const claims = decodeJwt(who.token);
  for (const change of [{ role: 'qfs_user' }, { role: 'qfs_anon' }, { role: 'qfs_auditor' }, { role: undefined }, { role: 'qfs_user', scope: 'account' }]) {
    const token = makeToken(key, header, { ...claims, ...change });
    for (const path of ['/rpc/sessions', '/rpc/members']) {
      const answer = await api.read(path, token, path === '/rpc/members' ? APP : {});
      assertError(answer, 401, 'QFS_TOKEN_INVALID', `${path} ${JSON.stringify(change)}`);
    }
  }
  assert.equal(assertOk(await whoami(`Bearer ${user.token}`)), `qfs_user ${user.user_id}`);
});

// ---- tokens that have ended ----

async function endedTokens() {
  const who = await login(api);
  const claims = decodeJwt(who.token);
  const now = Math.floor(Date.now() / 1000);
  const rotated = await login(api);
  assertOk(await api.call('session_rotate', {}, rotated.token));
  return [
    ['revoked', (await revoked(await login(api))).token, 'QFS_SESSION_ENDED'],
    ['revoked, of an operator', (await revoked(await operator())).token, 'QFS_SESSION_ENDED'],
    ['rotated', rotated.token, 'QFS_SESSION_ENDED'],
    // Within the half minute that PostgREST allows for clocks.
    ['expired', makeToken(tokenKey(api), who.token.split('.')[0], { ...claims, iat: now - 60, exp: now - 5 }), 'QFS_TOKEN_EXPIRED'],
  ];
}

test('a token that has ended keeps nobody from signing in, nor from what is public', async () => {
  for (const [why, token, code] of await endedTokens()) {
    const wallet = viemWallet();
    const nonce = assertOk(await api.call('auth_nonce', {}, token), why);
    assert.match(nonce, /^[0-9a-f]{64}$/);
    const message = assertOk(await api.call('auth_challenge', { wallet: wallet.address }, token), why);
    const signedIn = assertOk(await api.call('auth_login', { message, signature: await wallet.sign(message) }, token), why);
    assertOk(await api.read('/rpc/sessions', signedIn.token), why);
    for (const path of ['/rpc/head', '/rpc/checkpoint', '/rpc/vkey', '/rpc/tlog_proof?seq=0', '/rpc/entry?seq=0', '/ledger?seq=eq.0', '/', `/rpc/profile?user_id=${signedIn.user_id}`]) {
      assertOk(await api.read(path, token), `${why} ${path}`);
    }
    // An application's function that is for everyone is asked by nobody, in the role of nobody.
    assert.equal(assertOk(await whoami(`Bearer ${token}`, 'public'), why), 'qfs_anon nobody');
    assert.deepEqual(assertOk(await api.read('/ledger?payload=not.is.null&type=eq.LOGIN', token)), []);

    // What needs somebody says what is the matter with the token; the sign-in before is nobody else's to have explained.
    const { seq } = assertOk(await api.read('/rpc/head'));
    for (const path of ['/rpc/sessions', '/rpc/profile', '/rpc/inbox', `/rpc/explain_entry?seq=${seq}`, '/rpc/metrics', '/rpc/account_statement']) {
      assertError(await api.read(path, token), 401, code, `${why} ${path}`);
    }
    assertError(await whoami(`Bearer ${token}`), 401, code, why);
    for (const fn of ['events_batch', 'session_rotate', 'set_profile']) assertError(await api.call(fn, fn === 'events_batch' ? { events: [] } : fn === 'set_profile' ? { display_name: 'xy' } : {}, token), 401, code, `${why} ${fn}`);
  }
});

test('through nginx a token has no say in signing in, not even one that PostgREST refuses', async () => {
  const who = await login(api);
  const now = Math.floor(Date.now() / 1000);
  const hour = makeToken(tokenKey(api), who.token.split('.')[0], { ...decodeJwt(who.token), iat: now - 7200, exp: now - 3600 });
  // An address may ask twenty times in a row, and then twice a second.
  for (const [why, token] of [(await endedTokens())[0], ['expired an hour ago', hour], ['no token at all', 'no.valid.token']]) {
    const site = (path, body) => api.site({ method: 'POST', path, body, headers: api.bearer(token) });
    for (const [challenge, nonce, enter] of [['/v1/auth/challenge', '/v1/auth/nonce', '/v1/auth/connect-wallet'], ['/rest/rpc/auth_challenge', '/rest/rpc/auth_nonce', '/rest/rpc/auth_login']]) {
      const wallet = viemWallet();
      assertOk(await site(nonce, {}), `${why} ${nonce}`);
      const message = assertOk(await site(challenge, { wallet: wallet.address }), `${why} ${challenge}`);
      assertOk(await site(enter, { message, signature: await wallet.sign(message) }), `${why} ${enter}`);
    }
    assert.equal((await api.site({ path: '/v1/auth/sessions', headers: api.bearer(token) })).status, 401, why);
  }
  assertError(await api.call('auth_nonce', {}, hour), 401, null, 'PostgREST itself refuses it before the database is asked');
});

test('through nginx a token has no say in what a wallet has signed either', async () => {
  const who = await login(api);
  const now = Math.floor(Date.now() / 1000);
  const hour = makeToken(tokenKey(api), who.token.split('.')[0], { ...decodeJwt(who.token), iat: now - 7200, exp: now - 3600 });
  for (const path of ['/rest/rpc/deliver', '/v1/governance/deliver']) {
    const deliver = () => api.site({ method: 'POST', path, body: { type: 'SAID', payload: {}, nonce: 1, sig: '0x' }, headers: api.bearer(hour) });
    let answer = await deliver();
    // Sign-ins from this address have been many.
    for (; answer.status === 429; answer = await deliver()) await new Promise((resolve) => { setTimeout(resolve, 500); });
    assertError(answer, 422, 'QFS_WALLET_TYPE');
  }
});

test('a token beside a sign-in, good or ended, leaves the account that signs in and nobody else', async () => {
  const good = await login(api);
  const wallet = viemWallet();
  const message = wallet.write({ nonce: await nonceOf(api) });
  const signedIn = assertOk(await api.call('auth_login', { message, signature: await wallet.sign(message) }, good.token));
  assert.equal(signedIn.wallet, wallet.address);
  assert.equal(api.sql(`SELECT auth ->> 'via' FROM qfs.ledger ORDER BY seq DESC LIMIT 1`), 'wallet');
});

// ---- types with a part beside the ledger ----

test('a batch takes no event whose other half is not on the ledger', async () => {
  const [a, b] = [await login(api), await login(api)];
  const before = api.sql('SELECT count(*) FROM qfs.ledger');
  const payloads = {
    MESSAGE: { alg: 'x25519-hkdf-aes256gcm', hash: '0'.repeat(64), recipient: b.user_id, seq: 1, size: 17, thread: api.sql(`SELECT qfs.thread('${a.user_id}', '${b.user_id}')`) },
    PROFILE_UPDATE: { commitment: '0'.repeat(64), version: 1 },
    LOGIN: { message: 'x', nonce: '0'.repeat(64), signature: '0x', wallet: a.wallet },
  };
  for (const [type, payload] of Object.entries(payloads)) {
    assertError(await api.call('events_batch', { events: [{ type, payload }] }, a.token), 422, 'QFS_TYPE_FUNCTION', type);
    assertError(await api.call('events_batch', { events: [{ type: 'NOTE', payload: { text: 'x' } }, { type, payload }] }, a.token), 422, 'QFS_TYPE_FUNCTION', type);
  }
  assert.equal(api.sql('SELECT count(*) FROM qfs.ledger'), before);
});
