// ed25519.mjs - the rule of docs/format.md for Ed25519 keys and signatures.  The equation is WebCrypto's; which points
// and numbers are let in is decided here, because browsers differ in that.  Everything here is public, so that
// the time that it takes tells nothing.
//
// SPDX-License-Identifier: AGPL-3.0-only

const FIELD = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const modField = (n) => ((n % FIELD) + FIELD) % FIELD;
const fromLittleEndian = (bytes) => bytes.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);

function power(base, exponent) {
  let product = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) product = (product * square) % FIELD;
    square = (square * square) % FIELD;
  }
  return product;
}

const inverse = (n) => power(n, FIELD - 2n);
const CURVE_D = modField(-121665n * inverse(121666n));
const ROOT_OF_MINUS_1 = power(2n, (FIELD - 1n) / 4n);

// Points are {x, y, z, t}: x/z and y/z are their coordinates, t is x*y/z (RFC 8032, 5.1.4).
const NEUTRAL = { x: 0n, y: 1n, z: 1n, t: 0n };

// RFC 8032, 5.1.3; null if the bytes are no point, or another form of one.
function decodePoint(bytes) {
  const n = fromLittleEndian(bytes);
  const y = n % 2n ** 255n;
  const sign = n >> 255n;
  if (bytes.length !== 32 || y >= FIELD) return null;
  const square = modField((y * y - 1n) * inverse(modField(CURVE_D * y * y + 1n)));
  let x = power(square, (FIELD + 3n) / 8n);
  if ((x * x) % FIELD !== square) x = (x * ROOT_OF_MINUS_1) % FIELD;
  if ((x * x) % FIELD !== square || (x === 0n && sign === 1n)) return null;
  if (x % 2n !== sign) x = FIELD - x;
  return { x, y, z: 1n, t: (x * y) % FIELD };
}

// RFC 8032, 5.1.4: complete, so that it doubles as well.
function addPoints(p, q) {
  const a = (p.y - p.x) * (q.y - q.x);
  const b = (p.y + p.x) * (q.y + q.x);
  const c = (2n * CURVE_D * p.t * q.t) % FIELD;
  const d = 2n * p.z * q.z;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a].map(modField);
  return { x: (e * f) % FIELD, y: (g * h) % FIELD, z: (f * g) % FIELD, t: (e * h) % FIELD };
}

function multiplyPoint(factor, point) {
  let sum = NEUTRAL;
  for (let double = point, rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = addPoints(sum, double);
    double = addPoints(double, double);
  }
  return sum;
}

const isNeutral = ({ x, y, z }) => x === 0n && y === z;

// Is this a point in its one encoding, of the order that the base point has?
export function isPublicKey(bytes) {
  const point = decodePoint(bytes);
  return point !== null && !isNeutral(point) && isNeutral(multiplyPoint(ORDER, point));
}

// Did this key sign the message?  A key that is none has signed nothing.
export async function isSigned(message, signature, key) {
  const point = signature.subarray(0, 32);
  if (signature.length !== 64 || fromLittleEndian(signature.subarray(32)) >= ORDER || !isPublicKey(key) || !isPublicKey(point)) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message);
}
