// entry.mjs - entries: parts and what commits to them, heads, and the lines that show all of an entry or some of it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { concat, fromHex, sha256, toHex, utf8 } from '../bytes.mjs';
import { canonical } from '../canonical.mjs';
import { growingTree, leafHash } from '../tree.mjs';
import { demand } from './fault.mjs';
import { integer, isHash, isInteger, isObject, isUserId, list, matches, members, oneOf, STATES, TYPE_FORM } from './forms.mjs';
import { readJson } from './json.mjs';

const FORMAT = 2;
const PART_NAMES = ['act', 'outcome', 'payload', 'sig'];
const MAX_ACCOUNTS = 16;
export const MAX_PAYLOAD = 65535;
const MAX_PART = 16384;
const MAX_ENTRY = 131072;
// A line that shows it has two more.
const MAX_LEVELS = 30;

export const SYSTEM = 'system';

// ---- commitments ----

const accountName = ({ account, kind }) => concat(utf8(`${kind}\0`), fromHex(account.slice(5)));

export const saltOf = async (salt, name) => (await sha256(Uint8Array.of(3), salt, name)).subarray(0, 16);
export const commit = async (salt, part) => toHex(await sha256(Uint8Array.of(2), salt, utf8(canonical(part))));

// Root over the commitments of the parts of accounts; of none it is the hash of nothing.
async function accountsRoot(commitments) {
  if (commitments.length === 0) return toHex(await sha256());
  const tree = growingTree();
  for (const commitment of commitments) await tree.add(await leafHash(fromHex(commitment)));
  return toHex(await tree.root());
}

export async function headOf(entry) {
  const salt = fromHex(entry.salt);
  const { at, prev, seq } = entry;
  const head = { at, prev, seq, v: FORMAT };
  for (const name of PART_NAMES) head[name] = await commit(await saltOf(salt, utf8(name)), entry[name]);
  head.accounts = await accountsRoot(await Promise.all(entry.accounts.map(async (part) => commit(await saltOf(salt, accountName(part)), part))));
  return head;
}

export const hashOf = async (head) => toHex(await leafHash(utf8(canonical(head))));

// ---- the form of parts ----

const formIs = (condition, what) => demand(condition, 'ENTRY_FORMAT', what);
const isType = matches(TYPE_FORM);
const isEntryNumber = integer(0);
const isSalt = matches(/^[0-9a-f]{32}$/);
// The forms of auth and sig are for whoever asks who acts (sessions.mjs).
const isAct = members({ actor: (actor) => actor === SYSTEM || isUserId(actor), auth: isObject, type: isType });
const isAccountPart = members({ account: isUserId, kind: oneOf(...Object.keys(STATES)), policy: isEntryNumber, previous: (previous) => previous === null || isEntryNumber(previous),
  rules: list(isType, MAX_PART), state: isObject, was: isObject });
const isSig = (sig) => sig === null || typeof sig === 'string';
const any = () => true;
const HEAD = { accounts: any, act: any, at: any, outcome: any, payload: any, prev: any, seq: any, sig: any, v: any };
const isPartialLine = members(HEAD);
const isFullLine = members({ ...HEAD, salt: any });
const isShown = members({ part: any, salt: isSalt });

const IS_PART = { act: isAct, outcome: isObject, payload: isObject, sig: isSig };

const levelsOf = (value) => (value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0);

// Bytes of the part as it is hashed.
function sizeOf(part, name) {
  demand(levelsOf(part) <= MAX_LEVELS, 'JSON_DEPTH', `the part ${name} nests deeper than ${MAX_LEVELS} levels`);
  const size = utf8(canonical(part)).length;
  const limit = name === 'payload' ? MAX_PAYLOAD : MAX_PART;
  demand(size <= limit, 'ENTRY_TOO_LARGE', `the part ${name} has ${size} bytes, and may have ${limit}`);
  return size;
}

function checkPart(part, name, isPart) {
  formIs(isPart(part), `the part ${name} does not have the form of one`);
  return sizeOf(part, name);
}

