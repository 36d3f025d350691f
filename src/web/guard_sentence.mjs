// guard_sentence.mjs - what a guard demands, what it found, and how far that is from the other verdict, in a sentence.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { amount, count, visible } from './text.mjs';

const UNITS = { accounts: 'account', blocks: 'block', claims: 'claim', devices: 'device', entries: 'entry', epochs: 'epoch', faults: 'fault', keys: 'key', proposals: 'proposal', referrals: 'referral',
  referrers: 'referrer', votes: 'vote' };

// A count of what the guard counts in: "1 block", "12 blocks", "250 FLX".
function quantity(n, unit) {
  if (!Object.hasOwn(UNITS, unit)) return `${amount(String(n), 18)} ${visible(unit)}`;
  return count(n, UNITS[unit], unit);
}

const BOUNDS = { '<=': 'at most', '<': 'less than', '>=': 'at least' };

// "12 referrals, and less than 100 allowed: 88 more would block it."
export function guardSentence({ bound, margin, observed, relation, result, unit }) {
  const demand = `${quantity(observed, unit)}, and ${BOUNDS[relation]} ${amount(String(bound), 18)} ${relation === '>=' ? 'needed' : 'allowed'}`;
  if (margin === null) return `${demand}: no number would turn it.`;
  const isPassed = result === 'PASS';
  // Of what there may be at most, more blocks and less passes; of what there has to be at least, the other way round.
  const way = isPassed === (relation === '>=') ? 'less' : 'more';
  return `${demand}: ${amount(String(margin), 18)} ${way} would ${isPassed ? 'block it' : 'let it pass'}.`;
}
