// why.mjs - why did I get this?  All changes of the account, and the explanation of one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { historyRow } from '../changes.mjs';
import { el, icon, show, when } from '../dom.mjs';
import { outcomeCards, signedRoot, who } from '../entry_parts.mjs';
import { nameTag } from '../people.mjs';
import { path } from '../pictures/path.mjs';
import { readLedger, readMine, session } from '../session.mjs';
import { amount, count, visible } from '../text.mjs';
import { verifyExplanation } from '../trust.mjs';
import { actionButton, card, copyButton, empty, notice, saveButton } from '../ui.mjs';
import { guardReason, isGuard, ruleName, typeName, wordName } from '../words.mjs';

const CHANGES = 50;

export async function whyList() {
  const list = el('ul', { class: 'changes' });
  const foot = el('div', { class: 'place' });

  async function more(from) {
    const rows = await readMine('history', { from, max: CHANGES });
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

// ---- one answer ----

// The question that fits what an entry did to the account; each has a sentence of its own for its answer.
function explanationOf({ seq, type, outcome }) {
  const mine = outcome.effects?.filter(({ account }) => account === session().user_id) ?? [];
  if (type === 'REFERRAL_USE' || mine.some(({ rule }) => /^(REFERRAL_TIER|REWARD_WITHHELD)_/.test(rule))) return readMine('explain_reward', { tx_id: seq });
  if (mine.some(({ coherence }) => coherence)) return readMine('explain_coherence', { user_id: session().user_id, seq });
  return readMine('explain_entry', { seq });
}

// The answer's sentence, in words: for the beginnings of ids, names; for rules and guards, what they are called here.
function sentenceOf({ narrative, topic, entries }, row) {
  if (topic === 'entry') return (row.outcome.effects ?? []).length > 0 ? row.outcome.effects.map(({ rule }) => ruleName(rule)).join('; ') : typeName(row.type);
  const ids = [...new Set(entries.flatMap(({ line }) => line.match(/user_[0-9a-f]{64}/g) ?? []))];
  return narrative.split(/(user_[0-9a-f]{8}\u2026|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\d+\.\d+)/).map((part) => {
    const id = /^user_/.test(part) && ids.find((one) => one.startsWith(part.slice(0, -1)));
    if (id) return el('a', { href: `#/people/${id}` }, nameTag(id));
    if (/^\d/.test(part)) return amount(part);
    return /^[A-Z0-9_]{4,}$/.test(part) ? `\u201c${isGuard(part) ? guardReason(part) : ruleName(part)}\u201d` : visible(part);
  });
}

function restsOn(bundle) {
  const rows = bundle.entries.map(({ line }) => JSON.parse(line));
  return card('What it rests on', el('p', { class: 'hint' }, 'Every entry that the answer needs, each with its own path to the signed root.'),
    el('ul', { class: 'rests' }, rows.map(({ seq, type, actor, at }) => el('li', {}, icon('check'),
      el('a', { href: `#/ledger/${seq}` }, `Entry ${seq}`), el('span', {}, typeName(type)), el('span', { class: 'muted' }, who(actor), ' \u00b7 ', when(at))))));
}

function verdictCard(bundle, proof) {
  return card('Proof', notice('safe', 'Verified in this page.',
    `${count(proof.entries, 'entry', 'entries')} that this rests on ${proof.entries === 1 ? 'leads' : 'lead'} to the root that ${proof.origin} signed for its first ${proof.size} entries, under a key that follows from entry 0.`),
  path(proof),
  el('p', { class: 'hint' }, 'To have the rules themselves executed again, save the explanation and give it to qfs-verify bundle. It cannot show that nothing touched the account after entry ', String(proof.size - 1), '.'),
  el('p', { class: 'actions' }, saveButton('Save the explanation', `why-${bundle.seq}.json`, 'application/json', JSON.stringify(bundle)), copyButton(proof.key.text, 'the key', 'Copy the key')),
  signedRoot(proof));
}

export async function whyOne({ params: [number] }) {
  const seq = Number(number);
  const [row] = await readLedger([['seq', `eq.${seq}`]]);
  if (!row) throw Object.assign(new Error('the ledger has no such entry'), { hint: 'Choose one from the list of changes.' });
  if (row.payload === null) throw Object.assign(new Error('this entry does not concern you'), { hint: 'Those whom it concerns can ask about it.' });
  const bundle = await explanationOf(row);
  const proof = await verifyExplanation(bundle);
  return {
    title: `Why? Entry ${seq}`,
    nodes: [
      el('p', {}, el('a', { href: '#/why', class: 'crumb' }, icon('back'), 'All changes')),
      el('h1', { tabindex: -1, class: 'answer' }, sentenceOf(bundle, row)),
      el('p', { class: 'muted' }, typeName(row.type), `, ${wordName(bundle.result.by)} \u00b7 `, when(row.at), ' \u00b7 ', el('a', { href: `#/ledger/${seq}` }, `entry ${seq}`)),
      ...outcomeCards(row, bundle.steps, bundle.steps.length > 0 && el('p', { class: 'hint' }, 'Rounded down after 18 digits. The parameters are those of the policy of ',
        el('a', { href: `#/ledger/${bundle.policy.seq}` }, `entry ${bundle.policy.seq}`), '.')),
      verdictCard(bundle, proof),
      restsOn(bundle),
    ],
  };
}
