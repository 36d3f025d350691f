// why.mjs - why did I get this?  All changes of the account, and the explanation of one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { historyRow } from '../changes.mjs';
import { el, icon, show } from '../dom.mjs';
import { entryFacts, outcomeCards, proofCard } from '../entry_parts.mjs';
import { readMine } from '../session.mjs';
import { proveLine } from '../trust.mjs';
import { actionButton, card, empty } from '../ui.mjs';
import { fetchEntry } from './entry.mjs';
import { typeName } from '../words.mjs';

const PAGE = 50;

export async function whyList() {
  const list = el('ul', { class: 'changes' });
  const foot = el('div', { class: 'place' });

  async function more(from) {
    const rows = await readMine('history', { from, max: PAGE });
    list.append(...rows.map(historyRow));
    const next = rows.length > 0 ? rows[rows.length - 1].effect.previous : null;
    const [button, place] = actionButton('Earlier changes', () => more(next));
    show(foot, next !== null && el('p', { class: 'actions' }, button), place);
  }
  await more();
  return {
    title: 'Why?',
    nodes: [
      el('h1', { tabindex: -1 }, 'Why did I get this?'),
      el('p', { class: 'lead' }, 'Everything that changed your account, the latest first. Ask about any of it.'),
      list.children.length > 0 ? card('Changes', list, foot) : empty('why', 'Nothing yet', 'What changes your account will be listed here.'),
    ],
  };
}

export async function whyOne({ params: [number] }) {
  const seq = Number(number);
  const { row, line } = await fetchEntry(seq);
  if (line === null) throw Object.assign(new Error('this entry does not concern you'), { hint: 'Its parties can ask about it.' });
  return {
    title: `Why? Entry ${seq}`,
    nodes: [
      el('p', {}, el('a', { href: '#/why', class: 'crumb' }, icon('back'), 'All changes')),
      el('h1', { tabindex: -1 }, `Why? ${typeName(row.type)}`),
      card('Entry', entryFacts(row)),
      ...outcomeCards(row),
      proofCard(await proveLine(seq, line)),
    ],
  };
}
