// policy.test.mjs - changes and keys of a policy: C against JavaScript.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The C side is test/unit/policy_tool.c, the JavaScript src/web/rules, which was written from docs/format.md.
// QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';

import { canonical } from '../../src/web/canonical.mjs';
import { ONE, readAmount } from '../../src/web/rules/amounts.mjs';
import { LedgerFault } from '../../src/web/rules/fault.mjs';
import { isRestriction, leavesOf, mergePolicy, valueOf } from '../../src/web/rules/governance/keys.mjs';
import { DEFAULT_GOVERNANCE, readPolicy } from '../../src/web/rules/policy.mjs';
import { isParameterPattern, KEY_CLASSES } from '../../src/web/rules/policy_keys.mjs';
import { makeRandom } from './random.mjs';
import { makeTool } from './tool.mjs';

const INPUTS = 5000;
const MAX_FLX = ONE * 10n ** 12n;

const ask = makeTool('policy_tool');
const [text] = ask(['default']);
const DEFAULT = JSON.parse(text);
const keys = [...KEY_CLASSES.keys()];

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
const { below, chance, pick } = makeRandom(seed);
console.log(`QFS_SEED=${seed}`);

// ---- what is asked ----

const NUMBERS = [-1, 0, 1, 9, 10, 11, 12, 13, 24, 25, 26, 30, 34, 50, 51, 66, 79, 80, 90, 91, 100, 101, 240, 511, 512, 999, 1000, 9999, 10000, 10001, 99999,
  100000, 100001, 999999, 1000000, 1000001, 86400000, 86400001, Number.MAX_SAFE_INTEGER];
const AMOUNTS = ['0', '0.5', '0.50', '1', '1.000000000000000001', '100', '1000000', '1000000000000', '1000000000000.000000000000000001', '-1', '.1', '1.', '', 'x', '0.1234567890123456789'];
const USERS = ['01', '02', '03'].map((byte) => `user_${byte.repeat(32)}`);
const NAMES = [...USERS, 'user_01', 'app.example', 'https://app.example', 'app.example:80', 'NOTED', 'noted', 'message_sent', 'profile', 'limits.*', 'limits', 'operators', 'governance.*',
  'coherence.*', 'coherence.acts.*', 'referral.cap', 'visibility', '*', '.*', 'lim*', 'rules', 'rules.*', ''];
const WORDS = ['off', 'on', 'trial', 'all', 'devices', 'none', 'parties', 'public', 'On'];

const upTo = (most, make) => Array.from({ length: below(most + 1) }, make);
const randomTier = () => ({ flx: pick(AMOUNTS), to: pick(NUMBERS) });
const VALUES = [() => pick(NUMBERS), () => pick(AMOUNTS), () => pick(WORDS), () => upTo(3, () => pick(NAMES)), () => upTo(3, () => pick(NUMBERS)), () => upTo(3, randomTier),
  () => null, () => true, () => ({}), () => ({ x: 1 })];

// Of the kind that the key has in most cases, or whatever else.
function randomValue(key) {
  if (chance(15)) return pick(VALUES)();
  const value = valueOf(DEFAULT, key);
  if (chance(10)) return value;
  if (typeof value === 'number') return pick(NUMBERS);
  if (key === 'referral.tiers') return upTo(3, randomTier);
  if (Array.isArray(value)) return upTo(3, () => (key === 'auth.chain_ids' ? pick(NUMBERS) : pick(NAMES)));
  return pick(chance(80) && !/^[0-9]/.test(value) ? WORDS : AMOUNTS);
}

const spoilt = (step) => pick([`${step}s`, step.slice(0, -1), '', `${step}.x`, step.toUpperCase(), `${step}"`, 'x'.repeat(64)]);

function put(object, steps, value) {
  const [step, ...rest] = steps;
  if (rest.length === 0 || object[step] === null || (step in object && typeof object[step] !== 'object')) object[step] = value;
  else put((object[step] ??= {}), rest, value);
}

function randomChanges() {
  const changes = {};
  for (let left = 1 + below(3); left > 0; left--) {
    const key = pick(keys);
    const steps = key.split('.').map((step) => (chance(2) ? spoilt(step) : step));
    put(changes, steps, randomValue(key));
    if (chance(3)) put(changes, steps.slice(0, -1).concat('x', 'y'), 1);
  }
  return changes;
}

const codeOf = (error) => {
  assert.ok(error instanceof LedgerFault, error);
  return error.code;
};

// ---- the answers in JavaScript ----

