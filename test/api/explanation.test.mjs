// explanation.test.mjs - the one form of all explanations: an example of each kind, made by the functions, what breaks it, and its hashes made anew.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { faults, schemaText } from './schema.mjs';
import { login, makers } from './wallets.mjs';
import { makeChatKey } from './chat.mjs';
import { canonical } from '../../src/web/canonical.mjs';

const api = ledger('explained');
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const userOf = (wallet) => api.sql(`SELECT qfs.user_id('${wallet.address}'::qfs.address)`);
const digest = (value) => createHash('sha3-256').update(canonical(value)).digest('hex');
const seqOf = (type) => Number(api.sql(`SELECT max(seq) FROM qfs.ledger WHERE type = '${type}'`));

const explain = async (kind, subject, more = {}, token = undefined) => assertOk(await api.call('explanation', { kind, subject, ...more }, token), `${kind} ${subject}`);
const withAdvice = (kind, subject, more = {}) => api.call('explanation_with_advice', { kind, subject, ...more });

// ---- what there is to explain: a proposal that four hold seats for, all the way, and an act of somebody ----

const holders = [0, 1, 2, 3].map((n) => makers[n % 2]());
async function act(wallet, name, body) {
  const { nonce, text } = assertOk(await api.call(name, body));
  return assertOk(await api.call(name, { ...body, auth: { nonce, sig: await wallet.sign(text) } }));
}
const proposalOf = async (seq) => assertOk(await api.read(`/proposals?seq=eq.${seq}`))[0];
async function waitFor(block) {
  while (assertOk(await api.read('/rpc/governance')).block < block) await pause(100);
}

const propose = async (wallet, action, track) => (await act(wallet, 'propose', { action, title: 'Another number', track, description: 'Why.' })).seq;
const voteOn = async (seq, choices) => {
  await waitFor((await proposalOf(seq)).opens);
  const votes = [];
  for (const [n, choice] of choices.entries()) votes.push((await act(holders[n], 'vote', { proposal: seq, choice })).seq);
  return votes;
};

for (const holder of holders) api.sql(`SELECT qfs.set_nod('${userOf(holder)}', 25, 'founder')`);
const proposal = await propose(holders[0], { policy: { referral: { cap: 50, points: 11 } } }, 'parameter');
const rejected = await propose(holders[1], {}, 'text');
const [vote] = await voteOn(proposal, ['yes', 'yes', 'no']);
await voteOn(rejected, ['no', 'veto']);
// A vote is final: one more is recorded, and blocked.
const [again] = await voteOn(proposal, ['no']);
await waitFor((await proposalOf(proposal)).enacts);
while ((await proposalOf(proposal)).state !== 'EXECUTED') assertOk(await api.call('settle'));

const ann = await login(api, makers[0]());
const chatKey = (await makeChatKey()).text;
assertOk(await api.call('use_referral', { code: assertOk(await api.read('/rpc/referral_code', (await login(api, makers[1]())).token)) }, ann.token));
const use = seqOf('REFERRAL_USE');

api.sql(`SELECT qfs.register_model('critic', 'rules', '1.0', '{"intended_use": "tests", "scope": "all", "inputs": ["map"], "limits": "none", "evaluation": "none"}')`);
const critic = api.sql("SELECT qfs.advisor_token('critic', 3600)");
const head = assertOk(await api.read('/rpc/head'));
for (const [subject, body] of [[`proposal:${proposal}`, { text: '<b>wait</b>', mode: 'CAUSAL_ONLY', reasons: ['2 of 12 verdicts flip', 7, 'and one more'] }], ['key:referral.cap', { risk: 'high', text: 5, reasons: 'none' }]]) {
  assertOk(await api.call('advise', { model: 'rules', version: '1.0', subject, size: head.size, head: head.hash, input_hash: 'ab'.repeat(32), body: { advisory: true, ...body } }, critic));
}

// ---- one of each kind ----

