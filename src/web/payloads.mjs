// payloads.mjs - what acts append, as docs/format.md has them, and what is signed of it by devices and keys.  For browsers and for Node.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { concat, eightBytes, fromBase64url, sha256, toHex, utf8 } from './bytes.mjs';
import { canonical } from './canonical.mjs';
import { commitment, threadOf } from './message_crypto.mjs';

// What a device signs.  ledger: hash of entry 0; nonce: larger than in any event of the account that was signed before.
export const eventText = ({ actor, ledger, nonce, payload, type }) => canonical({ actor, ledger, nonce, payload, type });

// What a wallet signs, with personal_sign, to act without a session: the same, and the origin of the ledger.
export const walletText = ({ ledger, nonce, origin, payload, type }) => (
  `${origin} asks for your signature.\n\nEvent: ${type}\nPayload: ${canonical(payload)}\nNonce: ${nonce}\nLedger: ${ledger}`);

// What the outgoing checkpoint key signs to put these keys in force or, where `by` says so, the recovery key.  All bytes;
// ledger: hash of entry 0; number: that of the new keys; recovery: the recovery key in force from then on.
export const endorsement = (by, ledger, number, { checkpoint, token, recovery }) => (by === 'recovery'
  ? concat(utf8('qfs:key-recovery:v1\0'), ledger, eightBytes(number), checkpoint, token, recovery)
  : concat(utf8('qfs:key-rotation:v1\0'), ledger, checkpoint, token));

// Of set_profile: salt is 32 bytes in base64url.
export async function profilePayload({ display_name, bio = '', avatar = null, links = [], salt, version }) {
  const content = utf8(canonical({ avatar, bio, display_name, links }));
  return { commitment: toHex(await sha256(fromBase64url(salt), content)), version };
}

// Of send_message.
export async function messagePayload(sender, { recipient, seq, nonce, body, alg }) {
  return { alg, hash: await commitment({ sender, recipient, seq, nonce, body }), recipient, seq, size: fromBase64url(body).length,
    thread: await threadOf(sender, recipient) };
}

// Of propose.  text: SHA-256 of the description, which stays off the ledger.
export const proposalPayload = ({ action, simulation, text, title, track }) => ({ action, ...(simulation && { simulation }), text, title, track });

// What ballots name a proposal by, besides its entry.
export const actionOf = async (payload) => toHex(await sha256(utf8(canonical(payload))));

// Of vote, on a proposal whose payload the voter has read.
export const votePayload = async ({ choice, payload, proposal, reason }) => ({ action: await actionOf(payload), choice, proposal, ...(reason && { reason }) });
