// what_if.mjs - a ledger under a policy with other values, and what accounts would do at its end (docs/format.md, "What-if").
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Three states are followed at once: `recorded` is the ledger's own; `view` is the same rows under policies that have the
// changes, over which each entry is judged by itself; `changed` is where the window leads that is executed once more.

import { fromHex, toBase64url, toHex, utf8 } from '../bytes.mjs';
import { canonical, hashOfJson } from '../canonical.mjs';
import { readAmount, writeAmount } from './amounts.mjs';
import { SYSTEM } from './entry.mjs';
import { execute } from './execute.mjs';
import { demand, LedgerFault } from './fault.mjs';
import { isHash, isInteger, isObject, isUserId, text } from './forms.mjs';
import { ADMITTED, mustSign } from './governance.mjs';
import { leavesOf, mergeKeys } from './governance/keys.mjs';
import { policyMadeBy } from './governance/motion.mjs';
import { DORMANCY, dueItem, EXECUTE, TALLY } from './governance/records.mjs';
import { sha3 } from './keccak.mjs';
import { readPolicy } from './policy.mjs';
import { KEY_CLASSES } from './policy_keys.mjs';
import { readLinked, takeRecorded } from './replay.mjs';
import { ASSUMED, isActive, mustBeSigned } from './sessions.mjs';
import { Change, Store } from './store.mjs';

const MAX_WINDOW = 10000;
const MAX_ACTIONS = 100;
const MAX_SEQS = 100;
const SETTLEMENTS = ['DORMANCY_SETTLED', 'PROPOSAL_EXECUTED', 'PROPOSAL_TALLIED'];

// ---- policies with the changes ----

// {after, play}: the changes are those of the question, and those that are played.  Operators are not: a session's id says
// what it may do, so that every later act of it would fail.
function readChanges(changes) {
  demand(isObject(changes), 'POLICY_INVALID', 'the changes are not an object');
  for (const [name] of leavesOf(changes)) demand(KEY_CLASSES.get(name) !== 'fixed', 'KEY_FIXED', name);
  const { operators: _, ...played } = changes;
  return { asked: changes, played };
}

// A policy with the changes, {policy (read), value}.  Where that is none, isNone says so: then nothing is judged under it.
async function withChanges(value, changes) {
  const made = mergeKeys(value, changes);
  try {
    return { policy: await readPolicy(made), value: made };
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    const { block_ms, epoch_blocks } = value;
    return { policy: { block_ms, epoch_blocks, hash: await hashOfJson(made), isNone: true }, value: made };
  }
}

// The same rows, but for policies, each of which has the changes.
async function viewOf(recorded, played) {
  const view = Object.create(recorded, { policyInForce: { value: null, writable: true }, tables: { value: { ...recorded.tables, policy: new Map() } } });
  for (const { seq, policy } of recorded.tables.policy.values()) view.tables.policy.set(seq, { seq, policy: (await withChanges(policy, played)).value });
  await followPolicy(recorded, view, played);
  return view;
}

async function followPolicy(recorded, view, played) {
  const seq = recorded.ledger.policy_seq;
  const { policy, value } = await withChanges(recorded.get('policy', seq).policy, played);
  view.tables.policy.set(seq, { seq, policy: value });
  view.policyInForce = policy;
}

// ---- what comes of one entry ----

// {code}, or {code: null, outcome, accounts, change}.
async function judge(store, read) {
  try {
    demand(!store.policyInForce?.isNone, 'POLICY_INVALID', 'the policy in force, with the changes, is none');
    const { accounts, change, outcome } = await execute(store, read);
    return { code: change.fault?.code ?? null, outcome, accounts, change };
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    return { code: error.code };
  }
}

// An outcome without hashes of policies.
function withoutPolicies({ accounts, outcome }) {
  const { policy: _, result, ...rest } = outcome;
  if (!isObject(result)) return { accounts, outcome: { ...rest, result } };
  const { policy: _policy, result: _result, ...others } = result;
  return { accounts, outcome: { ...rest, result: others } };
}

const told = (value) => JSON.parse(JSON.stringify(value));
const sameText = (a, b) => canonical(told(a)) === canonical(told(b));
const withoutBounds = ({ accounts, outcome }) => ({ accounts, outcome: { ...outcome, guards: outcome.guards?.map(({ bound: _, ...rest }) => rest) } });

// "same", "bounds" or "differs".
function compare(before, after) {
  if (before.code !== null || after.code !== null) return before.code === after.code ? 'same' : 'differs';
  const [a, b] = [withoutPolicies(before), withoutPolicies(after)];
  if (sameText(a, b)) return 'same';
  return sameText(withoutBounds(a), withoutBounds(b)) ? 'bounds' : 'differs';
}

