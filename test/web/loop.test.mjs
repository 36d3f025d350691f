// loop.test.mjs - the trust loop, in two browsers.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { verifyBundle } from '../../src/web/verify_bundle.mjs';
import { DIRECT, person, scenario, setProfile, signIn, SITE, sql, turnOnChat, userId, write } from './browser.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

// Saves the explanation on the page and gives it to qfs-verify, as its reader would.
async function explain(who) {
  await who.page.getByText('Signed root', { exact: true }).click();
  const key = await who.page.locator('dl.facts code').last().textContent();
  const saved = who.page.waitForEvent('download');
  await who.page.getByRole('button', { name: 'Save the explanation' }).click();
  const { status, stdout } = spawnSync('qfs-verify', ['bundle', await (await saved).path(), '--key', key], { encoding: 'utf8' });
  return { status, says: /^You earned 100 FLX/m.exec(stdout)?.[0] };
}

// Alice comes by PostgREST itself, Bob by nginx: both addresses of the page.
for (const [of, alicesUrl, bobsUrl] of [['PostgREST', DIRECT, DIRECT], ['nginx', SITE, SITE]]) {
  scenario(`two people meet, by way of ${of}`, async () => {
    const alice = await person({ url: alicesUrl });
    const bob = await person({ url: bobsUrl });

    await alice.open();
    await signIn(alice);
    await setProfile(alice, 'Alice');
    await turnOnChat(alice);
    await alice.go('#/invite');
    const link = await alice.page.getByLabel('Give this to somebody you trust').inputValue();
    assert.match(link, new RegExp(`^${alicesUrl.replace(/[.?/]/g, '\\$&')}\\?ref=\\w{22}$`));

    // Bob follows the link; the code is used with his first sign-in and leaves the address.
    await bob.page.goto(link);
    await bob.page.getByText('You were invited.').waitFor();
    assert.equal(bob.page.url(), bobsUrl);
    await signIn(bob);
    assert.equal(sql(`SELECT outcome #>> '{result,referrer}' FROM qfs.ledger WHERE type = 'REFERRAL_USE' AND actor::text = '${userId(bob)}'`), userId(alice));
    await setProfile(bob, 'Bob', 'I was invited.');
    await turnOnChat(bob);

    // He writes to who invited him; she sees it without reloading.
    await bob.page.getByRole('link', { name: 'Write to Alice' }).click();
    await bob.heading('Alice');
    await write(bob, 'Hello Alice, d\u00e9j\u00e0 vu? \u{1f44b}');
    await alice.page.getByRole('link', { name: /^Chat.*1 unread/ }).click();
    await alice.page.getByRole('link', { name: /Bob/ }).click();
    await alice.page.locator('.bubble.theirs', { hasText: 'Hello Alice, d\u00e9j\u00e0 vu? \u{1f44b}' }).waitFor();
    assert.equal(sql(`SELECT count(*) FROM qfs.message WHERE position('Hello'::bytea IN body) > 0`), '0');

    // Both see the same two keys.
    const keys = async (who) => {
      await who.page.locator('.lock summary').click();
      return who.page.locator('.lock .fingerprint').allTextContents();
    };
    assert.deepEqual(await keys(alice), (await keys(bob)).reverse());

    // She answers, and the referral activates; he reads it without reloading.
    await write(alice, 'Hello Bob');
    await bob.page.locator('.bubble.theirs', { hasText: 'Hello Bob' }).waitFor();
    await write(bob, 'How do you do?');
    await alice.page.locator('.bubble.theirs', { hasText: 'How do you do?' }).waitFor();

    await alice.go('#/');
    await alice.heading('Alice');
    await alice.page.locator('.stat', { hasText: '100FLX' }).waitFor();
    await alice.page.getByText('Invitation became active (tier 1)').waitFor();
    await alice.go('#/invite');
    await alice.page.locator('.referee.active', { hasText: 'Bob' }).waitFor();

    // Why did she get this?  The page checks the answer, and so does qfs-verify, which executes the rules again.
    await alice.page.locator('.referee.active').getByRole('link', { name: 'Why?' }).click();
    await alice.heading('You earned 100 FLX and 10 genesis points because Bob, whom you invited, set a profile and exchanged messages.');
    await alice.page.getByText('Verified in this page.').waitFor();
    await alice.page.getByText('signed by the device').waitFor();
    assert.deepEqual(await explain(alice), { status: 0, says: 'You earned 100 FLX' });
    await alice.page.getByRole('img', { name: /^Merkle path of entry \d+: \d+ hashes lead to the signed root/ }).waitFor();
    // And why a score moved.
    await bob.go('#/why');
    await bob.page.getByRole('link', { name: /^Why\? Profile completed/ }).click();
    await bob.heading(/^Your coherence went from 0 to 0\.03 by \u201cProfile completed\u201d in entry \d+\.$/);
    await bob.page.getByText('0 \u00d7 (1 \u2212 0.1) + 0.3 \u00d7 0.1 = 0.03').waitFor();
    assert.equal((await explain(bob)).status, 0);

    // Everything verifies, in the page and on the server.
    await alice.go('#/ledger');
    await alice.page.getByText(/^Signature good, \d+ entries\.$/).waitFor();
    await alice.page.getByRole('button', { name: 'Verify' }).click();
    await alice.page.getByText(/^\d+ entries verified in this page\.$/).waitFor();
    assert.equal(sql('SELECT count(*) FROM qfs.verify()'), '0');
    // And all that the two did, their browsers signed.
    const acts = (who) => sql(`SELECT string_agg(DISTINCT type || CASE WHEN sig IS NULL THEN ' unsigned' ELSE '' END, ' ' ORDER BY type || CASE WHEN sig IS NULL THEN ' unsigned' ELSE '' END)
      FROM qfs.ledger WHERE auth ->> 'via' = 'session' AND actor::text = '${userId(who)}'`);
    assert.equal(acts(alice), 'CHAT_KEY MESSAGE PROFILE_UPDATE');
    assert.equal(acts(bob), 'CHAT_KEY MESSAGE PROFILE_UPDATE REFERRAL_USE');
  });
}

