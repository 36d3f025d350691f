// store.mjs - the state that follows from a ledger: tables of rows, and what one entry is about to change in them.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromHex, sha256, toHex } from '../bytes.mjs';
import { canonical, hashOfJson } from '../canonical.mjs';
import { demand, LedgerFault } from './fault.mjs';
import { BEFORE } from './forms.mjs';

// Columns of each table in the order in which its rows are hashed (docs/format.md, State).
const COLUMNS = {
  access: ['user_id', 'last_entry', 'sessions'],
  account: ['user_id', 'wallet'],
  agenda: ['number', 'due', 'last', 'items'],
  content: ['content', 'author', 'kind', 'size', 'seq', 'score'],
  device: ['device', 'user_id'],
  electorate: ['number', 'total', 'holders', 'seq', 'voted', 'vote'],
  erasure: ['seq', 'by'],
  event_type: ['type', 'seq', 'by', 'schema'],
  ledger_state: ['number', 'genesis_at', 'ledger', 'origin', 'policy_seq', 'policy', 'key_number'],
  login: ['seq', 'user_id', 'nonce_at'],
  login_nonce: ['nonce', 'seq'],
  nod: ['user_id', 'nod', 'seq', 'epoch', 'changes', 'proposal', 'emergency', 'vote'],
  nod_change: ['user_id', 'number', 'seq', 'nod'],
  nonce: ['user_id', 'last_entry', 'event_nonce'],
  policy: ['seq', 'policy'],
  policy_key: ['key', 'seq', 'epoch'],
  proposal: ['seq', 'proposer', 'track', 'action', 'change', 'terms', 'base', 'opens', 'total'],
  rate: ['user_id', 'what', 'window', 'count'],
  referral_block: ['seq', 'referee', 'referrer', 'guard'],
  referral_code: ['code', 'user_id'],
  server: ['number', 'seq', 'database', 'salt', 'system', 'timeline', 'version'],
  session: ['session', 'user_id', 'seq', 'login', 'issued_block', 'ttl_blocks', 'operates', 'device', 'ended', 'reason'],
  signing_key: ['number', 'seq', 'checkpoint', 'token', 'recovery'],
  standing: ['user_id', 'last_entry', 'before_epoch', 'epoch', 'chat_key', 'coherence', 'created', 'created_at', 'flx', 'points', 'profile', 'profile_version', 'referrals'],
  tally: ['proposal', 'state', 'ends', 'enacts', 'yes', 'no', 'abstain', 'veto', 'voters', 'last', 'extensions', 'tallied', 'settled', 'guard'],
  thread: ['thread', 'first', 'second', 'first_seq', 'second_seq', 'by_first', 'last_entry', 'answered'],
  ties: ['user_id', 'last_entry', 'guard', 'received', 'referrer', 'sent', 'settled', 'used'],
  vote: ['proposal', 'user_id', 'choice', 'power', 'seq'],
};

// What a guard says, as outcomes have it.
export const verdict = (guard, isBlocked, bound, observed) => ({ bound, guard, observed, result: isBlocked ? 'BLOCK' : 'PASS' });

// The digest of a session; of one whose details are not known that is all there is.
const digestOf = (session) => (typeof session === 'string' ? session : hashOfJson(session));

// The state of a kind as the part of an account has it: of sessions their digests.
export async function shownState(kind, state) {
  return kind === 'access' ? { sessions: await Promise.all(state.sessions.map(digestOf)) } : state;
}

export class Store {
  // policyInForce: as readPolicy() gives it.
  constructor() {
    this.tables = Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, new Map()]));
    this.policyInForce = null;
    // A bundle does not show what is due.
    this.knowsAgenda = true;
    // Where it does not: the entry in question says that it ends a claim that nobody governs.
    this.saysItEndsClaim = false;
  }

  get(table, key) {
    return this.tables[table].get(key);
  }

  get ledger() {
    return this.get('ledger_state', 0);
  }

  // From here on: the policy of entry seq, which reads as readPolicy() gave it.
  enactPolicy(seq, value, policy) {
    this.tables.policy.set(seq, { seq, policy: value });
    Object.assign(this.ledger, { policy_seq: seq, policy: policy.hash });
    this.policyInForce = policy;
  }

  blockOf(at) {
    return Math.floor((at - this.ledger.genesis_at) / this.policyInForce.block_ms);
  }

  epochOf(at) {
    return Math.floor(this.blockOf(at) / this.policyInForce.epoch_blocks);
  }

  // {last, state} of a kind of an account; last is null where nothing touched it.
  kind(kind, account) {
    const row = this.get(kind, account);
    return row ? { last: row.last_entry, state: row.state } : { last: null, state: BEFORE[kind] };
  }

  // What entry seq made of a kind of an account.  Of a standing stays known which entry touched it last before the epoch.
  touch(kind, account, { at, seq }, state) {
    const row = { user_id: account, last_entry: seq, state };
    const last = this.get(kind, account);
    const epoch = this.epochOf(at);
    if (kind === 'standing') Object.assign(row, { epoch, before_epoch: (last?.epoch === epoch ? last.before_epoch : last?.last_entry) ?? null });
    this.tables[kind].set(account, row);
  }

  async hash() {
    const digests = [];
    for (const [name, rows] of Object.entries(this.tables)) {
      for (const row of rows.values()) {
        const flat = row.state ? { ...row, ...row.state } : row;
        digests.push(await hashOfJson([name, ...COLUMNS[name].map((column) => flat[column])]));
      }
    }
    return toHex(await sha256(fromHex(digests.sort().join(''))));
  }
}

