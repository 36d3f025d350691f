// governed_ledger.mjs - ledgers with governance for tests: seats, proposals, votes, and settlements as they fall due.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { createHash } from 'node:crypto';

import { canonical } from '../../src/web/canonical.mjs';
import { LedgerFault } from '../../src/web/rules/fault.mjs';
import { LedgerWriter, POLICY } from './ledger_writer.mjs';

export const TEXT = '42718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883';

const track = (approval, majority, quorum, review = 2, timelock = 3, voting = 10) => ({ approval, majority, quorum, review_blocks: review, timelock_blocks: timelock, voting_blocks: voting });

// Small numbers, so that a history of some hundred blocks sees everything.
export const GOVERNANCE = {
  agenda: 12, cooldown_blocks: 4, deposit: '0', dormant_epochs: 3000, grace_blocks: 512, key_cooldown_epochs: 2, late_blocks: 5, mode: 'trial',
  operator_keys: ['auth.chain_ids', 'auth.domains', 'auth.uris', 'limits.*', 'nonce_ttl_ms'], power_percent: 25, threshold_percent: 1,
  tracks: { constitution: track(51, 66, 66), emergency: track(80, 80, 80, 0, 0, 10), parameter: track(20, 66, 30), text: track(20, 66, 30) },
  veto_percent: 34,
};

// What is merged, written once more: objects member by member, all else in place of what was.
function merge(base, changes) {
  const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
  return { ...base, ...Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, isObject(value) && isObject(base[name]) ? merge(base[name], value) : value])) };
}

export class GovernedWriter extends LedgerWriter {
  // GENESIS, POLICY_CHANGED to trial, NOD_CHANGED of accounts 1 to n.
  static async of(seats, changes = {}, policy = {}) {
    const w = new GovernedWriter();
    await w.genesis({ epoch_blocks: 8, ...policy });
    await w.setPolicy({ governance: { ...GOVERNANCE, ...changes } });
    for (const [i, nod] of seats.entries()) await w.appoint(i + 1, nod);
    return w;
  }

  get block() {
    return this.store.blockOf(this.at);
  }

  // Until the first moment of this block.
  waitFor(block) {
    const at = this.store.ledger.genesis_at + block * POLICY.block_ms;
    return this.wait(Math.max(0, at - this.at));
  }

  tally(proposal) {
    return this.store.get('tally', proposal);
  }

  proposal(seq) {
    return this.store.get('proposal', seq);
  }

  appoint(n, nod, options) {
    return this.append('NOD_CHANGED', { account: GovernedWriter.user(n), nod, reason: 'founder' }, options);
  }

  propose(n, name, action, options) {
    return this.actByWallet(n, 'PROPOSAL_CREATED', { action, text: TEXT, title: 'A proposal', track: name }, options);
  }

  ballot(proposal, choice) {
    const { payload } = JSON.parse(this.lines[this.proposal(proposal).seq]);
    return { action: createHash('sha256').update(canonical(payload)).digest('hex'), choice, proposal };
  }

  vote(n, proposal, choice, options) {
    return this.actByWallet(n, 'VOTE_CAST', this.ballot(proposal, choice), options);
  }

  due() {
    const [item] = this.store.get('agenda', 0)?.items ?? [];
    return item && item[0] <= this.block ? item : null;
  }

  // The payload that an execution brings if nothing stands in its way.
  execution(proposal) {
    const { policy } = this.proposal(proposal).change;
    const now = this.store.get('policy', this.store.ledger.policy_seq).policy;
    return policy === undefined ? { proposal } : { policy: merge(policy.governance ? { governance: GOVERNANCE, ...now } : now, policy), proposal };
  }

  settleWith(type, payload, options) {
    return this.append(type, payload, { auth: { via: 'ledger' }, ...options });
  }

  claim(options) {
    return this.append('DORMANCY_CLAIMED', {}, options);
  }

  // Of a claim that is due: governance is in trial, unless it is not on any more.
  settleClaim(claim, options) {
    const now = this.store.get('policy', this.store.ledger.policy_seq).policy;
    const policy = now.governance.mode === 'on' ? { policy: merge(now, { governance: { mode: 'trial' } }) } : {};
    return this.settleWith('DORMANCY_SETTLED', { claim, ...policy }, options);
  }

