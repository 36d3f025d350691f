// dormancy.mjs - DORMANCY_CLAIMED and DORMANCY_SETTLED: the operator says that nobody governs any more, and nobody objects.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { canonical } from '../../canonical.mjs';
import { demand } from '../fault.mjs';
import { atLeast, atMost, possiblePolicy } from './motion.mjs';
import { agendaAfter, agendaOf, claimOn, DORMANCY, electorateOf, withItem, withoutItem } from './records.mjs';
import { demandDue } from './settlements.mjs';

// Epochs in which a holder can still end a claim.
const CLAIM_EPOCHS = 100;

export function claimDormancy(change) {
  const { at, policy: { epoch_blocks: blocks, governance: { dormant_epochs: dormant, mode } }, seq, store } = change;
  demand(mode === 'on', 'DORMANCY_VOID', 'governance.mode is not "on"');
  demand(dormant > 0, 'DORMANCY_VOID', 'governance.dormant_epochs is 0');
  const { vote, voted } = electorateOf(store);
  const { items } = agendaOf(store);
  const epoch = store.epochOf(at);
  const isBlocked = change.judge([
    atLeast('DORMANCY', (voted - (voted % blocks)) / blocks + dormant, epoch),
    atMost('CLAIM_OPEN', 0, Number(claimOn(items) !== null)),
  ]).length > 0;
  change.result = { agenda: agendaAfter(store, isBlocked ? items : withItem(items, [(epoch + CLAIM_EPOCHS) * blocks, seq, DORMANCY])), vote };
}

export async function settleDormancy(change, { payload }) {
  const { policy: { governance: { mode } }, policySeq, store } = change;
  const { claim } = payload;
  demandDue(change, claim, DORMANCY);
  const made = mode === 'on' ? await possiblePolicy(change, { changes: { governance: { mode: 'trial' } } }) : null;
  const expected = { claim, ...(made && { policy: made.value }) };
  demand(canonical(payload) === canonical(expected), 'SETTLEMENT_WRONG', `it should be ${canonical(expected)}`);
  change.judge([atMost('POLICY_VALID', 0, Number(made === null))]);
  change.result = { agenda: agendaAfter(store, withoutItem(agendaOf(store).items, claim)), ...(made && { policy: made.policy.hash, previous: policySeq }) };
}
