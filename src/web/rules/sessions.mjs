// sessions.mjs - who may act: sign-ins, sessions and what signs an event.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromBase64url, fromHex, toBase64url, toHex, utf8 } from '../bytes.mjs';
import { hashOfJson } from '../canonical.mjs';
import { isSigned } from '../ed25519.mjs';
import { eventText, walletText } from '../payloads.mjs';
import { SYSTEM } from './entry.mjs';
import { demand } from './fault.mjs';
import { anyOf, integer, isHash, isInteger, isKeyText, matches, members, oneOf } from './forms.mjs';
import { mustSign } from './governance.mjs';
import { referralCode, userIdOf } from './names.mjs';
import { deviceOf, isAddress, readSiwe, signerOf } from './siwe.mjs';

export const MINUTE = 60000;
export const DAY = 86400000;
// How far the clock of a wallet may be ahead.
const CLOCK_SKEW = 60000;

// Device keys are base64url in entries and details of sessions, and hexadecimal in the tables.
const hexOfKey = (key) => (key === null ? null : toHex(fromBase64url(key)));
const keyOfHex = (hex) => (hex === null ? null : toBase64url(fromHex(hex)));

// ---- limits ----

// One more of what an account may do so often in a while.
export function countRate(change, account, what, duration, limit) {
  const window = Math.floor(change.at / duration);
  const key = `${account} ${what}`;
  const countNow = () => {
    const row = change.store.get('rate', key);
    return row?.window === window ? row.count : 0;
  };
  change.admit(countNow() < limit, 'RATE_LIMIT', `${account} has had its ${limit} ${what}`);
  change.writes.push(() => change.store.tables.rate.set(key, { user_id: account, what, window, count: countNow() + 1 }));
}

// In place of a signature that is taken on trust (what_if.mjs).  No line has it.
export const ASSUMED = Symbol('assumed');

// Is there no signature to check?  Of an entry whose payload was erased it is gone, and so is what it signed.
const isUnsigned = (sig) => sig === undefined || sig === ASSUMED;

// ---- authority ----

export const isActive = (change, session) => {
  const block = change.store.blockOf(change.at);
  return session.ended === null && block >= session.issued_block && block < session.issued_block + session.ttl_blocks;
};

export function mustBeSigned({ signed, signed_types: types }, session, type) {
  return signed === 'all' || (signed === 'devices' && session.device !== null) || types.includes(type) || mustSign(type);
}

// The number of the signature was not used before, and is now.
function takeNonce(change, { actor, auth }) {
  const { event_nonce: last } = change.look('nonce', actor);
  demand(auth.nonce > last, 'EVENT_NONCE', `the nonce is not larger than the last one, ${last}`);
  demand(auth.nonce <= Math.max(change.at + DAY, last + 1), 'EVENT_NONCE_AHEAD', `the nonce is too far ahead, the last one was ${last}`);
  change.touch('nonce', actor, 'EVENT_SIGNED', { event_nonce: auth.nonce });
}

async function checkSignature(change, { act, payload, sig }, session) {
  const { actor, auth, type } = act;
  demand(hexOfKey(auth.key) === session.device, 'EVENT_KEY', 'the event is not signed by the device of its session');
  takeNonce(change, act);
  if (isUnsigned(sig)) return;
  const message = utf8(eventText({ actor, ledger: change.store.ledger.ledger, nonce: auth.nonce, payload, type }));
  demand(await isSigned(message, fromBase64url(sig), fromBase64url(auth.key)), 'SIGNATURE_MISMATCH', 'the device did not sign this event');
}

// Signature and session of an act of an account.
async function checkSession(change, entry) {
  const { act: { actor, auth, type } } = entry;
  const session = change.store.get('session', auth.session);
  demand(!session || session.user_id === actor, 'ACTOR_MISMATCH', 'the session is another account\u2019s');
  demand(session && isActive(change, session), 'SESSION_ENDED', 'the session never began, has expired or was ended');
  change.look('access', actor);
  const isSigned = auth.key !== undefined;
  demand(isSigned || !mustBeSigned(change.policy, session, type), 'EVENT_UNSIGNED', 'the policy or the type asks for the signature of the device');
  if (isSigned) await checkSignature(change, entry, session);
  return session;
}

