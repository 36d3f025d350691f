// keys.mjs - what this browser keeps, in IndexedDB: keys that cannot leave it, the session, what it saw of the ledger.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toBase64url, utf8 } from './bytes.mjs';
import { makeChatKey } from './message_crypto.mjs';

const STORE = 'kept';

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

let opened;
function database() {
  opened ??= (() => {
    const request = indexedDB.open('qfs', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    return settled(request);
  })();
  return opened;
}

const store = async (mode) => (await database()).transaction(STORE, mode).objectStore(STORE);

export const recall = async (name) => settled((await store('readonly')).get(name));
export const keep = async (name, value) => settled((await store('readwrite')).put(value, name));
export const forget = async (name) => settled((await store('readwrite')).delete(name));

// ---- the device key: Ed25519, one a browser, so that two accounts of one browser can be told ----

export async function deviceKey() {
  const kept = await recall('device');
  if (kept) return kept;
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
  const made = { privateKey: pair.privateKey, text: toBase64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))) };
  await keep('device', made);
  return made;
}

// Signature of the device over a text, base64url.
export async function signByDevice(text) {
  const { privateKey } = await deviceKey();
  return toBase64url(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, privateKey, utf8(text))));
}

// ---- chat keys: X25519, of each account all that this browser ever made, because messages name theirs ----

export const chatKeys = async (account) => (await recall(`chat ${account}`)) ?? [];

export async function addChatKey(account) {
  const made = await makeChatKey();
  await keep(`chat ${account}`, [...await chatKeys(account), made]);
  return made;
}
