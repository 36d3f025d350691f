// system.mjs - events of the ledger itself: genesis, policies, types, keys, acknowledged faults, erased payloads.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { utf8 } from '../bytes.mjs';
import { checkKeys, nextKeys } from '../signing_keys.mjs';
import { demand } from './fault.mjs';
import { isOwnType, SERVER_CHANGES, TYPE_FORM } from './forms.mjs';
import { checkGoverned } from './governance.mjs';
import { readPolicy } from './policy.mjs';
import { readSchema } from './schema.mjs';

const RESERVED = ['AEGIS', 'ANCHOR', 'DORMANCY', 'FAULT', 'LEDGER', 'NOD', 'PAYLOAD', 'PROPOSAL', 'ROW', 'SEGMENT', 'SERVER', 'TABLE', 'VOTE'];
const MAX_ORIGIN = 255;

async function bringPolicy(change, value) {
  const policy = await readPolicy(value);
  change.writes.push(() => change.store.enactPolicy(change.seq, value, policy));
  change.result = { policy: policy.hash };
  return policy;
}

// The row of the server that an entry records.
export const serverRow = (seq, server) => ({ number: 0, seq, ...server });
const recordServer = (change, server) => change.put('server', 0, serverRow(change.seq, server));

const isOrigin = (origin) => typeof origin === 'string' && origin.length > 0 && utf8(origin).length <= MAX_ORIGIN && /^[^\s+\u0000-\u0020\u007f]+$/.test(origin);

export async function genesis(change, { payload }, { hash }) {
  demand(isOrigin(payload.origin), 'ORIGIN_INVALID', 'the origin is not usable as a note key name');
  checkKeys(payload.keys);
  change.put('ledger_state', 0, { number: 0, genesis_at: change.at, ledger: hash, origin: payload.origin, key_number: 0 });
  const policy = await bringPolicy(change, payload.policy);
  demand(policy.governance.mode !== 'on', 'POLICY_GOVERNED', 'governance.mode: "on" comes by an executed proposal alone');
  recordServer(change, payload.server);
  change.put('signing_key', 0, { number: 0, seq: change.seq, recovery: null, ...payload.keys });
}

// Does what is listed follow from what was recorded, and who is asked for a reason?  Whether digests and the way between
// timelines changed, the server alone knows.
export function changeServer(change, { payload: { changed, reason, server } }) {
  const before = change.store.get('server', 0);
  const has = (name) => changed.includes(name);
  const rank = (name) => SERVER_CHANGES.indexOf(name);
  const needsReason = has('database') || has('recovery') || has('system');
  demand(changed.every((name, i) => i === 0 || rank(name) > rank(changed[i - 1])) && has('timeline') === (server.timeline !== before.timeline)
    && has('version') === (server.version !== before.version) && (!has('system') || has('database')) && (!has('recovery') || (has('timeline') && !has('system')))
    && needsReason === (reason !== null) && server.salt !== before.salt, 'PAYLOAD_INVALID', 'what is listed does not follow from the server that was recorded before');
  recordServer(change, server);
  change.result = { previous: before.seq };
}

export async function changePolicy(change, { payload }) {
  const previous = change.store.ledger.policy_seq;
  const policy = await bringPolicy(change, payload.policy);
  demand(policy.block_ms === change.policy.block_ms && policy.epoch_blocks === change.policy.epoch_blocks, 'POLICY_INVALID', 'block_ms and epoch_blocks stay as genesis set them');
  await checkGoverned(change, payload.policy, policy);
  change.result.previous = previous;
}

const isReserved = (type) => RESERVED.some((name) => type === name || type.startsWith(`${name}_`));

export function registerType(change, { payload }) {
  const { by, schema, type } = payload;
  demand(TYPE_FORM.test(type), 'TYPE_SYNTAX', 'the type is malformed');
  demand(!isOwnType(type), 'TYPE_EXISTS', `${type} is a type of qfs\u2019s own`);
  change.admit(!change.store.get('event_type', type), 'TYPE_EXISTS', `there is a type ${type}`);
  demand(!isReserved(type), 'TYPE_RESERVED', `${type} is a name that qfs keeps for itself`);
  change.put('event_type', type, { type, seq: change.seq, by, schema: readSchema(schema) });
}

export async function rotateKeys(change, { payload }) {
  const { key_number: last, ledger } = change.store.ledger;
  const next = await nextKeys(change.store.get('signing_key', last), payload, ledger, last + 1);
  change.put('signing_key', last + 1, { number: last + 1, seq: change.seq, ...next });
  change.amend('ledger_state', 0, { key_number: last + 1 });
  change.result = { number: last + 1 };
}

// Do the faults name entries before this one, in their order?
export const areEarlier = (faults, seq) => faults.every((fault, i) => fault.seq < seq && (i === 0 || fault.seq > faults[i - 1].seq));

export function acknowledgeFaults(change, { payload }) {
  demand(areEarlier(payload.faults, change.seq), 'PAYLOAD_INVALID', 'the faults are not those of entries before this one, in their order');
}

// A sign-in proves whose sessions they are that act: it stays until none of them does, and its nonce is good no more.
function checkIsOver(change, { seq, user_id: account, nonce_at: made }) {
  const isOpen = ({ expires_at: over, session }) => over > change.at && change.store.get('session', session)?.login === seq;
  demand(!change.store.kind('access', account).state.sessions.some(isOpen), 'LOGIN_OPEN', `a session of the sign-in in entry ${seq} is active`);
  demand(change.at > made + change.policy.nonce_ttl_ms, 'LOGIN_OPEN', `the nonce of the sign-in in entry ${seq} is good`);
}

export function erasePayload(change, { payload: { seq } }) {
  demand(seq < change.seq, 'PAYLOAD_INVALID', 'what it names is no entry before this one');
  const before = change.store.get('erasure', seq);
  demand(!before, 'PAYLOAD_ERASED', `entry ${before?.by} says so of entry ${seq} already`);
  const login = change.store.get('login', seq);
  if (login) checkIsOver(change, login);
  change.put('erasure', seq, { seq, by: change.seq });
}