const isWalletSignature = matches(/^0x([0-9a-f]{2})*$/);
// Of an event a signature has one spelling; what is not too long to be looked at may be a contract's.
const isActSignature = (sig) => isWalletSignature(sig) && sig.length <= 4098 && sig.length !== 130;

// Did a wallet sign the event itself, and not a sign-in?
export const isWalletAct = ({ auth }) => auth.via === 'wallet' && auth.nonce !== undefined;

// Did the wallet of the actor sign the event?  ledger, origin: hash of entry 0, and what it says
export function checkWalletSignature({ ledger, origin }, { act: { actor, auth, type }, payload, sig }) {
  if (isUnsigned(sig)) return;
  demand(isActSignature(sig), 'AUTH_INVALID', 'sig is not 0x and 130 hexadecimal digits in lower case');
  const signer = userIdOf(signerOf(walletText({ ledger, nonce: auth.nonce, origin, payload, type }), sig));
  demand(signer === actor, 'SIGNATURE_MISMATCH', `over this text the signature is one of ${signer}`);
}

// The same of whatever a wallet signed: of a sign-in it is the message.
export function checkWalletWord(ledger, entry) {
  const { act, payload, sig } = entry;
  if (act?.auth.via !== 'wallet' || sig === undefined) return;
  if (isWalletAct(act)) checkWalletSignature(ledger, entry);
  else demand(isWalletSignature(sig) && userIdOf(signerOf(payload.message, sig)) === act.actor, 'LOGIN_SIGNER', `another wallet signed the message of entry ${entry.seq}`);
}

// The wallet signs the message of a sign-in, or the event itself.  Of other types a wallet is none of those who append them.
function checkWalletForm({ auth, type }) {
  if (type !== 'LOGIN' && !mustSign(type)) return;
  demand((auth.nonce !== undefined) === mustSign(type), 'AUTH_INVALID', `what a wallet signs of ${type} has another form`);
}

function checkWallet(change, entry) {
  const { act } = entry;
  checkWalletForm(act);
  if (!mustSign(act.type)) return;
  demand(act.actor !== SYSTEM, 'ACTOR_MISMATCH', 'a wallet acts for its account');
  takeNonce(change, act);
  checkWalletSignature(change.store.ledger, entry);
}

// An id of a stream is two numbers below 2^64, and not 0-0.
const isStreamId = (value) => matches(/^(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})$/)(value) && value !== '0-0'
  && value.split('-').every((number) => BigInt(number) < 2n ** 64n);
