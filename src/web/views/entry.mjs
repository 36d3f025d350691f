// entry.mjs - one entry: what its line shows, and its proof.  Nothing is shown but what was hashed here.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { afterwards } from '../before.mjs';
import { fromHex } from '../bytes.mjs';
import { el, icon } from '../dom.mjs';
import { entryFacts, outcomeCards, proofCard } from '../entry_parts.mjs';
import { partsOf } from '../rules/entry.mjs';
import { session } from '../session.mjs';
import { visible } from '../text.mjs';
import { card, copyButton, notice, saveButton } from '../ui.mjs';
import { fetchEntry, proveHash } from '../trust.mjs';
import { PRIVATE, typeName } from '../words.mjs';

// What of the entry is kept from the reader.
function hiddenNotice({ act, accounts }, isFull) {
  if (isFull) return null;
  const text = 'Everybody can check that it is there and was not changed since, which this page did.';
  if (act === undefined && accounts === undefined) return notice('note', 'Its content is for the accounts that it concerns.', text);
  return notice('note', 'Parts of it are for other accounts.', text);
}

export async function entryView({ params: [number] }) {
  const seq = Number(number);
  const read = await fetchEntry(seq);
  const { entry, hash, isFull, line } = read;
  const proof = await proveHash(seq, fromHex(hash));
  return {
    title: `Entry ${seq}`,
    nodes: [
      el('p', {}, el('a', { href: '#/ledger', class: 'crumb' }, icon('back'), 'Ledger')),
      el('h1', { tabindex: -1 }, `Entry ${seq}: ${entry.act ? typeName(entry.act.type) : PRIVATE}`),
      card('Entry', entryFacts(read),
        el('p', { class: 'actions' }, seq > 0 && el('a', { class: 'button quiet', href: `#/ledger/${seq - 1}` }, 'Entry before'),
          seq + 1 < proof.size && el('a', { class: 'button quiet', href: `#/ledger/${seq + 1}` }, 'Entry after'),
          partsOf(entry).some(({ kind }) => kind === 'standing') && el('a', { class: 'button', href: `#/why/${seq}` }, 'Why did this happen?'))),
      hiddenNotice(entry, isFull),
      ...outcomeCards(entry),
      session() && entry.act?.actor === session().user_id && el('div', { class: 'card' }, afterwards(seq)),
      proofCard(proof),
      card('Line', el('p', { class: 'hint' }, 'The head of the entry, with the parts that you may see in place of what commits to them.'),
        el('details', {}, el('summary', {}, 'Show it'), el('pre', { class: 'line-text', tabindex: 0 }, visible(line))),
        el('p', { class: 'actions' }, copyButton(line, 'the line'), saveButton('Save the line', `entry${seq}.json`, 'application/json', line))),
    ],
  };
}
