// psql.mjs - SQL through the psql program, on the server that PGHOST names.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

// Runs a script; returns what it prints, as bytes.
export function psql(script, database = process.env.QFS_DATABASE) {
  const result = spawnSync('psql', ['-X', '-q', '-A', '-t', '-d', database],
    { input: script, maxBuffer: 1 << 30, env: { ...process.env, PGCLIENTENCODING: 'UTF8' } });
  assert.equal(result.error, undefined);
  assert.equal(result.status, 0, result.stderr.toString());
  return { out: result.stdout, err: result.stderr.toString() };
}

// psql drops some valid characters of what it prints (U+10FFFF), so text that must arrive exactly is sent in hexadecimal.
export const hexOf = (expression) => `encode(convert_to(${expression}, 'UTF8'), 'hex')`;
export const fromHex = (text) => Buffer.from(text, 'hex');

// Runs statements that must not fail; returns the lines that they print.
export function rows(sql, database) {
  const text = psql(`\\set ON_ERROR_STOP on\n${sql}\n`, database).out.toString();
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

// A value of one line.
export function value(sql, database) {
  return rows(sql, database).join('\n');
}

// How each statement ends: its SQLSTATE and the qfs code, "00000 " where it succeeds.
export function outcomes(statements, database) {
  const { err, out } = psql(statements.map((sql, i) =>
    `\\warn @${i}\n${sql};\n\\echo @${i} :SQLSTATE\n`).join(''), database);
  const codes = err.split(/^@\d+\n/m).slice(1).map((text) => /DETAIL: {2}(QFS_\w+)/.exec(text)?.[1] ?? '');
  const states = [...out.toString().matchAll(/^@\d+ (\w{5})$/gm)].map(([, state]) => state);
  assert.equal(states.length, statements.length);
  assert.equal(codes.length, statements.length);
  return states.map((state, i) => `${state} ${codes[i]}`);
}