// null: nothing changes.
async function changed(changes) {
  try {
    const policy = canonical(mergePolicy(DEFAULT, changes));
    await readPolicy(JSON.parse(policy));
    return policy;
  } catch (error) {
    return /changes nothing/.test(error.detail) ? null : codeOf(error);
  }
}

function named(changes) {
  try {
    return leavesOf(changes).map(([name]) => name).join(' ');
  } catch (error) {
    return codeOf(error);
  }
}

// The tool gives these answers; how many there are of each.
function compare(lines, expected) {
  const tally = new Map();
  ask(lines).forEach((answer, i) => {
    assert.equal(answer, expected[i], lines[i]);
    const kind = answer.startsWith('{') ? 'policy' : answer;
    tally.set(kind, (tally.get(kind) ?? 0) + 1);
  });
  return tally;
}

test('every key has its class, and the default of governance is one', () => {
  const [answer] = ask(['keys']);
  assert.deepEqual(answer.split(',').sort(), [...KEY_CLASSES].map(([name, kind]) => `${name} ${kind}`).sort());
  const [policy] = ask([`changes\t${canonical({ governance: {} })}`]);
  assert.deepEqual(JSON.parse(policy).governance, DEFAULT_GOVERNANCE);
});

test('random changes make the same policy, or are refused', async () => {
  const rows = [];
  while (rows.length < INPUTS) {
    const changes = randomChanges();
    const answer = await changed(changes);
    // What only one of them is there to say: proposals demand a change, and the registry that the rules are known.
    if (answer !== null && answer !== 'QFS_RULES_UNKNOWN') rows.push([`changes\t${canonical(changes)}`, answer]);
  }
  const tally = compare(rows.map(([line]) => line), rows.map(([, answer]) => answer));
  assert.ok(tally.get('policy') > INPUTS / 20 && tally.get('QFS_POLICY_INVALID') > INPUTS / 20, JSON.stringify([...tally]));
});

test('random changes name the same keys, or none', () => {
  const changes = Array.from({ length: INPUTS }, randomChanges);
  const tally = compare(changes.map((item) => `leaves\t${canonical(item)}`), changes.map(named));
  assert.ok(tally.size > 50 && tally.get('QFS_POLICY_INVALID') > INPUTS / 50, String(tally.size));
});

test('the same patterns are the operator\u2019s to be given', () => {
  const prefixes = keys.flatMap((key) => key.split('.').map((_, i, steps) => steps.slice(0, i + 1).join('.')));
  const patterns = [...new Set(prefixes.flatMap((prefix) => [prefix, `${prefix}.*`, `${prefix}*`, `${prefix}.`, prefix.slice(1), `.${prefix}`, `${prefix.slice(0, -1)}.*`]).concat(NAMES))];
  const tally = compare(patterns.map((pattern) => `parameters\t${pattern}`), patterns.map((pattern) => (isParameterPattern(pattern) ? 'yes' : 'no')));
  assert.ok(tally.get('yes') > keys.length / 2 && tally.get('no') > keys.length, JSON.stringify([...tally]));
});

// Restricting is asked of values that policies have had: the rest is refused before that.
const isAmount = (value) => typeof value === 'string' && /^[0-9]{1,13}(\.[0-9]{1,18})?$/.test(value) && readAmount(value) <= MAX_FLX;

function isOfKind(key, value) {
  const kind = valueOf(DEFAULT, key);
  if (key === 'referral.tiers') return Array.isArray(value) && value.every((tier) => isAmount(tier?.flx));
  if (Array.isArray(kind)) return Array.isArray(value) && value.every((item) => typeof item === (key === 'auth.chain_ids' ? 'number' : 'string'));
  return typeof value === typeof kind;
}

function randomWay() {
  const key = chance(90) ? pick(keys.filter((name) => /^(limits\.|referral\.|operators|evaluators)/.test(name))) : pick(keys);
  const before = randomValue(key);
  const after = Array.isArray(before) && chance(40) ? before.filter(() => chance(60)) : randomValue(key);
  return [key, before, after];
}

test('the same changes restrict', () => {
  const ways = Array.from({ length: INPUTS }, randomWay).filter(([key, before, after]) => isOfKind(key, before) && isOfKind(key, after));
  const tally = compare(ways.map(([key, before, after]) => `restricts\t${key}\t${canonical(before)}\t${canonical(after)}`), ways.map((way) => (isRestriction(...way) ? 'yes' : 'no')));
  assert.ok(tally.get('yes') > INPUTS / 20 && tally.get('no') > INPUTS / 20, JSON.stringify([...tally]));
});
