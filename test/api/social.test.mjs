// social.test.mjs - the trust loop over HTTP, with real wallets and real encryption, and those who try to cheat it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { webcrypto } from 'node:crypto';
import { verifyBundle } from '../../src/web/verify_bundle.mjs';
import { commitment, makeChatKey, open, seal, threadOf, toText } from './chat.mjs';
import { assertError, assertOk, ledger } from './client.mjs';
import { actor, login, makeDevice, nonceOf, viemWallet } from './wallets.mjs';

// Node 18 has WebCrypto, and does not show it.
globalThis.crypto ??= webcrypto;

const api = ledger('api');
const ONE = 10n ** 18n;
const toAmount = (text) => BigInt(text.replace('.', ''));
const toDecimal = (n) => `${n / ONE}.${String(n % ONE).padStart(18, '0')}`;
const step = (c, q, alpha = ONE / 10n) => (c * (ONE - alpha) + q * alpha) / ONE;
const call = async (fn, body, who) => assertOk(await api.call(fn, body, who?.token), fn);
const profileOf = async (who) => assertOk(await api.read('/rpc/profile', who.token));

// Signs in, with a code if there is one.
async function join_(code) {
  const wallet = viemWallet();
  const message = wallet.write({ nonce: await nonceOf(api) });
  const answer = await api.call('auth_login',
    { message, signature: await wallet.sign(message), ...(code === undefined ? {} : { referral_code: code }) });
  return { ...assertOk(answer), wallet };
}

async function withKey(who) {
  const mine = await makeChatKey();
  await call('publish_chat_key', { key: mine.text }, who);
  return { ...who, mine };
}

const person = async (code) => withKey(await join_(code));
const envelope = (from, to, seq, text) =>
  seal({ sender: from.user_id, recipient: to.user_id, seq, text, mine: from.mine, theirs: to.mine.text });
const send = async (from, to, seq, text) => call('send_message', await envelope(from, to, seq, text), from);
const outcomeOf = (entry) => JSON.parse(api.sql(`SELECT outcome FROM qfs.ledger WHERE seq = ${entry}`));
const partsOf = (entry) => JSON.parse(api.sql(`SELECT accounts FROM qfs.ledger WHERE seq = ${entry}`));
const isSound = () => assert.equal(api.sql('SELECT count(*) FROM qfs.verify()'), '0');

