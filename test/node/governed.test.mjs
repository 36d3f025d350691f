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
import { POLICY } from './ledger_writer.mjs';
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
  // The guards that block, and the states, of which chance sees most.
  assert.ok(seen.size > 1.5 * GUARDS.length, [...seen].join(', '));
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

// ---- guards, each at its bound: [what comes before, the entry, {guard: [bound, observed]} of those that block, and more that are told] ----

const four = () => GovernedWriter.of(FOUR);

// A proposal, entry 6, on which can be voted.
async function opened(seats = FOUR, changes = {}) {
  const w = await GovernedWriter.of(seats, changes);
  const { seq } = await w.propose(1, 'parameter', HALVE);
  w.waitFor(w.proposal(seq).opens);
  return { w, seq };
}

// Queued, and its execution due; meanwhile: between the proposal and the votes, later: behind the tally.
async function queued(action = HALVE, track = 'parameter', meanwhile = () => null, later = () => null) {
  const w = await four();
  const { seq } = await w.propose(1, track, action);
  await meanwhile(w);
  w.waitFor(w.proposal(seq).opens);
  for (const n of [1, 2, 3]) await w.vote(n, seq, 'yes');
  w.waitFor(w.tally(seq).ends);
  await w.settle();
  await later(w);
  return w.waitFor(w.tally(seq).enacts);
}

// The vote on entry 6 is over; votes: {account: choice}.
async function counted(votes, changes = {}, seats = FOUR) {
  const { w, seq } = await opened(seats, changes);
  for (const [n, choice] of Object.entries(votes)) await w.vote(Number(n), seq, choice);
  return w.waitFor(w.tally(seq).ends);
}

const tallied = (w) => w.settleWith('PROPOSAL_TALLIED', { proposal: 6 });
const executed = (w) => w.settleWith('PROPOSAL_EXECUTED', { proposal: 6 });
const less = (n, nod) => (w) => w.actByWallet(n, 'NOD_CHANGED', { account: user(n), nod, reason: 'less' });
const ON = { policy: { governance: { mode: 'on' } } };

