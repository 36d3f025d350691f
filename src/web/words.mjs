// words.mjs - the ledger's names in words for people.
//
// SPDX-License-Identifier: AGPL-3.0-only

const TYPES = {
  GENESIS: 'Ledger opened', POLICY_CHANGED: 'Policy changed', EVENT_TYPE: 'Event type registered', KEY_ROTATED: 'Keys rotated',
  SERVER_CHANGED: 'Server changed',
  LOGIN: 'Sign-in', SESSION_ROTATED: 'Session renewed', SESSION_REVOKED: 'Session ended', PROFILE_UPDATE: 'Profile changed',
  CHAT_KEY: 'Chat key published', MESSAGE: 'Message', REFERRAL_USE: 'Invitation used', CONTENT_CREATED: 'Content registered',
  COHERENCE_SCORED: 'Content scored',
};

const RULES = {
  ACCOUNT_CREATED: 'Account began', PROFILE_COMPLETED: 'Profile completed', PROFILE_CHANGED: 'Profile changed',
  CHAT_KEY_PUBLISHED: 'Encrypted chat turned on', MESSAGE_FIRST_SENT: 'First message sent', MESSAGE_FIRST_RECEIVED: 'First message received',
  SESSION_STARTED: 'Signed in', EVENT_SIGNED: 'Signed by the device', SESSION_ROTATED: 'Session renewed', SESSION_REVOKED: 'Session ended', MESSAGE_RECIPROCATED: 'Message answered', REFERRAL_USED: 'Came by an invitation',
  FRAUD_BLOCKED: 'Invitation refused as fraud', CONTENT_SCORED: 'Content scored',
};

const GUARDS = {
  SELF_REFERRAL: ['Nobody invites themselves', 'inviter and invited are one account'],
  ALREADY_REFERRED: ['One invitation an account', 'this account came by an invitation before'],
  REFERRER_NOT_OLDER: ['The inviter was here first', 'the inviter\u2019s account is not older'],
  DUPLICATE_DEVICE: ['A device of one\u2019s own', 'this browser was used by another account first'],
  REFERRAL_CAP: ['The inviter may have more', 'the inviter has as many activated invitations as the policy allows'],
  WINDOW_CLOSED: ['In time', 'the account is too old to use an invitation'],
  FLX_PER_USER_CAP: ['Room for the reward', 'the inviter holds as much FLX as the policy allows'],
};

const LEVELS = { UNKNOWN: 'Newcomer', VERIFIED: 'Verified', TRUSTED: 'Trusted', AUTHORITY: 'Authority' };

// What an entry is called whose act one may not see.
export const PRIVATE = 'Private entry';
export const TYPE_NAMES = Object.keys(TYPES);
const plain = (name) => name.toLowerCase().replace(/_/g, ' ').replace(/^./, (char) => char.toUpperCase());

export const typeName = (type) => TYPES[type] ?? plain(type);
export function ruleName(rule) {
  const tier = /^REFERRAL_TIER_(\d+)$/.exec(rule);
  const withheld = /^REWARD_WITHHELD_(\w+)$/.exec(rule);
  if (withheld) return `Reward withheld: ${guardReason(withheld[1])}`;
  return tier ? `Invitation became active (tier ${tier[1]})` : RULES[rule] ?? plain(rule);
}
export const guardName = (guard) => GUARDS[guard]?.[0] ?? plain(guard);
export const guardReason = (guard) => GUARDS[guard]?.[1] ?? plain(guard);
// Whose word an entry is, as verifyBundle() has found it.
const WORDS = { wallet: 'signed by the wallet', device: 'signed by the device', server: 'on the server\u2019s word, unsigned', operator: 'on an operator\u2019s word',
  ledger: 'as the rules of the ledger demand' };
export const wordName = (by) => (by === null ? 'an act of somebody else' : WORDS[by] ?? plain(by));
// What verifyBundle() takes as it was recorded.
const RECORDED = { authority: 'who acted', conditions: 'that each change was due', 'first uses': 'that codes, devices, contents and nonces were new', rates: 'that no limit was exceeded',
  signature: 'the signature, which was erased' };
export const recordedName = (name) => RECORDED[name] ?? name;
export const levelName = (level) => LEVELS[level] ?? plain(level);
