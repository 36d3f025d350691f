// session.mjs - who is signed in: from the wallet's signature to the end of the session.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { ApiError, ledgerRows, read, readText, write } from './api.mjs';
import { toHex } from './bytes.mjs';
import { deviceKey, forget, keep, recall } from './keys.mjs';
import { isNonceMended, signAct } from './signing.mjs';
import { connect, personalSign } from './wallet.mjs';

// {token, session, user_id, wallet, expires_at}, or null.
let current = null;
const listeners = [];

export const session = () => current;
export const onSessionChange = (listener) => listeners.push(listener);

function change(next, why) {
  current = next;
  for (const listener of listeners) listener(next, why);
}

export async function restoreSession() {
  const kept = await recall('session');
  current = kept && kept.expires_at > Date.now() ? kept : null;
}

// ---- signing in ----

const STATEMENT = 'Sign in to this ledger. It costs nothing and sends no transaction.';

// The code of an invitation: an act of the account, which its device signs, so it follows the sign-in.
async function useInvitation({ token, user_id: user }, code) {
  try {
    await signed((auth) => write('use_referral', { code, auth }, token), user, 'REFERRAL_USE', { code });
    return null;
  } catch (error) {
    return error;
  }
}

// progress(text) is told what is going on.  Throws ApiError or WalletError; gives what kept the invitation from being used, or null.
export async function signIn(provider, referralCode, progress) {
  progress('Asking your wallet for an account\u2026');
  const { address, chainId } = await connect(provider);
  const device = await deviceKey();
  // The wallet compares the domain with that of the page.
  const place = { domain: location.host, uri: `${location.origin}/` };
  const message = await write('auth_challenge', { wallet: address, device_key: device.text, chain_id: chainId, ...place, statement: STATEMENT });
  progress('Please sign the message in your wallet\u2026');
  const signature = await personalSign(provider, address, message);
  progress('Writing your sign-in to the ledger\u2026');
  const next = await write('auth_login', { message, signature });
  const unused = referralCode ? await useInvitation(next, referralCode) : null;
  await keep('session', next);
  change(next);
  return unused;
}

// ---- asking as the account ----

// Another tab may have rotated the session: what is kept counts before what is remembered.
async function asAccount(ask) {
  if (!current) throw new ApiError(401, { message: 'this needs a session', hint: 'Sign in with your wallet first.' });
  const { token } = current;
  try {
    return await ask(token);
  } catch (error) {
    if (error.status !== 401 || error.code === 'QFS_EVENT_UNSIGNED' || error.code.startsWith('QFS_SIGNATURE')) throw error;
    const kept = await recall('session');
    if (kept && kept.token !== token) {
      change(kept);
      return ask(kept.token);
    }
    await leave('Your session has ended. Sign in again to go on.');
    throw error;
  }
}

export const readMine = (name, params) => asAccount((token) => read(name, params, token));
const readMyText = (name, params) => asAccount((token) => readText(name, params, token));
export const writeMine = (name, body) => asAccount((token) => write(name, body, token));

// Asks with a signature of the device: ask(auth).  Signs again where it was the nonce.
async function signed(ask, user, type, payload, tries = 4) {
  try {
    return await ask(await signAct(user, type, payload));
  } catch (error) {
    if (!isNonceMended(error) || tries <= 1) throw error;
    return signed(ask, user, type, payload, tries - 1);
  }
}

// An act of the account: a function, its arguments, and the event that it appends, which the device signs.
export const act = (name, body, type, payload) =>
  asAccount((token) => signed((auth) => write(name, { ...body, auth }, token), current.user_id, type, payload));

// With the session if there is one: the public reads less.
export const readLedger = (params) => (current ? asAccount((token) => ledgerRows(params, token)) : ledgerRows(params));
export const readEntry = (seq) => (current ? readMyText('entry', { seq }) : readText('entry', { seq }));

// ---- ending ----

async function leave(why) {
  await forget('session');
  change(null, why);
}

export async function rotate() {
  const nonce = toHex(crypto.getRandomValues(new Uint8Array(32)));
  const next = { ...current, ...await act('session_rotate', { nonce }, 'SESSION_ROTATED', { nonce }) };
  await keep('session', next);
  change(next);
}

export async function revoke(id, reason = 'user_logout') {
  const mine = id === current?.session;
  await act('session_revoke', { session: id, reason }, 'SESSION_REVOKED', { reason, session: id });
  if (mine) await leave('You are signed out.');
}
