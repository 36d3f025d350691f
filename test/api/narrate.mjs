// narrate.mjs - a client that prints what it asks and what it is told, for scripts/demo.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';

const url = process.argv[2];

export async function call(path, body, token) {
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
}

const shown = (value) => (JSON.stringify(value) ?? '').replace(/[\w.-]{60,}/g, (long) => `${long.slice(0, 16)}…`);

// Prints a request and its answer, which must have this status.
export async function show(who, status, path, body, token) {
  const answer = await call(path, body, token);
  console.log(`  ${who}: ${body === undefined ? 'GET' : 'POST'} ${path}${body ? ` ${shown(body)}` : ''}\n    ${answer.status} ${shown(answer.json)}`);
  assert.equal(answer.status, status);
  return answer.json;
}
