// reexecute.mjs - the entry that an explanation is about, by the rules once more, over what its bundle shows of the entries before.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// What a bundle rests on follows from the entry in question (docs/format.md, Bundles): nothing of it may be missing, and
// nothing else is shown.  Where all that the rule looked at is there, the rule is executed, and what it gives has to be
// what the entry says; where something is not for the reader to see, who acted is checked as far as that is shown.

import { canonical, hashOfJson } from '../canonical.mjs';
import { isExecuted } from '../derive.mjs';
import { bringsPolicy, isSettlement, partOf, partsOf, shownEntry, SYSTEM } from './entry.mjs';
import { deriveGoverned, execute } from './execute.mjs';
import { demand } from './fault.mjs';
import { integer, isErasable, isHash, isInteger, isKeyText, isOwnType, isRead, list, members, oneOf, orNull } from './forms.mjs';
import { addGoverned, isGovernance, recallGoverned, stepsGoverned } from './governance.mjs';
import { referralCode } from './names.mjs';
import { readPolicy } from './policy.mjs';
import { checkAuthority, checkWalletSignature, checkWalletWord, isWalletAct, scopeOf, sessionOf } from './sessions.mjs';
import { isThread, threadAfter } from './social.mjs';
import { Change, Store } from './store.mjs';
import { serverRow } from './system.mjs';

const areSessions = list(members({ device: orNull(isKeyText), expires_at: integer(0), operator: oneOf(true, false), session: isHash, ttl_blocks: integer(1) }), 16);

const toldParts = ({ act, payload, sig, outcome }) => [act, payload, sig, outcome].filter((part) => part !== undefined).length;
const isTold = (entry) => toldParts(entry) === 4;
// What an erased payload leaves.
const isToldButErased = ({ act, outcome, payload, sig }) => act !== undefined && outcome !== undefined && payload === undefined && sig === undefined && isErasable(act.type);

// Is all shown that the ledger has of it?
async function isAll(line) {
  const { accounts } = await shownEntry(line);
  return line.isFull || (isToldButErased(line.entry) && accounts?.every(Boolean) === true);
}

// ---- what the bundle rests on ----

// What has to be shown of the entries of a bundle: of each number whether its act is, and which parts of accounts.
class Needs {
  constructor(entries) {
    this.entries = entries;
    this.shown = new Map();
  }

  of(seq) {
    const entry = this.entries.find((one) => one.seq === seq);
    demand(entry, 'BUNDLE_INCOMPLETE', `entry ${seq}`);
    if (!this.shown.has(seq)) this.shown.set(seq, { entry, isWhole: false, parts: [] });
    return this.shown.get(seq);
  }

  act(seq) {
    const need = this.of(seq);
    demand(isTold(need.entry), 'BUNDLE_INCOMPLETE', `act, payload, signature and outcome of entry ${seq}`);
    need.isWhole = true;
  }

  part(seq, account, kind) {
    const need = this.of(seq);
    const part = partOf(need.entry, account, kind);
    demand(part, 'BUNDLE_INCOMPLETE', `the part ${kind} of ${account} in entry ${seq}`);
    need.parts.push(part);
    return part;
  }

  // Is anything shown that need not be?  Of the entry in question, its reader sees what there is.
  checkSurplus(seq = null) {
    for (const entry of this.entries.filter((one) => one.seq !== seq)) {
      const need = this.shown.get(entry.seq);
      demand(need, 'BUNDLE_SURPLUS', `entry ${entry.seq}`);
      const isFit = (need.isWhole || toldParts(entry) === 0) && partsOf(entry).every((part) => need.parts.includes(part));
      demand(isFit, 'BUNDLE_SURPLUS', `entry ${entry.seq} shows more than the answer rests on`);
    }
  }
}

const isOf = (type) => ({ act }) => act?.type === type;

function needGround(needs, seq) {
  needs.act(0);
  const policies = needs.entries.filter((entry) => entry.seq < seq && bringsPolicy(entry));
  for (const entry of [...policies.slice(-1), ...needs.entries.filter(isOf('KEY_ROTATED'))]) needs.act(entry.seq);
}

// Every entry back to the account's creation, or to what was asked for; with its act, where the reader sees that.
function needStatement(needs, { subject, from, seq }) {
  for (let next = seq; next !== null && next >= from;) {
    const { previous } = needs.part(next, subject, 'standing');
    demand(previous === null || previous < next, 'OUTCOME_MISMATCH', `entry ${next} names a later one`);
    const need = needs.of(next);
    need.isWhole ||= isTold(need.entry);
    next = previous;
  }
}

