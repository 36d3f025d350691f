// entry_parts.mjs - one entry of the ledger, for the views that show one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toHex } from './bytes.mjs';
import { effectList, guardList, partList } from './changes.mjs';
import { code, el } from './dom.mjs';
import { nameTag } from './people.mjs';
import { path } from './pictures/path.mjs';
import { partsOf } from './rules/entry.mjs';
import { session } from './session.mjs';
import { fullTime } from './text.mjs';
import { card, facts, notice, saveButton } from './ui.mjs';
import { PRIVATE, typeName } from './words.mjs';

export const who = (actor) => {
  if (actor === null || actor === undefined) return 'private';
  if (actor === 'system') return 'the ledger itself';
  return el('a', { href: `#/people/${actor}` }, actor === session()?.user_id ? 'you' : nameTag(actor));
};

// Of an entry whose line was read: what it shows, and its hash.
export const entryFacts = ({ entry: { act, at }, hash }) => facts([
  ['What', act ? typeName(act.type) : PRIVATE], ['Who', who(act?.actor)], ['When', el('time', { datetime: new Date(at).toISOString() }, fullTime(at))],
  ['Hash', code(hash, { class: 'break' })]]);

// What the rules made of the event, as its parts say; nothing where there is nothing to tell.
export const outcomeCards = (entry) => [
  partsOf(entry).length > 0 && card('What it changed', partList(partsOf(entry), session()?.user_id)),
  entry.outcome?.guards?.length > 0 && card('What was checked', guardList(entry.outcome.guards)),
];

// The same, derived: each change by itself, and by which steps.
export const derivedCards = ({ effects, steps, guards }, ...after) => [
  effects.length + steps.length > 0 && card(effects.length === 0 ? 'How it came about' : steps.length > 0 ? 'What it changed, and how' : 'What it changed', effectList(effects, session()?.user_id, steps), ...after),
  guards.length > 0 && card('What was checked', guardList(guards)),
];

export const signedRoot = (proof) => el('details', {}, el('summary', {}, 'Signed root'),
  facts([['Root', code(toHex(proof.root), { class: 'break' })], ['Key', code(proof.key.text, { class: 'break' })]]));

// proof: what proveHash() gave.
export function proofCard(proof) {
  return card('Proof', notice('safe', 'Verified in this page.',
    `What you see was hashed here. Its hash leads to the root that ${proof.origin} signed for its first ${proof.size} entries.`),
  path(proof),
  el('p', { class: 'actions' }, saveButton('Save the proof', `entry${proof.seq}.tlog-proof`, 'text/plain', proof.text)),
  signedRoot(proof));
}
