// verify_bundle.mjs - what an explanation rests on, checked by the reader: in a browser or in Node, with WebCrypto alone.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   const answer = await verifyBundle(bundle, vkey)   // bundle: object or JSON text
//
// Checks the checkpoint's signature (C2SP signed note), that it is for the
// ledger of the key and of entry 0, each entry's canonical form, its inclusion
// path (RFC 9162), the line of keys from entry 0 to the one that signed, each
// endorsed by the one before or by the ledger's recovery key, and whose word the entry in question is, with its
// device's signature.  It does not execute the rules and does not
// compute explanation_hash (SHA3-256 is not in WebCrypto): qfs-verify bundle does.
//
// Resolves to { ok, faults: [{ code, detail }], entries, size, origin }.

import { concat, equal, fromBase64url, fromHex, toHex, utf8 } from './bytes.mjs';
import { canonical } from './canonical.mjs';
import { isPublicKey, isSigned } from './ed25519.mjs';
import { isCheckpointOf, readCheckpoint, readVkey } from './note.mjs';
import { eventText } from './payloads.mjs';
import { climb, leafHash } from './tree.mjs';

class Fault extends Error {
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

// What `action` gives; if it throws, that is a fault of this code.
async function orFault(code, action) {
  try {
    return await action();
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(code, error.message);
  }
}

function bytesOf(digits, length) {
  if (typeof digits !== 'string' || digits.length !== 2 * length) throw new Error('a hash, key or signature is not one');
  return fromHex(digits);
}

// ---- entries ----

function parseEntry(line) {
  const entry = JSON.parse(line);
  if (canonical(entry) !== line) throw new Error(`entry ${entry.seq} is not canonical`);
  if (Object.keys(entry).join() !== 'actor,at,auth,outcome,payload,prev,seq,type,v' || entry.v !== 1 || !(entry.seq >= 0)) throw new Error('a line is no entry of format 1');
  return entry;
}

async function checkPath(entry, item, checkpoint) {
  if (!Array.isArray(item.proof) || item.proof.length > 64) throw new Fault('BUNDLE_FORM', 'a proof is not a list of hashes');
  const leaf = await leafHash(utf8(item.line));
  const steps = await orFault('PROOF_INVALID', () => climb(leaf, entry.seq, checkpoint.size, item.proof.map((hash) => bytesOf(hash, 32))));
  const root = steps.length === 0 ? leaf : steps[steps.length - 1].hash;
  if (!equal(root, checkpoint.root)) throw new Fault('PROOF_INVALID', `entry ${entry.seq} in a ledger of ${checkpoint.size} entries`);
}

async function checkEntries(items, checkpoint) {
  const entries = [];
  for (const item of items) {
    const entry = await orFault('ENTRY_FORMAT', () => parseEntry(item.line));
    if (entries.length > 0 && entry.seq <= entries[entries.length - 1].seq) throw new Fault('BUNDLE_FORM', 'entries are not in the order of their numbers');
    await checkPath(entry, item, checkpoint);
    entries.push(entry);
  }
  return entries;
}

// ---- keys ----

// The keys that an entry names; each must be one that can sign, and the recovery key one of its own.
function keysIn({ seq, payload }) {
  const keys = Object.fromEntries(['checkpoint', 'recovery', 'token'].filter((name) => name in payload.keys).map((name) => [name, bytesOf(payload.keys[name], 32)]));
  if (!Object.values(keys).every(isPublicKey)) throw new Fault('ED25519_KEY', `in entry ${seq}`);
  return keys;
}

function checkRecoveryKey({ checkpoint, recovery, token }, seq) {
  if (recovery !== undefined && (equal(recovery, checkpoint) || equal(recovery, token))) throw new Fault('RECOVERY_KEY', `of entry ${seq}`);
}

// A number as eight bytes, the most significant first.
const eightBytes = (number) => fromHex(number.toString(16).padStart(16, '0'));

// The keys that follow those in force, number `number`: what a rotation names, endorsed by the
// checkpoint key before or, where it says so, by the recovery key, which alone names the next one.
async function followKeys(entry, { ledger, number, current }) {
  const { seq, payload, outcome } = entry;
  const recovers = 'by' in payload;
  const named = keysIn(entry);
  if (recovers ? payload.by !== 'recovery' || current.recovery === undefined : named.recovery !== undefined) throw new Fault('SIGNATURE_INVALID', `of the key of entry ${seq}`);
  const next = { ...named, recovery: named.recovery ?? current.recovery };
  checkRecoveryKey(next, seq);
  const message = recovers ? concat(utf8('qfs:key-recovery:v1\0'), ledger, eightBytes(number), next.checkpoint, next.token, next.recovery)
    : concat(utf8('qfs:key-rotation:v1\0'), ledger, next.checkpoint, next.token);
  const signer = recovers ? current.recovery : current.checkpoint;
  if (outcome.number !== number || !await isSigned(message, bytesOf(payload.signature, 64), signer)) throw new Fault('SIGNATURE_INVALID', `of the key of entry ${seq}`);
  return next;
}

// The key in force after these entries, the last, and every key before it.
async function keysOf(entries, items) {
  const [genesis] = entries;
  if (genesis?.seq !== 0 || genesis.type !== 'GENESIS') throw new Fault('BUNDLE_INCOMPLETE', 'entry 0');
  const ledger = await leafHash(utf8(items[0].line));
  let current = keysIn(genesis);
  checkRecoveryKey(current, 0);
  const keys = [current.checkpoint];
  for (const entry of entries.filter(({ type }) => type === 'KEY_ROTATED')) {
    current = await followKeys(entry, { ledger, number: keys.length, current });
    keys.push(current.checkpoint);
  }
  return { origin: genesis.payload.origin, keys };
}

// ---- whose word it is ----

// "wallet", "device", "server" or "operator": what the entry's auth says, its device's signature checked.
async function wordOf({ actor, auth, payload, seq, type }, ledger) {
  if (auth.via !== 'session') return auth.via;
  if (auth.sig === undefined) return 'server';
  const text = eventText({ actor, ledger, nonce: auth.nonce, payload, type });
  if (!await isSigned(utf8(text), fromBase64url(auth.sig), fromBase64url(auth.key))) throw new Fault('SIGNATURE_INVALID', `of the device, in entry ${seq}`);
  return 'device';
}

async function checkWord(bundle, entry) {
  const ledger = toHex(await leafHash(utf8(bundle.entries[0].line)));
  const word = await orFault('ENTRY_FORMAT', () => wordOf(entry, ledger));
  if (bundle.result?.by !== word) throw new Fault('BUNDLE_CLAIM', 'result.by');
}

// ---- the bundle ----

const MEMBERS = 'checkpoint,entries,explanation_hash,from,guards,narrative,policy,result,seq,steps,subject,topic,tx_id,v';

async function check(bundle, vkey) {
  const trusted = await orFault('VKEY_SYNTAX', () => readVkey(vkey));
  if (bundle === null || typeof bundle !== 'object' || Object.keys(bundle).sort().join() !== MEMBERS || bundle.v !== 1 || !Array.isArray(bundle.entries)) throw new Fault('BUNDLE_FORM', 'it has other members');
  if (bundle.entries.length > 1000) throw new Fault('EXPLAIN_LIMIT', `${bundle.entries.length} entries`);
  const checkpoint = await orFault('NOTE_SYNTAX', () => readCheckpoint(bundle.checkpoint));
  if (checkpoint.origin !== trusted.name) throw new Fault('CHECKPOINT_ORIGIN', `it is for ${checkpoint.origin}, the key is for ${trusted.name}`);
  const entries = await checkEntries(bundle.entries, checkpoint);
  const { origin, keys } = await keysOf(entries, bundle.entries);
  if (origin !== checkpoint.origin) throw new Fault('CHECKPOINT_ORIGIN', `it is for ${checkpoint.origin}, the entries are of ${origin}`);
  if (!await isCheckpointOf(checkpoint, keys[keys.length - 1])) throw new Fault('CHECKPOINT_KEY', `at size ${checkpoint.size}`);
  if (!keys.some((key) => equal(key, trusted.key))) throw new Fault('KEY_UNTRUSTED', trusted.name);
  const subject = entries.findIndex(({ seq }) => seq === bundle.seq);
  if (subject < 0) throw new Fault('BUNDLE_INCOMPLETE', `entry ${bundle.seq}`);
  if (toHex(await leafHash(utf8(bundle.entries[subject].line))) !== bundle.tx_id) throw new Fault('BUNDLE_CLAIM', 'tx_id');
  await checkWord(bundle, entries[subject]);
  return { ok: true, faults: [], entries: entries.length, size: checkpoint.size, origin };
}

export async function verifyBundle(bundle, vkey) {
  try {
    return await check(typeof bundle === 'string' ? JSON.parse(bundle) : bundle, vkey);
  } catch (error) {
    return { ok: false, faults: [{ code: error instanceof Fault ? error.code : 'BUNDLE_FORM', detail: error.message }] };
  }
}
