// privacy.test.mjs - what the page keeps in a browser: nobody else has it, and it goes with the data of the site.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { person, scenario, signIn, turnOnChat, userId } from './browser.mjs';

// Names of what IndexedDB has, the device's key as text, and what the two storages have.
const keptBy = (who) => who.page.evaluate(async () => {
  const settled = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const databases = (await indexedDB.databases()).map(({ name }) => name);
  if (!databases.includes('qfs')) return { names: [], device: null, local: Object.keys(localStorage), tab: Object.keys(sessionStorage) };
  const database = await settled(indexedDB.open('qfs'));
  const store = database.transaction('kept').objectStore('kept');
  const [names, device] = await Promise.all([settled(store.getAllKeys()), settled(store.get('device'))]);
  database.close();
  return { names: names.sort(), device: device?.text ?? null, local: Object.keys(localStorage), tab: Object.keys(sessionStorage) };
});

scenario('what a browser keeps goes with the data of the site', async () => {
  const who = await person();
  await who.open();
  await signIn(who);
  await turnOnChat(who);
  const user = userId(who);
  const before = await keptBy(who);
  assert.deepEqual(before.names, [`chat ${user}`, 'checkpoint', 'device', 'ledger', 'session', 'vkey']);
  assert.deepEqual([before.local.filter((name) => name !== 'qfs theme'), before.tab], [[], []]);

  // Another browser of the same person has none of it.
  const other = await person({ account: who.account });
  await other.open();
  assert.equal((await keptBy(other)).names.includes(`chat ${user}`), false);

  await who.page.goto('about:blank');
  const devtools = await who.context.newCDPSession(who.page);
  await devtools.send('Storage.clearDataForOrigin', { origin: new URL(who.url).origin, storageTypes: 'all' });
  await who.open();
  await who.page.getByRole('button', { name: 'Connect wallet' }).waitFor();
  const after = await keptBy(who);
  assert.deepEqual([after.device, after.names.includes('session'), after.names.includes(`chat ${user}`)], [null, false, false]);
  await signIn(who);
  const again = await keptBy(who);
  assert.notEqual(again.device, before.device, 'the device is another one');
  assert.equal(again.names.includes(`chat ${user}`), false, 'and the keys of the chat are gone');
  // What the server has of the two devices: their public keys.
  const dump = spawnSync('pg_dump', [process.env.PGDATABASE], { maxBuffer: 1 << 30 }).stdout.toString();
  assert.ok(dump.includes(before.device) && dump.includes(again.device), 'a dump has the public keys of devices');
});
