// steps.mjs - the arithmetic of an explanation, step by step, as formulas.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el } from './dom.mjs';
import { amount, visible } from './text.mjs';

const exact = (text) => amount(text, 18);

// The formula of a step, without its result; every op of docs/explain.md.
const FORMULAS = {
  tier: ({ activated_before: before }) => ['Reward of the tier', `active invitation number ${Number(before) + 1}`],
  flx: ({ before, add }) => ['FLX', `${exact(before)} + ${exact(add)}`],
  points: ({ before, add }) => ['Genesis points', `${before} + ${add}`],
  referrals: ({ before, add }) => ['Active invitations', `${before} + ${add}`],
  coherence: ({ before, alpha, quality }) => ['Coherence', `${exact(before)} \u00d7 (1 \u2212 ${exact(alpha)}) + ${exact(quality)} \u00d7 ${exact(alpha)}`],
  score: ({ features, weights }) => ['Score', Object.keys(features).map((name) => `${exact(features[name])} \u00d7 ${exact(weights[name])} (${name})`).join(' + ')],
};

// How many steps the change of an account takes: a reward has its tier and its sum.
export const stepsOf = ({ flx, points, referrals, coherence }) => (flx ? 2 : 0) + [points, referrals, coherence].filter(Boolean).length;

export function stepList(steps) {
  return steps.length > 0 && el('ol', { class: 'steps' }, steps.map(({ op, inputs, result }) => {
    const [name, formula] = FORMULAS[op]?.(inputs) ?? [op, JSON.stringify(inputs)];
    return el('li', {}, el('span', { class: 'muted' }, visible(name)), el('span', { class: 'formula' }, visible(formula), ' = ', el('strong', {}, visible(exact(result)))));
  }));
}
