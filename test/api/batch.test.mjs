// batch.test.mjs - batches of events: all or nothing, once under one id.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { login } from './wallets.mjs';

const api = ledger('api');
const note = (text) => ({ type: 'NOTE', payload: { text } });
const send = (token, events, batch_id) => api.call('events_batch', { events, batch_id }, token);
const countOf = (user) => Number(api.sql(`SELECT count(*) FROM qfs.ledger WHERE type = 'NOTE' AND actor::text = '${user}'`));

test('1,000 events in order; 1,001 are too many; so is the minute after', async () => {
  const { token, user_id } = await login(api);
  const events = Array.from({ length: 1000 }, (_, i) => note(`${i}`));
  assertError(await send(token, [...events, note('more')]), 413, 'QFS_BATCH_SIZE');
  const result = assertOk(await send(token, events));
  assert.deepEqual(result.map((r) => r.seq), events.map((_, i) => result[0].seq + i));
  assert.equal(result.at(-1).hash, api.sql(`SELECT hash FROM qfs.ledger WHERE seq = ${result.at(-1).seq}`));
  assert.equal(api.sql(`SELECT string_agg(payload->>'text', ',' ORDER BY seq) FROM qfs.ledger WHERE type = 'NOTE' AND actor::text = '${user_id}'`),
    events.map((e) => e.payload.text).join(','));
  // 1,000 a minute: the rest of this minute, and the next one whole.
  const rest = [await send(token, events), await send(token, events)];
  const refused = rest.filter((answer) => answer.status !== 200);
  assert.ok(refused.length >= 1);
  for (const answer of refused) assertError(answer, 429, 'QFS_RATE_LIMIT');
});

test('one bad event in the middle: nothing is appended, and it is named', async () => {
  const { token, user_id } = await login(api);
  const events = Array.from({ length: 20 }, (_, i) => note(`${i}`));
  for (const [bad, status, code] of [
    [{ type: 'NOTE', payload: { text: 1 } }, 400, 'QFS_PAYLOAD_INVALID'],
    [{ type: 'NOTE', payload: {} }, 400, 'QFS_PAYLOAD_INVALID'],
    [{ type: 'NOTE', payload: 'text' }, 400, 'QFS_'],
    [{ type: 'NOTE', payload: { text: 1.5 } }, 400, 'QFS_JSON_NUMBER'],
    [{ type: 'NOTE', payload: { text: 'x'.repeat(66000) } }, 413, 'QFS_ENTRY_TOO_LARGE'],
    [{ type: 'note', payload: { text: 'x' } }, 400, 'QFS_TYPE_SYNTAX'],
    [{ type: 'UNKNOWN', payload: { text: 'x' } }, 422, 'QFS_TYPE_UNKNOWN'],
    [{ type: 'DECREE', payload: {} }, 403, 'QFS_FORBIDDEN'],
    [{ type: 'NOTE' }, 400, 'QFS_BATCH_FORM'],
    [{ payload: { text: 'x' } }, 400, 'QFS_BATCH_FORM'],
    [{ type: 7, payload: { text: 'x' } }, 400, 'QFS_BATCH_FORM'],
    [{ ...note('x'), more: 1 }, 400, 'QFS_BATCH_FORM'],
    ['NOTE', 400, 'QFS_BATCH_FORM'],
    [null, 400, 'QFS_BATCH_FORM'],
    [[], 400, 'QFS_BATCH_FORM'],
  ]) {
    const answer = await send(token, [...events.slice(0, 11), bad, ...events.slice(11)]);
    const shown = `${JSON.stringify(bad).slice(0, 80)}: ${answer.status} ${answer.text}`;
    assert.equal(answer.status, status, shown);
    assert.match(answer.json.details, new RegExp(`^${code}.*event 11 `), shown);
  }
  assert.equal(countOf(user_id), 0);
  assertOk(await send(token, events));
  assert.equal(countOf(user_id), 20);
});

test('forms that are no batch', async () => {
  const { token } = await login(api);
  for (const events of [{}, 'x', 1, null, note('x'), { 0: note('x') }]) {
    assertError(await send(token, events), 400, 'QFS_BATCH_FORM', JSON.stringify(events));
  }
  assert.deepEqual(assertOk(await send(token, [])), []);
  for (const id of ['', 'x'.repeat(65)]) assertError(await send(token, [note('x')], id), 400, 'QFS_BATCH_FORM', id);
  assertOk(await send(token, [note('x')], 'é'.repeat(64)));
});

test('the same batch again gives the first result and appends nothing; another under its id does not', async () => {
  const { token, user_id } = await login(api);
  const events = [note('a'), note('b')];
  const first = assertOk(await send(token, events, 'id'));
  assert.deepEqual(assertOk(await send(token, events, 'id')), first);
  // The same events, written otherwise.
  const again = await api.rest({ method: 'POST', path: '/rpc/events_batch', headers: api.bearer(token),
    body: ' {"batch_id": "id", "events": [{"payload": {"text": "a"}, "type": "NOTE"},{"payload":{"text":"\\u0062"},"type":"NOTE"}]}' });
  assert.deepEqual(assertOk(again), first);
  assertError(await send(token, [note('b'), note('a')], 'id'), 409, 'QFS_BATCH_ID_REUSED');
  assertError(await send(token, [note('a')], 'id'), 409, 'QFS_BATCH_ID_REUSED');
  assertError(await send(token, [], 'id'), 409, 'QFS_BATCH_ID_REUSED');
  assert.equal(countOf(user_id), 2);
  // An id is the account's own.
  const { token: another, user_id: theirs } = await login(api);
  assertOk(await send(another, [note('c')], 'id'));
  assert.equal(countOf(theirs), 1);
  // A batch that failed has not used its id.
  assertError(await send(token, [note('x'), { type: 'NOTE', payload: {} }], 'failed'), 400, 'QFS_PAYLOAD_INVALID');
  assertOk(await send(token, [note('x')], 'failed'));
});

test('the same batch at once: one is appended, all get its result', async () => {
  const { token, user_id } = await login(api);
  const events = [note('a'), note('b'), note('c')];
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(token, events, 'at once')));
  const results = answers.map((answer) => JSON.stringify(assertOk(answer)));
  assert.equal(new Set(results).size, 1);
  assert.equal(countOf(user_id), 3);
});

test('a batch that revokes its own session ends there', async () => {
  const { token, session, user_id } = await login(api);
  const revoke = { type: 'SESSION_REVOKED', payload: { session, reason: 'user_logout' } };
  const answer = await send(token, [note('a'), revoke, note('b')]);
  assertError(answer, 401, 'QFS_SESSION_ENDED');
  assert.match(answer.json.details, /event 2 /);
  assert.equal(countOf(user_id), 0);
  assertOk(await send(token, [note('a'), revoke]));
  assertError(await send(token, [note('b')]), 401, 'QFS_SESSION_ENDED');
});
