// home.mjs - the account that is signed in: who it is, what it has, what to do next.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { historyRow } from '../changes.mjs';
import { chatState } from '../chat.mjs';
import { data, el, icon } from '../dom.mjs';
import { avatar, nameOf } from '../people.mjs';
import { dial } from '../pictures/dial.mjs';
import { line } from '../pictures/line.mjs';
import { readMine } from '../session.mjs';
import { amount, count, cut, shortWallet, visible } from '../text.mjs';
import { card, copyButton, empty } from '../ui.mjs';
import { levelName } from '../words.mjs';

const WEB = /^https:\/\//;

// Only what leads to the web becomes a link; nothing is fetched until somebody follows it.
const address = (uri) => (WEB.test(uri) ? el('a', { href: uri, rel: 'noopener noreferrer nofollow', target: '_blank', class: 'uri' }, visible(cut(uri, 80))) : el('span', { class: 'uri' }, visible(cut(uri, 80))));

// Who an account is, at the top of its page.
export function profileHead(profile, ...actions) {
  const name = nameOf(profile);
  return el('div', { class: 'profile' }, avatar(profile.user_id, profile.display_name, 72),
    el('div', { class: 'profile-text' },
      el('h1', { tabindex: -1 }, data(name)),
      el('p', { class: 'profile-line' }, el('span', { class: 'badge' }, icon('shield'), levelName(profile.trust_level)),
        el('span', { title: profile.wallet }, shortWallet(profile.wallet)), copyButton(profile.wallet, 'the wallet address')),
      profile.erased && el('p', { class: 'muted' }, 'This profile was erased.'),
      profile.bio && data(profile.bio, 'p', { class: 'bio' }),
      profile.avatar && el('p', { class: 'hint' }, 'Picture: ', address(profile.avatar)),
      profile.links.length > 0 && el('ul', { class: 'links' }, profile.links.map((uri) => el('li', {}, address(uri))))),
    actions.length > 0 && el('p', { class: 'actions' }, ...actions));
}

export const stats = (profile) => el('ul', { class: 'stats' },
  [[amount(profile.balances.FLX, 2), 'FLX', profile.balances.FLX], [amount(String(profile.genesis_points)), 'genesis points'], [amount(String(profile.referral_count)), 'invitations']]
    .map(([value, name, title]) => el('li', { class: 'stat' }, el('strong', { title }, value), el('span', {}, name))));

function steps(profile, chat, threads) {
  const todo = [
    [profile.display_name !== null, 'Choose a name', 'So that others know who you are.', '#/profile', 'Edit profile'],
    [chat.state === 'ready', 'Turn on encrypted chat', 'A key is made in this browser; others can write to you from then on.', '#/chat', 'Turn on'],
    [threads.length > 0, 'Write to somebody', 'To the person who invited you, for a start.', '#/chat', 'Write'],
    [profile.referral_count > 0, 'Invite somebody', 'It counts once they have a name, and you have written to each other.', '#/invite', 'Invite'],
  ];
  const done = todo.filter(([isDone]) => isDone).length;
  if (done === todo.length) return null;
  const next = todo.findIndex(([isDone]) => !isDone);
  return card('Next steps', el('p', { class: 'hint' }, `${done} of ${todo.length} done`),
    el('ol', { class: 'todo' }, todo.map(([isDone, title, text, href, action], i) => el('li', { class: isDone ? 'done' : '' }, icon(isDone ? 'check' : 'wait'),
      el('div', {}, el('strong', {}, title), el('span', { class: 'only-heard' }, isDone ? ' (done)' : ''), !isDone && el('p', { class: 'hint' }, text)),
      !isDone && el('a', { href, class: i === next ? 'button small primary' : 'button small' }, action)))));
}

function coherenceCard(profile, history) {
  const acts = history.filter(({ change }) => 'coherence' in change.was).reverse();
  return card('Coherence',
    el('div', { class: 'coherence' }, dial(profile.coherence, levelName(profile.trust_level)),
      acts.length > 0
        ? el('div', { class: 'history' }, line(acts.map(({ change }) => Number(change.state.coherence))),
          el('details', {}, el('summary', {}, 'As a table'), el('table', {},
            el('thead', {}, el('tr', {}, ['Entry', 'Before', 'After'].map((name) => el('th', { scope: 'col' }, name)))),
            el('tbody', {}, acts.map(({ seq, change }) => el('tr', {}, el('th', { scope: 'row' }, el('a', { href: `#/why/${seq}` }, String(seq))), [change.was.coherence, change.state.coherence].map((text) => el('td', {}, text))))))))
        : el('p', { class: 'muted' }, 'It grows with what you do: complete your profile, answer messages, invite people who stay.')));
}

export async function home({ refresh }) {
  const [profile, history, chat, threads] = await Promise.all([readMine('profile'), readMine('history', { max: 100 }), chatState(), readMine('inbox')]);
  return {
    title: 'You',
    onEntries: refresh,
    nodes: [
      profileHead(profile, el('a', { class: 'button', href: '#/profile' }, 'Edit profile')),
      stats(profile),
      steps(profile, chat, threads),
      coherenceCard(profile, history),
      card('Lately', history.length > 0
        ? el('ul', { class: 'changes' }, history.slice(0, 6).map(historyRow))
        : empty('wait', 'Nothing yet', 'What changes your account will be listed here.'),
      history.length > 6 && el('p', {}, el('a', { href: '#/why' }, `All of the last ${count(history.length, 'change')}`))),
    ],
  };
}
