// governance.test.mjs - governance over HTTP: wallets without a session, through the paths of the contract.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { makers, login } from './wallets.mjs';
import { proposalPayload, votePayload, walletText } from '../../src/web/payloads.mjs';

const api = ledger('governed');
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Whoever asks too often is told to wait.
async function post(name, body = {}, token = undefined) {
  for (;;) {
    const answer = await api.site({ method: 'POST', path: `/v1/governance/${name}`, body, headers: api.bearer(token) });
    if (answer.status !== 429) return answer;
    await pause(1000);
  }
}
const get = (path) => api.site({ path: `/v1/governance/${path}` });
const status = async () => assertOk(await post('status'));
const userOf = (wallet) => api.sql(`SELECT qfs.user_id('${wallet.address}'::qfs.address)`);

// Four holders, of both libraries.
const holders = [0, 1, 2, 3].map((n) => makers[n % 2]());
for (const holder of holders) api.sql(`SELECT qfs.set_nod('${userOf(holder)}', 25, 'founder')`);

// Asks what there is to sign, signs it, and gives it back.
async function act(wallet, name, body) {
  const asked = assertOk(await post(name, body));
  const sig = await wallet.sign(asked.text);
  return post(name, { ...body, auth: { nonce: asked.nonce, sig } });
}

const waitForBlock = async (block) => {
  while ((await status()).block < block) await pause(200);
};
const proposal = async (seq) => assertOk(await get(`proposals?seq=eq.${seq}`))[0];

test('from a proposal to what it changes, and a stranger reads all of it', async () => {
  const description = 'Half is enough.';
  const body = { action: { policy: { referral: { cap: 50 } } }, title: 'Halve the referral cap', track: 'parameter', description };
  const { seq } = assertOk(await act(holders[0], 'propose', body));
  const row = await proposal(seq);
  assert.equal(row.state, 'OPEN');
  assert.equal(row.text, sha256(description));
  assert.equal(row.description, description);
  assert.equal(row.proposer, userOf(holders[0]));
  assertError(await post('vote', { proposal: seq + 1, choice: 'yes' }), 404, 'QFS_PROPOSAL_UNKNOWN');
  const map = assertOk(await post('consequence-map', { proposal: seq }));
  assert.deepEqual([map.proposal, map.subject, map.undo, map.tracks], [seq, `proposal:${seq}`, { referral: { cap: 100 } }, ['emergency', 'parameter']]);
  assert.deepEqual(map.edges.filter(({ kind }) => kind === 'changes').map(({ from, to }) => [from, to]), [[`proposal:${seq}`, 'key:referral.cap']]);
  await waitForBlock(row.opens);
  const votes = [];
  for (const [n, choice] of [[0, 'yes'], [1, 'yes'], [2, 'no']]) votes.push(assertOk(await act(holders[n], 'vote', { proposal: seq, choice })).seq);
  const stranger = makers[0]();
  assertError(await act(stranger, 'vote', { proposal: seq, choice: 'yes' }), 403, 'QFS_SEAT_NONE');
  assertError(await act(holders[3], 'vote', { proposal: seq, choice: 'yes', action: '00'.repeat(32) }), 409, 'QFS_PROPOSAL_ACTION');
  assertError(await post('vote', { proposal: seq, choice: 'yes', auth: {} }), 400, 'QFS_AUTH_INVALID');
  assertError(await post('vote', { proposal: seq, choice: 'yes', auth: { key: 'x', nonce: 1, sig: 'x' } }), 401, 'QFS_NO_SESSION');
  assert.deepEqual(assertOk(await get(`votes?proposal=eq.${seq}&order=seq`)).map((vote) => [vote.seq, vote.choice, vote.power, vote.via]),
    votes.map((vote, n) => [vote, n < 2 ? 'yes' : 'no', 25, 'wallet']));

  // Anybody has a vote explained, of whomever.
  assert.equal(assertOk(await post('explain-vote', { proposal: seq, user_id: userOf(holders[2]) })).topic, 'entry');
  assertError(await post('explain-vote', { proposal: seq }), 401, 'QFS_NO_SESSION');
  assertError(await post('explain-vote', { proposal: seq, user_id: userOf(stranger) }), 404, 'QFS_ENTRY_UNKNOWN');
  assertError(await post('explain-tally', { proposal: seq }), 404, 'QFS_ENTRY_UNKNOWN');

  // The chain of votes, back to the first: no entry of it is left out.
  const first = assertOk(await post('vote-chain', { proposal: seq, max: 2 }));
  const rest = assertOk(await post('vote-chain', { proposal: seq, before: first.next }));
  assert.equal(rest.next, null);
  const lines = [...first.entries, ...rest.entries].map(({ line }) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.seq), [...votes].reverse());
  // It begins with an entry of it, and with no other.
  assertError(await post('vote-chain', { proposal: seq, before: seq }), 404, 'QFS_ENTRY_UNKNOWN');
  assertError(await post('vote-chain', { proposal: seq, before: 0 }), 404, 'QFS_ENTRY_UNKNOWN');

  await waitForBlock((await proposal(seq)).ends);
  assert.equal((await status()).overdue > 0, true);
  // The execution is due with the next epoch, which may have begun meanwhile.
  assert.ok(assertOk(await post('settle')) >= 1);
  const [tally] = assertOk(await get(`tallies?proposal=eq.${seq}`));
  assert.equal(tally.verdict, 'QUEUED');
  assert.deepEqual(tally.guards.map((guard) => guard.result), tally.guards.map(() => 'PASS'));
  assert.match(assertOk(await post('explain-tally', { proposal: seq })).narrative, /^Passed: 50 of 100 said yes, 25 no;/);
  await waitForBlock((await proposal(seq)).enacts);
  // Somebody signs in, and the ledger settles before.
  await login(api);
  assert.equal((await proposal(seq)).state, 'EXECUTED');
  assert.equal(assertOk(await api.read('/rpc/policy')).policy.referral.cap, 50);
  const [key] = assertOk(await get('policy-keys?key=eq.referral.cap'));
  assert.equal(key.class, 'parameter');
  assert.equal(key.value, 50);
  assert.equal(key.changed_by_vote, (await proposal(seq)).settled);
  assert.equal(api.sql('SELECT count(*) FROM qfs.verify()'), '0');
});

