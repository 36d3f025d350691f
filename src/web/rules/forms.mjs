// forms.mjs - what a value looks like: small tests of JSON values, put together to the payloads of qfs's own types.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { utf8 } from '../bytes.mjs';
import { writeAmount } from './amounts.mjs';
import { demand } from './fault.mjs';

export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
export const isInteger = (value, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) => Number.isSafeInteger(value) && value >= min && value <= max;

export const integer = (min, max) => (value) => isInteger(value, min, max);
export const oneOf = (...values) => (value) => values.includes(value);
export const matches = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
export const list = (isItem, max, min = 0) => (value) => Array.isArray(value) && value.length >= min && value.length <= max && value.every(isItem);
// Lengths are in characters.
export const text = (min, max) => (value) => {
  const length = typeof value === 'string' ? Array.from(value).length : -1;
  return length >= min && length <= max;
};

export const anyOf = (...forms) => (value) => forms.some((isForm) => isForm(value));

// An object with these members and no other; those of more may be absent.
export const members = (shape, more = {}) => (value) => isObject(value) && Object.keys(shape).every((name) => Object.hasOwn(value, name))
  && Object.entries(value).every(([name, item]) => (Object.hasOwn(shape, name) ? shape[name](item) : Object.hasOwn(more, name) && more[name](item)));
export const each = (isFit, ...names) => members(Object.fromEntries(names.map((name) => [name, isFit])));

export const isHash = matches(/^[0-9a-f]{64}$/);
export const isUserId = matches(/^user_[0-9a-f]{64}$/);
export const TYPE_FORM = /^[A-Z][A-Z0-9_]{0,62}$/;
// 32 bytes in base64url; the last character has two bits that are 0.
export const isKeyText = matches(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);

export const orNull = (isForm) => (value) => value === null || isForm(value);
const isBoolean = (value) => typeof value === 'boolean';
export const isAmountText = matches(/^[0-9]+\.[0-9]{18}$/);
const count = integer(0);

const KINDS = {
  access: { sessions: list(isHash, 16) },
  nonce: { event_nonce: count },
  standing: { chat_key: orNull(isHash), coherence: isAmountText, created: orNull(count), created_at: orNull(count), flx: isAmountText, points: count,
    profile: orNull(isHash), profile_version: count, referrals: count },
  ties: { guard: orNull(matches(TYPE_FORM)), received: isBoolean, referrer: orNull(isUserId), sent: isBoolean, settled: orNull(count), used: orNull(count) },
};
// States of the kinds, as parts of accounts have them.
export const STATES = Object.fromEntries(Object.entries(KINDS).map(([kind, shape]) => [kind, members(shape)]));

// What the outcome of entry seq says was looked at: of 1 to 4 accounts the kinds, and the last entry before that touched each.
export const isRead = (seq) => {
  const hasUpTo = (max, object) => Object.keys(object).length >= 1 && Object.keys(object).length <= max;
  const areKinds = members({}, Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, orNull(integer(0, seq - 1))])));
  return (value) => isObject(value) && hasUpTo(4, value)
    && Object.entries(value).every(([account, kinds]) => isUserId(account) && areKinds(kinds) && hasUpTo(4, kinds));
};

// What an account has of each kind before its first touch.
const ZERO = writeAmount(0n);
export const BEFORE = {
  access: { sessions: [] },
  nonce: { event_nonce: 0 },
  standing: { chat_key: null, coherence: ZERO, created: null, created_at: null, flx: ZERO, points: 0, profile: null, profile_version: 0, referrals: 0 },
  ties: { guard: null, received: false, referrer: null, sent: false, settled: null, used: null },
};

