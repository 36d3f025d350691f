// derive.test.mjs - what the page derives of an entry (src/web/derive.mjs): known answers, and parts that do not hold.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import test from 'node:test';

import { derive } from '../../src/web/derive.mjs';

const [ALICE, BOB] = ['a1', 'b2'].map((byte) => `user_${byte.repeat(32)}`);
const amount = (text) => { const [whole, part = ''] = text.split('.'); return `${whole}.${part.padEnd(18, '0')}`; };
const POLICY = {
  coherence: { alpha: '0.1', acts: { FRAUD_BLOCKED: '0', MESSAGE_RECIPROCATED: '0.6', PROFILE_COMPLETED: '0.3', REFERRAL_ACTIVATED_REFEREE: '0.5', REFERRAL_ACTIVATED_REFERRER: '1' },
    weights: { clarity: '0.5', logic: '0.5' } },
  referral: { activation: [], cap: 3, flx_cap: '250', points: 10, tiers: [{ to: 1, flx: '100' }, { to: 3, flx: '50' }], window_blocks: 10 },
};
const STANDING = { chat_key: null, coherence: amount('0.03'), created: 2, created_at: 5, flx: amount('0'), points: 0, profile: 'ab'.repeat(32), profile_version: 1, referrals: 0 };

// A part of a standing that became this by these rules.
const part = (account, rules, members, from = STANDING) => ({ account, kind: 'standing', policy: 0, previous: 4, rules, state: { ...from, ...members },
  was: Object.fromEntries(Object.keys(members).filter((name) => members[name] !== from[name]).map((name) => [name, from[name]])) });
const entryOf = (accounts, more = {}) => ({ accounts, act: { actor: BOB, auth: { via: 'wallet' }, type: 'MESSAGE' }, at: 9, outcome: {}, payload: {}, seq: 7, sig: null, ...more });

const answered = part(BOB, ['MESSAGE_RECIPROCATED', 'REFERRAL_TIER_1'], { coherence: amount('0.1283'), points: 10 });
const paid = part(ALICE, ['REFERRAL_TIER_1'], { coherence: amount('0.127'), flx: amount('100'), points: 10, referrals: 1 });

test('a reward: each change by itself, the arithmetic, and the guards where the outcome is not shown', () => {
  const { effects, steps, guards } = derive(entryOf([answered, undefined, paid], { act: undefined, outcome: undefined }), POLICY);
  assert.deepEqual(effects, [
    { account: BOB, rule: 'MESSAGE_RECIPROCATED', coherence: [amount('0.03'), amount('0.087')] },
    { account: BOB, rule: 'REFERRAL_TIER_1', coherence: [amount('0.087'), amount('0.1283')], points: [0, 10] },
    { account: ALICE, rule: 'REFERRAL_TIER_1', coherence: [amount('0.03'), amount('0.127')], flx: [amount('0'), amount('100')], points: [0, 10], referrals: [0, 1] },
  ]);
  assert.deepEqual(steps.slice(3), [
    { inputs: { activated_before: '0', rule: 'REFERRAL_TIER_1' }, op: 'tier', result: amount('100') },
    { inputs: { add: amount('100'), before: amount('0') }, op: 'flx', result: amount('100') },
    { inputs: { add: '10', before: '0' }, op: 'points', result: '10' }, { inputs: { add: '1', before: '0' }, op: 'referrals', result: '1' },
    { inputs: { alpha: amount('0.1'), before: amount('0.03'), quality: amount('1') }, op: 'coherence', result: amount('0.127') },
  ]);
  assert.deepEqual(guards, [{ bound: 3, guard: 'REFERRAL_CAP', observed: 0, result: 'PASS' }, { bound: amount('250'), guard: 'FLX_PER_USER_CAP', observed: amount('100'), result: 'PASS' }]);
});

test('an account that begins, what changes no number, a reward that was withheld, a score', () => {
  const begun = { chat_key: null, coherence: amount('0'), created: 7, created_at: 9, flx: amount('0'), points: 0, profile: null, profile_version: 0, referrals: 0 };
  assert.deepEqual(derive(entryOf([{ ...part(BOB, ['ACCOUNT_CREATED'], {}, begun), previous: null }]), POLICY).effects, [{ account: BOB, rule: 'ACCOUNT_CREATED' }]);
  for (const [rule, members] of [['CHAT_KEY_PUBLISHED', { chat_key: 'cd'.repeat(32) }], ['PROFILE_CHANGED', { profile: 'cd'.repeat(32), profile_version: 2 }], ['REWARD_WITHHELD_REFERRAL_CAP', {}]]) {
    assert.deepEqual(derive(entryOf([part(BOB, [rule], members)]), POLICY), { effects: [{ account: BOB, rule }], steps: [], guards: [] });
  }
  const scored = entryOf([part(BOB, ['CONTENT_SCORED'], { coherence: amount('0.077') })],
    { act: { actor: ALICE, auth: { via: 'wallet' }, type: 'COHERENCE_SCORED' }, payload: { features: { clarity: '0.4', logic: '0.6' } }, outcome: { result: { score: amount('0.5') } } });
  assert.deepEqual(derive(scored, POLICY).steps.map(({ op, result }) => [op, result]), [['score', amount('0.5')], ['coherence', amount('0.077')]]);
  assert.throws(() => derive({ ...scored, payload: { features: { clarity: '0.4', logic: '0.7' } } }, POLICY), /OUTCOME_MISMATCH/);
});

test('what does not follow is refused', () => {
  const changed = (of, members) => ({ ...of, state: { ...of.state, ...members } });
  for (const [name, wrong] of Object.entries({
    'more FLX': changed(paid, { flx: amount('101') }), 'a point more': changed(paid, { points: 11 }), 'another coherence': changed(answered, { coherence: amount('0.1284') }),
    'a key that nothing named': { ...answered, was: { ...answered.was, chat_key: 'ee'.repeat(32) } }, 'another before': { ...paid, was: { ...paid.was, coherence: amount('0.031') } },
    'another tier': { ...paid, rules: ['REFERRAL_TIER_2'] }, 'a tier that is none': { ...paid, rules: ['REFERRAL_TIER_9'] }, 'a rule left out': { ...answered, rules: ['REFERRAL_TIER_1'] },
    'another order': { ...answered, rules: [...answered.rules].reverse() }, 'a rule that is none': { ...answered, rules: ['GIFT'] }, 'a name of every object': { ...answered, rules: ['constructor'] },
    'no rules': { ...answered, rules: [] }, 'a member that is none': changed(answered, { tokens: 1 }),
  })) assert.throws(() => derive(entryOf([wrong]), POLICY), /OUTCOME_MISMATCH/, name);
  // The amounts are those of the policy in force.
  assert.throws(() => derive(entryOf([paid]), { ...POLICY, referral: { ...POLICY.referral, points: 9 } }), /OUTCOME_MISMATCH/);
});
