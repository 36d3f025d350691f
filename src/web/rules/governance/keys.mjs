// keys.mjs - changes of a policy, key by key: what they name, what they make, what they restrict, and what is the operator's.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { utf8 } from '../../bytes.mjs';
import { canonical } from '../../canonical.mjs';
import { readAmount } from '../amounts.mjs';
import { demand } from '../fault.mjs';
import { isObject } from '../forms.mjs';
import { DEFAULT_GOVERNANCE } from '../policy.mjs';
import { coversAny, KEY_CLASSES } from '../policy_keys.mjs';

const MAX_POLICY = 16384;
const MAX_NAME = 63;

const isEqual = (a, b) => canonical(a) === canonical(b);
const isInvalid = (name) => demand(false, 'POLICY_INVALID', `the key ${name} does not exist, or has no value of its own`);

// The keys that changes of a policy name, in their order: [name, value] each.
export function leavesOf(changes, path = '') {
  return Object.keys(changes).sort().flatMap((step) => {
    const name = path + step;
    if (!/^[^."\\\u0000-\u001f]+$/.test(step) || utf8(name).length > MAX_NAME) isInvalid(name);
    if (isObject(changes[step])) return leavesOf(changes[step], `${name}.`);
    if (!KEY_CLASSES.has(name)) isInvalid(name);
    return [[name, changes[step]]];
  });
}

// The value of a key in a complete policy, which may leave governance out.
export const valueOf = (policy, name) => name.split('.').reduce((value, step) => value[step], { governance: DEFAULT_GOVERNANCE, ...policy });

// ---- what they make ----

function merged(base, changes) {
  const result = { ...base };
  for (const [name, change] of Object.entries(changes)) {
    if (!Object.hasOwn(base, name)) isInvalid(name);
    result[name] = isObject(base[name]) && isObject(change) ? merged(base[name], change) : change;
  }
  return result;
}

// They may change nothing.
export function mergeKeys(policy, changes) {
  const base = Object.hasOwn(changes, 'governance') ? { governance: DEFAULT_GOVERNANCE, ...policy } : policy;
  const result = merged(base, changes);
  demand(utf8(canonical(result)).length <= MAX_POLICY, 'POLICY_INVALID', `the policy is longer than ${MAX_POLICY} bytes`);
  return result;
}

export function mergePolicy(policy, changes) {
  const result = mergeKeys(policy, changes);
  demand(!isEqual(result, policy), 'POLICY_INVALID', 'it changes nothing');
  return result;
}

// ---- what an emergency may do ----

// Both values are those of valid policies.
const falls = (before, after) => after <= before;
const shrinks = (before, after) => after.every((member) => before.includes(member));
const tiersFall = (before, after) => after.length === before.length && after.every(({ flx, to }, i) => to === before[i].to && readAmount(flx) <= readAmount(before[i].flx));

const RESTRICTIONS = { evaluators: shrinks, 'limits.*': falls, operators: shrinks, 'referral.cap': falls, 'referral.points': falls, 'referral.tiers': tiersFall, 'referral.window_blocks': falls };

// Does a change of the key take something away and give nobody anything?
export function isRestriction(name, before, after) {
  const found = Object.entries(RESTRICTIONS).find(([pattern]) => coversAny([pattern], name));
  return found !== undefined && found[1](before, after);
}

// ---- what is the operator's while governance is on ----

export function checkOperatorsKeys({ at, store }, before, after) {
  const { operator_keys: own, key_cooldown_epochs: cooldown } = valueOf(before, 'governance');
  for (const name of KEY_CLASSES.keys()) {
    if (isEqual(valueOf(before, name), valueOf(after, name))) continue;
    demand(coversAny(own, name), 'POLICY_GOVERNED', `${name} is none of governance.operator_keys`);
    const vote = store.get('policy_key', name);
    demand(!vote || store.epochOf(at) >= vote.epoch + cooldown, 'POLICY_GOVERNED', `${name} was decided by a vote, in entry ${vote?.seq}`);
  }
}
