// governed.test.mjs - ledgers with governance by the rules in JavaScript (src/web/rules) and by qfs-verify.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs no server, but a qfs-verify.  QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';

import { replay } from '../../src/web/rules/replay.mjs';
import { forge, hashAgain, pathsOf } from './forging.mjs';
import { GOVERNANCE, GovernedWriter, randomGovernedLedger, TEXT } from './governed_ledger.mjs';
import { makeRandom } from './random.mjs';
import { askVerifier, codesOf, firstOf } from './verifier.mjs';

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
console.log(`# governed: QFS_SEED=${seed}`);
const random = makeRandom(seed);

const LEDGERS = 8;
const ENTRIES = 160;
const FORGERIES = 60;

const FOUR = [25, 25, 25, 25];
const HALVE = { policy: { referral: { cap: 50 } } };
const user = (n) => GovernedWriter.user(n);

async function isSoundEverywhere(lines, what) {
  const { head, root, state, faults, erased } = await replay(lines);
  assert.deepEqual(faults, [], what);
  assert.deepEqual({ head, root, state, faults, erased }, askVerifier(lines), what);
}

// ---- random ledgers ----

const GUARDS = ['AGENDA_FULL', 'BASE_CHANGED', 'DEPOSIT', 'EMERGENCY_SCOPE', 'EXECUTION_GRACE', 'KEY_COOLDOWN', 'NOD_EPOCH', 'NOD_SHARE', 'POLICY_VALID', 'PROPOSER_COOLDOWN', 'PROPOSER_OPEN',
  'PROPOSER_POWER', 'TALLY_APPROVAL', 'TALLY_MAJORITY', 'TALLY_QUORUM', 'TALLY_SILENCE', 'TALLY_VETO', 'VOTE_ONCE', 'VOTE_OPENS', 'VOTE_POWER'];

test(`${LEDGERS} random ledgers have one head, root and state here and by qfs-verify`, async () => {
  const seen = new Set();
  for (let i = 0; i < LEDGERS; i++) {
    const { lines } = await randomGovernedLedger(random, { entries: ENTRIES, accounts: 6 });
    await isSoundEverywhere(lines, `ledger ${i}`);
    for (const { outcome: { guards = [], result } } of lines.map((line) => JSON.parse(line))) {
      guards.forEach(({ guard, result: found }) => seen.add(`${guard} ${found}`));
      if (result?.state) seen.add(result.state);
    }
  }
  console.log(`# not seen: ${[...GUARDS.flatMap((name) => [`${name} PASS`, `${name} BLOCK`]), 'ADOPTED', 'OPEN', 'QUEUED', 'REJECTED', 'EXECUTED', 'FAILED'].filter((what) => !seen.has(what)).join(', ')}`);
  assert.ok(seen.size > GUARDS.length);
});

test('forged ledgers have their first fault at the same entry here and by qfs-verify', async () => {
  const { lines } = await randomGovernedLedger(random, { entries: 70, accounts: 5 });
  let found = 0;
  for (let i = 0; i < FORGERIES; i++) {
    const entries = lines.map((text) => JSON.parse(text));
    const entry = random.pick(entries.slice(2));
    const path = random.pick(pathsOf(entry).slice(1));
    forge(random, entry, path);
    const forged = await hashAgain(entries);
    if (!forged || forged[entry.seq] === lines[entry.seq]) continue;
    const [here, there] = [await replay(forged), askVerifier(forged)];
    assert.equal(firstOf(codesOf(here)), firstOf(there.faults), `entry ${entry.seq}: ${path.join('.')}`);
    if (here.faults.length === 0) assert.equal(here.state, there.state);
    else found++;
  }
  assert.ok(found > FORGERIES / 3);
});

// ---- what is refused: one code here and by qfs-verify ----

const proposal = (action, track = 'parameter', more = {}) => ({ action, text: TEXT, title: 'A proposal', track, ...more });
const create = (n, payload) => (w) => w.actByWallet(n, 'PROPOSAL_CREATED', payload);
const governance = (changes) => ({ policy: { governance: changes } });

// A proposal, entry 6, on which can be voted.
async function opened(seats = FOUR, changes = {}) {
  const w = await GovernedWriter.of(seats, changes);
  const { seq } = await w.propose(1, 'parameter', HALVE);
  w.waitFor(w.proposal(seq).opens);
  return { w, seq };
}

