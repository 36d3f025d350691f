// tree.mjs - the Merkle tree of RFC 6962, section 2.1; algorithms of RFC 9162, section 2.1.
// Hashes are bytes, numbers of entries are integers below 2^53.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { concat, equal, sha256 } from './bytes.mjs';

export const leafHash = (bytes) => sha256(Uint8Array.of(0), bytes);
export const nodeHash = (left, right) => sha256(Uint8Array.of(1), concat(left, right));

const isOdd = (n) => n % 2 === 1;
const half = (n) => Math.floor(n / 2);

// The way from a leaf to the root of `size` leaves: for each hash of the proof, on which side it
// stands and what the two give.  Throws if the proof has another length than such a way.
export async function climb(leaf, seq, size, proof) {
  if (!(seq >= 0 && seq < size)) throw new Error('the entry is not among those of the checkpoint');
  const steps = [];
  let node = seq;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) throw new Error('the proof is too long');
    // On the right edge a node without a sibling goes up as it is.
    const isLeft = isOdd(node) || node === last;
    if (isLeft) {
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    }
    hash = isLeft ? await nodeHash(sibling, hash) : await nodeHash(hash, sibling);
    steps.push({ sibling, side: isLeft ? 'left' : 'right', hash });
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw new Error('the proof is too short');
  return steps;
}

// Does the proof lead from the first `old` leaves to the first `size`?  From none of them an empty proof
// does, and what is none has the root of nothing (RFC 6962, 2.1).
export async function isConsistent(old, size, proof, oldRoot, root) {
  if (!Number.isSafeInteger(old) || !Number.isSafeInteger(size) || old < 0 || old > size) return false;
  if (old === size && !equal(oldRoot, root)) return false;
  if (old === 0) return proof.length === 0 && equal(oldRoot, await sha256());
  if (old === size) return proof.length === 0;
  let node = old - 1;
  let last = size - 1;
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  const rest = [...proof];
  const first = node > 0 ? rest.shift() : oldRoot;
  if (first === undefined) return false;
  let ofOld = first;
  let ofNew = first;
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      ofOld = await nodeHash(hash, ofOld);
      ofNew = await nodeHash(hash, ofNew);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      ofNew = await nodeHash(ofNew, hash);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equal(ofOld, oldRoot) && equal(ofNew, root);
}

// A tree that grows: the roots of its full subtrees, the largest first.  `lefts` are those of the
// first `size` leaves, which an inclusion proof of leaf `size` names on its left side.
export function growingTree(size = 0, lefts = []) {
  const roots = [...lefts];
  let count = size;
  return {
    async add(leaf) {
      let hash = leaf;
      for (let n = count; isOdd(n); n = half(n)) hash = await nodeHash(roots.pop(), hash);
      roots.push(hash);
      count++;
    },
    async root() {
      let hash = roots[roots.length - 1];
      for (let i = roots.length - 2; i >= 0; i--) hash = await nodeHash(roots[i], hash);
      return hash;
    },
  };
}
