// canonical.test.mjs - qfs.canonical() against npm's canonicalize (RFC 8785), byte for byte.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs a server: PGHOST and QFS_DATABASE name a database with the extension.
// Documents are written in many spellings, from a seed that is printed;
// QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import test from 'node:test';

import canonicalize from 'canonicalize';

import { fromHex, hexOf, psql, rows } from './psql.mjs';
import { makeRandom } from './random.mjs';
import { jcs } from './verify_export.mjs';

const DOCUMENTS = 6000;
const MAX = Number.MAX_SAFE_INTEGER;

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
console.log(`# canonical: QFS_SEED=${seed}`);
const random = makeRandom(seed);

// ---- documents, as text in one of their many spellings ----

const NASTY = ['', '"', '\\', '/', '\b', '\t', '\n', '\f', '\r', '\u0001', '\u001f', ' ', '\u007f', '\u0080', '\u00a0',
  '\u00e9', 'e\u0301', '\u2028', '\u2029', '\ud7ff', '\ue000', '\ufb33', '\ufeff', '\ufffd', '\uffff', '\u{10000}',
  '\u{1f600}', '\u{10ffff}', '\u202e', 'a', 'b', 'A', '0', '1', '10', '__proto__', 'constructor', 'toJSON', '<', '&'];

function codePoint() {
  const limit = random.pick([0x80, 0x800, 0x10000, 0x110000]);
  const point = 1 + random.below(limit - 1);
  return point >= 0xd800 && point <= 0xdfff ? 'x' : String.fromCodePoint(point);
}

function text() {
  const parts = Array.from({ length: random.below(random.chance(3) ? 300 : 6) },
    () => random.chance(50) ? random.pick(NASTY) : codePoint());
  return parts.join('');
}

const hex4 = (unit) => {
  const digits = unit.toString(16).padStart(4, '0');
  return `\\u${random.chance(50) ? digits : digits.toUpperCase()}`;
};

// Each UTF-16 unit of a character plain or as an escape, where JSON leaves the choice.
function spellString(value) {
  const spelled = Array.from(value, (character) => {
    if (random.chance(15)) return character.split('').map((unit) => hex4(unit.charCodeAt(0))).join('');
    return character === '/' && random.chance(50) ? '\\/' : JSON.stringify(character).slice(1, -1);
  });
  return `"${spelled.join('')}"`;
}

const EDGES = [0, 1, 9, 10, 255, 65535, 2 ** 31, 2 ** 32, 2 ** 52, MAX - 1, MAX, 1e15, 9007199254740000];

function spellInteger() {
  const random53 = () => Number(random.bytes(8).readBigUInt64BE() >> BigInt(11 + random.below(53)));
  const digits = random.pick(['', '-']) + String(random.chance(40) ? random.pick(EDGES) : random53());
  const zeros = /[1-9](0+)$/.exec(digits)?.[1].length ?? 0;
  switch (random.below(8)) {
    case 0: return `${digits}.${'0'.repeat(1 + random.below(4))}`;
    case 1: return `${digits}${random.pick(['e', 'E'])}${random.pick(['', '+', '-'])}0`;
    case 2: return zeros > 0 ? `${digits.slice(0, -zeros)}${random.pick(['e', 'E+', 'e+0'])}${zeros}` : digits;
    case 3: return `${digits}00.0e-2`.replace(/^(-?)0+(?=\d)/, '$1');
    default: return digits;
  }
}

const space = () => random.chance(10) ? random.pick([' ', '\n', '\t', '\r', '  ']) : '';

function spell(depth) {
  const list = (open, item, close) => {
    const items = Array.from({ length: random.below(random.chance(3) ? 40 : 5) }, item);
    return `${open}${space()}${items.join(`${space()},${space()}`)}${space()}${close}`;
  };
  switch (random.below(depth > 0 ? 9 : 5)) {
    case 0: return random.pick(['null', 'true', 'false']);
    case 1:
    case 2: return spellInteger();
    case 3:
    case 4: return spellString(text());
    case 5:
    case 6: return list('[', () => spell(depth - 1), ']');
    default: return list('{', () => `${spellString(text())}${space()}:${space()}${spell(depth - 1)}`, '}');
  }
}

// Nested to exactly this many levels.
function spellNested(levels) {
  let result = spell(0);
  for (let i = 0; i < levels; i++) {
    result = random.chance(50) ? `[${result}]` : `{${spellString(text())}:${result}}`;
  }
  return result;
}

// ---- to the server and back ----

const copyField = (field) => field.replace(/[\\\b\f\n\r\t\v]/g,
  (c) => `\\${{ '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\v': 'v' }[c]}`);

// pg_temp would not outlive one psql, so the helper is made where it is used.
const REFUSAL = `
CREATE FUNCTION pg_temp.refusal(j text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  d text;
BEGIN
  RETURN 'accepted ' || qfs.canonical(j::jsonb);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || coalesce(' ' || substring(d FROM 'QFS_[A-Z_]+'), '');
END $$;`;