const WHAT_IF = { actions: [{ payload: { key: chatKey }, type: 'CHAT_KEY' }], changes: { limits: { logins_per_minute: 0 }, referral: { cap: 3 } } };

const example = {
  proposal: await explain('proposal', `proposal:${proposal}`),
  vote: await explain('vote', `entry:${vote}`),
  tally: await explain('tally', `proposal:${proposal}`),
  execution: await explain('execution', `proposal:${proposal}`),
  parameter: await explain('parameter', 'key:referral.cap'),
  guard_decision: await explain('guard_decision', `entry:${use}/WINDOW_CLOSED`, {}, ann.token),
  consequence_map: await explain('consequence_map', `proposal:${proposal}`),
  what_if: await explain('what_if', undefined, { question: WHAT_IF }, ann.token),
  reflection: assertOk(await api.call('reflect', { seq: use }, ann.token)),
  advice: assertOk(await withAdvice('advice', `proposal:${proposal}`)),
};
const others = [
  await explain('tally', `proposal:${rejected}`), await explain('proposal', `entry:${rejected}`),
  await explain('vote', `entry:${again}`), await explain('parameter', 'key:auth.domains'), await explain('parameter', 'key:block_ms'),
  assertOk(await withAdvice('tally', `proposal:${proposal}`)), assertOk(await withAdvice('parameter', 'key:referral.cap')),
  assertOk(await api.call('preview', { type: 'CHAT_KEY', payload: { key: chatKey } }, ann.token)),
  assertOk(await api.call('preview', { type: 'MESSAGE', payload: { made: 'up' } }, ann.token)),
];

test('the schema is served as it is written, to everybody', async () => {
  const served = await api.read('/rpc/explanation_schema');
  assert.equal(served.status, 200, served.text);
  assert.equal(served.bytes.toString(), schemaText);
  assert.deepEqual(JSON.parse(schemaText).$defs.explanation.properties.kind.enum.filter((kind) => !example[kind]), [], 'a kind without an example');
});

test('each kind fits, and its hashes are those of what it says', () => {
  for (const explanation of [...Object.values(example), ...others]) {
    const { explanation_hash: hash, explanation_id: id, ...all } = explanation;
    const { advisory, ...decided } = all;
    assert.equal(faults(explanation), null, explanation.kind);
    assert.equal(hash, digest(decided), `${explanation.kind}: explanation_hash`);
    assert.equal(id, digest(all), `${explanation.kind}: explanation_id`);
  }
});

// ---- what breaks it ----

const copyOf = (explanation, change) => { const copy = structuredClone(explanation); change(copy); return copy; };
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

// Counts and objects of an explanation that have a form, each by the way to it.  What is as a policy or an account has it has none.
const FREE = /^decided\.(changes\.\d+\.(from|to)|history\.\d+\.value|value|effects|arithmetic\.\d+\.inputs|(what_if\.)?(actions|changes)|inputs\.(actions|changes)|keys\.\d+\.(before|after)|undo|schedule|steps\.\d+\.(accounts|outcome)|(what_if\.)?((direct|cumulative)\.(refused|follows)|cumulative\.tokens))$/;
function* places(value, kind, path = []) {
  if (FREE.test(path.join('.')) || (kind === 'reflection' && path.join('.') === 'decided.thresholds')) return;
  if (typeof value === 'number') yield { path, what: 'count' };
  if (isObject(value)) yield { path, what: 'object' };
  if (value !== null && typeof value === 'object') for (const [key, inner] of Object.entries(value)) yield* places(inner, kind, [...path, key]);
}
const at = (root, path) => path.reduce((value, key) => value[key], root);

const ADVICE = { advisory: true, model: 'rules', version: '1.0', mode: 'HEURISTIC', text: 'wait', reasons: [] };

