// execute.mjs - one entry by the rules: who may append what, and what comes of it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { SYSTEM } from './entry.mjs';
import { demand } from './fault.mjs';
import { checkPayload, isOwnType, TYPE_FORM } from './forms.mjs';
import { govern, GOVERNANCE_WAYS, isAdmitted, isGovernance } from './governance.mjs';
import { useReferral } from './referral.mjs';
import { fits } from './schema.mjs';
import { checkAuthority, countRate, isOperator, login, MINUTE, presumeAuthority, revokeSession, rotateSession } from './sessions.mjs';
import { createContent, publishChatKey, scoreContent, sendMessage, updateProfile } from './social.mjs';
import { Change } from './store.mjs';
import { acknowledgeFaults, changePolicy, changeServer, erasePayload, genesis, registerType, rotateKeys } from './system.mjs';

// Each rule is given the change, the entry and {session, hash}; it gives true where a guard kept the act itself back.
const LEDGER_RULES = { EVENT_TYPE: registerType, FAULT_ACKNOWLEDGED: acknowledgeFaults, GENESIS: genesis, KEY_ROTATED: rotateKeys,
  PAYLOAD_ERASED: erasePayload, POLICY_CHANGED: changePolicy, SERVER_CHANGED: changeServer };
const ACCOUNT_RULES = {
  CHAT_KEY: publishChatKey, COHERENCE_SCORED: scoreContent, CONTENT_CREATED: createContent, MESSAGE: sendMessage, PROFILE_UPDATE: updateProfile,
  REFERRAL_USE: useReferral, SESSION_ROTATED: rotateSession,
};
const GOVERNANCE_RULES = Object.fromEntries(Object.keys(GOVERNANCE_WAYS).map((type) => [type, govern]));
const RULE_OF = { ...LEDGER_RULES, ...ACCOUNT_RULES, ...GOVERNANCE_RULES, LOGIN: login, SESSION_REVOKED: revokeSession };

// May the type be appended in this way?
function checkWay({ auth: { via }, type }, ...ways) {
  const isOfLedger = via === 'ledger' || ways.every((way) => way === 'ledger');
  demand(!isOfLedger || ways.includes(via), 'FORBIDDEN', `${type} is ${via === 'ledger' ? 'not ' : ''}the ledger\u2019s own to append`);
  demand(via === 'session' || ways.includes(via), 'NO_SESSION', `${type} is appended by accounts`);
  demand(ways.includes(via), 'FORBIDDEN', `${type} is not for accounts to append`);
}

// An event of a type that an application registered.
function customEvent(change, { act, payload }, { session }) {
  const { actor, type } = act;
  // Whatever the type is, a wallet's signature is no part of it, nor is it the ledger's own.
  checkWay(act, 'operator', 'session');
  demand(TYPE_FORM.test(type), 'TYPE_SYNTAX', 'the type is malformed');
  const row = change.store.get('event_type', type);
  change.admit(row, 'TYPE_UNKNOWN', `there is no type ${type}`);
  if (row?.by === 'account') checkWay(act, 'session');
  else if (row && !(session && isOperator(change, actor, session))) checkWay(act, 'operator');
  change.admit(row && (payload === undefined || fits(row.schema, payload)), 'PAYLOAD_INVALID', `the payload does not fit the schema of ${type}`);
  if (session) countRate(change, actor, 'events a minute', MINUTE, change.policy.limits.events_per_minute);
}

// The ways in which a type of qfs's own is appended.
function waysOf(type) {
  if (Object.hasOwn(LEDGER_RULES, type)) return ['operator'];
  if (Object.hasOwn(ACCOUNT_RULES, type)) return ['session'];
  if (isGovernance(type)) return GOVERNANCE_WAYS[type];
  return type === 'LOGIN' ? ['wallet'] : ['operator', 'session'];
}

function checkActor({ act }) {
  const { actor, auth, type } = act;
  if (!isOwnType(type)) return;
  checkWay(act, ...waysOf(type));
  demand(!['ledger', 'operator'].includes(auth.via) || actor === SYSTEM, 'ACTOR_MISMATCH', `${type} is an act of the ledger itself`);
  demand(auth.via !== 'operator' || auth.source === undefined, 'FORBIDDEN', `${type} is not for streams to bring`);
}

// What the rule of its type makes of an entry whose authority was checked: {change, isBlocked, outcome}.
async function applyRule(change, entry, context) {
  const { type } = entry.act;
  checkActor(entry);
  const isBlocked = await (RULE_OF[type] ?? customEvent)(change, entry, context) === true;
  return { change, isBlocked, outcome: change.outcome({ isOwn: isOwnType(type), isGoverned: isGovernance(type), isBlocked }) };
}

// Of an entry of governance whose accounts are not shown {change, isBlocked, outcome}: guards and result are what they should be.
export async function deriveGoverned(store, { entry }) {
  const { act: { type }, at, outcome, payload, seq } = entry;
  checkPayload(type, payload);
  const change = new Change(store, seq, at);
  change.recorded = outcome;
  return applyRule(change, entry, { session: presumeAuthority(entry) });
}

// What the rules make of an entry: {change, isBlocked, outcome, accounts}; change.fault is what an acknowledgement could admit.
export async function execute(store, { entry, hash }) {
  const { act: { type }, at, payload, seq } = entry;
  demand(seq > 0 || type === 'GENESIS', 'NO_GENESIS', 'entry 0 is not a genesis');
  demand(seq === 0 || type !== 'GENESIS', 'GENESIS_EXISTS', 'there is a genesis already');
  demand(seq === 0 || isAdmitted(store, type, at), 'SETTLEMENT_DUE', 'the ledger has something to settle first');
  // A payload that was erased cannot be asked.
  if (isOwnType(type) && payload !== undefined) checkPayload(type, payload);
  const change = new Change(store, seq, at);
  const session = await checkAuthority(change, entry);
  return { ...await applyRule(change, entry, { session, hash }), accounts: await change.accounts() };
}
