// why.mjs - why did I get this?  All changes of the account, and the explanation of one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { historyRow } from '../changes.mjs';
import { el, icon, show, when } from '../dom.mjs';
import { derivedCards, signedRoot, who } from '../entry_parts.mjs';
import { path } from '../pictures/path.mjs';
import { isSettlement, partsOf } from '../rules/entry.mjs';
import { sentenceOf } from '../sentence.mjs';
import { readMine, session } from '../session.mjs';
import { count } from '../text.mjs';
import { fetchEntry, verifyExplanation } from '../trust.mjs';
import { actionButton, card, copyButton, empty, notice, saveButton } from '../ui.mjs';
import { PRIVATE, recordedName, typeName, wordName } from '../words.mjs';

const CHANGES = 50;

export async function whyList({ refresh }) {
  const list = el('ul', { class: 'changes' });
  const foot = el('div', { class: 'place' });

  async function more(from) {
    const rows = await readMine('history', { from, max: CHANGES });
    list.append(...rows.map(historyRow));
    const next = rows.length > 0 ? rows[rows.length - 1].change.previous : null;
    const [button, place] = actionButton('Earlier changes', () => more(next));
    show(foot, next !== null && el('p', { class: 'actions' }, button), place);
  }
  await more();
  return {
    title: 'Why?',
    // Whoever looks at earlier ones stays there.
    onEntries: () => list.children.length <= CHANGES && refresh(),
    nodes: [
      el('h1', { tabindex: -1 }, 'Why did I get this?'),
      el('p', { class: 'lead' }, 'Everything that changed your account, the latest first. Ask about any of it.'),
      list.children.length > 0 ? card('Changes', list, foot) : empty('why', 'Nothing yet', 'What changes your account will be listed here.'),
    ],
  };
}

// ---- one answer ----

// The question that fits what an entry shows that it did to the account; each rests on entries of its own.
function explanationOf(entry) {
  const { seq, act } = entry;
  const mine = partsOf(entry).filter(({ account }) => account === session().user_id);
  if (act?.type === 'REFERRAL_USE' || mine.some(({ rules }) => rules.some(isSettlement))) return readMine('explain_reward', { tx_id: seq });
  if (mine.some(({ kind, was }) => kind === 'standing' && 'coherence' in was)) return readMine('explain_coherence', { user_id: session().user_id, seq });
  return readMine('explain_entry', { seq });
}

function restsOn({ rests }) {
  return card('What it rests on', el('p', { class: 'hint' }, 'Every entry that the answer needs, each with its own path to the signed root.'),
    el('ul', { class: 'rests' }, rests.map(({ seq, act, at }) => el('li', {}, icon('check'),
      el('a', { href: `#/ledger/${seq}` }, `Entry ${seq}`), el('span', {}, act ? typeName(act.type) : PRIVATE), el('span', { class: 'muted' }, who(act?.actor), ' \u00b7 ', when(at))))));
}

// What was done with the entry in this page, and what of it nobody to whom it is explained can check.
function verdictOf({ entry, isComputed, isRun, recorded }) {
  const done = isRun || isComputed
    ? `The rule of \u201c${typeName(entry.act.type)}\u201d was executed again here, over what these entries say, and gives what entry ${entry.seq} says${isComputed ? ', but for accounts, which are not for you to see' : ''}.`
    : 'What its rule looked at is not all for you to see, so that it was not executed again: what you read above was derived here from what these entries show.';
  return [done, recorded.length > 0 && `Taken as recorded: ${recorded.map(recordedName).join('; ')}.`].filter(Boolean);
}

function verdictCard(bundle, proof) {
  return card('Proof', notice('safe', 'Verified in this page.',
    `${count(proof.entries, 'entry', 'entries')} that this rests on ${proof.entries === 1 ? 'leads' : 'lead'} to the root that ${proof.origin} signed for its first ${proof.size} entries, under a key that follows from entry 0.`,
    ...verdictOf(proof.answer)),
  path(proof),
  el('p', { class: 'hint' }, 'It cannot show that nothing touched the account after entry ', String(proof.size - 1), '. The explanation, saved, can be given to qfs-verify bundle.'),
  el('p', { class: 'actions' }, saveButton('Save the explanation', `why-${bundle.seq}.json`, 'application/json', JSON.stringify(bundle)), copyButton(proof.key.text, 'the key', 'Copy the key')),
  signedRoot(proof));
}

export async function whyOne({ params: [number] }) {
  const seq = Number(number);
  const { entry: asked } = await fetchEntry(seq);
  if (asked.act === undefined && asked.accounts === undefined) throw Object.assign(new Error('this entry does not concern you'), { hint: 'Those whom it concerns can ask about it.' });
  const bundle = await explanationOf(asked);
  const proof = await verifyExplanation(seq, bundle);
  const { answer } = proof;
  const { act, at } = answer.entry;
  return {
    title: `Why? Entry ${seq}`,
    nodes: [
      el('p', {}, el('a', { href: '#/why', class: 'crumb' }, icon('back'), 'All changes')),
      el('h1', { tabindex: -1, class: 'answer' }, sentenceOf(answer, session().user_id)),
      el('p', { class: 'muted' }, act ? typeName(act.type) : PRIVATE, `, ${wordName(answer.by)} \u00b7 `, when(at), ' \u00b7 ', el('a', { href: `#/ledger/${seq}` }, `entry ${seq}`)),
      ...derivedCards(answer, answer.steps.length > 0 && el('p', { class: 'hint' }, 'Rounded down after 18 digits. The parameters are those of the policy of ',
        el('a', { href: `#/ledger/${answer.policySeq}` }, `entry ${answer.policySeq}`), '.')),
      verdictCard(bundle, proof),
      restsOn(answer),
    ],
  };
}
