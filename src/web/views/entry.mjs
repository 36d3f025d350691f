// entry.mjs - one entry: what it says, its canonical line, its proof.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromHex } from '../bytes.mjs';
import { el, icon } from '../dom.mjs';
import { entryFacts, outcomeCards, proofCard } from '../entry_parts.mjs';
import { readEntry, readLedger } from '../session.mjs';
import { visible } from '../text.mjs';
import { card, copyButton, notice, saveButton } from '../ui.mjs';
import { proveHash, proveLine } from '../trust.mjs';
import { typeName } from '../words.mjs';

// A row of the ledger and its line, which is null where one may not read it.
async function fetchEntry(seq) {
  const [row] = await readLedger([['seq', `eq.${seq}`]]);
  if (!row) throw Object.assign(new Error('the ledger has no such entry'), { hint: 'Choose one from the list.' });
  return { row, line: row.payload === null ? null : await readEntry(seq) };
}

export async function entryView({ params: [number] }) {
  const seq = Number(number);
  const { row, line } = await fetchEntry(seq);
  const proof = line === null ? await proveHash(seq, fromHex(row.hash)) : await proveLine(seq, line);
  return {
    title: `Entry ${seq}`,
    nodes: [
      el('p', {}, el('a', { href: '#/ledger', class: 'crumb' }, icon('back'), 'Ledger')),
      el('h1', { tabindex: -1 }, `Entry ${seq}: ${typeName(row.type)}`),
      card('Entry', entryFacts(row),
        el('p', { class: 'actions' }, seq > 0 && el('a', { class: 'button quiet', href: `#/ledger/${seq - 1}` }, 'Entry before'),
          seq + 1 < proof.size && el('a', { class: 'button quiet', href: `#/ledger/${seq + 1}` }, 'Entry after'),
          row.outcome?.effects?.length > 0 && el('a', { class: 'button', href: `#/why/${seq}` }, 'Why did this happen?'))),
      line === null && notice('note', 'Its content is for the accounts that it concerns.', 'Everybody can check that it is there and was not changed since, which this page did.'),
      ...outcomeCards(row),
      proofCard(proof),
      line !== null && card('Canonical line', el('p', { class: 'hint' }, 'The very bytes that the hash is made of.'),
        el('details', {}, el('summary', {}, 'Show it'), el('pre', { class: 'line-text', tabindex: 0 }, visible(line))),
        el('p', { class: 'actions' }, copyButton(line, 'the line'), saveButton('Save the line', `entry${seq}.json`, 'application/json', line))),
    ],
  };
}
