// invitation.mjs - the code of an invitation link (?ref=…), from arrival until it is used.
//
// SPDX-License-Identifier: AGPL-3.0-only

const NAME = 'qfs invitation';
const CODE = /^[0-9A-HJ-NP-Za-km-z]{22}$/;

// Keeps the code of this page's address and takes it out of the address.
export function captureInvitation() {
  const params = new URLSearchParams(location.search);
  const code = params.get('ref');
  if (code === null) return;
  if (CODE.test(code)) sessionStorage.setItem(NAME, code);
  params.delete('ref');
  const rest = params.toString();
  history.replaceState(null, '', location.pathname + (rest && `?${rest}`) + location.hash);
}

export const invitation = () => sessionStorage.getItem(NAME);
export const dropInvitation = () => sessionStorage.removeItem(NAME);
export const invitationLink = (code) => `${location.origin}${location.pathname}?ref=${code}`;
export const isCode = (text) => CODE.test(text);
