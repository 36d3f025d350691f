// sentence.mjs - the answer to "why?" in a sentence, told of what was verified.  The server's own sentence is not shown.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el } from './dom.mjs';
import { nameTag } from './people.mjs';
import { difference } from './rules/amounts.mjs';
import { partsOf } from './rules/entry.mjs';
import { amount, count } from './text.mjs';
import { guardReason, ruleName, typeName } from './words.mjs';

const name = (account, me) => (account === me ? 'you' : el('a', { href: `#/people/${account}` }, nameTag(account)));
const Name = (account, me) => (account === me ? 'You' : name(account, me));
export const isSettlement = (rule) => /^(REFERRAL_TIER|REWARD_WITHHELD)_/.test(rule);

// The settlement that is one's own, else the first: the ties of a referee tell who invited it.
function settlementOf(entry, me) {
  const settled = partsOf(entry).filter(({ kind, rules }) => kind === 'ties' && rules.some(isSettlement));
  return settled.find(({ account, state }) => [account, state.referrer].includes(me)) ?? settled[0];
}

// What a referral asks of who was invited, as things done.
function done({ referral: { activation } }) {
  const [isProfile, isSent, isReceived] = ['profile', 'message_sent', 'message_received'].map((thing) => activation.includes(thing));
  const messages = isSent && isReceived ? 'exchanged messages' : isSent ? 'wrote a message' : isReceived && 'received a message';
  return [isProfile && 'set a profile', messages].filter(Boolean).join(' and ') || 'came';
}

function reward({ entry, effects, policy }, me) {
  const { account: referee, state: { guard, referrer } } = settlementOf(entry, me);
  const whom = [name(referee, me), ', whom ', name(referrer, me), ' invited, ', done(policy)];
  if (guard !== null) return ['No reward was paid although ', ...whom, ': ', guardReason(guard), '.'];
  const earner = referee === me ? referee : referrer;
  const gain = effects.find(({ account, rule, referrals }) => account === earner && isSettlement(rule) && (referrals !== undefined) === (earner === referrer));
  const earned = gain ? [gain.flx && `${amount(difference(gain.flx[1], gain.flx[0]))} FLX`, `${count(gain.points ? gain.points[1] - gain.points[0] : 0, 'genesis point')}`].filter(Boolean).join(' and ') : 'a reward';
  return [Name(earner, me), ` earned ${earned} because `, ...whom, '.'];
}

function referralUse({ entry: { act, outcome }, guards }, me) {
  const isBlocked = outcome.status === 'BLOCKED';
  const reasons = guards.filter(({ result }) => result === 'BLOCK').map(({ guard }) => guardReason(guard)).join('; ');
  return [Name(act.actor, me), isBlocked ? ' could not use the referral code of ' : ' used the referral code of ', name(outcome.result.referrer, me), isBlocked ? `: ${reasons}.` : '.'];
}

function coherence({ entry, effects }, me) {
  const moves = effects.filter((effect) => effect.account === me && effect.coherence);
  const ways = moves.map(({ coherence: [before, after], rule }) => `from ${amount(before)} to ${amount(after)} by \u201c${ruleName(rule)}\u201d`);
  return `Your coherence went ${ways.join(', then ')} in entry ${entry.seq}.`;
}

// answer: as verifyBundle() gives it.
export function sentenceOf(answer, me) {
  const { entry, effects } = answer;
  if (settlementOf(entry, me)) return reward(answer, me);
  if (entry.act?.type === 'REFERRAL_USE') return referralUse(answer, me);
  if (effects.some(({ account, coherence: moved }) => account === me && moved)) return coherence(answer, me);
  const rules = effects.map(({ rule }) => ruleName(rule));
  return rules.length > 0 ? rules.join('; ') : typeName(entry.act?.type ?? 'ENTRY');
}
