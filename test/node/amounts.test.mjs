// amounts.test.mjs - amounts, coherence and the holographic model against BigInt.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The C side is test/unit/amount_tool.c, and the SQL functions on the server.
// QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';

import { outcomes, rows } from './psql.mjs';
import { makeRandom } from './random.mjs';
import { makeTool } from './tool.mjs';

const INPUTS = 100000;
const SQL_INPUTS = 5000;

const ask = makeTool('amount_tool');

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
const random = makeRandom(seed);
console.log(`QFS_SEED=${seed}`);

// ---- numbers ----

const ONE = 10n ** 18n;
const MAX = 2n ** 128n - 1n;

const text = (n) => `${n / ONE}.${String(n % ONE).padStart(18, '0')}`;

// One of the ways to write an amount.
function written(n) {
  const full = text(n);
  return random.chance(50) ? full : full.replace(/\.?0+$/, '') || '0';
}

const EDGES = [1n, ONE, ONE * ONE, 2n ** 63n, 2n ** 64n, 2n ** 94n, 2n ** 127n, MAX, MAX / ONE, MAX / 10n, MAX / 2n, MAX / 3n,
  18446744073709551616n * 1000000000n].flatMap((n) => [n - 1n, n, n + 1n]).filter((n) => n <= MAX).concat(0n);

const clamp = (n, most = MAX) => (n < 0n ? 0n : n > most ? most : n);

function amount() {
  if (random.chance(20)) return random.pick(EDGES);
  return BigInt(`0x${random.bytes(16).toString('hex')}`) >> BigInt(random.below(128));
}

// From 0 to 1.
const UNIT_EDGES = [0n, 1n, 2n, ONE / 10n, ONE / 2n, ONE - 1n, ONE];
const fraction = () => (random.chance(30) ? random.pick(UNIT_EDGES) : BigInt(`0x${random.bytes(16).toString('hex')}`) % (ONE + 1n));

// A number near another one.
const near = (n) => clamp(n + BigInt(random.below(5)) - 2n);

// ---- the same, with numbers that have no end ----

class Failure extends Error {}

function fits(n) {
  if (n > MAX) throw new Failure('QFS_AMOUNT_OVERFLOW');
  if (n < 0n) throw new Failure('QFS_AMOUNT_UNDERFLOW');
  return n;
}

const times = (a, b) => fits(a * b / ONE);

function over(a, b) {
  if (b === 0n) throw new Failure('QFS_AMOUNT_DIVISION');
  return fits(a * ONE / b);
}

function hsmf(sRes, sFlx, sPsiSync, fAtr, sChr, lambda1, lambda2) {
  const cost = fits(sRes + fAtr + times(lambda1, sFlx) + times(lambda2, sPsiSync));
  const holo = over(ONE, fits(ONE + sRes + sFlx + sPsiSync));
  const parts = [times(sChr, holo), times(sFlx, cost), times(sRes, holo), times(sPsiSync, fAtr), times(fAtr, holo)];
  return [cost, holo, ...parts, fits(parts.reduce((a, b) => a + b))];
}

function score(...numbers) {
  const sum = numbers.slice(0, 6).reduce((a, feature, i) => a + feature * numbers[i + 6], 0n) / ONE;
  return sum < ONE ? sum : ONE;
}

const commands = {
  add: (a, b) => [fits(a + b)],
  sub: (a, b) => [fits(a - b)],
  mul: (a, b) => [times(a, b)],
  div: (a, b) => [over(a, b)],
  step: (c, q, alpha) => [(c * (ONE - alpha) + q * alpha) / ONE],
  score: (...numbers) => [score(...numbers)],
  hsmf: (...numbers) => hsmf(...numbers),
};

