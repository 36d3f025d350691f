// governance.test.mjs - the numbers of governance: known answers, and C against JavaScript.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The C side is test/unit/governance_tool.c, the JavaScript src/web/rules/governance/numbers.mjs, the known answers those of
// test/vectors/governance.json, which were computed from docs/format.md with the fractions of a third language.
// QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { endAfterSilence, endAfterTurn, isTallyDecided, nodPower, scheduleOf, tallyGuards } from '../../src/web/rules/governance/numbers.mjs';
import { makeRandom } from './random.mjs';
import { makeTool } from './tool.mjs';

const INPUTS = 100000;
const MOST = 10 ** 12;
const TERMS = ['approval', 'majority', 'quorum', 'veto_percent'];
const COUNTS = ['total', 'yes', 'no', 'abstain', 'veto'];

const ask = makeTool('governance_tool');
const vectors = JSON.parse(readFileSync(new URL('../vectors/governance.json', import.meta.url), 'utf8'));

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
const random = makeRandom(seed);
console.log(`QFS_SEED=${seed}`);

// ---- one line a question, as the tool asks and answers ----

const pick = (object, names) => names.map((name) => object[name]);

function sayVerdict(guards, isDecided) {
  const first = guards.find(({ result }) => result === 'BLOCK')?.guard ?? '-';
  return [...guards.map((guard) => pick(guard, ['guard', 'bound', 'observed', 'result']).join(' ')), first, isDecided ? 'decided' : 'open'].join(' ');
}

const KINDS = {
  powers: {
    question: (row) => `power ${pick(row, ['nod', 'total', 'power_percent']).join(' ')}`,
    known: ({ power }) => String(power),
    inScript: (row) => String(nodPower(row.nod, row.total, row.power_percent)),
  },
  verdicts: {
    question: ({ terms, counts }) => `verdict ${[...pick(terms, TERMS), ...pick(counts, COUNTS)].join(' ')}`,
    known: ({ guards, decided }) => sayVerdict(guards, decided),
    inScript: ({ terms, counts }) => sayVerdict(tallyGuards(terms, counts), isTallyDecided(terms, counts)),
  },
  schedules: {
    question: ({ terms, emergency, block, epoch_blocks: epoch }) =>
      `schedule ${[...pick(terms, ['review_blocks', 'voting_blocks', 'timelock_blocks']), Number(emergency), block, epoch].join(' ')}`,
    known: ({ schedule }) => pick(schedule, ['opens', 'ends', 'enacts']).join(' '),
    inScript: ({ terms, emergency, block, epoch_blocks: epoch }) => pick(scheduleOf(terms, emergency, block, epoch), ['opens', 'ends', 'enacts']).join(' '),
  },
  ends: {
    question: (row) => `${row.after} ${pick(row, ['late_blocks', 'ends', 'block', 'extensions']).join(' ')}`,
    known: (row) => String(row.new_ends),
    inScript: (row) => String((row.after === 'turn' ? endAfterTurn : endAfterSilence)(row, row.ends, row.block, row.extensions)),
  },
};

test('known answers, in C and in JavaScript', () => {
  assert.deepEqual(Object.keys(vectors).sort(), Object.keys(KINDS).sort());
  for (const [kind, { question, known, inScript }] of Object.entries(KINDS)) {
    const rows = vectors[kind];
    const wanted = rows.map(known);
    assert.ok(rows.length >= 18, kind);
    assert.deepEqual(ask(rows.map(question)), wanted, `${kind} in C`);
    assert.deepEqual(rows.map(inScript), wanted, `${kind} in JavaScript`);
    // None holds because nothing is said.
    wanted.forEach((answer) => assert.match(answer, /^[A-Za-z0-9 _-]+$/));
  }
});

// ---- what is random, every second one close to where the answer turns ----

const below = (n) => Math.floor((random.below(2 ** 30) / 2 ** 30) * n);
const upTo = (n) => below(n + 1);
const near = (n, least, most) => Math.min(Math.max(n + random.below(5) - 2, least), most);
const total = () => random.pick([() => upTo(40), () => upTo(1000), () => upTo(MOST), () => MOST - upTo(3)])();
const percent = (least, most) => least + upTo(most - least);

function someVerdict() {
  const terms = { approval: percent(0, 100), majority: percent(51, 100), quorum: percent(0, 100), veto_percent: percent(25, 50) };
  const all = total();
  let left = all;
  // An edge, or any number; of what is left.
  const take = (edge) => {
    const n = random.chance(50) ? near(edge, 0, left) : random.chance(30) ? 0 : upTo(left);
    left -= n;
    return n;
  };
  const yes = take(Math.ceil((all * terms.approval) / 100));
  const no = take(Math.floor((yes * (100 - terms.majority)) / terms.majority));
  const veto = take(Math.floor(((yes + no) * terms.veto_percent) / (100 - terms.veto_percent)));
  const abstain = take(Math.ceil((all * terms.quorum) / 100) - yes - no - veto);
  return { terms, counts: { total: all, yes, no, abstain, veto } };
}

