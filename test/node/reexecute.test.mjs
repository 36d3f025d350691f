// reexecute.test.mjs - the entry of an explanation by the rules once more (src/web/rules/reexecute.mjs): every kind of entry of a
// random ledger, and each of them with another outcome under hashes that are right.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// QFS_SEED repeats a run.  What makes the lines here shows no more than docs/format.md (Bundles) says, to an auditor.

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';

import { canonical, hashOfJson } from '../../src/web/canonical.mjs';
import { readLine } from '../../src/web/rules/entry.mjs';
import { LedgerFault } from '../../src/web/rules/fault.mjs';
import { reexecute } from '../../src/web/rules/reexecute.mjs';
import { makeRandom } from './random.mjs';
import { randomLedger } from './random_ledger.mjs';
import { showing } from './partial_lines.mjs';

// Node 18 has WebCrypto, and does not show it.
globalThis.crypto ??= webcrypto;

const seed = process.env.QFS_SEED ?? String(Date.now());
console.log(`QFS_SEED=${seed}`);
const random = makeRandom(seed);
const writer = await randomLedger(random, { entries: 250, accounts: 5 });
// Whatever was drawn: an operator ends one of two sessions.
await writer.wait(86400000).setPolicy({ limits: { events_per_minute: 1000, logins_per_minute: 1000, messages_per_minute: 1000, threads_per_day: 1000 }, sessions_max: 4, ttl_blocks: 20 });
const [ended] = [await writer.login(1), await writer.login(1, { device: 1 })];
await writer.append('SESSION_REVOKED', { reason: 'admin', session: ended.outcome.result.session });
const { lines, store } = writer;
const entries = lines.map((line) => JSON.parse(line));
const typeOf = ({ act: { type } }) => type;
// What a type does differs with who appends it.
const kindOf = ({ act: { auth: { via }, type } }) => `${type} by ${via}`;
const OWN = ['act', 'outcome', 'payload', 'sig'];

// Details of every session that there was, by their digests.
const { genesis_at: begin } = store.ledger;
const sessions = new Map();
for (const { session, issued_block: issued, ttl_blocks: ttl, operates, device } of store.tables.session.values()) {
  const details = { device: device && Buffer.from(device, 'hex').toString('base64url'), expires_at: begin + (issued + ttl) * entries[0].payload.policy.block_ms, operator: operates, session, ttl_blocks: ttl };
  sessions.set(await hashOfJson(details), details);
}

// What an outcome says was looked at, as records like parts of accounts; and the outcome that says no more than those.
const readOf = ({ read = {} }) => Object.entries(read).flatMap(([account, kinds]) => Object.entries(kinds).map(([kind, previous]) => ({ account, kind, previous })));

function readingOnly({ read: _, ...outcome }, records) {
  const read = {};
  for (const { account, kind, previous } of records) (read[account] ??= {})[kind] = previous;
  return records.length === 0 ? outcome : { ...outcome, read };
}

// ---- what a bundle shows ----

// Of each number that the entry rests on: 'whole', or a test of the parts of accounts that are shown.
function restsOf(entry) {
  const rests = new Map();
  const whole = (seq) => rests.set(seq, 'whole');
  const part = (seq, account, kind) => {
    const before = rests.get(seq) ?? (() => false);
    if (before !== 'whole') rests.set(seq, (one) => before(one) || (one.account === account && one.kind === kind));
  };
  for (const { account, kind, previous } of [...entry.accounts, ...readOf(entry.outcome)]) if (previous !== null) part(previous, account, kind);
  const policies = entries.filter((one) => one.seq < entry.seq && typeOf(one) === 'POLICY_CHANGED');
  for (const one of [entries[0], ...policies.slice(-1), ...entries.filter((one) => typeOf(one) === 'KEY_ROTATED')]) whole(one.seq);
  const type = entries.find((one) => one.seq < entry.seq && typeOf(one) === 'EVENT_TYPE' && one.payload.type === typeOf(entry));
  if (type) whole(type.seq);
  const previous = entry.outcome.result?.thread?.previous ?? (typeOf(entry) === 'SERVER_CHANGED' ? entry.outcome.result.previous : null);
  // The message before is whole but for accounts, of which it shows what the entry needs.
  if (previous !== null) rests.set(previous, ((parts) => ({ names: OWN, parts: parts === 'whole' ? () => false : parts ?? (() => false) }))(rests.get(previous)));
  rests.delete(entry.seq);
  return rests;
}