const isString = text(0, 65535);
// What canonical JSON would escape is not in it.
const isKind = (value) => matches(/^[^"\\\u0000-\u001f]+$/)(value) && utf8(value).length <= 63;
const KEYS = { checkpoint: isHash, token: isHash };
const isSignature = matches(/^[0-9a-f]{128}$/);

// In their order.
export const SERVER_CHANGES = ['database', 'recovery', 'system', 'timeline', 'version'];
const isServer = members({ database: isHash, salt: matches(/^[0-9a-f]{32}$/), system: isHash, timeline: integer(1, 2 ** 32 - 1), version: integer(1, 2 ** 31 - 1) });

const PROPOSAL = { proposal: integer(0) };
// Whether they are hashes and user ids, the rules say.
const [isDigits, isAccount] = [text(64, 64), text(69, 69)];
const isNod = integer(0, 10 ** 9);
const isAction = members({}, { nod: list(members({ account: isAccount, nod: isNod }), 4, 1), policy: isObject });

const PAYLOADS = {
  CHAT_KEY: members({ key: text(43, 43) }),
  COHERENCE_SCORED: members({ content: isHash, features: isObject }),
  CONTENT_CREATED: members({ content: isHash, kind: isKind, size: integer(0) }),
  DORMANCY_CLAIMED: members({}),
  DORMANCY_SETTLED: members({ claim: integer(0) }, { policy: isObject }),
  EVENT_TYPE: members({ by: oneOf('operator', 'account'), schema: isObject, type: text(1, 63) }),
  FAULT_ACKNOWLEDGED: members({ faults: list(members({ reason: text(1, 500), seq: integer(0) }), 100, 1) }),
  GENESIS: members({ format: oneOf(2), keys: members(KEYS, { recovery: isHash }), origin: isString, policy: isObject, server: isServer }),
  KEY_ROTATED: anyOf(members({ keys: members(KEYS), signature: isSignature }),
    members({ by: oneOf('recovery'), keys: members(KEYS, { recovery: isHash }), signature: isSignature })),
  LOGIN: members({ message: isString, nonce: text(64, 64), wallet: text(42, 42) }, { device_key: text(43, 43), referral_code: text(1, 64) }),
  MESSAGE: members({ alg: oneOf('x25519-hkdf-aes256gcm'), hash: isHash, recipient: isUserId, seq: integer(1), size: integer(17, 65536), thread: isHash }),
  NOD_CHANGED: members({ account: isAccount, nod: isNod, reason: text(1, 500) }),
  PAYLOAD_ERASED: members({ reason: text(1, 500), seq: integer(0) }),
  POLICY_CHANGED: members({ policy: isObject }),
  PROFILE_UPDATE: members({ commitment: isHash, version: integer(1) }),
  PROPOSAL_CANCELLED: members(PROPOSAL),
  PROPOSAL_CREATED: members({ action: isAction, text: isDigits, title: text(1, 200), track: oneOf('constitution', 'emergency', 'parameter', 'text') },
    { simulation: members({ run: isDigits, size: integer(0), window: integer(0) }) }),
  PROPOSAL_EXECUTED: members(PROPOSAL, { policy: isObject }),
  PROPOSAL_TALLIED: members(PROPOSAL),
  REFERRAL_USE: members({ code: isString }),
  SERVER_CHANGED: members({ changed: list(oneOf(...SERVER_CHANGES), SERVER_CHANGES.length, 1), reason: orNull(text(1, 500)), server: isServer }),
  SESSION_REVOKED: members({ reason: oneOf('user_logout', 'device_lost', 'compromised', 'admin'), session: isHash }),
  SESSION_ROTATED: members({ nonce: isHash }),
  VOTE_CAST: members({ action: isDigits, choice: oneOf('abstain', 'no', 'veto', 'yes'), ...PROPOSAL }, { reason: isDigits }),
};

export const isOwnType = (type) => Object.hasOwn(PAYLOADS, type);

// May the payload be erased?  Of qfs's own types that of a sign-in, whose outcome says again what others go on from.
export const isErasable = (type) => !isOwnType(type) || type === 'LOGIN';

export const isPayload = (type, payload) => PAYLOADS[type](payload);

export function checkPayload(type, payload) {
  demand(isPayload(type, payload), 'PAYLOAD_INVALID', `the payload is not that of ${type}`);
}
