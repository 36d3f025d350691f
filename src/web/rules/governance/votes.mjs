// votes.mjs - VOTE_CAST: a holder votes, once.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from '../fault.mjs';
import { isHash } from '../forms.mjs';
import { atLeast, atMost } from './motion.mjs';
import { endAfterTurn, isTallyDecided, nodPower, passesTally } from './numbers.mjs';
import { boxOf } from './proposals.mjs';
import { agendaAfter, agendaOf, seatsAt, seatsOf, TALLY, voteKey, withItem, withoutClaim } from './records.mjs';

// As guards of the verdict ask.
export const votesOf = ({ proposal: { total } }, { abstain, no, veto, yes }) => ({ abstain, no, total, veto, yes });

// As results tell it; previous: the entry that wrote the count before.
export const toldTally = ({ abstain, ends, extensions, no, veto, voters, yes }, previous) => ({ abstain, ends, extensions, no, previous, veto, voters, yes });

const passes = (box, tally) => passesTally(box.proposal.terms, votesOf(box, tally));

// May nothing turn the verdict of the emergency any more?
export const isSettledEarly = (box, tally) => box.proposal.track === 'emergency' && isTallyDecided(box.proposal.terms, votesOf(box, tally));

// The end when the count is this one: it moves if the vote turns the verdict late, or if nothing can turn it any more.
function endOf(box, counted, block) {
  const { proposal: { terms, track }, tally } = box;
  if (track === 'emergency') return isSettledEarly(box, counted) ? block : tally.ends;
  return passes(box, counted) === passes(box, tally) ? tally.ends : endAfterTurn(terms, tally.ends, block, tally.extensions);
}

function tallyWith(box, choice, power, block) {
  const { tally } = box;
  const counted = { ...tally, [choice]: tally[choice] + power, voters: tally.voters + 1 };
  const ends = endOf(box, counted, block);
  return { ...counted, ends, extensions: tally.extensions + Number(ends > tally.ends) };
}

export function castVote(change, { act: { actor }, payload: { action, choice, proposal: seq, reason } }) {
  const { at, policy, store } = change;
  demand(policy.governance.mode !== 'off', 'GOVERNANCE_OFF', 'a vote');
  const box = boxOf(store, seq);
  const { proposal, tally } = box;
  demand(tally.state === 'OPEN', 'PROPOSAL_STATE', `proposal ${seq} is ${tally.state}`);
  demand(isHash(action), 'PAYLOAD_INVALID', 'payload.action: 64 lower-case hexadecimal digits');
  demand(reason === undefined || isHash(reason), 'PAYLOAD_INVALID', 'payload.reason: 64 lower-case hexadecimal digits');
  demand(action === proposal.action, 'PROPOSAL_ACTION', `proposal ${seq} is ${proposal.action}`);
  const seats = seatsOf(store, actor);
  demand(seats.changes > 0, 'SEAT_NONE', actor);
  const power = nodPower(seatsAt(store, seats, seq), proposal.total, proposal.terms.power_percent);
  const block = store.blockOf(at);
  const isBlocked = change.judge([
    atLeast('VOTE_OPENS', proposal.opens, block),
    atMost('VOTE_ONCE', 0, Number(store.get('vote', voteKey(seq, actor)) !== undefined)),
    atLeast('VOTE_POWER', 1, power),
  ]).length > 0;
  const after = isBlocked ? tally : tallyWith(box, choice, power, block);
  // Whoever has given its seats back since may vote, but holds none.
  const { items, told } = seats.nod > 0 || !isBlocked ? withoutClaim(change) : { items: agendaOf(store).items, told: {} };
  const hasMoved = after.ends !== tally.ends;
  change.result = {
    ...((hasMoved || told.claim !== undefined) && { agenda: agendaAfter(store, hasMoved ? withItem(items, [after.ends, seq, TALLY]) : items) }),
    ...told,
    tally: toldTally(after, tally.last),
    voter: { power, previous: seats.vote, seat: seats.seq },
  };
  return isBlocked;
}