async function lineOf(seq, what) {
  if (what === 'whole') return lines[seq];
  const { names, parts } = typeof what === 'function' ? { names: [], parts: what } : what;
  if (names.length > 0 && entries[seq].accounts.length === 0) return lines[seq];
  return canonical(await showing(entries[seq], names, parts));
}

// {bundle, lines}: of an entry, as it is or as it was forged.
async function bundleOf(entry, text = canonical(entry)) {
  const shown = await Promise.all([...restsOf(entry)].map(([seq, what]) => lineOf(seq, what)));
  return { bundle: { from: 0, reader: 'auditor', seq: entry.seq, sessions: sessionsOf(entry), subject: null, topic: 'entry' }, lines: [...shown, text] };
}

// Of the accounts whose access the entry touched or looked at.
const sessionsOf = ({ accounts, outcome }) => [...accounts, ...readOf(outcome)].filter(({ kind, previous }) => kind === 'access' && previous !== null)
  .flatMap(({ account, previous }) => entries[previous].accounts.find((part) => part.account === account && part.kind === 'access').state.sessions)
  .map((digest) => sessions.get(digest)).slice(0, 16);

async function run({ bundle, lines: texts }) {
  const read = await Promise.all(texts.map(readLine));
  return reexecute(bundle, read.sort((a, b) => a.entry.seq - b.entry.seq));
}

const codeOf = (bundle) => run(bundle).then(() => 'sound', (error) => {
  if (!(error instanceof LedgerFault)) throw error;
  return error.code.slice(4);
});

// ---- the tests ----

// An entry of each type, and of each way in which it was appended.
const oneOfEach = () => [...new Set(entries.map(kindOf))].map((kind) => random.pick(entries.filter((entry) => kindOf(entry) === kind)));

test('every entry of a random ledger is executed again, and gives what it says', async () => {
  const types = new Set();
  for (const entry of entries) {
    const { isRun, recorded } = await run(await bundleOf(entry));
    assert.deepEqual([isRun, recorded], [true, ['first uses', 'rates']], `${typeOf(entry)} ${entry.seq}`);
    types.add(kindOf(entry));
  }
  assert.ok(types.size >= 17 && types.has('SESSION_REVOKED by operator'), [...types].join());
});

test('what a statement calls the word of a wallet, the wallet has signed', async () => {
  const logins = entries.filter((entry) => entry.act.type === 'LOGIN' && entry.outcome.result.created);
  assert.ok(logins.length > 1);
  for (const entry of logins) {
    const statementOf = async (changed) => {
      const text = canonical(await showing(changed, OWN, ({ account, kind }) => account === entry.act.actor && kind === 'standing'));
      const { bundle, lines: shown } = await bundleOf(entry, text);
      return { bundle: { ...bundle, sessions: [], subject: entry.act.actor, topic: 'statement' }, lines: shown };
    };
    const forged = (sig) => ({ ...entry, sig });
    const other = logins.find((one) => one.act.actor !== entry.act.actor);
    assert.equal(await codeOf(await statementOf(entry)), 'sound');
    assert.equal(await codeOf(await statementOf(forged('0xyz'))), 'LOGIN_SIGNER');
    assert.match(await codeOf(await statementOf(forged(other.sig))), /^(LOGIN_SIGNER|SIGNATURE_NO_KEY)$/);
  }
});

// Every scalar of a value, by the path to it.
const scalarsOf = (value, path = []) => (value !== null && typeof value === 'object' ? Object.entries(value).flatMap(([name, inner]) => scalarsOf(inner, [...path, name])) : [path]);

function changed(entry, path) {
  const copy = structuredClone(entry);
  const parent = path.slice(0, -1).reduce((value, name) => value[name], copy);
  const name = path.at(-1);
  const value = parent[name];
  if (typeof value === 'number') parent[name] = value + 1;
  else if (typeof value === 'boolean') parent[name] = !value;
  else if (value === null) parent[name] = 0;
  else parent[name] = value.replace(/[0-9A-Za-z](?=[^0-9A-Za-z]*$)/, (char) => ({ 0: '1', a: 'b', A: 'B' }[char] ?? (/[0-9]/.test(char) ? '0' : /[a-z]/.test(char) ? 'a' : 'A')));
  return copy;
}

