// profile.mjs - editing one's own profile.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toBase64url } from '../bytes.mjs';
import { el } from '../dom.mjs';
import { profilePayload } from '../payloads.mjs';
import { forgetPerson } from '../people.mjs';
import { act, readMine, session, writeMine } from '../session.mjs';
import { card, confirmButton, field, form, say } from '../ui.mjs';

const URI = '(https://|ipfs://).+';

export async function profileForm({ go }) {
  const profile = await readMine('profile');
  const name = el('input', { required: true, minlength: 2, maxlength: 50, autocomplete: 'nickname', dir: 'auto', value: profile.display_name ?? '' });
  const bio = el('textarea', { maxlength: 500, rows: 4, dir: 'auto', value: profile.bio ?? '' });
  const picture = el('input', { type: 'url', maxlength: 500, pattern: URI, value: profile.avatar ?? '' });
  const links = el('textarea', { rows: 3, spellcheck: 'false', value: profile.links.join('\n') });
  const button = el('button', { class: 'primary' }, 'Save profile');

  async function save() {
    const fields = { display_name: name.value, bio: bio.value, avatar: picture.value || null,
      links: links.value.split('\n').map((text) => text.trim()).filter(Boolean),
      salt: toBase64url(crypto.getRandomValues(new Uint8Array(32))), version: (profile.version ?? 0) + 1 };
    await act('set_profile', fields, 'PROFILE_UPDATE', await profilePayload(fields));
    forgetPerson(session().user_id);
    say('Your profile is saved.');
    go('#/');
  }

  async function erase() {
    await writeMine('erase_profile');
    forgetPerson(session().user_id);
    say('Your profile is erased.');
    go('#/');
  }

  return {
    title: 'Edit profile',
    nodes: [
      el('h1', { tabindex: -1 }, 'Edit profile'),
      el('p', { class: 'lead' }, 'Everybody can read it. The ledger keeps a commitment only, so that you can erase the text at any time.'),
      card('What others see', form({ class: 'stack' }, [
        field('Name', name, '2 to 50 characters'),
        field('About you', bio, 'Up to 500 characters'),
        field('Address of a picture', picture, 'https: or ipfs:. This page shows the address and never loads the picture, so that nobody learns who looks at you.'),
        field('Links', links, 'Up to five, one a line, https: or ipfs:'),
        el('p', { class: 'actions' }, button, el('a', { class: 'button quiet', href: '#/' }, 'Cancel')),
      ], button, save)),
      profile.display_name !== null && card('Erase', el('p', {}, 'Deletes name, text, picture and links from the server. What you earned stays.'),
        confirmButton('Erase profile\u2026', 'This cannot be undone.', 'Erase it', erase)),
    ],
  };
}
