// random.mjs - reproducible random values: a seed gives one sequence.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { createHash } from 'node:crypto';

// SHA-256 in counter mode.
export function makeRandom(seed) {
  let counter = 0;
  let block = Buffer.alloc(0);

  function bytes(length) {
    const parts = [];
    for (let left = length; left > 0;) {
      if (block.length === 0) block = createHash('sha256').update(`${seed}/${counter++}`).digest();
      const part = block.subarray(0, left);
      block = block.subarray(part.length);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  // Of 2^32 values the remainder is even enough for tests.
  const below = (limit) => bytes(4).readUInt32BE() % limit;
  const pick = (list) => list[below(list.length)];
  const chance = (percent) => below(100) < percent;
  const string = (alphabet, length) => Array.from({ length }, () => pick(alphabet)).join('');

  // Characters of one to four bytes of UTF-8.
  const text = (length) => string([...'abc XYZ 019 .,:/\n\t"é€😀ß中'], length);

  // One of the many ways to write a time with milliseconds.
  function time(at) {
    const offset = chance(50) ? 0 : below(2 * 1439 + 1) - 1439;
    const local = new Date(at + offset * 60000).toISOString().slice(0, -1);
    const two = (n) => String(n).padStart(2, '0');
    const minutes = Math.abs(offset);
    const zone = offset === 0 ? pick(['Z', 'z', '+00:00', '-00:00'])
      : `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
    return `${chance(90) ? local : local.replace('T', 't')}${chance(20) ? '000' : ''}${zone}`;
  }

  return { bytes, below, pick, chance, string, text, time };
}
