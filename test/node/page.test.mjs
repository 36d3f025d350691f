// page.test.mjs - what the page verifies with (src/web), against the extension and through forgeries.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs a server: PGHOST and QFS_DATABASE name a database with a ledger.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';

import { equal, fromBase64, fromBase64url, fromHex as bytesOf, sha256, toBase64, toBase64url, toHex } from '../../src/web/bytes.mjs';
import { canonical } from '../../src/web/canonical.mjs';
import { openCheckpoint, readProof, readVkey } from '../../src/web/note.mjs';
import { readLine } from '../../src/web/rules/entry.mjs';
import { amount, visible } from '../../src/web/text.mjs';
import { climb, growingTree, isConsistent } from '../../src/web/tree.mjs';
import { fromHex, hexOf, rows, value } from './psql.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

const LARGEST = 40;
const leaves = rows(`SELECT hash::text FROM qfs.ledger WHERE seq < ${LARGEST} ORDER BY seq`).map(bytesOf);
const roots = rows(`SELECT qfs.root(n)::text FROM generate_series(1, ${LARGEST}) n`).map(bytesOf);
const hashes = (list) => (list === '' ? [] : list.split(',').map(bytesOf));
const flip = (bytes, i = 0) => bytes.map((byte, at) => (at === i ? byte ^ 1 : byte));
const rootOf = async (leaf, seq, size, proof) => {
  const steps = await climb(leaf, seq, size, proof);
  return steps.length === 0 ? leaf : steps.at(-1).hash;
};

test('every inclusion proof of every small tree leads to its root, and no altered one does', async () => {
  const proofs = rows(`SELECT seq || ' ' || size || ' ' || array_to_string(qfs.inclusion_proof(seq, size)::text[], ',')
    FROM generate_series(1, ${LARGEST}) size, generate_series(0, size - 1) seq`);
  assert.equal(proofs.length, (LARGEST * (LARGEST + 1)) / 2);
  for (const row of proofs) {
    const [seq, size, list] = row.split(' ');
    const [n, all, proof, root] = [Number(seq), Number(size), hashes(list), roots[size - 1]];
    assert.ok(equal(await rootOf(leaves[n], n, all, proof), root), row);
    const wrong = [[flip(leaves[n]), n, all, proof], [leaves[n], n, all, [...proof, leaves[n]]], [leaves[n], all, all, proof],
      ...proof.map((_, i) => [leaves[n], n, all, proof.filter((hash, at) => at !== i)]),
      ...proof.map((_, i) => [leaves[n], n, all, proof.map((hash, at) => (at === i ? flip(hash) : hash))])];
    for (const args of wrong) {
      const got = await rootOf(...args).catch(() => null);
      assert.ok(got === null || !equal(got, root), row);
    }
    // The left side of the path is what a tree goes on from.
    const lefts = (await climb(leaves[n], n, all, proof)).filter((step) => step.side === 'left').map((step) => step.sibling).reverse();
    const tree = growingTree(n, lefts);
    for (let i = n; i < all; i++) await tree.add(leaves[i]);
    assert.ok(equal(await tree.root(), root), row);
  }
});

test('every consistency proof of every small tree holds, and no altered one does', async () => {
  const proofs = rows(`SELECT old || ' ' || size || ' ' || array_to_string(qfs.consistency_proof(old, size)::text[], ',')
    FROM generate_series(1, ${LARGEST}) size, generate_series(1, size) old`);
  for (const row of proofs) {
    const [from, to, list] = row.split(' ');
    const [old, size, proof] = [Number(from), Number(to), hashes(list)];
    const [oldRoot, root] = [roots[old - 1], roots[size - 1]];
    assert.ok(await isConsistent(old, size, proof, oldRoot, root), row);
    assert.ok(!await isConsistent(old, size, proof, flip(oldRoot), root), row);
    assert.ok(!await isConsistent(old, size, proof, oldRoot, flip(root)), row);
    assert.ok(!await isConsistent(old, size, [...proof, root], oldRoot, root), row);
    for (let i = 0; i < proof.length; i++) {
      assert.ok(!await isConsistent(old, size, proof.map((hash, at) => (at === i ? flip(hash) : hash)), oldRoot, root), row);
      assert.ok(!await isConsistent(old, size, proof.filter((_, at) => at !== i), oldRoot, root), row);
    }
  }
  assert.ok(!await isConsistent(2, 1, [], roots[1], roots[0]));
});

test('a tree of nothing is consistent with every other, by an empty proof from the empty root alone', async () => {
  const empty = await sha256();
  const [one, root] = [roots[0], roots[6]];
  for (const [old, size, proof, oldRoot, newRoot, holds] of [
    [0, 7, [], empty, root, true], [0, 1, [], empty, one, true], [0, 0, [], empty, empty, true],
    [0, 7, [], root, root, false], [0, 7, [], one, root, false], [0, 7, [], flip(empty), root, false], [0, 7, [], new Uint8Array(32), root, false],
    [0, 7, [], new Uint8Array(0), root, false], [0, 7, [empty], empty, root, false], [0, 7, [root], empty, root, false], [0, 7, [one, root], empty, root, false],
    [0, 0, [], empty, root, false], [0, 0, [], root, root, false], [0, 0, [empty], empty, empty, false], [7, 0, [], root, empty, false], [1, 0, [], empty, empty, false],
    [-1, 7, [], empty, root, false], [-1, -1, [], root, root, false], [0.5, 7, [], empty, root, false], [NaN, 7, [], empty, root, false], [1, NaN, [], one, one, false],
    ['0', 7, [], empty, root, false], [undefined, undefined, [], root, root, false], [2 ** 53, 2 ** 53, [], root, root, false],
  ]) assert.equal(await isConsistent(old, size, proof, oldRoot, newRoot), holds, `${old} ${size} ${proof.length} ${toHex(oldRoot)}`);
});

