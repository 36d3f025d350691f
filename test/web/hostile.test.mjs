// hostile.test.mjs - what others write is text, whatever it is; what a server forges is noticed.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, webcrypto } from 'node:crypto';
import { canonical } from '../../src/web/canonical.mjs';
import { profilePayload } from '../../src/web/payloads.mjs';
import { changeEntry, doesNotVerify, keptOf, lookAgain, newAccount, person, profileEntry, scenario, setProfile, signature, signIn, sql, tellPostgrest, turnOnChat, userId, write } from './browser.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

const NAME = '<script>window.hacked=1</script>\u202egnp.exe';
const BIO = `<img src=x onerror="window.hacked=2">\u2066 ${'W'.repeat(400)}`;
const PICTURE = 'https://evil.example/<svg/onload=window.hacked=3>'.replace(/[<>]/g, (char) => encodeURIComponent(char));
const MESSAGE = `</p><script>window.hacked=4</script> \u202etxet \u2028 ${'\u0915\u094d'.repeat(300)} ${'x'.repeat(3000)}`;

const shown = (text) => text.replace(/[\u202e\u2066\u2028]/g, (char) => `\u27e8U+${char.codePointAt(0).toString(16).toUpperCase()}\u27e9`);

// A browser that is signed in, and the token of its session.
async function member(options) {
  const who = await person(options);
  const login = who.page.waitForResponse(/auth_login/);
  await who.open();
  await signIn(who);
  return Object.assign(who, { id: userId(who), token: (await (await login).json()).token });
}

const ask = async (who, name, body) => {
  const answer = await fetch(`${process.env.API_URL}/rpc/${name}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${who.token}` }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${name}: ${await answer.clone().text()}`);
};

async function isHarmless(who, text) {
  await who.page.getByText(text, { exact: true }).filter({ visible: true }).first().waitFor();
  assert.equal(await who.page.evaluate(() => window.hacked), undefined);
  for (const width of [1280, 360]) {
    await who.page.setViewportSize({ width, height: 800 });
    assert.equal(await who.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `wider than ${width}`);
  }
}

scenario('a hostile name, text, picture, link and message are shown as text', async () => {
  const [mallory, alice] = [await member(), await member()];
  const profile = { display_name: NAME, bio: BIO, avatar: PICTURE, links: ['https://evil.example/"onclick="window.hacked=5'.replace(/"/g, '%22'), 'ipfs://x'],
    salt: 'A'.repeat(43), version: 1 };
  await ask(mallory, 'set_profile', { ...profile, auth: await signature(mallory, 'PROFILE_UPDATE', await profilePayload(profile)) });
  await turnOnChat(mallory);
  await turnOnChat(alice);
  await mallory.go(`#/chat/${alice.id}`);
  await mallory.page.getByLabel(/^Message to/).fill(MESSAGE);
  await mallory.page.getByRole('button', { name: 'Send' }).click();
  await mallory.page.locator('.bubble.mine').waitFor();

  await alice.go(`#/people/${mallory.id}`);
  await isHarmless(alice, shown(NAME));
  await isHarmless(alice, shown(BIO));
  await isHarmless(alice, PICTURE);
  assert.deepEqual(await alice.page.locator('main a[target=_blank]').evaluateAll((links) => links.map((link) => [new URL(link.href).protocol, link.rel])),
    [['https:', 'noopener noreferrer nofollow'], ['https:', 'noopener noreferrer nofollow']]);
  await alice.go('#/chat');
  await isHarmless(alice, shown(NAME));
  await alice.go(`#/chat/${mallory.id}`);
  await alice.page.locator('.bubble.theirs').waitFor();
  assert.equal(await alice.page.locator('.bubble.theirs .bubble-text').textContent(), shown(MESSAGE));
  await isHarmless(alice, shown(NAME));
  // Each stands in a direction of its own.
  assert.equal(await alice.page.locator('.bubble.theirs .bubble-text').evaluate((node) => getComputedStyle(node).unicodeBidi), 'isolate');
  await mallory.go('#/');
  await isHarmless(mallory, shown(NAME));

  // An address that is hostile leads nowhere; the ledger refuses a picture that is a script.
  for (const hash of ['#/people/<script>', '#/ledger/1e9', '#/chat/user_x', '#/%22%3E']) {
    await alice.go(hash);
    await alice.page.getByRole('link', { name: 'Edit profile' }).first().waitFor();
    await alice.go('#/invite');
    await alice.heading('Invite');
  }
});

