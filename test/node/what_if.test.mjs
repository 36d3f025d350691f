// what_if.test.mjs - what would have come of a ledger under another policy: by src/web/rules/what_if.mjs, which was written
// from docs/format.md, and by qfs-verify what-if.  Both have to give one line.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs no server, but a qfs-verify.  QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { canonical } from '../../src/web/canonical.mjs';
import { threadOf } from '../../src/web/message_crypto.mjs';
import { replay } from '../../src/web/rules/replay.mjs';
import { whatIf } from '../../src/web/rules/what_if.mjs';
import { GOVERNANCE, GovernedWriter, randomGovernedLedger, TEXT } from './governed_ledger.mjs';
import { LedgerWriter, POLICY, serverOf } from './ledger_writer.mjs';
import { showing } from './partial_lines.mjs';
import { makeRandom } from './random.mjs';
import { randomLedger } from './random_ledger.mjs';
import { askVerifier, askWhatIf } from './verifier.mjs';

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
console.log(`# what-if: QFS_SEED=${seed}`);
const random = makeRandom(seed);

const LEDGERS = 1;
const QUESTIONS = 10;

const user = (n) => GovernedWriter.user(n);
const told = (value) => JSON.parse(JSON.stringify(value));

// {line}, {code} or {fault}, as askWhatIf().
async function answerOf(lines, question, run = whatIf) {
  try {
    return { line: canonical(await run(lines, question)) };
  } catch (error) {
    if (!error.code?.startsWith('QFS_')) throw error;
    return error.seq === undefined ? { code: error.code } : { fault: `${error.seq} ${error.code}` };
  }
}

// Members first, so that a failure names the one that differs.
async function isOneLine(lines, question, what) {
  const [here, there] = [await answerOf(lines, question), askWhatIf(lines, question)];
  const text = `${what}: ${JSON.stringify(question).slice(0, 2000)}`;
  if (here.line && there.line) assert.deepEqual(JSON.parse(here.line), JSON.parse(there.line), text);
  assert.deepEqual(here, there, text);
  return here.line && JSON.parse(here.line);
}

// ---- questions ----

// Each key that a rule reads, some by themselves and some together; some of them no policy.
const CHANGES = [
  {}, { referral: {} }, { governance: {} }, { operators: [] }, { evaluators: [] }, { visibility: 'public' }, { ttl_blocks: 3 }, { signed: 'all' }, { signed: 'none' }, { signed_types: ['VOTE_CAST', 'MESSAGE'] },
  { sessions_max: 1 }, { nonce_ttl_ms: 1000 }, { auth: { domains: [] } }, { auth: { chain_ids: [2] } }, { auth: { uris: [] } },
  { limits: { messages_per_minute: 1 } }, { limits: { events_per_minute: 1, logins_per_minute: 0, threads_per_day: 1 } },
  { coherence: { alpha: '0.5' } }, { coherence: { acts: { PROFILE_COMPLETED: '0.9', FRAUD_BLOCKED: '1' } } }, { coherence: { trust: { VERIFIED: '0.8' } } }, { coherence: { weights: { logic: '1' } } },
  { referral: { cap: 0 } }, { referral: { cap: 1 } }, { referral: { cap: 90 } }, { referral: { points: 0 } }, { referral: { window_blocks: 0 } }, { referral: { activation: [] } }, { referral: { flx_cap: '60' } },
  { referral: { tiers: [{ flx: '1', to: 50 }] } }, { referral: { cap: 200, points: 3, tiers: [{ flx: '1', to: 200 }] } },
  { governance: { mode: 'off' } }, { governance: { mode: 'on' } }, { governance: { agenda: 1 } }, { governance: { deposit: '50' } }, { governance: { power_percent: 5 } }, { governance: { threshold_percent: 25 } },
  { governance: { key_cooldown_epochs: 9 } }, { governance: { grace_blocks: 600, late_blocks: 2, veto_percent: 25 } }, { governance: { operator_keys: [] } }, { governance: { cooldown_blocks: 30 } },
  { governance: { tracks: { parameter: { quorum: 0, approval: 0 } } } }, { governance: { tracks: { parameter: { voting_blocks: 10, review_blocks: 0, timelock_blocks: 0 } } } },
];

