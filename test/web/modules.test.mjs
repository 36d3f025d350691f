// modules.test.mjs - what the page fetches when it is first needed: it runs no other, and the rules that come so are executed.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash, webcrypto } from 'node:crypto';
import { canonical } from '../../src/web/canonical.mjs';
import { readLine } from '../../src/web/rules/entry.mjs';
import { changeEntry, DIRECT, person, PROFILE_EXECUTED, profileEntry, scenario, setProfile, signIn, SITE, sql } from './browser.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

// Somebody with a profile, and the number of its entry.
async function withProfile(name, options) {
  const who = await person(options);
  await who.open();
  await signIn(who);
  await setProfile(who, name);
  return { who, seq: profileEntry(who) };
}

const ask = async (who, seq) => {
  await who.go('#/why');
  await who.heading('Why did I get this?');
  await who.go(`#/why/${seq}`);
};
const isRefused = async (who, says) => {
  await who.heading('This did not work');
  assert.match(await who.page.getByRole('alert').innerText(), says);
  for (const text of ['Verified in this page.', PROFILE_EXECUTED]) assert.equal(await who.page.getByText(text).count(), 0);
};

for (const [name, url] of [['PostgREST', DIRECT], ['nginx', SITE]]) {
  scenario(`by way of ${name}: nothing is fetched before it is needed, and then once; the rule of an entry is executed again`, async () => {
    const { who, seq } = await withProfile('Asking', { url });
    const fetched = () => who.requests.map((request) => /page_module\?sha256=(\w+)$/.exec(request.url())?.[1]).filter(Boolean);
    assert.deepEqual(fetched(), []);
    await ask(who, seq);
    await who.page.getByText(PROFILE_EXECUTED).waitFor();
    await who.page.getByText('Taken as recorded: that codes, devices, contents and nonces were new; that no limit was exceeded.').waitFor();
    const first = fetched();
    assert.ok(first.length > 1);
    await ask(who, seq);
    await who.page.getByText(PROFILE_EXECUTED).waitFor();
    assert.deepEqual(fetched(), first);
    assert.equal(new Set(first).size, first.length);
  });
}

scenario('a module of which a byte was changed on its way is not run, and the page says so', async () => {
  const { who, seq } = await withProfile('Careful');
  let change = (text) => text;
  let calls = 0;
  await who.page.route(/rpc\/page_module\?/, async (route) => {
    const answer = await route.fetch();
    calls++;
    await route.fulfill({ response: answer, body: change(await answer.text()) });
  });
  // The first would do, if it were run, what the genuine one does: the byte is one of a message.
  for (const changed of [(text) => text.replace('is not one', 'is not onE'), (text) => `${text}\n`, (text) => `window.hacked=1;${text}`, () => '', () => 'window.hacked=1']) {
    change = changed;
    await ask(who, seq);
    await isRefused(who, /A module of this page is not the one that the page was made with, and was not run\.\s+It has the SHA-256 \w{64}, and should have \w{64}\./);
    assert.equal(await who.page.evaluate(() => window.hacked), undefined);
  }
  assert.equal(calls, 5);
  // What was refused is not kept: with the genuine one the answer comes.
  change = (text) => text;
  await ask(who, seq);
  await who.page.getByText(PROFILE_EXECUTED).waitFor();
});

scenario('a page that is older than its server says that it has to be loaded anew', async () => {
  const { who, seq } = await withProfile('Yesterday');
  await who.page.route(/rpc\/page_module\?/, async (route) => {
    await route.fulfill({ response: await route.fetch({ url: route.request().url().replace(/sha256=\w+/, `sha256=${'0'.repeat(64)}`) }) });
  });
  await ask(who, seq);
  await isRefused(who, /The page has no such module\.[^]*The page was open while the ledger.s software was updated: reload it\./);
});

