// names.test.mjs - referral codes, names of threads and commitments of messages, by node's crypto and BigInt.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import test from 'node:test';

import { rows } from './psql.mjs';
import { makeRandom } from './random.mjs';

const COUNT = 1000;

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
const random = makeRandom(seed);
console.log(`QFS_SEED=${seed}`);

const hash = (name, ...parts) => parts.reduce((state, part) => state.update(part), createHash(name)).digest();
const userOf = (bytes) => `user_${bytes.toString('hex')}`;
const list = (make) => Array.from({ length: COUNT }, make);

// The answers to one expression over a table of text columns, in the order of the rows.
function ask(count, table, expression) {
  const columns = Array.from({ length: count }, (_, i) => `v${i + 1}`);
  return rows(`CREATE TEMP TABLE input (n serial, ${columns.map((column) => `${column} text`).join(', ')});
COPY input (${columns.join(', ')}) FROM STDIN;
${table.map((row) => row.join('\t')).join('\n')}
\\.
SELECT ${expression} FROM input ORDER BY n;`);
}

test(`${COUNT} referral codes`, () => {
  const digits = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const users = list(() => userOf(random.bytes(32)));
  const wanted = users.map((user) => {
    let n = BigInt(`0x${hash('sha3-256', `${user}:QFS_REF_V1`).subarray(0, 16).toString('hex')}`);
    let code = '';
    for (; n > 0n; n /= 59n) code = digits[Number(n % 59n)] + code;
    return code.padStart(22, '0');
  });
  assert.deepEqual(ask(1, users.map((user) => [user]), 'qfs.referral_code(v1::qfs.user_id)'), wanted);
  assert.ok(wanted.some((code) => code.startsWith('0')));
  assert.equal(new Set(wanted).size, COUNT);
});

// Pairs in either order, and some that differ only late.
function pair() {
  const a = random.bytes(32);
  const b = random.chance(20) ? Buffer.from(a) : random.bytes(32);
  b[31] = a[31] ^ (1 + random.below(255));
  return [a, b];
}

const threadOf = (a, b) => hash('sha256', 'qfs:thread:v1\0', ...[a, b].sort(Buffer.compare));

test(`${COUNT} threads`, () => {
  const pairs = list(pair);
  assert.deepEqual(ask(2, pairs.map((ids) => ids.map(userOf)), 'qfs.thread(v1::qfs.user_id, v2::qfs.user_id)'),
    pairs.map(([a, b]) => threadOf(a, b).toString('hex')));
});

test(`${COUNT} messages`, () => {
  const messages = list(() => {
    const [sender, recipient] = pair();
    return { sender, recipient, seq: BigInt(`0x${random.bytes(8).toString('hex')}`) >> BigInt(11 + random.below(52)),
      nonce: random.bytes(12), body: random.bytes(17 + random.below(300)) };
  });
  const wanted = messages.map(({ sender, recipient, seq, nonce, body }) => {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(seq);
    return hash('sha256', 'qfs:message:v2\0', threadOf(sender, recipient), sender, recipient, number, nonce, body).toString('hex');
  });
  assert.deepEqual(ask(5, messages.map(({ sender, recipient, seq, nonce, body }) =>
    [userOf(sender), userOf(recipient), seq, nonce.toString('hex'), body.toString('hex')]),
  `qfs.message_hash(v1::qfs.user_id, v2::qfs.user_id, v3::bigint, decode(v4, 'hex'), decode(v5, 'hex'))`), wanted);
});
