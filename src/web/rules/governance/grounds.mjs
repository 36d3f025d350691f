// grounds.mjs - the entries that an entry of governance rests on, and the steps of its arithmetic (docs/format.md, Entries that
// governance rests on).
//
// SPDX-License-Identifier: AGPL-3.0-only

import { isInteger } from '../forms.mjs';
import { enactsAfter, tallyGuards } from './numbers.mjs';
import { MOST_NOD } from './motion.mjs';

// ---- what it rests on ----

// What the entry says of the seats of an account, {nod, previous}: of NOD_CHANGED the payload has it, of an execution the result.
function seatIn({ outcome: { result }, payload }, account) {
  if (payload.account === account) return { nod: payload.nod, previous: result?.previous };
  const item = Array.isArray(result?.seats) ? result.seats.find((one) => one?.account === account) : undefined;
  return item && { nod: item.after, previous: item.previous };
}

// Adds entry seq, and those that it names in turn, each by next(entry, seq), as long as they go down.
function follow(add, seq, next) {
  for (let at = seq; isInteger(at, 0);) {
    const entry = add(at);
    const previous = entry && next(entry, at);
    if (!isInteger(previous, 0, at - 1)) return;
    at = previous;
  }
}

function addVoter(add, { act: { actor }, outcome: { result }, payload: { proposal } }) {
  follow(add, result?.voter?.seat, (entry, seq) => (seq > proposal ? seatIn(entry, actor)?.previous : null));
  follow(add, result?.voter?.previous, (entry, seq) => (seq >= proposal ? entry.outcome.result?.voter?.previous : null));
}

function addKeys(add, keys) {
  for (const seq of Object.values(keys ?? {})) {
    const entry = add(seq);
    if (entry) add(entry.payload.proposal);
  }
}

const previousOf = (value) => (Array.isArray(value) ? value.map((item) => item?.previous) : [value?.previous]);

const RESTS = {
  DORMANCY_CLAIMED: ({ agenda, vote }) => [vote, agenda],
  DORMANCY_SETTLED: ({ agenda }, payload) => [payload.claim, agenda],
  NOD_CHANGED: (result) => [result.previous, result.agenda, result.electorate],
  PROPOSAL_CANCELLED: (result, payload) => [payload.proposal, result.agenda],
  PROPOSAL_CREATED: ({ agenda, seats, snapshot }) => [agenda, ...['electorate', 'emergency', 'previous', 'seat'].map((name) => snapshot?.[name]), seats],
  PROPOSAL_EXECUTED: ({ agenda, base, electorate, seats, tally }, payload) => [payload.proposal, tally, base, agenda, electorate, seats],
  PROPOSAL_TALLIED: ({ agenda, tally }, payload) => [payload.proposal, tally, agenda],
  VOTE_CAST: ({ agenda, tally }, payload) => [payload.proposal, tally, agenda],
};

// add(seq): of an entry before that is whole but for accounts; gives it, or undefined where that is none before.
export function addGrounds(entry, add) {
  const { act: { type }, outcome, payload } = entry;
  const result = outcome.result ?? {};
  // Numbers name entries; of what has a member `previous` that does.
  for (const named of RESTS[type](result, payload)) for (const seq of typeof named === 'object' ? previousOf(named) : [named]) add(seq);
  if (type === 'VOTE_CAST') addVoter(add, entry);
  if (type === 'PROPOSAL_CREATED') addKeys(add, result.keys);
}

// ---- the arithmetic ----

const step = (op, inputs, result) => ({ inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, String(value)])), op, result: String(result) });
const product = (op, guard, percent, of, result = percent * of) => step(op, { guard, of, percent }, result);

function verdictSteps(terms, votes) {
  const { abstain, no, total, veto, yes } = votes;
  const [cast, decided] = [yes + no + abstain + veto, yes + no + veto];
  const factors = [[terms.veto_percent, cast, veto], [terms.quorum, total, cast], [terms.approval, total, yes], [terms.majority, decided, yes]];
  return tallyGuards(terms, votes).flatMap(({ bound, guard, observed }, i) => {
    const [percent, of, power] = factors[i];
    return [product('bound', guard, percent, of, bound), product('observed', guard, 100, power, observed)];
  });
}

function shareSteps(seats, percent, total) {
  if (seats === undefined) return [];
  const most = Math.max(0, ...seats.map(({ after }) => after));
  return [product('bound', 'NOD_SHARE', percent, total, total > MOST_NOD ? 0 : percent * total), product('observed', 'NOD_SHARE', 100, most)];
}

