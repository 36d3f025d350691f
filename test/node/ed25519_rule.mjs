// ed25519_rule.mjs - which Ed25519 keys and signatures docs/format.md lets in: a second implementation, nothing of qfs.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Points by @noble/curves, the equation by OpenSSL, which is inside of Node.

import { createPublicKey, verify } from 'node:crypto';

import { ed25519 } from '@noble/curves/ed25519';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

// Canonical, on the curve, of prime order; the neutral element is not.
export function isPoint(bytes) {
  try {
    const point = ed25519.ExtendedPoint.fromHex(Uint8Array.from(bytes));
    return !point.equals(ed25519.ExtendedPoint.ZERO) && point.isTorsionFree() && Buffer.from(point.toRawBytes()).equals(Buffer.from(bytes));
  } catch {
    return false;
  }
}

const isReduced = (s) => BigInt(`0x${Buffer.from(s).reverse().toString('hex')}`) < ed25519.CURVE.n;

export function isSigned(message, signature, key) {
  if (signature.length !== 64 || !isPoint(key) || !isPoint(signature.subarray(0, 32)) || !isReduced(signature.subarray(32))) return false;
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: 'der', type: 'spki' });
  return verify(null, message, publicKey, signature);
}
