// verify_bundle.mjs - what an explanation rests on, checked by the reader: in a browser or in Node, with WebCrypto alone.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   const answer = await verifyBundle(bundle, vkey)   // bundle: object or JSON text
//
// Checks the checkpoint's signature (C2SP signed note), that it is for the
// ledger of the key and of entry 0, each entry's line and its inclusion path
// (RFC 9162), the line of keys from entry 0 to the one that signed (signing_keys.mjs), and whose word the entry in question is,
// with its device's signature.  What the entry did is derived from the parts that are shown (derive.mjs); where all that its rule
// looked at is shown, the rule is executed again (rules/reexecute.mjs).  All that the bundle says has to be that.  The
// narrative is not looked at but for explanation_hash: who shows the answer tells it anew.
//
// Resolves to { ok, faults: [{ code, detail }], entries, size, origin, answer }; answer is
// {entry, hash, way, by, policy, policySeq, isComputed, isRun, recorded, effects, steps, guards, rests}: the entry in question as far
// as it is shown, its way to the root as climb() gives it, whose word it is (null: that is not shown), the policy in force there, whether
// its rule was executed, whole or but for what is hidden of accounts, what is taken as recorded, what derive() gives, and every entry that it rests on.

import { equal, fromBase64url, fromHex, toHex, utf8 } from './bytes.mjs';
import { canonical, hashOfJson } from './canonical.mjs';
import { derive, isExecuted } from './derive.mjs';
import { isSigned } from './ed25519.mjs';
import { isCheckpointOf, readCheckpoint, readVkey } from './note.mjs';
import { eventText } from './payloads.mjs';
import { bringsPolicy, partOf, partsOf, readLine } from './rules/entry.mjs';
import { demand, LedgerFault } from './rules/fault.mjs';
import { integer, isObject, isUserId, list, members, oneOf, orNull } from './rules/forms.mjs';
import { readJson } from './rules/json.mjs';
import { sha3 } from './rules/keccak.mjs';
import { keysOf } from './signing_keys.mjs';
import { climb } from './tree.mjs';

// What `action` gives; if it throws, that is a fault of this code.
async function orFault(code, action) {
  try {
    return await action();
  } catch (error) {
    throw error instanceof LedgerFault ? error : new LedgerFault(code, error.message);
  }
}

function bytesOf(digits, length) {
  if (typeof digits !== 'string' || digits.length !== 2 * length) throw new Error('a hash, key or signature is not one');
  return fromHex(digits);
}

// ---- entries ----

// The way of an entry to the root, as climb() gives it.
async function wayOf({ entry, hash }, item, checkpoint) {
  demand(Array.isArray(item.proof) && item.proof.length <= 64, 'BUNDLE_FORM', 'a proof is not a list of hashes');
  const leaf = fromHex(hash);
  const steps = await orFault('PROOF_INVALID', () => climb(leaf, entry.seq, checkpoint.size, item.proof.map((digits) => bytesOf(digits, 32))));
  const root = steps.length === 0 ? leaf : steps[steps.length - 1].hash;
  demand(equal(root, checkpoint.root), 'PROOF_INVALID', `entry ${entry.seq} in a ledger of ${checkpoint.size} entries`);
  return { leaf, steps };
}

async function canonicalLine(text) {
  const value = readJson(text);
  demand(canonical(value) === text, 'JSON_SYNTAX', 'a line is not canonical');
  return readLine(value);
}

// The lines of the bundle, read, of which each is in the tree.
async function checkEntries(items, checkpoint) {
  const lines = [];
  for (const item of items) {
    const line = await orFault('ENTRY_FORMAT', () => canonicalLine(item.line));
    demand(lines.length === 0 || line.entry.seq > lines[lines.length - 1].entry.seq, 'BUNDLE_FORM', 'entries are not in the order of their numbers');
    lines.push({ ...line, way: await wayOf(line, item, checkpoint) });
  }
  return lines;
}

// ---- the policy ----

