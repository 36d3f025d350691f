// router.mjs - which view belongs to the address after the #.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { account } from './views/account.mjs';
import { chatList, chatThread } from './views/chat.mjs';
import { entryView } from './views/entry.mjs';
import { home } from './views/home.mjs';
import { invite } from './views/invite.mjs';
import { ledgerView } from './views/ledger.mjs';
import { personView } from './views/person.mjs';
import { profileForm } from './views/profile.mjs';
import { welcome } from './views/welcome.mjs';
import { whyList, whyOne } from './views/why.mjs';

const USER = '(user_[0-9a-f]{64})';
const NUMBER = '(0|[1-9][0-9]{0,15})';

// pattern, view, part of the navigation, for everybody?
const ROUTES = [
  ['#/', home, 'you'], ['#/profile', profileForm, 'you'], ['#/account', account, 'account'],
  ['#/chat', chatList, 'chat'], [`#/chat/${USER}`, chatThread, 'chat'],
  ['#/invite', invite, 'invite'], ['#/why', whyList, 'why'], [`#/why/${NUMBER}`, whyOne, 'why'],
  ['#/ledger', ledgerView, 'ledger', true], [`#/ledger/${NUMBER}`, entryView, 'ledger', true], [`#/people/${USER}`, personView, '', true],
].map(([pattern, view, part, isPublic = false]) => ({ pattern: new RegExp(`^${pattern}$`), view, part, isPublic }));

// {view, params, part} for an address; the way in for who must sign in first.
export function route(hash, isSignedIn) {
  const address = hash === '' || hash === '#' ? '#/' : hash;
  for (const { pattern, view, part, isPublic } of ROUTES) {
    const found = pattern.exec(address);
    if (found) return isPublic || isSignedIn ? { view, params: found.slice(1), part } : { view: welcome, params: [], part: 'you' };
  }
  return { view: isSignedIn ? home : welcome, params: [], part: 'you' };
}