const HASH = '7'.repeat(64);

// What account n would do, of a type of each kind, at the end of w.
function randomAction(w) {
  const n = 1 + random.below(7);
  const actor = user(n);
  const other = user(1 + random.below(7));
  const hash = () => random.bytes(32).toString('hex');
  const one = (table) => random.pick([...w.store.tables[table].keys(), HASH]);
  const proposal = () => random.pick([...w.store.tables.proposal.keys(), 1]);
  const message = async () => {
    const thread = await threadOf(actor, other);
    const { first_seq: first = 0, second_seq: second = 0 } = w.store.get('thread', thread) ?? {};
    return { alg: 'x25519-hkdf-aes256gcm', hash: HASH, recipient: other, seq: 1 + (actor < other ? first : second), size: 100, thread };
  };
  const signIn = () => {
    const text = w.message(n);
    return { message: text, nonce: /Nonce: (\w+)/.exec(text)[1], wallet: GovernedWriter.wallet(n).address };
  };
  const ballot = () => {
    const seq = proposal();
    return w.store.get('proposal', seq) ? w.ballot(seq, random.pick(['yes', 'no', 'veto'])) : { action: HASH, choice: 'yes', proposal: seq };
  };
  const features = Object.fromEntries(Object.keys(POLICY.coherence.weights).map((name) => [name, '0.5']));
  const payloads = {
    CHAT_KEY: () => ({ key: Buffer.from(`${hash().slice(0, 62)}05`, 'hex').toString('base64url') }), COHERENCE_SCORED: () => ({ content: one('content'), features }),
    CONTENT_CREATED: () => ({ content: hash(), kind: 'text', size: 3 }), DORMANCY_CLAIMED: () => ({}), EVENT_TYPE: () => ({ by: 'account', schema: {}, type: 'AAA' }), GENESIS: () => ({}),
    LOGIN: () => random.pick([{}, signIn()]), MARK: () => ({ n: 1 }), MESSAGE: message, NOD_CHANGED: () => ({ account: random.pick([actor, other]), nod: random.below(30), reason: 'less' }),
    NOTE: () => ({ a: 1 }), NOWHERE: () => ({}), POLICY_CHANGED: () => ({ policy: {} }), PROFILE_UPDATE: () => ({ commitment: HASH, version: 1 + w.store.kind('standing', actor).state.profile_version }),
    PROPOSAL_CANCELLED: () => ({ proposal: proposal() }), PROPOSAL_TALLIED: () => ({ proposal: proposal() }),
    PROPOSAL_CREATED: () => ({ action: random.pick([{ policy: { referral: { cap: random.below(99) } } }, {}]), text: TEXT, title: 'A proposal', track: random.pick(['parameter', 'emergency', 'text']) }),
    REFERRAL_USE: () => ({ code: one('referral_code') }), SESSION_REVOKED: () => ({ reason: random.pick(['user_logout', 'admin']), session: one('session') }), SESSION_ROTATED: () => ({ nonce: hash() }),
    VOTE_CAST: ballot, 'no type': () => ({}),
  };
  const type = random.pick(Object.keys(payloads));
  return Promise.resolve(payloads[type]()).then((payload) => ({ actor, payload, type, ...(random.chance(20) && { session: one('session') }) }));
}

async function randomQuestion(w) {
  const size = random.chance(70) ? w.lines.length : 1 + random.below(w.lines.length);
  const actions = [];
  if (random.chance(70)) for (let i = 0; i < 8; i++) actions.push(await randomAction(w));
  return { changes: random.pick(CHANGES), actions, from: random.pick([1, 1 + random.below(size), size, undefined]), size };
}

test(`${2 * LEDGERS} random ledgers, ${QUESTIONS} questions each`, async () => {
  const codes = new Set();
  for (let i = 0; i < LEDGERS; i++) {
    for (const make of [() => randomLedger(random, { entries: 120, accounts: 5 }), () => randomGovernedLedger(random, { entries: 120, accounts: 6 })]) {
      const w = await make();
      for (let k = 0; k < QUESTIONS; k++) {
        const answer = await isOneLine(w.lines, await randomQuestion(w), `ledger ${i}`);
        for (const { error, outcome } of answer?.steps ?? []) codes.add(error ?? outcome.status ?? 'OK');
        for (const code of Object.keys({ ...answer?.direct.refused, ...answer?.cumulative.follows })) codes.add(code);
      }
    }
  }
  assert.ok(codes.size > 8, [...codes].join(', '));
});

