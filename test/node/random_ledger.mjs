// random_ledger.mjs - a random history of everything that accounts and operators do, by the seed of its randomness.  What
// the rules refuse is not written, unless spoilt says so.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { createHash } from 'node:crypto';

import { LedgerWriter, ledgerKeys, POLICY, serverOf } from './ledger_writer.mjs';
import { LedgerFault } from '../../src/web/rules/fault.mjs';

const hex = (text) => createHash('sha256').update(text).digest('hex');
const WORDS = ['message_received', 'message_sent', 'profile'];
const BLOCK = POLICY.block_ms;

// Changes of a policy that make guards and limits bite.
function randomPolicy(random, accounts) {
  const some = (list) => list.filter(() => random.chance(50));
  const cap = random.below(6);
  const amount = () => random.pick(['0', '1', '0.5', '0.333333333333333333', '0.000000000000000001', '0.999999999999999999']);
  return random.pick([
    () => ({ referral: { activation: some(WORDS), cap, flx_cap: random.pick(['250', '1000000']), points: random.below(20),
      tiers: [{ flx: '100', to: 1 }, { flx: '80.5', to: 2 }, { flx: '0.000000000000000007', to: 6 }].slice(random.below(3)), window_blocks: random.pick([3, 1000]) } }),
    () => ({ coherence: { ...POLICY.coherence, alpha: amount(), acts: { ...POLICY.coherence.acts, MESSAGE_RECIPROCATED: amount(), PROFILE_COMPLETED: amount(), FRAUD_BLOCKED: amount() } } }),
    () => ({ operators: some(accounts), evaluators: some(accounts) }),
    () => ({ sessions_max: 1 + random.below(4), ttl_blocks: random.pick([2, 20, 1000]) }),
    () => ({ signed: random.pick(['none', 'devices', 'all', 'devices']), signed_types: some(['NOTE', 'MESSAGE', 'PROFILE_UPDATE', 'LOGIN']) }),
    () => ({ limits: { events_per_minute: random.pick([2, 1000]), logins_per_minute: random.pick([2, 1000]), messages_per_minute: random.pick([2, 1000]), threads_per_day: random.pick([1, 1000]) } }),
  ])();
}

// entries: how many; accounts: how many take part.
export async function randomLedger(random, { entries, accounts }) {
  const w = new LedgerWriter();
  const all = Array.from({ length: accounts }, (_, i) => i + 1);
  const users = all.map((n) => LedgerWriter.user(n));
  const one = () => random.pick(all);
  let keyNumber = 0;
  const contents = [];
  await w.genesis({ epoch_blocks: 5, ...randomPolicy(random, users) });
  await w.append('EVENT_TYPE', { by: 'account', schema: {}, type: 'NOTE' });
  await w.append('EVENT_TYPE', { by: 'operator', schema: { additionalProperties: true, properties: { n: { type: 'integer' } }, type: 'object' }, type: 'MARK' });
  const payload = () => ({ [random.text(random.below(9))]: random.text(random.below(40)), n: random.below(1000) });
  const features = () => Object.fromEntries(['clarity', 'contradiction', 'hsmf', 'logic', 'signal', 'topic'].map((name) => [name, random.pick(['0', '1', '0.5', '0.123456789012345678', '1.0'])]));
  const rotateKeys = async () => {
    const [old, next] = [ledgerKeys(keyNumber), ledgerKeys(keyNumber + 1)];
    const message = Buffer.concat([Buffer.from('qfs:key-rotation:v1\0'), Buffer.from(w.store.ledger.ledger, 'hex'), next.checkpoint.key, next.token.key]);
    await w.append('KEY_ROTATED', { keys: next.payload, signature: old.checkpoint.sign(message).toString('hex') });
    keyNumber++;
  };
  const changeServer = async () => {
    const { timeline, version } = w.store.get('server', 0);
    const server = serverOf(w.lines.length, { timeline: timeline + random.below(2), version: version + random.below(2) });
    const changed = [...random.pick([[], ['database'], ['database', 'system'], ['recovery']]), ...(server.timeline > timeline ? ['timeline'] : []), ...(server.version > version ? ['version'] : [])].sort();
    await w.append('SERVER_CHANGED', { changed, reason: ['database', 'recovery'].some((name) => changed.includes(name)) ? 'it moved' : null, server });
  };
  const device = (n) => random.pick([null, n, n, 100 + n, random.chance(10) ? one() : n]);
  const anySession = () => random.pick([...w.store.tables.session.keys()]);
  // Each with how often it is tried.
  const acts = [
    [10, () => { const n = one(); return w.login(n, { device: device(n), code: random.chance(10) ? '0'.repeat(22) : undefined }); }],
    [4, () => w.rotate(one())],
    [3, () => { const n = one(); return w.act(n, 'SESSION_REVOKED', { reason: random.pick(['user_logout', 'device_lost', 'compromised']), session: random.chance(60) ? w.sessions.get(n) : anySession() }); }],
    [2, () => w.append('SESSION_REVOKED', { reason: 'admin', session: anySession() })],
    [8, () => w.profile(one())],
    [6, () => w.chatKey(one())],
    [40, () => w.send(one(), one())],
    [12, () => w.use(one(), one())],
    [6, async () => { const content = hex(`content ${w.lines.length}`); await w.act(one(), 'CONTENT_CREATED', { content, kind: 'text', size: random.below(1e9) }); contents.push(content); }],
    [8, () => w.act(one(), 'COHERENCE_SCORED', { content: random.pick(contents), features: features() })],
    [6, () => w.act(one(), 'NOTE', payload())],
    [3, () => w.act(one(), 'MARK', payload())],
    [3, () => w.append('MARK', payload(), { actor: random.pick(['system', ...users]) })],
    [3, () => w.append('PAYLOAD_ERASED', { reason: random.text(1 + random.below(9)), seq: random.pick([...w.customs(), ...w.store.tables.login.keys()]) })],
    [4, () => w.setPolicy(randomPolicy(random, users))],
    [1, rotateKeys],
    [1, changeServer],
  ].flatMap(([weight, run]) => Array(weight).fill(run));
  while (w.lines.length < entries) {
    w.wait(random.pick([0, 1, 500, BLOCK - 1, BLOCK, 3 * BLOCK, random.chance(5) ? 86400000 : 10]));
    try {
      await random.pick(acts)();
    } catch (error) {
      // What the rules refuse, and what cannot be asked: by who has not signed in, of what is not there.
      if (!(error instanceof LedgerFault || error instanceof TypeError || /lone surrogate/.test(error.message))) throw error;
    }
  }
  return w;
}