// Every way to break one that this test knows: [what, broken].
function* breaks(explanation) {
  const { kind } = explanation;
  for (const { path, what } of places(explanation, kind)) {
    const where = path.join('.') || 'the explanation';
    if (what === 'count') {
      yield [`a fraction at ${where}`, copyOf(explanation, (copy) => { at(copy, path.slice(0, -1))[path.at(-1)] += 0.5; })];
      yield [`less than none at ${where}`, copyOf(explanation, (copy) => { at(copy, path.slice(0, -1))[path.at(-1)] = -1; })];
    } else {
      for (const key of Object.keys(at(explanation, path))) yield [`no ${key} in ${where}`, copyOf(explanation, (copy) => { delete at(copy, path)[key]; })];
      yield [`one too many in ${where}`, copyOf(explanation, (copy) => { at(copy, path).more = 1; })];
    }
  }
  for (const [other, { decided }] of Object.entries(example)) {
    if (other !== kind) yield [`the body of ${other}`, { ...explanation, decided }];
    if (other !== kind) yield [`called ${other}`, { ...explanation, kind: other }];
  }
  yield ['another kind', { ...explanation, kind: 'opinion' }];
  yield ['another version', { ...explanation, v: 2 }];
  for (const advisory of [{ ...ADVICE, advisory: false }, { ...ADVICE, advisory: 'true' }, (({ advisory: gone, ...rest }) => rest)(ADVICE), 'wait', true]) {
    yield [`advisory ${JSON.stringify(advisory)}`, { ...explanation, advisory }];
  }
  yield ['advice inside decided', { ...explanation, decided: { ...explanation.decided, advisory: ADVICE } }];
  yield ['advice in place of what was decided', { ...explanation, decided: ADVICE }];
  yield ['advice among the reasons', { ...explanation, evidence: [...explanation.evidence, ADVICE] }];
  yield ['a member of a proof', { ...explanation, topic: 'entry' }];
  yield ['a member of a run', { ...explanation, run_hash: 'ab'.repeat(32) }];
  yield ['a hash that is cut off', { ...explanation, explanation_hash: explanation.explanation_hash.slice(1) }];
}

for (const [kind, explanation] of Object.entries(example)) {
  test(`of ${kind}, each of its members is needed, and no other is taken`, () => {
    let count = 0;
    for (const [what, broken] of breaks(explanation)) {
      assert.notEqual(faults(broken), null, `${kind}, ${what}: taken`);
      count++;
    }
    assert.ok(count > 50, `${count} ways to break it`);
  });
}

test('what is not advice is still taken with good advice, and advice never without', () => {
  for (const [kind, explanation] of Object.entries(example)) {
    assert.equal(faults({ ...explanation, advisory: ADVICE }), null, kind);
    assert.equal(faults({ ...explanation, advisory: null }) === null, kind !== 'advice', kind);
  }
});

// ---- what they say ----

