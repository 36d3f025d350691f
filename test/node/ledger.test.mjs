// ledger.test.mjs - a whole ledger through the independent verifier, and the verifier itself through forgeries.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs a server: PGHOST and QFS_DATABASE name a database with a ledger that
// has rotated its keys.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import canonicalize from 'canonicalize';

import { fromHex, hexOf, rows, value } from './psql.mjs';
import { canonicalLine, foreignLine } from './respell.mjs';
import { headOf, jcs, leafHash, splitLines, verifyExport, vkeyOf } from './verify_export.mjs';

const lines = rows(`SELECT ${hexOf('e')} FROM qfs.export() e`).map(fromHex);
const entries = lines.map((line) => JSON.parse(line));
const rotations = entries.filter((entry) => entry.act.type === 'KEY_ROTATED').map((entry) => entry.seq);
const sizes = [...new Set([1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 1000, 4096, 65535, 65536, 65537,
  ...rotations.flatMap((seq) => [seq, seq + 1, seq + 2]), lines.length - 1, lines.length])]
  .filter((size) => size <= lines.length);
const checkpoints = sizes.map((size) => fromHex(value(`SELECT ${hexOf(`qfs.checkpoint(${size})`)}`)).toString());
const firstKey = vkeyOf(entries[0].payload.origin, Buffer.from(entries[0].payload.keys.checkpoint, 'hex'));

test(`${lines.length} entries and ${sizes.length} checkpoints are sound`, () => {
  const result = verifyExport(lines, { checkpoints, key: firstKey });
  assert.deepEqual(result.faults, []);
  assert.equal(result.size, Number(value('SELECT size FROM qfs.head()')));
  assert.equal(result.root, value('SELECT qfs.root((SELECT size FROM qfs.head()))'));
  assert.equal(result.origin, entries[0].payload.origin);
  assert.ok(rotations.length >= 2);
  assert.equal(result.keys.length, rotations.length + 1);
  assert.equal(result.keys.at(-1), value('SELECT qfs.vkey()'));
});

test('every line is what canonicalize makes of it', () => {
  lines.forEach((line, seq) => assert.equal(line.toString(), canonicalize(entries[seq]), `entry ${seq}`));
});

test('the hashes and links in the table are those of the lines', () => {
  const stored = rows("SELECT seq || ' ' || hash::text || ' ' || prev::text FROM qfs.ledger ORDER BY seq");
  let prev = '0'.repeat(64);
  stored.forEach((row, seq) => {
    const hash = leafHash(headOf(entries[seq])).toString('hex');
    assert.equal(row, `${seq} ${hash} ${prev}`);
    prev = hash;
  });
  assert.equal(stored.length, lines.length);
});

test('the longest payload that there can be is there', () => {
  assert.equal(Math.max(...entries.map(({ payload }) => Buffer.byteLength(jcs(payload)))), 65535);
});

// ---- what a forger could do to a short ledger: the verifier is no rubber stamp ----

const SHORT = rotations[0] + 40;
const shortCheckpoint = fromHex(value(`SELECT ${hexOf(`qfs.checkpoint(${SHORT})`)}`)).toString();
const short = () => lines.slice(0, SHORT);
const faultsOf = (changed, options = { checkpoints: [shortCheckpoint], key: firstKey }) =>
  verifyExport(changed, options).faults;

function replaceIn(seq, pattern, text) {
  const changed = short();
  const line = changed[seq].toString();
  changed[seq] = Buffer.from(line.replace(pattern, text));
  assert.notEqual(changed[seq].toString(), line);
  return changed;
}

// As somebody would who has the whole file and a program, but not the key.
function rehash(changed) {
  let prev = '0'.repeat(64);
  return changed.map((line) => {
    const relinked = { ...JSON.parse(line), prev };
    prev = leafHash(headOf(relinked)).toString('hex');
    return Buffer.from(jcs(relinked, -1));
  });
}

