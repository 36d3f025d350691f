// fault.mjs - what a verifier says of a line that does not hold: a code of docs/errors.md, and what and why.
//
// SPDX-License-Identifier: AGPL-3.0-only

export class LedgerFault extends Error {
  constructor(code, detail) {
    super(`QFS_${code}: ${detail}`);
    this.code = `QFS_${code}`;
    this.detail = detail;
  }
}

// Throws the fault unless the condition holds.
export function demand(condition, code, detail) {
  if (!condition) throw new LedgerFault(code, detail);
}
