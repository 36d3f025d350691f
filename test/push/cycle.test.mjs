// cycle.test.mjs - channels come and go, thousands of times: nginx says nothing, and does not grow.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, test } from 'node:test';
import { closeAll, openSocket } from '../api/socket.mjs';
import { complaints, DIR, errorLog, ledger, pause, signIn, until } from './site.mjs';

const CYCLES = Number(process.env.QFS_PUSH_CYCLES ?? 150);
// Far below what one address may connect.
const ACCOUNTS = 20;
const api = ledger('push');
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
after(() => { closeAll(); agent.destroy(); });

const ask = (method, session, body) => new Promise((resolve, reject) => {
  const request = http.request({ agent, method, host: '127.0.0.1', port: Number(readFileSync(`${DIR}/push.publisher`)), path: `/push/${session}` }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode));
  });
  request.on('error', reject);
  request.end(body);
});

const master = Number(readFileSync(`${DIR}/push.nginx.pid`));
const worker = () => Number(readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ')[0]);
const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${worker()}/status`, 'utf8'))[1]);

test(`${CYCLES} times: a socket, a message, the channel deleted`, async () => {
  const people = [];
  for (let n = 0; n < ACCOUNTS; n++) people.push(await signIn(api));
  const process = worker();
  const logged = errorLog('push').length;
  let before;
  for (let n = 0; n < CYCLES; n++) {
    // Several addresses, so that none of them connects too often.
    const { session, token } = people[n % ACCOUNTS];
    const sockets = await Promise.all([0, 1].map((k) => openSocket('push', { token, localAddress: `127.0.0.${10 + (2 * n + k) % 200}` })));
    assert.equal(await ask('POST', session, `[${n}]`), 201);
    if (n % 3 === 0) sockets[1].close();
    assert.equal(await ask('DELETE', session), 200);
    await Promise.all(sockets.map(({ closed }) => closed));
    assert.deepEqual(sockets[0].numbers.filter((number) => number === n), [n]);
    if (n === Math.floor(CYCLES / 3)) before = memory();
  }
  assert.equal(worker(), process, 'the worker is the same');
  await pause(200);
  await until('an idle worker', () => memory() - before < 8192, 8000);
  assert.equal(complaints('push', logged), '');
  console.log(`measured: ${CYCLES} cycles, nginx' worker grew by ${memory() - before} kB in the last two thirds`);
});
