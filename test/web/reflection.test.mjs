// reflection.test.mjs - "Before you do it": what the page says of an act is what the ledger says of it, and nothing comes of asking.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardSentence } from '../../src/web/guard_sentence.mjs';
import { look, person, scenario, setProfile, signIn, sql, turnOnChat, userId, write } from './browser.mjs';

const size = () => sql('SELECT size FROM qfs.head()');
// An amount as people read it.
const short = (of) => (/^\d+\.\d{18}$/.test(of) ? of.replace(/\.?0+$/, '') : of);
const plain = (text) => text.replace(/\u202f/g, '');
const codeOf = (who) => sql(`SELECT qfs.referral_code('${userId(who)}'::qfs.user_id)`);
const asked = (who, name) => who.requests.filter((request) => request.url().includes(`/rpc/${name}`)).length;

async function arrive(name) {
  const who = await person();
  const login = who.page.waitForResponse(/auth_login/);
  await who.open();
  await signIn(who);
  who.token = (await (await login).json()).token;
  await setProfile(who, name);
  return who;
}

const fold = (who) => who.page.locator('details.before');
const summary = (who) => fold(who).locator('summary');
const isShown = (who) => fold(who).locator('.hint', { hasText: 'As the server says it' }).waitFor();

// What the ledger says to somebody else than the page: asked with the payload that the page has asked with.
async function said(who, request) {
  const { type, payload } = request.postDataJSON();
  const answer = await fetch(`${process.env.API_URL}/rpc/preview`, { method: 'POST', body: JSON.stringify({ type, payload }),
    headers: { Authorization: `Bearer ${who.token}`, 'Content-Type': 'application/json' } });
  assert.equal(answer.status, 200);
  return { payload, reflection: await answer.json() };
}

// Every guard with its numbers, in their order, and every number that would change.
async function showsAll(who, { decided: { effects, needs }, guards }) {
  const items = fold(who).locator('[data-guard]');
  assert.equal(await items.count(), guards.length);
  for (const [i, { guard, bound, margin, observed, result }] of guards.entries()) {
    assert.equal(await items.nth(i).getAttribute('data-guard'), guard);
    assert.equal(await items.nth(i).getAttribute('class'), result === 'PASS' ? 'pass' : 'block');
    const numbers = plain(await items.nth(i).locator('.hint').innerText()).match(/\d+(\.\d+)?/g);
    assert.deepEqual(numbers, [observed, bound, ...(margin === null ? [] : [margin])].map(String), guard);
  }
  const isSaid = (of) => ![null, false, 0].includes(of) && !/^0\.0+$/.test(of) && of.length !== 0;
  const names = ({ previous, was, state }) => (previous === null ? Object.keys(state).filter((name) => isSaid(state[name])) : Object.keys(was)).sort();
  const changes = effects.flatMap((part) => names(part).map((name) => [name, part.was[name], part.state[name]]));
  const lines = fold(who).locator('[data-name]');
  assert.deepEqual(await lines.evaluateAll((nodes) => nodes.map((node) => node.dataset.name)), changes.map(([name]) => name));
  for (const [i, [name, before, after]] of changes.entries()) {
    const [was, is] = [before, after].map((of) => (typeof of === 'boolean' ? (of ? 'yes' : 'no') : short(of) ?? (typeof after === 'boolean' ? 'no' : 'none')));
    if (typeof after !== 'object') assert.match(plain(await lines.nth(i).innerText()), new RegExp(`: ${was} \u2192 ${is}$`), name);
  }
  for (const { nonce } of needs) await fold(who).getByText(`as event ${nonce} or later`).waitFor();
}

// Opens it by the keyboard alone, and gives what the page has asked.
async function openByKeyboard(who) {
  const request = who.page.waitForRequest(/rpc\/preview/);
  await summary(who).focus();
  await who.page.keyboard.press('Enter');
  return said(who, await request);
}