test('an entry with another outcome, or another part of an account, is found, though its hash is right', async () => {
  const found = {};
  for (const entry of oneOfEach()) {
    const paths = ['accounts', 'outcome'].flatMap((name) => scalarsOf(entry[name], [name]));
    for (const path of paths) {
      const forged = changed(entry, path);
      const code = await bundleOf(entry, canonical(forged)).then(codeOf).catch((error) => { throw new Error(`${typeOf(entry)} ${path.join('.')}`, { cause: error }); });
      assert.notEqual(code, 'sound', `${typeOf(entry)} ${entry.seq}: ${path.join('.')}`);
      found[code] = (found[code] ?? 0) + 1;
    }
    for (const name of Object.keys(entry.outcome)) {
      const { [name]: _, ...rest } = entry.outcome;
      assert.notEqual(await codeOf(await bundleOf(entry, canonical({ ...entry, outcome: rest }))), 'sound', `${typeOf(entry)} ${entry.seq}: no ${name}`);
    }
    if (entry.accounts.length > 0) assert.notEqual(await codeOf(await bundleOf(entry, canonical({ ...entry, accounts: entry.accounts.slice(1) }))), 'sound', `${typeOf(entry)} ${entry.seq}: a part less`);
  }
  assert.ok(found.OUTCOME_MISMATCH > 100, JSON.stringify(found));
});

test('what was looked at is told in one form, and in no other', async () => {
  const entry = entries.filter((one) => one.act.auth.via === 'session' && Object.keys(one.outcome.read ?? {}).length > 1).at(-1);
  const { seq, outcome: { read } } = entry;
  const [[account, kinds], [other]] = Object.entries(read);
  const [[kind, previous]] = Object.entries(kinds);
  const user = (digit) => `user_${String(digit).repeat(64)}`;
  const of = (value) => ({ ...read, [account]: value });
  const forms = {
    nothing: {}, 'of an account nothing': of({}), 'a list, as it was': [{ account, kind, previous }], 'no object': null, 'a number': 7, 'a text': account, 'a list of an account': of([previous]),
    'no object of an account': of(null), 'a number of an account': of(previous), 'a kind that there is not': of({ ...kinds, accesses: previous }), 'a kind of every object': of({ ...kinds, toString: previous }),
    'no account': { ...read, system: kinds }, 'a name of every object': { ...read, constructor: kinds }, 'capital letters': { ...read, [account.toUpperCase()]: kinds }, 'an account too long': { ...read, [`${account}0`]: kinds },
    'itself before it': of({ ...kinds, [kind]: seq }), 'a later one before it': of({ ...kinds, [kind]: seq + 1 }), 'a number below 0': of({ ...kinds, [kind]: -1 }), 'a text before it': of({ ...kinds, [kind]: String(previous) }),
    'no number before it': of({ ...kinds, [kind]: false }), 'an object before it': of({ ...kinds, [kind]: { previous } }), 'five accounts': { [account]: kinds, [other]: read[other], ...Object.fromEntries([7, 8, 9].map((digit) => [user(digit), { nonce: null }])) },
  };
  for (const topic of ['entry', 'session']) {
    const { bundle, lines: texts } = await bundleOf(entry);
    for (const [name, form] of Object.entries(forms)) {
      const forged = canonical({ ...entry, outcome: { ...entry.outcome, read: form } });
      const error = await run({ bundle: { ...bundle, topic }, lines: [...texts.slice(0, -1), forged] }).catch((fault) => fault);
      assert.ok(error instanceof LedgerFault, `${name}: ${error}`);
      assert.deepEqual([error.code, error.message.includes(`what entry ${seq} says it looked at is not of the form`)], ['QFS_OUTCOME_MISMATCH', true], `${topic}, ${name}: ${error.message}`);
    }
  }
  // Names of a value have no order; a line that is hashed has them in one.
  const backward = Object.fromEntries(Object.entries(read).reverse().map(([name, value]) => [name, Object.fromEntries(Object.entries(value).reverse())]));
  assert.equal(await codeOf(await bundleOf(entry, JSON.stringify({ ...entry, outcome: { ...entry.outcome, read: backward } }))), 'sound');
});

