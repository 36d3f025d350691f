// browser.mjs - Debian's Chromium with a wallet in it, and everything that must not happen noted down.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { toBase64url } from '../../src/web/bytes.mjs';
import { eventText } from '../../src/web/payloads.mjs';

// viem is there for the tests of the API.
const { generatePrivateKey, privateKeyToAccount } = createRequire(new URL('../api/package.json', import.meta.url))('viem/accounts');

assert.ok(process.env.API_URL && process.env.SITE_URL, 'run scripts/check-web');

// The page by PostgREST itself, and as the site that nginx makes of it.
export const DIRECT = `${process.env.API_URL}/rpc/app`;
export const SITE = `${process.env.SITE_URL}/`;

export const sql = (query) => execFileSync('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', query], { encoding: 'utf8' }).trim();

// Chromium has no sandbox as root.
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
after(() => browser.close());

const people = new Set();

// A test with people in it: nothing may have happened to them that must not, and if it fails, it says what they saw.
export function scenario(name, run) {
  test(name, async () => {
    try {
      await run();
      for (const { faults } of people) assert.deepEqual(faults, []);
    } catch (error) {
      for (const { page, faults } of people) {
        const text = await page.evaluate(() => document.querySelector('main')?.innerText ?? '').catch(() => '');
        console.log(`# ${page.url()} ${JSON.stringify(text.slice(0, 700))} ${JSON.stringify(faults)}`);
      }
      throw error;
    } finally {
      await Promise.all([...people].map(({ context }) => context.close()));
      people.clear();
    }
  });
}

export const newAccount = () => privateKeyToAccount(generatePrivateKey());

// An EIP-1193 provider whose key is in this process; `rejects` makes it refuse as a person does.
async function addWallet(context, account, wallet) {
  await context.exposeFunction('qfsTestWallet', async (method, params) => {
    wallet.asked.push(method);
    if (wallet.rejects) return { code: 4001, message: 'User rejected the request.' };
    if (method === 'eth_requestAccounts') return { value: [account.address.toLowerCase()] };
    if (method === 'eth_chainId') return { value: '0x1' };
    if (method === 'personal_sign') wallet.signed.push(Buffer.from(params[0].slice(2), 'hex').toString());
    if (method === 'personal_sign') return { value: await account.signMessage({ message: { raw: params[0] } }) };
    return { code: 4200, message: 'The requested method is not supported.' };
  });
  await context.addInitScript(() => {
    window.ethereum = {
      request: async ({ method, params }) => {
        const { value, code, message } = await window.qfsTestWallet(method, params);
        if (code) throw Object.assign(new Error(message), { code });
        return value;
      },
    };
  });
}

// A browser of one person: its page, its wallet, and `faults`: errors, violations of the policy, requests
// to anywhere else.
export async function person({ account = newAccount(), hasWallet = true, url = DIRECT, ...options } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', locale: 'en-GB', ...options });
  const wallet = { asked: [], signed: [], rejects: false };
  const faults = [];
  const requests = [];
  if (hasWallet) await addWallet(context, account, wallet);
  await context.exposeFunction('qfsTestViolation', (text) => faults.push(`CSP: ${text}`));
  await context.addInitScript(() => document.addEventListener('securitypolicyviolation',
    (event) => window.qfsTestViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.on('pageerror', (error) => faults.push(`error: ${error.stack}`));
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(`console: ${message.text()}`); });
  page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    requests.push(request);
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin) faults.push(`request: ${request.url()}`);
  });
  const name = (text) => page.getByRole('heading', { level: 1, name: text });
  const who = {
    context, page, account, wallet, faults, requests, url,
    open: (hash = '', query = '') => page.goto(`${url}${query}${hash}`),
    // To another view, until it is there.
    go: async (hash) => {
      await page.evaluate((to) => new Promise((resolve) => {
        if (location.hash === to) resolve();
        window.addEventListener('hashchange', resolve, { once: true });
        location.hash = to;
      }), hash);
      await page.locator('main[aria-busy=false]').waitFor();
    },
    heading: (text) => name(text).waitFor(),
  };
  people.add(who);
  return who;
}

export async function signIn(who) {
  const button = who.page.getByRole('button', { name: 'Connect wallet' });
  await button.click();
  await button.waitFor({ state: 'detached' });
  await who.page.getByRole('navigation').getByRole('link', { name: 'Chat' }).waitFor();
}

