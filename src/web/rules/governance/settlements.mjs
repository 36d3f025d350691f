// settlements.mjs - PROPOSAL_TALLIED and PROPOSAL_EXECUTED: what the ledger itself appends when it is due.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { canonical } from '../../canonical.mjs';
import { readAmount, writeAmount } from '../amounts.mjs';
import { demand } from '../fault.mjs';
import { atMost, possiblePolicy, readMotion, shareGuards, staleKeys } from './motion.mjs';
import { enactsAfter, endAfterSilence, MOST_EXTENSIONS, tallyGuards } from './numbers.mjs';
import { boxOf } from './proposals.mjs';
import { agendaAfter, agendaOf, dueItem, EXECUTE, TALLY, withItem, withoutItem } from './records.mjs';
import { electorateAfter } from './seats.mjs';
import { isSettledEarly, toldTally, votesOf } from './votes.mjs';

// Is this what is due?
export function demandDue({ at, store }, seq, what) {
  const item = dueItem(store, at);
  demand(item, 'SETTLEMENT_WRONG', 'nothing is due');
  const [, due, expected] = item;
  demand(due === seq && expected === what, 'SETTLEMENT_WRONG', `${expected} of entry ${due} is due`);
}

// The proposal that is due for this, as it stands.
function begin(change, seq, what) {
  demandDue(change, seq, what);
  return boxOf(change.store, seq);
}

// ---- tallies ----

// The tally after an entry that comes so late that nobody could vote in between; null if it does not.
function afterSilence(change, box) {
  const { proposal: { terms }, tally } = box;
  const block = change.store.blockOf(change.at);
  if (tally.extensions >= MOST_EXTENSIONS || isSettledEarly(box, tally)) return null;
  if (change.judge([atMost('TALLY_SILENCE', tally.ends + terms.late_blocks, block)]).length === 0) return null;
  return { ...tally, ends: endAfterSilence(terms, tally.ends, block, tally.extensions), extensions: tally.extensions + 1 };
}

function burnDeposit(change, { proposal: { proposer, terms } }) {
  const amount = readAmount(terms.deposit);
  if (amount === 0n) return;
  const { created, flx } = change.look('standing', proposer);
  if (created === null) return;
  const balance = readAmount(flx);
  change.touch('standing', proposer, 'DEPOSIT_BURNT', { flx: writeAmount(balance > amount ? balance - amount : 0n) });
}

// What becomes of it: only what passed and changes something is queued.
function decide(change, box) {
  const { proposal: { terms, track }, tally } = box;
  const [blocking] = change.judge(tallyGuards(terms, votesOf(box, tally)));
  if (blocking === 'TALLY_VETO') burnDeposit(change, box);
  if (blocking !== undefined) return { ...tally, state: 'REJECTED' };
  if (track === 'text') return { ...tally, state: 'ADOPTED' };
  return { ...tally, enacts: enactsAfter(terms, track === 'emergency', tally.ends, change.policy.epoch_blocks), state: 'QUEUED' };
}

function itemsAfter(store, { enacts, ends, proposal, state }) {
  const { items } = agendaOf(store);
  if (state === 'OPEN') return withItem(items, [ends, proposal, TALLY]);
  return state === 'QUEUED' ? withItem(items, [enacts, proposal, EXECUTE]) : withoutItem(items, proposal);
}

export function tallyProposal(change, { payload: { proposal: seq } }) {
  const box = begin(change, seq, TALLY);
  const after = afterSilence(change, box) ?? decide(change, box);
  change.result = { agenda: agendaAfter(change.store, itemsAfter(change.store, after)), enacts: after.enacts, state: after.state, tally: toldTally(after, box.tally.last) };
}

// ---- executions ----

// {guards, made, motion}: made is the policy that it puts in force now, or null.
async function planOf(change, { proposal: { base, change: action, terms, track }, tally: { enacts } }) {
  const { policy, store } = change;
  const motion = readMotion(store, track, action);
  const changesPolicy = motion.changes !== undefined;
  const made = changesPolicy ? await possiblePolicy(change, motion) : null;
  const isImpossible = policy.governance.mode === 'off' || (changesPolicy && made === null);
  const guards = [
    atMost('EXECUTION_GRACE', enacts + terms.grace_blocks, store.blockOf(change.at)),
    ...(changesPolicy ? [atMost('BASE_CHANGED', 0, staleKeys(change, motion, base))] : []),
    atMost('POLICY_VALID', 0, Number(isImpossible)),
    ...shareGuards(store, motion, terms.power_percent),
  ];
  return { guards, made, motion };
}

export async function executeProposal(change, { payload }) {
  const { store } = change;
  const seq = payload.proposal;
  const box = begin(change, seq, EXECUTE);
  const { guards, made, motion: { seats } } = await planOf(change, box);
  const isBarred = guards.some(({ result }) => result === 'BLOCK');
  const policy = isBarred ? null : made;
  const expected = { ...(policy && { policy: policy.value }), proposal: seq };
  demand(canonical(payload) === canonical(expected), 'SETTLEMENT_WRONG', `it should be ${canonical(expected)}`);
  change.judge(guards);
  change.result = {
    agenda: agendaAfter(store, withoutItem(agendaOf(store).items, seq)),
    base: box.proposal.base,
    electorate: electorateAfter(store, isBarred ? [] : seats),
    ...(policy && { policy: policy.policy.hash, previous: change.policySeq }),
    ...(seats.length > 0 && { seats }),
    state: isBarred ? 'FAILED' : 'EXECUTED',
    tally: box.tally.tallied,
  };
}
