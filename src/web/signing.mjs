// signing.mjs - what this browser's device signs: every act of the account.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { ledgerRows } from './api.mjs';
import { deviceKey, keep, recall, signByDevice } from './keys.mjs';
import { eventText } from './payloads.mjs';

// The hash of entry 0, which is the ledger's name: the one that this browser saw first, so that nothing is signed for another ledger.
async function ledgerName() {
  const kept = await recall('ledger');
  if (kept !== undefined) return kept;
  const [{ hash }] = await ledgerRows({ seq: 'eq.0', select: 'hash' });
  await keep('ledger', hash);
  return hash;
}

// Nonces grow.  The time is one that other devices of the account know, too, nearly.
let lastNonce = 0;
let clockIsAhead = false;
const nextNonce = () => {
  lastNonce = clockIsAhead ? lastNonce + 1 : Math.max(Date.now(), lastNonce + 1);
  return lastNonce;
};

// {key, nonce, sig}: the device's signature of an event of the account.
export async function signAct(actor, type, payload) {
  const { text: key } = await deviceKey();
  const nonce = nextNonce();
  return { key, nonce, sig: await signByDevice(eventText({ actor, ledger: await ledgerName(), nonce, payload, type })) };
}

// After an error, is it worth to sign again with the next nonce?  Another tab, or a device whose clock is ahead, may have signed with a
// larger one: the next one here is larger.  Or the clock here is too far ahead: the next ones count on from the last.
export function isNonceMended({ code, detail }) {
  if (code !== 'QFS_EVENT_NONCE' && code !== 'QFS_EVENT_NONCE_AHEAD') return false;
  const last = Number(/the last one was (\d+)/.exec(detail)?.[1] ?? 0);
  clockIsAhead ||= code === 'QFS_EVENT_NONCE_AHEAD';
  lastNonce = clockIsAhead ? last : Math.max(lastNonce, last);
  return true;
}
