// records.mjs - what governance remembers, and what a recorded entry makes of it (docs/format.md, Governance, State).
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// What an entry does to these records follows from its payload and its outcome alone, whether the outcome was computed just
// now or recorded long ago: so there is one way from entries to records.

import { demand } from '../fault.mjs';
import { integer, isInteger, isObject, isUserId, list, matches } from '../forms.mjs';

export const EXECUTE = 'execute';
export const TALLY = 'tally';
export const DORMANCY = 'dormancy';
const NEVER = Number.MAX_SAFE_INTEGER;
const MOST_ITEMS = 17;

// ---- as they are ----

export const voteKey = (proposal, account) => `${proposal} ${account}`;
const changeKey = (account, number) => `${account} ${number}`;

// The seats of an account; of one whose seats were never changed none.
export const seatsOf = (store, account) => store.get('nod', account)
  ?? { user_id: account, nod: 0, seq: null, epoch: 0, changes: 0, proposal: null, emergency: null, vote: null };

export const electorateOf = (store) => store.get('electorate', 0) ?? { number: 0, total: 0, holders: 0, seq: null, voted: 0, vote: null };

export const agendaOf = (store) => store.get('agenda', 0) ?? { number: 0, due: NEVER, last: null, items: [] };

// NOD of an account as it was at an entry: by bisection over its changes.
export function seatsAt(store, { user_id: account, nod, seq: last, changes }, seq) {
  if (last <= seq) return nod;
  let [low, high] = [0, changes];
  while (low < high) {
    const middle = low + Math.floor((high - low + 1) / 2);
    // One that is not there is an earlier one: a bundle has those alone that came later, and the one in force.
    if (store.get('nod_change', changeKey(account, middle))?.seq > seq) high = middle - 1;
    else low = middle;
  }
  if (low === 0) return 0;
  const change = store.get('nod_change', changeKey(account, low));
  demand(change, 'STATE_MISMATCH', `change ${low} of the seats of ${account} is missing`);
  return change.nod;
}

// The electorate when accounts have another number of seats: {before, after} each.
export const changedElectorate = (electorate, changes) => changes.reduce(({ total, holders }, { before, after }) => {
  demand(before <= total && (before === 0 || holders > 0), 'STATE_MISMATCH', `of ${total} seats of ${holders} holders one account has ${before}`);
  return { total: total + after - before, holders: holders + Number(after > 0) - Number(before > 0) };
}, electorate);

const tallyOf = (store, proposal) => store.get('tally', proposal)
  ?? { proposal, state: '', ends: 0, enacts: 0, yes: 0, no: 0, abstain: 0, veto: 0, voters: 0, last: null, extensions: 0, tallied: null, settled: null, guard: null };

// ---- the agenda ----

const isBefore = ([block, proposal], [otherBlock, otherProposal]) => block < otherBlock || (block === otherBlock && proposal < otherProposal);

export const itemOf = (items, proposal) => items.find(([, one]) => one === proposal);
export const withoutItem = (items, proposal) => items.filter(([, one]) => one !== proposal);
export const withItem = (items, item) => [...withoutItem(items, item[1]), item].sort((a, b) => (isBefore(a, b) ? -1 : 1));

// As results have it after an entry that leaves these items.
export const agendaAfter = (store, items) => ({ items, previous: agendaOf(store).last });

// Entry of the claim that nobody governs, or null.
export const claimOn = (items) => items.find(([, , kind]) => kind === DORMANCY)?.[1] ?? null;

// What the act of a holder leaves on it, {items, told}: it ends a claim, and says which.  Where entries may be missing, the
// recorded outcome says whether there was one.
export function withoutClaim({ store }) {
  const { items } = agendaOf(store);
  const claim = claimOn(items);
  if (claim === null || (!store.knowsAgenda && !store.saysItEndsClaim)) return { items, told: {} };
  return { items: withoutItem(items, claim), told: { claim } };
}

