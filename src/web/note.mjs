// note.mjs - C2SP signed notes, checkpoints and tlog-proof files, as docs/format.md has them.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { equal, fromBase64, fromHex, sha256, toHex, utf8 } from './bytes.mjs';

const ED25519 = 1;
const KEY_ID = 4;

// name+id+base64 -> {text, name, id, key}; throws if the id is not the key's.
export async function readVkey(text) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  if (!parts) throw new Error('the verifier key does not have the form of one');
  const [, name, id, base64] = parts;
  const bytes = fromBase64(base64);
  if (bytes[0] !== ED25519 || bytes.length !== 33) throw new Error('the verifier key is not an Ed25519 key');
  const digest = await sha256(utf8(`${name}\n`), bytes);
  if (toHex(digest.subarray(0, KEY_ID)) !== id) throw new Error('the verifier key does not match its own id');
  return { text: text.trim(), name, id, key: bytes.subarray(1) };
}

async function isSigned(body, line, vkey) {
  const parts = /^\u2014 (\S+) (\S+)$/.exec(line);
  if (!parts || parts[1] !== vkey.name) return false;
  const bytes = fromBase64(parts[2]);
  if (bytes.length !== KEY_ID + 64 || !equal(bytes.subarray(0, KEY_ID), fromHex(vkey.id))) return false;
  const key = await crypto.subtle.importKey('raw', vkey.key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, key, bytes.subarray(KEY_ID), utf8(body));
}

// {origin, size, root, text} of a checkpoint that the key has signed; throws otherwise.
export async function openCheckpoint(text, vkey) {
  const cut = text.indexOf('\n\n');
  const body = text.slice(0, cut + 1);
  const lines = body.split('\n');
  if (cut < 0 || lines.length < 4 || !/^(0|[1-9]\d*)$/.test(lines[1])) throw new Error('the checkpoint does not have the form of one');
  const signed = await Promise.all(text.slice(cut + 2).split('\n').map((line) => isSigned(body, line, vkey)));
  if (!signed.includes(true)) throw new Error('the checkpoint is not signed by the key of this ledger');
  if (lines[0] !== vkey.name) throw new Error('the checkpoint is another ledger\u2019s');
  const root = fromBase64(lines[2]);
  const size = Number(lines[1]);
  if (root.length !== 32 || !Number.isSafeInteger(size)) throw new Error('the checkpoint does not have the form of one');
  return { origin: lines[0], size, root, text };
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