// Of the parts of accounts that are shown; total: bytes of the other parts.
function checkAccounts(parts, total) {
  formIs(parts.length <= MAX_ACCOUNTS, `there are ${parts.length} parts of accounts, and may be ${MAX_ACCOUNTS}`);
  const seen = new Set();
  for (const part of parts.filter(Boolean)) {
    total += checkPart(part, 'accounts', isAccountPart);
    const name = `${part.account} ${part.kind}`;
    formIs(!seen.has(name), `the ${part.kind} of ${part.account} is there twice`);
    seen.add(name);
  }
  demand(total <= MAX_ENTRY, 'ENTRY_TOO_LARGE', `the parts have ${total} bytes, and may have ${MAX_ENTRY}`);
}

// ---- lines ----

function checkHead({ at, prev, seq, v }) {
  formIs(v === FORMAT, `v is not ${FORMAT}`);
  formIs(isInteger(seq, 0), 'seq is not a number of an entry');
  formIs(isInteger(at, 0), 'at is not a time in milliseconds');
  formIs(isHash(prev), 'prev is not a hash');
}

function readFull(line) {
  formIs(isFullLine(line), 'the line does not have exactly the members of a full one');
  formIs(isSalt(line.salt), 'the salt is not 32 hexadecimal digits');
  checkHead(line);
  const total = PART_NAMES.reduce((bytes, name) => bytes + checkPart(line[name], name, IS_PART[name]), 0);
  formIs(Array.isArray(line.accounts), 'accounts is not a list');
  checkAccounts(line.accounts, total);
  return line;
}

// {commitment, part}: part undefined where the line shows none.
async function readShown(value, name, isPart) {
  if (isHash(value)) return { commitment: value, part: undefined };
  formIs(isShown(value), `${name} is neither a commitment nor a part with its salt`);
  formIs(isPart(value.part), `the part ${name} does not have the form of one`);
  return { commitment: await commit(fromHex(value.salt), value.part), part: value.part };
}

async function readPartial(line) {
  formIs(isPartialLine(line), 'the line does not have exactly the members of a partial one');
  checkHead(line);
  const { at, prev, seq, v } = line;
  const head = { at, prev, seq, v };
  const entry = { at, prev, seq };
  let total = 0;
  for (const name of PART_NAMES) {
    const { commitment, part } = await readShown(line[name], name, IS_PART[name]);
    head[name] = commitment;
    entry[name] = part;
    if (part !== undefined) total += sizeOf(part, name);
  }
  const shown = Array.isArray(line.accounts) ? await Promise.all(line.accounts.map((item) => readShown(item, 'accounts', isAccountPart))) : null;
  formIs(shown ? shown.some(({ part }) => part) : isHash(line.accounts), 'accounts is neither a root nor a list that shows a part');
  head.accounts = shown ? await accountsRoot(shown.map(({ commitment }) => commitment)) : line.accounts;
  entry.accounts = shown?.map(({ part }) => part);
  checkAccounts(entry.accounts ?? [], total);
  return { entry, head };
}

// The parts of accounts that an entry shows; the one of an account's kind, or undefined.
export const partsOf = ({ accounts }) => (accounts ?? []).filter(Boolean);
export const partOf = (entry, account, kind) => partsOf(entry).find((part) => part.account === account && part.kind === kind);

// Does a change of this name settle a referral?
export const isSettlement = (rule) => /^(REFERRAL_TIER|REWARD_WITHHELD)_/.test(rule);

// {entry, head, hash, isFull} of a line, text or value that readJson gave.  Parts that it does not show are undefined.
export async function readLine(line) {
  const value = typeof line === 'string' ? readJson(line) : line;
  formIs(isObject(value), 'the line is not an object');
  const isFull = Object.hasOwn(value, 'salt');
  const { entry, head } = isFull ? { entry: readFull(value), head: await headOf(value) } : await readPartial(value);
  return { entry, head, hash: await hashOf(head), isFull };
}

// Does it put a policy in force, besides entry 0?
export const bringsPolicy = ({ act, payload }) => payload?.policy !== undefined && ['DORMANCY_SETTLED', 'POLICY_CHANGED', 'PROPOSAL_EXECUTED'].includes(act?.type);

// The entry of a partial line as far as it is shown; where it has no parts of accounts, their root says so.
export async function shownEntry({ entry, head }) {
  return { ...entry, accounts: entry.accounts ?? (head.accounts === await accountsRoot([]) ? [] : undefined) };
}