// What of accounts the entry touched or looked at: {account, kind, previous, isTouched}.
function lookedAt(entry) {
  const { outcome, seq } = entry;
  const read = outcome?.read;
  demand(read === undefined || isRead(seq)(read), 'OUTCOME_MISMATCH', `what entry ${seq} says it looked at is not of the form: ${canonical(read ?? null).slice(0, 1500)}`);
  const touched = partsOf(entry).map(({ account, kind, previous }) => ({ account, kind, previous, isTouched: true }));
  const others = Object.entries(read ?? {}).flatMap(([account, kinds]) => Object.entries(kinds).map(([kind, previous]) => ({ account, kind, previous, isTouched: false })));
  return [...touched, ...others];
}

// The one entry more that executing the rule of a type needs, by the outcome: the message before in the thread, the server before.
const BEFORE_IT = { MESSAGE: ({ result }) => result?.thread?.previous, SERVER_CHANGED: ({ result }) => result?.previous };

// Of the rest that executing the rule needs: registered types, that entry, and what governance rests on.
async function needOthers(needs, entry, isWhole) {
  const { act, outcome, seq } = entry;
  if (!isOwnType(act.type)) {
    const type = needs.entries.find((entry) => entry.seq < seq && isOf('EVENT_TYPE')(entry) && entry.payload?.type === act.type);
    if (type) needs.act(type.seq);
  }
  const before = isWhole ? BEFORE_IT[act.type]?.(outcome) : null;
  if (isInteger(before, 0, seq - 1)) needs.act(before);
  const add = (number) => {
    if (!isInteger(number, 0, seq - 1)) return undefined;
    needs.act(number);
    return needs.of(number).entry;
  };
  if (isGovernance(act.type) && isTold(entry)) await addGoverned(entry, add);
}

// Standings are what profiles show; but what everybody sees of an entry is no reason to ask for them.
function isParty({ subject }, { act, ...entry }) {
  return !isGovernance(act?.type) || act.actor === subject || (act.actor === SYSTEM && partsOf(entry).some(({ account }) => account === subject));
}

// Whoever is shown all is shown all of the entry in question; anybody its act as a whole, or nothing of it.
async function checkShown({ reader }, line) {
  const { entry } = line;
  demand(reader === 'subject' || await isAll(line), 'BUNDLE_INCOMPLETE', `entry ${entry.seq} is not shown as a whole`);
  demand(toldParts(entry) === 0 || isTold(entry) || isToldButErased(entry), 'BUNDLE_SURPLUS', `entry ${entry.seq} shows some of its act`);
}

// {isWhole, parts}: is all there that executing the entry needs; the parts of accounts before it, [seq, part] each.
async function needEntry(needs, bundle, line) {
  const { topic, subject, reader } = bundle;
  const { entry, isFull } = line;
  const { accounts, act, payload, seq } = entry;
  const executes = isExecuted(topic);
  demand(act !== undefined || executes, 'BUNDLE_INCOMPLETE', `the act of entry ${seq}`);
  let isWhole = act !== undefined && payload !== undefined && (isFull || accounts !== undefined) && (accounts ?? []).every(Boolean);
  const parts = [];
  for (const { account, kind, previous, isTouched } of lookedAt(entry)) {
    const isActor = account === act?.actor && kind === 'access';
    const isAsked = executes ? isTouched || reader !== 'subject' || account === subject || (kind === 'standing' && isParty(bundle, entry)) : isActor;
    demand(previous === null || previous < seq, 'OUTCOME_MISMATCH', `entry ${seq} names a later one`);
    if (!isAsked) isWhole = false;
    else if (previous !== null) parts.push([previous, needs.part(previous, account, kind)]);
  }
  if (act && executes) await needOthers(needs, entry, isWhole);
  return { isWhole, parts };
}

// ---- sessions ----

// The account whose sessions the entry changes, and else its actor: {account, session}, of whom all sessions matter where
// session is undefined; null where none do.
function askedSessions({ topic }, entry) {
  const { act } = entry;
  if (act === undefined) return null;
  const changed = isExecuted(topic) && partsOf(entry).filter(({ kind }) => kind === 'access').at(-1);
  if (changed) return { account: changed.account };
  return act.auth.via === 'session' ? { account: act.actor, session: act.auth.session } : null;
}