async function close(who) {
  await summary(who).focus();
  await who.page.keyboard.press('Enter');
  await fold(who).locator('.place').filter({ hasText: /./ }).waitFor({ state: 'detached' });
  assert.equal(await fold(who).locator('.place').evaluate((node) => node.childNodes.length), 0);
}

test('what is said of a guard follows its relation and its verdict', () => {
  const guard = { bound: 100, margin: 88, observed: 12, relation: '<', result: 'PASS', unit: 'referrals' };
  assert.equal(guardSentence(guard), '12 referrals, and less than 100 allowed: 88 more would block it.');
  assert.equal(guardSentence({ ...guard, observed: 100, margin: 1, result: 'BLOCK' }), '100 referrals, and less than 100 allowed: 1 less would let it pass.');
  assert.equal(guardSentence({ bound: 0, margin: 1, observed: 1, relation: '<=', result: 'BLOCK', unit: 'accounts' }), '1 account, and at most 0 allowed: 1 less would let it pass.');
  assert.equal(guardSentence({ bound: 3, margin: 1, observed: 3, relation: '<=', result: 'PASS', unit: 'entries' }), '3 entries, and at most 3 allowed: 1 more would block it.');
  assert.equal(guardSentence({ bound: '5.5', margin: '2.000000000000000001', observed: '7.5', relation: '>=', result: 'PASS', unit: 'FLX' }), '7.5 FLX, and at least 5.5 needed: 2.000000000000000001 less would block it.');
  assert.equal(guardSentence({ bound: 4, margin: 3, observed: 1, relation: '>=', result: 'BLOCK', unit: 'epochs' }), '1 epoch, and at least 4 needed: 3 more would let it pass.');
  assert.equal(guardSentence({ bound: 0, margin: null, observed: 0, relation: '>=', result: 'PASS', unit: 'blocks' }), '0 blocks, and at least 0 needed: no number would turn it.');
});

scenario('under the form for a code: a good one, one\u2019s own, one that nobody has, and none', async () => {
  const [ann, bob] = [await arrive('Ann'), await arrive('Bob')];
  const good = codeOf(ann);
  await bob.go('#/invite');
  await bob.page.getByText('Were you invited?').click();
  const input = bob.page.getByLabel('Code or link');
  await input.fill(good);
  const before = size();
  assert.equal(asked(bob, 'preview'), 0, 'nothing is fetched while it is folded');
  assert.equal(asked(bob, 'page_module'), 0);

  const first = await openByKeyboard(bob);
  assert.deepEqual(first.payload, { code: good });
  assert.equal(first.reflection.decided.outcome, 'OK');
  await isShown(bob);
  await fold(bob).getByText('It would be taken.').waitFor();
  assert.ok(first.reflection.guards.length > 0 && first.reflection.decided.needs.length === 1);
  await fold(bob).getByText('The key of this browser signs it').waitFor();
  await showsAll(bob, first.reflection);
  await look(bob, 'invite-before');

  // Another text: what was said is gone, and is asked for again when somebody wants it.
  const own = codeOf(bob);
  await input.fill(`https://example.org/?ref=${own}`);
  await fold(bob).getByText('It would be taken.').waitFor({ state: 'detached' });
  assert.equal(asked(bob, 'preview'), 1);
  const again = bob.page.waitForRequest(/rpc\/preview/);
  await fold(bob).getByRole('button', { name: 'Look again' }).click();
  const second = await said(bob, await again);
  assert.deepEqual(second.payload, { code: own });
  assert.equal(second.reflection.decided.outcome, 'BLOCKED');
  await isShown(bob);
  await fold(bob).getByText('It would be blocked: inviter and invited are one account').waitFor();
  await fold(bob).getByText('1 account, and at most 0 allowed: 1 less would let it pass.').waitFor();
  await showsAll(bob, second.reflection);
  await close(bob);

  await input.fill('1'.repeat(22));
  const third = await openByKeyboard(bob);
  assert.deepEqual([third.reflection.decided.outcome, third.reflection.decided.error], ['REFUSED', 'QFS_REFERRAL_CODE']);
  await isShown(bob);
  await fold(bob).getByText('It would be refused: nobody has this code.').waitFor();
  await fold(bob).getByText('Copy the code again').waitFor();
  await close(bob);

  await input.fill('no code');
  await summary(bob).click();
  await fold(bob).getByText('This is not an invitation.').waitFor();
  assert.equal(asked(bob, 'preview'), 3);
  await close(bob);
  assert.equal(size(), before, 'nothing is appended');
  assert.equal(asked(bob, 'use_referral'), 0);

  // Of others it tells nothing, and says so.
  await ann.go('#/invite');
  await ann.page.getByText('Were you invited?').click();
  await ann.page.getByLabel('Code or link').fill(own);
  const other = await openByKeyboard(ann);
  assert.deepEqual([other.reflection.decided.outcome, other.reflection.guards.some(({ result }) => result === 'BLOCK')], ['BLOCKED', false]);
  await fold(ann).getByText('It would be blocked: by what the ledger has of another account').waitFor();

  // It is in nobody's way: the form does what it would do without, and it is what was said.
  await input.fill(good);
  await bob.page.getByRole('button', { name: 'Use it' }).click();
  await bob.page.getByText('The invitation counts.').waitFor();
  assert.equal(size(), String(Number(before) + 1));
});