// The answer (text) for each document, j; type is what it is stored as.
function ask(documents, expression, type = 'text') {
  const script = ['\\set ON_ERROR_STOP on', REFUSAL, `CREATE TEMP TABLE d (n int, j ${type});`, 'COPY d FROM STDIN;',
    ...documents.map((document, n) => `${n}\t${copyField(document)}`), '\\.',
    `SELECT ${hexOf(expression)} FROM d ORDER BY n;`, ''];
  const answers = psql(script.join('\n')).out.toString().split('\n').slice(0, -1).map(fromHex).map(String);
  assert.equal(answers.length, documents.length);
  return answers;
}

const refusals = (wrong) => ask(wrong, 'pg_temp.refusal(j)');

// ---- tests ----

const documents = Array.from({ length: DOCUMENTS }, (_, i) =>
  i % 10 === 0 ? spellNested(1 + random.below(32)) : spell(random.below(7)));
const NAMES = `{${NASTY.map((name, i) => `${JSON.stringify(name)}:${i}`).join()}}`;
documents.push(NAMES, '{"a":1,"a":2}', '-0', '[-0.0]', '{"\\ufb33":1,"\\ud83d\\ude00":2}', spellNested(32));

test(`${documents.length} documents have one canonical form`, () => {
  const answers = ask(documents, 'qfs.canonical(j::jsonb)');
  documents.forEach((document, i) => assert.equal(answers[i], canonicalize(JSON.parse(document)), `document ${i}`));
});

test('it is a fixed point, and the small implementation of the verifier agrees', () => {
  const canonical = documents.map((document) => canonicalize(JSON.parse(document)));
  const answers = ask(canonical, 'qfs.canonical(j::jsonb)');
  canonical.forEach((one, i) => assert.deepEqual([answers[i], jcs(JSON.parse(one))], [one, one], `document ${i}`));
});

test('qfs.sha256_jcs() is the SHA-256 of it', () => {
  const some = documents.slice(0, 500);
  assert.deepEqual(ask(some, 'qfs.sha256_jcs(j::jsonb)::text'),
    some.map((document) => createHash('sha256').update(canonicalize(JSON.parse(document))).digest('hex')));
});

test('the same from a table column, compressed and out of line', () => {
  const long = [1, 10, 100, 1000].map((n) => `[${Array.from({ length: n }, () => spell(2)).join()}]`);
  long.push(JSON.stringify({ long: 'abc'.repeat(100000), short: 1 }));
  assert.deepEqual(ask(long, 'qfs.canonical(j)', 'jsonb'), long.map((one) => canonicalize(JSON.parse(one))));
});

test('numbers that are no safe integers are refused, wherever they stand', () => {
  const digits = () => String(1 + random.below(999999));
  const outside = () => random.pick([
    () => `${digits()}.${digits()}5`, () => `0.${digits()}`, () => `${digits()}1e-1`,
    () => `${9007199254740992n + BigInt(digits())}`, () => `${digits()}e${16 + random.below(300)}`, () => `${digits()}5e-${1 + random.below(200)}`,
    () => `9007199254740991.${digits()}5`])();
  const numbers = Array.from({ length: 2000 }, () => random.pick(['', '-']) + outside());
  numbers.push('9007199254740992', '-9007199254740992', '9007199254740991.5', '1e16', '1.5', '1E400', '0.1', '1e-400');
  const where = [(n) => n, (n) => `[${n}]`, (n) => `{"a":${n}}`, (n) => `{"a":[1,{"b":${n}}]}`];
  const wrong = numbers.map((n) => random.pick(where)(n));
  refusals(wrong).forEach((answer, i) => assert.equal(answer, '22P02 QFS_JSON_NUMBER', wrong[i]));
});

test('a 33rd level is refused', () => {
  const wrong = Array.from({ length: 50 }, () => spellNested(33 + random.below(200)));
  refusals(wrong).forEach((answer, i) => assert.equal(answer, '22023 QFS_JSON_DEPTH', wrong[i]));
});

test('what no string can carry is refused', () => {
  const bad = ['\\u0000', '\\ud800', '\\udc00', '\\udbff', '\\udfff', '\\ude00\\ud83d', '\\ud83dx', '\\ud83d\\n'];
  const wrong = bad.flatMap((b) => [`"${b}"`, `["a${b}b"]`, `{"${b}":1}`, `{"a":{"b":["${b}"]}}`]);
  refusals(wrong).forEach((answer, i) => assert.match(answer, /^22P0[25]$/, wrong[i]));
  assert.throws(() => canonicalize('\ud800'));
});

test('what is no JSON at all is refused', () => {
  const wrong = ['', ' ', 'NaN', 'Infinity', '-Infinity', 'undefined', '01', '-', '+1', '.5', '1.', '1e', '0x10', '1_000',
    "'a'", '"a', '"\t"', '"\\x41"', '"\\u12"', '[1,]', '{"a":1,}', '{a:1}', '{"a" 1}', '[1 2]', '1 2', '[', '{', ']',
    'nul', 'True', '// c\n1', '{"a":1}}'];
  refusals(wrong).forEach((answer, i) => assert.equal(answer, '22P02', wrong[i]));
});

test('null gives null', () => {
  assert.deepEqual(rows('SELECT qfs.canonical(NULL) IS NULL, qfs.sha256_jcs(NULL) IS NULL'), ['t|t']);
});