scenario('chat: deleted, forged and foreign messages, a key that changed, a key that is elsewhere', async () => {
  const account = newAccount();
  const [ann, ben] = [await member({ account }), await member()];
  await setProfile(ben, 'Ben');
  for (const who of [ann, ben]) await turnOnChat(who);
  await ann.go(`#/chat/${ben.id}`);
  for (const text of ['the first', 'the second', 'the third']) await write(ann, text);

  // The server changes a ciphertext, and its own commitment cannot follow; a sender deletes one.
  const flip = () => sql(`SET qfs.ddl_guard = off; ALTER TABLE qfs.message DISABLE TRIGGER zzz_qfs_refuse_row, DISABLE TRIGGER zzz_qfs_refuse_statement;
       UPDATE qfs.message SET body = set_byte(body, 0, get_byte(body, 0) # 1) WHERE seq = 2 AND sender::text = '${ann.id}';
       ALTER TABLE qfs.message ENABLE ALWAYS TRIGGER zzz_qfs_refuse_row, ENABLE ALWAYS TRIGGER zzz_qfs_refuse_statement`);
  flip();
  const first = ann.page.locator('.bubble.mine').first();
  await first.locator('summary').click();
  await first.getByRole('button', { name: 'Delete\u2026' }).click();
  await first.getByRole('button', { name: 'Delete it' }).click();
  await first.getByText('This message was deleted.').waitFor();
  await ben.go(`#/chat/${ann.id}`);
  const bubbles = ben.page.locator('.bubble.theirs .bubble-text');
  await bubbles.nth(2).waitFor();
  assert.deepEqual(await bubbles.allTextContents(), ['This message was deleted.', 'This message is not what the ledger committed to. Do not trust it.', 'the third']);
  // The server's own verification sees it as well, until it is as it was.
  assert.match(sql('SELECT code FROM qfs.verify()'), /^QFS_CONTENT_MISMATCH$/);
  flip();

  // Ann in another browser: her key is elsewhere, and a new one is noticed by Ben.
  const elsewhere = await member({ account });
  await elsewhere.go(`#/chat/${ben.id}`);
  await elsewhere.page.getByText('This message was encrypted for a key that this browser does not have.').first().waitFor();
  await elsewhere.page.getByRole('button', { name: 'Use this browser from now on' }).click();
  await elsewhere.page.getByLabel('Message to Ben').waitFor();
  await ben.page.getByLabel(/^Message to/).fill('to the old key');
  await ben.page.getByRole('button', { name: 'Send' }).click();
  await ben.page.getByText('a key of the message is not the one in force', { exact: false }).or(ben.page.getByText('A key of the message is not the one in force.')).first().waitFor();
  await ben.go('#/chat');
  await ben.heading('Chat');
  await ben.go(`#/chat/${ann.id}`);
  await ben.page.getByText('Their key has changed.').waitFor();
  await ben.page.getByRole('button', { name: 'Go on with the new key' }).click();
  await write(ben, 'to the new key');
  await elsewhere.page.locator('.bubble.theirs', { hasText: 'to the new key' }).waitFor();
});

