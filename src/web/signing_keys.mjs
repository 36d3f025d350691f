// signing_keys.mjs - the line of keys of a ledger: those of entry 0, and each that follows, which one in force before has endorsed.
// Keys are hexadecimal, as entries have them: {checkpoint, token, recovery}, the last undefined or null where there is none.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fromHex } from './bytes.mjs';
import { isPublicKey, isSigned } from './ed25519.mjs';
import { endorsement } from './payloads.mjs';
import { demand } from './rules/fault.mjs';
import { checkPayload } from './rules/forms.mjs';

// keys: all that are in force from here on.
export function checkKeys({ checkpoint, token, recovery }) {
  const named = Object.entries({ checkpoint, token, ...(recovery && { recovery }) });
  for (const [name, key] of named) demand(isPublicKey(fromHex(key)), 'ED25519_KEY', `the ${name} key is not a usable Ed25519 key`);
  demand(![checkpoint, token].includes(recovery), 'RECOVERY_KEY', 'the recovery key is one of the others');
}

const bytesOfKeys = (keys) => Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key && fromHex(key)]));

// The keys that a KEY_ROTATED puts in force after those that are, as number `number`.  The outgoing checkpoint key endorses
// them or, where the payload says so, the recovery key, which alone names the next one.  ledger: hash of entry 0.
export async function nextKeys(current, { by, keys, signature }, ledger, number) {
  demand(by !== 'recovery' || current.recovery, 'NO_RECOVERY_KEY', 'the ledger has no recovery key');
  const next = { recovery: current.recovery, ...keys };
  checkKeys(next);
  const signer = by === 'recovery' ? current.recovery : current.checkpoint;
  const message = endorsement(by, fromHex(ledger), number, bytesOfKeys(next));
  demand(await isSigned(message, fromHex(signature), fromHex(signer)), 'SIGNATURE_INVALID', `the ${by ?? 'outgoing checkpoint'} key has not signed key ${number}`);
  return next;
}

const isOf = (type) => ({ act, payload }) => act?.type === type && payload !== undefined;

// The checkpoint key in force after these entries, the last, and every one before it, as bytes.
export async function keysOf(entries, ledger) {
  const [genesis] = entries;
  demand(genesis?.seq === 0 && isOf('GENESIS')(genesis), 'BUNDLE_INCOMPLETE', 'entry 0');
  checkPayload('GENESIS', genesis.payload);
  let current = genesis.payload.keys;
  checkKeys(current);
  const line = [current.checkpoint];
  for (const { outcome, payload, seq } of entries.filter(isOf('KEY_ROTATED'))) {
    checkPayload('KEY_ROTATED', payload);
    demand(outcome?.result?.number === line.length, 'OUTCOME_MISMATCH', `entry ${seq}: key ${line.length} is next`);
    current = await nextKeys(current, payload, ledger, line.length);
    line.push(current.checkpoint);
  }
  return line.map(fromHex);
}