// The policy in force at an entry, and the entry that put it in force: the last before it, or entry 0, for which it is its own.
async function policyAt(entry, entries) {
  const { seq, outcome } = entry;
  const source = entries.filter((one) => one.seq === 0 || (one.seq < seq && bringsPolicy(one))).pop();
  const { policy } = source.payload;
  const hash = await orFault('ENTRY_FORMAT', () => hashOfJson(policy));
  const said = partsOf(entry).map((part) => part.policy);
  demand((outcome?.policy ?? hash) === hash && said.every((number) => number === source.seq), 'BUNDLE_INCOMPLETE', `the policy in force at entry ${seq}`);
  return { policy, policySeq: source.seq, said: outcome?.policy !== undefined || said.length > 0 ? { hash, seq: source.seq } : null };
}

// ---- accounts ----

// What was before a part must be what the entry left that it names, where that one shows it.
function checkBefore(entry, entries) {
  const { seq } = entry;
  for (const { account, kind, previous, state, was } of partsOf(entry)) {
    const before = partOf(entries.find((one) => one.seq === previous) ?? {}, account, kind);
    demand(previous === null || previous < seq, 'OUTCOME_MISMATCH', `entry ${seq} names a later one`);
    demand(!before || canonical(before.state) === canonical({ ...state, ...was }), 'OUTCOME_MISMATCH', `entry ${seq}: the ${kind} of ${account} was not what entry ${previous} left`);
  }
}

// ---- whose word it is ----

// "wallet", "device", "server", "operator" or "ledger": what the entry's auth says, its device's signature checked; null where that is not shown.
// Where payload and signature are not shown, since they were erased, it is the server's word.
async function wordOf({ act, payload, sig, seq }, ledger) {
  if (act === undefined) return null;
  const { actor, auth, type } = act;
  if (auth.via === 'operator' || auth.via === 'ledger') return auth.via;
  if (payload === undefined && sig === undefined) return 'server';
  if (auth.via === 'wallet') return auth.via;
  if (auth.key === undefined) return 'server';
  const text = eventText({ actor, ledger, nonce: auth.nonce, payload, type });
  demand(payload !== undefined && sig && await isSigned(utf8(text), fromBase64url(sig), fromBase64url(auth.key)), 'SIGNATURE_INVALID', `of the device, in entry ${seq}`);
  return 'device';
}

// ---- what it says of the entry ----

// All that the bundle says must be what follows from the parts.
function compare(bundle, said) {
  for (const [name, value] of Object.entries(said)) {
    const claim = name.split('.').reduce((object, member) => object?.[member], bundle);
    demand(canonical(claim ?? null) === canonical(value ?? null), 'BUNDLE_CLAIM', name);
  }
}

// The parts of an account's standing that are shown, the latest first.
const standingsOf = (account, entries) => [...entries].reverse().map((entry) => ({ entry, part: partOf(entry, account, 'standing') })).filter(({ part }) => part);

async function statementOf({ subject, from }, entries, ledger) {
  const stated = standingsOf(subject, entries).filter(({ entry }) => entry.seq >= from);
  for (const { entry } of stated) checkBefore(entry, entries);
  return Promise.all(stated.map(async ({ entry, part }) => ({ at: entry.at, by: await wordOf(entry, ledger), change: part, seq: entry.seq, type: entry.act?.type ?? null })));
}

// What `result` has to be.
async function resultOf(bundle, entries, ledger, { entry, by, effects, session }) {
  const { topic, subject, from } = bundle;
  const [last] = standingsOf(subject, entries);
  const { coherence, flx, points, referrals } = last?.part.state ?? {};
  const hasStanding = (topic === 'coherence' || topic === 'statement') && from === 0;
  return {
    at: entry.at, by, type: entry.act?.type ?? null,
    ...(isExecuted(topic) && { effects, status: entry.outcome?.status ?? null }),
    ...(hasStanding && { standing: { coherence, flx, points, referrals } }),
    ...(topic === 'message' && { message: entry.payload }),
    ...(topic === 'session' && { session }),
    ...(topic === 'statement' && { statement: await statementOf(bundle, entries, ledger) }),
  };
}