test('seats are everybody\'s to read, and a holder\'s to give up', async () => {
  const seats = assertOk(await get('seats?order=seq'));
  assert.deepEqual(seats.map((seat) => [seat.user_id, seat.nod, seat.reason]), holders.map((holder) => [userOf(holder), 25, 'founder']));
  const account = userOf(holders[3]);
  assertError(await act(holders[2], 'hold-fewer', { account, nod: 1, reason: 'not mine' }), 403, 'QFS_FORBIDDEN');
  assertOk(await act(holders[3], 'hold-fewer', { account, nod: 20, reason: 'I have less time' }));
  assert.equal(assertOk(await get(`seats?user_id=eq.${account}`))[0].nod, 20);
});

test('a wallet that takes no text from a server signs the same, and anybody brings it', async () => {
  const ledgerHash = api.sql('SELECT ledger FROM qfs.ledger_state');
  const deliver = async (wallet, type, payload) => {
    const nonce = Date.now();
    const sig = await wallet.sign(walletText({ ledger: ledgerHash, nonce, origin: api.origin, payload, type }));
    return post('deliver', { type, payload, nonce, sig });
  };
  const payload = proposalPayload({ action: { policy: { referral: { points: 11 } } }, text: sha256('why'), title: 'Eleven', track: 'parameter' });
  const seq = assertOk(await deliver(holders[3], 'PROPOSAL_CREATED', payload));
  const row = await proposal(seq);
  assert.equal(row.title, 'Eleven');
  await waitForBlock(row.opens);
  const vote = await votePayload({ choice: 'no', payload, proposal: seq, reason: sha256('too many') });
  assertOk(await deliver(holders[1], 'VOTE_CAST', vote));
  assertError(await deliver(holders[1], 'VOTE_CAST', { ...vote, action: '00'.repeat(32) }), 409, 'QFS_PROPOSAL_ACTION');
  assert.deepEqual(assertOk(await get(`votes?proposal=eq.${seq}`)).map(({ choice, reason }) => [choice, reason]), [['no', sha256('too many')]]);
});

test('what cannot be proposed', async () => {
  const text = 'ab'.repeat(32);
  const propose = (action, track = 'parameter', more = {}) => act(holders[1], 'propose', { action, track, title: 'x', text, ...more });
  assertError(await propose({ policy: { block_ms: 2000 } }), 422, 'QFS_KEY_FIXED');
  assertError(await propose({ policy: { visibility: 'public' } }), 422, 'QFS_KEY_FIXED');
  assertError(await propose({ policy: { operators: [] } }), 422, 'QFS_KEY_TRACK');
  assertError(await propose({ policy: { referral: { cap: 50 } } }), 400, 'QFS_POLICY_INVALID');
  assertError(await propose({ policy: { referral: { cap: -1 } } }), 400, 'QFS_POLICY_INVALID');
  assertError(await propose({ policy: { nothing: 1 } }), 400, 'QFS_POLICY_INVALID');
  assertError(await propose({}, 'parameter'), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await propose({ policy: { auth: { uris: ['https://x/'.padEnd(2000, 'x'), 'https://y/'.padEnd(2000, 'y'), 'https://z/'.padEnd(2000, 'z'),
    'https://v/'.padEnd(2000, 'v'), 'https://w/'.padEnd(2000, 'w')] } } }), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await post('propose', { action: {}, track: 'text', title: 'x' }), 400, 'QFS_ARGUMENT');
});
