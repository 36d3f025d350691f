// seats.mjs - NOD_CHANGED: an account gets seats, or holds fewer from here on.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from '../fault.mjs';
import { isUserId } from '../forms.mjs';
import { isOperator } from '../sessions.mjs';
import { atLeast, MOST_NOD } from './motion.mjs';
import { agendaAfter, changedElectorate, electorateOf, seatsOf, withoutClaim } from './records.mjs';

// As results have it when the seats of these accounts have changed: {before, after} each.
export function electorateAfter(store, changes) {
  const electorate = electorateOf(store);
  const { holders, total } = changedElectorate(electorate, changes);
  return { holders, previous: electorate.seq, total };
}

function checkAuthority(change, { act: { actor, auth }, payload: { account, nod: after } }, session, before) {
  if (actor === account) {
    demand(after < before, 'FORBIDDEN', `a holder of ${before} may hold fewer, not ${after}`);
    return;
  }
  const isByOperator = auth.via === 'operator' || (session !== null && isOperator(change, actor, session));
  demand(isByOperator, 'FORBIDDEN', 'the seats are another account\u2019s');
  demand(change.policy.governance.mode !== 'on', 'POLICY_GOVERNED', 'seats, by proposals');
}

export function changeSeats(change, entry, { session }) {
  const { act: { actor }, payload: { account, nod: after } } = entry;
  const { store } = change;
  demand(isUserId(account), 'USER_ID_SYNTAX', account);
  const { changes, epoch, nod: before, seq } = seatsOf(store, account);
  demand(after !== before, 'PAYLOAD_INVALID', `payload.nod: it is ${before} already`);
  checkAuthority(change, entry, session, before);
  const previous = changes > 0 ? seq : null;
  const isTooSoon = actor === account && change.judge([atLeast('NOD_EPOCH', epoch + 1, store.epochOf(change.at))]).length > 0;
  const { items, told } = actor === account ? withoutClaim(change) : { told: {} };
  const ended = told.claim === undefined ? {} : { agenda: agendaAfter(store, items), ...told };
  change.result = isTooSoon ? { ...ended, number: changes, previous } : { ...ended, before, electorate: electorateAfter(store, [{ before, after }]), number: changes + 1, previous };
  demand(isTooSoon || change.result.electorate.total <= MOST_NOD, 'PAYLOAD_INVALID', 'payload.nod: all seats together would be too many');
  return isTooSoon;
}
