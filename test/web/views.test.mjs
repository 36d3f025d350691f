// views.test.mjs - every view: accessible in light and dark, on a desktop and on a phone, with its screenshot.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { look, person, scenario, setProfile, signIn, sql, turnOnChat, userId, write } from './browser.mjs';

scenario('views of somebody who is not signed in', async () => {
  const nobody = await person();
  await nobody.open();
  await nobody.page.getByRole('button', { name: 'Connect wallet' }).waitFor();
  await nobody.page.getByText(/^Signature good, /).waitFor();
  await look(nobody, 'welcome');
  nobody.wallet.rejects = true;
  await nobody.page.getByRole('button', { name: 'Connect wallet' }).click();
  await nobody.page.getByText('You declined in the wallet.').waitFor();
  await look(nobody, 'welcome-declined');
  await nobody.go('#/ledger');
  await nobody.page.getByText(/^Signature good, \d+ entries\.$/).waitFor();
  await look(nobody, 'ledger-public');
  await nobody.go('#/ledger/0');
  await nobody.page.getByText('Verified in this page.').waitFor();
  await look(nobody, 'entry-public');
  await nobody.go('#/ledger/999999');
  await nobody.heading('This did not work');
  await look(nobody, 'entry-missing');

  const without = await person({ hasWallet: false });
  await without.open('', `?ref=${'0'.repeat(22)}`);
  await without.page.getByText('No wallet was found in this browser.').waitFor();
  await look(without, 'welcome-no-wallet');
});

scenario('views of a newcomer', async () => {
  const eve = await person();
  await eve.open();
  await signIn(eve);
  await look(eve, 'home-new');
  for (const [part, heading] of [['chat', 'Chat'], ['invite', 'Invite'], ['why', 'Why did I get this?'], ['profile', 'Edit profile'], ['account', 'Sessions']]) {
    await eve.go(`#/${part}`);
    await eve.heading(heading);
    await look(eve, `${part}-new`);
  }
});

scenario('views of people who know each other', async () => {
  const [alice, bob] = await Promise.all([person(), person()]);
  await alice.open();
  await signIn(alice);
  await setProfile(alice, 'Alice Adler', 'I paint birds, and I write about what they do when nobody watches.');
  await turnOnChat(alice);
  const code = sql(`SELECT qfs.referral_code('${userId(alice)}'::qfs.user_id)`);
  await bob.open('', `?ref=${code}`);
  await signIn(bob);
  await setProfile(bob, 'Bob');
  await turnOnChat(bob);
  await bob.go(`#/chat/${userId(alice)}`);
  await write(bob, 'Hello Alice! Thank you for the link. Is this really encrypted?');
  await alice.go(`#/chat/${userId(bob)}`);
  await alice.page.locator('.bubble.theirs').waitFor();
  await write(alice, 'Yes: the key was made in your browser, and the server has never seen it. Compare the numbers behind the lock with me, if you like.');
  await write(alice, 'I saw a kingfisher this morning.');
  await bob.page.locator('.bubble.theirs').nth(1).waitFor();
  await write(bob, 'A kingfisher! Where?');
  await alice.page.locator('.bubble.theirs').nth(1).waitFor();
  await look(alice, 'thread');
  await alice.page.locator('.lock summary').click();
  await alice.page.locator('.message-more summary').first().click();
  await look(alice, 'thread-lock');

  await alice.go('#/');
  await alice.heading('Alice Adler');
  await look(alice, 'home');
  for (const [part, heading] of [['chat', 'Chat'], ['invite', 'Invite'], ['why', 'Why did I get this?'], ['account', 'Sessions'], [`people/${userId(bob)}`, 'Bob']]) {
    await alice.go(`#/${part}`);
    await alice.heading(heading);
    await alice.page.waitForLoadState('networkidle');
    await look(alice, part.split('/')[0]);
  }

  await alice.go('#/ledger');
  await alice.page.getByText(/^Signature good, \d+ entries\.$/).waitFor();
  await alice.page.getByRole('button', { name: 'Verify' }).click();
  await alice.page.getByText(/verified in this page/).waitFor();
  await look(alice, 'ledger');
  const reward = sql(`SELECT max(seq) FROM qfs.ledger WHERE accounts @> '[{"account": "${userId(alice)}", "rules": ["REFERRAL_TIER_1"]}]'`);
  await alice.go(`#/ledger/${reward}`);
  await alice.page.getByText('Verified in this page.').waitFor();
  await look(alice, 'entry');
  await alice.go(`#/why/${reward}`);
  await alice.heading(/^You earned 100 FLX and 10 genesis points because Bob, whom you invited, set a profile and exchanged messages\.$/);
  await look(alice, 'why-reward');

  // A code of one's own is refused, and the refusal is explained.
  await bob.go('#/invite');
  await bob.page.getByText('Were you invited?').click();
  await bob.page.getByLabel('Code or link').fill(code);
  await bob.page.getByRole('button', { name: 'Use it' }).click();
  await bob.page.getByText(/It does not count/).waitFor();
  await look(bob, 'invite-blocked');
  await bob.page.getByRole('alert').getByRole('link', { name: 'Why?' }).click();
  await bob.heading(/^You could not use the referral code of Alice Adler: this account came by an invitation before; .*\.$|^You could not use the referral code of Alice Adler: this account came by an invitation before\.$/);
  await look(bob, 'why-blocked');
});
