// governance.mjs - the rules of governance are fetched when there is something of it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from './fault.mjs';

const loadGovernance = () => import('./governance/rules.mjs');

// Types that come to pass while something is due.
export const ADMITTED = ['DORMANCY_SETTLED', 'FAULT_ACKNOWLEDGED', 'PROPOSAL_EXECUTED', 'PROPOSAL_TALLIED', 'SERVER_CHANGED'];

// The ways in which its types are appended.
export const GOVERNANCE_WAYS = { DORMANCY_CLAIMED: ['operator'], DORMANCY_SETTLED: ['ledger'], NOD_CHANGED: ['operator', 'session', 'wallet'], PROPOSAL_CANCELLED: ['session', 'wallet'], PROPOSAL_CREATED: ['session', 'wallet'],
  PROPOSAL_EXECUTED: ['ledger'], PROPOSAL_TALLIED: ['ledger'], VOTE_CAST: ['session', 'wallet'] };

export const isGovernance = (type) => Object.hasOwn(GOVERNANCE_WAYS, type);

// Does an account sign acts of the type, by its device or without a session by its wallet, whatever the policy says?
export const mustSign = (type) => isGovernance(type) && GOVERNANCE_WAYS[type].includes('wallet');

// The rule of each of its types.
export const govern = async (change, entry, context) => (await loadGovernance()).runGovernance(change, entry, context);

// What an entry of its types recorded, before the one in question.
export const recallGoverned = async (store, entry) => (await loadGovernance()).recallGovernance(store, entry);

// Of an entry of its types: the entries before it that it rests on, each given to add(seq); and the steps of its arithmetic.
export const addGoverned = async (entry, add) => (await loadGovernance()).addRests(entry, add);
export const stepsGoverned = async (entry, context) => (await loadGovernance()).tellSteps(entry, context);

// May something of this type be appended at this time?
export const isAdmitted = (store, type, at) => ADMITTED.includes(type) || !store.knowsAgenda || !(store.get('agenda', 0)?.due <= store.blockOf(at));

// May a role of the database put this policy in force?  after: as it is read; value: as it is.
export async function checkGoverned(change, value, after) {
  if (change.policy.governance.mode === 'on') (await loadGovernance()).checkOperators(change, value);
  else demand(after.governance.mode !== 'on', 'POLICY_GOVERNED', 'governance.mode: "on" comes by an executed proposal alone');
}
