// chat.mjs - SecureMessageV2 as a client does it, with WebCrypto alone.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { webcrypto } from 'node:crypto';

const { subtle } = webcrypto;
const ALG = 'x25519-hkdf-aes256gcm';

export const toText = (bytes) => Buffer.from(bytes).toString('base64url');
export const toBytes = (text) => Buffer.from(text, 'base64url');
const userBytes = (id) => Buffer.from(id.slice('user_'.length), 'hex');
const sha256 = async (...parts) => Buffer.from(await subtle.digest('SHA-256', Buffer.concat(parts)));

export async function makeChatKey() {
  const pair = await subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']);
  return { privateKey: pair.privateKey, text: toText(await subtle.exportKey('raw', pair.publicKey)) };
}

export async function threadOf(a, b) {
  const [lower, higher] = [userBytes(a), userBytes(b)].sort(Buffer.compare);
  return (await sha256(Buffer.from('qfs:thread:v1\0'), lower, higher)).toString('hex');
}

async function messageKey(mine, theirs, thread) {
  const peer = await subtle.importKey('raw', toBytes(theirs), { name: 'X25519' }, false, []);
  const shared = await subtle.deriveBits({ name: 'X25519', public: peer }, mine.privateKey, 256);
  const secret = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  return subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: Buffer.from(thread, 'hex'), info: Buffer.from('qfs:message:v2') },
    secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

// Keys in order, as RFC 8785 has them.
const additionalData = ({ alg, recipient, sender, seq, thread }) =>
  Buffer.from(JSON.stringify({ alg, recipient, sender, seq, thread }));

// The arguments of send_message.
export async function seal({ sender, recipient, seq, text, mine, theirs }) {
  const thread = await threadOf(sender, recipient);
  const nonce = webcrypto.getRandomValues(new Uint8Array(12));
  const key = await messageKey(mine, theirs, thread);
  const body = await subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: additionalData({ alg: ALG, recipient, sender, seq, thread }) },
    key, Buffer.from(text));
  return { recipient, seq, nonce: toText(nonce), body: toText(body), alg: ALG, sender_key: mine.text, recipient_key: theirs };
}

// The text of a row of messages(), read by one of its parties.
export async function open(row, me, mine) {
  const theirs = row.sender === me ? row.recipient_key : row.sender_key;
  const thread = await threadOf(row.sender, row.recipient);
  const key = await messageKey(mine, theirs, thread);
  const text = await subtle.decrypt(
    { name: 'AES-GCM', iv: toBytes(row.nonce), additionalData: additionalData({ ...row, thread }) }, key, toBytes(row.body));
  return Buffer.from(text).toString();
}

// What MESSAGE commits to.
export async function commitment({ sender, recipient, seq, nonce, body }) {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  const hash = await sha256(Buffer.from('qfs:message:v2\0'), Buffer.from(await threadOf(sender, recipient), 'hex'),
    userBytes(sender), userBytes(recipient), number, toBytes(nonce), toBytes(body));
  return hash.toString('hex');
}