// The first item, if its block has come.
export function dueItem(store, at) {
  const [first] = agendaOf(store).items;
  return first && first[0] <= store.blockOf(at) ? first : null;
}

// ---- what a recorded entry makes of them ----

const formIs = (condition, seq, what) => demand(condition, 'OUTCOME_MISMATCH', `entry ${seq} says of ${what} what is not of the form`);
const count = integer(0);
const has = (object, shape) => isObject(object) && Object.entries(shape).every(([name, isForm]) => Object.hasOwn(object, name) && isForm(object[name]));

const isItem = (item) => Array.isArray(item) && item.length === 3 && isInteger(item[0]) && isInteger(item[1]) && [DORMANCY, EXECUTE, TALLY].includes(item[2]);
const areItems = (items) => list(isItem, MOST_ITEMS)(items) && new Set(items.map(([, proposal]) => proposal)).size === items.length
  && items.every((item, i) => i === 0 || isBefore(items[i - 1], item));

// Rows are set when all of the entry is known to have its form.
class Recall {
  constructor(store, { act, at, outcome, payload, seq }) {
    Object.assign(this, { store, actor: act.actor, at, payload, seq, result: outcome.result ?? {}, outcome });
    this.rows = [];
  }

  put(table, key, row) {
    this.rows.push(() => this.store.tables[table].set(key, row));
  }

  agenda() {
    const { agenda } = this.result;
    if (agenda === undefined) return;
    formIs(has(agenda, { items: areItems }), this.seq, 'the agenda');
    const { items } = agenda;
    this.put('agenda', 0, { number: 0, due: items[0]?.[0] ?? NEVER, last: this.seq, items });
  }

  electorate() {
    const { electorate } = this.result;
    if (electorate === undefined) return;
    formIs(has(electorate, { holders: count, total: count }), this.seq, 'the electorate');
    const { holders, total } = electorate;
    this.put('electorate', 0, { ...electorateOf(this.store), holders, total, seq: this.seq });
  }

  seats(account, nod, item) {
    formIs(has(item, { number: integer(1) }), this.seq, 'seats');
    const { number } = item;
    this.put('nod_change', changeKey(account, number), { user_id: account, number, seq: this.seq, nod });
    this.put('nod', account, { ...seatsOf(this.store, account), nod, seq: this.seq, epoch: this.store.epochOf(this.at), changes: number });
  }

  // Those that an execution changed.
  newSeats() {
    const { seats } = this.result;
    if (seats === undefined) return;
    formIs(Array.isArray(seats), this.seq, 'seats');
    for (const item of seats) {
      formIs(has(item, { account: isUserId, after: isInteger }), this.seq, 'seats');
      this.seats(item.account, item.after, item);
    }
    this.electorate();
  }

  // In which epoch somebody has voted last, and the first vote of it.
  voting() {
    const electorate = electorateOf(this.store);
    const voted = this.store.epochOf(this.at) * this.store.policyInForce.epoch_blocks;
    if (electorate.vote === null || electorate.voted !== voted) this.put('electorate', 0, { ...electorate, voted, vote: this.seq });
  }

  tallyBefore() {
    return tallyOf(this.store, this.payload.proposal);
  }

  tallyAfter() {
    const { tally } = this.result;
    const shape = { abstain: count, ends: count, extensions: count, no: count, veto: count, voters: count, yes: count };
    formIs(has(tally, shape), this.seq, 'the count');
    return { ...this.tallyBefore(), ...Object.fromEntries(Object.keys(shape).map((name) => [name, tally[name]])) };
  }

  putTally(tally) {
    this.put('tally', tally.proposal, tally);
  }

  // Name of the first guard that blocks, or null.
  blocking() {
    return this.outcome.guards?.find?.((one) => one?.result === 'BLOCK')?.guard ?? null;
  }
}