const BLOCKED = {
  'seats twice in an epoch': [four, less(1, 24), { NOD_EPOCH: [1, 0] }],
  'a proposer with too little': [() => GovernedWriter.of([25, 25, 25, 1], { threshold_percent: 2 }), (w) => w.propose(4, 'parameter', HALVE), { PROPOSER_POWER: [152, 100] }],
  'a second proposal, at once': [async () => (await opened()).w, (w) => w.propose(1, 'text', {}), { PROPOSER_OPEN: [0, 1], PROPOSER_COOLDOWN: [4, 2] }],
  'an emergency beside it': [async () => { const { w } = await opened(); return w.waitFor(w.block + 2); }, (w) => w.propose(1, 'emergency', HALVE), {}],
  'a full agenda': [() => opened(FOUR, { agenda: 1 }).then(({ w }) => w), (w) => w.propose(2, 'text', {}), { AGENDA_FULL: [1, 1] }],
  'a full agenda, for an emergency': [() => opened(FOUR, { agenda: 1 }).then(({ w }) => w), (w) => w.propose(2, 'emergency', HALVE), {}],
  'no deposit': [() => GovernedWriter.of(FOUR, { deposit: '0.5' }), (w) => w.propose(1, 'parameter', HALVE), { DEPOSIT: ['0.500000000000000000', '0.000000000000000000'] }],
  'a key that a vote has just changed': [async () => { const w = await four(); await w.decided('parameter', HALVE, { 1: 'yes', 2: 'yes', 3: 'yes' }); await w.setPolicy({ governance: { ...GOVERNANCE, key_cooldown_epochs: 5 } }); return w; },
    (w) => w.propose(1, 'parameter', { policy: { referral: { cap: 60, points: 1 } } }), { KEY_COOLDOWN: [7, 4] }],
  'an emergency that gives': [four, (w) => w.propose(1, 'emergency', { policy: { limits: { messages_per_minute: 61, threads_per_day: 9 }, referral: { flx_cap: '2000000', points: 9, window_blocks: 1001 }, signed: 'all', evaluators: [user(1)] } }), { EMERGENCY_SCOPE: [0, 5] }],
  'an emergency that gives in tiers': [four, (w) => w.propose(1, 'emergency', { policy: { referral: { tiers: [{ flx: '100', to: 5 }, { flx: '80', to: 20 }, { flx: '50.1', to: 50 }, { flx: '20', to: 100 }] } } }), { EMERGENCY_SCOPE: [0, 1] }],
  'an emergency that takes': [four, (w) => w.propose(1, 'emergency', { policy: { limits: { messages_per_minute: 60, threads_per_day: 9 }, referral: { tiers: [{ flx: '100', to: 5 }, { flx: '80', to: 20 }, { flx: '50.0', to: 50 }, { flx: '0', to: 100 }] } } }), {}],
  'too large a share': [four, (w) => w.propose(1, 'constitution', { nod: [{ account: user(5), nod: 34 }, { account: user(1), nod: 24 }] }), { NOD_SHARE: [3325, 3400] }],
  'the largest share': [four, (w) => w.propose(1, 'constitution', { nod: [{ account: user(5), nod: 33 }] }), {}],
  'a vote in the review': [async () => { const w = await four(); await w.propose(1, 'parameter', HALVE); return w.wait(17000); }, (w) => w.vote(1, 6, 'yes'), { VOTE_OPENS: [2, 1] }],
  'a second vote': [async () => { const { w } = await opened(); await w.vote(2, 6, 'no'); return w; }, (w) => w.vote(2, 6, 'yes'), { VOTE_ONCE: [0, 1] }],
  'a vote with seats of later': [async () => { const { w } = await opened(); await w.appoint(5, 25); return w; }, (w) => w.vote(5, 6, 'yes'), { VOTE_POWER: [1, 0] }],
  'a vote with seats of before': [async () => { const { w } = await opened(); await w.appoint(2, 1); await w.appoint(2, 2); return w; }, (w) => w.vote(2, 6, 'yes'), {}, { power: 25 }],
  'more seats than the cap': [() => opened([97, 1, 1, 1]).then(({ w }) => w), (w) => w.vote(1, 6, 'yes'), {}, { power: 25 }],
  'nobody votes': [() => counted({}), tallied, { TALLY_QUORUM: [3000, 0], TALLY_APPROVAL: [2000, 0] }, { state: 'REJECTED' }],
  'few vote': [() => counted({ 1: 'yes' }), tallied, { TALLY_QUORUM: [3000, 2500] }, { state: 'REJECTED' }],
  'all abstain': [() => counted({ 1: 'abstain', 2: 'abstain' }), tallied, { TALLY_APPROVAL: [2000, 0] }, { state: 'REJECTED' }],
  'a tie': [() => counted({ 1: 'yes', 2: 'no' }), tallied, { TALLY_MAJORITY: [3300, 2500] }, { state: 'REJECTED' }],
  'a veto': [() => counted({ 1: 'yes', 2: 'yes', 3: 'veto', 4: 'veto' }), tallied, { TALLY_VETO: [3400, 5000], TALLY_MAJORITY: [6600, 5000] }, { state: 'REJECTED' }],
  'two of three': [() => counted({ 1: 'yes', 2: 'yes', 3: 'no' }), tallied, {}, { state: 'QUEUED' }],
  silence: [async () => { const w = await counted({ 1: 'yes', 2: 'yes' }); return w.waitFor(w.tally(6).ends + 6); }, tallied, { TALLY_SILENCE: [17, 18] }, { state: 'OPEN' }],
  'no silence yet': [async () => { const w = await counted({ 1: 'yes', 2: 'yes' }); return w.waitFor(w.tally(6).ends + 5); }, tallied, {}, { state: 'QUEUED' }],
  'too late': [async () => { const w = await queued(); return w.waitFor(w.tally(6).enacts + 513); }, executed, { EXECUTION_GRACE: [528, 529] }, { state: 'FAILED' }],
  'just in time': [async () => { const w = await queued(); return w.waitFor(w.tally(6).enacts + 512); }, (w) => w.settleWith('PROPOSAL_EXECUTED', w.execution(6)), {}, { state: 'EXECUTED' }],
  'another base': [() => queued(HALVE, 'parameter', (w) => w.setPolicy({ referral: { ...POLICY.referral, cap: 99 } })), executed, { BASE_CHANGED: [0, 1] }, { state: 'FAILED' }],
  'the base again': [() => queued(HALVE, 'parameter', async (w) => { for (const cap of [99, 100]) await w.setPolicy({ referral: { ...POLICY.referral, cap } }); }), (w) => w.settleWith('PROPOSAL_EXECUTED', w.execution(6)), {}, { state: 'EXECUTED' }],
  'a policy that is none by now': [() => queued({ policy: { referral: { tiers: [{ flx: '1', to: 100 }] } } }, 'parameter', (w) => w.setPolicy({ referral: { ...POLICY.referral, cap: 101, tiers: POLICY.referral.tiers.map(({ flx, to }) => ({ flx, to: to + 1 })) } })),
    executed, { BASE_CHANGED: [0, 1], POLICY_VALID: [0, 1] }, { state: 'FAILED' }],
  'governance that is off by now': [() => queued(HALVE, 'parameter', () => null, (w) => w.setPolicy({ governance: { ...GOVERNANCE, mode: 'off' } })), executed, { POLICY_VALID: [0, 1] }, { state: 'FAILED' }],
  'on, by three who are left': [() => queued(ON, 'constitution', (w) => w.appoint(4, 0)), executed, { POLICY_VALID: [0, 1] }, { state: 'FAILED' }],
  'on, by four': [() => queued(ON, 'constitution'), (w) => w.settleWith('PROPOSAL_EXECUTED', w.execution(6)), {}, { state: 'EXECUTED' }],
  'seats of a total that is less by now': [() => queued({ nod: [{ account: user(5), nod: 33 }] }, 'constitution', (w) => w.appoint(4, 20)), executed, { NOD_SHARE: [3200, 3300] }, { state: 'FAILED' }],
  'seats': [() => queued({ nod: [{ account: user(5), nod: 25 }, { account: user(1), nod: 0 }] }, 'constitution'), executed, {}, { state: 'EXECUTED' }],
};

