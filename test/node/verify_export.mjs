// verify_export.mjs - an independent verifier of an exported ledger: plain JavaScript, nothing of qfs.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   node verify_export.mjs FILE [--checkpoint FILE]... [--key VKEY]
//
// Written from docs/format.md.  It reads lines as any library writes JSON, and checks hashes, links,
// times, key rotations, the Merkle root and signed checkpoints; it does not
// know the rules behind the outcomes.  Exit code: 0 sound, 1 a fault was
// found, 2 wrong usage or an unreadable file.

import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { isPoint, isSigned } from './ed25519_rule.mjs';
import { readJson } from './read_json.mjs';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
export const leafHash = (bytes) => sha256(Buffer.of(0), bytes);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const partSalt = (salt, name) => sha256(Buffer.of(3), salt, name).subarray(0, 16);

// ---- RFC 8785, integers only: JavaScript's own JSON, keys sorted by UTF-16 code unit ----

export function jcs(value, depth = 0) {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error(`${value} is not an integer`);
  // With the flag u, a surrogate that matches is a lone one.
  if (typeof value === 'string' && /[\0\ud800-\udfff]/u.test(value)) throw new Error('NUL or a lone surrogate');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (depth === 32) throw new Error('deeper than 32 levels');
  if (Array.isArray(value)) return `[${value.map((item) => jcs(item, depth + 1)).join(',')}]`;
  return `{${Object.keys(value).sort().map((key) => `${jcs(key)}:${jcs(value[key], depth + 1)}`).join(',')}}`;
}

// ---- the tree of RFC 6962: roots of perfect subtrees, the largest first ----

class Tree {
  size = 0;
  peaks = [];

  add(leaf) {
    let hash = leaf;
    for (let rest = this.size++; rest % 2 === 1; rest = (rest - 1) / 2) hash = nodeHash(this.peaks.pop(), hash);
    this.peaks.push(hash);
  }

  root() {
    return this.size === 0 ? sha256() : this.peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

// ---- signed notes ----

export function vkeyOf(origin, key) {
  const typed = Buffer.concat([Buffer.of(1), key]);
  const id = sha256(`${origin}\n`, typed).subarray(0, 4);
  return `${origin}+${id.toString('hex')}+${typed.toString('base64')}`;
}

function parseCheckpoint(note) {
  const split = note.lastIndexOf('\n\n');
  const body = note.slice(0, split + 1);
  const [origin, size, root] = body.split('\n');
  const signatures = note.slice(split + 2).split('\n').filter((line) => line !== '')
    .map((line) => /^\u2014 (\S+) (\S+)$/.exec(line))
    .map(([, name, base64]) => ({ name, field: Buffer.from(base64, 'base64') }));
  return { body, origin, size: Number(size), root: Buffer.from(root, 'base64'), signatures };
}

function isCheckpointOf(checkpoint, vkey) {
  const [, name, id, base64] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(vkey);
  return checkpoint.signatures.some((signature) => signature.name === name &&
    signature.field.subarray(0, 4).toString('hex') === id &&
    isSigned(Buffer.from(checkpoint.body), signature.field.subarray(4), Buffer.from(base64, 'base64').subarray(1)));
}

// ---- the ledger ----

const MEMBERS = 'accounts act at outcome payload prev salt seq sig v'.split(' ').join();
const PARTS = ['act', 'outcome', 'payload', 'sig'];

function parseEntry(bytes) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const entry = readJson(text);
  // A line has a level more than its payload may have.
  jcs(entry, -1);
  if (Object.keys(entry).sort().join() !== MEMBERS || entry.v !== 2 || !/^[0-9a-f]{32}$/.test(entry.salt) || !Array.isArray(entry.accounts)) throw new Error('not an entry');
  if (Buffer.byteLength(jcs(entry.payload)) > 65535) throw new Error('a payload longer than 65535 bytes');
  return entry;
}

const commitment = (salt, name, part) => sha256(Buffer.of(2), partSalt(salt, name), jcs(part));

// The head of a full line: its parts become what commits to them.
export function headOf({ at, prev, seq, v, ...entry }) {
  const salt = Buffer.from(entry.salt, 'hex');
  const accounts = new Tree();
  for (const part of entry.accounts) {
    accounts.add(leafHash(commitment(salt, Buffer.concat([Buffer.from(`${part.kind}\0`), Buffer.from(part.account.slice(5), 'hex')]), part)));
  }
  const commitments = Object.fromEntries(PARTS.map((name) => [name, commitment(salt, name, entry[name]).toString('hex')]));
  return jcs({ accounts: accounts.root().toString('hex'), at, prev, seq, v, ...commitments });
}

// Keys of entry 0, or those that follow: signed by the checkpoint key before, or by the recovery key if the entry says so.
function nextKeys({ seq, payload: { by, keys: named, signature } }, before, ledger) {
  const hex = (digits) => Buffer.from(digits, 'hex');
  const checkpoint = hex(named.checkpoint);
  const token = hex(named.token);
  const last = before.at(-1);
  if (seq > 0 && by === undefined && named.recovery !== undefined) throw new Error('a rotation names a recovery key');
  const recovery = named.recovery === undefined ? last?.recovery : hex(named.recovery);
  if (![checkpoint, token, ...recovery ? [recovery] : []].every(isPoint)) throw new Error('a key is not a point of prime order');
  if (recovery && (recovery.equals(checkpoint) || recovery.equals(token))) throw new Error('the recovery key is in the key file');
  if (seq > 0) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(before.length));
    const signer = by === undefined ? last.checkpoint : by === 'recovery' && last.recovery;
    if (!signer) throw new Error('there is no recovery key');
    const message = Buffer.concat(by === undefined ? [Buffer.from('qfs:key-rotation:v1\0'), ledger, checkpoint, token]
      : [Buffer.from('qfs:key-recovery:v1\0'), ledger, number, checkpoint, token, recovery]);
    if (!isSigned(message, hex(signature), signer)) throw new Error('the rotation is not endorsed');
  }
  return { checkpoint, recovery };
}

