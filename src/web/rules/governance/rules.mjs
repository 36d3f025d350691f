// rules.mjs - the rules of governance: each type with what comes of an entry of it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { hashOfJson } from '../../canonical.mjs';
import { demand, LedgerFault } from '../fault.mjs';
import { isInteger, isObject } from '../forms.mjs';
import { readPolicy } from '../policy.mjs';
import { claimDormancy, settleDormancy } from './dormancy.mjs';
import { addGrounds, governedSteps } from './grounds.mjs';
import { checkOperatorsKeys, leavesOf } from './keys.mjs';
import { cancelProposal, createProposal } from './proposals.mjs';
import { recallRecords } from './records.mjs';
import { changeSeats } from './seats.mjs';
import { executeProposal, tallyProposal } from './settlements.mjs';
import { castVote } from './votes.mjs';

const RULES = { DORMANCY_CLAIMED: claimDormancy, DORMANCY_SETTLED: settleDormancy, NOD_CHANGED: changeSeats, PROPOSAL_CANCELLED: cancelProposal, PROPOSAL_CREATED: createProposal, PROPOSAL_EXECUTED: executeProposal,
  PROPOSAL_TALLIED: tallyProposal, VOTE_CAST: castVote };

// What has to be computed of a payload before records can be made of it.
async function moreOf(store, { act: { type }, payload }) {
  if (type === 'PROPOSAL_CREATED') return { action: await hashOfJson(payload) };
  if (payload.policy === undefined) return {};
  const action = store.get('proposal', payload.proposal)?.change;
  return { policy: { keys: isObject(action?.policy) ? leavesOf(action.policy).map(([name]) => name) : [], policy: await readPolicy(payload.policy) } };
}

// Of an entry before the one in question: what it recorded.
export async function recallGovernance(store, entry) {
  recallRecords(store, entry, await moreOf(store, entry));
}

// What somebody acknowledged may be any number, and what is computed of it one that JSON does not hold.
const areNumbers = (value) => (typeof value === 'number' ? isInteger(value) : value === null || typeof value !== 'object' || Object.values(value).every(areNumbers));

// As the rules of execute.mjs.  That a payload does not fit what there is can be acknowledged.
export async function runGovernance(change, entry, context) {
  const { act: { type } } = entry;
  let isBlocked = false;
  try {
    isBlocked = await RULES[type](change, entry, context);
  } catch (error) {
    if (!(error instanceof LedgerFault) || error.code !== 'QFS_PAYLOAD_INVALID') throw error;
    change.admit(false, 'PAYLOAD_INVALID', error.detail);
  }
  demand(areNumbers([change.guards, change.result ?? null]), 'JSON_NUMBER', 'the outcome would have a number above 2^53 - 1');
  const more = await moreOf(change.store, entry);
  change.writes.push((outcome) => recallRecords(change.store, { ...entry, outcome }, more));
  return isBlocked;
}

// May a role of the database put this policy in force, while governance is on?
export function checkOperators(change, policy) {
  checkOperatorsKeys(change, change.store.get('policy', change.policySeq).policy, policy);
}

// Of an entry that an explanation is about: what it rests on, and its arithmetic.
export function addRests(entry, add) {
  addGrounds(entry, add);
}

export function tellSteps(entry, context) {
  return governedSteps(entry, context);
}
