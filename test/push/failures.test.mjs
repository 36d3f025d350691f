// failures.test.mjs - whatever is killed: a client that asks since() after each message and each new socket has missed nothing.
//
//   QFS_PUSH_KILLS (3)      how many of the disturbances at random
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { closeAll, openSocket } from '../api/socket.mjs';
import { assertOk, DIR, follow, ledger, note, pause, signIn, toldOf, until } from './site.mjs';

const api = ledger('push');
const started = [];
after(() => {
  closeAll();
  for (const child of started) child.kill('SIGTERM');
});

const user = process.env.QFS_SERVER_USER;
const asUser = (command) => (process.getuid() === 0 ? ['runuser', '-u', user, '--', ...command] : command);
const pidOf = (name) => Number(readFileSync(`${DIR}/push.${name}.pid`));
const isGone = (pid) => { try { process.kill(pid, 0); return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')); } catch { return true; } };

// A daemon's process, as it is now, and how it is started.
const daemons = {
  push: { pid: pidOf('push'), command: [`${DIR}/qfs-bridge`, 'push', '--config', `${DIR}/push.push.conf`] },
  postgrest: { pid: pidOf('postgrest'), command: [`${DIR}/postgrest`, `${DIR}/push.postgrest.conf`] },
  nginx: { pid: pidOf('nginx'), command: ['/usr/sbin/nginx', '-e', `${DIR}/push.nginx/error.log`, '-c', `${DIR}/push.nginx.conf`] },
};

async function kill(name, signal) {
  const { pid } = daemons[name];
  // nginx' worker has to go with its master, or it would keep the ports.
  const workers = name === 'nginx' ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number) : [];
  for (const one of [pid, ...workers]) process.kill(one, signal);
  await until(`the end of ${name}`, () => [pid, ...workers].every(isGone));
}

function start(name) {
  const [program, ...rest] = asUser(['sh', '-c', 'echo $$; exec "$@"', 'sh', ...daemons[name].command]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', openSync(`${DIR}/again.log`, 'a')] });
  started.push({ kill: (signal) => { try { process.kill(daemons[name].pid, signal); } catch { /* it is gone */ } } });
  return new Promise((resolve) => {
    child.stdout.once('data', (data) => {
      daemons[name].pid = Number(data.toString());
      resolve();
    });
    child.stdout.on('data', () => {});
    child.unref();
  });
}

const postgresql = (...what) => spawnSync(...((c) => [c[0], c.slice(1)])(asUser([`${pgBin()}/pg_ctl`, '-D', `${DIR}/data`, '-w', '-l', `${DIR}/server.log`, ...what])), { stdio: 'ignore' });
const pgBin = () => spawnSync(process.env.PG_CONFIG, ['--bindir']).stdout.toString().trim();

const KILLS = Number(process.env.QFS_PUSH_KILLS ?? 3);

const disturbances = {
  'qfs-bridge killed': async () => { await kill('push', 'SIGKILL'); await pause(500); await start('push'); },
  'qfs-bridge stopped': async () => { await kill('push', 'SIGTERM'); await pause(300); await start('push'); },
  'nginx killed': async () => { await kill('nginx', 'SIGKILL'); await pause(500); await start('nginx'); },
  'nginx told to read its configuration again': async () => { process.kill(daemons.nginx.pid, 'SIGHUP'); await pause(300); },
  'PostgreSQL restarted': async () => { assert.equal(postgresql('restart', '-m', 'immediate').status, 0); await pause(300); },
};

// Somebody writes while disturb() does what it does; a client has all of it afterwards, in order and once.
async function nothingIsMissed(disturb) {
  const ann = await signIn(api);
  await toldOf(api);
  const her = await follow(api, ann.token);
  const sent = [];
  let writing = true;
  const writer = (async () => {
    while (writing) {
      await note(api, ann).then((seq) => sent.push(seq), () => {});
      await pause(10);
    }
  })();
  await pause(300);
  await disturb();
  await pause(500);
  writing = false;
  await writer;
  // An entry that was appended, and whose acknowledgement was lost, is there all the same.
  const all = () => api.sql(`SELECT string_agg(seq::text, ',' ORDER BY seq) FROM qfs.ledger WHERE actor OPERATOR(qfs.=) '${ann.user_id}' AND type = 'NOTE'`);
  await until('all of it', () => her.got.map(({ seq }) => seq).join() === all(), 20000);
  assert.ok(sent.length > 20 && sent.every((seq) => her.got.some((entry) => entry.seq === seq)), `${sent.length}`);
  her.stop();
  return sent.length;
}

for (const [name, disturb] of Object.entries(disturbances)) test(`${name}: nothing is missed`, () => nothingIsMissed(disturb));

test(`${KILLS} of these, at random`, async () => {
  const happened = [];
  const sent = await nothingIsMissed(async () => {
    for (let n = 0; n < KILLS; n++) {
      const [name, disturb] = Object.entries(disturbances)[Math.floor(Math.random() * Object.keys(disturbances).length)];
      happened.push(name);
      await disturb();
      await pause(Math.random() * 1000);
    }
  });
  assert.equal(api.sql('SELECT count(*) FROM qfs.verify()'), '0');
  console.log(`measured: ${KILLS} kills and restarts (${new Set(happened).size} kinds), ${sent} acknowledged entries, none missed, doubled or out of order`);
});

test('with PostgREST away nobody is let in, and told so', async () => {
  const ann = await signIn(api);
  await kill('postgrest', 'SIGKILL');
  await assert.rejects(openSocket('push', { token: ann.token }), ({ status, text }) => status === 503 && /not available/.test(text));
  await start('postgrest');
  await until('PostgREST', async () => (await api.site({ path: '/rest/rpc/head' })).status === 200, 15000);
  await openSocket('push', { token: ann.token }).then(({ close }) => close());
});

test('a socket that stayed open while qfs-bridge was away is told to look', async () => {
  const ann = await signIn(api);
  await toldOf(api);
  const socket = await openSocket('push', { token: ann.token });
  await kill('push', 'SIGKILL');
  await note(api, ann);
  await pause(200);
  assert.equal(socket.messages, 0);
  await start('push');
  await until('the message', () => socket.messages === 1);
  assert.deepEqual(socket.numbers, []);
  const seq = await note(api, ann);
  await until('the next number', () => socket.numbers.includes(seq));
});

test('a session that ended while qfs-bridge was away: its socket hears nothing', async () => {
  const [ann, bob] = [await signIn(api), await signIn(api)];
  await toldOf(api);
  const socket = await openSocket('push', { token: ann.token });
  await kill('push', 'SIGKILL');
  assertOk(await api.call('session_revoke', { session: ann.session }, ann.token));
  await start('push');
  await toldOf(api);
  assert.equal(socket.messages, 0);
  assert.ok(bob.token);
});
