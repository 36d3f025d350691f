// advisor.mjs - a program that advises on open proposals: a whole service of docs/aegis.md, without packages, on modules of the page.
//
//   node test/api/advisor.mjs URL MODEL VERSION < TOKEN      URL: of PostgREST, as https://app.example.org/rest
//
// It reads what is voted on and what that would change, applies rules, and says what they found.  Each reason names a number of what it read, so
// that whoever reads it can look it up.  It decides nothing: what it gets wrong, it gets wrong in a table that no rule reads.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { hashOfJson } from '../../src/web/canonical.mjs';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

export class ServiceError extends Error {
  constructor(status, answer) {
    super(answer?.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = /^(QFS_\w+)/.exec(answer?.details ?? '')?.[1] ?? answer?.code ?? '';
  }
}

// After these there is nothing more to say: the service is revoked, its token is over, its model is retired or another's.
const FINAL = new Set(['QFS_ADVISOR_REVOKED', 'QFS_TOKEN_INVALID', 'QFS_TOKEN_EXPIRED', 'QFS_ADVICE_MODEL', 'QFS_FORBIDDEN']);

// The ledger, as its PostgREST gives it; fetch: what sends a request.
export function ledgerAt(url, token, fetch = globalThis.fetch) {
  async function ask(path, body) {
    const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) };
    const answer = await fetch(`${url}/${path}`, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new ServiceError(answer.status, text.startsWith('{') ? JSON.parse(text) : undefined);
    return JSON.parse(text);
  }
  return { ask };
}

// ---- what it reads ----

