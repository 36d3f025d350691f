// respell.mjs - a line in canonical form, whichever library wrote it; and a line as some library might write it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { canonical } from '../../src/web/canonical.mjs';
import { readJson } from './read_json.mjs';

// What is no JSON of docs/format.md stays as it is, so that who reads it finds that.
export function canonicalLine(line) {
  try {
    return canonical(readJson(line));
  } catch {
    return line;
  }
}

// Members the other way round, all that is no ASCII escaped, spaces, integers with a point or an exponent.
export function foreignLine(line) {
  const write = (value) => {
    if (typeof value === 'number') return value % 10 === 0 && value !== 0 ? `${value / 10}e1` : `${value}.0`;
    if (typeof value === 'string') return JSON.stringify(value).replace(/[^ -~]|[<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`).replaceAll('/', '\\/');
    if (value === null || typeof value !== 'object') return String(value);
    if (Array.isArray(value)) return `[ ${value.map(write).join(' , ')}\t]`;
    return `{ ${Object.keys(value).sort().reverse().map((name) => `${write(name)} :\r${write(value[name])}`).join(', ')} }`;
  };
  return write(JSON.parse(line));
}
