// welcome.mjs - for who is not signed in: what this is, and the way in.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el, icon, show } from '../dom.mjs';
import { dropInvitation, invitation } from '../invitation.mjs';
import { signIn } from '../session.mjs';
import { visible } from '../text.mjs';
import { errorNotice, notice, progress, say } from '../ui.mjs';
import { wallets } from '../wallet.mjs';

const benefit = (name, title, text) => el('li', {}, icon(name), el('div', {}, el('strong', {}, title), el('p', {}, text)));

// Errors of a sign-in that the page can say more about than the ledger.
function advise(error, retry) {
  if (error.code === 'QFS_LOGIN_DOMAIN') error.hint = `The ledger does not accept sign-ins at ${location.host} yet. Its operator adds it to auth.domains and auth.uris of the policy.`;
  if (error.code === 'QFS_LOGIN_CHAIN') error.hint = 'Switch the wallet to a network that this ledger accepts, Ethereum Mainnet in most cases, then try again.';
  return errorNotice(error, retry);
}

function connectBox() {
  const place = el('div', { class: 'place', 'aria-live': 'polite' });
  const list = el('p', { class: 'actions' });
  let isBusy = false;

  async function enter(provider) {
    if (isBusy) return;
    isBusy = true;
    try {
      const unused = await signIn(provider, invitation(), (text) => show(place, progress(text)));
      if (unused) say(`The invitation was put aside: ${unused.message}.`);
    } catch (error) {
      show(place, advise(error, () => enter(provider)));
    }
    isBusy = false;
  }

  function look() {
    const found = wallets();
    show(list, found.length > 0
      ? found.map(({ name, provider }) => el('button', { type: 'button', class: 'primary large', onclick: () => enter(provider) },
        icon('key'), found.length === 1 ? 'Connect wallet' : `Connect ${visible(name)}`))
      : el('button', { type: 'button', class: 'large', onclick: look }, 'Look for a wallet again'));
    if (found.length === 0) {
      show(place, notice('note', 'No wallet was found in this browser.',
        'Install a browser wallet for Ethereum, such as MetaMask, Rabby or Frame, or open this page in the browser of a wallet app. A new, empty wallet will do.'));
    } else {
      show(place);
    }
  }
  look();
  return el('div', { class: 'connect' }, list, place);
}

export async function welcome({ why }) {
  const code = invitation();
  return {
    title: 'Welcome',
    nodes: [el('div', { class: 'hero' },
      el('h1', { tabindex: -1 }, 'Talk in private. Earn in the open.'),
      el('p', { class: 'lead' }, 'Messages that only the two of you can read, and a ledger in which every reward can be checked, by you, on this page.'),
      why && notice('note', why),
      code && notice('good', 'You were invited.', 'The invitation is used when you sign in for the first time.',
        el('p', {}, el('button', { type: 'button', class: 'quiet small', onclick: (event) => { dropInvitation(); event.target.closest('.notice').remove(); } }, 'Go on without it'))),
      connectBox(),
      el('p', { class: 'hint' }, 'Signing in costs nothing, sends no transaction and needs no e-mail address.')),
    el('ul', { class: 'points' },
      benefit('lock', 'Encrypted end to end', 'Keys are made in this browser and never leave it. The server stores what it cannot read.'),
      benefit('why', 'Ask why', 'Every point, score and refusal names the rule, what went in, and what came out.'),
      benefit('shield', 'Checked, not promised', 'This page verifies the ledger\u2019s signature and proofs by itself.'))],
  };
}