test('without changes everything is as it was', async () => {
  for (const make of [() => randomLedger(random, { entries: 80, accounts: 5 }), () => randomGovernedLedger(random, { entries: 80, accounts: 6 })]) {
    const { lines } = await make();
    const { state } = await replay(lines);
    for (const from of [1, 1 + random.below(lines.length), lines.length]) {
      const { cumulative, direct } = await isOneLine(lines, { changes: {}, from }, `from ${from}`);
      assert.deepEqual(direct, { bounds: 0, entries: [], refused: {}, same: lines.length - from, verdicts: [] });
      assert.deepEqual({ ...cumulative, tokens: null }, { accounts: 0, first: null, follows: {}, refused: {}, state, tokens: null });
      for (const [actual, changed] of Object.values(cumulative.tokens)) assert.equal(actual, changed);
    }
  }
});

// ---- a known answer ----

// Wallet 1 invites so many, who do all that an activation asks for two by two.
async function ring(count = 12) {
  const w = new LedgerWriter();
  await w.genesis();
  await w.login(1, { device: 1 });
  for (let n = 2; n <= count + 1; n += 2) {
    for (const m of [n, n + 1]) {
      await w.login(m, { device: m });
      await w.profile(m);
      await w.chatKey(m);
      await w.use(m, 1);
    }
    await w.send(n, n + 1);
    await w.send(n + 1, n);
  }
  return w;
}

test('a ring of 12 under a cap of 5', async () => {
  const { lines } = await ring();
  const { cumulative: { first, refused, tokens }, direct } = await isOneLine(lines, { changes: { referral: { cap: 5 } }, from: 1 }, 'the ring');
  assert.deepEqual([tokens.FLX, tokens.points, tokens.referrals], [['1060.000000000000000000', '500.000000000000000000'], ['240', '100'], ['12', '5']]);
  const turned = { from: 'PASS', guard: 'REFERRAL_CAP', to: 'BLOCK' };
  assert.deepEqual(direct.verdicts, [{ count: 7, rule: 'MESSAGE', ...turned }, { count: 6, rule: 'REFERRAL_USE', ...turned }]);
  // What differs, those in bounds alone among it.
  assert.deepEqual([direct.entries.length, direct.bounds, lines.length - 1 - direct.same], [10, 8, 18]);
  assert.deepEqual([first !== null, refused], [true, {}]);
});

// ---- what comes into force, and what settles itself, in the window ----

const FOUR = [25, 25, 25, 25];
const ALL = { 1: 'yes', 2: 'yes', 3: 'yes' };
const HALVE = { policy: { referral: { cap: 50 } } };
const ON = { policy: { governance: { mode: 'on' } } };
const FEW = [{ flx: '100', to: 5 }, { flx: '80', to: 50 }];

// What a vote puts in force, a server that changes, and what comes after it.
async function decided(action, track = 'parameter', after = (w) => w.appoint(5, 1)) {
  const w = await GovernedWriter.of(FOUR);
  await w.decided(track, action, ALL);
  await w.append('SERVER_CHANGED', { changed: ['version'], reason: null, server: { ...serverOf(0, { version: 160000 }), salt: '1'.repeat(32) } });
  await after(w);
  await w.propose(1, 'text', {});
  return w;
}

async function dormant() {
  const w = await GovernedWriter.of(FOUR, { cooldown_blocks: 0, dormant_epochs: 2 });
  await w.decided('constitution', ON, ALL);
  w.waitFor(w.block + 16);
  await w.claim();
  w.waitFor(w.block + 808);
  await w.settle();
  await w.setPolicy({ governance: { ...w.store.policyInForce.governance, mode: 'trial' }, ttl_blocks: 7 });
  return w;
}

