// trust.mjs - what this browser checks of the ledger by itself: the key it saw first and those that follow from it,
// checkpoints that only grow, entries and their proofs.  A check that fails throws an Error that says what failed.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { read, readBytes, readText } from './api.mjs';
import { equal, fromHex, fromUtf8, toHex } from './bytes.mjs';
import { forget, keep, recall } from './keys.mjs';
import { openCheckpoint, readCheckpoint, readProof, readVkey } from './note.mjs';
import { readLine } from './rules/entry.mjs';
import { readEntry, readLedger } from './session.mjs';
import { keysOf } from './signing_keys.mjs';
import { climb, growingTree, isConsistent, leafHash } from './tree.mjs';

// ---- keys ----

// The line of an entry, read: {entry, head, hash, line}; what it does not show is undefined.
export async function fetchEntry(seq) {
  const line = await readEntry(seq);
  const one = await readLine(line).catch((error) => { throw Object.assign(new Error(`the line of entry ${seq} is not one`), { detail: error.detail ?? error.message }); });
  if (one.entry.seq !== seq) throw new Error(`the ledger gave entry ${one.entry.seq} for entry ${seq}`);
  return { ...one, line };
}

// The ledger's name, the hash of entry 0, as this browser saw it first; signing.mjs signs for it.
async function ledgerName() {
  const kept = await recall('ledger');
  if (kept !== undefined) return kept;
  const { hash } = await fetchEntry(0);
  await keep('ledger', hash);
  return hash;
}

// Does the line of keys of this ledger, each endorsed, lead from the kept key to the shown one?
async function isEndorsed(kept, shown) {
  const genesis = await fetchEntry(0);
  if (genesis.hash !== await ledgerName()) return false;
  const rows = await readLedger([['select', 'seq'], ['type', 'eq.KEY_ROTATED'], ['order', 'seq']]);
  const rotations = await Promise.all(rows.map(async ({ seq }) => (await fetchEntry(seq)).entry));
  const keys = await keysOf([genesis.entry, ...rotations], genesis.hash).catch(() => []);
  return keys.some((key) => equal(key, kept.key)) && equal(keys[keys.length - 1], shown.key);
}

// The verifier key that this browser saw first, or one that follows from it.  A ledger that shows another one must be asked why.
async function ledgerKey() {
  const shown = await readVkey(await readText('vkey'));
  const kept = await recall('vkey');
  if (kept === undefined || kept === shown.text) await ledgerName();
  if (kept === shown.text) return shown;
  const before = kept === undefined ? undefined : await readVkey(kept).catch(() => null);
  if (before === null || (before && (before.name !== shown.name || !await isEndorsed(before, shown)))) {
    throw Object.assign(new Error('the ledger shows another signing key than the one that this browser saw before'), { kept, shown: shown.text });
  }
  await keep('vkey', shown.text);
  return shown;
}

// Another key may be that of another ledger, for which the device then signs.
export async function trustKey(text) {
  await keep('vkey', text);
  await forget('ledger');
}

// ---- checkpoints ----

// The last checkpoint of this browser that `next` must follow; keeps `next` if it does.
async function follow(next) {
  const kept = await recall('checkpoint');
  if (!kept || kept.origin !== next.origin) {
    await keep('checkpoint', { ...next, seen: Date.now() });
    return null;
  }
  const [older, newer] = kept.size <= next.size ? [kept, next] : [next, kept];
  const proof = older.size === newer.size || older.size === 0 ? [] : (await read('consistency_proof', { old: older.size, new: newer.size })).map(fromHex);
  if (!await isConsistent(older.size, newer.size, proof, older.root, newer.root)) {
    throw new Error(`the ledger is not the one that this browser saw when it had ${kept.size} entries: something was changed or removed`);
  }
  if (newer === next) await keep('checkpoint', { ...next, seen: Date.now() });
  return kept;
}

// {key, origin, size, root, text, before}: the latest checkpoint, its signature and its growth checked.
export async function latestCheckpoint() {
  const key = await ledgerKey();
  const checkpoint = await openCheckpoint(await readText('checkpoint'), key);
  return { ...checkpoint, key, before: await follow(checkpoint) };
}

