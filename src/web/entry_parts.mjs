// entry_parts.mjs - one entry of the ledger, for the views that show one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toHex } from './bytes.mjs';
import { effectList, guardList } from './changes.mjs';
import { code, el } from './dom.mjs';
import { nameTag } from './people.mjs';
import { path } from './pictures/path.mjs';
import { session } from './session.mjs';
import { fullTime } from './text.mjs';
import { card, facts, notice, saveButton } from './ui.mjs';
import { typeName } from './words.mjs';

export const who = (actor) => {
  if (actor === null) return 'private';
  if (actor === 'system') return 'the ledger itself';
  return el('a', { href: `#/people/${actor}` }, actor === session()?.user_id ? 'you' : nameTag(actor));
};

export const entryFacts = (row) => facts([
  ['What', typeName(row.type)], ['Who', who(row.actor)], ['When', el('time', { datetime: new Date(row.at).toISOString() }, fullTime(row.at))],
  ['Hash', code(row.hash, { class: 'break' })]]);

// What the rules made of the event, by which steps; nothing where there is nothing to tell.
export function outcomeCards({ outcome }, steps = [], ...after) {
  return [
    outcome?.effects?.length > 0 && card(steps.length > 0 ? 'What it changed, and how' : 'What it changed', effectList(outcome.effects, session()?.user_id, steps), ...after),
    outcome?.guards?.length > 0 && card('What was checked', guardList(outcome.guards)),
  ];
}

export const signedRoot = (proof) => el('details', {}, el('summary', {}, 'Signed root'),
  facts([['Root', code(toHex(proof.root), { class: 'break' })], ['Key', code(proof.key.text, { class: 'break' })]]));

// proof: what proveHash() gave.
export function proofCard(proof) {
  return card('Proof', notice('safe', 'Verified in this page.',
    `The entry\u2019s hash leads to the root that ${proof.origin} signed for its first ${proof.size} entries.`),
  path(proof),
  el('p', { class: 'actions' }, saveButton('Save the proof', `entry${proof.seq}.tlog-proof`, 'text/plain', proof.text)),
  signedRoot(proof));
}