const four = () => GovernedWriter.of(FOUR);
const REFUSED = {
  // NOD_CHANGED
  'seats that it has': [four, (w) => w.appoint(1, 25), 'PAYLOAD_INVALID'],
  'seats of an account that is none': [four, (w) => w.append('NOD_CHANGED', { account: `user_${'A1'.repeat(32)}`, nod: 1, reason: 'x' }), 'USER_ID_SYNTAX'],
  'more seats of its own': [four, (w) => w.actByWallet(1, 'NOD_CHANGED', { account: user(1), nod: 26, reason: 'x' }), 'FORBIDDEN'],
  'seats of another': [four, (w) => w.actByWallet(1, 'NOD_CHANGED', { account: user(2), nod: 1, reason: 'x' }), 'FORBIDDEN'],
  'seats without a reason': [four, (w) => w.append('NOD_CHANGED', { account: user(1), nod: 1, reason: '' }), 'PAYLOAD_INVALID'],
  'more seats than an account may have': [four, (w) => w.appoint(1, 1000000001), 'PAYLOAD_INVALID'],
  'seats on the word of a session': [async () => { const w = await four(); await w.login(1); return w; }, (w) => w.act(1, 'NOD_CHANGED', { account: user(1), nod: 1, reason: 'x' }, { sign: false }), 'EVENT_UNSIGNED'],
  'seats by the ledger itself': [four, (w) => w.settleWith('NOD_CHANGED', { account: user(1), nod: 1, reason: 'x' }), 'FORBIDDEN'],
  // PROPOSAL_CREATED
  'a proposal while it is off': [() => GovernedWriter.of(FOUR, { mode: 'off' }), create(1, proposal(HALVE)), 'GOVERNANCE_OFF'],
  'a proposal without a seat': [four, create(5, proposal(HALVE)), 'SEAT_NONE'],
  'policy and seats': [four, create(1, proposal({ ...HALVE, nod: [{ account: user(5), nod: 25 }] }, 'constitution')), 'PAYLOAD_INVALID'],
  'nothing, on the track parameter': [four, create(1, proposal({})), 'PAYLOAD_INVALID'],
  'a policy on the track of texts': [four, create(1, proposal(HALVE, 'text')), 'PAYLOAD_INVALID'],
  'a policy that is too long': [four, create(1, proposal({ policy: { operators: Array.from({ length: 120 }, (_, i) => user(i)) } }, 'constitution')), 'PAYLOAD_INVALID'],
  'a key that does not exist': [four, create(1, proposal({ policy: { referral: { caps: 1 } } })), 'POLICY_INVALID'],
  'an object that does not exist': [four, create(1, proposal({ policy: { nothing: {} } })), 'POLICY_INVALID'],
  'a name with a dot': [four, create(1, proposal({ policy: { 'referral.cap': 1 } })), 'POLICY_INVALID'],
  'a value in place of an object': [four, create(1, proposal({ policy: { referral: 1 } })), 'POLICY_INVALID'],
  'an object in place of a value': [four, create(1, proposal({ policy: { referral: { cap: {} } } })), 'POLICY_INVALID'],
  'members of a value': [four, create(1, proposal({ policy: { referral: { tiers: { to: 1 } } } })), 'POLICY_INVALID'],
  'no changes': [four, create(1, proposal({ policy: {} })), 'POLICY_INVALID'],
  'changes that change nothing': [four, create(1, proposal({ policy: { referral: { cap: 100 } } })), 'POLICY_INVALID'],
  'a value out of range': [four, create(1, proposal({ policy: { referral: { cap: -1 } } })), 'POLICY_INVALID'],
  'rules that nobody has written': [four, create(1, proposal({ policy: { rules: 2 } })), 'RULES_UNKNOWN'],
  'a fixed key': [four, create(1, proposal({ policy: { block_ms: 1000 } })), 'KEY_FIXED'],
  'a fork key': [four, create(1, proposal(governance({ power_percent: 20 }), 'constitution')), 'KEY_FIXED'],
  'another fork key': [four, create(1, proposal({ policy: { visibility: 'public' } }, 'emergency')), 'KEY_FIXED'],
  'a fixed key behind one of another track': [four, create(1, proposal({ policy: { visibility: 'public', governance: { agenda: 1 } } })), 'KEY_TRACK'],
  'a key of the constitution': [four, create(1, proposal({ policy: { operators: [user(1)] } })), 'KEY_TRACK'],
  'a parameter on the track constitution': [four, create(1, proposal(HALVE, 'constitution')), 'KEY_TRACK'],
  'seats on another track': [four, create(1, proposal({ nod: [{ account: user(5), nod: 25 }] })), 'KEY_TRACK'],
  'seats twice': [four, create(1, proposal({ nod: [{ account: user(5), nod: 25 }, { account: user(5), nod: 1 }] }, 'constitution')), 'PAYLOAD_INVALID'],
  'seats that it has, by a proposal': [four, create(1, proposal({ nod: [{ account: user(5), nod: 1 }, { account: user(2), nod: 25 }] }, 'constitution')), 'PAYLOAD_INVALID'],
  'seats of an account that is none, by a proposal': [four, create(1, proposal({ nod: [{ account: 'x'.repeat(69), nod: 1 }] }, 'constitution')), 'USER_ID_SYNTAX'],
  'five seats': [four, create(1, proposal({ nod: [5, 6, 7, 8, 9].map((n) => ({ account: user(n), nod: 1 })) }, 'constitution')), 'PAYLOAD_INVALID'],
  'governance on, by three': [() => GovernedWriter.of([25, 25, 25]), create(1, proposal(governance({ mode: 'on' }), 'constitution')), 'POLICY_INVALID'],
  'operator keys that are no parameters': [four, create(1, proposal(governance({ operator_keys: ['governance.*'] }), 'constitution')), 'POLICY_INVALID'],
  'operator keys of nothing': [four, create(1, proposal(governance({ operator_keys: ['limit.*'] }), 'constitution')), 'POLICY_INVALID'],
  'a text that is no hash': [four, create(1, proposal(HALVE, 'parameter', { text: TEXT.toUpperCase() })), 'PAYLOAD_INVALID'],
  'a simulation that is no hash': [four, create(1, proposal(HALVE, 'parameter', { simulation: { run: 'x'.repeat(64), size: 1, window: 1 } })), 'PAYLOAD_INVALID'],
  'a track that there is not': [four, create(1, proposal(HALVE, 'quick')), 'PAYLOAD_INVALID'],
  'a proposal by a role': [four, (w) => w.append('PROPOSAL_CREATED', proposal(HALVE)), 'NO_SESSION'],
  'a proposal by the ledger': [four, (w) => w.settleWith('PROPOSAL_CREATED', proposal(HALVE)), 'FORBIDDEN'],
  'a proposal that another wallet signed': [four, (w) => w.propose(1, 'parameter', HALVE, { actor: user(2) }), 'SIGNATURE_MISMATCH'],
  // PROPOSAL_CANCELLED
  'cancelling what is not there': [four, (w) => w.actByWallet(1, 'PROPOSAL_CANCELLED', { proposal: 3 }), 'PROPOSAL_UNKNOWN'],
  'cancelling another account\u2019s': [async () => { const w = await four(); await w.propose(1, 'parameter', HALVE); return w; }, (w) => w.actByWallet(2, 'PROPOSAL_CANCELLED', { proposal: 6 }), 'FORBIDDEN'],
  'cancelling what is voted on': [async () => (await opened()).w, (w) => w.actByWallet(1, 'PROPOSAL_CANCELLED', { proposal: 6 }), 'PROPOSAL_STATE'],
  'cancelling twice': [async () => { const w = await four(); await w.propose(1, 'parameter', HALVE); await w.actByWallet(1, 'PROPOSAL_CANCELLED', { proposal: 6 }); return w; },
    (w) => w.actByWallet(1, 'PROPOSAL_CANCELLED', { proposal: 6 }), 'PROPOSAL_STATE'],
  // VOTE_CAST
  'a vote while it is off': [async () => { const { w } = await opened(); await w.setPolicy({ governance: { ...GOVERNANCE, mode: 'off' } }); return w; }, (w) => w.vote(1, 6, 'yes'), 'GOVERNANCE_OFF'],
  'a vote on what is not there': [async () => (await opened()).w, (w) => w.actByWallet(1, 'VOTE_CAST', { ...w.ballot(6, 'yes'), proposal: 5 }), 'PROPOSAL_UNKNOWN'],
  'a vote on other words': [async () => (await opened()).w, (w) => w.actByWallet(1, 'VOTE_CAST', { ...w.ballot(6, 'yes'), action: TEXT }), 'PROPOSAL_ACTION'],
  'a vote on no hash': [async () => (await opened()).w, (w) => w.actByWallet(1, 'VOTE_CAST', { ...w.ballot(6, 'yes'), action: TEXT.toUpperCase() }), 'PAYLOAD_INVALID'],
  'a vote without a seat': [async () => (await opened()).w, (w) => w.vote(5, 6, 'yes'), 'SEAT_NONE'],
  'a vote of no choice': [async () => (await opened()).w, (w) => w.vote(1, 6, 'maybe'), 'PAYLOAD_INVALID'],
  'a vote on what was decided': [async () => { const w = await four(); await w.decided('text', {}, { 1: 'yes', 2: 'yes' }); return w; }, (w) => w.vote(3, 6, 'yes'), 'PROPOSAL_STATE'],
  // settlements
  'a tally too early': [async () => (await opened()).w, (w) => w.settleWith('PROPOSAL_TALLIED', { proposal: 6 }), 'SETTLEMENT_WRONG'],
  'a tally of nothing': [four, (w) => w.settleWith('PROPOSAL_TALLIED', { proposal: 6 }), 'SETTLEMENT_WRONG'],
  'an execution in place of a tally': [async () => { const { w } = await opened(); return w.waitFor(w.tally(6).ends); }, (w) => w.settleWith('PROPOSAL_EXECUTED', { proposal: 6 }), 'SETTLEMENT_WRONG'],
  'a tally by a role': [async () => { const { w } = await opened(); return w.waitFor(w.tally(6).ends); }, (w) => w.append('PROPOSAL_TALLIED', { proposal: 6 }), 'FORBIDDEN'],
  'a tally of more': [async () => { const { w } = await opened(); return w.waitFor(w.tally(6).ends); }, (w) => w.settleWith('PROPOSAL_TALLIED', { policy: {}, proposal: 6 }), 'PAYLOAD_INVALID'],
  'an event while a tally is due': [async () => { const { w } = await opened(); return w.waitFor(w.tally(6).ends); }, (w) => w.appoint(5, 1), 'SETTLEMENT_DUE'],
  'a vote while its tally is due': [async () => { const { w } = await opened(); return w.waitFor(w.tally(6).ends); }, (w) => w.vote(1, 6, 'yes'), 'SETTLEMENT_DUE'],
  'a payload of no form while a tally is due': [async () => { const { w } = await opened(); return w.waitFor(w.tally(6).ends); }, (w) => w.append('POLICY_CHANGED', {}), 'SETTLEMENT_DUE'],
};

