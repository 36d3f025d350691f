// recovery.test.mjs - keys that a recovery key endorses: the page's verifier and the independent one follow them, and no forgery of one.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The ledgers are made here, by Node's OpenSSL; no server is asked.

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, webcrypto } from 'node:crypto';
import test from 'node:test';

import { verifyBundle } from '../../src/web/verify_bundle.mjs';
import { POLICY, serverOf } from './ledger_writer.mjs';
import { headOf, jcs, leafHash, verifyExport, vkeyOf } from './verify_export.mjs';

// Node 18 has WebCrypto, and does not show it.
globalThis.crypto ??= webcrypto;

const ORIGIN = 'recovery.example/log';
const names = ['first', 'second', 'third', 'token', 'recovery', 'successor', 'stranger'];
const pairs = Object.fromEntries(names.map((name) => [name, generateKeyPairSync('ed25519')]));
const bytesOf = (name) => Buffer.from(pairs[name].publicKey.export({ format: 'jwk' }).x, 'base64url');
const hexOf = (name) => bytesOf(name).toString('hex');
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();

// ---- a ledger of entry 0 and rotations, and what rests on it ----

const numbered = (number) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(BigInt(number)); return bytes; };
const rotation = (ledger, checkpoint) => Buffer.concat([Buffer.from('qfs:key-rotation:v1\0'), ledger, bytesOf(checkpoint), bytesOf('token')]);
const recovery = (ledger, number, checkpoint, next) =>
  Buffer.concat([Buffer.from('qfs:key-recovery:v1\0'), ledger, numbered(number), bytesOf(checkpoint), bytesOf('token'), bytesOf(next)]);

// A step: to, the new checkpoint key; by, whose signature it is; next, a recovery key that it names;
// signed, what is signed instead of what is written; form, "rotation" or "recovery"; word, what the entry says of it.
function payloadOf(step, number, ledger) {
  const { to, by, next, form = 'recovery', signed = {}, word = form === 'recovery' ? 'recovery' : undefined } = step;
  const message = form === 'rotation' ? rotation(signed.ledger ?? ledger, signed.to ?? to)
    : recovery(signed.ledger ?? ledger, signed.number ?? number, signed.to ?? to, signed.next ?? next ?? 'recovery');
  const keys = { checkpoint: hexOf(to), token: hexOf('token'), ...next ? { recovery: hexOf(next) } : {} };
  return { ...word ? { by: word } : {}, keys, signature: sign(null, message, pairs[by].privateKey).toString('hex') };
}

const hashOf = (line) => leafHash(headOf(JSON.parse(line)));

function ledgerOf(steps, genesisKeys = { recovery: hexOf('recovery') }) {
  const lines = [];
  let prev = '0'.repeat(64);
  const add = (type, payload, outcome) => {
    const entry = { accounts: [], act: { actor: 'system', auth: { via: 'operator' }, type }, at: 1, outcome, payload, prev, salt: 'ab'.repeat(16), seq: lines.length, sig: null, v: 2 };
    lines.push(Buffer.from(jcs(entry, -1)));
    prev = leafHash(headOf(entry)).toString('hex');
  };
  add('GENESIS', { format: 2, keys: { checkpoint: hexOf('first'), token: hexOf('token'), ...genesisKeys }, origin: ORIGIN, policy: POLICY, server: serverOf(0) },
    { result: { policy: sha256(Buffer.from(jcs(POLICY, -1))).toString('hex') } });
  const ledger = hashOf(lines[0]);
  steps.forEach((step, n) => add('KEY_ROTATED', payloadOf(step, n + 1, ledger), { result: { number: n + 1 } }));
  return lines;
}

const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const rootOf = (hashes) => {
  if (hashes.length === 1) return hashes[0];
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
};
const proofOf = (hashes, n) => {
  if (hashes.length === 1) return [];
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return n < split ? [...proofOf(hashes.slice(0, split), n), rootOf(hashes.slice(split))] : [...proofOf(hashes.slice(split), n - split), rootOf(hashes.slice(0, split))];
};

function checkpointBy(name, lines) {
  const body = `${ORIGIN}\n${lines.length}\n${rootOf(lines.map(hashOf)).toString('base64')}\n`;
  const id = Buffer.from(vkeyOf(ORIGIN, bytesOf(name)).split('+')[1], 'hex');
  return `${body}\n\u2014 ${ORIGIN} ${Buffer.concat([id, sign(null, Buffer.from(body), pairs[name].privateKey)]).toString('base64')}\n`;
}