// The details, in the order in which the last entry before that shows the account's access has their digests.
async function toldSessions(bundle, entry, entries) {
  const asked = askedSessions(bundle, entry);
  const known = asked && entries.filter(({ seq }) => seq < entry.seq).map((one) => partOf(one, asked.account, 'access')).filter(Boolean).at(-1);
  if (!known) return { isKnown: false, told: [] };
  const digests = await Promise.all(bundle.sessions.map(hashOfJson));
  const told = known.state.sessions.map((digest) => bundle.sessions[digests.indexOf(digest)]).filter(Boolean);
  return { isKnown: true, told: told.filter(({ session }) => asked.session === undefined || session === asked.session) };
}

// ---- the store before the entry ----

const RECALLED = ['EVENT_TYPE', 'GENESIS', 'KEY_ROTATED'];

// What an entry before the one in question put in force.
async function recall(store, { entry, hash }) {
  const { act, outcome, payload, seq } = entry;
  if (!isTold(entry)) return;
  if (RECALLED.includes(act.type)) {
    const { change, outcome: computed } = await execute(store, { entry, hash });
    change.apply(computed);
  }
  // That it might was judged when it was appended.
  if (act.type === 'POLICY_CHANGED') store.enactPolicy(seq, payload.policy, await readPolicy(payload.policy));
  if (isGovernance(act.type)) await recallGoverned(store, entry);
  if (act.type === 'SERVER_CHANGED') store.tables.server.set(0, serverRow(seq, payload.server));
  if (act.type === 'MESSAGE' && isThread(outcome.result?.thread)) store.tables.thread.set(payload.thread, threadAfter(act.actor, payload, outcome.result.thread, seq));
}

async function putStates(store, parts, sessions) {
  const digests = await Promise.all(sessions.map(hashOfJson));
  const known = (digest) => sessions[digests.indexOf(digest)] ?? digest;
  for (const [seq, { account, kind, state }] of parts) {
    const details = kind === 'access' ? { sessions: state.sessions.map(known) } : state;
    store.tables[kind].set(account, { user_id: account, last_entry: seq, state: details });
    for (const one of details.sessions ?? []) if (typeof one !== 'string') store.tables.session.set(one.session, sessionOf(account, one, store));
  }
}

// What follows from the entry itself, or is taken as it was recorded: whose a code, a content, a device was first.
const SUPPOSED = {
  COHERENCE_SCORED: (store, { accounts, payload: { content } }) => {
    const author = accounts.find((part) => part.kind === 'standing')?.account;
    store.tables.content.set(content, { content, author, kind: '', size: 0, seq: null, score: null });
  },
  REFERRAL_USE: (store, { act, outcome: { guards = [], result } }) => {
    const { referrer } = result ?? {};
    demand(typeof referrer === 'string', 'OUTCOME_MISMATCH', 'the entry names no referrer');
    const code = referralCode(referrer);
    store.tables.referral_code.set(code, { code, user_id: referrer });
    const isForeign = guards.some(({ guard, result: found }) => guard === 'DUPLICATE_DEVICE' && found === 'BLOCK');
    const device = store.get('session', act.auth.session)?.device;
    if (device) store.tables.device.set(device, { device, user_id: isForeign ? null : act.actor });
  },
};

// ---- the entry ----

async function run(store, line) {
  const { entry } = line;
  SUPPOSED[entry.act.type]?.(store, entry);
  const { change, outcome, accounts } = await execute(store, line);
  if (change.fault) throw change.fault;
  const same = (computed, shown, what) => demand(canonical(computed) === canonical(shown), 'OUTCOME_MISMATCH', `entry ${entry.seq}: the rules give the ${what} ${canonical(computed).slice(0, 1500)}`);
  same(outcome, entry.outcome, 'outcome');
  same(accounts, entry.accounts ?? [], 'accounts');
}

// What follows of it without accounts; gives whether the rule looks at some.
async function derive(store, line) {
  const { entry } = line;
  const { change, isBlocked, outcome } = await deriveGoverned(store, line);
  if (change.fault) throw change.fault;
  const told = ({ guards = [], policy = null, result = null }, isBlocked) => canonical({ guards, isBlocked, policy, result });
  const expected = told(outcome, isBlocked);
  demand(expected === told(entry.outcome, entry.outcome.status === 'BLOCKED'), 'OUTCOME_MISMATCH', `entry ${entry.seq}: the rules give ${expected.slice(0, 1500)}`);
  return change.looked.size + change.touched.size > 0;
}

