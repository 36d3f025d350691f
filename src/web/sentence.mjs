// sentence.mjs - the answer to "why?" in a sentence, told of what was verified.  The server's own sentence is not shown.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el } from './dom.mjs';
import { nameTag } from './people.mjs';
import { difference } from './rules/amounts.mjs';
import { isSettlement, partsOf } from './rules/entry.mjs';
import { amount, count, visible } from './text.mjs';
import { guardReason, ruleName, typeName } from './words.mjs';

const name = (account, me) => (account === me ? 'you' : el('a', { href: `#/people/${account}` }, nameTag(account)));
const Name = (account, me) => (account === me ? 'You' : name(account, me));
const blockedReasons = (guards) => guards.filter(({ result }) => result === 'BLOCK').map(({ guard }) => guardReason(guard));
const reasonsOf = (guards) => blockedReasons(guards).join('; ');

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
  const reasons = reasonsOf(guards);
  return [Name(act.actor, me), isBlocked ? ' could not use the referral code of ' : ' used the referral code of ', name(outcome.result.referrer, me), isBlocked ? `: ${reasons}.` : '.'];
}

function coherence({ entry, effects }, me) {
  const moves = effects.filter((effect) => effect.account === me && effect.coherence);
  const ways = moves.map(({ coherence: [before, after], rule }) => `from ${amount(before)} to ${amount(after)} by \u201c${ruleName(rule)}\u201d`);
  return `Your coherence went ${ways.join(', then ')} in entry ${entry.seq}.`;
}

// ---- governance ----

const holds = (account, me) => [Name(account, me), account === me ? ' hold ' : ' holds '];

// "20 of 100 said yes, 10 no, 5 abstained, 3 vetoed"; nothing where the proposal is not shown.
function counts({ entry: { outcome: { result }, payload }, rests }) {
  const total = rests.find(({ seq }) => seq === payload.proposal)?.outcome?.result?.snapshot?.total;
  const { abstain, no, veto, yes } = result.tally;
  const more = [[abstain, 'abstained'], [veto, 'vetoed']].filter(([n]) => n > 0).map(([n, word]) => `, ${amount(n)} ${word}`).join('');
  return `${amount(yes)} of ${amount(total)} said yes, ${amount(no)} no${more}`;
}

const GOVERNANCE = {
  DORMANCY_CLAIMED({ entry: { outcome: { result }, seq }, guards }) {
    const due = result.agenda.items.find(([, claim]) => claim === seq);
    if (due === undefined) return `The operator could not claim that nobody governs: ${reasonsOf(guards)}.`;
    return `The operator claims that nobody governs. Unless a holder of seats acts before block ${amount(due[0])}, governance is in trial from then on.`;
  },

  DORMANCY_SETTLED({ entry: { payload: { claim, policy } }, guards }) {
    return `No holder of seats acted on the claim of entry ${claim}${policy === undefined ? `, and nothing comes of it: ${reasonsOf(guards)}.` : ': governance is in trial from the next entry on.'}`;
  },

  NOD_CHANGED({ entry: { outcome: { result }, payload: { account, nod } } }, me) {
    return [...holds(account, me), `${amount(nod)} of ${amount(result.electorate.total)} seats from here on, ${amount(result.before)} before.`];
  },

  PROPOSAL_CREATED({ entry: { act, outcome: { result }, payload: { title, track }, seq } }, me) {
    const { enacts, ends, opens } = result.schedule;
    return [Name(act.actor, me), ` made proposal ${seq}, \u201c${visible(title)}\u201d, on the track \u201c${track}\u201d. Votes are taken from block ${amount(opens)} to block ${amount(ends - 1)}`,
      track === 'text' ? '.' : `; what passes comes into force with block ${amount(enacts)}.`];
  },

  PROPOSAL_CANCELLED: ({ entry: { act, payload: { proposal } } }, me) => [Name(act.actor, me), ` took proposal ${proposal} back before anybody could vote on it.`],

  VOTE_CAST(answer, me) {
    const { act, outcome: { result }, payload: { choice, proposal } } = answer.entry;
    return [Name(act.actor, me), ` voted \u201c${choice}\u201d on proposal ${proposal} with a power of ${amount(result.voter.power)}: by now ${counts(answer)}.`];
  },

  PROPOSAL_TALLIED(answer) {
    const { outcome: { result: { state, tally } }, payload: { proposal } } = answer.entry;
    const [reason = ''] = blockedReasons(answer.guards);
    if (state === 'OPEN') return `Votes on proposal ${proposal} are taken until block ${amount(tally.ends - 1)}: ${reason}.`;
    return `Proposal ${proposal} ${state === 'REJECTED' ? `was rejected: ${reason}` : 'passed'}. ${counts(answer)}.`;
  },

  PROPOSAL_EXECUTED({ entry: { outcome: { result }, payload: { policy, proposal } }, guards }) {
    if (result.state === 'FAILED') return `Nothing of proposal ${proposal} comes into force: ${reasonsOf(guards)}.`;
    return `What proposal ${proposal} asked for is in force: ${policy === undefined ? `there are ${amount(result.electorate.total)} seats from here on` : 'the policy is another one from the next entry on'}.`;
  },
};

// What a guard kept back, and why.
const KEPT_BACK = { NOD_CHANGED: 'change seats', PROPOSAL_CREATED: 'make a proposal', VOTE_CAST: 'vote' };

function governance(answer, me) {
  const { act, outcome } = answer.entry;
  if (outcome.status !== 'BLOCKED') return GOVERNANCE[act.type](answer, me);
  return [Name(act.actor, me), ` could not ${KEPT_BACK[act.type]}: ${reasonsOf(answer.guards)}.`];
}

// answer: as verifyBundle() gives it.
export function sentenceOf(answer, me) {
  const { entry, effects } = answer;
  if (settlementOf(entry, me)) return reward(answer, me);
  if (entry.act?.type === 'REFERRAL_USE') return referralUse(answer, me);
  if (Object.hasOwn(GOVERNANCE, entry.act?.type ?? '')) return governance(answer, me);
  if (effects.some(({ account, coherence: moved }) => account === me && moved)) return coherence(answer, me);
  const rules = effects.map(({ rule }) => ruleName(rule));
  return rules.length > 0 ? rules.join('; ') : typeName(entry.act?.type ?? 'ENTRY');
}
