// replay.mjs - an export replayed by the rules in JavaScript (src/web/rules), which were written from docs/format.md.
//
//   node replay.mjs EXPORT.jsonl     prints "<entries> <head> <root> <state>"
//
// How many payloads were erased, if any were, is said on standard error, like what was acknowledged.
//
// Exit code: 0 sound, 1 a fault was found (on standard error, a line each), 2 wrong usage.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { readFileSync } from 'node:fs';

import { replay } from '../../src/web/rules/replay.mjs';
import { canonicalLine } from './respell.mjs';

const [path, ...rest] = process.argv.slice(2);
if (path === undefined || rest.length > 0) {
  console.error('usage: node replay.mjs EXPORT.jsonl');
  process.exit(2);
}
const lines = readFileSync(path, 'utf8').split('\n');
if (lines.at(-1) === '') lines.pop();
const { size, head, root, state, faults, acknowledged, erased } = await replay(lines.map(canonicalLine));
for (const { seq, code, detail } of [...acknowledged.map((one) => ({ ...one, code: 'QFS_OUTCOME_ACKNOWLEDGED' })), ...faults]) console.error(`entry ${seq}: ${code}: ${detail}`);
if (erased > 0) console.error(`payloads erased, as entries say: ${erased}`);
console.log(`${size} ${head} ${root} ${state}`);
process.exitCode = faults.length > 0 ? 1 : 0;
