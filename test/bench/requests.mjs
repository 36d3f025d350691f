// requests.mjs - appends through PostgREST over kept connections; prints the requests a second.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   node requests.mjs URL TOKEN CONNECTIONS SECONDS

import assert from 'node:assert/strict';
import http from 'node:http';

const [url, token, connections, seconds] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(connections) });
const body = process.env.BENCH_EVENTS;
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };

const request = () => new Promise((resolve, reject) => {
  http.request(`${url}/rpc/events_batch`, { method: 'POST', agent, headers }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode));
  }).on('error', reject).end(body);
});

const end = performance.now() + 1000 * seconds;
let count = 0;
async function client() {
  while (performance.now() < end) {
    assert.equal(await request(), 200);
    count++;
  }
}
const start = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, client));
console.log((1000 * count / (performance.now() - start)).toFixed(1));
agent.destroy();