// A vote whose end nobody wrote for so long that it is given more time.
async function silent() {
  const w = await GovernedWriter.of(FOUR);
  const { seq } = await w.propose(1, 'parameter', HALVE);
  w.waitFor(w.proposal(seq).opens);
  await w.vote(1, seq, 'yes');
  w.waitFor(w.tally(seq).ends + 6);
  await w.settle();
  w.waitFor(w.tally(seq).ends);
  await w.settle();
  return w;
}

const IN_FORCE = {
  'a vote halves the cap': [() => decided(HALVE), [{ referral: { cap: 5 } }, { referral: { cap: 50 } }, { referral: { points: 1 } }, { governance: { mode: 'off' } },
    { governance: { tracks: { parameter: { quorum: 100 } } } }, { governance: { tracks: { parameter: { timelock_blocks: 50 } } } }, { referral: { tiers: FEW } }, { referral: { cap: 5, tiers: [{ flx: '1', to: 5 }] } }]],
  'a vote shortens the tiers': [() => decided({ policy: { referral: { cap: 50, tiers: FEW } } }), [{ referral: { cap: 60 } }, { referral: { cap: 50 } }, { referral: { cap: 60 }, governance: { tracks: { parameter: { timelock_blocks: 500 } } } }, { referral: { tiers: POLICY.referral.tiers } }]],
  'the same, and an operator lengthens them': [() => decided({ policy: { referral: { cap: 50, tiers: FEW } } }, 'parameter', async (w) => { await w.setPolicy({ referral: POLICY.referral }); return w.appoint(5, 1); }), [{ referral: { cap: 60 } }, { referral: { tiers: FEW } }]],
  'a vote gives seats': [() => decided({ nod: [{ account: user(5), nod: 20 }] }, 'constitution'), [{ governance: { power_percent: 5 } }, { governance: { threshold_percent: 25 } }, { referral: { cap: 5 } }]],
  'governance is on': [() => decided(ON, 'constitution', (w) => w.setPolicy({ nonce_ttl_ms: 1000 })), [{ governance: { mode: 'trial' } }, { governance: { power_percent: 20 } }, { signed: 'all' }, { ttl_blocks: 3 }]],
  'nobody governs': [dormant, [{ governance: { mode: 'trial' } }, { governance: { dormant_epochs: 0 } }, { governance: { dormant_epochs: 100 } }, { referral: { cap: 5 } }, { ttl_blocks: 3 }]],
  'nobody came to the tally': [silent, [{ governance: { late_blocks: 1 } }, { governance: { late_blocks: 12 } }, { governance: { tracks: { parameter: { approval: 51 } } } }]],
  'policies of an operator': [async () => {
    const w = await GovernedWriter.of(FOUR);
    await w.setPolicy({ referral: { ...POLICY.referral, cap: 5, tiers: [{ flx: '1', to: 5 }] } });
    await w.appoint(5, 1);
    await w.propose(2, 'parameter', { policy: { referral: { points: 3 } } });
    await w.setPolicy({ referral: POLICY.referral });
    await w.appoint(6, 1);
    return w;
  }, [{ referral: { cap: 50 } }, { referral: { points: 3 } }, { governance: { mode: 'off' } }, { referral: { tiers: FEW } }]],
};

test('what comes into force meanwhile has the changes, too', async (t) => {
  for (const [name, [make, questions]] of Object.entries(IN_FORCE)) {
    await t.test(name, async () => {
      const { lines } = await make();
      assert.deepEqual((await replay(lines)).faults, []);
      const actions = [{ actor: user(1), payload: { account: user(1), nod: 1, reason: 'less' }, type: 'NOD_CHANGED' }];
      for (const changes of questions) for (let from = 1; from <= lines.length; from += 1 + random.below(4)) await isOneLine(lines, { actions, changes, from }, name);
    });
  }
});

