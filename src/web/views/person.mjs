// person.mjs - another account.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { read } from '../api.mjs';
import { el, when } from '../dom.mjs';
import { dial } from '../pictures/dial.mjs';
import { session } from '../session.mjs';
import { card, copyButton, facts } from '../ui.mjs';
import { levelName } from '../words.mjs';
import { profileHead, stats } from './home.mjs';

export async function personView({ params: [id] }) {
  const profile = await read('profile', { user_id: id });
  const isOther = session() && session().user_id !== id;
  return {
    title: profile.display_name ?? 'Account',
    nodes: [
      profileHead(profile, isOther && el('a', { class: 'button primary', href: `#/chat/${id}` }, 'Write')),
      stats(profile),
      card('Coherence', el('div', { class: 'coherence' }, dial(profile.coherence, levelName(profile.trust_level)))),
      card('Account', facts([
        ['Here since', when(profile.joined)],
        ['Account id', [el('code', { class: 'break' }, id), ' ', copyButton(id, 'the account id')]],
        ['Wallet', el('code', { class: 'break' }, profile.wallet)]])),
    ],
  };
}