  // Everything that is due; gives the entries.
  async settle() {
    const entries = [];
    for (let item = this.due(); item; item = this.due()) {
      const [, proposal, what] = item;
      if (what === 'dormancy') entries.push(await this.settleClaim(proposal));
      else if (what === 'tally') entries.push(await this.settleWith('PROPOSAL_TALLIED', { proposal }));
      else {
        entries.push(await this.settleWith('PROPOSAL_EXECUTED', this.execution(proposal)).catch((error) => {
          // Something does stand in its way: then it brings no policy.
          if (!(error instanceof LedgerFault) || error.code !== 'QFS_SETTLEMENT_WRONG') throw error;
          return this.settleWith('PROPOSAL_EXECUTED', { proposal });
        }));
      }
    }
    return entries;
  }

  // A proposal of account 1 and what it comes to; votes: {account: choice}.
  async decided(name, action, votes) {
    const { seq } = await this.propose(1, name, action);
    this.waitFor(this.proposal(seq).opens);
    for (const [n, choice] of Object.entries(votes)) await this.vote(Number(n), seq, choice);
    this.waitFor(this.tally(seq).ends);
    await this.settle();
    if (this.tally(seq).state === 'QUEUED') this.waitFor(this.tally(seq).enacts);
    await this.settle();
    return seq;
  }
}

// ---- a random history ----

const CHOICES = ['yes', 'yes', 'yes', 'yes', 'yes', 'no', 'abstain', 'veto'];

function randomChanges(random, name, users) {
  const some = (list) => list.filter(() => random.chance(60));
  const parameter = [
    () => ({ referral: { cap: random.below(120) } }), () => ({ referral: { points: random.below(12), window_blocks: 990 + random.below(20) } }),
    () => ({ limits: { messages_per_minute: random.below(100) } }), () => ({ limits: { threads_per_day: random.below(12) }, ttl_blocks: 1000 + random.below(3) }),
    () => ({ referral: { tiers: random.pick([[{ flx: '100', to: 5 }, { flx: '80', to: 20 }, { flx: random.pick(['50', '60', '0']), to: 50 }, { flx: '20', to: 100 }], [{ flx: '1', to: 200 }]]) } }),
    () => ({ coherence: { alpha: random.pick(['0.1', '0.2', '2']) } }), () => ({ auth: { uris: ['https://app.example.org'], domains: ['app.example.org'].slice(random.below(2)) } }),
  ];
  const constitution = [
    () => ({ governance: { mode: random.pick(['on', 'on', 'trial', 'off']) } }), () => ({ governance: { agenda: 1 + random.below(12), cooldown_blocks: random.below(8) } }),
    () => ({ governance: { deposit: random.pick(['0', '20', '100']) } }), () => ({ governance: { tracks: { parameter: { quorum: random.below(60) } } } }),
    () => ({ governance: { operator_keys: random.pick([['limits.*'], ['referral.cap', 'signed'], ['operators'], []]) } }), () => ({ operators: some(users) }), () => ({ evaluators: some(users), governance: {} }),
  ];
  const wrong = [() => ({ block_ms: 1000 }), () => ({ visibility: 'public' }), () => ({ referral: 5 }), () => ({ nothing: {} }), () => ({}), () => ({ governance: { power_percent: 20 } })];
  if (random.chance(5)) return random.pick(wrong)();
  if (name === 'constitution') return random.pick(constitution)();
  return random.pick(name === 'emergency' && random.chance(20) ? constitution : parameter)();
}

function randomAction(random, name, users) {
  if (name === 'text') return random.chance(95) ? {} : { policy: { referral: { cap: 1 } } };
  if (name !== 'constitution' || random.chance(60)) return { policy: randomChanges(random, name, users) };
  return { nod: Array.from({ length: 1 + random.below(4) }, () => ({ account: random.pick(users), nod: random.pick([0, 1, 20, 25, 30, 400]) })) };
}

const randomGovernance = (random) => ({
  agenda: random.pick([1, 2, 12]), cooldown_blocks: random.pick([0, 4, 30]), deposit: random.pick(['0', '0', '50', '100']), grace_blocks: 512, key_cooldown_epochs: random.pick([0, 2, 9]),
  late_blocks: random.pick([1, 5, 12]), mode: random.pick(['trial', 'trial', 'trial', 'off']), power_percent: random.pick([25, 25, 20, 1]), threshold_percent: random.pick([0, 1, 25]), veto_percent: random.pick([25, 34, 50]),
});

