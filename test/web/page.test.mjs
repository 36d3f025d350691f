// page.test.mjs - the document itself: its policy, its weight, what it refuses to run.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { DIRECT, newAccount, person, scenario, setProfile, signIn, SITE, sql, turnOnChat, userId } from './browser.mjs';

const WEIGHTS = { PostgREST: 160000, nginx: 64000 };
const MODULE = 60000;
const REQUESTS = 10;

const between = (text, from, to) => text.slice(text.indexOf(from) + from.length, text.indexOf(to));
const sha256 = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// What the server of this page has under the hash of a module, as the page asks for it.
const moduleOf = (who, hash) => who.page.evaluate(async (path) => {
  const answer = await fetch(path, { headers: { Accept: 'text/javascript' } });
  return { status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers) };
}, `${who.url === SITE ? 'rest/' : '../'}rpc/page_module?sha256=${hash}`);

for (const [name, url] of [['PostgREST', DIRECT], ['nginx', SITE]]) {
  scenario(`the document as ${name} sends it`, async () => {
    const who = await person({ url });
    const answer = await who.open();
    const html = await answer.text();
    const headers = await answer.headersArray();
    const header = (wanted) => headers.filter((one) => one.name.toLowerCase() === wanted).map((one) => one.value);
    assert.match(header('content-type').join(), /^text\/html; charset=utf-8$/);
    assert.deepEqual(header('x-content-type-options'), ['nosniff']);
    assert.deepEqual(header('referrer-policy'), ['no-referrer']);

    // One policy, of hashes; the document repeats it for whoever saves it.
    const [policy, ...others] = header('content-security-policy');
    assert.deepEqual(others, []);
    const rules = Object.fromEntries(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]));
    // Its own script comes first; of each other one the document knows the hash in hexadecimal, too, by which it asks for it.
    const [own, ...modules] = rules['script-src'].split(' ');
    assert.equal(own, sha256(between(html, '<script type="module">', '</script>')));
    assert.ok(modules.length > 0);
    for (const listed of modules) {
      const hash = Buffer.from(/^'sha256-(.+)'$/.exec(listed)[1], 'base64').toString('hex');
      const { status, text, headers: said } = await moduleOf(who, hash);
      assert.equal(status, 200);
      assert.equal(sha256(text), listed);
      assert.match(said['content-type'], /^text\/javascript; charset=utf-8$/);
      assert.equal(said['x-content-type-options'], 'nosniff');
      assert.ok(text.length > 5000 && text.length <= MODULE, `${text.length} bytes`);
      if (name === 'nginx') assert.deepEqual([said['cache-control'], said['content-encoding']], ['public, max-age=31536000, immutable', 'gzip']);
    }
    const { status, text, headers: said } = await moduleOf(who, '0'.repeat(64));
    assert.deepEqual([status, JSON.parse(text).details.slice(0, 15), said['cache-control']], [404, 'QFS_PAGE_MODULE', name === 'nginx' ? 'no-store' : undefined]);
    assert.deepEqual(rules, {
      'default-src': "'none'", 'script-src': rules['script-src'], 'style-src': sha256(between(html, '<style>', '</style>')),
      'connect-src': "'self'", 'img-src': 'data:', 'base-uri': "'none'", 'form-action': "'none'", 'require-trusted-types-for': "'script'", 'trusted-types': 'qfs-modules',
      'frame-ancestors': "'none'",
    });
    assert.equal(between(html, 'http-equiv="Content-Security-Policy" content="', '">\n<meta name="viewport"'), policy.replace("; frame-ancestors 'none'", ''));
  });

  scenario(`the first view by way of ${name}: its weight and its requests`, async () => {
    const who = await person({ url });
    const devtools = await who.context.newCDPSession(who.page);
    let bytes = 0;
    let count = 0;
    await devtools.send('Network.enable');
    devtools.on('Network.requestWillBeSent', ({ request }) => { if (!request.url.startsWith('data:')) count++; });
    devtools.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await who.open();
    await who.page.getByText(/^Signature good, /).waitFor();
    await who.page.waitForLoadState('networkidle');
    console.log(`# first view by ${name}: ${bytes} bytes in ${count} requests`);
    assert.ok(bytes > 10000 && bytes < WEIGHTS[name], `${bytes} bytes`);
    assert.ok(count > 1 && count < REQUESTS, `${count} requests`);
  });
}

