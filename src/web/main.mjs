// main.mjs - where the page begins: who is signed in, which view is shown, what is new.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { watchInbox } from './chat.mjs';
import { el, show } from './dom.mjs';
import { captureInvitation, dropInvitation } from './invitation.mjs';
import { watchLedger } from './live.mjs';
import { person, nameOf } from './people.mjs';
import { report, reportUncaught } from './report.mjs';
import { route } from './router.mjs';
import { onSessionChange, restoreSession, session } from './session.mjs';
import { drawShell, main, restoreTheme, setPart, setTrust, setUnread } from './shell.mjs';
import { count, visible } from './text.mjs';
import { latestCheckpoint } from './trust.mjs';
import { errorNotice, notice, progress, say } from './ui.mjs';
import { lookForWallets } from './wallet.mjs';

let turn = 0;
let openView = {};
// Why nobody is signed in any more; said until somebody is.
let why;
let askNow = () => {};

const go = (hash) => {
  if (location.hash === hash) draw();
  else location.hash = hash;
};

// Shows the view of the address.  Whoever navigates lands at its heading; a view that
// is drawn anew leaves the focus where it was.
async function draw(isNavigation = true) {
  const mine = ++turn;
  const { view, params, part } = route(location.hash, session() !== null);
  openView = {};
  setPart(part);
  main.setAttribute('aria-busy', 'true');
  const waiting = setTimeout(() => { if (mine === turn && isNavigation) show(main, progress('Loading\u2026')); }, 150);
  let shown;
  try {
    shown = await view({ params, go, refresh: () => draw(false), news: () => askNow(), why });
  } catch (error) {
    shown = { title: 'Something is missing', nodes: [el('h1', { tabindex: -1 }, 'This did not work'), errorNotice(error, () => draw())] };
  }
  clearTimeout(waiting);
  if (mine !== turn) return;
  openView = shown;
  document.title = `${visible(shown.title)} \u00b7 qfs`;
  main.className = shown.class ?? '';
  show(main, shown.nodes);
  main.setAttribute('aria-busy', 'false');
  if (isNavigation) {
    window.scrollTo(0, 0);
    main.querySelector('h1')?.focus({ preventScroll: true });
  }
  checkLedgerIfOld();
  await shown.after?.();
}

// ---- what is new ----

let unreadBefore = 0;

async function onNews(threads) {
  const unread = threads.reduce((sum, row) => sum + row.unread, 0);
  setUnread(unread);
  if (unread > unreadBefore && threads.length > 0) {
    const from = threads.find((row) => row.unread > 0);
    const profile = await person(from.peer).catch(() => null);
    if (profile && location.hash !== `#/chat/${from.peer}`) say(`New message from ${visible(nameOf(profile))}`);
  }
  unreadBefore = unread;
  await openView.onNews?.(threads);
}

// Entries that concern the account: messages are in the inbox, and what a view shows of the account it draws anew.
function onEntries() {
  askNow();
  checkLedgerIfOld();
  openView.onEntries?.();
}

// The ledger grows: what this browser knows of it is looked at again every minute, when somebody comes back to the
// page, and with the next view or entry if that was a while ago.
const CHECK_MS = 60000;
const FRESH_MS = 5000;
let isChecking = false;
let checkedAt = 0;

function checkLedger() {
  if (isChecking || document.hidden) return;
  isChecking = true;
  checkedAt = Date.now();
  latestCheckpoint().then(({ size }) => setTrust(true, `Signature good, ${count(size, 'entry', 'entries')}`), (error) => {
    report(error);
    setTrust(false, error.status === undefined ? 'Ledger does not verify' : 'Ledger not reached');
  })
    .finally(() => { isChecking = false; });
}

function checkLedgerIfOld() {
  if (Date.now() - checkedAt > FRESH_MS) checkLedger();
}

// ---- the beginning ----

// WebCrypto needs https (or this very machine) and a browser that knows Curve25519.
async function whatIsMissing() {
  if (!window.isSecureContext) return ['This page needs https.', 'Browsers encrypt on secure pages only. Open it by its https address.'];
  try {
    await Promise.all(['Ed25519', 'X25519'].map((name) => crypto.subtle.generateKey({ name }, false, name === 'X25519' ? ['deriveBits'] : ['sign', 'verify'])));
    return null;
  } catch {
    return ['This browser is too old to encrypt here.', 'Use a current Firefox, Safari, Chrome or Edge.'];
  }
}

async function start() {
  reportUncaught();
  restoreTheme();
  const missing = await whatIsMissing();
  if (missing) {
    show(document.body, el('main', {}, el('h1', {}, 'qfs'), notice('bad', ...missing)));
    return;
  }
  captureInvitation();
  lookForWallets();
  await restoreSession();
  drawShell();
  onSessionChange((next, reason) => {
    if (next) dropInvitation();
    else setUnread(0);
    why = reason;
    draw();
    askNow();
  });
  window.addEventListener('hashchange', () => draw());
  watchLedger(onEntries);
  await draw();
  setInterval(checkLedger, CHECK_MS);
  document.addEventListener('visibilitychange', checkLedger);
  askNow = watchInbox(onNews);
}

start();