// entries: how many; accounts: how many take part.  What the rules refuse is not written.
export async function randomGovernedLedger(random, { entries, accounts }) {
  const all = Array.from({ length: accounts }, (_, i) => i + 1);
  const users = all.map((n) => GovernedWriter.user(n));
  const one = () => random.pick(all);
  const w = await GovernedWriter.of(all.slice(1).map(() => random.pick([25, 25, 25, 10, 1])), {}, { epoch_blocks: random.pick([1, 8, 8, 50]), referral: { ...POLICY.referral, activation: [] } });
  // Some can pay a deposit.
  for (const n of all) await w.login(n, { device: random.pick([null, n]) });
  for (const n of all.slice(1)) await w.use(n, n - 1).catch(() => null);
  const open = () => [...w.store.tables.tally.values()].filter(({ state }) => state === 'OPEN').map(({ proposal }) => proposal);
  const known = () => [...w.store.tables.tally.keys()];
  const by = (n, type, payload) => (random.chance(80) ? w.actByWallet(n, type, payload) : w.act(n, type, payload));
  const all_vote = async () => {
    const seq = random.pick(open());
    w.waitFor(w.proposal(seq).opens);
    const bias = random.pick([CHOICES, CHOICES, ['yes'], ['yes', 'no'], ['yes', 'veto'], ['abstain', 'no']]);
    for (const n of all) if (!w.due() && random.chance(90)) await w.vote(n, seq, random.pick(bias)).catch((error) => { if (!(error instanceof LedgerFault)) throw error; });
  };
  const acts = [
    [12, () => { const name = random.pick(['parameter', 'parameter', 'constitution', 'constitution', 'emergency', 'text']);
      return by(one(), 'PROPOSAL_CREATED', { action: randomAction(random, name, users), text: TEXT, title: 'A proposal', track: name, ...(random.chance(10) && { simulation: { run: TEXT, size: 1, window: 2 } }) }); }],
    [10, all_vote],
    [10, () => { const seq = random.pick(random.chance(90) ? open() : known()); return by(one(), 'VOTE_CAST', { ...w.ballot(seq, random.pick(CHOICES)), ...(random.chance(20) && { reason: TEXT }) }); }],
    [2, () => { const seq = random.pick(known()); return by(all.find((n) => GovernedWriter.user(n) === w.proposal(seq).proposer), 'PROPOSAL_CANCELLED', { proposal: seq }); }],
    [3, () => w.appoint(one(), random.pick([0, 1, 10, 25, 30]))],
    [3, () => { const n = one(); const { nod } = w.store.get('nod', GovernedWriter.user(n)); return by(n, 'NOD_CHANGED', { account: GovernedWriter.user(n), nod: random.below(nod + 2), reason: 'less' }); }],
    [4, () => w.setPolicy({ governance: { ...w.store.policyInForce.governance, ...randomGovernance(random) } })],
    [3, () => w.setPolicy({ referral: { ...POLICY.referral, activation: [], cap: random.below(100) } })],
    [2, () => w.setPolicy({ limits: { ...POLICY.limits, messages_per_minute: random.below(100) } })],
    [3, () => { const item = w.store.get('agenda', 0)?.items[0]; w.waitFor(item[0]); }],
    [1, () => { const item = w.store.get('agenda', 0)?.items[0]; w.waitFor(item[0] + random.pick([1, 5, 6, 30, 600])); }],
    [3, () => { const seq = random.pick(open()); w.waitFor(w.tally(seq).ends - 1 - random.below(6)); }],
  ].flatMap(([weight, run]) => Array(weight).fill(run));
  while (w.lines.length < entries) {
    w.wait(random.pick([0, 1, 500, POLICY.block_ms, POLICY.block_ms * 2]));
    await w.settle();
    try {
      await random.pick(acts)();
    } catch (error) {
      if (!(error instanceof LedgerFault || error instanceof TypeError)) throw error;
    }
  }
  await w.settle();
  return w;
}
