// governed_bundles.test.mjs - entries of governance by the rules once more (src/web/rules/reexecute.mjs): to an auditor, and to a
// stranger who sees nothing of accounts; with one entry less, one more, and other outcomes under hashes that are right.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// QFS_SEED repeats a run.  What makes the lines here shows no more than docs/format.md (Entries that governance rests on) says.

import assert from 'node:assert/strict';
import { randomBytes, webcrypto } from 'node:crypto';
import test from 'node:test';

import { canonical, hashOfJson } from '../../src/web/canonical.mjs';
import { readLine } from '../../src/web/rules/entry.mjs';
import { LedgerFault } from '../../src/web/rules/fault.mjs';
import { isGovernance } from '../../src/web/rules/governance.mjs';
import { reexecute } from '../../src/web/rules/reexecute.mjs';
import { forge, pathsOf } from './forging.mjs';
import { randomGovernedLedger } from './governed_ledger.mjs';
import { showing } from './partial_lines.mjs';
import { makeRandom } from './random.mjs';

// Node 18 has WebCrypto, and does not show it.
globalThis.crypto ??= webcrypto;

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
console.log(`# governed_bundles: QFS_SEED=${seed}`);
const random = makeRandom(seed);

const ENTRIES = 200;
const OWN = ['act', 'outcome', 'payload', 'sig'];
const STRANGER = `user_${'7'.repeat(64)}`;

const typeOf = ({ act: { type } }) => type;
const governedOf = (entries) => entries.filter((entry) => isGovernance(typeOf(entry)));

// Some histories are of few types: another one is drawn.
async function draw() {
  for (;;) {
    const { lines, store } = await randomGovernedLedger(random, { entries: ENTRIES, accounts: 6 });
    const entries = lines.map((line) => JSON.parse(line));
    if (new Set(governedOf(entries).map(typeOf)).size >= 5) return { lines, store, entries };
  }
}

const { lines, store, entries } = await draw();
const governed = governedOf(entries);

const sessions = new Map();
for (const { session, issued_block: issued, ttl_blocks: ttl, operates, device } of store.tables.session.values()) {
  const details = { device: device && Buffer.from(device, 'hex').toString('base64url'), expires_at: store.ledger.genesis_at + (issued + ttl) * store.policyInForce.block_ms, operator: operates, session, ttl_blocks: ttl };
  sessions.set(await hashOfJson(details), details);
}

// ---- what it rests on ----

const seatOf = ({ outcome: { result }, payload }, account) => (payload.account === account ? result : result.seats.find((item) => item.account === account));

function* chain(seq, next) {
  for (let at = seq; at !== null && at !== undefined; at = next(entries[at])) yield at;
}

const NAMED = {
  NOD_CHANGED: ({ result }) => [result.previous, result.electorate?.previous],
  DORMANCY_CLAIMED: ({ result: { agenda, vote } }) => [vote, agenda.previous],
  DORMANCY_SETTLED: ({ payload, result: { agenda } }) => [payload.claim, agenda.previous],
  PROPOSAL_CANCELLED: ({ payload, result }) => [payload.proposal, result.agenda.previous],
  PROPOSAL_CREATED: ({ result: { agenda, keys = {}, seats = [], snapshot } }) => [agenda.previous, snapshot.electorate, snapshot.emergency, snapshot.previous, snapshot.seat,
    ...seats.map(({ previous }) => previous), ...Object.values(keys).flatMap((seq) => [seq, entries[seq].payload.proposal])],
  PROPOSAL_EXECUTED: ({ payload, result: { agenda, base, electorate, seats = [], tally } }) => [payload.proposal, tally, base, agenda.previous, electorate.previous, ...seats.map(({ previous }) => previous)],
  PROPOSAL_TALLIED: ({ payload, result }) => [payload.proposal, result.tally.previous, result.agenda.previous],
  VOTE_CAST: ({ actor, payload: { proposal }, result: { agenda, tally, voter } }) => [proposal, tally.previous, agenda?.previous,
    ...chain(voter.seat, (entry) => (entry.seq > proposal ? seatOf(entry, actor).previous : null)),
    ...chain(voter.previous, (entry) => (entry.seq >= proposal ? entry.outcome.result.voter.previous : null))],
};

const readOf = ({ read = {} }) => Object.entries(read).flatMap(([account, kinds]) => Object.entries(kinds).map(([kind, previous]) => ({ account, kind, previous })));

function groundOf({ act: { actor, type }, outcome: { result }, payload, seq }) {
  const policies = entries.filter((one) => one.seq < seq && (typeOf(one) === 'POLICY_CHANGED' || (['DORMANCY_SETTLED', 'PROPOSAL_EXECUTED'].includes(typeOf(one)) && one.payload.policy)));
  return [...new Set([0, ...policies.slice(-1).map((one) => one.seq), ...NAMED[type]({ actor, payload, result })])].filter((one) => one !== null && one !== undefined);
}

// Lines before the entry: of the ground all but accounts, of the parts of accounts those that it touched or looked at.
async function linesBefore(entry, withAccounts) {
  const parts = withAccounts ? [...entry.accounts, ...readOf(entry.outcome)].filter(({ previous }) => previous !== null) : [];
  const ground = groundOf(entry);
  const numbers = [...new Set([...ground, ...parts.map(({ previous }) => previous)])].filter((seq) => seq < entry.seq).sort((a, b) => a - b);
  return Promise.all(numbers.map(async (seq) => {
    const isPart = (part) => parts.some(({ account, kind, previous }) => previous === seq && account === part.account && kind === part.kind);
    if (ground.includes(seq) && entries[seq].accounts.length === 0) return lines[seq];
    return canonical(await showing(entries[seq], ground.includes(seq) ? OWN : [], isPart));
  }));
}

