// verifier.mjs - what qfs-verify says of a ledger: the one of this tree, or the one that is installed.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'qfs-verifier-'));
after(() => rmSync(folder, { recursive: true }));

const own = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'qfs-verify');
const verifier = existsSync(own) ? own : 'qfs-verify';

// {head, root, state, faults: ["seq code"...], erased} of the lines of an export.
export function askVerifier(lines) {
  const file = join(folder, 'export.jsonl');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const { stdout, stderr, error } = spawnSync(verifier, ['ledger', file, '--state'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(error, undefined);
  const line = (name) => new RegExp(`^${name}:\\s+(\\w+)$`, 'm').exec(stdout)?.[1];
  const faults = [...(stdout + stderr).matchAll(/^fault: entry (\d+): (QFS_\w+)/gm)].map(([, number, code]) => `${number} ${code}`);
  const erased = Number(/payloads erased, as entries say: (\d+)/.exec(stdout)?.[1] ?? 0);
  return { head: line('head'), root: line('root'), state: line('state'), faults, erased };
}

// {line} of a question about an export, {changes, actions, from, size}; {code} where it is refused; {fault} where the export is no ledger.
export function askWhatIf(lines, { changes, actions, from, size }) {
  const file = join(folder, 'what_if.jsonl');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const options = Object.entries({ changes: changes && JSON.stringify(changes), actions: actions && JSON.stringify(actions), from, size }).filter(([, value]) => value !== undefined);
  const { error, status, stderr, stdout } = spawnSync(verifier, ['what-if', file, ...options.flatMap(([name, value]) => [`--${name}`, String(value)])], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(error, undefined);
  if (status === 0) return { line: stdout.trimEnd() };
  if (status === 1) return { fault: /^fault: entry (\d+): (QFS_\w+)/m.exec(stdout)?.slice(1).join(' ') ?? stdout };
  return { code: /QFS_\w+/.exec(stderr)?.[0] ?? stderr };
}

// The same of what replay() gives.
export const codesOf = ({ faults }) => faults.map(({ seq, code }) => `${seq} ${code}`);

// Number of the first entry with a fault.
export const firstOf = (codes) => Math.min(...codes.map((code) => Number(code.split(' ')[0])));
