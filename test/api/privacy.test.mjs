// privacy.test.mjs - what is kept of who asks: addresses and paths are in nginx's log alone, for as long as it is rotated, browsers in
// none, and no log has what was sent.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { assertError, assertOk, ledger } from './client.mjs';
import { viemWallet } from './wallets.mjs';

const DIR = process.env.QFS_API_DIR;
const api = ledger('api');
const NGINX = join(DIR, 'api.nginx');
const word = (name) => `${name}${randomBytes(12).toString('hex')}`;

function run(program, ...args) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 1 << 30 });
  assert.equal(error, undefined);
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

// The status of an answer of the site to a caller at this address.
const statusFrom = (localAddress, path) => new Promise((resolve, reject) => {
  https.get({ host: '127.0.0.1', servername: 'localhost', port: Number(readFileSync(join(DIR, 'api.port'))), ca: readFileSync(join(DIR, 'tls.crt')), localAddress, path, agent: false },
    (answer) => { answer.resume(); resolve(answer.statusCode); }).on('error', reject);
});

// Of these words those that a text has.
const heldBy = (text, words) => Object.keys(words).filter((name) => text.includes(words[name]));

// Every log of the site: PostgreSQL's, PostgREST's, nginx's, those that were rotated too.
function logs() {
  const files = [...readdirSync(DIR), ...readdirSync(NGINX).map((name) => join('api.nginx', name))].filter((name) => /\.log(\.|$)/.test(name));
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(DIR, name))]).map(([name, bytes]) => [name, (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')]));
}

const logsWith = (words) => Object.entries(logs()).filter(([, text]) => heldBy(text, words).length > 0).map(([name]) => name);

test('addresses and paths are in nginx\u2019s log, browsers in none, and neither in a table; what was sent is in no log', async () => {
  const caller = { agent: word('Browser/'), address: `203.0.113.${randomBytes(1)[0]}, ${word('unknown-')}`, page: `https://${word('page')}.example/` };
  const headers = { 'User-Agent': caller.agent, 'X-Forwarded-For': caller.address, Referer: caller.page };
  const sent = {};
  const post = (path, body, token) => api.site({ method: 'POST', path, body, headers: { ...api.bearer(token), ...headers } });
  const wallet = viemWallet();
  const message = assertOk(await post('/v1/auth/challenge', { wallet: wallet.address, statement: `Sign in, ${word('statement')}.` }));
  const signature = await wallet.sign(message);
  Object.assign(sent, { statement: /statement\w+/.exec(message)[0], nonce: /^Nonce: (.*)$/m.exec(message)[1], signature });
  const { token } = assertOk(await post('/v1/auth/connect-wallet', { message, signature }));
  sent.token = token.split('.')[2];
  for (const name of ['accepted', 'refused', 'surplus', 'broken', 'unknown']) sent[name] = word(name);
  const events = (...list) => post('/v1/events/batch', { events: list }, token);
  assertOk(await events({ type: 'NOTE', payload: { text: sent.accepted } }));
  assertError(await events({ type: 'NOTE', payload: { text: [sent.refused] } }), 400, 'QFS_PAYLOAD_INVALID');
  assertError(await events({ type: 'NOTE', payload: { text: 'x' }, more: sent.surplus }), 400, 'QFS_BATCH_FORM');
  assertError(await post('/v1/auth/connect-wallet', { message: `${message}\n${sent.unknown}`, signature }), 400, 'QFS_SIWE_SYNTAX');
  // What is wrong with a message its sender is told, and PostgreSQL's log.
  const quoted = word('domain') + '.example';
  assertError(await post('/v1/auth/connect-wallet', { message: message.replace('app.example.org', quoted), signature }), 401, 'QFS_LOGIN_DOMAIN');
  assert.equal((await post('/v1/events/batch', `{"events": ["${sent.broken}"`, token)).status, 400);
  assert.equal((await api.site({ path: '/v1/auth/sessions', headers: { ...headers, Authorization: `Bearer ${token}x` } })).status, 401);
  const asked = { path: word('asked') };
  sent.query = word('query');
  assert.equal((await api.site({ path: `/${asked.path}?token=${sent.query}`, headers })).status, 404);

  // Nor where something is refused: by a limit that bites, and for its size.  By an address of its own, so that it is nobody else's limit.
  sent.limited = word('limited');
  const limited = await Promise.all(Array.from({ length: 250 }, () => statusFrom('127.0.0.77', `/rest/rpc/head?token=${sent.limited}`)));
  assert.ok(limited.includes(429), 'the limit was reached');
  sent.large = word('large');
  assert.equal((await api.site({ method: 'POST', path: `/rest/rpc/profile?token=${sent.large}`, body: 'x'.repeat(70000) })).status, 413);

  assert.deepEqual(logsWith(sent), [], 'what was sent is in no log');
  assert.deepEqual(logsWith({ quoted }), ['server.log'], 'but for a domain that is refused');
  assert.deepEqual(logsWith(asked), ['api.nginx/access.log'], 'what was asked for is in one');
  assert.match(logs()['api.nginx/access.log'], new RegExp(`^127\\.0\\.0\\.1 .*${asked.path}`, 'm'), 'with whose address it was');
  assert.deepEqual(logsWith(caller), [], 'what the browser said of itself and of others is in none');
  const dump = run('pg_dump', 'api').toString('latin1');
  assert.deepEqual(heldBy(dump, { ...caller, token: sent.token }), [], 'a dump has neither who sent it nor the token');
  assert.deepEqual(heldBy(dump, { accepted: sent.accepted, statement: sent.statement }), ['accepted', 'statement'], 'it has what is on the ledger');
  // The state of the server, too: what it is asked now, and was asked last.
  const views = api.sql('SELECT string_agg(to_jsonb(a)::text, \' \') FROM pg_stat_activity a');
  assert.deepEqual(heldBy(views, { ...sent, ...caller }), [], 'nor has what the server shows of its connections');
});

// ---- until when ----

// What Debian's packages say of rotating, with the path of a log that is here, and who has it write anew.
function rotation(packaged, log, again) {
  const rules = readFileSync(`/etc/logrotate.d/${packaged}`, 'utf8');
  const body = rules.slice(rules.indexOf('{') + 1, rules.lastIndexOf('}'))
    .replace(/^\s*(create|su) .*$/gm, '').replace(/prerotate[^]*?endscript/, '').replace(/postrotate[^]*?endscript/, `postrotate\n${again}\nendscript`);
  return { rules, text: `${log} {\n${body}\n}\n` };
}

const isEmpty = (file) => !existsSync(file) || statSync(file).size === 0;
const logrotate = existsSync('/usr/sbin/logrotate') ? '/usr/sbin/logrotate' : 'logrotate';

// In how many rotations, each of a log that has a line more, a text is gone from the log and from all that was made of it.
async function rotationsOf({ text }, directory, isThere, write) {
  const work = mkdtempSync(join(DIR, 'rotated-'));
  writeFileSync(join(work, 'conf'), text, { mode: 0o644 });
  for (let n = 0; n < 30; n++) {
    if (!isThere()) return n;
    await write(n);
    run(logrotate, '-f', '-s', join(work, 'state'), join(work, 'conf'));
  }
  return assert.fail('it stays');
}

test('as long as Debian keeps nginx\u2019s logs', async () => {
  const path = word('last');
  const get = (name) => api.site({ path: `/${name}` });
  await get(path);
  const how = rotation('nginx', join(NGINX, 'access.log'), `kill -USR1 $(cat ${NGINX}/pid)`);
  assert.match(how.rules, /^\/var\/log\/nginx\/\*\.log \{$[^]*^\s*daily$/m, 'a rotation is a day');
  const logsOfSite = [...readFileSync('docs/nginx.conf', 'utf8').matchAll(/^ *(?:access|error)_log (\S+?)[ ;]/gm)].map(([, file]) => file).filter((file) => file !== 'off');
  assert.deepEqual([...new Set(logsOfSite)], ['/var/log/nginx/qfs.access.log', '/var/log/nginx/qfs.error.log'], 'docs/nginx.conf has its logs where Debian rotates');
  const wrote = () => readFileSync(join(NGINX, 'access.log'), 'latin1').includes(path);
  for (let i = 0; i < 100 && !wrote(); i++) await new Promise((done) => { setTimeout(done, 20); });
  const days = await rotationsOf(how, NGINX, () => logsWith({ path }).length > 0, async (n) => {
    await get(word('next'));
    // nginx writes into the new file when it has taken the signal.
    for (let i = 0; i < 100 && isEmpty(join(NGINX, 'access.log')); i++) { await get(`waiting${n}`); await new Promise((done) => { setTimeout(done, 20); }); }
  });
  assert.equal(days, 15, 'a line is gone after the day that it was written in and 14 more');
});

test('as long as Debian keeps PostgreSQL\u2019s', async () => {
  const line = word('peer');
  const directory = join(DIR, 'postgresql-logs');
  mkdirSync(directory, { mode: 0o755 });
  const log = join(directory, 'postgresql-15-main.log');
  writeFileSync(log, `LOG:  connection received: host=${line}\n`);
  const how = rotation('postgresql-common', log, '');
  assert.match(how.rules, /^\/var\/log\/postgresql\/\*\.log \{$[^]*^\s*weekly$/m, 'a rotation is a week');
  const isThere = () => readdirSync(directory).some((name) => { const bytes = readFileSync(join(directory, name)); return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).includes(line); });
  const weeks = await rotationsOf(how, directory, isThere, (n) => writeFileSync(log, `LOG:  week ${n}\n`, { flag: 'a' }));
  assert.equal(weeks, 11, 'a line is gone after the week that it was written in and 10 more');
});