// Changes what this browser keeps under a name.
const tamper = (who, name, change) => who.page.evaluate(async ([key, source]) => {
  const settled = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const store = (await settled(indexedDB.open('qfs'))).transaction('kept', 'readwrite').objectStore('kept');
  const kept = await settled(store.get(key));
  const changed = {
    'flip root': () => ({ ...kept, root: kept.root.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) }),
    // SHA-256 of nothing
    'no entries': () => ({ ...kept, size: 0, root: Uint8Array.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'.match(/../g), (pair) => parseInt(pair, 16)) }),
    'no entries, another root': () => ({ ...kept, size: 0 }),
  };
  const next = Object.hasOwn(changed, source) ? changed[source]() : source;
  await settled(store.put(next, key));
}, [name, change]);

const NO_ROOT = /is not linked to the entry before it|do not give the root that the ledger signed/;

scenario('a ledger that was rewritten, or signs with another key, is noticed by this page', async () => {
  const who = await member();
  await setProfile(who, 'Witness');
  const verify = async () => {
    await who.go('#/invite');
    await who.heading('Invite');
    await who.go('#/ledger');
    await who.heading('Ledger');
    await who.page.getByRole('button', { name: 'Verify' }).click();
  };
  await verify();
  await who.page.getByText(/verified in this page/).waitFor();

  // Behind the triggers' back: the content of an entry of one's own.
  const seq = profileEntry(who);
  const change = (expression, at = seq) => changeEntry(at, expression);
  const payload = sql(`SELECT payload FROM qfs.ledger WHERE seq = ${seq}`);
  change(`payload = '{"commitment": "${'0'.repeat(64)}", "version": 1}'`);
  await verify();
  await who.page.getByText(NO_ROOT).waitFor();
  // An entry of others, which the page cannot read: its head is another one all the same.
  change(`payload = '${payload}'`);
  const nobody = await person();
  const foreign = sql(`SELECT seq FROM qfs.ledger WHERE type = 'LOGIN' ORDER BY seq LIMIT 1`);
  const salt = sql(`SELECT salt FROM qfs.ledger WHERE seq = ${foreign}`);
  change(`salt = '\\x${'00'.repeat(16)}'`, foreign);
  await nobody.open('#/ledger');
  await nobody.page.getByRole('button', { name: 'Verify' }).click();
  await nobody.page.getByText(NO_ROOT).waitFor();
  assert.equal(await nobody.page.getByText(/verified in this page/).count(), 0);
  change(`salt = '${salt}'`, foreign);

  // The hash of the last entry, of an even number so that no stored node covers it: the root is another
  // one then than that which this browser has seen.
  while (Number(sql('SELECT max(seq) FROM qfs.ledger')) % 2 === 1) await setProfile(who, 'Witness again');
  await verify();
  await who.page.getByText(/verified in this page/).waitFor();
  const [last, hash] = sql('SELECT seq, hash FROM qfs.ledger ORDER BY seq DESC LIMIT 1').split('|');
  change(`hash = '${'ab'.repeat(32)}'`, last);
  await who.go('#/ledger/0');
  await who.page.getByText(/is not the one that this browser saw/).waitFor();
  await verify();
  await who.page.getByText(/is not the one that this browser saw/).first().waitFor();
  change(`hash = '${hash}'`, last);
  await verify();
  await who.page.getByText(/verified in this page/).waitFor();

  // A past that this browser remembers otherwise.
  await tamper(who, 'checkpoint', 'flip root');
  await verify();
  await who.page.getByText(/is not the one that this browser saw/).first().waitFor();
  await who.page.reload();
  await who.page.getByText('Ledger does not verify').waitFor();

  // It saw a ledger without entries: that has one root, and what follows is kept.
  const seen = async () => (await keptOf(who, 'checkpoint')).size;
  await tamper(who, 'checkpoint', 'no entries, another root');
  await who.page.reload();
  await who.page.getByText('Ledger does not verify').waitFor();
  await tamper(who, 'checkpoint', 'no entries');
  assert.equal(await seen(), 0);
  await verify();
  await who.page.getByText(/verified in this page/).waitFor();
  assert.notEqual(await seen(), 0);

  // Another key than before.
  await tamper(who, 'vkey', 'ledger.example.org/web+00000000+x');
  await who.page.reload();
  await who.page.getByText('The ledger signs with another key than before.').waitFor();
  await who.page.getByRole('button', { name: 'Trust the new key' }).click();
  await who.page.getByText('The ledger signs with another key than before.').waitFor({ state: 'detached' });
  assert.equal(sql('SELECT count(*) FROM qfs.verify()'), '0');
});

// Makes the hash of an explanation anew, as whoever changes the rest would.
function seal({ explanation_hash, ...rest }) {
  return { ...rest, explanation_hash: createHash('sha3-256').update(canonical(rest)).digest('hex') };
}

const FALSEHOOD = 'You earned 1,000,000 FLX';
const inLine = (bundle, change) => { bundle.entries.at(-1).line = change(bundle.entries.at(-1).line); };

// What a server could tell instead: each is refused by name, with its hash made anew.
const LIES = [
  ['a time', (bundle) => inLine(bundle, (line) => line.replace(/"at":\d/, '"at":9')), /PROOF_INVALID/],
  ['a part', (bundle) => inLine(bundle, (line) => line.replace('"coherence":"0.03', '"coherence":"0.04')), /PROOF_INVALID/],
  ['a part that is not shown', (bundle) => inLine(bundle, (line) => canonical(JSON.parse(line.replace(/"profile_version":1/, '"profile_version":1,"x":1')))), /PROOF_INVALID/],
  ['a line with white space', (bundle) => inLine(bundle, (line) => line.replace(',', ', ')), /JSON_SYNTAX: a line is not canonical/],
  ['a reader that is none', (bundle) => { bundle.reader = 'everybody'; }, /BUNDLE_FORM: reader/],
  ['a path', (bundle) => { bundle.entries[0].proof[0] = '00'.repeat(32); }, /PROOF_INVALID/],
  ['a checkpoint', (bundle) => { bundle.checkpoint = bundle.checkpoint.replace(/\n(\d+)\n/, (_, size) => `\n${Number(size) + 1}\n`); }, /PROOF_INVALID|CHECKPOINT_KEY/],
  ['another entry', (bundle) => { bundle.tx_id = '00'.repeat(32); }, /BUNDLE_CLAIM: tx_id/],
  ['no genesis', (bundle) => { bundle.entries.shift(); }, /BUNDLE_INCOMPLETE/],
  ['no policy', (bundle) => { bundle.entries = bundle.entries.filter(({ line }) => !line.includes('POLICY_CHANGED')); }, /BUNDLE_INCOMPLETE/],
  ['steps', (bundle) => { bundle.steps[0].result = '0.040000000000000000'; }, /BUNDLE_CLAIM: steps/],
  ['no steps', (bundle) => { bundle.steps = []; }, /BUNDLE_CLAIM: steps/],
  ['an effect', (bundle) => { bundle.result.effects[0].flx = ['0.000000000000000000', '1000000.000000000000000000']; }, /BUNDLE_CLAIM: result\.effects/],
  ['a standing', (bundle) => { bundle.result.standing.flx = '1000000.000000000000000000'; }, /BUNDLE_CLAIM: result\.standing/],
  ['another word', (bundle) => { bundle.result.by = 'operator'; }, /BUNDLE_CLAIM: result\.by/],
  ['a guard', (bundle) => { bundle.guards.push({ bound: 1, guard: 'REFERRAL_CAP', observed: 0, result: 'PASS' }); }, /BUNDLE_CLAIM: guards/],
  ['another policy', (bundle) => { bundle.policy.seq = 0; }, /BUNDLE_CLAIM: policy/],
];

scenario('an explanation that was tampered with on its way is refused, and says why', async () => {
  const who = await member();
  await setProfile(who, 'Doubter');
  let lie = (bundle) => bundle;
  let other;
  await who.page.route(/explain_/, async (route) => {
    const answer = await route.fetch(other && { url: `${process.env.API_URL}/rpc/explain_entry?seq=${other}` });
    await route.fulfill({ response: answer, json: lie(await answer.json()) });
  });
  const ask = async () => {
    await who.go('#/why');
    await who.page.getByRole('link', { name: /^Why\? Profile completed/ }).click();
  };
  const isRefused = async (name, fault) => {
    await who.page.getByText('The explanation does not verify.').waitFor();
    assert.match(await who.page.getByRole('alert').textContent(), fault, name);
    assert.equal(await who.page.getByText('Verified in this page.').count(), 0, name);
  };
  // The sentence is the page's own: the server's is not shown, whatever it says.
  for (const narrative of [null, FALSEHOOD]) {
    lie = (bundle) => (narrative ? seal({ ...bundle, narrative }) : bundle);
    await ask();
    await who.page.getByText('Verified in this page.').waitFor();
    await who.heading(/^Your coherence went from 0 to 0\.03 by \u201cProfile completed\u201d in entry \d+\.$/);
    assert.equal(await who.page.getByText(FALSEHOOD).count(), 0);
  }
  for (const [name, change, fault] of LIES) {
    lie = (bundle) => {
      const before = canonical(bundle);
      change(bundle);
      assert.notEqual(canonical(bundle), before, name);
      return seal(bundle);
    };
    await ask();
    await isRefused(name, fault);
  }
  lie = (bundle) => ({ ...bundle, narrative: FALSEHOOD });
  await ask();
  await isRefused('a hash that was left as it was', /BUNDLE_CLAIM: explanation_hash/);
  // A genuine answer to another question.
  lie = (bundle) => bundle;
  other = sql(`SELECT min(seq) FROM qfs.ledger WHERE actor::text = '${who.id}'`);
  await ask();
  await isRefused('another question', /BUNDLE_CLAIM: it is about entry/);
});

scenario('what is shown of an entry is what was hashed', async () => {
  const who = await member();
  await setProfile(who, 'Reader');
  const seq = profileEntry(who);
  let lie = (line) => line;
  await who.page.route(/rpc\/entry\?/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: lie(await answer.text()) });
  });
  const look = async (change) => {
    lie = change;
    await who.go('#/ledger');
    await who.go(`#/ledger/${seq}`);
  };
  await look((line) => line);
  await who.page.getByText('Verified in this page.').waitFor();
  await who.heading(`Entry ${seq}: Profile changed`);
  for (const [name, change, says] of [
    ['a type', (line) => line.replace('PROFILE_UPDATE', 'SESSION_ROTATED'), /does not lead to the signed root/],
    ['a payload', (line) => line.replace('"version":1', '"version":2'), /does not lead to the signed root/],
    ['a time', (line) => line.replace(/"at":\d/, '"at":9'), /does not lead to the signed root/],
    ['an account', (line) => line.replace('"coherence":"0.03', '"coherence":"0.93'), /does not lead to the signed root/],
    ['another entry', () => sql('SELECT qfs.entry(0)'), /gave entry 0 for entry/],
    ['no entry', () => '{}', /is not one/],
  ]) {
    await look(change);
    await who.heading('This did not work');
    assert.match(await who.page.getByRole('alert').textContent(), says, name);
    assert.equal(await who.page.getByText('Verified in this page.').count(), 0, name);
  }
});

