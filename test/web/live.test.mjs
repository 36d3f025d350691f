// live.test.mjs - news by the socket, and by looking where there is no socket.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { DIRECT, person, scenario, setProfile, signIn, SITE, sql, turnOnChat, userId, write } from './browser.mjs';

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// The page's sockets: what came over them, which of them are open, and a way to cut them, for good or until it is mended.
async function watchSockets(who) {
  const sockets = { frames: [], opened: 0, isCut: false, cut: async () => {
    sockets.isCut = true;
    for (const [route, server] of open) {
      open.delete(route);
      await server.close({ code: 1000, reason: 'cut' });
      await route.close({ code: 1001, reason: 'cut' });
    }
  } };
  const open = new Map();
  await who.context.routeWebSocket(/\/live$/, (route) => {
    if (sockets.isCut) {
      route.close({ code: 1001, reason: 'cut' });
      return;
    }
    sockets.opened++;
    const server = route.connectToServer();
    open.set(route, server);
    server.onMessage((message) => {
      if (!open.has(route)) return;
      sockets.frames.push({ at: Date.now(), message: String(message) });
      route.send(message);
    });
    route.onClose((code, reason) => { open.delete(route); server.close({ code, reason }); });
    server.onClose((code, reason) => { open.delete(route); route.close({ code, reason }); });
  });
  return sockets;
}

const asked = (who, name) => who.requests.filter((request) => new URL(request.url()).pathname.endsWith(`/rpc/${name}`)).length;
const theirs = (who, text) => who.page.locator('.bubble.theirs', { hasText: text }).waitFor();

async function two(aliceUrl, prepare = async () => {}) {
  const [alice, bob] = [await person({ url: aliceUrl }), await person({ url: SITE })];
  const sockets = await watchSockets(alice);
  await prepare(sockets);
  for (const [who, name] of [[alice, 'Alice'], [bob, 'Bob']]) {
    await who.open();
    await signIn(who);
    await setProfile(who, name);
    await turnOnChat(who);
  }
  await alice.go(`#/chat/${userId(bob)}`);
  await bob.go(`#/chat/${userId(alice)}`);
  return { alice, bob, sockets };
}

scenario('a message arrives over the socket, and nobody has looked for it', async () => {
  const { alice, bob, sockets } = await two(SITE);
  await bob.page.waitForTimeout(1000);
  // While the socket is open the page does not look: longer than the longest quick look would take.
  await pause(1000);
  const [looks, frames] = [asked(alice, 'since'), sockets.frames.length];
  await pause(6000);
  assert.equal(asked(alice, 'since'), looks, 'nothing happened, and nobody asked');
  await write(bob, 'over the socket');
  const sent = Date.now();
  await theirs(alice, 'over the socket');
  const shown = Date.now() - sent;
  const entry = Number(sql(`SELECT max(seq) FROM qfs.ledger WHERE type = 'MESSAGE' AND actor::text = '${userId(bob)}'`));
  const came = sockets.frames.slice(frames);
  assert.ok(came.some(({ message }) => message.endsWith(`[${entry}]`)), JSON.stringify(came));
  assert.ok(asked(alice, 'since') > looks, 'and then it asked what there is');
  console.log(`# shown ${shown} ms after the sender's own page showed it`);
  // The number is all that came: no sender, no content.
  for (const { message } of came) assert.match(message, /^(?:[a-z-]+: .*\n)*\n\[[\d,]*\]$/);
  // The address has no token, and no request has one in its address.
  const token = await alice.page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /eyJ/.test(name)));
  assert.equal(token, false);
});

scenario('with the socket cut a message arrives by looking, and by the socket once it is back', async () => {
  const { alice, bob, sockets } = await two(SITE);
  await write(bob, 'before');
  await theirs(alice, 'before');
  await sockets.cut();
  const [looks, frames] = [asked(alice, 'since'), sockets.frames.length];
  await write(bob, 'without a socket');
  await theirs(alice, 'without a socket');
  assert.equal(sockets.frames.length, frames, 'nothing came over a socket');
  assert.ok(asked(alice, 'since') > looks, 'the page has looked');
  // It tries again, later and later, and never in the same rhythm.
  sockets.isCut = false;
  const before = sockets.opened;
  for (let n = 0; n < 300 && sockets.opened === before; n++) await pause(200);
  assert.equal(sockets.opened, before + 1, 'it is back');
  await pause(500);
  const quiet = asked(alice, 'since');
  await pause(4000);
  assert.equal(asked(alice, 'since'), quiet, 'and nobody looks any more');
  await write(bob, 'with a socket again');
  await theirs(alice, 'with a socket again');
  assert.ok(sockets.frames.length > frames);
});

scenario('by PostgREST alone there is no socket, and messages arrive all the same', async () => {
  const { alice, bob, sockets } = await two(DIRECT);
  await write(bob, 'to PostgREST');
  await theirs(alice, 'to PostgREST');
  assert.equal(sockets.opened, 0);
});

scenario('without a socket, what comes after a long silence makes the page look often again', async () => {
  const { alice, bob } = await two(DIRECT);
  const looks = [];
  const isLook = (request) => /\/rpc\/since/.test(request.url());
  alice.page.on('request', (request) => { if (isLook(request)) looks.push(Date.now()); });
  const longest = () => Math.max(0, ...looks.slice(1).map((at, i) => at - looks[i]));
  for (let n = 0; n < 300 && longest() < 5000; n++) await pause(200);
  assert.ok(longest() >= 5000, 'nothing happens, and it looks later and later');
  const found = alice.page.waitForResponse(async (answer) => isLook(answer.request()) && (await answer.json()).entries.length > 0);
  await write(bob, 'after a silence');
  await found;
  await alice.page.waitForRequest(isLook, { timeout: 4000 });
});

scenario('a session that is revoked elsewhere ends the page within a moment', async () => {
  const { alice } = await two(SITE);
  const session = sql(`SELECT s.session FROM qfs.session s WHERE s.user_id::text = '${userId(alice)}' AND s.ended IS NULL`);
  sql(`INSERT INTO qfs.ledger (type, payload) VALUES ('SESSION_REVOKED', '{"reason": "admin", "session": "${session}"}')`);
  const revoked = Date.now();
  await alice.page.getByText('Your session has ended.').first().waitFor();
  assert.ok(Date.now() - revoked < 3000, `${Date.now() - revoked} ms`);
});

scenario('what the account has is drawn anew when an entry changes it', async () => {
  const { alice, bob, sockets } = await two(SITE);
  await alice.go('#/');
  await alice.heading('Alice');
  const before = sockets.frames.length;
  await write(bob, 'an act that counts');
  await alice.page.getByRole('link', { name: /^Chat.*1 unread/ }).waitFor();
  assert.ok(sockets.frames.length > before);
  // In another browser she takes another name, and in this one nobody touches anything.
  const elsewhere = await person({ url: SITE, account: alice.account });
  await elsewhere.open();
  await signIn(elsewhere);
  await setProfile(elsewhere, 'Alice elsewhere');
  await alice.heading('Alice elsewhere');
});
