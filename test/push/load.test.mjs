// load.test.mjs - sockets with real tokens, messages at a steady rate: how long from the acknowledged commit to the client, and does
// each number come to whom it concerns, once, and to nobody else?
//
//   QFS_PUSH_SOCKETS (50)   accounts, a socket each
//   QFS_PUSH_RATE (100)     messages a second, all sockets together
//   QFS_PUSH_SECONDS (5)    how long
//   QFS_PUSH_P99_MS (1000)  what 99 of 100 deliveries have to take less than; 200 where the machine is the test's own
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeAll, openSocket } from '../api/socket.mjs';
import { complaints, ledger, pause, person, send, toldOf, until } from './site.mjs';

const SOCKETS = Number(process.env.QFS_PUSH_SOCKETS ?? 50);
const RATE = Number(process.env.QFS_PUSH_RATE ?? 100);
const SECONDS = Number(process.env.QFS_PUSH_SECONDS ?? 5);
const P99_MS = Number(process.env.QFS_PUSH_P99_MS ?? 1000);
const api = ledger('push');
after(closeAll);

const now = () => performance.now();
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const pick = (list) => list[Math.floor(Math.random() * list.length)];

// Some at a time, so that no limit of one account or address is met.
async function inTurns(count, width, make) {
  const made = [];
  for (let n = 0; n < count; n += width) made.push(...await Promise.all(Array.from({ length: Math.min(width, count - n) }, (_, k) => make(n + k))));
  return made;
}

test(`${SOCKETS} sockets, ${RATE} messages a second`, async () => {
  const people = await inTurns(SOCKETS, 8, () => person(api));
  await toldOf(api);
  // 25 sockets an address.
  await inTurns(SOCKETS, 20, async (n) => {
    people[n].socket = await openSocket('push', { token: people[n].token, localAddress: `127.0.1.${1 + Math.floor(n / 25)}` });
    people[n].arrivals = new Map();
    people[n].socket.on = (list) => { for (const seq of list) people[n].arrivals.set(seq, [...people[n].arrivals.get(seq) ?? [], now()]); };
  });

  const sent = [];
  const busy = new Set();
  const waiting = [];
  const start = now();
  for (let n = 0; n < RATE * SECONDS; n++) {
    const due = start + n * 1000 / RATE;
    if (due > now()) await pause(due - now());
    // One message of a sender at a time: the next has the next number.
    const from = pick(people.filter((who) => !busy.has(who)));
    const to = pick(people.filter((who) => who !== from));
    busy.add(from);
    waiting.push(send(api, from, to).then((seq) => { sent.push({ seq, from, to, at: now() }); busy.delete(from); }));
  }
  await Promise.all(waiting);
  const took = (now() - start) / 1000;
  const count = () => people.reduce((sum, { arrivals }) => sum + arrivals.size, 0);
  await until('all deliveries', () => count() >= 2 * sent.length, 10000).catch(() => {});
  await pause(300);

  const delays = [];
  let [lost, doubled, misdirected] = [0, 0, 0];
  const concerned = new Map(people.map((who) => [who, new Set()]));
  for (const { seq, from, to, at } of sent) for (const who of [from, to]) {
    concerned.get(who).add(seq);
    const times = who.arrivals.get(seq) ?? [];
    if (times.length === 0) lost++;
    if (times.length > 1) doubled++;
    // What is told before the sender has read the answer took no time.
    if (times.length > 0) delays.push(Math.max(0, times[0] - at));
  }
  for (const who of people) for (const seq of who.arrivals.keys()) if (!concerned.get(who).has(seq)) misdirected++;
  delays.sort((a, b) => a - b);
  console.log(`measured: ${SOCKETS} sockets, ${sent.length} messages in ${took.toFixed(1)} s (${(sent.length / took).toFixed(0)}/s), ${delays.length} deliveries, from the acknowledged commit to the client: ` +
    `p50 ${quantile(delays, 0.5).toFixed(0)} ms, p99 ${quantile(delays, 0.99).toFixed(0)} ms, max ${delays.at(-1).toFixed(0)} ms; ${lost} lost, ${doubled} doubled, ${misdirected} misdirected`);
  assert.deepEqual({ lost, doubled, misdirected }, { lost: 0, doubled: 0, misdirected: 0 });
  assert.equal(people.filter(({ socket }) => socket.socket.readyState !== 1).length, 0, 'all of them are still open');
  assert.ok(quantile(delays, 0.99) < P99_MS, `p99 under ${P99_MS} ms`);
  assert.equal(complaints('push'), '');
});