test('a proposal, its vote, tally and execution say what is on the ledger', async () => {
  const { decided: made } = example.proposal;
  assert.deepEqual(made.changes, [{ class: 'parameter', from: 100, key: 'referral.cap', to: 50 }, { class: 'parameter', from: 10, key: 'referral.points', to: 11 }]);
  assert.deepEqual([made.outcome, made.rule, made.inputs], ['OK', 'PROPOSAL_CREATED', { holders: 4, total: 100 }]);
  const row = await proposalOf(proposal);
  assert.deepEqual([made.action, made.text, made.schedule.opens, made.thresholds], [row.action, row.text, row.opens, row.terms]);

  const { decided: cast } = example.vote;
  assert.deepEqual([cast.outcome, cast.choice, cast.power, cast.proposal, cast.tally.yes], ['OK', 'yes', 25, proposal, 25]);
  assert.deepEqual(cast.arithmetic[0], { inputs: { nod: '25', percent: '25', total: '100' }, op: 'power', result: '25' });
  const [, , blocked] = others;
  assert.deepEqual([blocked.decided.outcome, blocked.guards.find(({ result }) => result === 'BLOCK').guard], ['BLOCKED', 'VOTE_ONCE']);

  const { decided: tally } = example.tally;
  assert.deepEqual([tally.outcome, tally.tally.yes, tally.tally.no, tally.inputs.total, tally.thresholds.quorum], ['QUEUED', 50, 25, 100, 30]);
  assert.deepEqual(tally.arithmetic.find(({ op, inputs }) => op === 'bound' && inputs.guard === 'TALLY_QUORUM'),
    { inputs: { guard: 'TALLY_QUORUM', of: '100', percent: '30' }, op: 'bound', result: '3000' });
  assert.deepEqual(example.tally.evidence.map(({ role }) => role), ['genesis', 'proposal', 'proposal', 'vote', 'decision'], 'the second changed the agenda last');
  assert.equal(others[0].decided.outcome, 'REJECTED');

  const { decided: done } = example.execution;
  assert.deepEqual([done.outcome, done.proposal, done.inputs.tally], ['EXECUTED', proposal, Number(example.tally.subject.slice(6))]);
  assert.equal(done.before, example.proposal.policy.hash);
  assert.equal(done.after, made.result);

  const { decided: key } = example.parameter;
  assert.deepEqual([key.value, key.class, key.set_by, key.rule, key.may_change], [50, 'parameter', seqOf('PROPOSAL_EXECUTED'), 'PROPOSAL_EXECUTED', ['operator', 'parameter']]);
  assert.deepEqual(key.history.map(({ proposal: by, type, value }) => [type, value, by]), [['PROPOSAL_EXECUTED', 50, proposal], ['GENESIS', 100, null]]);
  assert.deepEqual(others[4].decided.may_change, []);

  const guard = example.guard_decision.decided;
  assert.deepEqual([guard.outcome, guard.rule, guard.guard.relation, guard.guard.turns_at], ['PASS', 'REFERRAL_USE', '<=', guard.thresholds.bound + 1]);
});

test('a what-if is what what_if answers, and an auditor\'s has the hash that anybody makes anew', async () => {
  const { decided } = example.what_if;
  assert.deepEqual([decided.outcome, decided.inputs.changes, decided.steps[0].outcome.status, decided.run_hash], ['SIMULATION', WHAT_IF.changes, 'OK', null]);
  assert.deepEqual(decided.steps, assertOk(await api.call('what_if', WHAT_IF, ann.token)).steps.map((step, n) => ({ ...decided.steps[n], error: step.error })));
  const question = JSON.stringify({ changes: WHAT_IF.changes, from: 1 });
  const told = JSON.parse(api.sql(`SET ROLE qfs_auditor; SELECT qfs_api.explanation('what_if', size => 12, question => '${question}')`));
  assert.equal(faults(told), null);
  const { inputs, run_hash: run, direct, cumulative, ledger: genesis, policy, steps, unplayed } = told.decided;
  assert.equal(run, digest({ ...inputs, cumulative, direct, head: told.snapshot.head, ledger: genesis, mode: 'SIMULATION', policy, steps, unplayed, v: 1 }));
  assert.equal(told.subject, `changes:${digest(WHAT_IF.changes)}`);
  assert.equal(policy.before, told.policy.hash);
  assert.deepEqual([told.snapshot.size, inputs.from], [12, 1]);
});

test('a map is what consequence_map answers, but for advice', async () => {
  const shown = assertOk(await api.call('consequence_map', { proposal }));
  const { decided } = example.consequence_map;
  assert.deepEqual(decided, { ...decided, conflicts: shown.conflicts, edges: shown.edges, graph_hash: shown.graph_hash, keys: shown.keys, nodes: shown.nodes, undo: shown.undo });
  assert.equal(decided.graph_hash, digest({ edges: decided.edges, nodes: decided.nodes }));
  assert.deepEqual(decided.keys.map(({ after, before, key }) => [key, before, after]), [['referral.cap', 50, 50], ['referral.points', 11, 11]]);
  const changed = await explain('consequence_map', undefined, { question: { changes: { block_ms: 5, referral: { cap: 3 } }, window: 5 } });
  assert.deepEqual(changed.decided.nodes.find(({ id }) => id === 'key:block_ms'), { class: 'fixed', id: 'key:block_ms', kind: 'key', refused: 'KEY_FIXED' });
  assert.equal(changed.subject, assertOk(await api.call('consequence_map', { changes: { block_ms: 5, referral: { cap: 3 } }, window: 5 })).subject);
  const advised = assertOk(await withAdvice('consequence_map', `proposal:${proposal}`));
  assert.equal(advised.advisory.text, '<b>wait</b>');
  assert.equal(advised.decided.graph_hash, decided.graph_hash);
});

