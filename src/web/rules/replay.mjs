// replay.mjs - the rules over a whole ledger: every link, signature, outcome and state of an account computed anew.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromHex, toHex } from '../bytes.mjs';
import { canonical } from '../canonical.mjs';
import { growingTree } from '../tree.mjs';
import { readLine, shownEntry } from './entry.mjs';
import { execute } from './execute.mjs';
import { demand, LedgerFault } from './fault.mjs';
import { isErasable, isInteger, isPayload, STATES } from './forms.mjs';
import { shownState, Store } from './store.mjs';
import { areEarlier } from './system.mjs';

// Where the recorded outcome counts and not the computed one: the kinds of accounts are as the parts have them, those that are no
// states at all apart.
// false: it does not have the form that the rule would write.
export async function takeRecorded(store, entry, change) {
  try {
    change?.applyWrites(entry.outcome);
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    return false;
  }
  for (const { account, kind, state } of entry.accounts.filter((part) => STATES[part.kind](part.state))) {
    store.touch(kind, account, entry, kind === 'access' ? { sessions: await sessionsOf(store, account, state, change) } : state);
  }
  return true;
}

// Parts tell of sessions their digests alone; their details are those that were there, or were computed.
async function sessionsOf(store, account, { sessions }, change) {
  const known = [...store.kind('access', account).state.sessions, ...(change?.look('access', account).sessions ?? [])];
  const digests = (await shownState('access', { sessions: known })).sessions;
  return sessions.map((digest) => known[digests.indexOf(digest)]).filter(Boolean);
}

// Does the entry follow the one before?
function checkLink({ entry: { at, prev, seq } }, last, number) {
  demand(seq === number, 'SEQ_GAP', `the entry has number ${seq}, and ${number} is next`);
  demand(prev === last.hash, 'LINK_BROKEN', `entry ${seq} names another hash than that of the entry before`);
  demand(at >= last.at, 'TIME_BACKWARD', 'the entry is older than the one before');
}

function compareOutcomes(computed, { accounts, outcome }) {
  const mismatch = (a, b, what) => demand(canonical(a) === canonical(b), 'OUTCOME_MISMATCH', `${what}: the rules give ${canonical(a).slice(0, 1500)}, recorded is ${canonical(b).slice(0, 1500)}`);
  mismatch(computed.outcome, outcome, 'outcome');
  mismatch(computed.accounts, accounts, 'accounts');
}

// The name of a session follows from what it is of, so that no acknowledgement gives it another.
const isSameSession = (a, b) => a.result?.session === b.result?.session;

// {fault, isAcknowledged}: what is wrong with the entry, or null.
async function checkRules(store, read, isNamed) {
  // Stays undefined where no acknowledgement covers the fault: the rules cannot go on from it.
  let computed;
  try {
    computed = await execute(store, read);
    if (computed.change.fault) throw computed.change.fault;
    compareOutcomes(computed, read.entry);
    computed.change.apply(computed.outcome);
    return { fault: null };
  } catch (fault) {
    if (!(fault instanceof LedgerFault)) throw fault;
    const isAcknowledged = isNamed && computed !== undefined && isSameSession(computed.outcome, read.entry.outcome);
    // An entry that must not be there changes nothing.
    const isTaken = (isAcknowledged || fault.code === 'QFS_OUTCOME_MISMATCH') && await takeRecorded(store, read.entry, computed?.change);
    return { fault, isAcknowledged: isAcknowledged && isTaken };
  }
}

// {fault, isAcknowledged, isErased}: what is wrong with what is left of an entry, or null; does a later one say that its payload was erased?
async function checkErased(store, read, isAcknowledgedOne, isNamed) {
  const entry = await shownEntry(read);
  const missing = (detail) => new LedgerFault('PAYLOAD_MISSING', detail);
  const isWhole = entry.act && entry.outcome && entry.accounts?.every(Boolean);
  if (!isWhole) return { fault: new LedgerFault('ENTRY_INCOMPLETE', 'the line shows less than act, outcome and all parts of accounts') };
  if (!isErasable(entry.act.type)) return { fault: missing(`nobody erases the payload of a ${entry.act.type}`) };
  const checked = await checkRules(store, { ...read, entry }, isAcknowledgedOne);
  if (checked.fault || isNamed) return { ...checked, isErased: isNamed };
  return { fault: missing('there is no payload, and no later entry says that it was erased') };
}

