// verify_bundle.mjs - runs src/web/verify_bundle.mjs over files: node verify_bundle.mjs VKEY FILE...; one verdict a line:
// "sound: executed", "sound: derived" where the rule was not executed, or the fault.
//
// SPDX-License-Identifier: AGPL-3.0-only
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { verifyBundle } from '../../src/web/verify_bundle.mjs';

// Node 18 has WebCrypto, and does not show it.
globalThis.crypto ??= webcrypto;

const [vkey, ...files] = process.argv.slice(2);
for (const file of files) {
  const { ok, faults, answer } = await verifyBundle(readFileSync(file, 'utf8'), vkey);
  console.log(ok ? `sound: ${answer.isRun ? 'executed' : 'derived'}` : `${faults[0].code}: ${faults[0].detail}`);
}
