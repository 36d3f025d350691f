// live.mjs - what is new for the account: a socket that says that there is something, or looking now and then, where there is none.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The socket brings numbers and no contents; what is new is what since() says, whoever said that it is time to ask.

import { BASE } from './api.mjs';
import { oneAtATime } from './one_at_a_time.mjs';
import { onSessionChange, readMine, session } from './session.mjs';

// nginx has sockets, PostgREST by itself has none.
const ADDRESS = BASE === '/rest/' ? `${location.origin.replace(/^http/, 'ws')}/live` : null;
// The token is the second subprotocol: a WebSocket has no header, and an address would be written down.
const SUBPROTOCOL = 'ws+meta.nchan';

const QUICK_MS = 1500;
const SLOW_MS = 30000;
const LONGEST_WAIT_MS = 60000;

// Waits that grow, and no two clients that wait alike: a server that comes back is not met by all of them at once.
const backOff = (failures) => Math.min(LONGEST_WAIT_MS, 1000 * 2 ** failures) * (0.5 + Math.random());

// listener() is told that there are new entries that concern the account.
export function watchLedger(listener) {
  let socket = null;
  let failures = 0;
  // The account, and the first entry that it was not asked about.
  let account;
  let next;
  let pause = QUICK_MS;
  let lookTimer;
  let socketTimer;

  const isLive = () => socket?.readyState === WebSocket.OPEN;

  // Asks once; true if there is more.
  async function askOnce(asker) {
    try {
      const answer = await readMine('since', { seq: next });
      if (asker !== account) return false;
      const moved = answer.next !== next;
      next = answer.next;
      if (answer.entries.length > 0) {
        pause = QUICK_MS;
        plan();
        listener();
      }
      return moved && answer.next < answer.head;
    } catch (error) {
      // The ledger has fewer entries than this page has seen: begin anew.
      if (error.code === 'QFS_SIZE_UNKNOWN') next = undefined;
      pause = SLOW_MS;
      return false;
    }
  }

  // Asks until there is nothing left.
  const ask = oneAtATime(async () => {
    while (session() && await askOnce(account));
  });

  function plan() {
    clearTimeout(lookTimer);
    lookTimer = setTimeout(look, pause);
  }

  // Without a socket, less and less often while nothing happens.
  function look() {
    pause = Math.min(SLOW_MS, pause * 1.3);
    plan();
    if (!isLive() && !document.hidden) ask();
  }

  function connect() {
    clearTimeout(socketTimer);
    if (!ADDRESS || !session() || socket) return;
    const mine = new WebSocket(ADDRESS, [SUBPROTOCOL, session().token]);
    socket = mine;
    mine.onopen = () => {
      failures = 0;
      ask();
    };
    mine.onmessage = ask;
    // Whatever it was: what was missed meanwhile, or that the session has ended, since() knows.
    mine.onclose = () => {
      if (socket !== mine) return;
      socket = null;
      pause = QUICK_MS;
      socketTimer = setTimeout(connect, backOff(failures++));
      look();
    };
  }

  function begin() {
    const before = socket;
    socket = null;
    before?.close();
    if (session()?.user_id !== account) next = undefined;
    account = session()?.user_id;
    failures = 0;
    pause = QUICK_MS;
    connect();
    look();
  }

  // After a sleep a socket may be dead and not know it yet.
  function wake() {
    if (document.hidden) return;
    pause = QUICK_MS;
    ask();
    connect();
    look();
  }
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('online', wake);
  window.addEventListener('focus', wake);
  onSessionChange(begin);
  begin();
}
