// client.mjs - the API of a ledger that scripts/check-api started.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { value } from '../node/psql.mjs';
import { checkExplanation } from './schema.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

const DIR = process.env.QFS_API_DIR;
assert.ok(DIR, 'run scripts/check-api');

// One request; the answer as it came, and parsed where it is JSON.
function send(module, options, { method = 'GET', path = '/', headers = {}, body } = {}) {
  const bytes = body === undefined ? undefined
    : Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const all = { ...(bytes && { 'Content-Type': 'application/json', 'Content-Length': bytes.length }), ...headers };
  return new Promise((resolve, reject) => {
    const request = module.request({ ...options, method, path, headers: all }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(parts);
        const text = answer.toString();
        const isJson = /^application\/(\w+\+)?json/.test(response.headers['content-type'] ?? '');
        const told = { status: response.statusCode, headers: response.headers, bytes: answer, text,
          json: isJson && text !== '' ? JSON.parse(text) : undefined };
        try {
          checkExplanation(path, all, told);
          resolve(told);
        } catch (fault) {
          reject(fault);
        }
      });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

export function ledger(name) {
  const origin = `ledger.example.org/${name}`;
  const bearer = (token) => (token === undefined ? {} : { Authorization: `Bearer ${token}` });
  // PostgREST itself, and the site that nginx makes of it.
  const rest = (request) => send(http, { socketPath: `${DIR}/${name}.sock` }, request);
  const site = (request) => send(https,
    { host: '127.0.0.1', servername: 'localhost', port: Number(readFileSync(`${DIR}/${name}.port`)),
      ca: readFileSync(`${DIR}/tls.crt`) }, request);
  // A function by POST; by GET if it only reads.
  const call = (fn, body = {}, token = undefined, headers = {}) =>
    rest({ method: 'POST', path: `/rpc/${fn}`, body, headers: { ...bearer(token), ...headers } });
  const read = (path, token, headers = {}) => rest({ path, headers: { ...bearer(token), ...headers } });
  const sql = (query) => value(query, name);
  return { name, origin, rest, site, call, read, sql, bearer };
}

// The answer must be this error and nothing else; code may be null for PostgREST's own.
export function assertError(answer, status, code, why) {
  const shown = `${why ?? ''} ${answer.status} ${answer.text}`;
  assert.equal(answer.status, status, shown);
  if (code === null) assert.doesNotMatch(answer.json?.details ?? '', /QFS_/, shown);
  else assert.match(answer.json?.details ?? '', new RegExp(`^${code}(:|$)`), shown);
}

export function assertOk(answer, why) {
  assert.ok(answer.status >= 200 && answer.status < 300, `${why ?? ''} ${answer.status} ${answer.text}`);
  return answer.json;
}
