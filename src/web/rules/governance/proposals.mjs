// proposals.mjs - PROPOSAL_CREATED and PROPOSAL_CANCELLED: a holder asks for something that the others vote on, or takes it back.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { readAmount, writeAmount } from '../amounts.mjs';
import { demand } from '../fault.mjs';
import { integer, isAmountText, isHash, members } from '../forms.mjs';
import { verdict } from '../store.mjs';
import { atLeast, atMost, enlargedKeys, policyMadeBy, readMotion, shareGuards } from './motion.mjs';
import { scheduleOf } from './numbers.mjs';
import { agendaAfter, electorateOf, itemOf, seatsOf, TALLY, withItem, withoutClaim, withoutItem } from './records.mjs';

// Places that are kept for emergencies.
const EMERGENCY_PLACES = 4;
// Of the guards, from 0.
const DEPOSIT_PLACE = 4;

// Every number that settles a proposal of the track.
function termsOf({ deposit, grace_blocks, late_blocks, power_percent, tracks, veto_percent }, track) {
  return { ...tracks[track], deposit: writeAmount(readAmount(deposit)), grace_blocks, late_blocks, power_percent, veto_percent };
}

const [percent, blocks] = [integer(0, 100), integer(0, 100000)];
const isTerms = members({ approval: percent, deposit: isAmountText, grace_blocks: blocks, late_blocks: blocks, majority: percent, power_percent: percent, quorum: percent, review_blocks: blocks,
  timelock_blocks: blocks, veto_percent: percent, voting_blocks: blocks });

// A proposal and how it stands.
export function boxOf(store, seq) {
  const [proposal, tally] = [store.get('proposal', seq), store.get('tally', seq)];
  demand(tally, 'PROPOSAL_UNKNOWN', `entry ${seq}`);
  demand(proposal && isTerms(proposal.terms), 'STATE_MISMATCH', `proposal ${seq} has no terms`);
  return { proposal, tally };
}

// ---- what is asked for ----

async function readDraft(change, { act: { actor }, payload: { action, simulation, text, track } }) {
  const { policy, store } = change;
  demand(policy.governance.mode !== 'off', 'GOVERNANCE_OFF', 'a proposal');
  const seats = seatsOf(store, actor);
  demand(seats.nod > 0, 'SEAT_NONE', actor);
  demand(isHash(text) && (simulation === undefined || isHash(simulation.run)), 'PAYLOAD_INVALID', 'payload.text, payload.simulation.run: 64 lower-case hexadecimal digits');
  const motion = readMotion(store, track, action);
  const made = motion.changes === undefined ? null : await policyMadeBy(change, motion);
  for (const { account, after, before } of motion.seats) demand(after !== before, 'PAYLOAD_INVALID', `payload.action.nod: ${account} has ${after} already`);
  const terms = termsOf(policy.governance, track);
  const isEmergency = track === 'emergency';
  const block = store.blockOf(change.at);
  const { items, told } = withoutClaim(change);
  return { actor, agenda: items, block, ended: told, electorate: electorateOf(store), isEmergency, made, motion, schedule: scheduleOf(terms, isEmergency, block, policy.epoch_blocks), seats, terms };
}

// ---- guards ----

const lastProposal = ({ emergency, proposal }) => (emergency === null || proposal === null ? emergency ?? proposal : Math.max(emergency, proposal));

// Blocks since the proposer's last one; without one, as many as there need be.
function sinceLast(store, { block, seats }, bound) {
  const last = lastProposal(seats);
  if (last === null) return bound;
  const { proposal: { opens, terms } } = boxOf(store, last);
  return block - (opens - terms.review_blocks);
}

// What the proposer has, less what its proposals on the agenda hold.
function freeDeposit(change, { actor, agenda, seats }) {
  const flx = readAmount(change.look('standing', actor).flx);
  const held = [seats.proposal, seats.emergency].filter((seq) => seq !== null && itemOf(agenda, seq))
    .reduce((sum, seq) => sum + readAmount(boxOf(change.store, seq).proposal.terms.deposit), 0n);
  return flx > held ? flx - held : 0n;
}