function rotateKeys() {
  sql('SELECT qfs.rotate_keys()');
  tellPostgrest();
}

scenario('the page looks again as the ledger grows, and follows keys that the one before endorsed, no others', async () => {
  const who = await person();
  const sign = (text) => who.page.getByText(text).first().waitFor();
  const size = () => sql('SELECT size FROM qfs.head()');
  const kept = () => keptOf(who, 'vkey');
  await who.open();
  await sign(`Signature good, ${size()} entries`);
  const first = await kept();
  sql(`SELECT qfs.set_policy('{"nonce_ttl_ms": 300001}')`);
  await lookAgain(who);
  await sign(`Signature good, ${size()} entries`);

  // A rotation that its entry does not endorse is not followed.
  rotateKeys();
  await who.page.route(/rpc\/entry\?/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/"signature":"(.)/, (_, digit) => `"signature":"${digit === '0' ? '1' : '0'}`) });
  });
  await lookAgain(who);
  await sign('Ledger does not verify');
  assert.equal(await kept(), first);
  await who.page.unroute(/rpc\/entry\?/);
  // Two at once, each endorsed by the one before.
  rotateKeys();
  await lookAgain(who);
  await sign(`Signature good, ${size()} entries`);
  assert.equal(await kept(), sql('SELECT qfs.vkey()'));
  assert.notEqual(await kept(), first);

  // A key of somebody else, in its right form, and a checkpoint that says more than was signed.
  const key = Buffer.concat([Buffer.of(1), Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x, 'base64url')]);
  const [name] = first.split('+');
  const id = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8);
  await who.page.route(/rpc\/vkey/, (route) => route.fulfill({ contentType: 'text/plain', body: `${name}+${id}+${key.toString('base64')}` }));
  await lookAgain(who);
  await sign('Ledger does not verify');
  await who.page.unroute(/rpc\/vkey/);
  await lookAgain(who);
  await sign(`Signature good, ${size()} entries`);
  await doesNotVerify(who);
});