test('the trust loop', async () => {
  let alice = await join_();
  assert.equal((await profileOf(alice)).coherence, toDecimal(0n));
  assert.equal((await call('set_profile', { display_name: 'Alice', bio: 'écrit', avatar: 'https://example.org/a.png' }, alice)).display_name, 'Alice');
  const code = await call('referral_code', {}, alice);
  let bob = await join_(code);
  await call('set_profile', { display_name: 'Bob', links: ['ipfs://bafy/x'] }, bob);
  [alice, bob] = [await withKey(alice), await withKey(bob)];

  // Alice writes; Bob finds it in his inbox, reads and decrypts it.
  const key = assertOk(await api.read(`/rpc/chat_key?user_id=${bob.user_id}`, alice.token));
  assert.equal(key.key, bob.mine.text);
  await send(alice, bob, 1, 'Hello Bob, déjà vu? 👋');
  const [thread] = assertOk(await api.read('/rpc/inbox', bob.token));
  assert.deepEqual([thread.peer, thread.unread, thread.thread], [alice.user_id, 1, await threadOf(alice.user_id, bob.user_id)]);
  const [row] = assertOk(await api.read(`/rpc/messages?thread=${thread.thread}`, bob.token));
  assert.equal(await open(row, bob.user_id, bob.mine), 'Hello Bob, déjà vu? 👋');
  assert.equal(outcomeOf(row.entry).status, 'OK');
  assert.equal(api.sql(`SELECT payload ->> 'hash' FROM qfs.ledger WHERE seq = ${row.entry}`), await commitment(row));
  assert.equal(await call('mark_read', { thread: thread.thread, seq: 1 }, bob), 1);
  assert.equal(assertOk(await api.read('/rpc/inbox', bob.token))[0].unread, 0);

  // Bob answers: the referral activates.
  const before = [await profileOf(alice), await profileOf(bob)];
  assert.deepEqual(before.map((p) => p.coherence), [toDecimal(step(0n, 3n * ONE / 10n)), toDecimal(step(0n, 3n * ONE / 10n))]);
  const entry = await send(bob, alice, 1, 'Hello Alice');
  const after = [await profileOf(alice), await profileOf(bob)];
  const c = toAmount(before[0].coherence);
  assert.deepEqual(after.map((p) => p.balances.FLX), [toDecimal(100n * ONE), toDecimal(0n)]);
  assert.deepEqual(after.map((p) => p.genesis_points), [10, 10]);
  assert.deepEqual(after.map((p) => p.referral_count), [1, 0]);
  assert.deepEqual(after.map((p) => p.coherence),
    [toDecimal(step(c, ONE)), toDecimal(step(step(c, 6n * ONE / 10n), ONE / 2n))]);
  assert.deepEqual(after.map((p) => p.last_entry), [entry, entry]);

  // Each part of a standing names the entry before it, back to the first sign-in.
  for (const who of [alice, bob]) {
    const rules = [];
    let seq = (await profileOf(who)).last_entry;
    while (seq !== null) {
      const own = partsOf(seq).filter(({ account, kind }) => account === who.user_id && kind === 'standing');
      assert.equal(own.length, 1);
      assert.ok(own[0].previous === null || own[0].previous < seq);
      rules.push(...[...own[0].rules].reverse());
      seq = own[0].previous;
    }
    assert.equal(rules.at(-1), 'ACCOUNT_CREATED');
    assert.ok(rules.includes('REFERRAL_TIER_1') && rules.includes('CHAT_KEY_PUBLISHED') && rules.includes('PROFILE_COMPLETED'), rules.join());
  }

  const stats = assertOk(await api.read('/rpc/referral_stats', alice.token));
  assert.deepEqual([stats.code, stats.used, stats.activated, stats.tier, stats.flx], [code, 1, 1, 1, toDecimal(100n * ONE)]);
  assert.deepEqual(stats.referees.map((r) => [r.user_id, r.settled]), [[bob.user_id, entry]]);
  const actFor = async (who) => assertOk(await api.read(`/rpc/coherence?user_id=${alice.user_id}`, who.token)).last_act;
  const act = await actFor(alice);
  assert.deepEqual([act.seq, act.rules], [entry, ['REFERRAL_TIER_1']]);
  // When somebody did something is nobody else's business.
  assert.equal(await actFor(bob), null);

  // A stranger checks the reward offline, and replays the whole ledger.
  const dir = mkdtempSync(join(tmpdir(), 'qfs-loop-'));
  const line = assertOk(await api.read(`/rpc/entry?seq=${entry}`, alice.token, { Accept: 'text/plain' })) ??
    (await api.read(`/rpc/entry?seq=${entry}`, alice.token, { Accept: 'text/plain' })).text;
  assert.match(line, /REFERRAL_TIER_1/);
  writeFileSync(join(dir, 'line'), line);
  writeFileSync(join(dir, 'proof'), (await api.read(`/rpc/tlog_proof?seq=${entry}`, undefined, { Accept: 'text/plain' })).text);
  writeFileSync(join(dir, 'ledger'), execFileSync('psql', ['-XAtc', 'SELECT qfs.export()', 'api']));
  const vkey = (await api.read('/rpc/vkey', undefined, { Accept: 'text/plain' })).text.trim();
  execFileSync('qfs-verify', ['proof', join(dir, 'proof'), '--entry', `@${join(dir, 'line')}`, '--key', vkey]);
  execFileSync('qfs-verify', ['ledger', join(dir, 'ledger'), '--key', vkey]);

  // Alice asks why, and everything else, and each answer verifies; a stranger is not told.
  const stranger = await join_();
  const asked = [`explain_reward?tx_id=${entry}`, `explain_entry?seq=${entry}`, `explain_session?seq=${entry}`, 'explain_coherence', `explain_coherence?seq=${entry}`,
    `explain_message?thread=${thread.thread}&seq=1`, 'account_statement', `account_statement?from=3&to=${entry}`];
  for (const path of asked) {
    const bundle = assertOk(await api.read(`/rpc/${path}`, alice.token), path);
    writeFileSync(join(dir, 'bundle'), JSON.stringify(bundle));
    execFileSync('qfs-verify', ['bundle', join(dir, 'bundle'), '--key', vkey]);
    assert.equal((await verifyBundle(bundle, vkey)).ok, true, path);
    if (path === asked[0]) {
      assert.match(bundle.narrative, /^You earned 100 FLX and 10 genesis points because user_/);
      assert.equal(assertOk(await api.read(`/rpc/explain_reward?tx_id=${bundle.tx_id}`, alice.token)).seq, entry, 'by hash');
    }
    if (/=/.test(path) && !/message|statement|coherence/.test(path)) assertError(await api.read(`/rpc/${path}`, stranger.token), 403, 'QFS_FORBIDDEN', path);
  }
  for (const seq of [entry, entry - 1, 0, 999999])
    assertError(await api.read(`/rpc/explain_coherence?user_id=${alice.user_id}&seq=${seq}`, stranger.token), 403, 'QFS_FORBIDDEN', `of Alice by entry ${seq}`);
  for (const path of ['explain_coherence', 'account_statement'])
    assertError(await api.read(`/rpc/${path}?user_id=${alice.user_id}`, stranger.token), 403, 'QFS_FORBIDDEN', path);
  assertError(await api.read(`/rpc/explain_message?thread=${thread.thread}&seq=1`, stranger.token), 404, 'QFS_THREAD_UNKNOWN');
  assertError(await api.read(`/rpc/explain_entry?seq=${entry}`), 401, 'QFS_NO_SESSION');
  assertError(await api.read(`/rpc/explain_reward?tx_id=${entry - 1}`, alice.token), 422, 'QFS_EXPLAIN_TOPIC');
  isSound();
});

