// shell.mjs - what is around every view: name, navigation, colours.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el, icon, show, svg } from './dom.mjs';
import { session } from './session.mjs';
import { toaster } from './ui.mjs';

const PARTS = [['you', 'You', '#/'], ['chat', 'Chat', '#/chat'], ['invite', 'Invite', '#/invite'], ['why', 'Why?', '#/why'], ['ledger', 'Ledger', '#/ledger']];

// A small tree: two leaves, a root.
const mark = () => svg('svg', { viewBox: '0 0 32 32', class: 'mark', 'aria-hidden': 'true' },
  svg('path', { d: 'M16 9 8 22M16 9l8 13', class: 'mark-edge' }),
  svg('circle', { cx: 16, cy: 8, r: 5, class: 'mark-root' }), svg('circle', { cx: 8, cy: 23, r: 4, class: 'mark-leaf' }), svg('circle', { cx: 24, cy: 23, r: 4, class: 'mark-leaf' }));

// ---- colours ----

const THEMES = ['auto', 'light', 'dark'];
const themeName = { auto: 'as the system', light: 'light', dark: 'dark' };

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem('qfs theme', theme);
}

export const restoreTheme = () => { document.documentElement.dataset.theme = localStorage.getItem('qfs theme') ?? 'auto'; };

function themeButton() {
  const label = el('span', { class: 'only-heard' });
  const tell = () => show(label, `Colours: ${themeName[document.documentElement.dataset.theme]}. Change`);
  const button = el('button', { type: 'button', class: 'quiet icon-only', title: 'Colours: light, dark, as the system', onclick: () => {
    setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
    tell();
  } }, icon('theme'), label);
  tell();
  return button;
}

// ---- the frame ----

const nav = el('nav', { 'aria-label': 'Main' });
export const main = el('main', { id: 'main', tabindex: -1 });
const trust = el('div', { class: 'trust' });
const side = el('div', { class: 'head-side' });
let unread = 0;
let openPart = '';

function drawNav() {
  const parts = session() ? PARTS : [['you', 'Welcome', '#/'], PARTS[4]];
  show(nav, el('ul', {}, parts.map(([part, name, href]) => el('li', {}, el('a', { href, 'aria-current': part === openPart && 'page' }, icon(part), el('span', {}, name),
    part === 'chat' && unread > 0 && el('span', { class: 'count' }, String(unread), el('span', { class: 'only-heard' }, ' unread')))))));
  show(side, session() && el('a', { href: '#/account', class: 'button quiet icon-only', title: 'Sessions', 'aria-current': openPart === 'account' && 'page' },
    icon('key'), el('span', { class: 'only-heard' }, 'Sessions and signing out')), themeButton());
}

export function drawShell() {
  show(document.body,
    el('a', { class: 'skip', href: '#main', onclick: (event) => { event.preventDefault(); main.focus(); } }, 'Skip to the content'),
    el('header', {}, el('a', { href: '#/', class: 'brand', 'aria-label': 'Start' }, mark(), el('span', {}, 'qfs')), nav, trust, side),
    main, toaster());
  drawNav();
}

// Which part is open, and how many messages wait.
export function setPart(part) {
  openPart = part;
  drawNav();
}

export function setUnread(n) {
  unread = n;
  drawNav();
}

// What this browser knows of the ledger: good, or what is wrong.
export function setTrust(isGood, text) {
  show(trust, el('a', { href: '#/ledger', class: isGood ? 'trust-sign' : 'trust-sign bad' }, icon(isGood ? 'shield' : 'alert'), el('span', {}, text)));
}

