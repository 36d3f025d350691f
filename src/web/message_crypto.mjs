// message_crypto.mjs - SecureMessageV2 of docs/format.md, with WebCrypto alone.  For browsers and for Node.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { compare, eightBytes, fromBase64url, fromHex, fromUtf8, sha256, toBase64url, toHex, utf8 } from './bytes.mjs';
import { canonical } from './canonical.mjs';

export const ALG = 'x25519-hkdf-aes256gcm';

const userBytes = (id) => fromHex(id.slice('user_'.length));

// {privateKey, text}: a key pair that cannot leave where it was made; text is what is published.
export async function makeChatKey() {
  const pair = await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']);
  return { privateKey: pair.privateKey, text: toBase64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))) };
}

// Name of the thread of two accounts, 64 hexadecimal digits.
export async function threadOf(a, b) {
  const [lower, higher] = [userBytes(a), userBytes(b)].sort(compare);
  return toHex(await sha256(utf8('qfs:thread:v1\0'), lower, higher));
}

async function messageKey(mine, theirs, thread) {
  const peer = await crypto.subtle.importKey('raw', fromBase64url(theirs), { name: 'X25519' }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: 'X25519', public: peer }, mine.privateKey, 256);
  const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: fromHex(thread), info: utf8('qfs:message:v2') },
    secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

const additionalData = ({ alg, recipient, sender, seq, thread }) => utf8(canonical({ alg, recipient, sender, seq, thread }));

// The arguments of send_message.  mine: one's own pair; theirs: the peer's public key as text.
export async function seal({ sender, recipient, seq, text, mine, theirs }) {
  const thread = await threadOf(sender, recipient);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const key = await messageKey(mine, theirs, thread);
  const body = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: additionalData({ alg: ALG, recipient, sender, seq, thread }) }, key, utf8(text));
  return { recipient, seq, nonce: toBase64url(nonce), body: toBase64url(new Uint8Array(body)), alg: ALG, sender_key: mine.text, recipient_key: theirs };
}

// The text of a row of messages(), read by `me`, one of its parties.  Throws if a byte of it is not the sender's.
export async function open(row, me, mine) {
  const theirs = row.sender === me ? row.recipient_key : row.sender_key;
  const thread = await threadOf(row.sender, row.recipient);
  const key = await messageKey(mine, theirs, thread);
  const text = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: fromBase64url(row.nonce), additionalData: additionalData({ ...row, thread }) }, key, fromBase64url(row.body));
  return fromUtf8(text);
}

// What the ledger's MESSAGE entry commits to, 64 hexadecimal digits.
export async function commitment({ sender, recipient, seq, nonce, body }) {
  return toHex(await sha256(utf8('qfs:message:v2\0'), fromHex(await threadOf(sender, recipient)),
    userBytes(sender), userBytes(recipient), eightBytes(seq), fromBase64url(nonce), fromBase64url(body)));
}