async function answerOf(bundle, lines, ledger, reexecute) {
  const entries = lines.map(({ entry }) => entry);
  const line = lines.find(({ entry }) => entry.seq === bundle.seq);
  demand(line, 'BUNDLE_INCOMPLETE', `entry ${bundle.seq}`);
  const { entry, hash, way } = line;
  const { policy, policySeq, said } = await policyAt(entry, entries);
  const by = await orFault('ENTRY_FORMAT', () => wordOf(entry, ledger));
  checkBefore(entry, entries);
  const { session, sessions, recorded, isComputed, isRun, steps } = await orFault('OUTCOME_MISMATCH', () => reexecute(bundle, lines));
  const derived = isExecuted(bundle.topic) ? await orFault('OUTCOME_MISMATCH', () => derive(entry, policy)) : { effects: [], steps: [], guards: [] };
  const result = await resultOf(bundle, entries, ledger, { entry, by, effects: derived.effects, session });
  const parts = Object.fromEntries(Object.entries(result).map(([name, value]) => [`result.${name}`, value]));
  compare(bundle, { tx_id: hash, policy: said, guards: derived.guards, steps: [...steps, ...derived.steps], sessions, recorded, ...parts, result });
  return { entry, hash, way, by, policy, policySeq, isComputed, isRun, recorded, ...derived, steps: [...steps, ...derived.steps], rests: entries };
}

// ---- the bundle ----

const isText = (value) => typeof value === 'string';
// What is compared later with what has to be there may look like anything.
const isAnything = () => true;
const FORM = { checkpoint: isText, entries: list(members({ line: isText, proof: isAnything }), Infinity), explanation_hash: isText, from: integer(0), guards: isAnything, narrative: isText,
  policy: isAnything, reader: oneOf('subject', 'auditor'), recorded: isAnything, result: isAnything, seq: integer(0), sessions: isAnything, steps: isAnything, subject: orNull(isUserId),
  topic: oneOf('entry', 'reward', 'coherence', 'session', 'message', 'statement'), tx_id: isAnything, v: oneOf(2) };

function checkForm(bundle) {
  demand(isObject(bundle) && Object.keys(bundle).sort().join() === Object.keys(FORM).join(), 'BUNDLE_FORM', 'it has other members');
  for (const [name, isForm] of Object.entries(FORM)) demand(isForm(bundle[name]), 'BUNDLE_FORM', `${name} is none`);
  demand(bundle.entries.length <= 1000, 'EXPLAIN_LIMIT', `${bundle.entries.length} entries`);
}

function checkHash({ explanation_hash: hash, ...rest }) {
  demand(toHex(sha3(utf8(canonical(rest)))) === hash, 'BUNDLE_CLAIM', 'explanation_hash');
}

async function check(bundle, vkey, reexecute) {
  const trusted = await orFault('VKEY_SYNTAX', () => readVkey(vkey));
  checkForm(bundle);
  const checkpoint = await orFault('NOTE_SYNTAX', () => readCheckpoint(bundle.checkpoint));
  demand(checkpoint.origin === trusted.name, 'CHECKPOINT_ORIGIN', `it is for ${checkpoint.origin}, the key is for ${trusted.name}`);
  const lines = await checkEntries(bundle.entries, checkpoint);
  const ledger = lines[0]?.hash;
  const keys = await orFault('ENTRY_FORMAT', () => keysOf(lines.map(({ entry }) => entry), ledger));
  const { origin } = lines[0].entry.payload;
  demand(origin === checkpoint.origin, 'CHECKPOINT_ORIGIN', `it is for ${checkpoint.origin}, the entries are of ${origin}`);
  demand(await isCheckpointOf(checkpoint, keys[keys.length - 1]), 'CHECKPOINT_KEY', `at size ${checkpoint.size}`);
  demand(keys.some((key) => equal(key, trusted.key)), 'KEY_UNTRUSTED', trusted.name);
  const answer = await answerOf(bundle, lines, ledger, reexecute);
  checkHash(bundle);
  return { ok: true, faults: [], entries: lines.length, size: checkpoint.size, origin, answer };
}

export async function verifyBundle(bundle, vkey) {
  // Without the rules nothing is verified.
  const { reexecute } = await import('./rules/reexecute.mjs');
  try {
    return await check(typeof bundle === 'string' ? readJson(bundle) : bundle, vkey, reexecute);
  } catch (error) {
    return { ok: false, faults: [error instanceof LedgerFault ? { code: error.code.slice(4), detail: error.detail } : { code: 'BUNDLE_FORM', detail: error.message }] };
  }
}
