// partial_lines.mjs - lines that show some parts of an entry, for tests: parts with their salts, and what shows less.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromHex, toHex, utf8 } from '../../src/web/bytes.mjs';
import { commit, headOf, saltOf } from '../../src/web/rules/entry.mjs';

// A part of a full line as a partial one shows it.
export const shown = async (entry, name) => ({ part: entry[name], salt: toHex(await saltOf(fromHex(entry.salt), utf8(name))) });

// The same of part number i of accounts.
export async function shownAccount(entry, i) {
  const part = entry.accounts[i];
  return { part, salt: toHex(await saltOf(fromHex(entry.salt), new Uint8Array([...utf8(`${part.kind}\0`), ...fromHex(part.account.slice(5))]))) };
}

// The line that shows of a full one, as a value, these parts, and the parts of accounts for which isShown(part) holds.
export async function showing(entry, names, isShown) {
  const line = await headOf(entry);
  for (const name of names) line[name] = await shown(entry, name);
  const accounts = await Promise.all(entry.accounts.map(async (part, i) => {
    const item = await shownAccount(entry, i);
    return isShown(part) ? item : commit(fromHex(item.salt), part);
  }));
  return entry.accounts.some(isShown) ? { ...line, accounts } : line;
}