// One for each type; policy: that of the payload, read.
const RECALLS = {
  NOD_CHANGED(r) {
    const { account, nod } = r.payload;
    r.seats(account, nod, r.result);
    r.electorate();
    r.agenda();
  },

  PROPOSAL_CREATED(r, { action }) {
    const { base, schedule, snapshot, terms } = r.result;
    formIs(count(base) && has(schedule, { enacts: count, ends: count, opens: count }) && has(snapshot, { total: count }) && isObject(terms), r.seq, 'a proposal');
    const { track } = r.payload;
    r.put('proposal', r.seq, { seq: r.seq, proposer: r.actor, track, action, change: r.payload.action, terms, base, opens: schedule.opens, total: snapshot.total });
    r.putTally({ ...tallyOf(r.store, r.seq), state: 'OPEN', ends: schedule.ends, enacts: schedule.enacts });
    r.put('nod', r.actor, { ...seatsOf(r.store, r.actor), [track === 'emergency' ? 'emergency' : 'proposal']: r.seq });
    r.agenda();
  },

  PROPOSAL_CANCELLED(r) {
    r.putTally({ ...r.tallyBefore(), state: 'CANCELLED', settled: r.seq });
    r.agenda();
  },

  VOTE_CAST(r) {
    const { voter } = r.result;
    formIs(has(voter, { power: isInteger }), r.seq, 'the voter');
    const { choice, proposal } = r.payload;
    r.putTally({ ...r.tallyAfter(), last: r.seq });
    r.put('vote', voteKey(proposal, r.actor), { proposal, user_id: r.actor, choice, power: voter.power, seq: r.seq });
    r.put('nod', r.actor, { ...seatsOf(r.store, r.actor), vote: r.seq });
    r.voting();
    r.agenda();
  },

  PROPOSAL_TALLIED(r) {
    const { enacts, state } = r.result;
    formIs(isInteger(enacts) && matches(/^[^"\\\u0000-\u001f]{0,63}$/)(state), r.seq, 'the state');
    const tally = { ...r.tallyAfter(), enacts, state };
    if (state === 'OPEN') r.putTally({ ...tally, last: r.seq });
    else if (state === 'QUEUED') r.putTally({ ...tally, tallied: r.seq });
    else r.putTally({ ...tally, tallied: r.seq, settled: r.seq, guard: r.blocking() });
    r.agenda();
  },

  PROPOSAL_EXECUTED(r, { policy }) {
    const guard = r.blocking();
    r.putTally({ ...r.tallyBefore(), state: guard === null ? 'EXECUTED' : 'FAILED', settled: r.seq, guard });
    r.agenda();
    // Of one that failed, too, they say what it would have made of them.
    if (guard === null) r.newSeats();
    if (policy) recallPolicy(r, policy);
  },

  // No account's: it has no status.
  DORMANCY_CLAIMED(r) {
    if (r.blocking() === null) r.agenda();
  },

  DORMANCY_SETTLED(r, { policy }) {
    r.agenda();
    if (policy) recallPolicy(r, policy);
  },
};

// The keys that it changed are those of the proposal, whose entry is before it.
function recallPolicy(r, { keys, policy }) {
  for (const key of keys) r.put('policy_key', key, { key, seq: r.seq, epoch: r.store.epochOf(r.at) });
  r.rows.push(() => r.store.enactPolicy(r.seq, r.payload.policy, policy));
}

// entry: with its outcome.  more: what has to be computed of the payload, {action, policy: {keys, policy}}.
// Throws OUTCOME_MISMATCH, and leaves everything as it was, where the outcome does not have its form.
export function recallRecords(store, entry, more) {
  const recall = new Recall(store, entry);
  if (entry.outcome.status !== 'BLOCKED') RECALLS[entry.act.type](recall, more);
  // One that was blocked does nothing, but for a claim that it ends.
  else if (recall.result.claim !== undefined) recall.agenda();
  for (const row of recall.rows) row();
}
