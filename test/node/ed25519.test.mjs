// ed25519.test.mjs - one rule for Ed25519: src/core, src/web and a second implementation give the same verdicts, the right ones.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The C side is test/unit/wallet_tool.c.  QFS_CCTV names a file of
// filippo.io/mostly-harmless/ed25519vectors, ed25519vectors.json, to be compared besides;
// the rule refuses every one of them.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { concat, sha256, toBase64, utf8 } from '../../src/web/bytes.mjs';
import { canonical, hashOfJson } from '../../src/web/canonical.mjs';
import { isPublicKey, isSigned } from '../../src/web/ed25519.mjs';
import { openCheckpoint, readVkey } from '../../src/web/note.mjs';
import { readLine } from '../../src/web/rules/entry.mjs';
import { verifyBundle } from '../../src/web/verify_bundle.mjs';
import { isPoint, isSigned as isSignedBySecond } from './ed25519_rule.mjs';
import { keyVectors, signatureVectors } from './ed25519_vectors.mjs';
import { POLICY, serverOf } from './ledger_writer.mjs';
import { makeTool } from './tool.mjs';
import { verifyExport } from './verify_export.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

const ask = makeTool('wallet_tool');
const hex = (bytes) => Buffer.from(bytes).toString('hex');

async function compareSignatures(vectors) {
  const answers = ask(vectors.map(({ message, signature, key }) => `ed25519 ${hex(message)} ${hex(signature)} ${hex(key)}`));
  for (const [i, { name, message, signature, key, good }] of vectors.entries()) {
    const page = await isSigned(message, signature, key);
    const verdicts = { core: answers[i] === 'good', page, second: isSignedBySecond(message, signature, key) };
    assert.deepEqual(verdicts, { core: good, page: good, second: good }, `${name}: ${answers[i]}`);
  }
}

test('signatures of every class: core, page and a second implementation agree with how they were made', async () => {
  const vectors = signatureVectors();
  assert.ok(vectors.length > 900, `${vectors.length} vectors`);
  assert.ok(vectors.some(({ good }) => good));
  await compareSignatures(vectors);
});

test('public keys of every class', () => {
  const vectors = keyVectors();
  const answers = ask(vectors.map(({ key }) => `ed25519-key ${hex(key)}`));
  for (const [i, { name, key, good }] of vectors.entries())
    assert.deepEqual({ core: answers[i] === 'good', page: isPublicKey(key), second: isPoint(key) }, { core: good, page: good, second: good }, `${name}: ${answers[i]}`);
});

// ---- where keys come in ----

const ORIGIN = 'ledger.example/main';
const NEUTRAL = Buffer.from('01'.padEnd(64, '0'), 'hex');
const vkeyOf = async (name, key) => `${name}+${hex((await sha256(utf8(`${name}\n`), Uint8Array.of(1), key)).subarray(0, 4))}+${toBase64(concat(Uint8Array.of(1), key))}`;

// A checkpoint; signature: that of a body under a key.
async function noteOf(size, root, key, signature) {
  const body = `${ORIGIN}\n${size}\n${toBase64(root)}\n`;
  const id = (await sha256(utf8(`${ORIGIN}\n`), Uint8Array.of(1), key)).subarray(0, 4);
  return `${body}\n\u2014 ${ORIGIN} ${toBase64(concat(id, signature(utf8(body))))}\n`;
}

// 1 B = B + h 0, whatever was signed.
const BY_ANYBODY = Buffer.concat([Buffer.from('58'.padEnd(64, '6'), 'hex'), NEUTRAL]);

test('verifier keys that are none are not read', async () => {
  for (const { name, key, good } of keyVectors()) {
    const text = await vkeyOf(ORIGIN, key);
    if (good) assert.deepEqual(Buffer.from((await readVkey(text)).key), key, name);
    else await assert.rejects(readVkey(text), /not a point of prime order/, name);
  }
});

test('a checkpoint is not signed by a key that is none', async () => {
  const text = await noteOf(1, await sha256(), NEUTRAL, () => BY_ANYBODY);
  await assert.rejects(openCheckpoint(text, { name: ORIGIN, key: NEUTRAL }), /not signed by the key/);
});

test('a ledger with keys that are none is not believed, in the page and by the second implementation', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const good = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
  const signed = (body) => sign(null, body, privateKey);
  const bad = keyVectors().filter((vector) => !vector.good).slice(0, 20).map(({ key }) => key);
  for (const [checkpoint, token, signature] of [[good, good, signed], ...bad.map((key) => [good, key, signed]), ...bad.map((key) => [key, good, () => BY_ANYBODY])]) {
    const line = canonical({ accounts: [], act: { actor: 'system', auth: { via: 'operator' }, type: 'GENESIS' }, at: 1, outcome: { result: { policy: await hashOfJson(POLICY) } },
      payload: { format: 2, keys: { checkpoint: hex(checkpoint), token: hex(token) }, origin: ORIGIN, policy: POLICY, server: serverOf(0) }, prev: '0'.repeat(64), salt: '0'.repeat(32), seq: 0, sig: null, v: 2 });
    const { hash } = await readLine(line);
    const note = await noteOf(1, Buffer.from(hash, 'hex'), checkpoint, signature);
    const bundle = { checkpoint: note, entries: [{ line, proof: [] }], from: 0, guards: [], narrative: '', policy: null, reader: 'auditor', recorded: ['first uses', 'rates'],
      result: { at: 1, by: 'operator', effects: [], status: null, type: 'GENESIS' }, seq: 0, sessions: [], steps: [], subject: null, topic: 'entry', tx_id: hash, v: 2 };
    const explanation_hash = createHash('sha3-256').update(canonical(bundle)).digest('hex');
    const { ok, faults } = await verifyBundle({ ...bundle, explanation_hash }, await vkeyOf(ORIGIN, good));
    const second = verifyExport([Buffer.from(line)], { checkpoints: [note] });
    if (checkpoint === good && token === good) assert.deepEqual([ok, faults, second.faults], [true, [], []]);
    else assert.deepEqual([ok, faults[0].code, second.faults[0]], [false, 'ED25519_KEY', 'entry 0: a key is not a point of prime order'], hex(checkpoint) + hex(token));
  }
});

test('what was given as a file', { skip: process.env.QFS_CCTV === undefined }, async () => {
  const vectors = JSON.parse(readFileSync(process.env.QFS_CCTV, 'utf8')).map(({ A, R, S, M, Flags }, i) => ({
    name: `${i}: ${Flags}`, message: Buffer.from(M), signature: Buffer.from(R + S, 'hex'), key: Buffer.from(A, 'hex'), good: Flags === null,
  }));
  console.log(`vectors of the file: ${vectors.length}, ${vectors.filter(({ good }) => good).length} good`);
  await compareSignatures(vectors);
});
