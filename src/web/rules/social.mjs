// social.mjs - what accounts do: profiles, chat keys, messages, contents and their scores.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromBase64url, toHex } from '../bytes.mjs';
import { threadOf } from '../message_crypto.mjs';
import { readAmount, score, ONE, writeAmount } from './amounts.mjs';
import { demand } from './fault.mjs';
import { each, integer, isKeyText, list, members, orNull } from './forms.mjs';
import { pairOf } from './names.mjs';
import { FEATURES } from './policy.mjs';
import { coherenceAfter, settle } from './referral.mjs';
import { countRate, DAY, MINUTE } from './sessions.mjs';

export function updateProfile(change, { act: { actor }, payload }) {
  const standing = change.look('standing', actor);
  demand(payload.version === standing.profile_version + 1, 'PROFILE_VERSION', `the next version is ${standing.profile_version + 1}`);
  const members = { profile: payload.commitment, profile_version: payload.version };
  if (payload.version > 1) change.touch('standing', actor, 'PROFILE_CHANGED', members);
  else change.touch('standing', actor, 'PROFILE_COMPLETED', { ...members, coherence: coherenceAfter(change, actor, change.policy.coherence.acts.PROFILE_COMPLETED) });
  settle(change, actor);
}

// ---- chat ----

// RFC 7748: u of the points whose order divides 8, on the curve and its twist.
const SMALL_ORDER = [0n, 1n, 325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n, 2n ** 255n - 20n];

function readChatKey(text) {
  demand(isKeyText(text), 'X25519_KEY', 'the key is not 32 bytes in base64url');
  const bytes = fromBase64url(text);
  const u = bytes.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
  demand(u < 2n ** 255n - 19n && !SMALL_ORDER.includes(u), 'X25519_KEY', 'the key is not canonical, or of small order');
  return toHex(bytes);
}

export function publishChatKey(change, { act: { actor }, payload }) {
  change.touch('standing', actor, 'CHAT_KEY_PUBLISHED', { chat_key: readChatKey(payload.key) });
}

async function checkThread(sender, { recipient, thread }) {
  demand(sender !== recipient, 'MESSAGE_SELF', 'sender and recipient are the same account');
  demand(thread === await threadOf(sender, recipient), 'MESSAGE_THREAD', 'the thread is not that of sender and recipient');
}

// The thread as it was, and which of its two the sender is.
function threadBefore(change, sender, { recipient, seq, thread }) {
  const [first, second] = pairOf(sender, recipient);
  const row = change.store.get('thread', thread) ?? { thread, first, second, first_seq: 0, second_seq: 0, by_first: null, last_entry: null, answered: null };
  const isFirst = sender === first;
  const sent = isFirst ? row.first_seq : row.second_seq;
  demand(seq === sent + 1, 'MESSAGE_ORDER', `the sender\u2019s next message is number ${sent + 1}`);
  return { row, isFirst };
}

// The row of a thread after a message, entry `seq`, whose result tells what it is then.
export function threadAfter(sender, { recipient, thread }, { answered, messages }, seq) {
  const [first, second] = pairOf(sender, recipient);
  return { thread, first, second, first_seq: messages[0], second_seq: messages[1], by_first: sender === first, last_entry: seq, answered };
}

export const isThread = members({ answered: orNull(integer(0)), messages: list(integer(0), 2, 2), previous: orNull(integer(0)) });

export async function sendMessage(change, { act: { actor }, payload }) {
  const { recipient, seq } = payload;
  await checkThread(actor, payload);
  for (const account of [actor, recipient]) {
    const { chat_key: key, created } = change.look('standing', account);
    demand(created !== null, 'ACCOUNT_UNKNOWN', `there is no account ${account}`);
    demand(key !== null, 'CHAT_KEY_UNKNOWN', `${account} has published no chat key`);
  }
  const { row, isFirst } = threadBefore(change, actor, payload);
  countRate(change, actor, 'messages a minute', MINUTE, change.policy.limits.messages_per_minute);
  if (row.last_entry === null) countRate(change, actor, 'new threads a day', DAY, change.policy.limits.threads_per_day);
  const [own, other] = [change.look('ties', actor), change.look('ties', recipient)];
  if (seq === 1 && !own.sent) change.touch('ties', actor, 'MESSAGE_FIRST_SENT', { sent: true });
  if (seq === 1 && !other.received) change.touch('ties', recipient, 'MESSAGE_FIRST_RECEIVED', { received: true });
  const answered = answer(change, actor, row, isFirst);
  const messages = isFirst ? [seq, row.second_seq] : [row.first_seq, seq];
  change.result = { thread: { answered, messages, previous: row.last_entry } };
  change.putBy('thread', row.thread, ({ result }) => threadAfter(actor, payload, isThread(result?.thread) ? result.thread : change.result.thread, change.seq));
  settle(change, actor);
  settle(change, recipient);
}

// The epoch in which an answer last counted: this one if this message is an answer that counts.
function answer(change, sender, row, isFirst) {
  const epoch = change.store.epochOf(change.at);
  if (row.last_entry === null || row.by_first === isFirst || row.answered === epoch) return row.answered;
  change.touch('standing', sender, 'MESSAGE_RECIPROCATED', { coherence: coherenceAfter(change, sender, change.policy.coherence.acts.MESSAGE_RECIPROCATED) });
  return epoch;
}

// ---- contents ----

export function createContent(change, { act: { actor }, payload }) {
  const { content, kind, size } = payload;
  demand(!change.store.get('content', content), 'CONTENT_EXISTS', 'the content was registered before');
  change.put('content', content, { content, author: actor, kind, size, seq: change.seq, score: null });
}

function readFeatures(features) {
  try {
    return Object.fromEntries(Object.entries(features).map(([name, value]) => [name, readAmount(value)]));
  } catch {
    return null;
  }
}

const areFeatures = each((value) => value <= ONE, ...FEATURES);

export function scoreContent(change, { act: { actor }, payload }) {
  demand(change.policy.evaluators.includes(actor), 'FORBIDDEN', 'the policy does not list the account among its evaluators');
  const content = change.store.get('content', payload.content);
  demand(content, 'CONTENT_UNKNOWN', 'the content was never registered');
  demand(content.score === null, 'CONTENT_SCORED', 'the content has its score');
  demand(content.author !== actor, 'FORBIDDEN', 'nobody scores a content of their own');
  const features = readFeatures(payload.features);
  demand(areFeatures(features), 'FEATURES_INVALID', 'the features are not the six, each from 0 to 1');
  const value = score(features, change.policy.coherence.weights);
  change.amend('content', payload.content, { score: writeAmount(value) });
  change.touch('standing', content.author, 'CONTENT_SCORED', { coherence: coherenceAfter(change, content.author, value) });
  change.result = { score: writeAmount(value) };
}