const K = rotations[0] + 10;
const flipped = (note) => note.replace(/(.)([A-Za-z0-9+/=]{20}\n)$/, (_, c, rest) => (c === 'A' ? 'B' : 'A') + rest);
const forgeries = [
  ['a changed byte', () => replaceIn(K, /"payload":\{/, '"payload":{"":0,'), [`entry ${K + 1}: does not link`, 'another root']],
  ['a changed time', () => replaceIn(K, /"at":\d/, '"at":9'), [`entry ${K + 1}: does not link`, 'older than', 'another root']],
  ['a member twice', () => replaceIn(K, '"v":2', '"v":2, "v":2'), [`entry ${K}: the member "v" twice`]],
  ['and spelled otherwise', () => replaceIn(K, '"v":2', '"v":2,"\\u0076":2'), [`entry ${K}: the member "v" twice`]],
  ['a fraction too small to see', () => replaceIn(K, '"v":2', '"v":2.00000000000000000000001'), [`entry ${K}: 2.00000000000000000000001 is not`]],
  ['a number that is too large', () => replaceIn(K, '"payload":{', '"payload":{"":9007199254740993,'), [`entry ${K}: 9007199254740993 is not`]],
  ['a lone surrogate', () => replaceIn(K, '"payload":{', '"payload":{"":"\\ud800",'), [`entry ${K}: NUL or a lone`]],
  ['another value in another spelling', () => replaceIn(K, '"payload":{', '"payload": {"":0, '), [`entry ${K + 1}: does not link`, 'another root']],
  ['another salt', () => replaceIn(K, /"salt":"(.)/, (_, digit) => `"salt":"${digit === '0' ? '1' : '0'}`), [`entry ${K + 1}: does not link`, 'another root']],
  ['another outcome', () => replaceIn(K, '"outcome":{}', '"outcome":{"":0}'), [`entry ${K + 1}: does not link`, 'another root']],
  ['another actor', () => replaceIn(K, '"actor":"', '"actor":"x'), [`entry ${K + 1}: does not link`, 'another root']],
  ['another version', () => replaceIn(K, '"v":2', '"v":1'), [`entry ${K}: not an entry`]],
  ['another member', () => replaceIn(K, '"v":2', '"v":2,"w":0'), [`entry ${K}: not an entry`]],
  ['no salt', () => replaceIn(K, /"salt":"[0-9a-f]*",/, ''), [`entry ${K}: not an entry`]],
  ['no JSON', () => replaceIn(K, /^\{/, '('), [`entry ${K}: `]],
  ['bytes that are not UTF-8', () => short().with_(K, Buffer.concat([lines[K], Buffer.of(0xff)])), [`entry ${K}: `]],
  ['an empty line', () => short().with_(K, Buffer.alloc(0)), [`entry ${K}: `]],
  ['a removed entry', () => short().filter((_, i) => i !== K), [`entry ${K}: it says ${K + 1}`, 'the ledger has']],
  ['a repeated entry', () => short().flatMap((line, i) => i === K ? [line, line] : [line]), [`entry ${K + 1}: it says ${K}`]],
  ['two swapped entries', () => short().with_(K, lines[K + 1]).with_(K + 1, lines[K]), [`entry ${K}: it says ${K + 1}`]],
  ['a missing end', () => lines.slice(0, SHORT - 1), [`the ledger has ${SHORT - 1} entries`]],
  ['a missing beginning', () => lines.slice(1, SHORT), ['entry 0: it says 1', 'entry 0: EVENT_TYPE']],
  ['a chain that was hashed anew', () => rehash(replaceIn(K, /"payload":\{/, '"payload":{"":0,')), ['another root']],
  ['a rotation that nobody endorsed', () => rehash(replaceIn(rotations[0], /"signature":"(.)/,
    (_, digit) => `"signature":"${digit === '0' ? '1' : '0'}`)), [`entry ${rotations[0]}: the rotation`, 'not signed by the key']],
];

// Array.prototype.with is younger than node 18.
Object.defineProperty(Array.prototype, 'with_', { value(index, item) {
  return this.map((old, i) => i === index ? item : old);
} });

test('as other libraries write it, it is sound', () => {
  assert.deepEqual(faultsOf(short().map((line) => Buffer.from(foreignLine(line.toString())))), []);
  assert.deepEqual(short().map((line) => canonicalLine(foreignLine(line.toString()))), short().map(String));
});

test('the short ledger itself is sound', () => assert.deepEqual(faultsOf(short()), []));

for (const [name, forge, expected] of forgeries) {
  test(`found: ${name}`, () => {
    const faults = faultsOf(forge()).join('\n');
    expected.forEach((words) => assert.ok(faults.includes(words), `${words} in:\n${faults}`));
  });
}

test('found: a checkpoint that is not this ledger\'s', () => {
  const wrong = (note) => faultsOf(short(), { checkpoints: [note] }).join('\n');
  assert.match(wrong(shortCheckpoint.replace(/^/, 'x')), /of another ledger/);
  assert.match(wrong(flipped(shortCheckpoint)), /not signed by the key in force/);
  assert.match(wrong(shortCheckpoint.replace(`\n${SHORT}\n`, `\n${SHORT - 1}\n`)), /not signed by the key in force/);
  assert.match(wrong(checkpoints.at(-1)), /the ledger has/);
  assert.deepEqual(faultsOf(short(), { key: firstKey.replace(/\+.*/, '+00000000+AA==') }).length, 1);
});

// ---- the program ----

const folder = mkdtempSync(join(tmpdir(), 'qfs-export-'));
after(() => rmSync(folder, { recursive: true }));

function run(...args) {
  const program = join(dirname(fileURLToPath(import.meta.url)), 'verify_export.mjs');
  const { status, stdout } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return [status, stdout];
}

function file(name, content) {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const jsonl = (list) => Buffer.concat(list.flatMap((line) => [line, Buffer.from('\n')]));

test('the program says the same, by its exit code too', () => {
  const note = file('note', shortCheckpoint);
  const [status, out] = run(file('sound', jsonl(short())), '--checkpoint', note, '--key', firstKey);
  assert.equal(status, 0, out);
  assert.match(out, new RegExp(`^sound: ${SHORT} entries of .*, 1 checkpoints\nroot: [0-9a-f]{64}\n$`));
  assert.deepEqual(splitLines(jsonl(short())), short());
  // On its way.
  assert.equal(run(file('cut', jsonl(short()).subarray(0, -40)), '--checkpoint', note)[0], 2);
  assert.equal(run(file('crlf', jsonl(short()).toString().replaceAll('\n', '\r\n')), '--checkpoint', note)[0], 2);
  assert.equal(run(file('mark', `\ufeff${jsonl(short())}`), '--checkpoint', note)[0], 2);
  assert.equal(run(file('empty', ''))[0], 2);
  assert.equal(run(join(folder, 'missing'))[0], 2);
  assert.equal(run()[0], 2);
});