// Whose act it was, where that is shown and the rule is not executed; the session, or null.
async function authorize(store, { entry }, isKnown) {
  if (entry.act === undefined || entry.seq === 0 || (entry.act.auth.via === 'session' && !isKnown)) return null;
  // Who does not see the nonce before cannot ask for more.
  if (isWalletAct(entry.act) && !partOf(entry, entry.act.actor, 'nonce')) {
    checkWalletSignature(store.ledger, entry);
    return null;
  }
  return checkAuthority(new Change(store, entry.seq, entry.at), entry);
}

// What is taken as it was recorded, because nobody to whom it is explained can know it.
function recordedOf({ topic }, { act, sig }, { hasConditions, hasSession, isWhole }) {
  const executes = isExecuted(topic);
  const isByAccount = act === undefined || act.actor !== SYSTEM;
  const isByWallet = act !== undefined && isWalletAct(act);
  return [executes && isByAccount && !hasSession && !isWhole && !isByWallet && 'authority', executes && hasConditions && 'conditions', executes && 'first uses', executes && 'rates',
    isByAccount && act !== undefined && sig === undefined && 'signature'].filter(Boolean);
}

// Is the entry of that topic, or did it do something that is?
function isTopicOf({ topic, subject }, entry) {
  if (topic === 'reward') return entry.act?.type === 'REFERRAL_USE' || partsOf(entry).some(({ rules }) => rules.some(isSettlement));
  if (topic === 'coherence') return partOf(entry, subject, 'standing') !== undefined;
  return topic !== 'message' || entry.act.type === 'MESSAGE';
}

const resultOf = (store, at, { session, issued_block: issued, operates, ttl_blocks: ttl }, { device, expires_at: expires }) =>
  ({ block: store.blockOf(at), device, expires_at: expires, issued_block: issued, scope: scopeOf(operates), session, ttl_blocks: ttl });

// bundle: with the members of a bundle; lines: its lines, as readLine() gives them, in their order.  Gives {isComputed, isRun, recorded,
// session, sessions, steps}: was the rule executed, but for what is hidden of accounts, or whole; and what the bundle has to say of these, of steps those of governance.
export async function reexecute(bundle, lines) {
  const { seq, topic, sessions } = bundle;
  demand(areSessions(sessions), 'BUNDLE_FORM', 'sessions are not those of access');
  const entries = lines.map(({ entry }) => entry);
  const needs = new Needs(entries);
  needGround(needs, seq);
  const line = lines.find(({ entry }) => entry.seq === seq);
  if (topic === 'statement') {
    needStatement(needs, bundle);
    needs.checkSurplus();
    const { entry: { payload: { origin } }, hash: ledger } = lines.find(({ entry }) => entry.seq === 0);
    for (const one of entries) checkWalletWord({ ledger, origin }, one);
    return { isComputed: false, isRun: false, recorded: recordedOf(bundle, line.entry, { hasConditions: true, hasSession: false, isWhole: false }), session: undefined, sessions: [], steps: [] };
  }
  await checkShown(bundle, line);
  const { isWhole, parts } = await needEntry(needs, bundle, line);
  needs.checkSurplus(seq);
  const { isKnown, told } = await toldSessions(bundle, line.entry, entries);
  const store = new Store();
  store.knowsAgenda = false;
  store.saysItEndsClaim = line.entry.outcome?.result?.claim !== undefined;
  for (const one of lines.filter(({ entry }) => entry.seq < seq)) await recall(store, one);
  await putStates(store, parts, told);
  const isRun = isExecuted(topic) && isWhole;
  const { entry } = line;
  const isGoverned = isExecuted(topic) && isGovernance(entry.act?.type) && isTold(entry);
  const policy = store.policyInForce;
  if (isRun) await run(store, line);
  const hasConditions = isGoverned && !isWhole ? await derive(store, line) : !isWhole;
  // The session that it was appended in.
  const session = isRun ? store.get('session', line.entry.act.auth.session) ?? null : await authorize(store, line, isKnown);
  demand((isExecuted(topic) || session) && isTopicOf(bundle, line.entry), 'EXPLAIN_TOPIC', `${topic} of entry ${seq}`);
  const recorded = recordedOf(bundle, entry, { hasConditions, hasSession: session !== null, isWhole });
  const steps = isGoverned ? await stepsGoverned(entry, { entryOf: (number) => needs.shown.get(number)?.entry, policy }) : [];
  return { isComputed: isGoverned && !isWhole, isRun, recorded, sessions: told, steps,
    session: topic === 'session' && session ? resultOf(store, line.entry.at, session, told[0]) : undefined };
}
