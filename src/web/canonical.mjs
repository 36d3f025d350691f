// canonical.mjs - RFC 8785, as far as docs/format.md admits it, and the line of an entry.
//
// SPDX-License-Identifier: AGPL-3.0-only

const DEPTH = 32;

// Text of a JSON value.  JavaScript sorts strings by UTF-16 code unit and escapes them as the RFC says.
export function canonical(value, depth = 0) {
  if (depth > DEPTH) throw new Error(`deeper than ${DEPTH} levels`);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error('a number that is not an integer');
  if (typeof value === 'string' && /[\0\ud800-\udfff]/u.test(value)) throw new Error('NUL or a lone surrogate');
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${canonical(key)}:${canonical(value[key], depth + 1)}`).join(',')}}`;
}

// Canonical line of a row of the view `ledger` that is readable.
export function entryLine({ actor, at, auth, outcome, payload, prev, seq, type }) {
  return canonical({ actor, at, auth, outcome, payload, prev, seq, type, v: 1 });
}
