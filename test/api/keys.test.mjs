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

// Whatever PostgREST's connections have set is set anew.
function reconnect(setting) {
  api.sql(`ALTER DATABASE keys ${setting}`);
  api.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'keys' AND usename = 'qfs_web'");
}

async function until(isThere) {
  for (let i = 0; i < 200 && !(await isThere()); i++) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('what stops for want of the key file is unavailable, and says why', async () => {
  const nonce = await nonceOf(api);
  reconnect("SET qfs.key_file = 'nowhere'");
  try {
    await until(async () => (await api.call('auth_nonce')).json?.details?.startsWith('QFS_'));
    for (const answer of [await api.call('auth_nonce'), await tryLogin(api, viemWallet(), { nonce }),
      await api.site({ path: '/checkpoint' })]) {
      assertError(answer, 503, 'QFS_KEY_FILE');
      assert.match(answer.json.hint, /key_file/);
      assert.doesNotMatch(answer.text, /nowhere/);
    }
  } finally {
    reconnect('RESET qfs.key_file');
  }
  await until(async () => (await api.call('auth_nonce')).status === 200);
  await login(api);
});
