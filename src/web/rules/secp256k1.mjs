// secp256k1.mjs - the public key that made an ECDSA signature (SEC 1, 4.1.6).  All of this is public, so that the time
// that it takes tells nothing.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from './fault.mjs';

const PRIME = 2n ** 256n - 2n ** 32n - 977n;
const GROUP = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const BASE_POINT = [0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n];

const reduce = (n, modulus) => ((n % modulus) + modulus) % modulus;
export const toNumber = (bytes) => bytes.reduce((n, byte) => n * 256n + BigInt(byte), 0n);
const toBytes = (n) => Uint8Array.from(n.toString(16).padStart(64, '0').match(/../g), (pair) => parseInt(pair, 16));

function raise(base, exponent, modulus) {
  let product = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) product = (product * square) % modulus;
    square = (square * square) % modulus;
  }
  return product;
}

const invert = (n, modulus) => raise(n, modulus - 2n, modulus);

// Points are [x, y, z] in Jacobian coordinates; z = 0 is the neutral element.
function double([x, y, z]) {
  const yy = (y * y) % PRIME;
  const s = (4n * x * yy) % PRIME;
  const m = (3n * x * x) % PRIME;
  const x3 = reduce(m * m - 2n * s, PRIME);
  return [x3, reduce(m * (s - x3) - 8n * yy * yy, PRIME), (2n * y * z) % PRIME];
}

function add(p, q) {
  if (p[2] === 0n) return q;
  if (q[2] === 0n) return p;
  const [z1, z2] = [(p[2] * p[2]) % PRIME, (q[2] * q[2]) % PRIME];
  const [u1, u2] = [(p[0] * z2) % PRIME, (q[0] * z1) % PRIME];
  const [s1, s2] = [(p[1] * z2 * q[2]) % PRIME, (q[1] * z1 * p[2]) % PRIME];
  if (u1 === u2) return s1 === s2 ? double(p) : [1n, 1n, 0n];
  const [h, r] = [u2 - u1, s2 - s1];
  const hh = (h * h) % PRIME;
  const hhh = (h * hh) % PRIME;
  const v = (u1 * hh) % PRIME;
  const x = reduce(r * r - hhh - 2n * v, PRIME);
  return [x, reduce(r * (v - x) - s1 * hhh, PRIME), reduce(p[2] * q[2] * h, PRIME)];
}

function multiply(factor, point) {
  let sum = [1n, 1n, 0n];
  for (let power = point, rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, power);
    power = double(power);
  }
  return sum;
}

// The 64 bytes of the key behind r, s and the parity of y of r's point, over a digest of 32 bytes.  That x is r
// itself and not r + n is all that signatures of wallets can say.
export function recoverKey(digest, r, s, parity) {
  demand(r > 0n && r < GROUP && s > 0n && s < GROUP, 'SIGNATURE_RANGE', 'r or s of the signature is zero or not below the order of the curve');
  demand(s <= GROUP / 2n, 'SIGNATURE_HIGH_S', 'the signature has the higher of the two possible values of s');
  const square = (r * r * r + 7n) % PRIME;
  const root = raise(square, (PRIME + 1n) / 4n, PRIME);
  demand((root * root) % PRIME === square, 'SIGNATURE_NO_KEY', 'no point of the curve has the x of the signature');
  const y = root % 2n === parity ? root : PRIME - root;
  const w = invert(r, GROUP);
  const [x, yy, z] = add(multiply(reduce(-toNumber(digest) * w, GROUP), [...BASE_POINT, 1n]), multiply((s * w) % GROUP, [r, y, 1n]));
  demand(z !== 0n, 'SIGNATURE_NO_KEY', 'the key would be the neutral element');
  const i = invert(z, PRIME);
  return Uint8Array.from([...toBytes((x * i * i) % PRIME), ...toBytes((yy * i * i * i) % PRIME)]);
}
