// invite.mjs - inviting people, and what became of the invitations.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { beforeDoing } from '../before.mjs';
import { el, icon } from '../dom.mjs';
import { invitationLink, isCode } from '../invitation.mjs';
import { avatar, nameTag, person } from '../people.mjs';
import { act, readMine } from '../session.mjs';
import { amount, count } from '../text.mjs';
import { card, copyButton, empty, field, form, notice, say } from '../ui.mjs';
import { guardName, guardReason } from '../words.mjs';

function linkCard(code) {
  const link = invitationLink(code);
  const text = el('input', { readonly: true, value: link, onfocus: (event) => event.target.select() });
  return card('Your link', field('Give this to somebody you trust', text, `Or only the code: ${code}`),
    el('p', { class: 'actions' }, copyButton(link, 'the link'),
      navigator.share && el('button', { type: 'button', class: 'quiet', onclick: () => navigator.share({ url: link }).catch(() => {}) }, 'Share\u2026')));
}

function tierCard({ tiers, tier, activated, flx }) {
  return card('What it earns', el('p', {}, `An invitation is active once the person has a name, has written to somebody and has been written to. You have ${amount(flx, 2)} FLX.`),
    el('ol', { class: 'tiers' }, tiers.map(({ to, flx: each }, i) => {
      const from = i === 0 ? 1 : Number(tiers[i - 1].to) + 1;
      const state = i + 1 < tier ? 'done' : i + 1 === tier ? 'now' : '';
      return el('li', { class: state, 'aria-current': state === 'now' && 'step' }, el('strong', {}, `${amount(each, 2)} FLX`), el('span', {}, `each, from ${from} to ${to}`),
        state === 'now' && el('span', { class: 'badge' }, activated < to ? `next is number ${activated + 1}` : 'all of them are active'));
    })));
}

const STATES = {
  waiting: ['wait', 'Waiting', 'for a name, a message sent and one received'],
  active: ['check', 'Active', ''],
  blocked: ['alert', 'No reward', ''],
};

function refereeItem(row) {
  const state = row.settled === null ? 'waiting' : row.guard === null ? 'active' : 'blocked';
  const [sign, name, text] = STATES[state];
  const face = el('span', {}, avatar(row.user_id, null, 36));
  person(row.user_id).then((profile) => face.replaceChildren(avatar(row.user_id, profile.display_name, 36))).catch(() => {});
  return el('li', { class: `referee ${state}` }, face,
    el('div', {}, el('a', { href: `#/people/${row.user_id}` }, nameTag(row.user_id)),
      el('p', { class: 'hint' }, icon(sign), ` ${name}${state === 'blocked' ? `: ${guardReason(row.guard)}` : text && `: ${text}`}`)),
    el('a', { class: 'button quiet small', href: state === 'waiting' ? `#/chat/${row.user_id}` : `#/why/${row.settled}` }, state === 'waiting' ? 'Write' : 'Why?'));
}

function blockedCard(blocked) {
  const guards = Object.entries(blocked);
  return guards.length > 0 && card('Not counted', el('ul', { class: 'rows' }, guards.map(([guard, n]) => el('li', {}, el('strong', {}, guardName(guard)),
    el('p', { class: 'hint' }, `${count(n, 'time')}: ${guardReason(guard)}`)))));
}

// The code that is in a text; an error if there is none.
function codeIn(text) {
  const code = isCode(text) ? text : /[?&]ref=(\w{22})/.exec(text)?.[1];
  if (!code) throw Object.assign(new Error('this is not an invitation'), { hint: 'A code has 22 letters and digits; copy it again.' });
  return code;
}

function useCard(refresh) {
  const input = el('input', { required: true, autocomplete: 'off', spellcheck: 'false', maxlength: 400 });
  const button = el('button', {}, 'Use it');
  const result = el('div', { class: 'place' });
  const payload = () => ({ code: codeIn(input.value.trim()) });
  const before = beforeDoing(input, 'REFERRAL_USE', payload);
  const node = form({ class: 'stack' }, [field('Code or link', input), el('p', { class: 'actions' }, button), result], button, async () => {
    const { code } = payload();
    before.open = false;
    const outcome = await act('use_referral', { code }, 'REFERRAL_USE', { code });
    if (outcome.status === 'OK') {
      say('The invitation counts.');
      await refresh();
      return;
    }
    const guard = outcome.guards.find(({ result: verdict }) => verdict === 'BLOCK').guard;
    result.replaceChildren(notice('bad', `It does not count: ${guardReason(guard)}.`, el('p', {}, el('a', { href: `#/why/${outcome.seq}` }, 'Why?'))));
  });
  return el('details', { class: 'card fold' }, el('summary', {}, 'Were you invited? Use a code'), node, before);
}

export async function invite({ refresh }) {
  const stats = await readMine('referral_stats');
  const waiting = stats.used - stats.activated;
  return {
    title: 'Invite',
    nodes: [
      el('h1', { tabindex: -1 }, 'Invite'),
      el('p', { class: 'lead' }, 'Bring people you want to talk to.'),
      linkCard(stats.code),
      el('ul', { class: 'stats' }, [[stats.used, 'signed in with your code'], [Math.max(0, waiting), 'not active yet'], [stats.activated, 'active']]
        .map(([n, name]) => el('li', { class: 'stat' }, el('strong', {}, amount(String(n))), el('span', {}, name)))),
      card('People you invited', stats.referees.length > 0
        ? el('ul', { class: 'rows' }, stats.referees.map(refereeItem))
        : empty('invite', 'Nobody yet', 'Send your link to somebody. They are listed here from their first sign-in on.')),
      tierCard(stats),
      blockedCard(stats.blocked),
      useCard(refresh),
    ],
  };
}