test('evidence, head and policy are those of the ledger', () => {
  for (const { evidence, kind, policy, snapshot } of [...Object.values(example), ...others]) {
    const hashOf = (seq) => api.sql(`SELECT hash FROM qfs.ledger WHERE seq = ${seq}`);
    for (const { hash, seq } of evidence) assert.equal(hash, hashOf(seq), kind);
    assert.equal(snapshot.head, hashOf(snapshot.size - 1), kind);
    assert.equal(policy.hash, api.sql(`SELECT encode(sha256(convert_to(policy, 'UTF8')), 'hex') FROM qfs.policy WHERE seq = ${policy.seq}`), kind);
  }
});

test('of what everybody reads it is the same for everybody, and of a size the same for ever', async () => {
  const { size } = example.parameter.snapshot;
  const { token } = await login(api, holders[0]);
  for (const [kind, subject] of [['proposal', `proposal:${proposal}`], ['vote', `entry:${vote}`], ['tally', `proposal:${proposal}`], ['tally', `proposal:${rejected}`],
    ['execution', `proposal:${proposal}`], ['parameter', 'key:referral.cap']]) {
    const told = await explain(kind, subject, { size });
    assert.equal(told.snapshot.size, size);
    for (const reader of [token, ann.token]) assert.deepEqual(await explain(kind, subject, { size }, reader), told, kind);
    const auditor = api.sql(`SET ROLE qfs_auditor; SELECT qfs_api.explanation('${kind}', '${subject}', ${size})`);
    assert.deepEqual(JSON.parse(auditor), told, kind);
    assert.deepEqual(assertOk(await api.read(`/rpc/explanation?kind=${kind}&subject=${encodeURIComponent(subject)}&size=${size}`)), told, kind);
  }
  assert.deepEqual((await explain('vote', `proposal:${proposal}`, { size }, token)).subject, `entry:${vote}`, 'one\'s own vote');
});

test('advice is beside what was decided, and changes nothing of it', async () => {
  const { size } = example.tally.snapshot;
  const [told, advised] = [await explain('tally', `proposal:${proposal}`, { size }), assertOk(await withAdvice('tally', `proposal:${proposal}`, { size }))];
  assert.deepEqual({ ...advised, advisory: null, explanation_id: told.explanation_id }, told);
  assert.notEqual(advised.explanation_id, told.explanation_id);
  assert.deepEqual(advised.advisory, { advisory: true, model: 'rules', version: '1.0', mode: 'CAUSAL_ONLY', text: '<b>wait</b>', reasons: ['2 of 12 verdicts flip', 'and one more'] });
  assert.deepEqual(example.advice.advisory, advised.advisory);
  assert.deepEqual(example.advice.snapshot, { size: head.size, head: head.hash });
  // A body may be anything: what has no text advises with none.
  assert.deepEqual(others[6].advisory, { advisory: true, model: 'rules', version: '1.0', mode: 'HEURISTIC', text: '', reasons: ['none'] });
  assert.equal(assertOk(await withAdvice('tally', `proposal:${proposal}`, { size, model: 'another' })).advisory, null);
  assertError(await withAdvice('advice', `proposal:${rejected}`), 404, 'QFS_ADVICE_NONE');
  assertError(await withAdvice('advice', `proposal:${proposal}`, { model: 'another' }), 404, 'QFS_ADVICE_NONE');
  assertError(await withAdvice('advice', null), 404, 'QFS_ADVICE_NONE');
});

