// tool.mjs - programs of test/unit that answer lines of text, one with one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

function build(name) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const core = join(root, 'src', 'core');
  const sources = readdirSync(core, { recursive: true }).filter((file) => file.endsWith('.c'));
  const folder = mkdtempSync(join(tmpdir(), `qfs-${name}-`));
  const program = join(folder, name);
  const result = spawnSync(process.env.CC ?? 'cc', ['-std=c11', '-O1', '-g', '-Wall', '-Wextra',
    `-I${core}`, '-o', program, join(root, 'test', 'unit', `${name}.c`),
    ...sources.map((source) => join(core, source)), '-lsodium', '-lsecp256k1', '-lcrypto'],
  { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  after(() => rmSync(folder, { recursive: true }));
  return program;
}

// Builds test/unit/<name>.c with src/core, unless QFS_<NAME> is the path of a program that is built already.
// Returns a function from lines to answers, in their order.
export function makeTool(name) {
  const program = process.env[`QFS_${name.toUpperCase()}`] ?? build(name);

  return (lines) => {
    const result = spawnSync(program, { input: lines.map((line) => `${line}\n`).join(''),
      encoding: 'utf8', maxBuffer: 1 << 28 });
    assert.equal(result.status, 0, result.stderr);
    const answers = result.stdout.split('\n').slice(0, -1);
    assert.equal(answers.length, lines.length);
    return answers;
  };
}
