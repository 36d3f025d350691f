// replay_corpus.mjs - ledgers that fuzzing has made, by qfs-verify and by the rules in JavaScript: what one finds sound, so
// does the other, with one state.
//
//   node replay_corpus.mjs DIRECTORY...     prints how many ledgers there were, and how many are sound
//
// Exit code: 0 they agree, 1 they do not (on standard error, which file).
//
// SPDX-License-Identifier: AGPL-3.0-only

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { replay } from '../../src/web/rules/replay.mjs';

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
  const { faults, state } = await replay(lines);
  return verdictOf(faults.length === 0, state);
}

const paths = process.argv.slice(2).flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)));
let sound = 0;
let differing = 0;
for (const path of paths) {
  const [here, there] = [await byRules(path), byVerifier(path)];
  if (there !== 'not sound') sound++;
  if (here === there) continue;
  console.error(`${path}: ${here} in JavaScript, ${there} by qfs-verify`);
  differing++;
}
console.log(`${paths.length} ledgers, ${sound} of them sound`);
process.exitCode = differing > 0 || sound === 0 ? 1 : 0;
