// trust.mjs - what this browser checks of the ledger by itself: the key it saw first, checkpoints that only
// grow, proofs of entries.  A check that fails throws an Error that says what failed.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { ledgerRows, read, readText } from './api.mjs';
import { equal, fromHex, toHex, utf8 } from './bytes.mjs';
import { entryLine } from './canonical.mjs';
import { forget, keep, recall } from './keys.mjs';
import { openCheckpoint, readCheckpoint, readProof, readVkey } from './note.mjs';
import { readLedger } from './session.mjs';
import { climb, growingTree, isConsistent, leafHash } from './tree.mjs';
import { verifyBundle } from './verify_bundle.mjs';

// The verifier key that this browser saw first.  A ledger that shows another one must be asked why.
async function ledgerKey() {
  const shown = await readVkey(await readText('vkey'));
  const kept = await recall('vkey');
  if (kept === undefined) await keep('vkey', shown.text);
  else if (kept !== shown.text) throw Object.assign(new Error('the ledger shows another signing key than the one that this browser saw before'), { kept, shown: shown.text });
  return shown;
}

// Another key may be that of another ledger, for which the device then signs.
export async function trustKey(text) {
  await keep('vkey', text);
  await forget('ledger');
}

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

export const proveLine = async (seq, line) => proveHash(seq, await leafHash(utf8(line)));

// ---- explanations ----

// What verifyBundle() finds, under the key of this browser, and the way from the entry in question to the
// signed root, for who wants to see it.  Throws if anything is not as it must be.
export async function verifyExplanation(bundle) {
  const key = await ledgerKey();
  const { ok, faults, entries } = await verifyBundle(bundle, key.text);
  if (!ok) throw Object.assign(new Error('the explanation does not verify'), { detail: `${faults[0].code}: ${faults[0].detail}` });
  const { line, proof } = bundle.entries.find((item) => JSON.parse(item.line).seq === bundle.seq);
  const checkpoint = readCheckpoint(bundle.checkpoint);
  await follow(checkpoint);
  const leaf = await leafHash(utf8(line));
  return { seq: bundle.seq, entries, size: checkpoint.size, root: checkpoint.root, origin: checkpoint.origin, key, leaf,
    steps: await climb(leaf, bundle.seq, checkpoint.size, proof.map(fromHex)) };
}

// ---- the last entries ----

const BATCH = 500;

// The readable row's own bytes must have the row's hash and name the hash before; returns whether it is readable.
async function checkRow(row, before) {
  if (row.payload === null) return false;
  const hash = toHex(await leafHash(utf8(entryLine(row))));
  if (hash !== row.hash) throw new Error(`entry ${row.seq} does not have the hash that the ledger gives for it`);
  if (before !== undefined && row.prev !== before) throw new Error(`entry ${row.seq} is not linked to the entry before it`);
  return true;
}

// The full subtrees to the left of entry `first`, from its inclusion proof.
async function subtreesBefore(first, size) {
  if (first === 0) return [];
  const [[row], text] = await Promise.all([ledgerRows({ seq: `eq.${first}`, select: 'hash' }), readText('tlog_proof', { seq: first, size })]);
  const steps = await climb(fromHex(row.hash), first, size, readProof(text).proof);
  return steps.filter((step) => step.side === 'left').map((step) => step.sibling).reverse();
}

// Hashes the last `wanted` entries that one may read, checks their links, and computes the signed root
// from the hashes of all of them.  progress(done, all); throws at the first fault.
// Gives {from, size, readable, checkpoint}.
export async function verifyLast(wanted, progress) {
  const checkpoint = await latestCheckpoint();
  const { size } = checkpoint;
  const first = Math.max(0, size - wanted);
  const tree = growingTree(first, await subtreesBefore(first, size));
  let readable = 0;
  let before;
  for (let next = first; next < size;) {
    progress(next - first, size - first);
    const rows = await readLedger([['seq', `gte.${next}`], ['seq', `lt.${size}`], ['order', 'seq'], ['limit', BATCH]]);
    for (const row of rows) {
      if (row.seq !== next) throw new Error(`entry ${next} is missing`);
      if (await checkRow(row, before)) readable++;
      await tree.add(fromHex(row.hash));
      before = row.hash;
      next++;
    }
    if (rows.length === 0) throw new Error(`entry ${next} is missing`);
  }
  progress(size - first, size - first);
  if (size > 0 && !equal(await tree.root(), checkpoint.root)) throw new Error('the hashes of the entries do not give the root that the ledger signed');
  return { from: first, size, readable, checkpoint };
}