test('core gives the same verdicts on a tree of nothing', () => {
  const [empty, root] = [value("SELECT qfs.root(0)"), value('SELECT qfs.root(7)')];
  for (const [old, size, proof, oldRoot, newRoot, holds] of [
    [0, 7, [], empty, root, 't'], [0, 0, [], empty, empty, 't'], [0, 7, [], root, root, 'f'], [0, 7, [empty], empty, root, 'f'], [0, 7, [root], empty, root, 'f'],
    [0, 0, [], empty, root, 'f'], [0, 0, [], root, root, 'f'], [7, 0, [], root, empty, 'f'], [1, 0, [], empty, empty, 'f'],
  ]) assert.equal(value(`SELECT qfs.verify_consistency(${old}, ${size}, '{${proof}}'::qfs.hash[], '${oldRoot}', '${newRoot}')`), holds, `${old} ${size} ${proof} ${oldRoot}`);
});

test('a line, full or its head alone, has the hash that the extension gives it', async () => {
  const table = rows(`SELECT seq || ' ' || hash::text || ' ' || ${hexOf('qfs.entry(seq)')} || ' ' || ${hexOf('qfs.entry_head(seq)')} FROM qfs.ledger WHERE seq < 300 ORDER BY seq`).map((row) => row.split(' '));
  for (const [seq, hash, ...hex] of table) {
    const [line, head] = hex.map((digits) => fromHex(digits).toString());
    const [full, bare] = await Promise.all([readLine(line), readLine(head)]);
    assert.deepEqual([full.hash, bare.hash, full.isFull, bare.isFull], [hash, hash, true, false], seq);
    assert.equal(canonical(full.head), head);
    assert.equal(full.entry.act.type, JSON.parse(line).act.type);
    assert.equal(bare.entry.act, undefined);
  }
  assert.ok(table.length > 100);
  const deep = (levels) => (levels === 0 ? {} : { a: deep(levels - 1) });
  for (const bad of [1.5, 2 ** 53, NaN, '\0', '\ud800', { '\udc00': 1 }, deep(33)]) assert.throws(() => canonical(bad));
  assert.equal(canonical({ b: [null, true, 'é'], a: -1 }), '{"a":-1,"b":[null,true,"é"]}');
});

test('checkpoints and proof files open under their key alone', async () => {
  const key = await readVkey(value('SELECT qfs.vkey()'));
  const text = fromHex(value(`SELECT ${hexOf('qfs.checkpoint()')}`)).toString();
  const checkpoint = await openCheckpoint(text, key);
  assert.equal(checkpoint.size, Number(value('SELECT size FROM qfs.head()')));
  assert.equal(toHex(checkpoint.root), value('SELECT qfs.root((SELECT size FROM qfs.head()))'));
  const file = readProof(fromHex(value(`SELECT ${hexOf('qfs.tlog_proof(7)')}`)).toString());
  assert.deepEqual([file.seq, file.checkpoint], [7, text]);
  assert.ok(equal(await rootOf(leaves[7], 7, checkpoint.size, file.proof), checkpoint.root));
  const first = value('SELECT qfs.vkey(1)');
  assert.notEqual(first, key.text);
  await assert.rejects(openCheckpoint(text, await readVkey(first)), /not signed by the key/);
  for (let i = 0; i < text.length; i++) {
    const changed = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
    await assert.rejects(openCheckpoint(changed, key), Error, `byte ${i}`);
  }
  const otherHash = key.text.replace(/\+(\w)/, (_, digit) => `+${digit === '0' ? '1' : '0'}`);
  for (const bad of [otherHash, `${key.text}A`, key.text.replace('+', ' '), 'x']) await assert.rejects(readVkey(bad), Error, bad);
  for (const bad of ['', 'c2sp.org/tlog-proof@v2\nindex 1\n\n', 'c2sp.org/tlog-proof@v1\nindex 01\n\n', 'c2sp.org/tlog-proof@v1\nindex 1\n%\n\n']) assert.throws(() => readProof(bad), Error, bad);
});

test('bytes and their text forms, there and back', () => {
  for (const length of [0, 1, 2, 3, 32, 10000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
    assert.equal(toBase64url(bytes), Buffer.from(bytes).toString('base64url'));
    assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
    for (const [write, read] of [[toBase64, fromBase64], [toBase64url, fromBase64url], [toHex, bytesOf]]) assert.deepEqual(read(write(bytes)), bytes);
  }
  for (const bad of ['0', '0G', 'AB', ' 00']) assert.throws(() => bytesOf(bad), Error, bad);
  for (const bad of ['QR==', 'Q', 'QQ', '!!!!']) assert.throws(() => fromBase64(bad), Error, bad);
});

test('what hides is shown, and amounts are cut and never rounded up', () => {
  assert.equal(visible('a\u202eb\u0000\u2066\u200b\ufeff\n\tc'), 'a\u27e8U+202E\u27e9b\u27e8U+0000\u27e9\u27e8U+2066\u27e9\u27e8U+200B\u27e9\u27e8U+FEFF\u27e9\n\tc');
  const woman = '\u{1f469}\u200d\u{1f4bb}';
  assert.equal(visible(woman), woman);
  const shown = [['100.000000000000000000'], ['0.099999999999999999'], ['1234567.5'], ['0.000000000000000001'], ['7', 0], ['1000']];
  assert.deepEqual(shown.map((args) => amount(...args)), ['100', '0.0999', '1\u202f234\u202f567.5', '0', '7', '1\u202f000']);
});
