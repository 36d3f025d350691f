// chat.mjs - the inbox and one conversation, side by side where there is room.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { read } from '../api.mjs';
import { beforeDoing } from '../before.mjs';
import { acceptPeerKey, chatState, conversation, eraseMessage, inbox, keyFingerprint, LONGEST, markRead, messageAct, peerKey, send, turnOnChat } from '../chat.mjs';
import { code, data, el, icon, show, when } from '../dom.mjs';
import { avatar, nameOf, nameTag, person } from '../people.mjs';
import { readMine, session } from '../session.mjs';
import { clockTime, fullTime } from '../text.mjs';
import { actionButton, card, confirmButton, empty, errorNotice, field, form, notice, progress, say, waitFor } from '../ui.mjs';

// ---- before there is a key ----

function keyCard(state, refresh) {
  const label = state === 'none' ? 'Turn on encrypted chat' : 'Use this browser from now on';
  const [button, place] = actionButton(label, async () => {
    await turnOnChat();
    say('Encrypted chat is on.');
    await refresh();
  }, { class: 'primary' });
  const text = state === 'none'
    ? 'This makes a key pair in this browser. The public half goes onto the ledger, so that others can write to you; the private half never leaves this browser.'
    : 'Your chat key is in another browser. Messages that were sent to it can be read there only. You can make a key here; new messages then come to this browser.';
  return card(state === 'none' ? 'Turn on chat' : 'Your key is elsewhere', el('p', {}, text), el('p', { class: 'actions' }, button), place);
}

// ---- the list ----

function threadItem({ peer, last_at: at, unread }, current) {
  const face = el('span', {}, avatar(peer, null, 44));
  person(peer).then((profile) => show(face, avatar(peer, profile.display_name, 44))).catch(() => {});
  return el('li', {}, el('a', { href: `#/chat/${peer}`, class: 'thread', 'aria-current': peer === current && 'page' }, face,
    el('span', { class: 'thread-text' }, el('strong', {}, nameTag(peer)), el('span', { class: 'muted' }, when(at))),
    unread > 0 && el('span', { class: 'count' }, String(unread), el('span', { class: 'only-heard' }, ' unread'))));
}

// Who one could write to: who invited the account, and whom it invited.
async function acquaintances(threads) {
  const stats = await readMine('referral_stats');
  const met = threads.map((row) => row.peer);
  return [stats.invited_by, ...stats.referees.map((row) => row.user_id)].filter((id) => id && !met.includes(id)).slice(0, 8);
}

function newConversation(people, go) {
  const input = el('input', { required: true, autocomplete: 'off', spellcheck: 'false', placeholder: '0x\u2026 or user_\u2026' });
  const button = el('button', {}, 'Find');
  const node = form({ class: 'stack' }, [field('Wallet address or account id', input), el('p', { class: 'actions' }, button)], button, async () => {
    const text = input.value.trim();
    const found = await read('profile', text.startsWith('user_') ? { user_id: text } : { wallet: text });
    if (found.user_id === session().user_id) throw Object.assign(new Error('that is you'), { hint: 'Write to somebody else.' });
    go(`#/chat/${found.user_id}`);
  });
  return card('New conversation',
    people.length > 0 && el('ul', { class: 'people' }, people.map((id) => el('li', {}, el('a', { class: 'button', href: `#/chat/${id}` }, 'Write to ', nameTag(id))))), node);
}

const threadList = (threads, current) => el('ul', { class: 'threads' }, threads.map((row) => threadItem(row, current)));

export async function chatList({ go, refresh }) {
  const [state, threads] = await Promise.all([chatState(), inbox()]);
  const list = el('div', {}, threadList(threads));
  return {
    title: 'Chat',
    nodes: [
      el('h1', { tabindex: -1 }, 'Chat'),
      state.state !== 'ready' && keyCard(state.state, refresh),
      threads.length > 0 ? card('Conversations', list) : empty('chat', 'No conversation yet', 'Write to somebody you know; what you write is encrypted in this browser.'),
      newConversation(await acquaintances(threads), go),
    ],
    onNews: (fresh) => (threads.length > 0 ? show(list, threadList(fresh)) : refresh()),
  };
}

