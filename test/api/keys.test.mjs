// keys.test.mjs - what docs/postgrest.md says of rotating the keys.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login, tryLogin, nonceOf, viemWallet } from './wallets.mjs';

const api = ledger('keys');
const DIR = process.env.QFS_API_DIR;

test('after a rotation old tokens are refused, and new ones work once PostgREST knows the key', async () => {
  const before = await login(api);
  const nonce = await nonceOf(api);
  assertOk(await api.read('/rpc/sessions', before.token));

  api.sql('SELECT qfs.rotate_keys()');
  assertError(await api.read('/rpc/sessions', before.token), 401, 'QFS_TOKEN_INVALID');
  assertError(await tryLogin(api, viemWallet(), { nonce }), 401, 'QFS_NONCE_UNKNOWN', 'a nonce from before');
  const after = await login(api);
  assertError(await api.read('/rpc/sessions', after.token), 401, null, 'PostgREST has the old key');

  writeFileSync(`${DIR}/keys.jwks`, api.sql('SELECT qfs.jwks()'));
  process.kill(Number(readFileSync(`${DIR}/keys.postgrest.pid`)), 'SIGUSR2');
  let answer;
  for (let i = 0; i < 100; i++) {
    answer = await api.read('/rpc/sessions', after.token);
    if (answer.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(assertOk(answer)[0].session, after.session);
  assertError(await api.read('/rpc/sessions', before.token), 401, null);
});
