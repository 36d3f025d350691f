// replay_corpus.mjs - ledgers that fuzzing has made, by qfs-verify and by the rules in JavaScript: what one finds sound, so
// does the other, with one state; and what is sound is so too as other libraries write it.
//
//   node replay_corpus.mjs DIRECTORY...     prints how many ledgers there were, and how many are sound
//
// Exit code: 0 they agree, 1 they do not (on standard error, which file).
//
// SPDX-License-Identifier: AGPL-3.0-only

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { replay } from '../../src/web/rules/replay.mjs';
import { canonicalLine, foreignLine } from './respell.mjs';

const verifier = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'qfs-verify');

// The lines of a file; null if it is no text.
function readLines(path) {
  try {
    const lines = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path)).split('\n');
    if (lines[lines.length - 1] === '') lines.pop();
    return lines;
  } catch {
    return null;
  }
}

const verdictOf = (isSound, state) => (isSound ? `sound, ${state}` : 'not sound');

function byVerifier(path) {
  const { status, stdout, error } = spawnSync(verifier, ['ledger', path, '--state'], { encoding: 'utf8' });
  if (error) throw error;
  return verdictOf(status === 0, /^state:\s+(\w+)$/m.exec(stdout)?.[1]);
}

async function byRules(path) {
  const lines = readLines(path);
  if (lines === null) return verdictOf(false);
  const { faults, state } = await replay(lines.map(canonicalLine));
  return verdictOf(faults.length === 0, state);
}

const paths = process.argv.slice(2).flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)));
const folder = mkdtempSync(join(tmpdir(), 'qfs-corpus-'));
const differing = [];
let sound = 0;

// The verdict on a file, which both have to give and, where it is known, this one; name: for whoever reads what differs.
async function compare(path, name, expected) {
  const [here, there] = [await byRules(path), byVerifier(path)];
  if (here !== there || (expected ?? there) !== there) differing.push(`${name}: ${here} in JavaScript, ${there} by qfs-verify`);
  return there;
}

for (const path of paths) {
  const verdict = await compare(path, path);
  if (verdict === 'not sound') continue;
  sound++;
  const foreign = join(folder, 'foreign.jsonl');
  writeFileSync(foreign, readLines(path).map((line) => `${foreignLine(line)}\n`).join(''));
  await compare(foreign, `${path}, as another library writes it`, verdict);
}
rmSync(folder, { recursive: true });
differing.forEach((what) => console.error(what));
console.log(`${paths.length} ledgers, ${sound} of them sound`);
process.exitCode = differing.length > 0 || sound === 0 ? 1 : 0;
