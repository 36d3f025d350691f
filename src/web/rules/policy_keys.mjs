// policy_keys.mjs - keys of a policy: what each is called, and its class (docs/format.md, Keys of a policy).
//
// SPDX-License-Identifier: AGPL-3.0-only

const below = (path, ...names) => names.map((name) => `${path}.${name}`);
const TRACKS = ['constitution', 'emergency', 'parameter', 'text'];
const TRACK_NUMBERS = ['approval', 'majority', 'quorum', 'review_blocks', 'timelock_blocks', 'voting_blocks'];

const KEYS_OF = {
  fixed: ['block_ms', 'epoch_blocks'],
  fork: ['governance.power_percent', 'visibility'],
  constitution: ['evaluators', 'operators', ...below('governance', 'agenda', 'cooldown_blocks', 'deposit', 'dormant_epochs', 'grace_blocks', 'key_cooldown_epochs', 'late_blocks', 'mode',
    'operator_keys', 'threshold_percent', 'veto_percent'), ...TRACKS.flatMap((track) => below(`governance.tracks.${track}`, ...TRACK_NUMBERS))],
  parameter: [...below('auth', 'chain_ids', 'domains', 'uris'),
    ...below('coherence.acts', 'FRAUD_BLOCKED', 'MESSAGE_RECIPROCATED', 'PROFILE_COMPLETED', 'REFERRAL_ACTIVATED_REFEREE', 'REFERRAL_ACTIVATED_REFERRER'), 'coherence.alpha',
    ...below('coherence.trust', 'AUTHORITY', 'TRUSTED', 'VERIFIED'), ...below('coherence.weights', 'clarity', 'contradiction', 'hsmf', 'logic', 'signal', 'topic'),
    ...below('limits', 'events_per_minute', 'logins_per_minute', 'messages_per_minute', 'threads_per_day'), 'nonce_ttl_ms', 'page_errors',
    ...below('referral', 'activation', 'cap', 'flx_cap', 'points', 'tiers', 'window_blocks'), 'rules', 'sessions_max', 'signed', 'signed_types', 'ttl_blocks'],
};

// "fixed", "fork", "constitution" or "parameter" of each key.
export const KEY_CLASSES = new Map(Object.entries(KEYS_OF).flatMap(([name, keys]) => keys.map((key) => [key, name])));

// Is the pattern the key itself, or what it begins with up to a dot, and ".*"?
const coversKey = (pattern, key) => (pattern.endsWith('.*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern);

export const coversAny = (patterns, key) => patterns.some((pattern) => coversKey(pattern, key));

// What governance.operator_keys may hold.
export function isParameterPattern(pattern) {
  const covered = [...KEY_CLASSES].filter(([key]) => typeof pattern === 'string' && coversKey(pattern, key));
  return covered.length > 0 && covered.every(([, name]) => name === 'parameter');
}
