// what_if.mjs - a what-if by the rules in JavaScript (src/web/rules), with the options of qfs-verify what-if.
//
//   node what_if.mjs EXPORT.jsonl [--changes JSON] [--actions JSON] [--from N] [--size N]     prints its line
//
// Exit code: 0 an answer, 2 a question that is refused (on standard error).
//
// SPDX-License-Identifier: AGPL-3.0-only

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { canonical } from '../../src/web/canonical.mjs';
import { readJson } from '../../src/web/rules/json.mjs';
import { whatIf } from '../../src/web/rules/what_if.mjs';

const option = { type: 'string' };
const { positionals: [path], values } = parseArgs({ allowPositionals: true, options: { actions: option, changes: option, from: option, size: option } });
const question = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, readJson(text)]));
const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
try {
  console.log(canonical(await whatIf(lines, question)));
} catch (error) {
  if (!error.code?.startsWith('QFS_')) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
