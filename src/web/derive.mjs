// derive.mjs - what an entry did to standings, as far as its verified parts determine it: the changes that they name, done
// again under the policy in force.  What does not come out as it was recorded is a fault.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { canonical } from './canonical.mjs';
import { difference, readAmount, score, step, sum, writeAmount } from './rules/amounts.mjs';
import { partsOf } from './rules/entry.mjs';
import { demand } from './rules/fault.mjs';
import { BEFORE } from './rules/forms.mjs';
import { withNumbers } from './rules/policy.mjs';
import { nextSettlement } from './rules/referral.mjs';

const NOTHING = BEFORE.standing;

// Explanations of these topics tell what the entry did, so that it is derived or executed; those of others do not.
const EXECUTED = ['entry', 'reward', 'coherence'];
export const isExecuted = (topic) => EXECUTED.includes(topic);

// ---- the changes: (standing, what the entry and its policy say) -> what they make of the standing ----

const act = (quality) => ({ coherence }, { policy }) => ({ coherence: writeAmount(step(readAmount(coherence), quality(policy), policy.coherence.alpha)) });
const actOf = (name) => act((policy) => policy.coherence.acts[name]);
const profile = ({ profile_version: version }, { state }) => ({ profile: state.profile, profile_version: version + 1 });

const CHANGES = {
  ACCOUNT_CREATED: (_, { entry }) => ({ created: entry.seq, created_at: entry.at }),
  CHAT_KEY_PUBLISHED: (_, { state }) => ({ chat_key: state.chat_key }),
  CONTENT_SCORED: (standing, context) => act(() => readAmount(context.entry.outcome.result.score))(standing, context),
  // How much there was to take, the standing itself says.
  DEPOSIT_BURNT: ({ flx }, { state }) => (readAmount(state.flx) <= readAmount(flx) ? { flx: state.flx } : null),
  FRAUD_BLOCKED: actOf('FRAUD_BLOCKED'),
  MESSAGE_RECIPROCATED: actOf('MESSAGE_RECIPROCATED'),
  PROFILE_CHANGED: profile,
  PROFILE_COMPLETED: (standing, context) => ({ ...profile(standing, context), ...actOf('PROFILE_COMPLETED')(standing, context) }),
};

// The two sides of a settlement, of whom a part says only that it is one of them.
const REWARDS = [
  (tier) => (standing, context) => {
    const { referral } = context.policy;
    const next = nextSettlement(standing, referral);
    if (next.tier !== tier) return null;
    return { ...actOf('REFERRAL_ACTIVATED_REFERRER')(standing, context), referrals: standing.referrals + 1, points: standing.points + referral.points,
      flx: writeAmount(sum(readAmount(standing.flx), next.reward)) };
  },
  () => (standing, context) => ({ ...actOf('REFERRAL_ACTIVATED_REFEREE')(standing, context), points: standing.points + context.policy.referral.points }),
];

// What a rule's name may mean.
function changesCalled(rule) {
  const tier = /^REFERRAL_TIER_([1-9]\d?)$/.exec(rule);
  if (tier) return REWARDS.map((side) => side(Number(tier[1])));
  if (rule.startsWith('REWARD_WITHHELD_')) return [() => ({})];
  return Object.hasOwn(CHANGES, rule) ? [CHANGES[rule]] : [];
}

// ---- the standings ----

// The standings between the changes, first to last, that lead from one to the recorded one; null if none do.
function way(standing, rules, context) {
  if (rules.length === 0) return canonical(standing) === canonical(context.state) ? [] : null;
  for (const change of changesCalled(rules[0])) {
    const members = change(standing, context);
    const after = members && { ...standing, ...members };
    const rest = after && way(after, rules.slice(1), context);
    if (rest) return [{ rule: rules[0], before: standing, after }, ...rest];
  }
  return null;
}

const NUMBERS = ['coherence', 'flx', 'points', 'referrals'];