// What an entry looks at and changes.  The store changes when all of it is known to hold, in apply().
export class Change {
  constructor(store, seq, at) {
    Object.assign(this, { store, seq, at, policy: store.policyInForce, policySeq: store.ledger?.policy_seq ?? 0 });
    this.looked = new Map();
    this.touched = new Map();
    this.guards = [];
    this.fault = null;
    this.result = undefined;
    // The outcome of an entry whose accounts are not shown.
    this.recorded = null;
    this.writes = [];
  }

  // State of a kind of an account, as this entry has left it so far.
  look(kind, account) {
    const key = `${account} ${kind}`;
    const part = this.touched.get(key);
    if (part) return part.state;
    const { last, state } = this.store.kind(kind, account);
    this.looked.set(key, { account, kind, previous: last });
    return state;
  }

  touch(kind, account, rule, members) {
    const key = `${account} ${kind}`;
    const { last, state } = this.store.kind(kind, account);
    if (!this.touched.has(key)) this.touched.set(key, { account, kind, previous: last, rules: [], state, before: state });
    const isTooLarge = (value) => typeof value === 'number' && !Number.isSafeInteger(value);
    demand(!Object.values(members).some(isTooLarge), 'AMOUNT_OVERFLOW', `the ${kind} of ${account} would have a number above 2^53 - 1`);
    const part = this.touched.get(key);
    part.state = { ...part.state, ...members };
    part.rules.push(rule);
  }

  put(table, key, row) {
    this.writes.push(() => this.store.tables[table].set(key, row));
  }

  amend(table, key, members) {
    this.writes.push(() => Object.assign(this.store.get(table, key), members));
  }

  // As demand(), of what an acknowledgement can admit nevertheless: the rule goes on.
  admit(condition, code, detail) {
    if (!condition) this.fault ??= new LedgerFault(code, detail);
    return condition;
  }

  // Records what guards say; gives the names of those that block, in their order.
  judge(verdicts) {
    this.guards.push(...verdicts);
    return verdicts.filter(({ result }) => result === 'BLOCK').map(({ guard }) => guard);
  }

  // Parts of accounts as the entry's line has them.
  async accounts() {
    const parts = [];
    for (const { account, kind, previous, rules, state, before } of this.touched.values()) {
      const [now, then] = [await shownState(kind, state), await shownState(kind, before)];
      const changed = previous === null ? [] : Object.keys(now).filter((name) => canonical(now[name]) !== canonical(then[name]));
      parts.push({ account, kind, policy: this.policySeq, previous, rules, state: now, was: Object.fromEntries(changed.map((name) => [name, then[name]])) });
    }
    return parts;
  }

  // isOwn: is the type one of qfs's own, which has a status?  isGoverned: one of those that everybody computes again?
  outcome({ isOwn, isGoverned, isBlocked }) {
    const untouched = [...this.looked].filter(([key]) => !this.touched.has(key)).map(([, item]) => item);
    const outcome = {};
    if (this.guards.length > 0) outcome.guards = this.guards;
    if (untouched.length > 0) outcome.read = {};
    for (const { account, kind, previous } of untouched) (outcome.read[account] ??= {})[kind] = previous;
    if (this.result !== undefined) outcome.result = this.result;
    const concerns = untouched.length > 0 || this.touched.size > 0;
    if (concerns || isGoverned) outcome.policy = this.policy.hash;
    if (concerns && isOwn) outcome.status = isBlocked ? 'BLOCKED' : 'OK';
    return outcome;
  }

  // A row that depends on the outcome, computed or recorded; none where make() gives null.
  putBy(table, key, make) {
    this.writes.push((outcome) => {
      const row = make(outcome);
      if (row) this.store.tables[table].set(key, row);
    });
  }

  // What changes beside the kinds of accounts.
  applyWrites(outcome) {
    for (const write of this.writes) write(outcome);
  }

  apply(outcome) {
    this.applyWrites(outcome);
    for (const { account, kind, state } of this.touched.values()) {
      this.store.touch(kind, account, this, state);
    }
  }
}