test('what is missing is named, and so is what is shown besides', async () => {
  const found = {};
  for (const entry of oneOfEach()) {
    const { bundle, lines: texts } = await bundleOf(entry);
    for (const [i, text] of texts.slice(0, -1).entries()) {
      // A key that another one follows is missed by the line of keys, and a policy by what names it (verify_bundle.mjs).
      const { act, seq } = (await readLine(text)).entry;
      if (seq > 0 && ['KEY_ROTATED', 'POLICY_CHANGED'].includes(act?.type)) continue;
      const code = await codeOf({ bundle, lines: texts.filter((_, at) => at !== i) });
      assert.notEqual(code, 'sound', `${typeOf(entry)} ${entry.seq} without ${seq}`);
      found[code] = (found[code] ?? 0) + 1;
    }
    const other = random.pick(entries.filter(({ seq, act: { type } }) => seq !== entry.seq && !['KEY_ROTATED', 'POLICY_CHANGED', 'EVENT_TYPE'].includes(type) && !restsOf(entry).has(seq)));
    for (const more of [lines[other.seq], canonical(await showing(other, [], () => false))]) assert.equal(await codeOf({ bundle, lines: [...texts, more] }), 'BUNDLE_SURPLUS');
    // Of one that shows some parts, all.
    const partial = texts.findIndex((text) => !('salt' in JSON.parse(text)));
    if (partial >= 0) assert.match(await codeOf({ bundle, lines: texts.map((text, i) => (i === partial ? lines[JSON.parse(text).seq] : text)) }), /^BUNDLE_SURPLUS$/);
  }
  assert.ok(found.BUNDLE_INCOMPLETE > 20, JSON.stringify(found));
});

test('whoever is shown all is shown all of the entry, and nobody a part of its act alone', async () => {
  for (const entry of oneOfEach()) {
    const { bundle, lines: all } = await bundleOf(entry);
    const texts = all.slice(0, -1);
    const isErasable = entry.act.type === 'LOGIN' || store.tables.event_type.has(entry.act.type);
    const every = () => true;
    const less = { act: [OWN.filter((name) => name !== 'act'), every], outcome: [OWN.filter((name) => name !== 'outcome'), every], payload: [OWN.filter((name) => name !== 'payload'), every],
      sig: [OWN.filter((name) => name !== 'sig'), every], 'act alone': [['act'], every], all: [[], () => false] };
    // What an erased payload leaves is all that there is of an entry whose payload can be.
    if (!isErasable) less['payload and sig'] = [['act', 'outcome'], every];
    for (const { account, kind } of entry.accounts) less[`${kind} of ${account}`] = [OWN, (part) => part.account !== account || part.kind !== kind];
    for (const topic of ['entry', 'session', 'message']) {
      for (const [name, [names, isShown]] of Object.entries(less)) {
        const text = canonical(await showing(entry, names, isShown));
        assert.equal(await codeOf({ bundle: { ...bundle, topic }, lines: [...texts, text] }), 'BUNDLE_INCOMPLETE', `${topic} of ${typeOf(entry)} ${entry.seq} without ${name}`);
      }
    }
    // To a subject some of it may be hidden; of the act all is shown, or nothing.
    for (const names of [['act'], ['act', 'outcome', 'payload'], ['payload'], ...(isErasable ? [] : [['act', 'outcome']])]) {
      const text = canonical(await showing(entry, names, () => false));
      assert.match(await codeOf({ bundle: { ...bundle, reader: 'subject', subject: `user_${'7'.repeat(64)}` }, lines: [...texts, text] }), /^BUNDLE_(SURPLUS|INCOMPLETE)$/, `${typeOf(entry)} ${entry.seq}: ${names.join()} alone`);
    }
  }
});

test('where something is not for the reader to see, nothing is executed, and it says what is taken as recorded', async () => {
  // One that follows another in its thread, if this ledger has any.
  const messages = entries.filter((one) => typeOf(one) === 'MESSAGE');
  const entry = messages.filter((one) => one.outcome.result.thread.previous !== null).at(-1) ?? messages.at(-1);
  const subject = entry.payload.recipient;
  const { bundle } = await bundleOf(entry);
  const sees = ({ account, kind }) => account === subject || kind === 'standing';
  const text = canonical(await showing(entry, OWN, sees));
  const rests = [...restsOf({ ...entry, accounts: entry.accounts.filter(sees), outcome: { ...readingOnly(entry.outcome, readOf(entry.outcome).filter(sees)), result: {} } })];
  const texts = [...await Promise.all(rests.map(([seq, what]) => lineOf(seq, what))), text];
  const own = { ...bundle, reader: 'subject', subject, sessions: [] };
  assert.deepEqual(await run({ bundle: own, lines: texts }), { isComputed: false, isRun: false, recorded: ['authority', 'conditions', 'first uses', 'rates'], session: undefined, sessions: [], steps: [] });
  assert.equal(await codeOf({ bundle: { ...own, topic: 'session' }, lines: texts }), 'BUNDLE_INCOMPLETE');
  assert.equal(await codeOf({ bundle: { ...own, sessions: [{}] }, lines: texts }), 'BUNDLE_FORM');
});
