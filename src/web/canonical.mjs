// canonical.mjs - RFC 8785, as far as docs/format.md admits it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { sha256, toHex, utf8 } from './bytes.mjs';

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

// SHA-256 of it, in hexadecimal.
export const hashOfJson = async (value) => toHex(await sha256(utf8(canonical(value))));
