// policy.mjs - the parameters of the rules: their ranges (docs/policy.md), and amounts among them as numbers.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { hashOfJson } from '../canonical.mjs';
import { ONE, readAmount } from './amounts.mjs';
import { demand } from './fault.mjs';
import { each, integer, isUserId, list, matches, members, oneOf, TYPE_FORM } from './forms.mjs';
import { isParameterPattern } from './policy_keys.mjs';
import { isDomain, isUri } from './uri.mjs';

// Of the rules that are written here.
const RULES_VERSION = 1;
const MAX_LIST = 64;
const MAX_AMOUNT_TEXT = 40;
const MAX_BLOCK_MS = 86400000;
const MILLION = 1000000;
const BLOCKS = 100000;
const MAX_FLX = ONE * 1000000000000n;

const amountUpTo = (max) => (value) => {
  try {
    return value.length <= MAX_AMOUNT_TEXT && readAmount(value) <= max;
  } catch {
    return false;
  }
};
const share = amountUpTo(ONE);

const isTier = members({ flx: amountUpTo(MAX_FLX), to: integer(1, MILLION) });

export const FEATURES = ['clarity', 'contradiction', 'hsmf', 'logic', 'signal', 'topic'];

const isTrack = ([approval, majority, quorum]) => members({ approval, majority, quorum, review_blocks: integer(0, BLOCKS), timelock_blocks: integer(0, BLOCKS), voting_blocks: integer(10, BLOCKS) });
const thrice = (isShare) => [isShare, isShare, isShare];
const ANY_SHARE = [integer(0, 100), integer(51, 100), integer(0, 100)];

const isGovernance = members({
  agenda: integer(1, 12),
  cooldown_blocks: integer(0, BLOCKS),
  deposit: amountUpTo(MAX_FLX),
  dormant_epochs: integer(0, BLOCKS),
  grace_blocks: integer(512, BLOCKS),
  key_cooldown_epochs: integer(0, 100),
  late_blocks: integer(1, 10000),
  mode: oneOf('off', 'on', 'trial'),
  operator_keys: list(isParameterPattern, MAX_LIST),
  power_percent: integer(1, 25),
  threshold_percent: integer(0, 25),
  tracks: members({ constitution: isTrack(thrice(integer(51, 90))), emergency: isTrack(thrice(integer(80, 100))), parameter: isTrack(ANY_SHARE), text: isTrack(ANY_SHARE) }),
  veto_percent: integer(25, 50),
});

const isPolicy = members({
  auth: members({ chain_ids: list(integer(0), MAX_LIST), domains: list(isDomain, MAX_LIST), uris: list(isUri, MAX_LIST) }),
  block_ms: integer(1000, MAX_BLOCK_MS),
  coherence: members({
    acts: each(share, 'FRAUD_BLOCKED', 'MESSAGE_RECIPROCATED', 'PROFILE_COMPLETED', 'REFERRAL_ACTIVATED_REFEREE', 'REFERRAL_ACTIVATED_REFERRER'),
    alpha: share,
    trust: each(share, 'AUTHORITY', 'TRUSTED', 'VERIFIED'),
    weights: each(share, ...FEATURES),
  }),
  epoch_blocks: integer(1, MILLION),
  evaluators: list(isUserId, MAX_LIST),
  limits: each(integer(0, MILLION), 'events_per_minute', 'logins_per_minute', 'messages_per_minute', 'threads_per_day'),
  nonce_ttl_ms: integer(1000, MAX_BLOCK_MS),
  operators: list(isUserId, MAX_LIST),
  page_errors: oneOf('off', 'on'),
  referral: members({
    activation: list(oneOf('message_received', 'message_sent', 'profile'), 3),
    cap: integer(0, MILLION),
    flx_cap: amountUpTo(MAX_FLX),
    points: integer(0, MILLION),
    tiers: list(isTier, 16, 1),
    window_blocks: integer(0, MILLION),
  }),
  rules: integer(1),
  sessions_max: integer(1, 16),
  signed: oneOf('all', 'devices', 'none'),
  signed_types: list(matches(TYPE_FORM), MAX_LIST),
  ttl_blocks: integer(1, MILLION),
  visibility: oneOf('parties', 'public'),
}, { governance: isGovernance });

// Of a policy that has none.
export const DEFAULT_GOVERNANCE = {
  agenda: 12, cooldown_blocks: 120, deposit: '100', dormant_epochs: 3000, grace_blocks: 5120, key_cooldown_epochs: 2, late_blocks: 240, mode: 'off',
  operator_keys: ['auth.chain_ids', 'auth.domains', 'auth.uris', 'limits.*', 'nonce_ttl_ms'], power_percent: 25, threshold_percent: 1,
  tracks: {
    constitution: { approval: 51, majority: 66, quorum: 66, review_blocks: 512, timelock_blocks: 1024, voting_blocks: 2048 },
    emergency: { approval: 80, majority: 80, quorum: 80, review_blocks: 0, timelock_blocks: 0, voting_blocks: 60 },
    parameter: { approval: 20, majority: 66, quorum: 30, review_blocks: 120, timelock_blocks: 240, voting_blocks: 720 },
    text: { approval: 20, majority: 66, quorum: 30, review_blocks: 120, timelock_blocks: 240, voting_blocks: 720 },
  },
  veto_percent: 34,
};

// What parts of it must be to each other.
function isOrdered({ coherence: { trust }, referral: { cap, flx_cap, tiers } }) {
  const [verified, trusted, authority] = [trust.VERIFIED, trust.TRUSTED, trust.AUTHORITY].map(readAmount);
  return verified <= trusted && trusted <= authority && tiers.at(-1).to >= cap
    && tiers.every(({ to }, i) => i === 0 || to > tiers[i - 1].to) && tiers.every(({ flx }) => readAmount(flx) <= readAmount(flx_cap));
}

// The policy with its amounts as numbers.
export function withNumbers(value) {
  const { coherence: { acts, alpha, weights }, referral } = value;
  const amounts = (object) => Object.fromEntries(Object.entries(object).map(([name, text]) => [name, readAmount(text)]));
  return {
    ...value,
    coherence: { acts: amounts(acts), alpha: readAmount(alpha), weights: amounts(weights) },
    referral: { ...referral, flx_cap: readAmount(referral.flx_cap), tiers: referral.tiers.map(({ flx, to }) => ({ flx: readAmount(flx), to })) },
  };
}

// The policy as the rules read it: amounts as numbers, governance, and the hash that outcomes name.
export async function readPolicy(value) {
  demand(isPolicy(value) && isOrdered(value), 'POLICY_INVALID', 'the policy has a member that is unknown, missing or out of range');
  demand(value.rules === RULES_VERSION, 'RULES_UNKNOWN', `rules of version ${value.rules} are not known here, ${RULES_VERSION} is`);
  return { governance: DEFAULT_GOVERNANCE, ...withNumbers(value), hash: await hashOfJson(value) };
}