const afterSeats = (total, seats = []) => seats.reduce((sum, { after, before }) => sum + after - before, total);
const endStep = (ends, late) => step('ends', { block: ends - late, late_blocks: late }, ends);
const enactsStep = ({ isEmergency, terms }, ends, epoch) => (isEmergency ? [] : [step('enacts', { ends, epoch_blocks: epoch, timelock_blocks: terms.timelock_blocks }, enactsAfter(terms, false, ends, epoch))]);

// What a proposal's entry tells.
const toldBy = ({ outcome: { result }, payload }) => ({ isEmergency: payload.track === 'emergency', terms: result.terms, total: result.snapshot.total });

// The voter's seats at the proposal's entry.
function seatsThen({ act: { actor }, outcome: { result }, payload: { proposal } }, entryOf) {
  let found = 0;
  follow((seq) => entryOf(seq), result.voter.seat, (entry, seq) => {
    const seat = seatIn(entry, actor);
    if (seat && seq <= proposal) found = seat.nod;
    return seq > proposal ? seat?.previous : null;
  });
  return found;
}

function createdSteps(entry, { entryOf, policy }) {
  const { outcome: { result } } = entry;
  const { schedule: { ends, opens }, seats, snapshot } = result;
  const told = toldBy(entry);
  const { nod } = seatIn(entryOf(snapshot.seat), entry.act.actor);
  return [
    product('bound', 'PROPOSER_POWER', policy.governance.threshold_percent, told.total), product('observed', 'PROPOSER_POWER', 100, nod),
    ...shareSteps(seats, told.terms.power_percent, afterSeats(told.total, seats)),
    step('opens', { block: opens - told.terms.review_blocks, review_blocks: told.terms.review_blocks }, opens),
    step('ends', { opens, voting_blocks: ends - opens }, ends),
    ...enactsStep(told, ends, policy.epoch_blocks),
  ];
}

// The end before the vote: one that ends a claim changes the agenda, too.
function endBefore({ outcome: { result: { tally: { previous } } }, payload: { proposal } }, entryOf) {
  if (previous === null) return entryOf(proposal).outcome.result.schedule.ends;
  return entryOf(previous).outcome.result.tally.ends;
}

function voteSteps(entry, { entryOf }, told) {
  const { outcome: { result, status }, payload: { choice } } = entry;
  const { tally, voter: { power } } = result;
  const steps = [step('power', { nod: seatsThen(entry, entryOf), percent: told.terms.power_percent, total: told.total }, power)];
  if (status === 'BLOCKED') return steps;
  steps.push(step(choice, { add: power, before: tally[choice] - power }, tally[choice]));
  return endBefore(entry, entryOf) === tally.ends ? steps : [...steps, ...verdictSteps(told.terms, { ...tally, total: told.total }), endStep(tally.ends, told.isEmergency ? 0 : told.terms.late_blocks)];
}

function talliedSteps({ outcome: { result: { state, tally } } }, { policy }, told) {
  if (state === 'OPEN') return [endStep(tally.ends, told.terms.late_blocks)];
  return [...verdictSteps(told.terms, { ...tally, total: told.total }), ...(state === 'QUEUED' ? enactsStep(told, tally.ends, policy.epoch_blocks) : [])];
}

function executedSteps({ outcome: { guards, result } }, { entryOf }, told) {
  const { electorate: { total }, seats, tally } = result;
  const { enacts } = entryOf(tally).outcome.result;
  const hasFailed = guards.some(({ result: found }) => found === 'BLOCK');
  return [
    step('grace', { enacts, grace_blocks: told.terms.grace_blocks }, enacts + told.terms.grace_blocks),
    ...shareSteps(seats, told.terms.power_percent, hasFailed ? afterSeats(total, seats) : total),
  ];
}

function seatSteps({ outcome: { result, status }, payload: { nod: after } }) {
  if (status === 'BLOCKED') return [];
  const { before, electorate: { total } } = result;
  return [step('total', { after, before, total: total - after + before }, total)];
}

const STEPS = { DORMANCY_CLAIMED: () => [], DORMANCY_SETTLED: () => [], NOD_CHANGED: seatSteps, PROPOSAL_CANCELLED: () => [], PROPOSAL_CREATED: createdSteps, PROPOSAL_EXECUTED: executedSteps, PROPOSAL_TALLIED: talliedSteps, VOTE_CAST: voteSteps };

// Of an entry whose result is known to be what the rule gives.  entryOf(seq): one that it rests on; policy: the one in force there.
export function governedSteps(entry, { entryOf, policy }) {
  const { act: { type }, payload: { proposal } } = entry;
  return STEPS[type](entry, { entryOf, policy }, proposal === undefined ? undefined : toldBy(entryOf(proposal)));
}