// ---- one conversation ----

const PROBLEMS = {
  erased: 'This message was deleted.',
  'no key': 'This message was encrypted for a key that this browser does not have.',
  damaged: 'This message is not what the ledger committed to. Do not trust it.',
};

function messageMenu(row, refresh) {
  return el('details', { class: 'message-more' }, el('summary', { 'aria-label': `About message ${row.seq}` }, `#${row.seq}`),
    el('div', {}, el('p', { class: 'hint' }, `${fullTime(row.at)}. Message ${row.seq} of its sender; numbers have no gap, so nothing was left out or sent twice. `,
      el('a', { href: `#/ledger/${row.entry}` }, `Entry ${row.entry}`), ' commits to its ciphertext.'),
    row.state !== 'erased' && confirmButton('Delete\u2026', 'Deletes the ciphertext from the server, for both of you.', 'Delete it', async () => {
      await eraseMessage(row);
      await refresh();
    })));
}

function bubble(row, me, refresh) {
  const isMine = row.sender === me;
  return el('li', { class: `bubble ${isMine ? 'mine' : 'theirs'}`, 'data-entry': row.entry, 'data-state': row.state },
    el('span', { class: 'only-heard' }, isMine ? 'You: ' : 'They: '),
    row.state === 'open' ? data(row.text, 'p', { class: 'bubble-text' }) : el('p', { class: 'bubble-text problem' }, icon(row.state === 'erased' ? 'wait' : 'alert'), PROBLEMS[row.state]),
    el('div', { class: 'bubble-foot' }, el('time', { datetime: new Date(row.at).toISOString() }, clockTime(row.at)), messageMenu(row, refresh)));
}

async function lockSign(theirs, mine) {
  return el('details', { class: 'lock' }, el('summary', {}, icon('lock'), el('span', {}, 'Encrypted'), el('code', {}, theirs.fingerprint.slice(0, 9))),
    el('div', { class: 'lock-more' }, el('p', {}, 'Only the two of you can read this. To be sure that nobody stands in between, compare these numbers with each other, on the phone or in person.'),
      el('dl', {}, el('div', {}, el('dt', {}, 'Their key'), el('dd', {}, code(theirs.fingerprint, { class: 'fingerprint' }))),
        el('div', {}, el('dt', {}, 'Your key'), el('dd', {}, code(await keyFingerprint(mine.text), { class: 'fingerprint' }))))));
}

function keyChanged(peer, theirs, refresh) {
  const [button, place] = actionButton('Go on with the new key', async () => {
    await acceptPeerKey(peer, theirs.key);
    await refresh();
  });
  return notice('bad', 'Their key has changed.', 'They may use another browser now. Or somebody pretends to be them: ask them, somewhere else, for the number of their key before you write anything private.',
    el('p', {}, code(theirs.fingerprint, { class: 'fingerprint' })), el('p', { class: 'actions' }, button), place);
}