const bundleOf = (name, lines) => hashed({ checkpoint: checkpointBy(name, lines),
  entries: lines.map((line, n) => ({ line: line.toString(), proof: proofOf(lines.map(hashOf), n).map((hash) => hash.toString('hex')) })),
  from: 0, guards: [], narrative: '', policy: null, reader: 'auditor', recorded: ['first uses', 'rates'], result: { at: 1, by: 'operator', effects: [], status: null, type: 'GENESIS' }, seq: 0, sessions: [], steps: [],
  subject: null, topic: 'entry', tx_id: hashOf(lines[0]).toString('hex'), v: 2 });
const hashed = (bundle) => ({ ...bundle, explanation_hash: createHash('sha3-256').update(jcs(bundle)).digest('hex') });

const trusted = vkeyOf(ORIGIN, bytesOf('first'));

// ---- what is followed ----

const good = {
  'a rotation': [{ to: 'second', by: 'first', form: 'rotation' }],
  'a recovery': [{ to: 'second', by: 'recovery' }],
  'a recovery, then a rotation': [{ to: 'third', by: 'recovery' }, { to: 'second', by: 'third', form: 'rotation' }],
  'a rotation, then a recovery': [{ to: 'third', by: 'first', form: 'rotation' }, { to: 'second', by: 'recovery' }],
  'the next recovery key': [{ to: 'third', by: 'recovery', next: 'successor' }, { to: 'second', by: 'successor', signed: { next: 'successor' } }],
};

for (const [name, steps] of Object.entries(good)) {
  test(`followed: ${name}`, async () => {
    const lines = ledgerOf(steps);
    assert.deepEqual((await verifyBundle(bundleOf('second', lines), trusted)).faults, []);
    assert.deepEqual(verifyExport(lines, { checkpoints: [checkpointBy('second', lines)], key: trusted }).faults, []);
    assert.equal((await verifyBundle(bundleOf('first', lines), trusted)).faults[0].code, 'CHECKPOINT_KEY');
  });
}

// ---- what is not ----

const SMALL = `01${'00'.repeat(31)}`;
const bad = {
  'signed by a stranger': ['SIGNATURE_INVALID', [{ to: 'second', by: 'stranger' }]],
  'signed by the key in force': ['SIGNATURE_INVALID', [{ to: 'second', by: 'first' }]],
  'a rotation by the recovery key': ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', form: 'rotation' }]],
  'without the word': ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', word: '' }]],
  'with another word': ['PAYLOAD_INVALID', [{ to: 'second', by: 'recovery', word: 'operator' }]],
  "another ledger's": ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', signed: { ledger: Buffer.alloc(32) } }]],
  'an earlier number': ['SIGNATURE_INVALID', [{ to: 'third', by: 'first', form: 'rotation' }, { to: 'second', by: 'recovery', signed: { number: 1 } }]],
  'a later number': ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', signed: { number: 2 } }]],
  'another key': ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', signed: { to: 'third' } }]],
  'a next one that was not signed': ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', next: 'successor', signed: { next: 'recovery' } }]],
  'a next one that is left out': ['SIGNATURE_INVALID', [{ to: 'second', by: 'recovery', signed: { next: 'successor' } }]],
  'a next one that signs for itself': ['SIGNATURE_INVALID', [{ to: 'second', by: 'successor', next: 'successor' }]],
  'one that was retired': ['SIGNATURE_INVALID', [{ to: 'third', by: 'recovery', next: 'successor' }, { to: 'second', by: 'recovery' }]],
  'a rotation that names one': ['PAYLOAD_INVALID', [{ to: 'second', by: 'first', form: 'rotation', next: 'successor' }]],
  'no recovery key': ['NO_RECOVERY_KEY', [{ to: 'second', by: 'recovery' }], {}],
  'one that is the checkpoint key': ['RECOVERY_KEY', [{ to: 'second', by: 'recovery', next: 'second' }]],
  'one that is the token key': ['RECOVERY_KEY', [{ to: 'second', by: 'recovery', next: 'token' }]],
  'a checkpoint key that is it': ['RECOVERY_KEY', [{ to: 'recovery', by: 'first', form: 'rotation' }], undefined, 'recovery'],
  'the first one of small order': ['ED25519_KEY', [{ to: 'second', by: 'first', form: 'rotation' }], { recovery: SMALL }],
  'the first one the token key': ['RECOVERY_KEY', [], { recovery: hexOf('token') }, 'first'],
  'the first one the checkpoint key': ['RECOVERY_KEY', [], { recovery: hexOf('first') }, 'first'],
};

for (const [name, [code, steps, genesisKeys, signer = 'second']] of Object.entries(bad)) {
  test(`refused: ${name}`, async () => {
    const lines = ledgerOf(steps, genesisKeys);
    assert.equal((await verifyBundle(bundleOf(signer, lines), trusted)).faults[0]?.code, code);
    assert.notDeepEqual(verifyExport(lines, { key: trusted }).faults, []);
  });
}