const SOURCE = { source: members({ id: isStreamId, stream: matches(/^[!#-[\]-~]{1,200}$/) }) };
const isAuth = anyOf(
  members({ via: oneOf('ledger', 'wallet') }),
  members({ nonce: integer(1), via: oneOf('wallet') }),
  members({ via: oneOf('operator') }, SOURCE),
  members({ session: isHash, via: oneOf('session') }, SOURCE),
  members({ key: isKeyText, nonce: integer(1), session: isHash, via: oneOf('session') }, SOURCE),
);
// The last of 86 characters has four bits that are 0.
const isDeviceSignature = matches(/^[A-Za-z0-9_-]{85}[AQgw]$/);

function checkAuthForm({ act: { auth }, sig }) {
  demand(isAuth(auth), 'AUTH_INVALID', 'auth has none of its six forms');
  const isFit = auth.via === 'wallet' ? sig !== null : (auth.key === undefined ? sig === null : isDeviceSignature(sig));
  demand(isUnsigned(sig) || isFit, 'AUTH_INVALID', 'sig is not what auth speaks of');
}

// Whose act it is: gives the session, or null where a role or a wallet acts.
export async function checkAuthority(change, entry) {
  const { act: { actor, auth } } = entry;
  checkAuthForm(entry);
  if (auth.via === 'wallet') checkWallet(change, entry);
  if (auth.via !== 'session') return null;
  demand(actor !== SYSTEM, 'ACTOR_MISMATCH', 'a session acts for an account');
  return checkSession(change, entry);
}

// The same of an entry of whose actor nothing else is shown: it had a session, with an operator's rights if the type asks for them.
export function presumeAuthority({ act, sig }) {
  checkAuthForm({ act, sig });
  if (act.auth.via === 'wallet') checkWalletForm(act);
  if (act.auth.via !== 'session') return null;
  demand(act.auth.key !== undefined || !mustSign(act.type), 'EVENT_UNSIGNED', 'the type asks for a signature');
  return { operates: true };
}

// May the session act as an operator, now?
export const isOperator = (change, actor, session) => session.operates && change.policy.operators.includes(actor);

// ---- the sessions of an account ----

// Details of a session as access keeps them.
const detailsOf = (change, { session, issued_block: issued, ttl_blocks: ttl, operates, device }) => ({
  device: keyOfHex(device), expires_at: change.store.ledger.genesis_at + (issued + ttl) * change.policy.block_ms, operator: operates, session, ttl_blocks: ttl });

// Those that are left without the ones that are over and the one that ends.  One of which the digest alone is known stays.
const remaining = (change, account, ending = null) => change.look('access', account).sessions.filter((one) => !(one.expires_at <= change.at) && one.session !== ending);

// A row of the table from details.
export const sessionOf = (account, { device, expires_at: expires, operator, session, ttl_blocks: ttl }, { ledger: { genesis_at: begin }, policyInForce: { block_ms: block } }) => (
  { session, user_id: account, seq: null, issued_block: Math.floor((expires - begin) / block) - ttl, ttl_blocks: ttl, operates: operator, device: hexOfKey(device), ended: null, reason: null });

const endSession = (change, session, reason) => change.amend('session', session, { ended: change.seq, reason });

export const scopeOf = (operates) => (operates ? ['account', 'operator'] : ['account']);

// A session of the account begins, last after the others in its list; gives what results tell of it.
async function beginSession(change, account, { device, login = change.seq, operates, ttl_blocks: ttl }, nonce, others, rule) {
  const issued = change.store.blockOf(change.at);
  const scope = scopeOf(operates);
  const session = await hashOfJson({ actor: account, device, issued_block: issued, nonce, scope });
  demand(!change.store.get('session', session), 'NONCE_USED', 'the nonce was used for a session of this block');
  const row = { session, user_id: account, seq: change.seq, login, issued_block: issued, ttl_blocks: ttl, operates, device: hexOfKey(device), ended: null, reason: null };
  const details = detailsOf(change, row);
  demand(isInteger(details.expires_at), 'JSON_NUMBER', 'the session would end at a time above 2^53 - 1');
  change.put('session', session, row);
  change.touch('access', account, rule, { sessions: [...others, details] });
  return { expires_at: details.expires_at, issued_block: issued, scope, session };
}

// ---- LOGIN ----

// Milliseconds since 1970 in the first six bytes.
const nonceTime = (nonce) => parseInt(nonce.slice(0, 12), 16);

// Is the URI this one, or one that begins with it up to a part of it?
const isUnder = (uri, base) => uri === base || (uri.startsWith(base) && '/?#'.includes(uri[base.length]));

function checkNonce({ at, policy }, nonce) {
  demand(isHash(nonce), 'NONCE_UNKNOWN', 'the nonce does not have the form of one');
  const issued = nonceTime(nonce);
  demand(issued <= at, 'NONCE_UNKNOWN', 'the nonce is from the future');
  demand(at <= issued + policy.nonce_ttl_ms, 'NONCE_EXPIRED', 'the nonce has expired');
}

// Is the message one that this ledger takes, now?
function checkMessage({ at, policy }, siwe) {
  const { chain_ids: chains, domains, uris } = policy.auth;
  demand(domains.includes(siwe.domain), 'LOGIN_DOMAIN', 'the policy does not list the domain');
  demand(uris.some((uri) => isUnder(siwe.uri, uri)), 'LOGIN_DOMAIN', 'the policy does not list the URI');
  demand(siwe.scheme === null || isUnder(siwe.uri, `${siwe.scheme}://${siwe.domain}`), 'LOGIN_DOMAIN', 'the URI does not begin with scheme and domain');
  demand(chains.includes(siwe.chainId), 'LOGIN_CHAIN', 'the policy does not list the chain');
  checkNonce({ at, policy }, siwe.nonce);
  demand(siwe.issuedAt <= at + CLOCK_SKEW && (siwe.notBefore === null || siwe.notBefore <= at) && (siwe.expiresAt === null || at < siwe.expiresAt),
    'LOGIN_TIME', 'the message is not valid at this time');
}

const checkUnused = ({ store }, nonce) => demand(!store.get('login_nonce', nonce), 'NONCE_USED', 'the nonce was used before');

// The same of a sign-in whose message was erased, as its outcome says it again; the wallet where the account begins.
function readErased(change, { act: { actor }, outcome: { result } }) {
  const { created, device = null, nonce, wallet } = result ?? {};
  demand(isHash(nonce) && (device === null || isKeyText(device)) && (created !== true || (isAddress(wallet) && userIdOf(wallet) === actor)), 'OUTCOME_MISMATCH',
    'the outcome names no nonce, or no wallet of the actor');
  checkNonce(change, nonce);
  checkUnused(change, nonce);
  return { wallet, nonce, device };
}

// What the wallet has signed: {wallet, nonce, device}.
function checkLogin(change, entry) {
  const { act: { actor }, payload, sig } = entry;
  if (payload === undefined) return readErased(change, entry);
  const siwe = readSiwe(payload.message);
  checkMessage(change, siwe);
  const { wallet, nonce } = siwe;
  const device = deviceOf(siwe);
  demand(payload.wallet === wallet && payload.nonce === nonce && (payload.device_key ?? null) === device, 'LOGIN_PAYLOAD', 'the payload does not repeat what the message says');
  demand(actor === userIdOf(wallet), 'ACTOR_MISMATCH', 'the actor is not the account of the wallet');
  checkUnused(change, nonce);
  demand(sig === ASSUMED || isWalletSignature(sig), 'LOGIN_PAYLOAD', 'the signature is not 0x and hexadecimal digits in lower case');
  demand(sig === ASSUMED || signerOf(payload.message, sig) === wallet, 'LOGIN_SIGNER', 'another wallet signed the message');
  return { wallet, nonce, device };
}

function createAccount(change, account, wallet) {
  change.put('account', account, { user_id: account, wallet });
  const code = referralCode(account);
  change.put('referral_code', code, { code, user_id: account });
  change.touch('standing', account, 'ACCOUNT_CREATED', { created: change.seq, created_at: change.at });
}

export async function login(change, entry) {
  const { actor } = entry.act;
  const { wallet, nonce, device } = checkLogin(change, entry);
  countRate(change, actor, 'sign-ins a minute', MINUTE, change.policy.limits.logins_per_minute);
  const isNew = change.look('standing', actor).created === null;
  const session = { device, operates: change.policy.operators.includes(actor), ttl_blocks: change.policy.ttl_blocks };
  const others = remaining(change, actor);
  const displaced = others.length >= change.policy.sessions_max ? others.shift().session : null;
  if (displaced) endSession(change, displaced, 'displaced');
  const begun = await beginSession(change, actor, session, nonce, others, 'SESSION_STARTED');
  if (isNew) createAccount(change, actor, wallet);
  change.put('login_nonce', nonce, { nonce, seq: change.seq });
  change.put('login', change.seq, { seq: change.seq, user_id: actor, nonce_at: nonceTime(nonce) });
  const key = hexOfKey(device);
  if (key && !change.store.get('device', key)) change.put('device', key, { device: key, user_id: actor });
  change.result = { created: isNew, ...(device && { device }), ...(displaced && { displaced }), ...begun, nonce, ...(isNew && { wallet }) };
}

// ---- SESSION_ROTATED, SESSION_REVOKED ----

export async function rotateSession(change, { act: { actor }, payload }, { session }) {
  endSession(change, session.session, 'rotated');
  const begun = await beginSession(change, actor, { ...session, device: keyOfHex(session.device) }, payload.nonce, remaining(change, actor, session.session), 'SESSION_ROTATED');
  change.result = { ended: session.session, ...begun };
}

export function revokeSession(change, { act: { actor }, payload }, { session }) {
  demand((payload.reason === 'admin') === !session, 'FORBIDDEN', 'the reason admin is the operator\u2019s, and the operator\u2019s only one');
  const ending = change.store.get('session', payload.session);
  demand(ending, 'SESSION_UNKNOWN', 'there is no such session');
  demand(!session || ending.user_id === actor, 'SESSION_FOREIGN', 'the session is another account\u2019s');
  demand(isActive(change, ending), 'SESSION_UNKNOWN', 'the session is not active');
  endSession(change, payload.session, payload.reason);
  change.touch('access', ending.user_id, 'SESSION_REVOKED', { sessions: remaining(change, ending.user_id, payload.session) });
  change.result = { ended: payload.session };
}
