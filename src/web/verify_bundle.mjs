// verify_bundle.mjs - what an explanation rests on, checked by the reader: in a browser or in Node, with WebCrypto alone.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   const answer = await verifyBundle(bundle, vkey)   // bundle: object or JSON text
//
// Checks the checkpoint's signature (C2SP signed note), that it is for the
// ledger of the key and of entry 0, each entry's canonical form, its inclusion
// path (RFC 9162), and the line of keys from entry 0 to the one that signed,
// each endorsed by the one before.  It does not execute the rules and does not
// compute explanation_hash (SHA3-256 is not in WebCrypto): qfs-verify bundle does.
//
// Resolves to { ok, faults: [{ code, detail }], entries, size, origin }.

const text = new TextEncoder();
const LINE = /^\{"actor":/;

const concat = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function bytesOfHex(digits, length) {
  if (typeof digits !== 'string' || digits.length !== 2 * length || !/^[0-9a-f]*$/.test(digits)) throw new Fault('PROOF_INVALID', 'a hash is not one');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function bytesOfBase64(digits) {
  const bytes = Uint8Array.from(atob(digits), (c) => c.charCodeAt(0));
  if (btoa(String.fromCharCode(...bytes)) !== digits) throw new Fault('NOTE_SYNTAX', 'base64 in another form');
  return bytes;
}

class Fault extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

// ---- canonical JSON, integers only (RFC 8785) ----

export function canonical(value, depth = 0) {
  if (depth > 32) throw new Fault('JSON_DEPTH', 'deeper than 32 levels');
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Fault('JSON_NUMBER', `${value}`);
  if (typeof value === 'string' && /[\0\ud800-\udfff]/u.test(value)) throw new Fault('JSON_TEXT', 'NUL or a lone surrogate');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`;
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`).join(',')}}`;
}

// ---- Ed25519 ----

async function isSigned(message, signature, key) {
  let imported;
  try {
    imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    if (error.name === 'NotSupportedError') throw new Fault('UNSUPPORTED', 'this browser has no Ed25519: use qfs-verify bundle');
    return false;
  }
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message);
}

// ---- notes ----

async function keyId(name, key) {
  return (await sha256(text.encode(`${name}\n`), Uint8Array.of(1), key)).subarray(0, 4);
}

async function parseKey(vkey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey) ?? [];
  const typed = name === undefined ? new Uint8Array() : bytesOfBase64(encoded);
  if (typed.length !== 33 || typed[0] !== 1 || hex(await keyId(name, typed.subarray(1))) !== id) throw new Fault('VKEY_SYNTAX', vkey);
  return { name, key: typed.subarray(1) };
}

function parseNote(note) {
  if (typeof note !== 'string') throw new Fault('NOTE_SYNTAX', 'the checkpoint is no text');
  const end = note.indexOf('\n\n');
  const body = note.slice(0, end + 1);
  const [origin, size, root, ...more] = body.split('\n');
  if (end < 0 || more.length < 1 || !/^(0|[1-9][0-9]*)$/.test(size)) throw new Fault('NOTE_SYNTAX', 'not a checkpoint');
  return { body, origin, size: Number(size), root: bytesOfBase64(root), signatures: note.slice(end + 2) };
}

async function checkNote(note, origin, key) {
  const id = hex(await keyId(origin, key));
  let found = false;
  for (const line of note.signatures.split('\n').slice(0, -1)) {
    const [, name, encoded] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
    if (name === undefined) throw new Fault('NOTE_SYNTAX', 'a signature line');
    const bytes = bytesOfBase64(encoded);
    if (name !== origin || hex(bytes.subarray(0, 4)) !== id) continue;
    if (!(await isSigned(text.encode(note.body), bytes.subarray(4), key))) throw new Fault('SIGNATURE_INVALID', `of the checkpoint of size ${note.size}`);
    found = true;
  }
  if (!found) throw new Fault('CHECKPOINT_KEY', `at size ${note.size}`);
}

// ---- entries ----

const leafHash = (line) => sha256(Uint8Array.of(0), text.encode(line));
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// RFC 9162, 2.1.3.2; seq and size stay below 2^53, so no bit operations.
async function rootOf(leaf, seq, size, path) {
  let fn = seq;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 ? hash : null;
}

function parseEntry(line) {
  if (typeof line !== 'string' || !LINE.test(line)) throw new Fault('ENTRY_FORMAT', 'a line is no entry');
  let entry;
  try {
    entry = JSON.parse(line);
  } catch {
    throw new Fault('ENTRY_FORMAT', 'a line is no JSON');
  }
  if (canonical(entry) !== line) throw new Fault('JSON_SYNTAX', `entry ${entry.seq} is not canonical`);
  if (Object.keys(entry).join() !== 'actor,at,auth,outcome,payload,prev,seq,type,v' || entry.v !== 1 || !(entry.seq >= 0))
    throw new Fault('ENTRY_FORMAT', 'a line is no entry of format 1');
  return entry;
}

async function checkEntries(items, note) {
  const entries = [];
  for (const item of items) {
    const entry = parseEntry(item.line);
    if (entries.length > 0 && entry.seq <= entries.at(-1).seq) throw new Fault('BUNDLE_FORM', 'entries are not in the order of their numbers');
    if (!Array.isArray(item.proof) || item.proof.length > 64) throw new Fault('BUNDLE_FORM', 'a proof is not a list of hashes');
    const root = entry.seq < note.size && (await rootOf(await leafHash(item.line), entry.seq, note.size, item.proof.map((h) => bytesOfHex(h, 32))));
    if (!root || !equal(root, note.root)) throw new Fault('PROOF_INVALID', `entry ${entry.seq} in a ledger of ${note.size} entries`);
    entries.push(entry);
  }
  return entries;
}

// The key in force after these entries, and every key before it.
async function keysOf(entries, items) {
  const genesis = entries[0];
  if (genesis?.seq !== 0 || genesis.type !== 'GENESIS') throw new Fault('BUNDLE_INCOMPLETE', 'entry 0');
  const ledger = await leafHash(items[0].line);
  const keys = [bytesOfHex(genesis.payload.keys.checkpoint, 32)];
  for (const entry of entries.filter(({ type }) => type === 'KEY_ROTATED')) {
    const next = bytesOfHex(entry.payload.keys.checkpoint, 32);
    const token = bytesOfHex(entry.payload.keys.token, 32);
    const message = concat(text.encode('qfs:key-rotation:v1\0'), ledger, next, token);
    if (!(await isSigned(message, bytesOfHex(entry.payload.signature, 64), keys.at(-1))) || entry.outcome.number !== keys.length)
      throw new Fault('SIGNATURE_INVALID', `of the key of entry ${entry.seq}`);
    keys.push(next);
  }
  return { origin: genesis.payload.origin, keys };
}

const MEMBERS = 'checkpoint,entries,explanation_hash,from,guards,narrative,policy,result,seq,steps,subject,topic,tx_id,v';

async function check(bundle, vkey) {
  const trusted = await parseKey(vkey);
  if (bundle === null || typeof bundle !== 'object' || Object.keys(bundle).sort().join() !== MEMBERS || bundle.v !== 1 || !Array.isArray(bundle.entries))
    throw new Fault('BUNDLE_FORM', 'it has other members');
  if (bundle.entries.length > 1000) throw new Fault('EXPLAIN_LIMIT', `${bundle.entries.length} entries`);
  const note = parseNote(bundle.checkpoint);
  if (note.origin !== trusted.name) throw new Fault('CHECKPOINT_ORIGIN', `it is for ${note.origin}, the key is for ${trusted.name}`);
  const entries = await checkEntries(bundle.entries, note);
  const { origin, keys } = await keysOf(entries, bundle.entries);
  if (origin !== note.origin) throw new Fault('CHECKPOINT_ORIGIN', `it is for ${note.origin}, the entries are of ${origin}`);
  await checkNote(note, origin, keys.at(-1));
  if (!keys.some((key) => equal(key, trusted.key))) throw new Fault('KEY_UNTRUSTED', trusted.name);
  const subject = entries.findIndex(({ seq }) => seq === bundle.seq);
  if (subject < 0) throw new Fault('BUNDLE_INCOMPLETE', `entry ${bundle.seq}`);
  if (hex(await leafHash(bundle.entries[subject].line)) !== bundle.tx_id) throw new Fault('BUNDLE_CLAIM', 'tx_id');
  return { ok: true, faults: [], entries: entries.length, size: note.size, origin };
}

export async function verifyBundle(bundle, vkey) {
  try {
    return await check(typeof bundle === 'string' ? JSON.parse(bundle) : bundle, vkey);
  } catch (error) {
    return { ok: false, faults: [{ code: error instanceof Fault ? error.code : 'BUNDLE_FORM', detail: error.message }] };
  }
}
