// errors.test.mjs - errors of the page reach a tracker of errors if the policy wants them, by way of the server's log and
// qfs-tracker, and nobody's words do.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after } from 'node:test';
import { DIRECT, doesNotVerify, person, profileEntry, scenario, setProfile, signIn, SITE, sql } from './browser.mjs';

const MARK = 'Quixotic';
const WAIT_MS = 60000;
const root = new URL('../..', import.meta.url).pathname;
const dir = mkdtempSync(`${process.env.QFS_WEB_DIR}/tracker.`);

// ---- a tracker, and what sends to it ----

const programs = [];
function run(...command) {
  const program = spawn('/usr/bin/python3', command, { stdio: ['ignore', 'inherit', 'inherit'] });
  programs.push(program);
  return program;
}
after(() => programs.forEach((program) => program.kill()));

async function until(condition, what) {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  assert.fail(`waited in vain for ${what}`);
}

run(`${root}/test/tracker/receiver.py`, '0', 'key', '7', dir);
await until(() => existsSync(`${dir}/port`), 'the receiver');
writeFileSync(`${dir}/dsn`, `http://key@127.0.0.1:${readFileSync(`${dir}/port`, 'utf8').trim()}/7`);
chmodSync(`${dir}/dsn`, 0o600);
run(`${root}/src/tracker/qfs-tracker`, '--logs', process.env.QFS_LOGS, '--dsn-file', `${dir}/dsn`, '--state', `${dir}/state`, '--every', '0.2');
await until(() => existsSync(`${dir}/state`), 'qfs-tracker');

