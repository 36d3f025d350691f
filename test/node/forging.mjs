// forging.mjs - ledgers of which one leaf of one entry is another, with everything hashed again.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { canonical } from '../../src/web/canonical.mjs';
import { hashOf, headOf } from '../../src/web/rules/entry.mjs';

// Paths to all values in an entry but those that hashing it again makes good.
export function pathsOf(value, path = []) {
  const inner = value !== null && typeof value === 'object' ? Object.keys(value).flatMap((name) => pathsOf(value[name], [...path, name])) : [];
  return ['prev', 'v', 'seq', 'salt'].includes(path[0]) ? [] : [path, ...inner];
}

const others = (value) => ({
  number: () => [value + 1, value - 1, 0, -1, 9007199254740991, String(value), null],
  string: () => ['', `${value}0`, value.slice(0, -1), value.toUpperCase(), value.replace(/[0-9a-f]/, (digit) => (digit === 'a' ? 'b' : 'a')), null, 5],
  boolean: () => [!value, null],
  object: () => (Array.isArray(value) ? [[], [...value, ...value.slice(0, 1)], value.slice(1), [...value].reverse(), {}, null] : [{}, [], 'x', 0, { ...value, x: 1 }]),
}[typeof value]());

// Another value at the path.
export function forge(random, entry, path) {
  const [name, parent] = [path.at(-1), path.slice(0, -1).reduce((value, step) => value[step], entry)];
  if (!random.chance(15)) parent[name] = random.pick(others(parent[name]));
  else if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
}

// Texts of the lines with their links and hashes made good; null where there is nothing to hash.
export async function hashAgain(entries) {
  try {
    const lines = [];
    let prev = entries[0].prev;
    for (const entry of entries) {
      entry.prev = prev;
      prev = await hashOf(await headOf(entry));
      lines.push(canonical(entry));
    }
    return lines;
  } catch {
    return null;
  }
}
