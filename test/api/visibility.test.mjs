// visibility.test.mjs - who reads what: the parties' own entries, or all of them where the policy is public.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { readLine } from '../../src/web/rules/entry.mjs';
import { login } from './wallets.mjs';

const api = ledger('api');
const brief = ledger('brief');
const TEXT = { Accept: 'text/plain' };
const BYTES = { Accept: 'application/octet-stream' };

async function appendNote(on, token, text) {
  return assertOk(await on.call('events_batch', { events: [{ type: 'NOTE', payload: { text } }] }, token))[0].seq;
}

test('parties: one\'s own entries whole, of the others the head alone', async () => {
  const a = await login(api);
  const b = await login(api);
  const seq = await appendNote(api, a.token, 'a secret of A');
  const path = `/ledger?seq=eq.${seq}`;
  const [own] = assertOk(await api.read(path, a.token));
  assert.deepEqual(own.payload, { text: 'a secret of A' });
  for (const [who, token] of [['B', b.token], ['nobody', undefined]]) {
    const [row] = assertOk(await api.read(path, token));
    assert.deepEqual(Object.entries(row).filter(([, field]) => field !== null && field.length !== 0).map(([name]) => name).sort(), ['at', 'hash', 'prev', 'seq'], who);
    assert.equal(row.hash, own.hash);
    const head = api.sql(`SELECT qfs.entry_head(${seq})`);
    for (const name of ['entry', 'entry_head']) assert.equal((await api.read(`/rpc/${name}?seq=${seq}`, token, TEXT)).text, head, `${who} ${name}`);
    const n = Math.floor(seq / 256);
    const { bytes } = await api.read(`/rpc/entry_bundle?n=${n}&width=${seq - 256 * n + 1}`, token, BYTES);
    assert.equal(bytes.subarray(-head.length).toString(), head, who);
  }
  // The head of its own entry with the parts in it, and their salts, not that of the entry.
  const line = JSON.parse((await api.read(`/rpc/entry?seq=${seq}`, a.token, TEXT)).text);
  assert.deepEqual([line.payload.part, line.act.part.actor, 'salt' in line], [{ text: 'a secret of A' }, a.user_id, false]);
  assert.deepEqual((await readLine(line)).hash, own.hash);
  assertError(await api.read('/rpc/entry?seq=999999999', a.token, TEXT), 404, 'QFS_ENTRY_UNKNOWN');
});

test('parties: filters, orders and functions of the view do not tell more', async () => {
  const a = await login(api);
  const b = await login(api);
  const seq = await appendNote(api, a.token, 'needle in a haystack');
  const count = async (query, token) => assertOk(await api.read(`/ledger?${query}`, token)).length;
  for (const filter of ['payload->>text=eq.needle in a haystack', 'payload->>text=like.*needle*', 'payload=cs.{"text":"needle in a haystack"}',
    `actor=eq.${a.user_id}`, 'payload=not.is.null', 'type=eq.NOTE', 'sig=is.null&outcome=not.is.null', 'auth->>via=eq.session']) {
    const query = encodeURI(`${filter}&seq=eq.${seq}`).replaceAll('+', '%2B');
    assert.equal(await count(query, a.token), 1, filter);
    assert.equal(await count(query, b.token), 0, filter);
    assert.equal(await count(query), 0, filter);
  }
  // A filter that fails on a value must not show it, nor that it is there.
  for (const token of [b.token, undefined]) {
    const answer = await api.read(`/ledger?seq=eq.${seq}&payload->>text=gt.%25`, token);
    assert.deepEqual(answer.json, []);
    const cast = await api.read(`/ledger?seq=eq.${seq}&select=payload->>text::int`, token);
    assert.doesNotMatch(cast.text, /needle/);
  }
});

test('parties: an event of the operator that names an account by itself is not that account\'s; the rules of the house are everybody\'s', async () => {
  const a = await login(api);
  api.sql(`INSERT INTO qfs.ledger (type, payload) VALUES ('DECREE', '{"account": "${a.user_id}"}')`);
  const seq = api.sql(`SELECT max(seq) FROM qfs.ledger WHERE type = 'DECREE' AND payload->>'account' = '${a.user_id}'`);
  for (const token of [a.token, undefined]) {
    assert.equal(assertOk(await api.read(`/ledger?seq=eq.${seq}`, token))[0].payload, null);
    const house = assertOk(await api.read('/ledger?payload=not.is.null&actor=eq.system&select=type', token)).map((row) => row.type);
    assert.deepEqual([...new Set(house)].sort(), ['EVENT_TYPE', 'GENESIS', 'POLICY_CHANGED']);
  }
});

test('an error about an entry does not show it', async () => {
  const a = await login(api);
  const seq = await appendNote(api, a.token, 'do not tell');
  const answer = await api.read(`/rpc/entry?seq=${seq}`, undefined, TEXT);
  assert.doesNotMatch(answer.text, /do not tell/);
  assert.doesNotMatch(answer.text, new RegExp(a.user_id));
});

test('public: everyone reads every entry, token or not', async () => {
  for (const token of [undefined, (await login(brief)).token]) {
    assert.equal((await brief.read('/rpc/entry?seq=10', token, TEXT)).text, brief.sql('SELECT qfs.entry(10)'));
    const [row] = assertOk(await brief.read('/ledger?seq=eq.10', token));
    assert.equal(typeof row.payload.n, 'number');
    assert.equal(row.actor, 'system');
    assert.equal((await brief.read('/rpc/entry_bundle?n=1', token, BYTES)).bytes.toString('hex'),
      brief.sql("SELECT encode(qfs.entry_bundle(1), 'hex')"));
  }
  assertError(await brief.read('/rpc/verify'), 401, null);
});

test('pages of the ledger: filters, order, limits', async () => {
  const rows = assertOk(await brief.read('/ledger?select=seq&order=seq.desc&seq=lt.100&limit=3'));
  assert.deepEqual(rows.map((row) => row.seq), [99, 98, 97]);
  assert.equal(assertOk(await brief.read('/ledger?type=eq.DECREE&select=seq')).length, 600);
  const page = await brief.read('/ledger?select=seq&order=seq', undefined, { Range: '10-19', 'Range-Unit': 'items' });
  assert.deepEqual(page.json.map((row) => row.seq), Array.from({ length: 10 }, (_, i) => 10 + i));
});
