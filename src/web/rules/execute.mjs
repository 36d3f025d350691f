// execute.mjs - one entry by the rules: who may append what, and what comes of it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { SYSTEM } from './entry.mjs';
import { demand } from './fault.mjs';
import { checkPayload, isOwnType } from './forms.mjs';
import { useReferral } from './referral.mjs';
import { fits } from './schema.mjs';
import { checkAuthority, countRate, isOperator, login, MINUTE, revokeSession, rotateSession } from './sessions.mjs';
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
const RULE_OF = { ...LEDGER_RULES, ...ACCOUNT_RULES, LOGIN: login, SESSION_REVOKED: revokeSession };

// An event of a type that an application registered.
function customEvent(change, { act: { actor, type }, payload }, { session }) {
  const row = change.store.get('event_type', type);
  change.admit(row, 'TYPE_UNKNOWN', `there is no type ${type}`);
  if (row?.by === 'account') demand(session, 'NO_SESSION', `${type} is appended by accounts`);
  else if (row) demand(!session || isOperator(change, actor, session), 'FORBIDDEN', `${type} is for operators`);
  change.admit(row && (payload === undefined || fits(row.schema, payload)), 'PAYLOAD_INVALID', `the payload does not fit the schema of ${type}`);
  if (session) countRate(change, actor, 'events a minute', MINUTE, change.policy.limits.events_per_minute);
}

// May this actor, in this way, append the type?
function checkActor({ act: { actor, auth, type } }, session) {
  if (Object.hasOwn(LEDGER_RULES, type)) demand(!session, 'FORBIDDEN', `${type} needs a role of the database`);
  if (isOwnType(type) && auth.via === 'operator') {
    demand(!Object.hasOwn(ACCOUNT_RULES, type) && type !== 'LOGIN', 'NO_SESSION', `${type} is appended by accounts`);
    demand(actor === SYSTEM, 'ACTOR_MISMATCH', `${type} is an act of the ledger itself`);
    demand(auth.source === undefined, 'FORBIDDEN', `${type} is not for streams to bring`);
  }
}

// What the rules make of an entry: {change, outcome, accounts}; change.fault is what an acknowledgement could admit.
export async function execute(store, { entry, hash }) {
  const { act: { type }, at, payload, seq } = entry;
  demand(seq > 0 || type === 'GENESIS', 'NO_GENESIS', 'entry 0 is not a genesis');
  demand(seq === 0 || type !== 'GENESIS', 'GENESIS_EXISTS', 'there is a genesis already');
  // A payload that was erased cannot be asked.
  if (isOwnType(type) && payload !== undefined) checkPayload(type, payload);
  const change = new Change(store, seq, at);
  const session = await checkAuthority(change, entry);
  checkActor(entry, session);
  const isBlocked = await (RULE_OF[type] ?? customEvent)(change, entry, { session, hash });
  return { change, outcome: change.outcome(isOwnType(type), isBlocked === true), accounts: await change.accounts() };
}