const received = () => (existsSync(`${dir}/received.jsonl`) ? readFileSync(`${dir}/received.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : []);
const ofPages = () => received().filter(({ event }) => event.tags.code === 'QFS_PAGE_ERROR').map(({ event }) => event.tags);
const inLog = () => readdirSync(process.env.QFS_LOGS).map((name) => readFileSync(`${process.env.QFS_LOGS}/${name}`, 'utf8')).join('').match(/"QFS_PAGE_ERROR: [^"]*/g) ?? [];

// Everything that was logged has been looked at: an error that is always sent has come.
let marks = 0;
async function looked() {
  marks++;
  const state = `XX${String(marks).padStart(3, '0')}`;
  try { sql(`DO $$ BEGIN RAISE EXCEPTION SQLSTATE '${state}'; END $$`); } catch { /* that is what it is for */ }
  await until(() => received().some(({ event }) => event.tags.sqlstate === state), `error ${state}`);
}

const SOUND = { class: 'Error', module: 'x', line: 1, page: '0123456789abcdef' };
const policy = (value) => sql(`SELECT qfs.set_policy('{"page_errors": "${value}"}')`);

// A scenario under a policy that wants errors of the page.
const whileWanted = (name, run) => scenario(name, async () => {
  policy('on');
  try {
    await run();
  } finally {
    policy('off');
  }
});

// ---- errors of somebody's page ----

// Somebody who is signed in; reports are what the page sends to the door.
async function somebody(url) {
  const who = await person({ url });
  who.reports = [];
  who.page.on('request', (request) => { if (request.url().endsWith('/page_error')) who.reports.push(request); });
  who.html = await (await who.open('', `?ref=${'1'.repeat(22)}&${MARK}`)).text();
  await signIn(who);
  await setProfile(who, MARK, `${MARK} ${MARK}`);
  return who;
}

// Nobody catches this: the browser refuses what every view does at its end.
async function fails(who) {
  await who.page.evaluate((mark) => { window.scrollTo = () => { throw new RangeError(`${mark} https://${mark}.example/?${mark}`); }; }, MARK);
  const failed = who.page.waitForEvent('pageerror');
  await who.page.evaluate(() => { location.hash = '#/sessions'; });
  await failed;
}

for (const [name, url] of [['PostgREST', DIRECT], ['nginx', SITE]]) {
  whileWanted(`by way of ${name}: an error that nobody catches, and a check that fails, arrive`, async () => {
    const who = await somebody(url);
    const { html } = who;
    const script = html.slice(html.indexOf('<script type="module">') + '<script type="module">'.length, html.indexOf('</script>'));
    const version = createHash('sha256').update(script).digest('hex').slice(0, 16);
    const before = ofPages().length;
    await fails(who);
    await until(() => ofPages().length === before + 1, 'the error');
    const [uncaught] = ofPages().slice(before);
    assert.deepEqual([uncaught.page_class, uncaught.page_module, uncaught.page_version], ['RangeError', 'main', version]);
    assert.match(html.split('\n')[uncaught.page_line - 1], /scrollTo\(0,0\)/, 'the line is that of the page as it is sent');
    await doesNotVerify(who);
    await until(() => ofPages().length === before + 2, 'the failed check');
    const [, check] = ofPages().slice(before);
    assert.deepEqual([check.page_class, check.page_module, check.page_version], ['Error', 'note', version]);
    // What the page sends has four members, and no token.
    for (const request of who.reports) {
      assert.deepEqual(Object.keys(request.postDataJSON()).sort(), ['class', 'line', 'module', 'page']);
      assert.equal(await request.headerValue('authorization'), null);
      assert.equal(await request.headerValue('referer'), null);
    }
    assert.equal(who.reports.length, 2);
    assert.deepEqual(received().flatMap(({ faults }) => faults), []);
    assert.ok(!received().some(({ text }) => text.toLowerCase().includes(MARK.toLowerCase())), 'nobody\u2019s words were sent');
    who.faults.length = 0;
  });
}

whileWanted('errors of what the page fetches later: a module that is not the one, and one that fails', async () => {
  const who = await somebody(DIRECT);
  const seq = profileEntry(who);
  const before = ofPages().length;
  const ask = async () => {
    await who.go('#/sessions');
    await who.go(`#/why/${seq}`);
  };
  await who.page.route(/rpc\/page_module\?/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\n` });
  });
  await ask();
  await until(() => ofPages().length === before + 1, 'the module that is not the one');
  assert.deepEqual([ofPages()[before].page_class, ofPages()[before].page_module], ['QFS_PAGE_MODULE', 'modules']);
  await who.page.unroute(/rpc\/page_module\?/);
  await who.page.evaluate((mark) => {
    const { slice } = Array.prototype;
    for (const [owner, name] of [[Object, 'hasOwn'], [Array.prototype, 'map'], [Array.prototype, 'filter']]) {
      const genuine = owner[name];
      owner[name] = function fails(...values) {
        const error = new RangeError(mark);
        if (/qfs:/.test(slice.call(error.stack.split('\n'), 2, 3))) throw error;
        return genuine.apply(this, values);
      };
    }
  }, MARK);
  await ask();
  await until(() => ofPages().length === before + 2, 'the module that fails');
  assert.match(ofPages()[before + 1].page_module, /^(verify_bundle|rules\/reexecute)$/);
  who.faults.length = 0;
});

scenario('with the policy off nothing is sent, and the door is shut', async () => {
  const who = await somebody(DIRECT);
  const [before, logged] = [ofPages().length, inLog().length];
  const asked = who.page.waitForResponse(/rpc\/policy$/);
  await fails(who);
  await asked;
  await doesNotVerify(who);
  await looked();
  assert.deepEqual(who.reports, []);
  const answer = await who.context.request.post(`${process.env.API_URL}/rpc/page_error`, { data: SOUND });
  assert.equal(answer.status(), 403);
  assert.match((await answer.json()).details, /^QFS_PAGE_ERRORS_OFF: /);
  await looked();
  assert.equal(ofPages().length, before);
  assert.equal(inLog().length, logged, 'nor is it in the server\u2019s log');
  who.faults.length = 0;
});

whileWanted('what others put into the browser, what the server said and what the wallet refused is not reported', async () => {
  const who = await somebody(DIRECT);
  await who.page.evaluate(() => new Promise((resolve) => { setTimeout(() => { setTimeout(resolve); throw new TypeError('of an extension'); }); }));
  await who.page.route('**/rpc/inbox*', (route) => route.fulfill({ status: 500, contentType: 'application/json', body: '{"message":"x","details":"QFS_INTERNAL"}' }));
  await who.go('#/chat');
  await looked();
  assert.deepEqual(who.reports, []);
  who.faults.length = 0;
});

whileWanted('nginx lets a browser report a few errors, small ones, and forwards nothing else', async () => {
  const who = await person({ url: SITE });
  const url = `${SITE}rest/rpc/page_error`;
  const report = (data) => who.context.request.post(url, { data });
  const asGet = `?${new URLSearchParams(SOUND)}`;
  assert.equal((await who.context.request.get(url + asGet)).status(), 403);
  assert.equal((await who.context.request.get(`${process.env.API_URL}/rpc/page_error${asGet}`)).status(), 405);
  assert.equal((await report({ ...SOUND, module: 'x'.repeat(2000) })).status(), 413);
  const answers = [];
  for (let i = 0; i < 12; i++) answers.push((await report(SOUND)).status());
  assert.ok(answers.includes(429) && answers.every((status) => status === 204 || status === 429), answers.join());
  assert.equal(answers.lastIndexOf(429), 11);
});