scenario('who invited somebody is told why that paid, by a message to a third that stays private', async () => {
  const [alice, bob, carol] = [await person(), await person(), await person()];
  await alice.open();
  await signIn(alice);
  await alice.go('#/invite');
  await bob.page.goto(await alice.page.getByLabel('Give this to somebody you trust').inputValue());
  await signIn(bob);
  await setProfile(bob, 'Bob');
  await turnOnChat(bob);
  await carol.open();
  await signIn(carol);
  await turnOnChat(carol);
  await carol.go(`#/chat/${userId(bob)}`);
  await write(carol, 'Hello Bob');
  await bob.go(`#/chat/${userId(carol)}`);
  await write(bob, 'Hello Carol');

  await alice.go('#/why');
  const answer = alice.page.waitForResponse(/explain_reward/);
  await alice.page.getByRole('link', { name: /^Why\? Invitation became active/ }).click();
  await alice.heading('You earned 100 FLX and 10 genesis points because Bob, whom you invited, set a profile and exchanged messages.');
  await alice.page.getByText('Verified in this page.').waitFor();
  await alice.page.getByText('Private entry, an act of somebody else').waitFor();
  await alice.page.getByText('0 + 100 = 100').waitFor();
  assert.deepEqual(await explain(alice), { status: 0, says: 'You earned 100 FLX' });
  // Neither the page nor what it was given names the third.
  const [page, bundle] = [await alice.page.content(), await (await answer).text()];
  const third = userId(carol).slice('user_'.length);
  for (const name of [third.slice(0, 16), `${third.slice(0, 4)}\u2026${third.slice(-4)}`]) assert.ok(!page.includes(name) && !bundle.includes(name), name);
  assert.ok(bundle.includes(userId(bob)));
  // Her own entries are her sign-in, and the one that touched her standing.
  await alice.go('#/ledger');
  await alice.page.getByRole('button', { name: 'Mine' }).click();
  await alice.page.waitForFunction(() => document.querySelectorAll('.entries .entry').length === 2);
  assert.deepEqual(await alice.page.locator('.entries .entry-type').allTextContents(), ['Private entry', 'Sign-in']);
});