test('actions that put a policy in force: those after them are under it, with the changes', async () => {
  const w = await GovernedWriter.of(FOUR);
  const { seq } = await w.propose(1, 'emergency', { policy: { referral: { cap: 50 } } });
  const vote = (n) => ({ actor: user(n), payload: w.ballot(seq, 'yes'), type: 'VOTE_CAST' });
  const propose = (cap) => ({ actor: user(4), payload: { action: { policy: { referral: { cap } } }, text: TEXT, title: 'A proposal', track: 'parameter' }, type: 'PROPOSAL_CREATED' });
  for (const changes of [{}, { referral: { cap: 5 } }, { referral: { points: 1 } }, { referral: { cap: 50 } }]) {
    for (const cap of [50, 5]) {
      const { steps } = await isOneLine(w.lines, { actions: [1, 2, 3, 4].map(vote).concat([propose(cap), vote(4)]), changes, from: w.lines.length }, 'an emergency');
      assert.equal(steps[5].error, 'QFS_PROPOSAL_STATE');
    }
  }
});

// ---- what is not as the rules give it ----

const another = (change) => (entry) => { entry.outcome = structuredClone(entry.outcome); entry.accounts = structuredClone(entry.accounts); change(entry); };

test('an entry that was recorded otherwise is followed as it was recorded', async (t) => {
  const ledgers = {
    'another number of seats': async () => { const w = await GovernedWriter.of(FOUR); const { seq } = await w.appoint(5, 10, { spoil: another(({ outcome: { result } }) => { result.electorate.total = 90; }) }); return { w, seq }; },
    'a reward too much': async () => { const w = await ring(2); const { seq } = await w.profile(1, { spoil: another(({ accounts }) => { accounts.find(({ kind }) => kind === 'standing').state.flx = '7.000000000000000000'; }) }); return { w, seq }; },
    'a message above the limit': async () => { const w = await ring(2); await w.setPolicy({ limits: { ...POLICY.limits, messages_per_minute: 0 } }); w.force = true;
      const payload = { alg: 'x25519-hkdf-aes256gcm', hash: HASH, recipient: user(3), seq: 2, size: 100, thread: await threadOf(user(2), user(3)) };
      const { seq } = await w.act(2, 'MESSAGE', payload, { outcome: { result: { thread: { answered: null, messages: [2, 2], previous: 1 } }, status: 'OK' } }); w.force = false; return { w, seq }; },
  };
  for (const [name, make] of Object.entries(ledgers)) {
    await t.test(name, async () => {
      const { w, seq } = await make();
      for (let round = 0; round < 2; round++) {
        for (const changes of [{}, { referral: { cap: 5 } }, { governance: { mode: 'off' } }, { limits: { messages_per_minute: 60 } }, { limits: { messages_per_minute: 0 } }]) {
          for (const from of [1, seq, seq + 1]) await isOneLine(w.lines, { changes, from }, name);
        }
        if (round === 0) await w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'restored by hand', seq }] });
      }
    });
  }
});

// Payloads that entries say were erased, out of the lines of a ledger.
async function withoutErased(w) {
  const erased = new Set([...w.store.tables.erasure.keys()]);
  return Promise.all(w.lines.map(async (line, seq) => (erased.has(seq) ? canonical(told(await showing(JSON.parse(line), ['act', 'outcome'], () => true))) : line)));
}

test('payloads that were erased are not asked', async () => {
  let count = 0;
  for (let i = 0; i < 20 && count < 3; i++) {
    const w = await randomLedger(random, { entries: 80, accounts: 4 });
    const lines = await withoutErased(w);
    count += w.store.tables.erasure.size;
    assert.equal(askVerifier(lines).erased, w.store.tables.erasure.size);
    for (const changes of [{}, { sessions_max: 1 }, { nonce_ttl_ms: 1000 }, { limits: { events_per_minute: 1 } }]) await isOneLine(lines, { changes, from: 1 }, 'erased');
  }
  assert.ok(count > 0);
});

// ---- what is wrong ----