for (const [name, url] of [['PostgREST', DIRECT], ['nginx', SITE]]) {
  scenario(`what the wallet signs is what the server wrote for the page of ${name}`, async () => {
    const who = await person({ url });
    const answer = who.page.waitForResponse(/auth_challenge$/);
    await who.open();
    await signIn(who);
    const text = await (await answer).json();
    assert.deepEqual(who.wallet.signed, [text]);
    const { host, origin } = new URL(url);
    assert.deepEqual(text.split('\n').slice(0, 6), [`${host} wants you to sign in with your Ethereum account:`, who.account.address, '',
      'Sign in to this ledger. It costs nothing and sends no transaction.', '', `URI: ${origin}/`]);
  });
}

scenario('invitations at the end of the last tier', async () => {
  const before = sql("SELECT policy::jsonb -> 'referral' FROM qfs.policy ORDER BY seq DESC LIMIT 1");
  sql(`SELECT qfs.set_policy('{"referral": {"activation": [], "cap": 2, "tiers": [{"to": 1, "flx": "2"}, {"to": 2, "flx": "1"}]}}')`);
  try {
    const alice = await person();
    await alice.open();
    await signIn(alice);
    const tiers = async () => {
      await alice.go('#/');
      await alice.go('#/invite');
      return alice.page.locator('.tiers li').evaluateAll((items) => items.map((item) => `${item.className}: ${item.innerText.replaceAll('\n', ' ')}`));
    };
    await alice.go('#/invite');
    const link = await alice.page.getByLabel('Give this to somebody you trust').inputValue();
    const invite = async () => {
      const guest = await person();
      await guest.page.goto(link);
      await signIn(guest);
    };
    await invite();
    assert.deepEqual(await tiers(), ['done: 2 FLX each, from 1 to 1', 'now: 1 FLX each, from 2 to 2 next is number 2']);
    await invite();
    assert.deepEqual(await tiers(), ['done: 2 FLX each, from 1 to 1', 'now: 1 FLX each, from 2 to 2 all of them are active']);
  } finally {
    sql(`SELECT qfs.set_policy('{"referral": ${before}}')`);
  }
});

scenario('scripts that somebody put in do not run, markup is not parsed, and the page is not framed', async () => {
  const who = await person();
  await who.page.route(DIRECT, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace('<body>', '<body><script>window.hacked = 1</script><img src="data:," onerror="window.hacked = 2"><a id="trap" href="javascript:window.hacked = 3">trap</a>');
    await route.fulfill({ response: answer, body });
  });
  await who.page.addInitScript(() => { window.keepTrap = () => document.querySelector('#trap')?.click(); });
  await who.open();
  await who.page.getByRole('button', { name: 'Connect wallet' }).waitFor();
  assert.equal(await who.page.evaluate(() => window.hacked), undefined);
  assert.ok(who.faults.some((fault) => /CSP: script-src/.test(fault)), who.faults.join());
  const refused = await who.page.evaluate(() => {
    try {
      document.querySelector('main').innerHTML = '<b>bold</b>';
      return 'parsed';
    } catch (error) {
      return error.message;
    }
  });
  assert.match(refused, /TrustedHTML/);
  await who.page.waitForTimeout(500);
  who.faults.length = 0;

  const framing = await person();
  await framing.page.goto('about:blank');
  await framing.page.setContent(`<iframe src="${DIRECT}"></iframe>`);
  await framing.page.waitForTimeout(1000);
  const inside = await framing.page.frames()[1].evaluate(() => document.body.textContent).catch(() => '');
  assert.doesNotMatch(inside, /Connect wallet/);
});