scenario('under a message: the act that would send it, without a word of it; afterwards the same of the entry', async () => {
  const [ann, bob] = [await arrive('Ann'), await arrive('Bob')];
  await turnOnChat(ann);
  await turnOnChat(bob);
  await bob.go(`#/chat/${userId(ann)}`);
  const before = size();
  await summary(bob).click();
  await fold(bob).getByText('There is no message yet.').waitFor();
  assert.equal(asked(bob, 'preview'), 0);
  await close(bob);

  await bob.page.getByLabel(/^Message to/).fill('Hello Ann');
  const { payload, reflection } = await openByKeyboard(bob);
  assert.deepEqual(Object.keys(payload).sort(), ['alg', 'hash', 'recipient', 'seq', 'size', 'thread']);
  assert.deepEqual([payload.recipient, payload.seq], [userId(ann), 1]);
  assert.equal(reflection.decided.outcome, 'OK');
  await isShown(bob);
  await showsAll(bob, reflection);
  await fold(bob).getByText('First message sent').waitFor();
  await fold(bob).getByText('Has sent a message: no \u2192 yes').waitFor();
  await look(bob, 'thread-before');
  assert.equal(size(), before, 'nothing is appended');
  assert.equal(asked(bob, 'send_message'), 0);

  await write(bob, 'Hello Ann');
  assert.equal(await fold(bob).getAttribute('open'), null, 'sent, it is folded');
  const seq = Number(sql(`SELECT max(seq) FROM qfs.ledger WHERE type = 'MESSAGE' AND actor::text = '${userId(bob)}'`));
  const done = JSON.parse(sql(`SELECT payload FROM qfs.ledger WHERE seq = ${seq}`));
  assert.deepEqual([done.recipient, done.seq, done.size, done.thread], [payload.recipient, payload.seq, payload.size, payload.thread]);

  await bob.go(`#/ledger/${seq}`);
  assert.equal(asked(bob, 'reflect'), 0, 'nothing is fetched while it is folded');
  const answer = bob.page.waitForResponse(/rpc\/reflect\?/);
  await bob.page.getByText('What would have turned it').click();
  const reflected = await (await answer).json();
  assert.equal(reflected.decided.mode, 'RECORDED');
  await isShown(bob);
  await fold(bob).getByText('It was taken.').waitFor();
  await showsAll(bob, reflected);
  await look(bob, 'entry-turned');

  // Of what somebody else has done there is none.
  await ann.go(`#/ledger/${seq}`);
  await ann.page.getByText('Verified in this page.').waitFor();
  assert.equal(await fold(ann).count(), 0);
});
