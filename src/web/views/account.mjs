// account.mjs - sessions of the account, and what this browser keeps for it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { keyFingerprint } from '../chat.mjs';
import { code, el, when } from '../dom.mjs';
import { deviceKey } from '../keys.mjs';
import { readMine, revoke, rotate, session } from '../session.mjs';
import { duration } from '../text.mjs';
import { actionButton, card, copyButton, facts, say } from '../ui.mjs';

const REASONS = [['user_logout', 'I am done with it'], ['device_lost', 'The device is lost'], ['compromised', 'Somebody else may have it']];

const ended = ({ reason }) => {
  if (reason === null) return 'expired';
  return { rotated: 'renewed', user_logout: 'signed out', device_lost: 'ended: device lost', compromised: 'ended: compromised', admin: 'ended by an operator' }[reason] ?? 'ended';
};

function sessionItem(row, device, refresh) {
  const reason = el('select', { 'aria-label': 'Why should it end?' }, REASONS.map(([value, text]) => el('option', { value }, text)));
  const [end, place] = actionButton('End', async () => {
    await revoke(row.session, reason.value);
    if (!row.current) {
      say('The session has ended.');
      await refresh();
    }
  }, { class: 'danger quiet', 'aria-label': `End the session of entry ${row.started}` });
  return el('li', { class: row.active ? 'session' : 'session over' },
    el('div', {},
      el('strong', {}, row.device_key === device ? 'This browser' : 'Another browser or device'), ' ',
      row.current && el('span', { class: 'badge' }, 'this session'),
      el('p', { class: 'hint' }, 'since ', when(row.started_at), ' \u00b7 ', el('a', { href: `#/ledger/${row.started}` }, `entry ${row.started}`), ' \u00b7 ',
        row.active ? `ends by itself in ${duration(row.expires_at - Date.now())}` : ended(row))),
    row.active && !row.current && el('div', { class: 'actions' }, reason, end), place);
}

export async function account({ refresh }) {
  const [rows, device] = await Promise.all([readMine('sessions'), deviceKey()]);
  const [renew, renewPlace] = actionButton('Renew', async () => {
    await rotate();
    say('You have a new session; the old one has ended.');
    await refresh();
  });
  const [leave, leavePlace] = actionButton('Sign out', () => revoke(session().session), { class: 'danger quiet' });
  const active = rows.filter((row) => row.active);
  const over = rows.filter((row) => !row.active);
  return {
    title: 'Sessions',
    nodes: [
      el('h1', { tabindex: -1 }, 'Sessions'),
      el('p', { class: 'lead' }, 'Each sign-in is an entry of the ledger. A session that you end stops working at once, everywhere.'),
      card('This session', facts([
        ['Wallet', [el('code', { class: 'break' }, session().wallet), ' ', copyButton(session().wallet, 'the wallet address')]],
        ['Ends by itself in', duration(session().expires_at - Date.now())],
        ['Key of this browser', code(await keyFingerprint(device.text), { class: 'fingerprint' })]]),
      el('p', { class: 'hint' }, 'Renewing begins a new session with a new token, for when the old one may have been seen.'),
      el('p', { class: 'actions' }, renew, leave), renewPlace, leavePlace),
      card('Active', el('ul', { class: 'rows' }, active.map((row) => sessionItem(row, device.text, refresh)))),
      over.length > 0 && card('Over', el('ul', { class: 'rows' }, over.slice(0, 20).map((row) => sessionItem(row, device.text, refresh)))),
    ],
  };
}