test('messages: numbers, nonces, keys, sizes', async () => {
  const [ann, ben] = [await person(), await person()];
  const first = await envelope(ann, ben, 1, 'one');
  assertError(await api.call('send_message', { ...first, seq: 2 }, ann.token), 409, 'QFS_MESSAGE_ORDER', 'skipped');
  assertError(await api.call('send_message', { ...first, seq: 0 }, ann.token), 400, 'QFS_PAYLOAD_INVALID', 'number 0');
  await call('send_message', first, ann);
  const replayed = await api.call('send_message', first, ann.token);
  assertError(replayed, 409, 'QFS_MESSAGE_ORDER', 'replayed');
  assert.match(replayed.json.details, /number 2 is next/);
  const second = await envelope(ann, ben, 2, 'two');
  assertError(await api.call('send_message', { ...second, nonce: first.nonce }, ann.token), 409, 'QFS_MESSAGE_NONCE');
  const other = await makeChatKey();
  assertError(await api.call('send_message', { ...second, sender_key: other.text }, ann.token), 409, 'QFS_CHAT_KEY_OLD');
  assertError(await api.call('send_message', { ...second, recipient_key: other.text }, ann.token), 409, 'QFS_CHAT_KEY_OLD');
  assertError(await api.call('send_message', { ...second, recipient: ann.user_id }, ann.token), 422, 'QFS_MESSAGE_SELF');
  assertError(await api.call('send_message', { ...second, seq: 1, recipient: `user_${'ab'.repeat(32)}` }, ann.token), 404, 'QFS_ACCOUNT_UNKNOWN');
  const keyless = await join_();
  assertError(await api.call('send_message', { ...second, seq: 1, recipient: keyless.user_id }, ann.token), 422, 'QFS_CHAT_KEY_UNKNOWN');
  for (const [size, status, code] of [[0, 400, 'QFS_MESSAGE_FORM'], [16, 400, 'QFS_MESSAGE_FORM'], [65537, 413, 'QFS_MESSAGE_SIZE']])
    assertError(await api.call('send_message', { ...second, body: toText(Buffer.alloc(size)) }, ann.token), status, code, `${size} bytes`);
  await call('send_message', { ...second, body: toText(Buffer.alloc(65536)) }, ann);
  assertError(await api.call('send_message', { ...second, seq: 3 }, undefined), 401, null);

  // Of the same number twice at once, one is sent.
  const twice = await Promise.all([3, 3].map(async (seq) => api.call('send_message', await envelope(ann, ben, seq, 'three'), ann.token)));
  assert.deepEqual(twice.map((answer) => answer.status).sort(), [200, 409]);

  // A new key: the old one is no longer good.
  const fresh = await withKey(ben);
  assertError(await api.call('send_message', await envelope(ann, ben, 4, 'four'), ann.token), 409, 'QFS_CHAT_KEY_OLD');
  await send(ann, fresh, 4, 'four');
  isSound();
});

