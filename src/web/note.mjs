// note.mjs - C2SP signed notes, checkpoints and tlog-proof files, as docs/format.md has them.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { equal, fromBase64, sha256, toHex, utf8 } from './bytes.mjs';
import { isPublicKey, isSigned } from './ed25519.mjs';

const ED25519 = 1;
const KEY_ID = 4;

const keyId = async (name, key) => (await sha256(utf8(`${name}\n`), Uint8Array.of(ED25519), key)).subarray(0, KEY_ID);

// name+id+base64 -> {text, name, id, key}; throws if the id is not the key's, or if no key can be these bytes.
export async function readVkey(text) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  if (!parts) throw new Error('the verifier key does not have the form of one');
  const [, name, id, base64] = parts;
  const bytes = fromBase64(base64);
  if (bytes[0] !== ED25519 || bytes.length !== 33) throw new Error('the verifier key is not an Ed25519 key');
  const key = bytes.subarray(1);
  if (toHex(await keyId(name, key)) !== id) throw new Error('the verifier key does not match its own id');
  if (!isPublicKey(key)) throw new Error('the verifier key is not a point of prime order in its one encoding');
  return { text: text.trim(), name, id, key };
}

// {origin, size, root, body, signatures, text} of a checkpoint, signed or not.
export function readCheckpoint(text) {
  const cut = text.indexOf('\n\n');
  const body = text.slice(0, cut + 1);
  const [origin, size, root, ...more] = body.split('\n');
  if (cut < 0 || more.length < 1 || !/^(0|[1-9]\d*)$/.test(size) || !Number.isSafeInteger(Number(size)) || !text.endsWith('\n')) throw new Error('the checkpoint does not have the form of one');
  const signatures = text.slice(cut + 2, -1).split('\n').map((line) => {
    const parts = /^\u2014 (\S+) (\S+)$/.exec(line);
    if (!parts) throw new Error('the checkpoint has a line that is no signature');
    return { name: parts[1], bytes: fromBase64(parts[2]) };
  });
  const bytes = fromBase64(root);
  if (bytes.length !== 32) throw new Error('the checkpoint has a root that is no hash');
  return { origin, size: Number(size), root: bytes, body, signatures, text };
}

// Has the key signed it, under the name of its ledger?
export async function isCheckpointOf(checkpoint, key) {
  const id = await keyId(checkpoint.origin, key);
  const own = checkpoint.signatures.filter(({ name, bytes }) => name === checkpoint.origin && bytes.length === KEY_ID + 64 && equal(bytes.subarray(0, KEY_ID), id));
  const verdicts = await Promise.all(own.map(({ bytes }) => isSigned(utf8(checkpoint.body), bytes.subarray(KEY_ID), key)));
  return verdicts.length > 0 && verdicts.every(Boolean);
}

// A checkpoint that the verifier key has signed; throws otherwise.
export async function openCheckpoint(text, vkey) {
  const checkpoint = readCheckpoint(text);
  if (checkpoint.origin !== vkey.name) throw new Error('the checkpoint is another ledger\u2019s');
  if (!await isCheckpointOf(checkpoint, vkey.key)) throw new Error('the checkpoint is not signed by the key of this ledger');
  return checkpoint;
}

// {seq, proof, checkpoint (text)} of a c2sp.org/tlog-proof@v1 file.
export function readProof(text) {
  const cut = text.indexOf('\n\n');
  const [head, index, ...hashes] = text.slice(0, cut).split('\n');
  const seq = /^index (0|[1-9]\d*)$/.exec(index ?? '');
  if (cut < 0 || head !== 'c2sp.org/tlog-proof@v1' || !seq) throw new Error('the proof does not have the form of one');
  return { seq: Number(seq[1]), proof: hashes.map(fromBase64), checkpoint: text.slice(cut + 2) };
}

// The short form of a key that people compare: eight groups of four hexadecimal digits.
export async function fingerprint(bytes) {
  const digest = await sha256(utf8('qfs:fingerprint:v1\0'), bytes);
  return toHex(digest.subarray(0, 16)).match(/.{4}/g).join(' ');
}
