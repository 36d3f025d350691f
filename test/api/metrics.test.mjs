// metrics.test.mjs - /rpc/metrics, for whom it is; and Prometheus itself, which scrapes it as docs/prometheus.yml says.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ledger, assertOk } from './client.mjs';
import { login } from './wallets.mjs';

const DIR = process.env.QFS_API_DIR;
const api = ledger('api');
const monitor = `http://127.0.0.1:${readFileSync(`${DIR}/api.monitor.port`, 'utf8').trim()}`;
const prometheus = `http://127.0.0.1:${readFileSync(`${DIR}/prometheus.port`, 'utf8').trim()}`;
// What Prometheus 2 sends.
const ACCEPT = 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

const scrape = () => fetch(`${monitor}/rpc/metrics`, { headers: { Accept: ACCEPT } });

// Value of the only sample that the expression gives; undefined if there is none.
async function query(expression) {
  const answer = await (await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`)).json();
  assert.equal(answer.status, 'success', JSON.stringify(answer));
  assert.ok(answer.data.result.length <= 1, JSON.stringify(answer));
  return answer.data.result[0]?.value[1];
}

async function until(check, what) {
  for (let i = 0; i < 300; i++) {
    if (await check()) return;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  assert.fail(`waited in vain: ${what}`);
}

// promtool with an input; '' is what it says when it finds nothing.
function promtool(args, input) {
  const run = spawnSync('promtool', args, { input, encoding: 'utf8' });
  assert.equal(run.error, undefined);
  return { status: run.status, output: run.stdout + run.stderr };
}

test('the text format, with its content type', async () => {
  const answer = await scrape();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  assert.match(text, /^# HELP qfs_entries_total .*\n# TYPE qfs_entries_total counter\nqfs_entries_total \d+$/m);
  assert.deepEqual(promtool(['check', 'metrics'], text), { status: 0, output: '' });
  // promtool would notice.
  assert.notEqual(promtool(['check', 'metrics'], text.replace(/^# TYPE qfs_entries_total counter/m, '# TYPE qfs_entries_total gauge')).output, '');
});

test('metrics are for monitoring, and monitoring is for nothing else', async () => {
  const a = await login(api);
  for (const [token, status] of [[undefined, 401], [a.token, 403]]) {
    const answer = await api.read('/rpc/metrics', token, { Accept: 'text/plain' });
    assert.equal(answer.status, status, answer.text);
    assert.doesNotMatch(answer.text, /qfs_entries_total/);
  }
  for (const path of ['/rpc/head', '/rpc/checkpoint', '/ledger', '/rpc/auth_nonce']) {
    const answer = await fetch(monitor + path);
    assert.ok(answer.status >= 401, `${path}: ${answer.status}`);
  }
});

test('the configuration and the alerts of docs', async () => {
  assert.equal(promtool(['check', 'config', 'docs/prometheus.yml']).status, 0);
  const rules = promtool(['test', 'rules', 'test/api/rules_test.yml']);
  assert.equal(rules.status, 0, rules.output);
  const alerts = readFileSync('docs/qfs.rules.yml', 'utf8').match(/- alert: \w+/g).map((line) => line.slice(9));
  const tests = readFileSync('test/api/rules_test.yml', 'utf8');
  for (const alert of alerts)
    assert.ok(tests.match(new RegExp(`alertname: ${alert}\\b`, 'g'))?.length >= 2, `${alert}: quiet and firing`);
});

test('Prometheus sees what the ledger says', async () => {
  await until(async () => await query('up{job="qfs"}') === '1', 'a scrape');
  const a = await login(api);
  assertOk(await api.call('events_batch', { events: [{ type: 'NOTE', payload: { text: 'one more' } }] }, a.token));
  const size = () => api.sql('SELECT size FROM qfs.head()');
  await until(async () => await query('qfs_entries_total') === size(), 'the size');
  assert.equal(await query('qfs_ledger_open'), '1');
  assert.equal(await query('qfs_key_usable'), '1');
  assert.equal(await query('qfs_self_check_faults'), '0');
  assert.equal(await query('qfs_aegis_findings'), '0');
  assert.ok(Number(await query('time() - qfs_head_timestamp_seconds')) < 600);
});

test('what guards blocked, and how far the ledger is verified', async () => {
  const a = await login(api);
  const code = assertOk(await api.call('referral_code', {}, a.token));
  const outcome = assertOk(await api.call('use_referral', { code }, a.token));
  assert.equal(outcome.status, 'BLOCKED');
  assert.equal(api.sql('SELECT * FROM qfs.verify_new()'), '');
  const blocked = api.sql(`SELECT count(*) FROM qfs.ledger WHERE outcome @> '{"guards": [{"guard": "SELF_REFERRAL", "result": "BLOCK"}]}'`);
  assert.notEqual(blocked, '0');
  await until(async () => await query('qfs_blocked_total{guard="SELF_REFERRAL"}') === blocked, 'the guard');
  await until(async () => Number(await query('qfs_verified_entries')) > 0, 'the verification');
  assert.equal(await query('qfs_verify_faults'), '0');
});