function somePower() {
  const all = total();
  const power_percent = percent(1, 25);
  return { nod: random.chance(50) ? near(Math.floor((all * power_percent) / 100), 0, all) : upTo(all), total: all, power_percent };
}

function someSchedule() {
  const [review_blocks, voting_blocks, timelock_blocks] = Array.from({ length: 3 }, () => upTo(10 ** percent(0, 5)));
  const epoch_blocks = random.pick([1, 512, 1 + upTo(999999)]);
  const epochs = upTo(10 ** percent(0, 12) / epoch_blocks) * epoch_blocks;
  const block = random.chance(50) ? Math.max(0, near(epochs - review_blocks - voting_blocks - timelock_blocks, 0, MOST)) : upTo(10 ** percent(0, 12));
  return { terms: { review_blocks, voting_blocks, timelock_blocks }, emergency: random.chance(30), block, epoch_blocks };
}

function someEnd() {
  const after = random.pick(['turn', 'silence']);
  const late_blocks = 1 + upTo(9999);
  const ends = 20000 + upTo(10 ** percent(0, 12));
  const edge = after === 'turn' ? ends - late_blocks : ends + late_blocks;
  return { after, late_blocks, ends, block: random.chance(50) ? near(edge, 0, 2 * MOST) : edge + upTo(late_blocks), extensions: random.below(5) };
}

test(`${INPUTS} random ones, in C and in JavaScript`, () => {
  const some = { powers: somePower, verdicts: someVerdict, schedules: someSchedule, ends: someEnd };
  const names = Object.keys(some);
  const inputs = Array.from({ length: INPUTS }, (_, i) => ({ kind: names[i % names.length], row: some[names[i % names.length]]() }));
  const answers = ask(inputs.map(({ kind, row }) => KINDS[kind].question(row)));
  const seen = {};
  inputs.forEach(({ kind, row }, i) => {
    const answer = KINDS[kind].inScript(row);
    assert.equal(answers[i], answer, `${KINDS[kind].question(row)}: the first is what C says`);
    const tail = kind === 'verdicts' ? answer.split(' ').slice(-2).join(' ') : kind;
    seen[tail] = (seen[tail] ?? 0) + 1;
  });
  // It was a test of every verdict.
  for (const key of ['- decided', '- open', 'TALLY_VETO open', 'TALLY_QUORUM open', 'TALLY_APPROVAL open', 'TALLY_MAJORITY open', 'powers', 'schedules', 'ends'])
    assert.ok(seen[key] >= 100, `${key}: ${seen[key]}`);
});

// ---- what the manual tells a community that starts ----

test('the table of equal seats in docs/governance.md', () => {
  const page = readFileSync(new URL('../../docs/governance.md', import.meta.url), 'utf8');
  const tracks = Object.fromEntries([...page.matchAll(/^\| `(\w+)` \| [^|]*\| (\d+), (\d+), (\d+) \|/gm)].map(([, track, quorum, approval, majority]) =>
    [track, { quorum: Number(quorum), approval: Number(approval), majority: Number(majority), veto_percent: 34 }]));
  assert.deepEqual(Object.keys(tracks), ['parameter', 'text', 'constitution', 'emergency']);
  const passes = (track, seats, yes, no) =>
    tallyGuards(tracks[track], { total: seats, yes, no, abstain: 0, veto: 0 }).every(({ result }) => result === 'PASS');
  // Fewest that have to say yes while all others are absent, or against.
  const least = (track, seats, areAgainst) => Array.from({ length: seats + 1 }, (_, yes) => yes).find((yes) => passes(track, seats, yes, areAgainst ? seats - yes : 0));
  const rows = [...page.matchAll(/^\| (\d+) \| (\d+) yes \| (\d+) yes \| (\d+) yes \| (\d+) yes \| (\d+) yes \|$/gm)].map((row) => row.slice(1).map(Number));
  assert.deepEqual(rows.map(([seats]) => seats), [4, 5, 7, 10, 20]);
  for (const [seats, ...wanted] of rows) {
    assert.deepEqual(['parameter', 'constitution'].flatMap((track) => [least(track, seats, false), least(track, seats, true)]), wanted.slice(0, 4), `${seats} seats`);
    assert.deepEqual([least('emergency', seats, false), least('emergency', seats, true)], [wanted[4], wanted[4]], `${seats} seats`);
  }
});

test('a difference is seen', () => {
  const [first] = vectors.verdicts;
  const spoilt = { ...first, counts: { ...first.counts, yes: first.counts.yes - 1 } };
  assert.notEqual(KINDS.verdicts.inScript(spoilt), KINDS.verdicts.known(first));
  assert.notDeepEqual(ask([KINDS.verdicts.question(spoilt)]), [KINDS.verdicts.known(first)]);
});
