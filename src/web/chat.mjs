// chat.mjs - conversations: keys, what is decrypted, what is sent, and looking for what is new.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { read } from './api.mjs';
import { fromBase64url } from './bytes.mjs';
import { addChatKey, chatKeys, keep, recall } from './keys.mjs';
import { ALG, commitment, open, seal, threadOf } from './message_crypto.mjs';
import { fingerprint } from './note.mjs';
import { oneAtATime } from './one_at_a_time.mjs';
import { messagePayload } from './payloads.mjs';
import { act, readLedger, readMine, session, writeMine } from './session.mjs';

export const LONGEST = 8000;

// ---- keys ----

// The key that an account has published, {key}, or null.
async function publishedKey(account) {
  try {
    return await read('chat_key', { user_id: account });
  } catch (error) {
    if (error.code === 'QFS_CHAT_KEY_UNKNOWN') return null;
    throw error;
  }
}

export const keyFingerprint = (text) => fingerprint(fromBase64url(text));

// 'ready' if this browser has the key in force, 'none' if there is no key, 'elsewhere' if another browser has it.
export async function chatState() {
  const account = session().user_id;
  const published = await publishedKey(account);
  if (!published) return { state: 'none' };
  const mine = (await chatKeys(account)).find((pair) => pair.text === published.key);
  return mine ? { state: 'ready', mine } : { state: 'elsewhere' };
}

// Makes a key pair in this browser and publishes its public half.
export async function turnOnChat() {
  const made = await addChatKey(session().user_id);
  await act('publish_chat_key', { key: made.text }, 'CHAT_KEY', { key: made.text });
}

// The peer's key, and whether it is another one than this browser saw before.
export async function peerKey(peer) {
  const published = await publishedKey(peer);
  if (!published) return null;
  const name = `peer ${session().user_id} ${peer}`;
  const seen = await recall(name);
  if (seen === undefined) await keep(name, published.key);
  return { ...published, fingerprint: await keyFingerprint(published.key), isNew: seen !== undefined && seen !== published.key };
}

export const acceptPeerKey = (peer, key) => keep(`peer ${session().user_id} ${peer}`, key);

// ---- messages ----

// A row with its text, or with why there is none.
async function decrypt(row, me, pairs) {
  if (row.erased) return { ...row, state: 'erased' };
  const mine = pairs.find((pair) => pair.text === (row.sender === me ? row.sender_key : row.recipient_key));
  if (!mine || row.alg !== ALG) return { ...row, state: 'no key' };
  try {
    return { ...row, state: 'open', text: await open(row, me, mine), hash: await commitment(row) };
  } catch {
    return { ...row, state: 'damaged' };
  }
}

// Marks what the ledger committed to: an envelope that was changed since is none of ours.
async function compareWithLedger(rows) {
  const opened = rows.filter((row) => row.state === 'open');
  if (opened.length === 0) return;
  const entries = await readLedger([['seq', `in.(${opened.map((row) => row.entry).join(',')})`], ['select', 'seq,hash:payload->>hash']]);
  const hashes = new Map(entries.map((entry) => [entry.seq, entry.hash]));
  for (const row of opened) if (hashes.get(row.entry) !== row.hash) row.state = 'damaged';
}

// Up to 50 messages with a peer, the oldest first, entry < before.
export async function conversation(peer, before) {
  const me = session().user_id;
  const thread = await threadOf(me, peer);
  const pairs = await chatKeys(me);
  let rows;
  try {
    rows = await readMine('messages', { thread, before, max: 50 });
  } catch (error) {
    if (error.code === 'QFS_THREAD_UNKNOWN') return [];
    throw error;
  }
  const messages = await Promise.all(rows.map((row) => decrypt(row, me, pairs)));
  await compareWithLedger(messages);
  return messages.reverse();
}

export const inbox = () => readMine('inbox');

// Marks the peer's messages as read, up to the last of these.
export async function markRead(peer, messages) {
  const last = Math.max(0, ...messages.filter((row) => row.sender === peer).map((row) => row.seq));
  if (last > 0) await writeMine('mark_read', { thread: await threadOf(session().user_id, peer), seq: last });
}

// The envelope of the next message to a peer.
async function nextEnvelope(peer, text, mine, theirs) {
  const me = session().user_id;
  const thread = await threadOf(me, peer);
  const known = (await inbox()).find((row) => row.thread === thread);
  return seal({ sender: me, recipient: peer, seq: known?.next_seq ?? 1, text, mine, theirs });
}

// What the ledger would be told of it now: that there is one, and how long it is, and not what it says.
export const messageAct = async (peer, text, mine, theirs) => messagePayload(session().user_id, await nextEnvelope(peer, text, mine, theirs));

// Encrypts and sends.  The number is the next one; if another tab took it, the one after.
export async function send(peer, text, mine, theirs, tries = 3) {
  const envelope = await nextEnvelope(peer, text, mine, theirs);
  try {
    return await act('send_message', envelope, 'MESSAGE', await messagePayload(session().user_id, envelope));
  } catch (error) {
    if (error.code !== 'QFS_MESSAGE_ORDER' || tries <= 1) throw error;
    return send(peer, text, mine, theirs, tries - 1);
  }
}

export async function eraseMessage(row) {
  await writeMine('erase_message', { thread: await threadOf(row.sender, row.recipient), seq: row.seq, sender: row.sender });
}

// ---- news ----

// What other tabs of this account have read is no entry, so nobody says when to ask for it.
const SLOW_MS = 30000;

// Asks for the inbox when it is told to, when somebody comes back to the page, and now and then.
// listener(threads) is called when there is something new; gives the function that asks now.
export function watchInbox(listener) {
  let timer;
  let seen = '';
  async function look() {
    if (!session() || document.hidden) return;
    const threads = await inbox();
    const state = JSON.stringify([session()?.user_id, threads]);
    if (state === seen) return;
    seen = state;
    listener(threads);
  }
  const ask = oneAtATime(() => look().catch(() => {}));
  async function now() {
    await ask();
    clearTimeout(timer);
    timer = setTimeout(now, SLOW_MS);
  }
  document.addEventListener('visibilitychange', now);
  window.addEventListener('focus', now);
  now();
  return now;
}
