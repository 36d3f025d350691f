// motion.mjs - what a proposal asks for: changes of the policy, seats, or words alone.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { utf8 } from '../../bytes.mjs';
import { canonical } from '../../canonical.mjs';
import { demand, LedgerFault } from '../fault.mjs';
import { isUserId } from '../forms.mjs';
import { readPolicy } from '../policy.mjs';
import { KEY_CLASSES } from '../policy_keys.mjs';
import { verdict } from '../store.mjs';
import { isRestriction, leavesOf, mergePolicy, valueOf } from './keys.mjs';
import { changedElectorate, electorateOf, seatsOf } from './records.mjs';

const MAX_CHANGES = 8192;
export const MOST_NOD = 10 ** 12;

const CLASSES_OF = { constitution: ['constitution'], emergency: ['constitution', 'parameter'], parameter: ['parameter'], text: [] };

const invalid = (condition, what) => demand(condition, 'PAYLOAD_INVALID', `payload.action: ${what}`);

// ---- reading ----

function readChanges(track, changes) {
  invalid(utf8(canonical(changes)).length <= MAX_CHANGES, `more than ${MAX_CHANGES} bytes`);
  invalid(track !== 'text', 'nothing, on the track of texts');
  const leaves = leavesOf(changes);
  for (const [name] of leaves) {
    const found = KEY_CLASSES.get(name);
    demand(found !== 'fixed' && found !== 'fork', 'KEY_FIXED', name);
    demand(CLASSES_OF[track].includes(found), 'KEY_TRACK', `${name} is not for the track ${track}`);
  }
  return leaves;
}

function readSeats(store, track, list) {
  demand(track === 'constitution', 'KEY_TRACK', `seats are not for the track ${track}`);
  const seats = [];
  for (const { account, nod: after } of list) {
    demand(isUserId(account), 'USER_ID_SYNTAX', account);
    invalid(seats.every((seat) => seat.account !== account), 'an account that is named twice');
    const { changes, nod: before, seq } = seatsOf(store, account);
    seats.push({ account, after, before, number: changes + 1, previous: changes > 0 ? seq : null });
  }
  return seats;
}

// {changes, leaves, seats, track}: changes undefined and leaves, seats empty where it has none; seats are as executions tell them.
export function readMotion(store, track, action) {
  const { nod, policy } = action;
  invalid(nod === undefined || policy === undefined, 'policy or nod, not both');
  invalid(nod !== undefined || policy !== undefined || track === 'text', 'what is to be done, but on the track of texts');
  return { changes: policy, leaves: policy === undefined ? [] : readChanges(track, policy), seats: nod === undefined ? [] : readSeats(store, track, nod), track };
}

// ---- what it makes ----

const policyAt = (store, seq) => store.get('policy', seq)?.policy;

// The policy that it would put in force now: {policy (read), value}.
export async function policyMadeBy({ policySeq, store }, { changes }) {
  const value = mergePolicy(policyAt(store, policySeq), changes);
  const policy = await readPolicy(value);
  const { mode, power_percent: percent } = policy.governance;
  const { holders } = electorateOf(store);
  demand(mode !== 'on' || holders * percent >= 100, 'POLICY_INVALID', `governance.mode: ${holders} holders of at most ${percent} percent never have all of the power`);
  return { policy, value };
}

// The same where it may be impossible: null then.
export async function possiblePolicy(change, motion) {
  try {
    return await policyMadeBy(change, motion);
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    return null;
  }
}

const isEqualIn = (name, ...policies) => new Set(policies.map((policy) => canonical(valueOf(policy, name)))).size === 1;

// Keys that it changes whose value in force is not the one in the policy of entry base.
export function staleKeys({ policySeq, store }, { leaves }, base) {
  const [before, now] = [policyAt(store, base), policyAt(store, policySeq)];
  demand(before, 'STATE_MISMATCH', `the policy of entry ${base} is missing`);
  return leaves.filter(([name]) => !isEqualIn(name, before, now)).length;
}

// Keys that it changes and does not restrict.
export function enlargedKeys({ policySeq, store }, { leaves }) {
  const now = policyAt(store, policySeq);
  return leaves.filter(([name, value]) => !isRestriction(name, valueOf(now, name), value)).length;
}

// ---- guards ----

export const atMost = (guard, bound, observed) => verdict(guard, observed > bound, bound, observed);
export const atLeast = (guard, bound, observed) => verdict(guard, observed < bound, bound, observed);

// Of one that names seats, [NOD_SHARE].
export function shareGuards(store, { seats }, percent) {
  if (seats.length === 0) return [];
  const { total } = changedElectorate(electorateOf(store), seats);
  return [atMost('NOD_SHARE', total > MOST_NOD ? 0 : percent * total, 100 * Math.max(...seats.map(({ after }) => after)))];
}