export async function setProfile(who, name, bio = '') {
  await who.go('#/profile');
  await who.page.getByLabel('Name', { exact: true }).fill(name);
  if (bio) await who.page.getByLabel('About you', { exact: true }).fill(bio);
  await who.page.getByRole('button', { name: 'Save profile' }).click();
  await who.heading(name);
}

export async function turnOnChat(who) {
  await who.go('#/chat');
  await who.page.getByRole('button', { name: 'Turn on encrypted chat' }).click();
  await who.page.getByRole('button', { name: 'Turn on encrypted chat' }).waitFor({ state: 'detached' });
}

export async function write(who, text) {
  await who.page.getByLabel(/^Message to/).fill(text);
  await who.page.getByRole('button', { name: 'Send' }).click();
  await who.page.locator('.bubble.mine', { hasText: text.slice(0, 40) }).first().waitFor();
}

// auth of an act of somebody who is signed in: the device of this browser signs whatever it is told.
export async function signature(who, type, payload) {
  const nonce = Date.now();
  const text = eventText({ actor: userId(who), ledger: sql('SELECT ledger FROM qfs.ledger_state'), nonce, payload, type });
  const [key, sig] = await who.page.evaluate(async (said) => {
    const settled = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
    const device = await settled((await settled(indexedDB.open('qfs'))).transaction('kept').objectStore('kept').get('device'));
    return [device.text, Array.from(new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, device.privateKey, new TextEncoder().encode(said))))];
  }, text);
  return { key, nonce, sig: toBase64url(Uint8Array.from(sig)) };
}

export const userId = (who) => sql(`SELECT qfs.user_id('${who.account.address}'::qfs.address)`);

// The last entry of a profile of theirs.
export const profileEntry = (who) => Number(sql(`SELECT max(seq) FROM qfs.ledger WHERE type = 'PROFILE_UPDATE' AND actor::text = '${userId(who)}'`));

// What the page says where it has executed the rule of such an entry.
export const PROFILE_EXECUTED = /^The rule of \u201cProfile changed\u201d was executed again here/;

// What this browser keeps under a name.
export const keptOf = (who, name) => who.page.evaluate((key) => new Promise((resolve) => {
  indexedDB.open('qfs').onsuccess = ({ target }) => { target.result.transaction('kept').objectStore('kept').get(key).onsuccess = (event) => resolve(event.target.result); };
}), name);

// As an operator does once the ledger has new keys: PostgREST is told of them.
export function tellPostgrest() {
  writeFileSync(`${process.env.QFS_WEB_DIR}/jwks`, sql('SELECT qfs.jwks()'));
  process.kill(Number(readFileSync(`${process.env.QFS_WEB_DIR}/postgrest.pid`, 'utf8')), 'SIGUSR2');
}

// The page looks at the ledger again, as when somebody comes back to it.
export const lookAgain = (who) => who.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

// The ledger shows a checkpoint that nobody has signed, and the page says so.
export async function doesNotVerify(who) {
  await who.page.route(/rpc\/checkpoint/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`) });
  });
  await lookAgain(who);
  await who.page.getByText('Ledger does not verify').first().waitFor();
}

// Behind the triggers' back: an entry of which something is another.
export const changeEntry = (seq, expression) =>
  sql(`SET qfs.ddl_guard = off; ALTER TABLE qfs.ledger DISABLE TRIGGER ALL; UPDATE qfs.ledger SET ${expression} WHERE seq = ${seq}; ALTER TABLE qfs.ledger ENABLE TRIGGER ALL`);

// ---- how a view looks ----

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// Those that docs/page.md shows, as they fit on a screen.
const SHOWN = ['home-desktop-light', 'thread-lock-phone-dark', 'why-reward-desktop-light', 'ledger-desktop-dark'];
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 740 } };
const shots = process.env.QFS_SHOTS;

async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
}

// Nothing may be wider than the screen.
const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// Accessible, and not wider than the screen, in light and dark, on a desktop and on a phone; and its screenshots.
export async function look(who, name) {
  const { page } = who;
  await page.locator('.spinner').first().waitFor({ state: 'detached' });
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual(await violations(page), [], `${name}, ${size}, ${colorScheme}`);
      assert.equal(await overflow(page), 0, `${name}, ${size}: wider than the screen`);
      await page.evaluate(() => window.scrollTo(0, 0));
      await page.screenshot({ path: `${shots}/${name}-${size}-${colorScheme}.png`, fullPage: !name.startsWith('thread') });
      if (SHOWN.includes(`${name}-${size}-${colorScheme}`)) await page.screenshot({ path: `${shots}/shown-${name}-${size}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize(SIZES.desktop);
}