test('messages: the two parties and nobody else', async () => {
  const [ann, ben, eve] = [await person(), await person(), await person()];
  await send(ann, ben, 1, 'private');
  const thread = await threadOf(ann.user_id, ben.user_id);
  for (const who of [eve, undefined])
    for (const path of [`/rpc/messages?thread=${thread}`, '/message', '/rpc/inbox']) {
      const answer = await api.read(path, who?.token);
      assert.ok(answer.status >= 400 || answer.text === '[]', `${path} ${answer.status} ${answer.text}`);
    }
  assertError(await api.call('mark_read', { thread, seq: 1 }, eve.token), 404, 'QFS_THREAD_UNKNOWN');
  assertError(await api.call('erase_message', { thread, seq: 1, sender: ann.user_id }, eve.token), 404, 'QFS_THREAD_UNKNOWN');
  assertError(await api.call('mark_read', { thread, seq: 2 }, ben.token), 400, 'QFS_ARGUMENT');

  // Either party erases; the ledger keeps the hash.
  await call('erase_message', { thread, seq: 1, sender: ann.user_id }, ben);
  const [row] = assertOk(await api.read(`/rpc/messages?thread=${thread}`, ann.token));
  assert.deepEqual([row.body, row.erased], [null, true]);
  assertError(await api.call('erase_message', { thread, seq: 9 }, ben.token), 404, 'QFS_THREAD_UNKNOWN');
  isSound();
});

const guardOf = (outcome) => outcome.guards.filter((guard) => guard.result === 'BLOCK').map((guard) => guard.guard);

test('referrals: each guard is recorded and says why', async () => {
  const ann = await join_();
  const annCode = await call('referral_code', {}, ann);
  const ben = await join_(annCode);
  const benCode = await call('referral_code', {}, ben);
  const used = async (who, code) => call('use_referral', { code }, who);

  assertError(await api.call('use_referral', { code: '0'.repeat(22) }, ann.token), 404, 'QFS_REFERRAL_CODE');
  assert.deepEqual(guardOf(await used(ann, annCode)), ['SELF_REFERRAL', 'REFERRER_NOT_OLDER']);
  assert.deepEqual(guardOf(await used(ben, annCode)), ['ALREADY_REFERRED']);
  // A ring: whoever came first cannot have been invited by who came later.
  const cat = await join_(benCode);
  assert.deepEqual(guardOf(await used(ann, await call('referral_code', {}, cat))), ['REFERRER_NOT_OLDER']);
  const device = makeDevice();
  await actor(api, viemWallet(), device);
  const twin = await actor(api, viemWallet(), device);
  const blocked = assertOk(await twin.act('use_referral', { code: annCode }, 'REFERRAL_USE'));
  assert.deepEqual([blocked.status, ...guardOf(blocked)], ['BLOCKED', 'DUPLICATE_DEVICE']);
  assert.deepEqual(assertOk(await api.read('/rpc/referral_stats', ann.token)).blocked,
    { ALREADY_REFERRED: 1, DUPLICATE_DEVICE: 1, SELF_REFERRAL: 1 });

  // A sign-in with a code that nobody has leaves nothing behind.
  const size = api.sql('SELECT size FROM qfs.head()');
  const wallet = viemWallet();
  const message = wallet.write({ nonce: await nonceOf(api) });
  assertError(await api.call('auth_login', { message, signature: await wallet.sign(message), referral_code: 'x'.repeat(22) }), 404, 'QFS_REFERRAL_CODE');
  assert.equal(api.sql('SELECT size FROM qfs.head()'), size);
  isSound();
});