// Queued, and its execution due.
async function queued(action = HALVE, track = 'parameter') {
  const w = await four();
  const { seq } = await w.propose(1, track, action);
  w.waitFor(w.proposal(seq).opens);
  for (const n of [1, 2, 3]) await w.vote(n, seq, 'yes');
  w.waitFor(w.tally(seq).ends);
  await w.settle();
  w.waitFor(w.tally(seq).enacts);
  return w;
}

Object.assign(REFUSED, {
  'an execution without its policy': [queued, (w) => w.settleWith('PROPOSAL_EXECUTED', { proposal: 6 }), 'SETTLEMENT_WRONG'],
  'an execution of another policy': [queued, (w) => { const payload = w.execution(6); payload.policy.referral.cap = 51; return w.settleWith('PROPOSAL_EXECUTED', payload); }, 'SETTLEMENT_WRONG'],
  'an execution that brings seats a policy': [() => queued({ nod: [{ account: user(5), nod: 10 }] }, 'constitution'), (w) => w.settleWith('PROPOSAL_EXECUTED', { ...w.execution(6), policy: w.store.get('policy', 1).policy }), 'SETTLEMENT_WRONG'],
  'a policy while an execution is due': [queued, (w) => w.setPolicy({ signed: 'none' }), 'SETTLEMENT_DUE'],
});

test('what the rules refuse has one code here and by qfs-verify', async (t) => {
  for (const [name, [begin, act, code]] of Object.entries(REFUSED)) {
    await t.test(name, async () => {
      const w = await begin();
      assert.deepEqual((await replay(w.lines)).faults, []);
      w.force = true;
      await act(w);
      const expected = [`${w.lines.length - 1} QFS_${code}`];
      assert.deepEqual([codesOf(await replay(w.lines)), askVerifier(w.lines).faults], [expected, expected]);
    });
  }
});