const firstsOf = (guards = []) => Object.fromEntries(guards.filter(({ result }) => result === 'BLOCK').map(({ guard, bound, observed }) => [guard, [bound, observed]]));

test('guards, each at its bound', async (t) => {
  const seen = new Set();
  for (const [name, [begin, act, blocking, told = {}]] of Object.entries(BLOCKED)) {
    await t.test(name, async () => {
      const w = await begin();
      const { outcome: { guards, result } } = await act(w);
      guards.forEach(({ guard, result: found }) => seen.add(`${guard} ${found}`));
      assert.deepEqual(firstsOf(guards), blocking);
      const found = { ...result, ...result.voter };
      assert.deepEqual(Object.fromEntries(Object.keys(told).map((member) => [member, found[member]])), told);
      await isSoundEverywhere(w.lines, name);
    });
  }
  // A change of seats that comes with an epoch of its own.
  const w = await four();
  await less(1, 24)(w.waitFor(8));
  JSON.parse(w.lines.at(-1)).outcome.guards.forEach(({ guard, result }) => seen.add(`${guard} ${result}`));
  await isSoundEverywhere(w.lines, 'an epoch later');
  assert.deepEqual(GUARDS.flatMap((guard) => [`${guard} BLOCK`, `${guard} PASS`]).filter((what) => !seen.has(what)), []);
});

// ---- what is refused: one code here and by qfs-verify ----