function checkCheckpoint(checkpoint, tree, origin, keys, fault) {
  const wrong = (what) => fault(`checkpoint ${checkpoint.size}: ${what}`);
  if (checkpoint.origin !== origin) wrong(`of another ledger, ${checkpoint.origin}`);
  else if (checkpoint.size !== tree.size) wrong(`the ledger has ${tree.size} entries`);
  else if (keys.length === 0 || !isCheckpointOf(checkpoint, vkeyOf(origin, keys.at(-1).checkpoint))) wrong('not signed by the key in force');
  else if (!checkpoint.root.equals(tree.root())) wrong('another root');
}

// lines: Buffers without line ends; checkpoints: texts of notes.
// Returns size, root, origin, keys (verifier keys, in their order) and faults.
export function verifyExport(lines, { checkpoints = [], key } = {}) {
  const tree = new Tree();
  const faults = [];
  const keys = [];
  const due = checkpoints.map(parseCheckpoint).sort((a, b) => a.size - b.size);
  const fault = (what) => faults.push(what);
  let origin;
  let ledger;
  let last = { hash: Buffer.alloc(32), at: 0 };

  for (const [seq, bytes] of lines.entries()) {
    // What cannot be read has no head, and so another hash than the next entry names.
    let hash = leafHash(bytes);
    try {
      const entry = parseEntry(bytes);
      hash = leafHash(headOf(entry));
      if (entry.seq !== seq) fault(`entry ${seq}: it says ${entry.seq}`);
      if (entry.prev !== last.hash.toString('hex')) fault(`entry ${seq}: does not link to the entry before`);
      if (entry.at < last.at) fault(`entry ${seq}: older than the entry before`);
      if (seq === 0) [origin, ledger] = [entry.payload.origin, hash];
      const { type } = entry.act;
      if (seq === 0 ? type !== 'GENESIS' : type === 'GENESIS') fault(`entry ${seq}: ${type}`);
      if (type === 'GENESIS' || type === 'KEY_ROTATED') keys.push(nextKeys(entry, keys, ledger));
      last = { hash, at: entry.at };
    } catch (error) {
      fault(`entry ${seq}: ${error.message}`);
      last = { hash, at: last.at };
    }
    tree.add(hash);
    while (due.length > 0 && due[0].size <= tree.size) checkCheckpoint(due.shift(), tree, origin, keys, fault);
  }
  for (const checkpoint of due) checkCheckpoint(checkpoint, tree, origin, keys, fault);
  const vkeys = keys.map((one) => vkeyOf(origin, one.checkpoint));
  if (lines.length === 0) fault('there are no entries');
  if (key !== undefined && !vkeys.includes(key)) fault(`the ledger never used the key ${key}`);
  return { size: tree.size, root: tree.root().toString('hex'), origin, keys: vkeys, faults };
}

// The lines of a JSONL file; a last line without a line end counts.
export function splitLines(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    lines.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

// What becomes of a file on its way is no fault of the ledger's.
function checkTransport(bytes, lines) {
  if (bytes.length === 0) throw new Error('it is empty');
  if (bytes.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf))) throw new Error('it begins with a byte order mark');
  const ending = lines.findIndex((line) => line.at(-1) === 13);
  if (ending >= 0) throw new Error(`line ${ending + 1} ends in CR LF`);
  if (bytes.at(-1) !== 10 && lines.at(-1).at(-1) !== 125) throw new Error(`it is cut off, line ${lines.length} does not end`);
}

// ---- as a program ----

function main(args) {
  const files = [];
  const options = { checkpoints: [] };
  try {
    while (args.length > 0) {
      const arg = args.shift();
      if (arg === '--checkpoint') options.checkpoints.push(readFileSync(args.shift(), 'utf8').replace(/\n\n$/, '\n'));
      else if (arg === '--key') options.key = args.shift();
      else files.push(arg);
    }
    if (files.length !== 1) throw new Error('which file?');
    const bytes = readFileSync(files[0]);
    const lines = splitLines(bytes);
    checkTransport(bytes, lines);
    const result = verifyExport(lines, options);
    result.faults.forEach((what) => console.log(`fault: ${what}`));
    if (result.faults.length > 0) return 1;
    console.log(`sound: ${result.size} entries of ${result.origin}, ${options.checkpoints.length} checkpoints`);
    console.log(`root: ${result.root}`);
    return 0;
  } catch (error) {
    console.error(`verify_export: ${error.message}`);
    return 2;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2));
}