scenario('entries that come late do not come among those that were asked for since', async () => {
  const alice = await person();
  await alice.open();
  await signIn(alice);
  let searches = 0;
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await alice.page.route(/\/ledger\?.*seq=lt/, async (route) => {
    searches += 1;
    if (searches === 1) await released;
    await route.continue();
  });
  await alice.go('#/ledger');
  await alice.page.waitForFunction(() => document.querySelector('.entries'));
  await alice.page.getByRole('button', { name: 'Mine' }).click();
  const mine = alice.page.locator('.entries .entry-type');
  await mine.first().waitFor();
  assert.deepEqual(await mine.allTextContents(), ['Sign-in']);
  const everything = alice.page.waitForResponse(/\/ledger\?.*seq=lt/);
  release();
  await (await everything).finished();
  // Whatever the page does with it, it has done before it answers.
  await alice.page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 300); }));
  assert.deepEqual(await mine.allTextContents(), ['Sign-in']);
  assert.equal(searches, 2);
});

scenario('whose session an operator ended is told so by the page, which executes the rule again', async () => {
  const alice = await person({ url: SITE });
  await alice.open();
  await signIn(alice);
  const seq = sql(`INSERT INTO qfs.ledger (type, payload) SELECT 'SESSION_REVOKED', jsonb_build_object('reason', 'admin', 'session', s.session)
    FROM qfs.session s WHERE s.user_id::text = '${userId(alice)}' AND s.ended IS NULL RETURNING seq`);
  await alice.page.getByText('Your session has ended.').first().waitFor();
  await alice.open();
  await signIn(alice);
  await alice.go(`#/why/${seq}`);
  await alice.page.getByText('Verified in this page.').waitFor();
  await alice.page.getByText('The rule of \u201cSession ended\u201d was executed again here').waitFor();
  assert.equal((await explain(alice)).status, 0);
});

// All that an auditor can ask about the ledger of these people.
scenario('every explanation of what they did is sound, by qfs-verify and by the page\u2019s own verifier', async () => {
  const key = sql('SELECT qfs.vkey()');
  const questions = sql(`SELECT l.seq, t.topic, a.user_id FROM qfs.ledger l CROSS JOIN unnest('{entry,reward,coherence,session,message,statement}'::text[]) t(topic)
    CROSS JOIN LATERAL (SELECT DISTINCT p ->> 'account' AS user_id FROM jsonb_array_elements(l.accounts) p UNION SELECT NULL WHERE jsonb_array_length(l.accounts) = 0 AND t.topic = 'entry') a`).split('\n').map((row) => row.split('|'));
  const told = {};
  for (const [seq, topic, account] of questions) {
    const subject = account === '' ? 'NULL' : `'${account}'`;
    const bundle = spawnSync('psql', ['-XqAt', '-c', `SELECT qfs.explain(${seq}, '${topic}', ${subject}::qfs.user_id)`], { encoding: 'utf8' });
    // Not every topic is one of every entry.
    if (bundle.status !== 0) assert.match(bundle.stderr, /QFS_EXPLAIN_TOPIC/, `${topic} of ${seq}: ${bundle.stderr}`);
    else {
      const { ok, faults } = await verifyBundle(bundle.stdout, key);
      const core = spawnSync('qfs-verify', ['bundle', '-', '--key', key], { input: bundle.stdout, encoding: 'utf8' });
      assert.deepEqual([ok, faults, core.status], [true, [], 0], `${topic} of ${seq} for ${account}: ${core.stdout}`);
      told[topic] = (told[topic] ?? 0) + 1;
    }
  }
  assert.ok(questions.some(([seq]) => sql(`SELECT type FROM qfs.ledger WHERE seq = ${seq} AND actor IS NULL`) === 'SESSION_REVOKED'));
  console.log(`# explanations: ${JSON.stringify(told)}`);
  assert.deepEqual(Object.keys(told).sort(), ['coherence', 'entry', 'message', 'reward', 'session', 'statement']);
});