function verdictsOf({ outcome }) {
  const found = {};
  for (const { guard, result } of outcome?.guards ?? []) (found[guard] ??= []).push(result);
  return found;
}

// ---- direct ----

class Direct {
  constructor() {
    Object.assign(this, { same: 0, bounds: 0, verdicts: new Map(), refused: {}, entries: [] });
  }

  take({ seq, act: { type } }, before, after) {
    const verdict = compare(before, after);
    if (verdict !== 'differs') this[verdict]++;
    else if (this.entries.length < MAX_SEQS) this.entries.push(seq);
    if (verdict === 'differs' && after.code !== null) this.refused[after.code] = (this.refused[after.code] ?? 0) + 1;
    else if (after.code === null) this.turn(type, verdictsOf(before), verdictsOf(after));
  }

  turn(rule, before, after) {
    for (const guard of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [from, to] = [before[guard] ?? [], after[guard] ?? []];
      for (let k = 0; k < Math.max(from.length, to.length); k++) this.count({ from: from[k] ?? 'ABSENT', guard, rule, to: to[k] ?? 'ABSENT' });
    }
  }

  count({ from, guard, rule, to }) {
    if (from === to) return;
    const key = [guard, rule, from, to].join(' ');
    const { count = 0 } = this.verdicts.get(key) ?? {};
    this.verdicts.set(key, { count: count + 1, from, guard, rule, to });
  }

  tell() {
    const keys = [...this.verdicts.keys()].sort();
    return { bounds: this.bounds, entries: this.entries, refused: this.refused, same: this.same, verdicts: keys.map((key) => this.verdicts.get(key)) };
  }
}

// ---- the window once more ----

// What the ledger would append by itself, now: its entry, or null.
async function settlementOf(store, seq, at) {
  const item = dueItem(store, at);
  if (!item) return null;
  const [, subject, what] = item;
  const entry = (type, payload) => ({ entry: { act: { actor: SYSTEM, auth: { via: 'ledger' }, type }, at, payload, seq, sig: null }, hash: null });
  if (what === TALLY) return entry('PROPOSAL_TALLIED', { proposal: subject });
  const [type, payload] = what === EXECUTE ? ['PROPOSAL_EXECUTED', { proposal: subject }] : ['DORMANCY_SETTLED', { claim: subject }];
  const changes = what === DORMANCY ? { governance: { mode: 'trial' } } : store.get('proposal', subject).change.policy;
  const made = changes && await policyMadeBy(new Change(store, seq, at), { changes }).catch(() => null);
  const full = entry(type, { ...payload, ...(made && { policy: made.value }) });
  // Where something stands in its way it brings no policy.
  return made && (await judge(store, full)).code === 'QFS_SETTLEMENT_WRONG' ? entry(type, payload) : full;
}

// The same, with what comes of it.
async function judgeDue(store, seq, at) {
  if (store.policyInForce.isNone) return null;
  const due = await settlementOf(store, seq, at);
  return due && { ...await judge(store, due), type: due.entry.act.type };
}

// Of a settlement that nothing asks for.
const notDue = ({ policyInForce: { isNone } }) => ({ code: isNone ? 'QFS_POLICY_INVALID' : 'QFS_SETTLEMENT_WRONG' });
// May it come while something is due?
const comesFirst = ({ act: { type } }) => ADMITTED.includes(type);
const isSettlement = ({ act: { type } }) => SETTLEMENTS.includes(type);

class Again {
  constructor(store, played) {
    Object.assign(this, { store, played, refused: {}, follows: {}, first: null });
  }

  differs({ seq }) {
    this.first ??= seq;
  }

  // What an entry puts in force gets the changes.
  async apply(change, outcome) {
    const { seq } = change;
    const { store } = this;
    const before = store.policyInForce;
    change.apply(outcome);
    if (store.policyInForce === before) return;
    const { policy, value } = await withChanges(store.get('policy', seq).policy, this.played);
    store.enactPolicy(seq, value, policy);
  }

  // Appends what is due, if anything is.
  async settle(seq, at) {
    const found = await judgeDue(this.store, seq, at);
    if (found?.code === null) await this.apply(found.change, found.outcome);
    return found;
  }

  async settleAll(entry) {
    while (await this.settle(entry.seq, entry.at)) this.differs(entry);
  }

