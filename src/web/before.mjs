// before.mjs - "Before you do it" under a form, "What would have turned it" under what was done: folded, and asked for when opened.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { el, show } from './dom.mjs';
import { readMine, writeMine } from './session.mjs';
import { errorNotice, progress } from './ui.mjs';

// Nothing is fetched while it is folded, and nothing of an answer stays once it is folded again.  ask() gives a reflection.
function folded(title, ask) {
  const answer = el('div', { class: 'place' });
  const node = el('details', { class: 'before', ontoggle: look }, el('summary', {}, title), answer);
  let asked = 0;
  async function look() {
    const turn = ++asked;
    if (!node.open) {
      show(answer);
      return;
    }
    show(answer, progress('Looking\u2026'));
    const nodes = await Promise.all([import('./reflection.mjs'), ask()])
      .then(([{ reflectionNodes }, reflection]) => reflectionNodes(reflection), (error) => errorNotice(error, look));
    if (turn === asked) show(answer, nodes);
  }
  // What is shown is of a text that has changed: whoever wants to looks again.
  function stale() {
    asked++;
    if (node.open) show(answer, el('p', { class: 'actions' }, el('button', { type: 'button', class: 'quiet small', onclick: look }, 'Look again')));
  }
  return { node, stale };
}

// Of what a form would do with what is in its input.  payload(): that of the act which it would send now, or an error that says what is missing.
export function beforeDoing(input, type, payload) {
  const { node, stale } = folded('Before you do it', async () => writeMine('preview', { type, payload: await payload() }));
  input.addEventListener('input', stale);
  return node;
}

// Of an act of one's own that is on the ledger.
export const afterwards = (seq) => folded('What would have turned it', () => readMine('reflect', { seq })).node;