test('what cannot be explained is said', async () => {
  const ask = (kind, subject, more = {}, token = ann.token) => api.call('explanation', { kind, subject, ...more }, token);
  for (const kind of ['opinion', '', null, 'advice', 'reflection ']) assertError(await ask(kind, 'entry:1'), 400, 'QFS_ARGUMENT', String(kind));
  for (const kind of ['proposal', 'vote', 'tally', 'execution', 'guard_decision']) {
    for (const subject of [null, '', 'entry:', 'entry:-1', 'entry:1.5', 'entry:99999999999999999999', 'seat:1', `entry:${proposal}/`, 'entry:１', `entry:${proposal}\n`]) {
      assertError(await ask(kind, subject), 400, 'QFS_ARGUMENT', `${kind} ${subject}`);
    }
  }
  for (const question of [[], 'x', { change: {} }, { from: 'x' }, { from: 1.5 }, { from: -1 }, { from: [] }]) assertError(await ask('what_if', undefined, { question }), 400, 'QFS_ARGUMENT', JSON.stringify(question));
  for (const more of [{}, { question: { changes: {}, actions: [] } }, { question: { changes: { referral: { cap: 3 } }, window: -1 } }, { question: { changes: {} }, size: 5 }]) {
    assertError(await ask('consequence_map', undefined, more), 400, 'QFS_ARGUMENT', JSON.stringify(more));
  }
  assertError(await ask('consequence_map', 'key:referral.cap'), 400, 'QFS_ARGUMENT');
  assertError(await ask('consequence_map', `proposal:${proposal}`, { question: { changes: {} } }), 400, 'QFS_ARGUMENT');
  assertError(await ask('consequence_map', 'proposal:0'), 404, 'QFS_PROPOSAL_UNKNOWN');
  assertError(await ask('what_if', 'key:referral.cap', { question: {} }), 400, 'QFS_ARGUMENT');
  assertError(await ask('tally', `proposal:${proposal}`, { question: {} }), 400, 'QFS_ARGUMENT');
  assertError(await ask('what_if', undefined, { question: { changes: { referral: { cup: 5 } } } }), 400, 'QFS_POLICY_INVALID');
  assertError(await ask('what_if', undefined, { question: { changes: { block_ms: 5 } } }), 422, 'QFS_KEY_FIXED');
  for (const subject of [null, '', 'referral.cap', 'key:', 'key:nothing', 'key:referral']) assertError(await ask('parameter', subject), 400, 'QFS_ARGUMENT', String(subject));
  for (const size of [0, -1, 1e9]) assertError(await ask('parameter', 'key:referral.cap', { size }), 400, 'QFS_ARGUMENT', String(size));
  for (const [kind, subject] of [['proposal', `entry:${vote}`], ['proposal', 'entry:900000000'], ['vote', 'entry:0'], ['tally', 'proposal:0'], ['execution', `proposal:${rejected}`],
    ['guard_decision', `entry:${use}/VOTE_ONCE`], ['guard_decision', `entry:${use}/WINDOW_CLOSED/2`], ['guard_decision', 'entry:900000000/WINDOW_CLOSED']]) {
    assertError(await ask(kind, subject), 404, 'QFS_ENTRY_UNKNOWN', `${kind} ${subject}`);
  }
  assertError(await api.call('explanation', { kind: 'vote', subject: `proposal:${proposal}` }), 401, 'QFS_NO_SESSION');
  // Guards of an act are its own parties' to read, as the act is.
  const eve = await login(api);
  assertError(await ask('guard_decision', `entry:${use}/WINDOW_CLOSED`, {}, eve.token), 403, 'QFS_FORBIDDEN');
  assertError(await api.call('explanation', { kind: 'guard_decision', subject: `entry:${use}/WINDOW_CLOSED` }), 401, 'QFS_NO_SESSION');
  assert.equal(JSON.parse(api.sql(`SET ROLE qfs_auditor; SELECT qfs_api.explanation('guard_decision', 'entry:${use}/WINDOW_CLOSED')`)).decided.outcome, 'PASS');
});
