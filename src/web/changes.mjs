// changes.mjs - what entries did to accounts: parts, effects and guards, as lists.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el, icon, when } from './dom.mjs';
import { nameTag } from './people.mjs';
import { stepList, stepsOf } from './steps.mjs';
import { amount, visible } from './text.mjs';
import { boundName, guardName, guardReason, ruleName } from './words.mjs';

const chip = (name, before, after, title) => el('span', { class: 'chip', title }, `${name} `, el('span', { class: 'from' }, before), ' \u2192 ', el('strong', {}, after));

// What an effect changed, as chips; null if nothing that counts.
function effectChips({ coherence, points, flx, referrals }) {
  const chips = [
    flx && chip('FLX', ...flx.map((text) => amount(text)), flx.join(' \u2192 ')),
    points && chip('Points', ...points.map(String)),
    coherence && chip('Coherence', ...coherence.map((text) => amount(text)), coherence.join(' \u2192 ')),
    referrals && chip('Invitations', ...referrals.map(String)),
  ].filter(Boolean);
  return chips.length > 0 ? el('span', { class: 'chips' }, chips) : null;
}

// The part of a standing as an effect: of each number that it says was another one, [before, after].
const effectOfPart = ({ state, was }) => Object.fromEntries(Object.keys(was).map((name) => [name, [was[name], state[name]]]));
const rulesName = (rules) => rules.map(ruleName).join('; ');

// One row of history(), with the way to its explanation.
export function historyRow({ seq, at, change }) {
  const chips = effectChips(effectOfPart(change));
  const name = rulesName(change.rules);
  return el('li', { class: 'change' },
    el('div', {}, el('span', { class: 'change-name' }, name), chips, el('span', { class: 'muted' }, when(at), ` \u00b7 entry ${seq}`)),
    el('a', { class: 'button quiet small', href: `#/why/${seq}`, 'aria-label': `Why? ${name}, entry ${seq}` }, 'Why?'));
}

const whose = (account, me) => el('a', { href: `#/people/${account}` }, account === me ? 'You' : nameTag(account));

const KINDS = { access: ' (sessions)', nonce: ' (signed events)', ties: ' (invitation and first messages)' };

// The parts of accounts that an entry shows.
export const partList = (parts, me) => el('ul', { class: 'effects' }, parts.map((part) => el('li', {}, whose(part.account, me),
  el('span', { class: 'muted' }, ` ${rulesName(part.rules)}${KINDS[part.kind] ?? ''}`), ' ', part.kind === 'standing' && effectChips(effectOfPart(part)))));

// me: the account that looks; steps: those of an explanation: the entry's own, then those of the effects in their order.
export function effectList(effects, me, steps = []) {
  const rest = [...steps];
  const own = rest.splice(0, Math.max(0, steps.length - effects.reduce((sum, effect) => sum + stepsOf(effect), 0)));
  return el('ul', { class: 'effects' }, own.length > 0 && el('li', {}, stepList(own)), effects.map((effect) => el('li', {},
    whose(effect.account, me),
    el('span', { class: 'muted' }, ` ${ruleName(effect.rule)}`), ' ', effectChips(effect), stepList(rest.splice(0, stepsOf(effect))))));
}

// A bound of a guard: a count or an amount.
const quantity = (value) => (/^\d+(\.\d+)?$/.test(value) ? amount(String(value)) : visible(String(value)));

export function guardList(guards) {
  return el('ul', { class: 'guards' }, guards.map(({ guard, result, bound, observed }) => {
    const passed = result === 'PASS';
    return el('li', { class: passed ? 'pass' : 'block' }, icon(passed ? 'check' : 'alert'),
      el('div', {}, el('strong', {}, guardName(guard)), ' ', el('span', { class: 'verdict' }, passed ? 'passed' : `blocked: ${guardReason(guard)}`),
        el('p', { class: 'hint' }, `${boundName(guard)} ${quantity(bound)}, found ${quantity(observed)}`)));
  }));
}