scenario('the browser itself runs no script but those that the page lists, whatever the page is told', async () => {
  const who = await person();
  await who.open();
  await who.page.getByRole('button', { name: 'Connect wallet' }).waitFor();
  const outcome = await who.page.evaluate(() => {
    const tried = {};
    try {
      trustedTypes.createPolicy('another', { createScript: (text) => text });
      tried.policy = 'made';
    } catch (error) {
      tried.policy = error.name;
    }
    const script = document.createElement('script');
    try {
      script.text = 'window.hacked = 1';
      tried.text = 'set';
    } catch (error) {
      tried.text = error.name;
    }
    document.head.append(script);
    return { ...tried, hacked: window.hacked };
  });
  assert.deepEqual(outcome, { policy: 'TypeError', text: 'TypeError', hacked: undefined });
  const byBlob = await who.page.evaluate(() => import(URL.createObjectURL(new Blob(['window.hacked = 2'], { type: 'text/javascript' }))).then(() => 'run', () => 'refused'));
  assert.deepEqual([byBlob, await who.page.evaluate(() => window.hacked)], ['refused', undefined]);
  await who.page.waitForTimeout(300);
  assert.ok(who.faults.length > 0 && who.faults.every((fault) => /^CSP: |^console: .* has been blocked\.$|^console: .* violates the following/.test(fault)), who.faults.join('\n'));
  who.faults.length = 0;
});

// The ledger as its own server could rewrite it: an outcome that the rules do not give, under hashes, root and signature that are right.
async function forge(seq, outcome) {
  const change = (expression) => changeEntry(seq, expression);
  const [before, hash] = JSON.parse(sql(`SELECT json_build_array(outcome, hash::text) FROM qfs.ledger WHERE seq = ${seq}`));
  change(`outcome = '${outcome}'`);
  const line = sql(`SELECT qfs.entry(${seq})`);
  const forged = (await readLine(line)).hash;
  change(`hash = '${forged}'`);
  return { line, hash: forged, restore: () => change(`outcome = '${canonical(before)}', hash = '${hash}'`) };
}

scenario('an outcome that was forged by who holds the keys is found, because the rule is executed again', async () => {
  const who = await person();
  const login = who.page.waitForResponse(/auth_login/);
  await who.open();
  await signIn(who);
  const { token } = await (await login).json();
  const checkpoint = () => `${sql('SELECT qfs.checkpoint()')}\n`;
  // This browser sees no checkpoint of the genuine entry.
  const old = checkpoint();
  await who.page.route(/rpc\/checkpoint/, (route) => route.fulfill({ contentType: 'text/plain', body: old }));
  // The last entry, of an even number: no stored node covers it, so that nothing else has to be forged.
  await setProfile(who, 'Once');
  do await setProfile(who, 'Again'); while (Number(sql('SELECT max(seq) FROM qfs.ledger')) % 2 === 1);
  const seq = Number(sql('SELECT max(seq) FROM qfs.ledger'));
  const genuine = await (await fetch(`${process.env.API_URL}/rpc/explain_entry?seq=${seq}`, { headers: { Authorization: `Bearer ${token}` } })).json();

  const outcome = JSON.parse(sql(`SELECT outcome FROM qfs.ledger WHERE seq = ${seq}`));
  const [[account, { ties, ...kinds }], ...others] = Object.entries(outcome.read);
  assert.deepEqual([others, ties === undefined], [[], false]);
  // It looked at one thing less, it says; what it shows goes on from what was shown before, all the same.
  const forged = await forge(seq, canonical({ ...outcome, read: { [account]: kinds } }));
  try {
    const { explanation_hash: genuineHash, ...rest } = structuredClone(genuine);
    const entries = genuine.entries.map(({ line }) => {
      const { seq: number } = JSON.parse(line);
      return { line: number === seq ? forged.line : line, proof: JSON.parse(sql(`SELECT array_to_json(qfs.inclusion_proof(${number}, ${seq + 1})::text[])`)) };
    });
    Object.assign(rest, { checkpoint: checkpoint(), entries, tx_id: forged.hash });
    const explanation_hash = createHash('sha3-256').update(canonical(rest)).digest('hex');
    assert.notEqual(explanation_hash, genuineHash);
    await who.page.route(/rpc\/explain_/, (route) => route.fulfill({ json: { ...rest, explanation_hash } }));
    await ask(who, seq);
    await isRefused(who, /The explanation does not verify\.\s+OUTCOME_MISMATCH: entry \d+: the rules give the outcome/);
  } finally {
    forged.restore();
  }
  assert.equal(sql('SELECT count(*) FROM qfs.verify()'), '0');
});