// An effect as bundles have it: of each number that changed [before, after].
const effectOf = (account, { rule, before, after }) =>
  ({ account, rule, ...Object.fromEntries(NUMBERS.filter((name) => before[name] !== after[name]).map((name) => [name, [before[name], after[name]]])) });

// [{account, rule, before, after}] of the standings that an entry shows, in their order.
function changesOf(entry, policy) {
  const parts = partsOf(entry).filter(({ kind }) => kind === 'standing');
  return parts.flatMap(({ account, previous, rules, state, was }) => {
    demand(Object.keys(state).sort().join() === Object.keys(NOTHING).join() && Object.keys(was).every((name) => Object.hasOwn(NOTHING, name)), 'OUTCOME_MISMATCH', `entry ${entry.seq}: the standing of ${account} has other members`);
    const before = previous === null ? NOTHING : { ...state, ...was };
    const steps = way(before, rules, { entry, policy, state });
    demand(steps, 'OUTCOME_MISMATCH', `entry ${entry.seq}: what it names does not make the standing of ${account} what it became`);
    return steps.map((one) => ({ account, ...one }));
  });
}

// ---- the arithmetic ----

const isReferrer = ({ before, after }) => before.referrals !== after.referrals;

function qualityOf({ rule, ...change }, { outcome }, { coherence: { acts } }) {
  if (rule === 'CONTENT_SCORED') return writeAmount(readAmount(outcome.result.score));
  if (/^REFERRAL_TIER_/.test(rule)) return writeAmount(acts[isReferrer(change) ? 'REFERRAL_ACTIVATED_REFERRER' : 'REFERRAL_ACTIVATED_REFEREE']);
  return writeAmount(acts[rule]);
}

function stepsOfChange(change, entry, policy) {
  const { rule, before, after } = change;
  const steps = [];
  const add = (op, inputs, result) => steps.push({ inputs, op, result });
  const alpha = writeAmount(policy.coherence.alpha);
  if (before.flx !== after.flx && rule === 'DEPOSIT_BURNT') add('flx', { before: before.flx, less: difference(before.flx, after.flx) }, after.flx);
  else if (before.flx !== after.flx) {
    const flx = difference(after.flx, before.flx);
    add('tier', { activated_before: String(before.referrals), rule }, flx);
    add('flx', { add: flx, before: before.flx }, after.flx);
  }
  for (const name of ['points', 'referrals']) if (before[name] !== after[name]) add(name, { add: String(after[name] - before[name]), before: String(before[name]) }, String(after[name]));
  if (before.coherence !== after.coherence) add('coherence', { alpha, before: before.coherence, quality: qualityOf(change, entry, policy) }, after.coherence);
  return steps;
}

// How a score came about, of an entry that gives one.
function scoreSteps({ act, payload, outcome }, policy) {
  if (act?.type !== 'COHERENCE_SCORED' || !payload || !outcome) return [];
  const { weights } = policy.coherence;
  const features = Object.fromEntries(Object.keys(weights).map((name) => [name, readAmount(payload.features[name])]));
  const texts = (amounts) => Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, writeAmount(amount)]));
  const result = writeAmount(score(features, weights));
  demand(result === outcome.result?.score, 'OUTCOME_MISMATCH', `the features give the score ${result}`);
  return [{ inputs: { features: texts(features), weights: texts(weights) }, op: 'score', result }];
}

// Those of the outcome; where that is not shown, those of a settlement, which look at the referrer's standing alone.
function guardsOf({ outcome }, changes, policy) {
  if (outcome) return outcome.guards ?? [];
  return changes.filter(isReferrer).flatMap(({ before }) => nextSettlement(before, policy.referral).guards);
}

// {effects, steps, guards} of an entry that readLine() gave, under the policy in force there, as its entry has it.
export function derive(entry, written) {
  const policy = withNumbers(written);
  const changes = changesOf(entry, policy);
  return {
    effects: changes.map((change) => effectOf(change.account, change)),
    steps: [...scoreSteps(entry, policy), ...changes.flatMap((change) => stepsOfChange(change, entry, policy))],
    guards: guardsOf(entry, changes, policy),
  };
}