test('wrong questions, and what is no ledger, are refused with one code', async () => {
  const { lines } = await ring();
  const action = { actor: user(1), payload: {}, type: 'NOTE' };
  const CASES = {
    'an unknown key': { changes: { referral: { cup: 5 } } }, 'a fixed key': { changes: { block_ms: 17000 } }, 'a group': { changes: { referral: 5 } }, 'a group of nothing': { changes: { nothing: {} } },
    'a value out of range': { changes: { referral: { cap: -1 } } }, 'other rules': { changes: { rules: 2 } }, 'a list': { changes: [] }, 'tiers below the cap': { changes: { referral: { cap: 101 } } },
    'no window': { from: 0 }, 'a window behind the end': { from: lines.length + 1 }, 'too many entries': { size: lines.length + 1 }, 'no entry': { size: 0 }, 'a window behind the size': { from: 5, size: 4 },
    'no list of actions': { actions: {} }, '101 actions': { actions: Array(101).fill(action) }, 'an action of nobody': { actions: [{ ...action, actor: 'system' }] }, 'an action of more': { actions: [{ ...action, at: 1 }] },
    'an action without a payload': { actions: [{ actor: user(1), type: 'NOTE' }] }, 'no action': { actions: [1] }, 'a session that is none': { actions: [{ ...action, session: 'x' }] }, 'a list of a payload': { actions: [{ ...action, payload: [] }] },
    'a type that is a number': { actions: [{ ...action, type: 1 }] }, 'a type of nothing': { actions: [{ ...action, type: '' }] }, 'a type of 63': { actions: [{ ...action, type: 'A'.repeat(63) }] }, 'a type of 64': { actions: [{ ...action, type: 'A'.repeat(64) }] },
    'an actor in capitals': { actions: [{ ...action, actor: user(1).toUpperCase() }] }, 'an action that is no type': { actions: [{ ...action, type: 'no\u00e9' }] },
  };
  for (const [name, question] of Object.entries(CASES)) await isOneLine(lines, question, name);
  await isOneLine([...lines.slice(0, 9), ...lines.slice(10)], {}, 'an entry is missing');
  const changed = JSON.parse(lines[9]);
  await isOneLine(lines.map((line, seq) => (seq === 9 ? canonical({ ...changed, at: changed.at + 1 }) : line)), {}, 'an entry was changed');
  await isOneLine([...lines.slice(0, 9), '{}', ...lines.slice(10)], {}, 'a line is no entry');
});

// ---- would it be seen? ----

const MUTANTS = {
  'a difference in bounds is one': ["? 'bounds' : 'differs'", "? 'differs' : 'differs'"],
  'hashes of policies are compared': ['{ policy: _policy, result: _result, ...others }', '{ ...others }'],
  'what follows is refused by itself': ['code === alone ? this.refused : this.follows', 'this.refused'],
  'the last entry that differs': ['this.first ??= seq', 'this.first = seq'],
  'what comes into force is as it was recorded': ["await withChanges(store.get('policy', seq).policy, this.played)", "await withChanges(store.get('policy', seq).policy, {})"],
  'an operator\u2019s policy is as it was recorded': ['policy: mergeKeys(payload.policy, played)', 'policy: payload.policy'],
  'policies before the window are as they were': ['(await withChanges(policy, played)).value });', 'policy });'],
  'nothing is settled before its time': ['if (!comesFirst(entry)) await this.settleAll(entry);', ''],
  'a recorded settlement is appended as it was': ['isDue ? await this.settle(entry.seq, entry.at) ?? notDue(this.store) :', ''],
  'a settlement by itself is as it was': ['isSettlement(read.entry) ? await judgeDue(view, seq, read.entry.at) ?? notDue(view) :', ''],
  'operators are played': ['const { operators: _, ...played } = changes;', 'const played = changes;'],
  'guards are compared by name alone': ["to[k] ?? 'ABSENT'", "to[0] ?? 'ABSENT'"],
  'a guard that is not reached passes': ["from: from[k] ?? 'ABSENT'", "from: from[k] ?? 'PASS'"],
  'the recorded state under actions': ['actionsOf(store, done', 'actionsOf(recorded, done'],
  'a signature with an old number': ['event_nonce + 1;', 'event_nonce;'],
  'the first session': ['sort((a, b) => b.seq - a.seq)', 'sort((a, b) => a.seq - b.seq)'],
  'what others have': ['accounts.filter(({ account }) => account === action.actor)', 'accounts'],
  'settlements before actions have no number': ['seq += await settleHere(store, seq, at);', 'await settleHere(store, seq, at);'],
  'actions leave nothing behind': ['    change.apply(outcome);\n    seq++;', '    seq++;'],
  'the window begins one later': ['if (seq === from) await begin();', 'if (seq === from + 1 || seq === size - 1) await begin();'],
  'accounts that differ in seats are not counted': ["const TOKENS = ['FLX', 'NOD', ", "const TOKENS = ['FLX', 'FLX', "],
  'a policy that is none is taken': ['isNone: true', 'isNone: false'],
  'SHA-3 of everything and a space': ['sha3(utf8(canonical(answer)))', 'sha3(utf8(`${canonical(answer)} `))'],
};