// What the guard observed; where the account is not shown, what it says that it did.
function observedDeposit(change, draft) {
  const free = freeDeposit(change, draft);
  const said = change.recorded?.guards?.[DEPOSIT_PLACE];
  return said?.guard === 'DEPOSIT' && isAmountText(said.observed) ? readAmount(said.observed) : free;
}

// The last execution that changed each key, {key, seq, epoch}, of those that one did.
const lastChanges = (store, { leaves }) => leaves.map(([name]) => store.get('policy_key', name)).filter(Boolean);

function keyGuards(change, { isEmergency, motion, schedule }) {
  const { policy, store } = change;
  if (motion.changes === undefined) return [];
  if (isEmergency) return [atMost('EMERGENCY_SCOPE', 0, enlargedKeys(change, motion))];
  const epochs = lastChanges(store, motion).map(({ epoch }) => epoch);
  const bound = epochs.length === 0 ? 0 : Math.max(...epochs) + policy.governance.key_cooldown_epochs;
  return [atLeast('KEY_COOLDOWN', bound, schedule.enacts / policy.epoch_blocks)];
}

function guardsOf(change, draft) {
  const { agenda: places, cooldown_blocks: cooldown, power_percent: share, threshold_percent: threshold } = change.policy.governance;
  const { agenda, electorate, isEmergency, motion, seats, terms } = draft;
  const last = isEmergency ? seats.emergency : seats.proposal;
  const most = places + (isEmergency ? EMERGENCY_PLACES : 0);
  const [deposit, free] = [readAmount(terms.deposit), observedDeposit(change, draft)];
  return [
    atLeast('PROPOSER_POWER', threshold * electorate.total, 100 * seats.nod),
    atMost('PROPOSER_OPEN', 0, Number(last !== null && itemOf(agenda, last) !== undefined)),
    atLeast('PROPOSER_COOLDOWN', cooldown, sinceLast(change.store, draft, cooldown)),
    verdict('AGENDA_FULL', agenda.length >= most, most, agenda.length),
    verdict('DEPOSIT', free < deposit, writeAmount(deposit), writeAmount(free)),
    ...keyGuards(change, draft),
    ...shareGuards(change.store, motion, share),
  ];
}

// ---- the rules ----

export async function createProposal(change, entry) {
  const draft = await readDraft(change, entry);
  const { agenda, electorate, ended, made, motion, schedule, seats, terms } = draft;
  const isBlocked = change.judge(guardsOf(change, draft)).length > 0;
  const keys = lastChanges(change.store, motion).map(({ key, seq }) => [key, seq]);
  change.result = {
    agenda: agendaAfter(change.store, isBlocked ? agenda : withItem(agenda, [schedule.ends, change.seq, TALLY])),
    base: change.policySeq,
    ...ended,
    ...(keys.length > 0 && { keys: Object.fromEntries(keys) }),
    ...(made && { result: made.policy.hash }),
    schedule,
    ...(motion.seats.length > 0 && { seats: motion.seats }),
    snapshot: { electorate: electorate.seq, emergency: seats.emergency, holders: electorate.holders, previous: seats.proposal, seat: seats.seq, total: electorate.total },
    terms,
  };
  return isBlocked;
}

export function cancelProposal(change, { act: { actor }, payload: { proposal: seq } }) {
  const { store } = change;
  const { proposal, tally } = boxOf(store, seq);
  demand(proposal.proposer === actor, 'FORBIDDEN', `proposal ${seq} is another account\u2019s`);
  demand(tally.state === 'OPEN', 'PROPOSAL_STATE', `proposal ${seq} is ${tally.state}`);
  demand(store.blockOf(change.at) < proposal.opens, 'PROPOSAL_STATE', `proposal ${seq} is voted on since block ${proposal.opens}`);
  // It was a holder when it proposed.
  const { items, told } = withoutClaim(change);
  change.result = { agenda: agendaAfter(store, withoutItem(items, seq)), ...told };
}