  // before: what the rules give as it was, and is that what is recorded?  alone: what they give by itself under the changes.
  async take(read, isRecorded, before, alone) {
    const { entry } = read;
    const isDue = isSettlement(entry);
    if (!comesFirst(entry)) await this.settleAll(entry);
    if (!isRecorded) return this.takeRecorded(read, before.change);
    const found = isDue ? await this.settle(entry.seq, entry.at) ?? notDue(this.store) : await judge(this.store, read);
    if (found.code !== null) return this.refuse(entry, found.code, alone.code);
    if (compare(before, found) === 'differs' || (isDue && found.type !== entry.act.type)) this.differs(entry);
    return isDue ? null : this.apply(found.change, found.outcome);
  }

  // An entry that the rules do not give is not judged.  theirs: what it does where it was recorded, which counts where it is refused here.
  async takeRecorded(read, theirs) {
    const { change } = await judge(this.store, read);
    if (change || !theirs) return takeRecorded(this.store, read.entry, change);
    const { store } = theirs;
    theirs.store = this.store;
    const isTaken = await takeRecorded(this.store, read.entry, theirs);
    theirs.store = store;
    return isTaken;
  }

  refuse(entry, code, alone) {
    const counts = code === alone ? this.refused : this.follows;
    counts[code] = (counts[code] ?? 0) + 1;
    this.differs(entry);
  }
}

// ---- sums ----

const TOKENS = ['FLX', 'NOD', 'coherence', 'points', 'referrals'];
const NOTHING = { FLX: 0n, NOD: 0n, coherence: 0n, points: 0n, referrals: 0n };

function holdings(store) {
  const found = new Map();
  const of = (account) => found.get(account) ?? found.set(account, { ...NOTHING }).get(account);
  for (const { state: { coherence, flx, points, referrals }, user_id: account } of store.tables.standing.values()) {
    Object.assign(of(account), { FLX: readAmount(flx), coherence: readAmount(coherence), points: BigInt(points), referrals: BigInt(referrals) });
  }
  for (const { nod, user_id: account } of store.tables.nod.values()) of(account).NOD = BigInt(nod);
  return found;
}

function tokensOf(recorded, changed) {
  const [before, after] = [holdings(recorded), holdings(changed)];
  const written = (token, sum) => (token === 'FLX' || token === 'coherence' ? writeAmount(sum) : String(sum));
  const total = (all, token) => written(token, [...all.values()].reduce((sum, one) => sum + one[token], 0n));
  const accounts = [...new Set([...before.keys(), ...after.keys()])]
    .filter((account) => TOKENS.some((token) => (before.get(account) ?? NOTHING)[token] !== (after.get(account) ?? NOTHING)[token])).length;
  return { accounts, tokens: Object.fromEntries(TOKENS.map((token) => [token, [total(before, token), total(after, token)]])) };
}

// ---- actions ----

function readActions(actions) {
  const valid = (condition, what) => demand(condition, 'PAYLOAD_INVALID', `actions: ${what}`);
  valid(Array.isArray(actions), 'not a list');
  valid(actions.length <= MAX_ACTIONS, `more than ${MAX_ACTIONS}`);
  const FORM = { actor: text(69, 69), payload: isObject, session: isHash, type: text(1, 63) };
  for (const action of actions) {
    valid(isObject(action) && ['actor', 'payload', 'type'].every((name) => Object.hasOwn(action, name)), 'one without actor, payload or type');
    valid(Object.entries(action).every(([name, value]) => Object.hasOwn(FORM, name) && FORM[name](value)), 'one that has another member, or no such value');
    demand(isUserId(action.actor), 'USER_ID_SYNTAX', action.actor);
  }
  return actions;
}

// The last session that an account began and that is active.
function lastSession(store, actor, at) {
  return [...store.tables.session.values()].filter((session) => session.user_id === actor && isActive({ at, store }, session)).sort((a, b) => b.seq - a.seq)[0];
}

// How an account would append it: signatures are assumed.
function authOf(store, { actor, session: named, type }, at) {
  const nonce = store.kind('nonce', actor).state.event_nonce + 1;
  const session = named === undefined ? lastSession(store, actor, at) : store.get('session', named);
  const isOwn = session?.user_id === actor && isActive({ at, store }, session);
  const key = session?.device && mustBeSigned(store.policyInForce, session, type) ? toBase64url(fromHex(session.device)) : null;
  if (named === undefined ? type === 'LOGIN' || (mustSign(type) && !key) : isOwn && mustSign(type) && !key) return { ...(mustSign(type) && { nonce }), via: 'wallet' };
  return { ...(key && { key, nonce }), session: session?.session ?? named ?? '0'.repeat(64), via: 'session' };
}

async function act(store, action, seq, at) {
  const { actor, payload, type } = action;
  const entry = { act: { actor, auth: authOf(store, action, at), type }, at, payload, seq, sig: ASSUMED };
  return judge(store, { entry, hash: null });
}