test('profiles: limits, versions, erasure', async () => {
  const ann = await join_();
  const refused = async (body) => assertError(await api.call('set_profile', body, ann.token), 400, 'QFS_PROFILE_INVALID', JSON.stringify(body));
  for (const display_name of ['', 'x', 'x'.repeat(51), 'a\nb']) await refused({ display_name });
  await refused({ display_name: 'Ann', bio: 'x'.repeat(501) });
  for (const uri of ['http://example.org', 'javascript:alert(1)', 'https:', 'https://exa mple.org', `https://example.org/${'x'.repeat(500)}`]) {
    await refused({ display_name: 'Ann', avatar: uri });
    await refused({ display_name: 'Ann', links: [uri] });
  }
  await refused({ display_name: 'Ann', links: Array(6).fill('https://example.org') });
  for (const version of [1, 2, 3])
    assert.equal((await call('set_profile', { display_name: 'Ä'.repeat(50), bio: '👋'.repeat(500) }, ann)).version, version);
  assert.equal((await call('profile', { wallet: ann.wallet.address.toLowerCase() }, ann)).user_id, ann.user_id);
  assert.equal((await profileOf(ann)).coherence, toDecimal(step(0n, 3n * ONE / 10n)), 'completed once');
  assertError(await api.call('profile', { user_id: `user_${'00'.repeat(32)}` }, ann.token), 404, 'QFS_ACCOUNT_UNKNOWN');
  assertError(await api.call('profile', {}), 401, 'QFS_NO_SESSION');

  const erased = await call('erase_profile', {}, ann);
  assert.deepEqual([erased.erased, erased.display_name, erased.version], [true, null, 3]);
  assert.equal(api.sql(`SELECT count(*) FROM qfs.profile_content WHERE user_id::text = '${ann.user_id}' AND salt IS NULL AND content IS NULL`), '1');
  isSound();
  assert.equal((await call('set_profile', { display_name: 'Back' }, ann)).version, 4);
});

test('contents: evaluators score others, once', async () => {
  const [author, evaluator] = [await join_(), await login(api)];
  const content = 'c0'.repeat(16) + author.user_id.slice(5, 37);
  const features = { topic: '0.9', logic: '0.8', signal: '0.7', contradiction: '1.0', clarity: '0.6', hsmf: '0.5' };
  await call('create_content', { content, kind: 'essay', size: 12 }, author);
  assertError(await api.call('create_content', { content, kind: 'essay', size: 12 }, author.token), 409, 'QFS_CONTENT_EXISTS');
  assertError(await api.call('score_content', { content, features }, evaluator.token), 403, 'QFS_FORBIDDEN');
  api.sql(`SELECT qfs.set_policy(jsonb_build_object('evaluators', jsonb_build_array('${evaluator.user_id}', '${author.user_id}')))`);
  assertError(await api.call('score_content', { content, features }, author.token), 403, 'QFS_FORBIDDEN', 'of one\'s own');
  for (const wrong of [{ ...features, topic: '1.1' }, { ...features, topic: 1 }, { ...features, wit: '1' }, { topic: '1' }])
    assertError(await api.call('score_content', { content, features: wrong }, evaluator.token), 400, 'QFS_FEATURES_INVALID');
  assertError(await api.call('score_content', { content, features: { ...features, topic: 0.9 } }, evaluator.token), 400, 'QFS_JSON_NUMBER');
  assert.equal((await call('score_content', { content, features }, evaluator)).score, '0.756000000000000000');
  assert.equal((await profileOf(author)).coherence, toDecimal(step(0n, 756n * ONE / 1000n)));
  assertError(await api.call('score_content', { content, features }, evaluator.token), 409, 'QFS_CONTENT_SCORED');
  assertError(await api.call('score_content', { content: 'ee'.repeat(32), features }, evaluator.token), 404, 'QFS_CONTENT_UNKNOWN');
  isSound();
});