const isWithoutPayload = ({ payload, sig }) => payload === undefined && sig === undefined;

// The lines of an export, read; what cannot be read is its fault.
async function readLines(lines) {
  const result = [];
  for (const [number, line] of lines.entries()) {
    try {
      const read = await readLine(line);
      demand(read.isFull || isWithoutPayload(read.entry), 'ENTRY_INCOMPLETE', 'the line does not show all of the entry');
      result.push(read);
    } catch (error) {
      if (!(error instanceof LedgerFault)) throw error;
      return { read: result, unreadable: noteOf(number, error) };
    }
  }
  return { read: result, unreadable: null };
}

// Numbers of the entries whose fault some entry acknowledges.
const acknowledgedBy = (read) => new Set(read
  .filter(({ entry: { act, payload, seq } }) => act?.type === 'FAULT_ACKNOWLEDGED' && isPayload(act.type, payload) && areEarlier(payload.faults, seq))
  .flatMap(({ entry }) => entry.payload.faults.map(({ seq }) => seq)));

// Numbers of the entries of which a later one says that their payload was erased.
const erasedBy = (read) => new Set(read
  .filter(({ entry: { act, payload, seq } }) => act?.type === 'PAYLOAD_ERASED' && isInteger(payload?.seq, 0, seq - 1))
  .map(({ entry }) => entry.payload.seq));

const noteOf = (seq, { code, detail }) => ({ seq, code, detail });

// The fault of the link to the entry before, or null.  Which of two entries that are not linked was changed nobody knows;
// the first has another hash than it had.
function linkFault(read, last, number) {
  try {
    checkLink(read, last, number);
    return null;
  } catch (fault) {
    return noteOf(fault.code === 'QFS_LINK_BROKEN' ? Math.max(number - 1, 0) : number, fault);
  }
}

// Names the entry in what fails there.
async function at(seq, run) {
  try {
    return await run();
  } catch (error) {
    throw error instanceof LedgerFault ? Object.assign(error, { seq }) : error;
  }
}

// Lines of a ledger whose entries follow one another, read: {entry, hash} of each, the entry with all that is left of it.
export async function readLinked(lines) {
  const read = [];
  let last = { at: 0, hash: '0'.repeat(64) };
  for (const [number, line] of lines.entries()) {
    const one = await at(number, () => readLine(line));
    await at(number, () => checkLink(one, last, number));
    last = { at: one.entry.at, hash: one.hash };
    read.push(one.isFull ? one : { ...one, entry: await shownEntry(one) });
  }
  return read;
}

// lines: texts of full lines, of a whole ledger from entry 0, and of lines whose payload was erased.  Gives size, head and
// root (null of no entries), state, the faults and those that were acknowledged, each {seq, code, detail}, and how many
// payloads were erased.  What follows a line that cannot be read, or an entry 0
// that is no genesis, is not looked at.
export async function replay(lines) {
  const { read, unreadable } = await readLines(lines);
  const [acknowledgements, erasures] = [acknowledgedBy(read), erasedBy(read)];
  const store = new Store();
  const tree = growingTree();
  const [faults, acknowledged] = [[], []];
  let erased = 0;
  let last = { at: 0, hash: '0'.repeat(64) };
  for (const [number, one] of read.entries()) {
    const unlinked = linkFault(one, last, number);
    if (unlinked) faults.push(unlinked);
    const { fault, isAcknowledged, isErased } = await (one.isFull ? checkRules(store, one, acknowledgements.has(number)) : checkErased(store, one, acknowledgements.has(number), erasures.has(number)));
    if (isErased) erased++;
    if (fault) (isAcknowledged ? acknowledged : faults).push(noteOf(number, fault));
    last = { at: one.entry.at, hash: one.hash };
    await tree.add(fromHex(one.hash));
    if (!store.ledger) break;
  }
  if (unreadable) faults.push(unreadable);
  if (lines.length === 0) faults.push({ seq: 0, code: 'QFS_NO_GENESIS', detail: 'there are no entries' });
  const isEmpty = read.length === 0;
  return { size: read.length, head: isEmpty ? null : last.hash, root: isEmpty ? null : toHex(await tree.root()), state: await store.hash(), faults, acknowledged, erased };
}
