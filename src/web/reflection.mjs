// reflection.mjs - a reflection (docs/reflection.md) in words: what comes of an act, what it changes, what would turn it, what it needs.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { code, el, icon } from './dom.mjs';
import { guardSentence } from './guard_sentence.mjs';
import { amount, visible } from './text.mjs';
import { notice } from './ui.mjs';
import { guardName, guardReason, ruleName } from './words.mjs';

// ---- what comes of it ----

// What refuses the acts that the page can ask about, and what to do about it; of others the code is shown.
const REFUSALS = {
  CHAT_KEY_OLD: ['a chat key has changed', 'Load the page again, then look again.'],
  CHAT_KEY_UNKNOWN: ['one of the two has no chat key', 'It has to be turned on first.'],
  MESSAGE_ORDER: ['a message was sent in between', 'Look again.'],
  MESSAGE_SELF: ['sender and recipient are one account', 'Write to somebody else.'],
  MESSAGE_SIZE: ['the message is too long', 'Send it in parts.'],
  RATE_LIMIT: ['this account has done too much in a short time', 'Wait a while, then look again.'],
  REFERRAL_CODE: ['nobody has this code', 'Copy the code again: 22 characters, none of them I, O or l.'],
};

function refusal(error) {
  const [why, hint] = REFUSALS[error.replace(/^QFS_/, '')] ?? [`the ledger says ${visible(error)}`, 'docs/errors.md of qfs says what that means.'];
  return notice('bad', `It would be refused: ${why}.`, hint, 'Nothing would be recorded.');
}

function verdict({ decided: { error, mode, outcome }, guards }) {
  const isDone = mode === 'RECORDED';
  if (outcome === 'REFUSED') return refusal(error);
  if (outcome === 'OK') return notice('good', isDone ? 'It was taken.' : 'It would be taken.');
  const reasons = guards.filter(({ result }) => result === 'BLOCK').map(({ guard }) => guardReason(guard));
  const why = reasons.length > 0 ? reasons.join('; ') : 'by what the ledger has of another account, which it tells afterwards';
  return notice('bad', `It ${isDone ? 'was' : 'would be'} blocked: ${why}.`, ...(isDone ? [] : ['That it was tried would be recorded.']));
}

// ---- what it changes ----

const NAMES = { chat_key: 'Chat key', coherence: 'Coherence', event_nonce: 'Number of the last signed event', flx: 'FLX', guard: 'Reward kept back by', points: 'Points', profile: 'Profile',
  profile_version: 'Version of the profile', received: 'Has received a message', referrals: 'Invitations', referrer: 'Invited by', sent: 'Has sent a message', sessions: 'Sessions',
  settled: 'Settled in entry', used: 'Came in entry' };
// Amounts have separators; numbers of events and entries have none.
const AMOUNTS = ['coherence', 'flx', 'points', 'referrals'];

function value(name, of) {
  if (of === null || of === undefined) return ['received', 'sent'].includes(name) ? 'no' : 'none';
  if (Array.isArray(of)) return String(of.length);
  if (typeof of === 'boolean') return of ? 'yes' : 'no';
  return AMOUNTS.includes(name) ? amount(String(of), 18) : visible(String(of));
}

const change = (name, { state, was }) => el('li', { 'data-name': name }, `${NAMES[name] ?? visible(name)}: `,
  el('span', { class: 'muted' }, value(name, was[name])), ' \u2192 ', el('strong', {}, value(name, state[name])));

// What of a part is another than it was: of one that there was not before, whatever says something.
const isNothing = (of) => of === null || of === false || Number(of) === 0;
const changedOf = ({ previous, state, was }) => (previous === null ? Object.keys(state).filter((name) => !isNothing(state[name])) : Object.keys(was)).sort();

const effectItem = (effect) => el('li', {}, effect.rules.map((rule) => (rule === 'REFERRAL_TIER' ? 'Reward of an invitation' : ruleName(rule))).join('; '),
  el('ul', { class: 'turns' }, changedOf(effect).map((name) => change(name, effect))));

// ---- what would turn it ----

function guardItem(guard) {
  const isPassed = guard.result === 'PASS';
  return el('li', { class: isPassed ? 'pass' : 'block', 'data-guard': guard.guard }, icon(isPassed ? 'check' : 'alert'),
    el('div', {}, el('strong', {}, guardName(guard.guard)), ' ', el('span', { class: 'verdict' }, isPassed ? 'passes' : `blocks: ${guardReason(guard.guard)}`),
      el('p', { class: 'hint' }, guardSentence(guard), guard.key && [' The bound is ', code(guard.key), '.'])));
}

// ---- all of it ----

const need = ({ by, nonce }) => `${by === 'device' ? 'The key of this browser signs it' : 'Your wallet is asked to sign it'}, as event ${nonce} or later.`;

const part = (title, ...nodes) => el('div', { class: 'before-part' }, el('h2', {}, title), ...nodes);

// The nodes of a reflection, as preview() or reflect() gave it.
export function reflectionNodes(reflection) {
  const { decided: { effects, mode, needs }, guards } = reflection;
  const isDone = mode === 'RECORDED';
  return [
    verdict(reflection),
    effects.length > 0 && part(isDone ? 'What it changed of your account' : 'What it would change of your account', el('ul', { class: 'effects' }, effects.map(effectItem))),
    guards.length > 0 && part(isDone ? 'What was checked' : 'What would be checked', el('ul', { class: 'guards' }, guards.map(guardItem))),
    needs.length > 0 && part('What it needs', el('p', {}, needs.map(need).join(' '))),
    el('p', { class: 'hint' }, isDone ? 'As the server says it. The proof of the entry is below.' : 'As the server says it, by the rules of this moment. Nothing was sent, signed or recorded.'),
  ];
}
