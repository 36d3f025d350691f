// recovery.test.mjs - the key file is lost, and the recovery key puts new keys in force: the page follows by itself, and nothing that only
// looks like it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { keptOf, lookAgain, person, PROFILE_EXECUTED, profileEntry, scenario, setProfile, signIn, sql, tellPostgrest } from './browser.mjs';

const recovery = createPrivateKey(readFileSync(`${process.env.QFS_WEB_DIR}/recovery.pem`));
const hexOf = ({ publicKey }) => Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url').toString('hex');

// New keys, endorsed by this one; next: the recovery key from then on, where it is another.  Gives the entry.
function recoverBy(key, next) {
  const digest = sql('SELECT qfs.prepare_keys()');
  const more = next ? `, '${hexOf(next)}'` : '';
  const message = Buffer.from(sql(`SELECT encode(qfs.recovery_message('${digest}'${more}), 'hex')`), 'hex');
  const seq = sql(`SELECT qfs.recover_keys('${digest}', '\\x${sign(null, message, key).toString('hex')}'${more})`);
  tellPostgrest();
  return Number(seq);
}

scenario('the page follows keys that the recovery key has endorsed, and those that follow from its successor', async () => {
  const who = await person();
  const sign = (text) => who.page.getByText(text).first().waitFor();
  const good = () => sign(`Signature good, ${sql('SELECT size FROM qfs.head()')} entries`);
  await who.open();
  await good();
  const first = await keptOf(who, 'vkey');

  // The file is gone, and with it whoever could endorse by the key in force.
  const file = `${process.env.QFS_WEB_DIR}/data/qfs.key`;
  renameSync(file, `${file}.lost`);
  const seq = recoverBy(recovery);
  assert.equal(sql(`SELECT payload ->> 'by' FROM qfs.ledger WHERE seq = ${seq}`), 'recovery');
  assert.notEqual(sql('SELECT qfs.vkey()'), first);

  // On its way it becomes an endorsement by the key that was lost, of another number, of other keys, by nobody.
  let change;
  await who.page.route(/rpc\/entry\?/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: change(await answer.text()) });
  });
  for (const [name, changed] of Object.entries({
    'a digit of the signature': (line) => line.replace(/"signature":"(.)/, (_, digit) => `"signature":"${digit === '0' ? '1' : '0'}`),
    'the word': (line) => line.replace('"by":"recovery",', ''), 'the number': (line) => line.replace(/"number":(\d+)/, (_, n) => `"number":${Number(n) + 1}`),
    'the recovery key of genesis': (line) => line.replace(/"recovery":"\w+"/, `"recovery":"${hexOf(generateKeyPairSync('ed25519'))}"`),
    'no entry': () => '{}',
  })) {
    change = changed;
    await who.page.reload();
    await sign('Ledger does not verify');
    assert.equal(await keptOf(who, 'vkey'), first, name);
  }
  await who.page.unroute(/rpc\/entry\?/);
  await lookAgain(who);
  await good();
  const second = await keptOf(who, 'vkey');
  assert.equal(second, sql('SELECT qfs.vkey()'));

  // It names its successor, which signs what comes next; nobody was asked about a key.
  const successor = generateKeyPairSync('ed25519');
  recoverBy(recovery, successor);
  recoverBy(successor.privateKey);
  await lookAgain(who);
  await good();
  assert.equal(await keptOf(who, 'vkey'), sql('SELECT qfs.vkey()'));
  assert.notEqual(await keptOf(who, 'vkey'), second);

  // What is explained under the new key leads to entry 0 as before.
  await signIn(who);
  await setProfile(who, 'Recovered');
  await who.go(`#/why/${profileEntry(who)}`);
  await who.page.getByText(PROFILE_EXECUTED).waitFor();
});
