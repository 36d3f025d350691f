// ui.mjs - the pieces that views are made of: cards, notices, buttons that wait, things to copy and to save.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el, icon, show } from './dom.mjs';
import { report } from './report.mjs';
import { cut, sentence, visible } from './text.mjs';

let names = 0;
const uniqueId = (stem) => `${stem}-${++names}`;

// A part of the page with a heading of its own.
export function card(title, ...children) {
  const id = uniqueId('card');
  return el('section', { class: 'card', 'aria-labelledby': id }, el('h2', { id }, title), ...children);
}

const SIGNS = { good: 'check', bad: 'alert', note: 'wait', safe: 'shield' };

// kind: good, bad, note or safe.
export const notice = (kind, title, ...more) => el('div', { class: `notice ${kind}`, role: kind === 'bad' ? 'alert' : 'status' },
  icon(SIGNS[kind]), el('div', {}, el('strong', {}, title), ...more.map((part) => (typeof part === 'string' ? el('p', {}, part) : part))));

// What went wrong and what to do about it.
export function errorNotice(error, retry) {
  report(error);
  const hint = sentence(error.hint ?? '');
  return notice('bad', sentence(visible(cut(error.message, 300))), error.detail && sentence(visible(cut(error.detail, 300))), hint && visible(hint),
    retry && el('p', {}, el('button', { type: 'button', onclick: retry }, 'Try again')));
}

// Nothing there yet: says so, and what would change it.
export const empty = (name, title, text, ...actions) => el('div', { class: 'empty' }, icon(name), el('h3', {}, title), el('p', {}, text), el('p', { class: 'actions' }, ...actions));

export const progress = (text) => el('p', { class: 'progress', role: 'status' }, el('span', { class: 'spinner', 'aria-hidden': 'true' }), text);

// A bar that can be told how far it is.
export function progressBar(label) {
  const bar = el('progress', { max: 1, value: 0, 'aria-label': label });
  return { node: bar, set: (done, all) => { bar.value = all === 0 ? 1 : done / all; } };
}

// Runs `action`; meanwhile the button waits, and afterwards `place` says what failed, if anything did.
export async function waitFor(button, place, action) {
  const label = [...button.childNodes];
  button.setAttribute('aria-disabled', 'true');
  button.prepend(el('span', { class: 'spinner', 'aria-hidden': 'true' }));
  show(place);
  try {
    return await action();
  } catch (error) {
    show(place, errorNotice(error));
    return undefined;
  } finally {
    button.removeAttribute('aria-disabled');
    button.replaceChildren(...label);
  }
}

const isWaiting = (button) => button.getAttribute('aria-disabled') === 'true';

// A button whose action takes a while, and the place where it says what failed.
export function actionButton(label, action, attributes = {}) {
  const place = el('div', { class: 'place' });
  const button = el('button', { type: 'button', ...attributes, onclick: () => { if (!isWaiting(button)) waitFor(button, place, action); } }, label);
  return [button, place];
}

// A form whose submission takes a while.  The last child before the place is its button.
export function form(attributes, children, button, action) {
  const place = el('div', { class: 'place' });
  const node = el('form', { ...attributes, onsubmit: (event) => {
    event.preventDefault();
    if (!isWaiting(button)) waitFor(button, place, action);
  } }, ...children, place);
  return node;
}

export function field(label, input, hint) {
  const id = uniqueId('field');
  input.setAttribute('id', id);
  if (hint) input.setAttribute('aria-describedby', `${id}-hint`);
  return el('div', { class: 'field' }, el('label', { for: id }, label), input, hint && el('p', { class: 'hint', id: `${id}-hint` }, hint));
}

export function copyButton(text, what, label = 'Copy') {
  const button = el('button', { type: 'button', class: 'quiet small', 'aria-label': label === 'Copy' ? `Copy ${what}` : null, onclick: async () => {
    await navigator.clipboard.writeText(text).then(() => say(`Copied ${what}.`), () => say('The browser does not let this page copy. Select the text instead.'));
  } }, icon('copy'), label);
  return button;
}

export const saveButton = (label, name, type, text) => el('button', { type: 'button', class: 'small', onclick: () => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
} }, label);

// A question before something that cannot be taken back.
export function confirmButton(label, question, yes, action) {
  const box = el('div', { class: 'confirm' });
  const first = el('button', { type: 'button', class: 'quiet danger', onclick: () => {
    const [go, place] = actionButton(yes, async () => { await action(); }, { class: 'danger' });
    show(box, el('p', {}, question), el('p', { class: 'actions' }, go, el('button', { type: 'button', class: 'quiet', onclick: () => { show(box, first); first.focus(); } }, 'Keep it')), place);
    go.focus();
  } }, label);
  show(box, first);
  return box;
}

export const facts = (rows) => el('dl', { class: 'facts' }, rows.filter(Boolean).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));

// ---- what is said in passing ----

let speaker;
export function toaster() {
  speaker = el('div', { class: 'toast', role: 'status', 'aria-live': 'polite' });
  return speaker;
}

let hush;
export function say(text) {
  clearTimeout(hush);
  show(speaker, el('p', {}, text));
  hush = setTimeout(() => show(speaker), 6000);
}