const sessionsOf = ({ accounts, outcome }) => [...accounts, ...readOf(outcome)].filter(({ kind, previous }) => kind === 'access' && previous !== null)
  .flatMap(({ account, previous }) => entries[previous].accounts.find((part) => part.account === account && part.kind === 'access').state.sessions)
  .map((digest) => sessions.get(digest)).slice(0, 16);

const bundle = (entry, more) => ({ from: 0, seq: entry.seq, topic: 'entry', ...more });
const toAuditor = async (entry, text = canonical(entry)) => ({ bundle: bundle(entry, { reader: 'auditor', sessions: sessionsOf(entry), subject: null }), lines: [...await linesBefore(entry, true), text] });

async function toStranger(entry) {
  const text = canonical(await showing(entry, OWN, () => false));
  return { bundle: bundle(entry, { reader: 'subject', sessions: [], subject: STRANGER }), lines: [...await linesBefore(entry, false), entry.accounts.length > 0 ? text : canonical(entry)] };
}

const run = async (one) => reexecute(one.bundle, (await Promise.all(one.lines.map(readLine))).sort((a, b) => a.entry.seq - b.entry.seq));
const codeOf = (one) => run(one).then(() => 'sound', (error) => {
  if (!(error instanceof LedgerFault)) throw error;
  return error.code.slice(4);
});

// ---- the tests ----

test('every entry of governance is executed again, for an auditor', async () => {
  for (const entry of governed) {
    const { isRun, recorded } = await run(await toAuditor(entry));
    assert.deepEqual([isRun, recorded], [true, ['first uses', 'rates']], `${typeOf(entry)} ${entry.seq}`);
  }
});

test('a stranger, who sees nothing of accounts, computes the same', async () => {
  for (const entry of governed) {
    const { recorded } = await run(await toStranger(entry));
    const looks = readOf(entry.outcome).some(({ kind }) => kind === 'standing') || entry.accounts.some(({ kind }) => kind === 'standing');
    const isOnTrust = entry.act.auth.via === 'session';
    assert.deepEqual(recorded, [...(isOnTrust ? ['authority'] : []), ...(looks ? ['conditions'] : []), 'first uses', 'rates'], `${typeOf(entry)} ${entry.seq}`);
  }
});

test('of what it rests on nothing can be left out, and nothing is shown besides', async () => {
  const found = { BUNDLE_INCOMPLETE: 0 };
  for (const entry of governed.filter(() => random.chance(40))) {
    for (const one of [await toAuditor(entry), await toStranger(entry)]) {
      for (const [i, text] of one.lines.slice(0, -1).entries()) {
        const { act, payload, seq } = (await readLine(text)).entry;
        // A policy is missed by what names it (verify_bundle.mjs).
        if (typeOf({ act: act ?? {} }) === 'POLICY_CHANGED' || payload?.policy) continue;
        const code = await codeOf({ ...one, lines: one.lines.filter((_, at) => at !== i) });
        assert.notEqual(code, 'sound', `${typeOf(entry)} ${entry.seq} without ${seq}`);
        found[code] = (found[code] ?? 0) + 1;
      }
      const shown = await Promise.all(one.lines.map(async (text) => (await readLine(text)).entry.seq));
      const other = random.pick(entries.filter(({ payload, seq }) => !shown.includes(seq) && !payload.policy));
      assert.equal(await codeOf({ ...one, lines: [...one.lines, lines[other.seq]] }), 'BUNDLE_SURPLUS', `${typeOf(entry)} ${entry.seq} with ${other.seq}`);
    }
  }
  assert.ok(found.BUNDLE_INCOMPLETE > 50, JSON.stringify(found));
});

// An entry that says there was none before it, of whatever: who has no other entries cannot know, and is told so ("first uses").
const FIRST = ['electorate', 'emergency', 'last', 'previous'];
const saysFirst = (own, forged) => Object.entries(own ?? {}).some(([name, value]) => (FIRST.includes(name) && value !== null && forged?.[name] === null)
  || (typeof value === 'object' && saysFirst(value, forged?.[name])));

test('another outcome is found by whoever computes it, though its hash is right', async () => {
  let tried = 0;
  for (const entry of governed.filter(() => random.chance(40))) {
    const forged = structuredClone(entry);
    forge(random, forged, random.pick(pathsOf(forged).filter(([name, member]) => name === 'outcome' && ['guards', 'result', 'status', 'policy'].includes(member))));
    if (canonical(forged) === canonical(entry) || saysFirst(entry.outcome.result, forged.outcome?.result)) continue;
    tried++;
    const what = `${typeOf(entry)} ${entry.seq}: ${canonical(forged.outcome)}`;
    assert.notEqual(await toAuditor(forged).then(codeOf, () => 'not to be put together'), 'sound', what);
    const code = await toStranger(forged).then(codeOf, () => 'not to be put together');
    // What the guard of the deposit observed nobody can know who does not see the account, if its verdict fits; nor whether an
    // entry that does nothing to accounts says that it was not blocked.
    const known = ({ guards = [], ...outcome }) => canonical({ ...outcome, guards: Array.isArray(guards) ? guards.map((one) => (one?.guard === 'DEPOSIT' ? { ...one, observed: null } : one)) : null,
      status: outcome.status === 'BLOCKED' });
    if (known(forged.outcome) !== known(entry.outcome)) assert.notEqual(code, 'sound', what);
  }
  assert.ok(tried > 20);
});