scenario('private keys and what they are for stay in the browser', async () => {
  const who = await person();
  await who.open();
  await signIn(who);
  await turnOnChat(who);
  const kept = await who.page.evaluate(async () => {
    const settled = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const store = (await settled(indexedDB.open('qfs'))).transaction('kept').objectStore('kept');
    const [names, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
    const pairs = names.map((name, i) => [name, values[i]]).filter(([name]) => /^(device|chat )/.test(name)).flatMap(([, value]) => value);
    return Promise.all(pairs.map(async ({ privateKey }) => [privateKey.algorithm.name, privateKey.extractable,
      await crypto.subtle.exportKey('pkcs8', privateKey).then(() => 'exported', (error) => error.name)]));
  });
  assert.deepEqual(kept.sort(), [['Ed25519', false, 'InvalidAccessError'], ['X25519', false, 'InvalidAccessError']]);
});

scenario('an invitation that nobody gave out is put aside; a page elsewhere is told who lists it', async () => {
  const lost = await person();
  await lost.open('', `?ref=${'1'.repeat(22)}`);
  await lost.page.getByText('You were invited.').waitFor();
  await lost.page.getByRole('button', { name: 'Connect wallet' }).click();
  await lost.page.getByText('The invitation was put aside').waitFor();
  await lost.page.getByRole('link', { name: 'Edit profile' }).first().waitFor();

  const elsewhere = await person({ url: DIRECT.replace('127.0.0.1', 'localhost') });
  await elsewhere.open();
  await elsewhere.page.getByRole('button', { name: 'Connect wallet' }).click();
  await elsewhere.page.getByText(/does not accept sign-ins at localhost:\d+ yet/).waitFor();
});

scenario('two browsers of an account, whose clocks differ, sign both', async () => {
  const account = newAccount();
  const [ahead, behind] = [await person({ account }), await person({ account })];
  await ahead.context.addInitScript(() => { const { now } = Date; Date.now = () => now() + 3600000; });
  await ahead.open();
  await signIn(ahead);
  await turnOnChat(ahead);
  await behind.open();
  await signIn(behind);
  await setProfile(behind, 'Behind');
  // Who is behind goes on from what the other one has signed.
  const [first, second] = sql(`SELECT string_agg(auth ->> 'nonce', ' ' ORDER BY seq) FROM qfs.ledger WHERE actor::text = '${userId(ahead)}' AND sig IS NOT NULL AND type <> 'LOGIN'`).split(' ');
  assert.equal(Number(second), Number(first) + 1);
});

scenario('a browser whose clock is days ahead counts on from the last nonce', async () => {
  const who = await person();
  await who.context.addInitScript(() => { const { now } = Date; Date.now = () => now() + 3 * 86400000; });
  await who.open();
  await signIn(who);
  await turnOnChat(who);
  await setProfile(who, 'Ahead');
  const nonces = sql(`SELECT string_agg(auth ->> 'nonce', ' ' ORDER BY seq) FROM qfs.ledger WHERE actor::text = '${userId(who)}' AND sig IS NOT NULL AND type <> 'LOGIN'`);
  assert.equal(nonces, '1 2');
});

scenario('sessions: another browser of the account, renewed in another tab, ended from afar', async () => {
  const account = newAccount();
  const [home, away] = await Promise.all([person({ account }), person({ account })]);
  for (const who of [home, away]) {
    await who.open();
    await signIn(who);
  }
  // A reload stays signed in.
  await home.page.reload();
  await home.page.getByRole('link', { name: 'Edit profile' }).first().waitFor();
  // What one tab renews, the other goes on with.
  const tab = await home.context.newPage();
  await tab.goto(`${DIRECT}#/account`);
  await tab.getByRole('button', { name: 'Renew' }).click();
  await tab.getByText('You have a new session').waitFor();
  await home.go('#/account');
  await home.heading('Sessions');
  await home.page.getByText('renewed').waitFor();
  const active = home.page.getByRole('region', { name: 'Active' }).getByRole('listitem');
  assert.equal(await active.count(), 2);
  await active.filter({ hasText: 'Another browser or device' }).getByLabel('Why should it end?').selectOption('device_lost');
  await active.filter({ hasText: 'Another browser or device' }).getByRole('button', { name: /^End/ }).click();
  await home.page.getByText('ended: device lost').waitFor();
  assert.equal(sql(`SELECT payload ->> 'reason' FROM qfs.ledger WHERE type = 'SESSION_REVOKED' ORDER BY seq DESC LIMIT 1`), 'device_lost');
  await away.go('#/invite');
  await away.page.getByText('Your session has ended. Sign in again to go on.').waitFor();
  await signIn(away);
  // Signing out.
  await home.page.getByRole('button', { name: 'Sign out' }).click();
  await home.page.getByText('You are signed out.').waitFor();
  await home.page.reload();
  await home.page.getByRole('button', { name: 'Connect wallet' }).waitFor();
});
