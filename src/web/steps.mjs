// steps.mjs - the arithmetic of an explanation, step by step, as formulas.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el } from './dom.mjs';
import { amount, visible } from './text.mjs';
import { guardName } from './words.mjs';

const exact = (text) => amount(text, 18);

// The formula of a step, without its result; every op of docs/explain.md.
const FORMULAS = {
  tier: ({ activated_before: before }) => ['Reward of the tier', `active invitation number ${Number(before) + 1}`],
  flx: ({ before, add, less }) => ['FLX', less === undefined ? `${exact(before)} + ${exact(add)}` : `${exact(before)} \u2212 ${exact(less)}`],
  points: ({ before, add }) => ['Genesis points', `${before} + ${add}`],
  referrals: ({ before, add }) => ['Active invitations', `${before} + ${add}`],
  coherence: ({ before, alpha, quality }) => ['Coherence', `${exact(before)} \u00d7 (1 \u2212 ${exact(alpha)}) + ${exact(quality)} \u00d7 ${exact(alpha)}`],
  score: ({ features, weights }) => ['Score', Object.keys(features).map((name) => `${exact(features[name])} \u00d7 ${exact(weights[name])} (${name})`).join(' + ')],
  // Of governance.
  total: ({ after, before, total }) => ['All seats', `${exact(total)} \u2212 ${exact(before)} + ${exact(after)}`],
  bound: ({ guard, of, percent }) => [`${guardName(guard)}: the limit, in hundredths`, `${exact(percent)} \u00d7 ${exact(of)}`],
  observed: ({ guard, of, percent }) => [`${guardName(guard)}: found, in hundredths`, `${exact(percent)} \u00d7 ${exact(of)}`],
  opens: ({ block, review_blocks: review }) => ['Votes from block', `${exact(block)} + ${exact(review)}`],
  ends: ({ block, late_blocks: late, opens, voting_blocks: voting }) => ['Counted with block', `${exact(opens ?? block)} + ${exact(voting ?? late)}`],
  enacts: ({ ends, epoch_blocks: epoch, timelock_blocks: timelock }) => ['In force with block', `${exact(ends)} + ${exact(timelock)}, then the next epoch of ${exact(epoch)}`],
  power: ({ nod, percent, total }) => ['Power of the vote', `${exact(nod)}, at most ${exact(percent)} % of ${exact(total)}`],
  ...Object.fromEntries(['abstain', 'no', 'veto', 'yes'].map((choice) => [choice, ({ add, before }) => [`Votes for \u201c${choice}\u201d`, `${exact(before)} + ${exact(add)}`]])),
  grace: ({ enacts, grace_blocks: grace }) => ['To be carried out until block', `${exact(enacts)} + ${exact(grace)}`],
};

// How many steps the change of an account takes: a reward has its tier and its sum.
export const stepsOf = ({ flx, points, referrals, coherence, rule }) => (flx ? 1 : 0) + (flx && /^REFERRAL_TIER_/.test(rule) ? 1 : 0) + [points, referrals, coherence].filter(Boolean).length;

export function stepList(steps) {
  return steps.length > 0 && el('ol', { class: 'steps' }, steps.map(({ op, inputs, result }) => {
    const [name, formula] = FORMULAS[op]?.(inputs) ?? [op, JSON.stringify(inputs)];
    return el('li', {}, el('span', { class: 'muted' }, visible(name)), el('span', { class: 'formula' }, visible(formula), ' = ', el('strong', {}, visible(exact(result)))));
  }));
}