const web = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'web');

// What one that is changed in one place answers.
async function planted(folder, number, [from, to]) {
  const copy = join(folder, String(number));
  cpSync(web, copy, { recursive: true, filter: (path) => !/\.[a-z]+$/.test(path) || path.endsWith('.mjs') });
  const file = join(copy, 'rules', 'what_if.mjs');
  const text = readFileSync(file, 'utf8');
  assert.equal(text.split(from).length, 2, `"${from}" stands there once`);
  writeFileSync(file, text.replace(from, () => to));
  return (await import(file)).whatIf;
}

// Lines and questions in which every part of the answer says something.
async function exam() {
  const leave = (n, nod) => ({ actor: user(n), payload: { account: user(n), nod, reason: 'less' }, type: 'NOD_CHANGED' });
  const wheel = await ring();
  await wheel.login(2, { device: 40 });
  await wheel.login(20, { device: 20 });
  const votes = await decided(HALVE, 'parameter', (w) => w.waitFor(w.block + 100).appoint(5, 1));
  const tiers = await decided({ policy: { referral: { cap: 50, tiers: FEW } } });
  const operated = await IN_FORCE['policies of an operator'][0]();
  const open = await GovernedWriter.of(FOUR);
  const { seq } = await open.waitFor(8).propose(1, 'emergency', HALVE);
  const vote = (n) => ({ actor: user(n), payload: open.ballot(seq, 'yes'), type: 'VOTE_CAST' });
  const rotate = { actor: user(2), payload: { nonce: HASH }, type: 'SESSION_ROTATED' };
  const use = { actor: user(20), payload: { code: wheel.code(1) }, type: 'REFERRAL_USE' };
  const profile = { actor: user(1), payload: { commitment: HASH, version: 1 }, type: 'PROFILE_UPDATE' };
  return [
    [open, { changes: { referral: { points: 1 } }, actions: [...[1, 2, 3, 4].map(vote), leave(1, 20), leave(2, 20)], from: 7 }],
    [wheel, { changes: { referral: { activation: [], cap: 50 } }, actions: [rotate, use, profile, profile], from: 40 }], [wheel, { changes: { referral: { cap: 5 } }, from: 1 }], [wheel, { changes: { operators: [user(2)] }, from: 60 }],
    [wheel, { changes: { limits: { messages_per_minute: 0 }, referral: { cap: 3 } }, from: 1 }],
    ...[HALVE.policy, { governance: { tracks: { parameter: { timelock_blocks: 50 } } } }, { governance: { tracks: { parameter: { quorum: 100 } } } }].flatMap((changes) => [1, 11].map((from) => [votes, { changes, from, actions: [leave(1, 3)] }])),
    [tiers, { changes: { referral: { cap: 60 } }, from: 1, actions: [leave(1, 3)] }], [operated, { changes: { referral: { cap: 50 } }, from: 1 }], [operated, { changes: { referral: { points: 3 } }, from: 1 }],
  ].map(([{ lines }, question]) => ({ lines, question, ...askWhatIf(lines, question) }));
}

test('a rule of the simulation that is another one is seen', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'qfs-what-if-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const questions = await exam();
  for (const { lines, question, line } of questions) assert.deepEqual(await answerOf(lines, question), { line }, JSON.stringify(question));
  const unseen = [];
  for (const [number, [name, change]] of Object.entries(MUTANTS).entries()) {
    const run = await planted(folder, number, change);
    let isSeen = false;
    for (const { lines, question, line } of questions) isSeen ||= (await answerOf(lines, question, run).catch((error) => ({ line: error.message }))).line !== line;
    if (!isSeen) unseen.push(name);
  }
  assert.deepEqual(unseen, []);
});
