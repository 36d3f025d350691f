// referral.mjs - coherence, the use of a referral code, and the settlement of a referral.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { readAmount, step, sum, writeAmount } from './amounts.mjs';
import { demand } from './fault.mjs';
import { verdict } from './store.mjs';

// Coherence of an account after an act of this quality.
export const coherenceAfter = (change, account, quality) => writeAmount(step(readAmount(change.look('standing', account).coherence), quality, change.policy.coherence.alpha));

const FRAUD = ['SELF_REFERRAL', 'DUPLICATE_DEVICE'];

// ---- REFERRAL_USE ----

// Names of the guards that block, in their order.
function checkUse(change, referee, referrer, session) {
  const { cap, window_blocks: window } = change.policy.referral;
  const [own, other] = [change.look('standing', referee), change.look('standing', referrer)];
  const ties = change.look('ties', referee);
  const named = session.device && change.store.get('device', session.device).user_id !== referee;
  const blocks = change.store.blockOf(change.at) - change.store.blockOf(own.created_at);
  const yes = (isSo) => Number(Boolean(isSo));
  return change.judge([
    verdict('SELF_REFERRAL', referrer === referee, 0, yes(referrer === referee)),
    verdict('ALREADY_REFERRED', ties.referrer !== null, 0, yes(ties.referrer !== null)),
    verdict('REFERRER_NOT_OLDER', other.created >= own.created, own.created, other.created),
    verdict('DUPLICATE_DEVICE', named, 0, yes(named)),
    verdict('REFERRAL_CAP', other.referrals >= cap, cap, other.referrals),
    verdict('WINDOW_CLOSED', blocks > window, window, blocks),
  ]);
}

export function useReferral(change, { act: { actor }, payload }, { session }) {
  const referrer = change.store.get('referral_code', payload.code)?.user_id;
  demand(referrer, 'REFERRAL_CODE', 'nobody has this referral code');
  const blocking = checkUse(change, actor, referrer, session);
  change.result = { referrer };
  change.putBy('referral_block', change.seq, ({ guards, status }) => {
    const first = guards?.find?.(({ result }) => result === 'BLOCK');
    return status === 'BLOCKED' && first ? { seq: change.seq, referee: actor, referrer, guard: first.guard } : null;
  });
  if (blocking.length === 0) {
    change.touch('ties', actor, 'REFERRAL_USED', { referrer, used: change.seq });
    settle(change, actor);
    return false;
  }
  if (blocking.some((guard) => FRAUD.includes(guard))) change.touch('standing', actor, 'FRAUD_BLOCKED', { coherence: coherenceAfter(change, actor, change.policy.coherence.acts.FRAUD_BLOCKED) });
  return true;
}

// ---- settlement ----

function isDue(change, referee, ties) {
  const done = { message_received: ties.received, message_sent: ties.sent, profile: change.look('standing', referee).profile_version > 0 };
  return change.policy.referral.activation.every((name) => done[name]);
}

function reward(change, account, quality, flx, referrals, rule) {
  const standing = change.look('standing', account);
  change.touch('standing', account, rule, { coherence: coherenceAfter(change, account, quality), flx: writeAmount(sum(readAmount(standing.flx), flx)),
    points: standing.points + change.policy.referral.points, referrals: standing.referrals + referrals });
}

// What the next settlement would give a referrer with this standing: the tier, counted from 1 (0: beyond the last, whose reward
// counts then), its FLX, and what the guards say.
export function nextSettlement({ flx, referrals }, { cap, flx_cap: flxCap, tiers }) {
  const tier = tiers.findIndex(({ to }) => to >= referrals + 1);
  const { flx: reward } = tiers.at(tier);
  const balance = sum(readAmount(flx), reward);
  return { tier: tier + 1, reward, guards: [
    verdict('REFERRAL_CAP', referrals >= cap, cap, referrals),
    verdict('FLX_PER_USER_CAP', balance > flxCap, writeAmount(flxCap), writeAmount(balance)),
  ] };
}

// The referral of this account settles if that is due.
export function settle(change, referee) {
  const ties = change.look('ties', referee);
  if (ties.referrer === null || ties.settled !== null || !isDue(change, referee, ties)) return;
  const { acts } = change.policy.coherence;
  const { tier, reward: flx, guards } = nextSettlement(change.look('standing', ties.referrer), change.policy.referral);
  const [guard] = change.judge(guards);
  if (guard) {
    const withheld = `REWARD_WITHHELD_${guard}`;
    change.touch('standing', ties.referrer, withheld, {});
    change.touch('standing', referee, withheld, {});
    change.touch('ties', referee, withheld, { guard, settled: change.seq });
    return;
  }
  const rule = `REFERRAL_TIER_${tier}`;
  reward(change, ties.referrer, acts.REFERRAL_ACTIVATED_REFERRER, flx, 1, rule);
  reward(change, referee, acts.REFERRAL_ACTIVATED_REFEREE, 0n, 0, rule);
  change.touch('ties', referee, rule, { settled: change.seq });
}