// Why one cannot write yet, or the form to write with.
async function composer({ peer, profile, state, theirs, refresh, onSent }) {
  if (state.state !== 'ready') return keyCard(state.state, refresh);
  if (!theirs) return notice('note', 'They have not turned on encrypted chat yet.', 'You can write to them as soon as they have.', el('p', {}, el('button', { type: 'button', onclick: refresh }, 'Look again')));
  if (theirs.isNew) return keyChanged(peer, theirs, refresh);
  const label = `Message to ${profile.display_name ?? 'this account'}`;
  const text = el('textarea', { rows: 1, required: true, maxlength: LONGEST, dir: 'auto', 'aria-label': label, placeholder: 'Write a message' });
  const button = el('button', { class: 'primary round', 'aria-label': 'Send' }, icon('send'));
  const before = beforeDoing(text, 'MESSAGE', () => {
    if (text.value.trim() === '') throw Object.assign(new Error('there is no message yet'), { hint: 'Write it, then look again.' });
    return messageAct(peer, text.value, state.mine, theirs.key);
  });
  const node = form({ class: 'composer' }, [text, button], button, async () => {
    if (text.value.trim() === '') return;
    before.open = false;
    await send(peer, text.value, state.mine, theirs.key);
    text.value = '';
    text.focus();
    await onSent();
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      node.requestSubmit();
    }
  });
  return [node, before];
}

export async function chatThread({ params: [peer], refresh, news }) {
  const me = session().user_id;
  const [profile, state, theirs, threads] = await Promise.all([read('profile', { user_id: peer }), chatState(), peerKey(peer), inbox()]);
  const list = el('ol', { class: 'messages', 'aria-label': 'Messages', 'aria-live': 'polite', 'aria-relevant': 'additions', tabindex: 0 });
  const older = el('div', { class: 'older' });
  const side = el('div', {}, threadList(threads, peer));
  let shown = [];

  const toEnd = () => { list.scrollTop = list.scrollHeight; };

  async function load() {
    const rows = await conversation(peer);
    const fresh = rows.filter((row) => !shown.some((old) => old.entry === row.entry && old.state === row.state));
    if (fresh.length === 0) return;
    shown = [...shown.filter((row) => row.entry < rows[0].entry), ...rows];
    draw();
    toEnd();
    await markRead(peer, rows);
  }

  // New ones are added and others stay, so that a screen reader says the new ones alone.
  function draw() {
    const nodes = new Map([...list.children].map((node) => [node.dataset.entry, node]));
    const wanted = shown.map((row) => {
      const node = nodes.get(String(row.entry));
      return node?.dataset.state === row.state ? node : bubble(row, me, load);
    });
    for (const node of [...list.children]) if (!wanted.includes(node)) node.remove();
    wanted.forEach((node, i) => { if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null); });
    show(older, shown.length >= 50 && el('button', { type: 'button', class: 'quiet small', onclick: (event) => waitFor(event.currentTarget, older, loadOlder) }, 'Earlier messages'));
  }

  async function loadOlder() {
    const rows = await conversation(peer, shown[0].entry);
    shown = [...rows, ...shown];
    draw();
    if (rows.length === 0) show(older, el('p', { class: 'hint' }, 'This is where it began.'));
  }

  const foot = el('div', { class: 'thread-foot' }, await composer({ peer, profile, state, theirs, refresh, onSent: async () => { await load(); news(); } }));
  show(older, progress('Decrypting\u2026'));
  return {
    title: `Chat with ${nameOf(profile)}`,
    class: 'wide',
    nodes: [el('div', { class: 'split' },
      el('aside', { class: 'split-side', 'aria-label': 'Conversations' }, side),
      el('div', { class: 'split-main' },
        el('div', { class: 'thread-head' }, el('a', { href: '#/chat', class: 'back', 'aria-label': 'All conversations' }, icon('back')),
          avatar(peer, profile.display_name, 40),
          el('h1', { tabindex: -1 }, el('a', { href: `#/people/${peer}` }, data(nameOf(profile)))),
          theirs && state.mine && await lockSign(theirs, state.mine)),
        older, list, foot))],
    after: async () => {
      await load().catch((error) => show(list, el('li', {}, errorNotice(error))));
      if (shown.length < 50) show(older);
      if (shown.length === 0 && !list.firstChild) show(list, el('li', { class: 'first' }, el('p', { class: 'muted' }, 'No message yet. Say hello.')));
    },
    onNews: (fresh) => {
      show(side, threadList(fresh, peer));
      return load();
    },
  };
}
