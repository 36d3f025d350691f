// ed25519_vectors.mjs - Ed25519 keys and signatures on which implementations differ, and what the rule says of each.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The classes are those of C2SP/CCTV's ed25519vectors: every key A and every
// point R is each of the 14 encodings of the 8 points of small order (6 of
// them not canonical), or a point of large order with each of the 8 points of
// small order added; for each pair a message for which the parts of small
// order cancel out and one for which they do not, as far as there are such;
// and the hash once more with the canonical encoding of what is not.  Besides
// S that is not reduced.  Every vector holds the equation when it is multiplied
// by the cofactor, but for those that say otherwise, and carries the verdict
// that follows from how it was made.

import { createHash } from 'node:crypto';

import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519';

const { ExtendedPoint: Point, CURVE: { n: L, Fp: { ORDER: P } } } = ed25519;
const MESSAGES = 40;

const modL = (n) => ((n % L) + L) % L;
const littleEndian = (n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();
const numberOf = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
const torsion = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex));
const encode = (y, sign) => littleEndian(y + (sign ? 1n << 255n : 0n));

// {name, bytes, canonical (bytes), scalar, part: how many times the point of order 8}
function pointsOf(scalar) {
  const points = [];
  for (const [part, point] of torsion.entries()) {
    const bytes = Buffer.from(point.toRawBytes());
    points.push({ name: `small order ${part}`, bytes, canonical: bytes, scalar: 0n, part });
  }
  const { length } = points;
  for (const { name, bytes, part } of points.slice(0, length)) {
    const y = numberOf(bytes) % (1n << 255n);
    const isNegative = bytes[31] >= 128;
    const hasNoSign = torsion[part].x === 0n;
    if (hasNoSign) points.push({ name: `${name}, -0`, bytes: encode(y, true), canonical: bytes, scalar: 0n, part });
    if (y + P < 1n << 255n) points.push({ name: `${name}, y + p`, bytes: encode(y + P, isNegative), canonical: bytes, scalar: 0n, part });
    if (y + P < 1n << 255n && hasNoSign) points.push({ name: `${name}, y + p, -0`, bytes: encode(y + P, true), canonical: bytes, scalar: 0n, part });
  }
  for (const [part, point] of torsion.entries()) {
    const bytes = Buffer.from(Point.BASE.multiply(scalar).add(point).toRawBytes());
    points.push({ name: `large order and small order ${part}`, bytes, canonical: bytes, scalar, part });
  }
  return points;
}

const isGoodPoint = ({ scalar, part }) => scalar !== 0n && part === 0;
const hashOf = (...parts) => modL(numberOf(createHash('sha512').update(Buffer.concat(parts)).digest()));

// A signature by `a`, its point R being `r`; k is hashed of these encodings.
function signature(a, r, message, bytesOfA, bytesOfR) {
  const k = hashOf(bytesOfR, bytesOfA, message);
  return { k, bytes: Buffer.concat([r.bytes, littleEndian(modL(r.scalar + k * a.scalar))]), residue: Number((BigInt(r.part) + k * BigInt(a.part)) % 8n) };
}

function vectorsOfPair(a, r) {
  const found = new Map();
  const ways = [['', a.bytes, r.bytes], [', canonical in the hash', a.canonical, r.canonical]];
  for (const [how, bytesOfA, bytesOfR] of ways) {
    if (how !== '' && bytesOfA === a.bytes && bytesOfR === r.bytes) continue;
    for (let i = 0; i < MESSAGES; i++) {
      const message = Buffer.from(`message ${i}`);
      const { bytes, residue } = signature(a, r, message, bytesOfA, bytesOfR);
      const name = `A ${a.name}; R ${r.name}${how}; ${residue === 0 ? 'nothing' : 'a part of small order'} is left`;
      if (!found.has(name)) found.set(name, { name, message, signature: bytes, key: a.bytes, good: isGoodPoint(a) && isGoodPoint(r) && residue === 0 });
    }
  }
  return [...found.values()];
}

// The same signature with other numbers for S, and with another length.
function changedS({ message, signature: bytes, key }) {
  const s = numberOf(bytes.subarray(32));
  const others = [['S + L', s + L], ['S + 2 L', s + 2n * L], ['S + 8 L', s + 8n * L], ['L', L], ['L - 1', L - 1n], ['0', 0n], ['2^252', 1n << 252n], ['2^253', 1n << 253n],
    ['S and the top bit', s + (1n << 255n)], ['2^256 - 1', (1n << 256n) - 1n], ['-S', L - s]];
  const vectors = others.filter(([, n]) => n < 1n << 256n).map(([name, n]) => ({ name: `S: ${name}`, message, signature: Buffer.concat([bytes.subarray(0, 32), littleEndian(n)]), key, good: false }));
  for (const length of [0, 1, 31, 32, 63]) vectors.push({ name: `${length} bytes`, message, signature: bytes.subarray(0, length), key, good: false });
  vectors.push({ name: '65 bytes', message, signature: Buffer.concat([bytes, Buffer.of(0)]), key, good: false });
  for (const length of [0, 31]) vectors.push({ name: `a key of ${length} bytes`, message, signature: bytes, key: key.subarray(0, length), good: false });
  vectors.push({ name: 'a key of 33 bytes', message, signature: bytes, key: Buffer.concat([key, Buffer.of(0)]), good: false });
  return vectors;
}

export function signatureVectors() {
  const keys = pointsOf(0x1234567890abcdefn * 2n ** 150n + 5n);
  const points = pointsOf(0xfedcba0987654321n * 2n ** 170n + 7n);
  const vectors = keys.flatMap((a) => points.flatMap((r) => vectorsOfPair(a, r)));
  // And such as people make.
  const numbers = Array.from({ length: 20 }, (_, i) => modL(hashOf(Buffer.from(`scalar ${i}`))));
  for (const [i, number] of numbers.entries()) {
    const [a, r] = [pointsOf(number), pointsOf(numbers[numbers.length - 1 - i])].map((list) => list.find(isGoodPoint));
    vectors.push(...vectorsOfPair(a, r));
  }
  return [...vectors, ...vectors.filter(({ good }) => good).flatMap(changedS)];
}

// {name, key, good}: encodings that are points, and such as are none.
export function keyVectors() {
  const vectors = pointsOf(0x1234567890abcdefn).map((point) => ({ name: point.name, key: point.bytes, good: isGoodPoint(point) && point.bytes === point.canonical }));
  for (let k = 0n; k < 19n; k++)
    for (const sign of [false, true]) vectors.push({ name: `y = p + ${k}, sign ${sign}`, key: encode(P + k, sign), good: false });
  for (let i = 1n; i <= 60n; i++) {
    const bytes = Buffer.from(Point.BASE.multiply(i).toRawBytes());
    vectors.push({ name: `${i} B`, key: bytes, good: true });
    for (let part = 1; part < 8; part++) vectors.push({ name: `${i} B and small order ${part}`, key: Buffer.from(Point.BASE.multiply(i).add(torsion[part]).toRawBytes()), good: false });
  }
  // No point has such a y: x^2 = (y^2 - 1) / (d y^2 + 1) is no square.
  for (let y = 2n; y < 60n; y++) {
    const x2 = ed25519.CURVE.Fp.div(y * y - 1n, ed25519.CURVE.Fp.create(ed25519.CURVE.d * y * y + 1n));
    if (ed25519.CURVE.Fp.pow(x2, (P - 1n) / 2n) !== 1n) vectors.push({ name: `off the curve, y = ${y}`, key: encode(y, y % 2n === 1n), good: false });
  }
  return vectors;
}