function expected(name, numbers) {
  try {
    return commands[name](...numbers).map(text).join(' ');
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

// ---- inputs, every second one close to where its result just fits ----

// The second number that goes with a first one.
const partners = {
  add: (a) => near(MAX - a),
  sub: (a) => near(a),
  mul: (a) => (a === 0n ? amount() : near(MAX * ONE / a)),
  div: (a) => near(a * ONE / MAX),
};

// Small enough to fit most of the time.
const moderate = () => (random.chance(90) ? amount() % 2n ** 90n : amount());

function inputOf(name) {
  if (name === 'step') return Array.from({ length: 3 }, fraction);
  if (name === 'score') return Array.from({ length: 12 }, () => (random.chance(50) ? fraction() : fraction() / 6n));
  if (name === 'hsmf') return Array.from({ length: 7 }, moderate);
  const a = amount();
  return [a, random.chance(50) ? partners[name](a) : amount()];
}

test(`${INPUTS} computations in C`, () => {
  const names = Object.keys(commands);
  const inputs = Array.from({ length: INPUTS }, (_, i) => {
    const name = names[i % names.length];
    return { name, numbers: inputOf(name) };
  });
  // Every edge with every edge, once.
  for (const name of ['add', 'sub', 'mul', 'div'])
    for (const a of EDGES) for (const b of EDGES) inputs.push({ name, numbers: [a, b] });

  const answers = ask(inputs.map(({ name, numbers }) => `${name} ${numbers.map(written).join(' ')}`));
  const seen = {};
  inputs.forEach(({ name, numbers }, i) => {
    const want = expected(name, numbers);
    if (answers[i] !== want) assert.fail(`${name} ${numbers.map(text).join(' ')}: ${answers[i]}, but BigInt says ${want}`);
    const key = `${name} ${want.startsWith('QFS_') ? want : 'fits'}`;
    seen[key] = (seen[key] ?? 0) + 1;
  });
  // It was a test of both: of what fits and of what does not.
  for (const key of ['add fits', 'add QFS_AMOUNT_OVERFLOW', 'sub fits', 'sub QFS_AMOUNT_UNDERFLOW', 'mul fits',
    'mul QFS_AMOUNT_OVERFLOW', 'div fits', 'div QFS_AMOUNT_OVERFLOW', 'div QFS_AMOUNT_DIVISION', 'step fits',
    'score fits', 'hsmf fits', 'hsmf QFS_AMOUNT_OVERFLOW'])
    assert.ok(seen[key] >= 50, `${key}: ${seen[key]}`);
});

test('a difference is seen', () => {
  assert.deepEqual(ask(['add 0.1 0.2', 'sub 1 2', 'div 1 0', 'mul 340282366920938463463.374607431768211455 1.000000000000000001']),
    ['0.300000000000000000', 'QFS_AMOUNT_UNDERFLOW', 'QFS_AMOUNT_DIVISION', 'QFS_AMOUNT_OVERFLOW']);
  assert.equal(expected('add', [ONE / 10n, ONE / 5n]), '0.300000000000000000');
  assert.notEqual(expected('add', [ONE / 10n, ONE / 5n + 1n]), '0.300000000000000000');
});

// ---- SQL: the same numbers as numeric values and as JSON ----

const FEATURES = ['clarity', 'contradiction', 'hsmf', 'logic', 'signal', 'topic'];

// One query over a table that was filled with COPY; a line of text for each input, in their order.
function inSql(columns, inputs, expression) {
  return rows(`CREATE TEMP TABLE input (n serial, ${columns.map((column) => `${column} qfs.amount`).join(', ')});
COPY input (${columns.join(', ')}) FROM STDIN;
${inputs.map((numbers) => numbers.map(written).join('\t')).join('\n')}
\\.
SELECT ${expression} FROM input ORDER BY n;`);
}

const names = (count) => Array.from({ length: count }, (_, i) => `v${i + 1}`);

function fittingInput(name) {
  for (;;) {
    const numbers = inputOf(name);
    if (!expected(name, numbers).startsWith('QFS_')) return numbers;
  }
}

function compare(name, columns, expression) {
  const inputs = Array.from({ length: SQL_INPUTS }, () => fittingInput(name));
  assert.deepEqual(inSql(columns, inputs, expression), inputs.map((numbers) => expected(name, numbers)));
}

const object = (columns) => `jsonb_build_object(${FEATURES.map((feature, i) => `'${feature}', ${columns[i]}::text`).join(', ')})`;

test(`${SQL_INPUTS} steps, scores and models in SQL`, () => {
  compare('step', names(3), 'qfs.coherence_step(v1, v2, v3)');
  compare('score', names(12), `qfs.coherence_score(${object(names(12))}, ${object(names(12).slice(6))})`);
  compare('hsmf', names(7), `(SELECT concat_ws(' ', m.action_cost, m.c_holo, m.chr, m.flx, m.res, m.psi, m.atr, m.total)
    FROM qfs.hsmf(v1, v2, v3, v4, v5, v6, v7) m)`);
});

test('what does not fit is an error in SQL', () => {
  const max = text(MAX);
  assert.deepEqual(outcomes([
    `SELECT qfs.hsmf(${max}, 0, 0, 0, 0, 0, 0)`,
    `SELECT qfs.hsmf(0, 0, 0, ${max}, ${max}, 0, 0)`,
    'SELECT qfs.coherence_step(1.000000000000000001, 0, 0)',
    'SELECT qfs.coherence_step(0, 1.000000000000000001, 0)',
    'SELECT qfs.coherence_step(0, 0, 1.000000000000000001)',
    `SELECT qfs.coherence_score('{"truth": "1"}', '{}')`,
    `SELECT qfs.coherence_score('{"topic": "1.000000000000000001"}', '{}')`,
    `SELECT qfs.coherence_score('{}', '{"topic": 1}')`,
    'SELECT qfs.coherence_step(1, 1, 1)',
  ]), ['22003 QFS_AMOUNT_OVERFLOW', '22003 QFS_AMOUNT_OVERFLOW', '22023 QFS_ARGUMENT', '22023 QFS_ARGUMENT', '22023 QFS_ARGUMENT',
    '22023 QFS_FEATURES_INVALID', '22023 QFS_FEATURES_INVALID', '22023 QFS_FEATURES_INVALID', '00000 ']);
});