// {seq, size, leaf, steps, root, text}: the way from the entry with this hash to a signed root.
export async function proveHash(seq, leaf) {
  const key = await ledgerKey();
  const text = await readText('tlog_proof', { seq });
  const proof = readProof(text);
  const checkpoint = await openCheckpoint(proof.checkpoint, key);
  await follow(checkpoint);
  if (proof.seq !== seq) throw new Error('the proof is one of another entry');
  const steps = await climb(leaf, seq, checkpoint.size, proof.proof);
  if (!equal(steps.length === 0 ? leaf : steps[steps.length - 1].hash, checkpoint.root)) throw new Error('the proof does not lead to the signed root');
  return { seq, size: checkpoint.size, leaf, steps, root: checkpoint.root, origin: checkpoint.origin, key, text };
}

// ---- explanations ----

// What verifyBundle() finds of the answer about an entry, under the key of this browser, and the way from the
// entry to the signed root, for who wants to see it.  Throws if anything is not as it must be.
export async function verifyExplanation(seq, bundle) {
  const { verifyBundle } = await import('./verify_bundle.mjs');
  const key = await ledgerKey();
  const { ok, faults, entries, answer } = await verifyBundle(bundle, key.text);
  const fault = ok && bundle.seq !== seq ? { code: 'BUNDLE_CLAIM', detail: `it is about entry ${bundle.seq}` } : faults[0];
  if (fault) throw Object.assign(new Error('the explanation does not verify'), { code: fault.code, detail: `${fault.code}: ${fault.detail}` });
  const checkpoint = readCheckpoint(bundle.checkpoint);
  await follow(checkpoint);
  return { answer, seq, entries, size: checkpoint.size, root: checkpoint.root, origin: checkpoint.origin, key, ...answer.way };
}

// ---- the last entries ----

const WIDTH = 256;

// The heads of an entry bundle (C2SP tlog-tiles), each after its length in two bytes.
function splitBundle(bytes) {
  const heads = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 2 + (bytes[at] << 8) + bytes[at + 1];
    if (!(end <= bytes.length)) throw new Error('the ledger sent half of an entry');
    heads.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return heads;
}

// The hash of a head, which must be entry `seq` and name the hash before.
async function checkHead(bytes, seq, before) {
  const head = JSON.parse(fromUtf8(bytes));
  if (head.seq !== seq) throw new Error(`entry ${seq} is missing`);
  if (before !== undefined && head.prev !== toHex(before)) throw new Error(`entry ${seq} is not linked to the entry before it`);
  return leafHash(bytes);
}

// The full subtrees to the left of an entry with this hash, from its inclusion proof.
async function subtreesBefore(first, leaf, size) {
  if (first === 0) return [];
  const steps = await climb(leaf, first, size, readProof(await readText('tlog_proof', { seq: first, size })).proof);
  return steps.filter((step) => step.side === 'left').map((step) => step.sibling).reverse();
}

// Hashes the heads of the last `wanted` entries, checks their links, and computes the signed root from
// the hashes.  progress(done, all); throws at the first fault.  Gives {from, size, checkpoint}.
export async function verifyLast(wanted, progress) {
  const checkpoint = await latestCheckpoint();
  const { size } = checkpoint;
  const first = Math.max(0, size - wanted);
  let tree;
  let before;
  for (let seq = first; seq < size;) {
    progress(seq - first, size - first);
    const n = Math.floor(seq / WIDTH);
    const heads = splitBundle(await readBytes('entry_bundle', { n, width: Math.min(WIDTH, size - WIDTH * n) }));
    for (const head of heads.slice(seq - WIDTH * n)) {
      const leaf = await checkHead(head, seq, before);
      tree ??= growingTree(first, await subtreesBefore(first, leaf, size));
      await tree.add(leaf);
      before = leaf;
      seq++;
    }
    if (seq < Math.min(size, WIDTH * (n + 1))) throw new Error(`entry ${seq} is missing`);
  }
  progress(size - first, size - first);
  if (size > 0 && !equal(await tree.root(), checkpoint.root)) throw new Error('the entries do not give the root that the ledger signed: one of them was changed');
  return { from: first, size, checkpoint };
}