// Leaves of an object as a map from their path, with dots; a list is a leaf.
export function leavesOf(value, path = '') {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`)));
}

const changedLeaves = (proposal) => leavesOf(proposal.change.policy ?? {});

// A function that this ledger does not have, or does not give to services, is not there.
async function unlessAbsent(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ServiceError && ['PGRST202', '42501', '42883'].includes(error.code)) return null;
    throw error;
  }
}

// The consequence map of a proposal; a ledger that has none tells at least what its changes would have led to.
async function readConsequences(ledger, proposal) {
  const map = await unlessAbsent(ledger.ask(`rpc/consequence_map?proposal=${proposal.seq}`));
  if (map !== null || !('policy' in proposal.change)) return map;
  const run = await unlessAbsent(ledger.ask('rpc/what_if', { changes: proposal.change.policy }));
  return run && { what_if: run };
}

// Everything that advice on a proposal rests on, at one size of the ledger: read again if the ledger has grown meanwhile.
export async function readCase(ledger, seq) {
  for (let tries = 0; tries < 5; tries++) {
    const { size, hash: head } = await ledger.ask('rpc/head');
    const [proposal] = await ledger.ask(`proposals?seq=eq.${seq}`);
    const keys = Object.keys(changedLeaves(proposal));
    const read = {
      proposal,
      earlier: await ledger.ask(`proposals?proposer=eq.${proposal.proposer}&seq=lt.${seq}&order=seq&select=seq,state,change`),
      keys: keys.length === 0 ? [] : await ledger.ask(`policy_keys?key=in.(${keys.map((key) => `"${key}"`).join(',')})&order=key&select=key,class,value,changed_by_vote`),
      map: await ledger.ask('rpc/token_guard_map'),
      consequences: await readConsequences(ledger, proposal),
    };
    if ((await ledger.ask('rpc/head')).size === size) return { size, head, ...read };
  }
  throw new ServiceError(503, { message: 'the ledger does not stand still' });
}

// ---- its rules: each gives reasons, or none ----

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);
const percent = (part, whole) => (whole === 0 ? 0 : (100 * part) / whole);

// More than 1 % of the window would have been judged otherwise.
function verdicts({ consequences }) {
  const run = consequences?.what_if;
  if (!run) return [];
  const window = run.size - run.from;
  const flipped = window - run.direct.same;
  return percent(flipped, window) > 1 ? [`${flipped} of ${window} entries would have been judged otherwise`] : [];
}

// A sum of tokens would be another one by more than 5 %.  Where few accounts are behind it, it is not told.
function tokens({ consequences }) {
  return Object.entries(consequences?.what_if?.cumulative?.tokens ?? {})
    .filter(([, sums]) => sums !== null)
    .filter(([, [actual, changed]]) => Math.abs(Number(changed) - Number(actual)) > Math.abs(Number(actual)) * 0.05)
    .map(([token, [actual, changed]]) => `${token} would be ${changed} instead of ${actual}`);
}

// Does the key of the map, which may have one * for any name, name this leaf?
const names = (pattern, key) => pattern.split('.').length === key.split('.').length
  && pattern.split('.').every((part, n) => part === '*' || part === key.split('.')[n]);

// A guard that would let more pass: what is observed has to be <, <= or >= its bound, by the token/guard map.
function relaxed({ proposal, keys, map }) {
  const before = Object.fromEntries(keys.map(({ key, value }) => [key, Number(value)]));
  return Object.entries(changedLeaves(proposal)).flatMap(([key, value]) => map.guards
    .filter(({ key: bound, relation }) => bound && names(bound, key) && (relation.startsWith('<') ? Number(value) > before[key] : Number(value) < before[key]))
    .map(({ id }) => `${id} lets more pass: ${key} ${before[key]} becomes ${value}`));
}

// No vote has changed the key before.
const firstUse = ({ proposal, keys }) => (proposal.track === 'text' ? [] : keys.filter((key) => key.changed_by_vote === null)
  .map(({ key }) => `no vote has changed ${key} before: 0 of ${proposal.seq} entries`));

// The same proposer has asked for one of these keys twice, and it was not to be.
function thirdTry({ proposal, earlier }) {
  const keys = Object.keys(changedLeaves(proposal));
  return keys.flatMap((key) => {
    const failed = earlier.filter(({ state, change }) => ['REJECTED', 'FAILED'].includes(state) && key in leavesOf(change.policy ?? {}));
    return failed.length >= 2 ? [`${key} was asked for ${failed.length} times before, in ${failed.map(({ seq }) => seq).join(' and ')}`] : [];
  });
}

// The run that the proposal says it made: none, or one that comes out otherwise.  null: whoever may not read every entry cannot tell.
function simulation({ proposal, consequences }) {
  if (!consequences || !('simulation' in consequences) || !('policy' in proposal.change)) return [];
  const { simulation: said, reproduced } = consequences;
  if (said === null) return [`proposal ${proposal.seq} names no simulation`];
  return reproduced === false ? [`proposal ${proposal.seq} names run ${said.run} of ${said.size} entries, which comes out otherwise`] : [];
}

const RULES = { verdicts, tokens, relaxed, firstUse, thirdTry, simulation };

// What the rules found in a case: {rule, text}.
export const reasonsFor = (read) => Object.entries(RULES).flatMap(([rule, find]) => find(read).map((text) => ({ rule, text })));

// The body of advice.  More than two reasons, or a guard that lets more pass, and it recommends no.
export function adviceOn(read) {
  const reasons = reasonsFor(read);
  const against = reasons.length > 2 || reasons.some(({ rule }) => rule === 'relaxed');
  return { advisory: true, recommend: against ? 'no' : 'yes', reasons: reasons.map(({ text }) => text), rules: reasons.map(({ rule }) => rule),
    text: `${new Set(reasons.map(({ rule }) => rule)).size} of ${Object.keys(RULES).length} rules found something.` };
}

// ---- the service ----

// Advises on every open proposal once; gives [{seq, advice_hash, body}].
export async function round(ledger, model, version) {
  const given = [];
  for (const { seq } of await ledger.ask('proposals?state=eq.OPEN&select=seq&order=seq')) {
    const read = await readCase(ledger, seq);
    const body = adviceOn(read);
    const { size, head } = read;
    const input = await hashOfJson(read);
    const { advice_hash: hash } = await ledger.ask('rpc/advise', { model, version, subject: `proposal:${seq}`, size, head, input_hash: input, body });
    given.push({ seq, advice_hash: hash, body });
  }
  return given;
}

// Until there is nothing more to say: gives the error that ended it.  What else goes wrong is tried again.
export async function serve(ledger, model, version, { every = 120_000, rounds = Infinity, say = () => {} } = {}) {
  for (let n = 0; n < rounds; n++) {
    try {
      say(await round(ledger, model, version));
    } catch (error) {
      if (FINAL.has(error.code)) return error;
      say(error);
    }
    if (n + 1 < rounds) await new Promise((resolve) => { setTimeout(resolve, every); });
  }
  return null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url, model, version] = process.argv.slice(2);
  const ended = await serve(ledgerAt(url, readFileSync(0, 'utf8').trim()), model, version,
    { say: (said) => console.log(said instanceof Error ? said.message : JSON.stringify(said)) });
  console.error(ended.message);
  process.exitCode = 1;
}
