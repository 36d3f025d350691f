// numbers.mjs - the numbers of governance: power, verdict, schedule (docs/format.md, "Numbers of governance").
//
// SPDX-License-Identifier: AGPL-3.0-only

import { verdict } from '../store.mjs';
import { atLeast } from './motion.mjs';

export const MOST_EXTENSIONS = 3;

const floorDiv = (n, by) => (n - (n % by)) / by;

// What a holder of so many NOD votes with.
export const nodPower = (nod, total, percent) => Math.min(nod, floorDiv(total * percent, 100));

// ---- verdict ----

// What the guards of a tally say, as outcomes have it.  terms: of the proposal; votes: {total, yes, no, abstain, veto}
export function tallyGuards({ approval, majority, quorum, veto_percent: vetoPercent }, { total, yes, no, abstain, veto }) {
  const decided = yes + no + veto;
  const cast = decided + abstain;
  const bound = Math.max(1, vetoPercent * cast);
  return [
    verdict('TALLY_VETO', 100 * veto >= bound, bound, 100 * veto),
    atLeast('TALLY_QUORUM', quorum * total, 100 * cast),
    atLeast('TALLY_APPROVAL', Math.max(1, approval * total), 100 * yes),
    atLeast('TALLY_MAJORITY', majority * decided, 100 * yes),
  ];
}

export const passesTally = (terms, votes) => tallyGuards(terms, votes).every(({ result }) => result === 'PASS');

// Of an emergency: it passes, whatever is still cast.  Nothing is worse for it than a veto of all the rest.
export function isTallyDecided(terms, votes) {
  const { total, yes, no, abstain } = votes;
  return passesTally(terms, votes) && passesTally(terms, { ...votes, veto: total - yes - no - abstain });
}

// ---- schedule, in blocks ----

// When a proposal is executed whose vote ends with this block.
export function enactsAfter({ timelock_blocks: timelock }, isEmergency, ends, epochBlocks) {
  const earliest = ends + timelock;
  const over = earliest % epochBlocks;
  if (isEmergency) return ends;
  return over === 0 ? earliest : earliest - over + epochBlocks;
}

// Of a proposal that is made in this block.
export function scheduleOf(terms, isEmergency, block, epochBlocks) {
  const opens = block + terms.review_blocks;
  const ends = opens + terms.voting_blocks;
  return { enacts: enactsAfter(terms, isEmergency, ends, epochBlocks), ends, opens };
}

const extended = (ends, later, isDue, extensions) => (isDue && extensions < MOST_EXTENSIONS ? later : ends);

// The end of a vote whose verdict this block's vote has turned.
export const endAfterTurn = ({ late_blocks: late }, ends, block, extensions) => extended(ends, block + late, block + late > ends, extensions);

// The end of a vote whose tally comes with this block.
export const endAfterSilence = ({ late_blocks: late }, ends, block, extensions) => extended(ends, block + late, block > ends + late, extensions);