const proposal = (action, track = 'parameter', more = {}) => ({ action, text: TEXT, title: 'A proposal', track, ...more });
const create = (n, payload) => (w) => w.actByWallet(n, 'PROPOSAL_CREATED', payload);
const governance = (changes) => ({ policy: { governance: changes } });

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
  'a reason that is no hash': [async () => (await opened()).w, (w) => w.actByWallet(1, 'VOTE_CAST', { ...w.ballot(6, 'yes'), reason: TEXT.toUpperCase() }), 'PAYLOAD_INVALID'],
  'a reason of 32 characters of two units each': [async () => (await opened()).w, (w) => w.actByWallet(1, 'VOTE_CAST', { ...w.ballot(6, 'yes'), reason: '\u{1f600}'.repeat(32) }), 'PAYLOAD_INVALID'],
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

Object.assign(REFUSED, {
  'an execution without its policy': [queued, (w) => w.settleWith('PROPOSAL_EXECUTED', { proposal: 6 }), 'SETTLEMENT_WRONG'],
  'an execution of another policy': [queued, (w) => { const payload = w.execution(6); payload.policy.referral.cap = 51; return w.settleWith('PROPOSAL_EXECUTED', payload); }, 'SETTLEMENT_WRONG'],
  'an execution that brings seats a policy': [() => queued({ nod: [{ account: user(5), nod: 10 }] }, 'constitution'), (w) => w.settleWith('PROPOSAL_EXECUTED', { ...w.execution(6), policy: w.store.get('policy', 1).policy }), 'SETTLEMENT_WRONG'],
  'a claim in trial': [four, (w) => w.claim(), 'DORMANCY_VOID'],
  'a claim where nobody can claim': [() => governed({ dormant_epochs: 0 }), (w) => w.claim(), 'DORMANCY_VOID'],
  'a claim by the ledger': [() => dormant(), (w) => w.claim({ auth: { via: 'ledger' } }), 'FORBIDDEN'],
  'a claim settled too early': [() => claimed(), (w) => w.settleClaim(w.lines.length - 1), 'SETTLEMENT_WRONG'],
  'a claim settled without its policy': [async () => { const w = await claimed(); return w.waitFor(w.block + 808); }, (w) => w.settleWith('DORMANCY_SETTLED', { claim: w.lines.length - 1 }), 'SETTLEMENT_WRONG'],
  'a claim settled by a role': [async () => { const w = await claimed(); return w.waitFor(w.block + 808); }, (w) => w.append('DORMANCY_SETTLED', { claim: w.lines.length - 1 }), 'FORBIDDEN'],
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

// ---- what is the operator's while governance is on ----

// Governance is on, and a vote has halved the cap in epoch 5.
async function governed(changes = {}) {
  const w = await GovernedWriter.of(FOUR, { operator_keys: ['limits.*', 'nonce_ttl_ms', 'referral.cap'], ...changes });
  const all = { 1: 'yes', 2: 'yes', 3: 'yes' };
  await w.decided('constitution', ON, all);
  await w.decided('parameter', HALVE, all);
  return w;
}

const policyWith = (changes) => (w) => w.setPolicy({ ...changes });
const OPERATORS = {
  'a key that is its own': [policyWith({ nonce_ttl_ms: 1000 }), null],
  'one of a pattern': [(w) => w.setPolicy({ limits: { ...POLICY.limits, threads_per_day: 1 } }), null],
  'another key': [policyWith({ signed: 'all' }), 'POLICY_GOVERNED'],
  'a key of the constitution': [(w) => w.setPolicy({ operators: [user(1)] }), 'POLICY_GOVERNED'],
  'the mode': [(w) => w.setPolicy({ governance: { ...w.store.policyInForce.governance, mode: 'off' } }), 'POLICY_GOVERNED'],
  'all of governance': [(w) => { const { governance: _, ...rest } = w.store.get('policy', w.store.ledger.policy_seq).policy; return w.append('POLICY_CHANGED', { policy: rest }); }, 'POLICY_GOVERNED'],
  'a key that a vote has changed': [(w) => w.setPolicy({ referral: { ...POLICY.referral, cap: 100 } }), 'POLICY_GOVERNED'],
  'the same when that is long ago': [(w) => { w.waitFor(w.block + 16); return w.setPolicy({ referral: { ...POLICY.referral, cap: 100 } }); }, null],
  seats: [(w) => w.appoint(5, 1), 'POLICY_GOVERNED'],
  'a policy that is none': [policyWith({ signed: 'x' }), 'POLICY_INVALID'],
};

test('what is the operator\u2019s while governance is on', async (t) => {
  for (const [name, [act, code]] of Object.entries(OPERATORS)) {
    await t.test(name, async () => {
      const w = await governed();
      w.force = true;
      await act(w);
      const expected = code ? [`${w.lines.length - 1} QFS_${code}`] : [];
      assert.deepEqual([codesOf(await replay(w.lines)), askVerifier(w.lines).faults], [expected, expected]);
      if (!code) await isSoundEverywhere(w.lines, name);
    });
  }
  for (const [name, write] of Object.entries({ genesis: (w) => w.genesis({ governance: { ...GOVERNANCE, mode: 'on' } }),
    'a policy': async (w) => { await w.genesis(); w.force = true; await w.setPolicy({ governance: { ...GOVERNANCE, mode: 'on' } }); } })) {
    await t.test(`"on" by ${name}`, async () => {
      const w = new GovernedWriter();
      w.force = true;
      await write(w);
      assert.deepEqual([codesOf(await replay(w.lines)).at(0), askVerifier(w.lines).faults.at(0)], Array(2).fill(`${w.lines.length - 1} QFS_POLICY_GOVERNED`));
    });
  }
});

// ---- nobody governs ----

// Governance is on, and nobody has voted for two epochs.
async function dormant() {
  const w = await governed({ dormant_epochs: 2, cooldown_blocks: 0 });
  w.waitFor(w.block + 16);
  return w;
}

async function claimed(before = () => undefined) {
  const w = await dormant();
  await before(w);
  await w.claim();
  return w;
}

const cancel = (w) => w.actByWallet(2, 'PROPOSAL_CANCELLED', { proposal: w.lines.length - 2 });
const openText = (w) => w.propose(2, 'text', {});
const openAndWait = async (w) => { const { seq } = await openText(w); w.waitFor(w.proposal(seq).opens); };
const holdFewer = (nod) => (w) => w.actByWallet(3, 'NOD_CHANGED', { account: user(3), nod, reason: 'less' });
const DORMANCY = {
  'a claim too early': [async () => { const w = await governed({ dormant_epochs: 50 }); await w.claim(); return w; }, null],
  'a second claim': [() => claimed(), (w) => w.claim()],
  'nobody objects': [() => claimed(), (w) => { w.waitFor(w.block + 808); return w.settle(); }],
  'the policy is another one by then': [() => claimed(), async (w) => { await w.setPolicy({ nonce_ttl_ms: 1000 }); w.waitFor(w.block + 808); return w.settle(); }],
  'a proposal': [() => claimed(), openText],
  'a proposal that is blocked': [() => claimed(openText), openText],
  'a proposal that is taken back': [() => claimed(openText), cancel],
  'a vote': [() => claimed(openAndWait), (w) => w.vote(1, w.lines.length - 2, 'yes')],
  'a vote that is blocked': [() => claimed(openText), (w) => w.vote(1, w.lines.length - 2, 'yes')],
  'fewer seats': [() => claimed(), holdFewer(20)],
  'fewer seats, too soon': [() => claimed(holdFewer(20)), holdFewer(19)],
  'a vote of one who holds none any more': [() => claimed(async (w) => { await openText(w); await holdFewer(0)(w); }), (w) => w.vote(3, w.lines.length - 3, 'yes')],
};

test('a claim that nobody governs: what ends it, and what comes of it', async (t) => {
  const ends = ['a proposal', 'a proposal that is blocked', 'a proposal that is taken back', 'a vote', 'a vote that is blocked', 'fewer seats', 'fewer seats, too soon'];
  for (const [name, [begin, act]] of Object.entries(DORMANCY)) {
    await t.test(name, async () => {
      const w = await begin();
      const claim = w.lines.length - 1;
      await act?.(w);
      await isSoundEverywhere(w.lines, name);
      assert.equal(JSON.parse(w.lines.at(-1)).outcome.result?.claim, ends.includes(name) ? claim : undefined);
      assert.equal(w.store.policyInForce.governance.mode, ['nobody objects', 'the policy is another one by then'].includes(name) ? 'trial' : 'on');
    });
  }
});

// ---- acknowledged ----

const acknowledge = (w, seq) => w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'restored by hand', seq }] });
const another = (change) => (entry) => { entry.outcome = structuredClone(entry.outcome); change(entry.outcome.result, entry.outcome); };
// An outcome that the rules do not give: [before, the entry with another outcome, is it followed].
const ACKNOWLEDGED = {
  'another number of seats': [four, (w) => w.appoint(5, 10, { spoil: another((result) => { result.electorate.total = 90; result.number = 3; }) }), true],
  'another agenda': [four, (w) => w.propose(1, 'parameter', HALVE, { spoil: another((result) => { result.schedule.ends = 30; result.agenda.items[0][0] = 30; }) }), true],
  'an agenda that is none': [four, (w) => w.propose(1, 'parameter', HALVE, { spoil: another((result) => { result.agenda.items[0][2] = 'later'; }) }), false],
  'another count': [() => opened().then(({ w }) => w), (w) => w.vote(1, 6, 'yes', { spoil: another((result) => { result.tally.yes = 99; }) }), true],
  'no count': [() => opened().then(({ w }) => w), (w) => w.vote(1, 6, 'yes', { spoil: another((result) => { delete result.tally.voters; }) }), false],
  'a vote that was blocked': [() => opened().then(({ w }) => w), (w) => w.vote(1, 6, 'yes', { spoil: another((_, outcome) => { outcome.status = 'BLOCKED'; }) }), true],
  'another verdict': [() => counted({ 1: 'yes', 2: 'yes' }), (w) => w.settleWith('PROPOSAL_TALLIED', { proposal: 6 }, { spoil: another((result) => { result.state = 'REJECTED'; result.agenda.items = []; }) }), true],
  'an execution that failed': [() => queued({ nod: [{ account: user(5), nod: 1 }] }, 'constitution'), (w) => w.settleWith('PROPOSAL_EXECUTED', { proposal: 6 }, { spoil: another((result, { guards }) => { result.state = 'FAILED'; guards[0].result = 'BLOCK'; }) }), true],
  'terms that are none': [four, async (w) => { const entry = await w.propose(1, 'parameter', HALVE, { spoil: another((result) => { result.terms.quorum = 101; }) }); await acknowledge(w, entry.seq); w.waitFor(2); w.force = true;
    return w.vote(1, entry.seq, 'yes'); }, false],
  'a count that is too large to be added to': [() => opened().then(({ w }) => w), async (w) => { const { seq } = await w.vote(1, 6, 'yes', { spoil: another((result) => { result.tally.yes = Number.MAX_SAFE_INTEGER; }) }); await acknowledge(w, seq); w.force = true;
    return w.vote(2, 6, 'yes', { outcome: { result: {} } }); }, false],
  'fewer seats than an account has': [four, async (w) => { const { seq } = await w.appoint(5, 10, { spoil: another((result) => { result.electorate.total = 5; }) }); await acknowledge(w, seq); w.force = true; return w.appoint(1, 1); }, false],
  'seats that there are': [four, (w) => w.append('NOD_CHANGED', { account: user(1), nod: 25, reason: 'again' }, { outcome: { result: { before: 25, electorate: { holders: 4, previous: 5, total: 100 }, number: 2, previous: 2 } } }), true],
};

test('what somebody acknowledges is followed as it was recorded, if that has its form', async (t) => {
  for (const [name, [begin, act, isFollowed]] of Object.entries(ACKNOWLEDGED)) {
    await t.test(name, async () => {
      const w = await begin();
      const { seq } = await act(w);
      await acknowledge(w, seq);
      const [here, there] = [await replay(w.lines), askVerifier(w.lines)];
      assert.deepEqual([firstOf(codesOf(here)), firstOf(there.faults)], Array(2).fill(isFollowed ? Infinity : seq));
      if (isFollowed) assert.equal(here.state, there.state);
    });
  }
});
