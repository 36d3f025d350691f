// ledger.mjs - the ledger: its latest checkpoint, the check of the last entries, and all entries to browse.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { code, el, show, when } from '../dom.mjs';
import { toHex } from '../bytes.mjs';
import { who } from '../entry_parts.mjs';
import { readLedger, session } from '../session.mjs';
import { count, shortHash } from '../text.mjs';
import { latestCheckpoint, trustKey, verifyLast } from '../trust.mjs';
import { actionButton, card, copyButton, empty, errorNotice, facts, field, form, notice, progress, progressBar, saveButton } from '../ui.mjs';
import { PRIVATE, TYPE_NAMES, typeName } from '../words.mjs';

const ROWS = 50;
// A filter may match little, so a request looks at this many entries and no more.
const WINDOW = 20000;

// ---- the checkpoint ----

function otherKey({ kept, shown }, refresh) {
  const [button, place] = actionButton('Trust the new key', async () => {
    await trustKey(shown);
    await refresh();
  }, { class: 'danger' });
  return notice('bad', 'The ledger signs with another key than before.', 'Its operator may have rotated the keys, or this is another ledger. Compare the new key with the one that the operator published.',
    facts([['Before', code(kept, { class: 'break' })], ['Now', code(shown, { class: 'break' })]]), button, place);
}

function checkpointBody(checkpoint) {
  const { before } = checkpoint;
  return [
    notice('safe', `Signature good, ${count(checkpoint.size, 'entry', 'entries')}.`, before && before.size !== checkpoint.size
      ? `And the ledger has only grown since this browser saw it with ${count(before.size, 'entry', 'entries')}.`
      : 'This browser remembers this checkpoint and will notice if the ledger is ever rewritten.'),
    facts([['Ledger', checkpoint.origin], ['Entries', count(checkpoint.size, 'entry', 'entries')], ['Root', code(toHex(checkpoint.root), { class: 'break' })],
      ['Key', [code(checkpoint.key.text, { class: 'break' }), ' ', copyButton(checkpoint.key.text, 'the key')]]]),
    el('p', { class: 'actions' }, saveButton('Save the checkpoint', 'checkpoint.txt', 'text/plain', checkpoint.text)),
  ];
}

function checkpointCard(refresh) {
  const place = el('div', { class: 'place' }, progress('Checking the signature\u2026'));
  latestCheckpoint().then((checkpoint) => show(place, checkpointBody(checkpoint)),
    (error) => show(place, error.kept ? otherKey(error, refresh) : errorNotice(error, refresh)));
  return card('Latest checkpoint', place);
}

// ---- the last entries ----

function verifyCard() {
  const many = el('select', {}, [100, 1000, 10000].map((n) => el('option', { value: n }, `last ${count(n, 'entry', 'entries')}`)));
  const button = el('button', { class: 'primary' }, 'Verify');
  const result = el('div', { class: 'place', 'aria-live': 'polite' });
  const node = form({ class: 'row' }, [field('Which', many), button], button, async () => {
    const bar = progressBar('Entries verified');
    const text = el('p', { class: 'hint' });
    show(result, bar.node, text);
    try {
      const { from, size } = await verifyLast(Number(many.value), (done, all) => {
        bar.set(done, all);
        show(text, `${done} of ${all}`);
      });
      show(result, notice('good', `${count(size - from, 'entry', 'entries')} verified in this page.`,
        `The heads of entries ${from} to ${size - 1} were hashed here: each names the hash before it, and together they give the signed root. They commit to what the entries say, which is compared with them when you open one.`));
    } catch (error) {
      show(result);
      throw error;
    }
  });
  return card('Verify in this page', el('p', {}, 'Hashes the heads of the last entries again, one by one, and computes the root from them. Nothing is taken on trust but the key.'), node, result);
}

// ---- browsing ----

function entryItem(row) {
  return el('li', {}, el('a', { class: 'entry', href: `#/ledger/${row.seq}` },
    el('span', { class: 'entry-seq' }, String(row.seq)), el('span', { class: 'entry-type' }, row.type === null ? PRIVATE : typeName(row.type)),
    el('code', { class: 'entry-hash' }, shortHash(row.hash)), el('span', { class: 'entry-time' }, when(row.at))),
  el('span', { class: 'entry-who' }, who(row.actor)));
}

const about = (account) => `(actor.eq.${account},payload->>recipient.eq.${account},accounts.cs."[{\\"account\\":\\"${account}\\"}]")`;

// Entries that fit, below `before`, until a page is full; tells how far it looked.
async function search({ type, account }, before, looked) {
  const found = [];
  let below = before;
  while (below > 0 && found.length < ROWS) {
    const from = Math.max(0, below - WINDOW);
    const params = [['select', 'seq,at,type,hash,actor'], ['seq', `lt.${below}`], ['seq', `gte.${from}`], ['order', 'seq.desc'], ['limit', ROWS - found.length]];
    if (type) params.push(['type', `eq.${type}`]);
    if (account) params.push(['or', about(account)]);
    const rows = await readLedger(params);
    found.push(...rows);
    below = found.length >= ROWS ? found[found.length - 1].seq : from;
    looked(below);
  }
  return { found, below };
}

async function size() {
  const [row] = await readLedger([['select', 'seq'], ['order', 'seq.desc'], ['limit', 1]]);
  return row ? row.seq + 1 : 0;
}

function browseCard() {
  const type = el('select', {}, el('option', { value: '' }, 'Everything'), TYPE_NAMES.map((name) => el('option', { value: name }, typeName(name))));
  const account = el('input', { autocomplete: 'off', spellcheck: 'false', pattern: 'user_[0-9a-f]{64}', title: 'An account id: user_ and 64 digits', placeholder: 'user_\u2026' });
  const button = el('button', {}, 'Show');
  const list = el('ol', { class: 'entries' });
  const foot = el('div', { class: 'place' });
  const filter = () => ({ type: type.value, account: account.value.trim() });
  let below;
  // Which search the list is of: what one before it still brings is not shown.
  let asked = 0;

  async function more() {
    const turn = asked;
    const look = (text) => turn === asked && show(foot, progress(text));
    look('Looking\u2026');
    const { found, below: rest } = await search(filter(), below, (at) => look(`Looking, down to entry ${at}\u2026`));
    if (turn !== asked) return;
    below = rest;
    list.append(...found.map(entryItem));
    const [again, place] = actionButton('Earlier entries', more);
    show(foot, below > 0 && el('p', { class: 'actions' }, again), place,
      list.children.length === 0 && empty('ledger', 'Nothing here', 'No entry that you may read fits. Show everything, or sign in to read what concerns you.'));
  }

  async function begin() {
    asked += 1;
    const turn = asked;
    const all = await size();
    if (turn !== asked) return;
    below = all;
    show(list);
    await more();
  }

  const mine = session() && el('button', { type: 'button', class: 'quiet', onclick: () => {
    account.value = session().user_id;
    node.requestSubmit();
  } }, 'Mine');
  const node = form({ class: 'row' }, [field('Kind', type), field('Account', account), button, mine], button, begin);
  begin().catch((error) => show(foot, errorNotice(error, () => begin())));
  return card('Entries', node, list, foot);
}

export async function ledgerView({ refresh }) {
  return {
    title: 'Ledger',
    nodes: [
      el('h1', { tabindex: -1 }, 'Ledger'),
      el('p', { class: 'lead' }, 'Everything that counts is an entry here, each linked to the one before. Open one, and your own browser checks it.'),
      el('div', { class: 'pair' }, checkpointCard(refresh), verifyCard()),
      browseCard(),
    ],
  };
}
