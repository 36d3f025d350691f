// canonical.mjs - RFC 8785, as far as docs/format.md admits it, and the line of an entry.
//
// SPDX-License-Identifier: AGPL-3.0-only

// Text of a JSON value.  JavaScript sorts strings by UTF-16 code unit and escapes them as the RFC says.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error('a number that is not an integer');
    return JSON.stringify(value);
  }
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

// Canonical line of a row of the view `ledger` that is readable.
export function entryLine({ actor, at, auth, outcome, payload, prev, seq, type }) {
  return canonical({ actor, at, auth, outcome, payload, prev, seq, type, v: 1 });
}
