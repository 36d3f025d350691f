// words.mjs - the ledger's names in words for people.
//
// SPDX-License-Identifier: AGPL-3.0-only

const TYPES = {
  GENESIS: 'Ledger opened', POLICY_CHANGED: 'Policy changed', EVENT_TYPE: 'Event type registered', KEY_ROTATED: 'Keys rotated',
  SERVER_CHANGED: 'Server changed',
  LOGIN: 'Sign-in', SESSION_ROTATED: 'Session renewed', SESSION_REVOKED: 'Session ended', PROFILE_UPDATE: 'Profile changed',
  CHAT_KEY: 'Chat key published', MESSAGE: 'Message', REFERRAL_USE: 'Invitation used', CONTENT_CREATED: 'Content registered',
  COHERENCE_SCORED: 'Content scored',
  NOD_CHANGED: 'Seats changed', PROPOSAL_CREATED: 'Proposal', PROPOSAL_CANCELLED: 'Proposal taken back', VOTE_CAST: 'Vote', PROPOSAL_TALLIED: 'Votes counted',
  PROPOSAL_EXECUTED: 'Proposal carried out', DORMANCY_CLAIMED: 'Claim that nobody governs', DORMANCY_SETTLED: 'Claim settled',
};

const RULES = {
  ACCOUNT_CREATED: 'Account began', PROFILE_COMPLETED: 'Profile completed', PROFILE_CHANGED: 'Profile changed',
  CHAT_KEY_PUBLISHED: 'Encrypted chat turned on', MESSAGE_FIRST_SENT: 'First message sent', MESSAGE_FIRST_RECEIVED: 'First message received',
  SESSION_STARTED: 'Signed in', EVENT_SIGNED: 'Signed by the device', SESSION_ROTATED: 'Session renewed', SESSION_REVOKED: 'Session ended', MESSAGE_RECIPROCATED: 'Message answered', REFERRAL_USED: 'Came by an invitation',
  FRAUD_BLOCKED: 'Invitation refused as fraud', CONTENT_SCORED: 'Content scored', DEPOSIT_BURNT: 'Deposit lost to a veto',
};

const GUARDS = {
  SELF_REFERRAL: ['Nobody invites themselves', 'inviter and invited are one account'],
  ALREADY_REFERRED: ['One invitation an account', 'this account came by an invitation before'],
  REFERRER_NOT_OLDER: ['The inviter was here first', 'the inviter\u2019s account is not older'],
  DUPLICATE_DEVICE: ['A device of one\u2019s own', 'this browser was used by another account first'],
  REFERRAL_CAP: ['The inviter may have more', 'the inviter has as many activated invitations as the policy allows'],
  WINDOW_CLOSED: ['In time', 'the account is too old to use an invitation'],
  NOD_EPOCH: ['Once an epoch', 'these seats were changed in this epoch already'],
  PROPOSER_POWER: ['Enough seats to propose', 'the proposer holds too few'],
  PROPOSER_OPEN: ['One at a time', 'another proposal of this account is not over'],
  PROPOSER_COOLDOWN: ['A pause after the last', 'the last proposal of this account is too recent'],
  AGENDA_FULL: ['Room on the agenda', 'as many proposals are open as the policy allows'],
  DEPOSIT: ['The deposit is there', 'the proposer has too little FLX for the deposit'],
  KEY_COOLDOWN: ['The last decision had its time', 'a vote changed this too recently'],
  EMERGENCY_SCOPE: ['It only restricts', 'an emergency may restrict, and this does more'],
  NOD_SHARE: ['No seat too large', 'an account would hold too large a share'],
  VOTE_OPENS: ['The review is over', 'votes are not taken yet'],
  VOTE_ONCE: ['One vote an account', 'this account has voted on it before'],
  VOTE_POWER: ['Seats at the proposal', 'the account had no power when it was proposed'],
  TALLY_SILENCE: ['Everybody could vote', 'nothing was appended for too long, so the vote goes on'],
  TALLY_VETO: ['No veto', 'too many vetoed it'],
  TALLY_QUORUM: ['Enough took part', 'too few took part'],
  TALLY_APPROVAL: ['Enough of all said yes', 'too few of all said yes'],
  TALLY_MAJORITY: ['Enough of those who decided', 'too many said no'],
  EXECUTION_GRACE: ['Carried out in time', 'it was due too long ago'],
  BASE_CHANGED: ['Nothing else changed it', 'what it changes was changed since'],
  POLICY_VALID: ['It can be carried out', 'by now it cannot be carried out'],
  FLX_PER_USER_CAP: ['Room for the reward', 'the inviter holds as much FLX as the policy allows'],
};

// Guards whose bound has to be reached, and those whose bound must not be; of all others it is the most that there may be.
const NEEDED = ['DEPOSIT', 'KEY_COOLDOWN', 'NOD_EPOCH', 'PROPOSER_COOLDOWN', 'PROPOSER_POWER', 'TALLY_APPROVAL', 'TALLY_MAJORITY', 'TALLY_QUORUM', 'VOTE_OPENS', 'VOTE_POWER'];
const TOO_MUCH = ['AGENDA_FULL', 'TALLY_VETO'];

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
export const boundName = (guard) => (NEEDED.includes(guard) ? 'needed' : TOO_MUCH.includes(guard) ? 'less than' : 'allowed');
// Whose word an entry is, as verifyBundle() has found it.
const WORDS = { wallet: 'signed by the wallet', device: 'signed by the device', server: 'on the server\u2019s word, unsigned', operator: 'on an operator\u2019s word',
  ledger: 'as the rules of the ledger demand' };
export const wordName = (by) => (by === null ? 'an act of somebody else' : WORDS[by] ?? plain(by));
// What verifyBundle() takes as it was recorded.
const RECORDED = { authority: 'who acted', conditions: 'that each change was due', 'first uses': 'that codes, devices, contents and nonces were new', rates: 'that no limit was exceeded',
  signature: 'the signature, which was erased' };
export const recordedName = (name) => RECORDED[name] ?? name;
export const levelName = (level) => LEVELS[level] ?? plain(level);
