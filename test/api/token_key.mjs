// token_key.mjs - the key that signs a ledger's tokens, and tokens of a test's own making under it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2b';

export const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// The ledger's own token key, derived from the key file without libsodium: crypto_kdf is BLAKE2b with
// the purpose as salt, and what it gives is the seed of an Ed25519 key.
export function tokenKey(api) {
  const purpose = Buffer.alloc(16);
  purpose.writeUInt8(2);
  const personalization = Buffer.alloc(16);
  personalization.write('qfs-key1');
  const seeds = api.sql("SELECT pg_read_file('qfs.key')").match(/\b[0-9a-f]{64}\b/g);
  const keys = seeds.map((seed) => createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'),
      blake2b('', { key: Buffer.from(seed, 'hex'), salt: purpose, personalization, dkLen: 32 })]),
    format: 'der', type: 'pkcs8',
  }));
  const { x } = JSON.parse(api.sql('SELECT qfs.jwks()')).keys[0];
  const found = keys.find((key) => createPublicKey(key).export({ format: 'jwk' }).x === x);
  assert.ok(found, 'a seed of the key file gives the public key');
  return found;
}

// header: as it is encoded; claims: an object
export function makeToken(key, header, claims) {
  const input = `${header}.${encode(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}