// Settles what is due; gives how many entries that takes.
async function settleHere(store, seq, at) {
  let count = 0;
  for (let found = await judgeDue(store, seq, at); found; found = await judgeDue(store, seq + count, at)) {
    found.change.apply(found.outcome);
    count++;
  }
  return count;
}

async function actionsOf(store, actions, size, at) {
  const steps = [];
  let seq = size;
  for (const action of actions) {
    seq += await settleHere(store, seq, at);
    const { accounts, change, code, outcome } = await act(store, action, seq, at);
    if (code !== null) {
      steps.push({ accounts: [], error: code, outcome: null });
      continue;
    }
    steps.push({ accounts: accounts.filter(({ account }) => account === action.actor), error: null, outcome });
    change.apply(outcome);
    seq++;
  }
  return steps;
}

// ---- all of it ----

function windowOf(count, { from, size = count }) {
  demand(isInteger(size, 1, count), 'SIZE_UNKNOWN', `there are ${count} entries`);
  const begin = from ?? Math.max(1, size - MAX_WINDOW);
  demand(isInteger(begin, 1, size), 'SIZE_UNKNOWN', `the window cannot begin at entry ${begin}, the size is ${size}`);
  return { from: begin, size };
}

// Signatures are taken on trust.
const trusting = (read) => (read.entry.sig ? { ...read, entry: { ...read.entry, sig: ASSUMED } } : read);

// The entry as the changed policy has it.
function withPolicy(read, played) {
  const { act: { type }, payload } = read.entry;
  if (type !== 'POLICY_CHANGED') return read;
  return { ...read, entry: { ...read.entry, payload: { ...payload, policy: mergeKeys(payload.policy, played) } } };
}

// Is it recorded as the rules give it?
const isRecordedSo = ({ entry: { accounts, outcome } }, found) => found.code === null && sameText({ accounts: found.accounts, outcome: found.outcome }, { accounts, outcome });

// lines: of an export, from entry 0.  question: {changes, actions, from, size}.  Gives the answer as an object.
export async function whatIf(lines, { changes = {}, actions = [], ...rest } = {}) {
  const { asked, played } = readChanges(changes);
  const { from, size } = windowOf(lines.length, rest);
  const done = readActions(actions);
  const recorded = new Store();
  const direct = new Direct();
  let [view, again, policy] = [null, null, null];
  const begin = async () => {
    view = await viewOf(recorded, played);
    const after = mergeKeys(recorded.get('policy', recorded.ledger.policy_seq).policy, asked);
    policy = { after: (await readPolicy(after)).hash, before: recorded.policyInForce.hash };
    again = new Again(await copyOf(view), played);
  };
  const entries = await readLinked(lines.slice(0, size));
  for (const [seq, one] of entries.entries()) {
    if (seq === from) await begin();
    const read = trusting(one);
    const before = await judge(recorded, read);
    const isRecorded = isRecordedSo(read, before);
    if (seq >= from) {
      const other = withPolicy(read, played);
      const alone = isSettlement(read.entry) ? await judgeDue(view, seq, read.entry.at) ?? notDue(view) : await judge(view, other);
      direct.take(read.entry, before, alone);
      await again.take(other, isRecorded, before, alone);
    }
    const policySeq = recorded.ledger?.policy_seq;
    if (isRecorded) before.change.apply(before.outcome);
    else await takeRecorded(recorded, read.entry, before.change);
    if (view && recorded.ledger.policy_seq !== policySeq) await followPolicy(recorded, view, played);
  }
  if (from === size) await begin();
  const { accounts, tokens } = tokensOf(recorded, again.store);
  const { first, follows, refused, store } = again;
  const cumulative = { accounts, first, follows, refused, state: await store.hash(), tokens };
  const { at } = entries.at(-1).entry;
  const answer = {
    actions: done, changes: asked, cumulative, direct: direct.tell(), from, head: entries.at(-1).hash, ledger: entries[0].hash, mode: 'SIMULATION', policy, size,
    steps: await actionsOf(store, done, size, at), unplayed: ['behaviour', 'off_ledger', ...(Object.hasOwn(asked, 'operators') ? ['operators'] : []), 'signatures'], v: 1,
  };
  return { ...answer, run_hash: toHex(sha3(utf8(canonical(answer)))) };
}

// A store of its own, with the rows of another as they are now.
async function copyOf(store) {
  const copy = new Store();
  Object.assign(copy, { tables: structuredClone(store.tables), policyInForce: store.policyInForce });
  copy.ledger.policy = store.policyInForce.hash;
  return copy;
}
