// names.mjs - addresses, user ids and what follows from them.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toHex, utf8 } from '../bytes.mjs';
import { keccak256, sha3 } from './keccak.mjs';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const CODE_LENGTH = 22;

// EIP-55: letters are capital where the hash of the lower case has a digit of 8 or more.
export function checksummed(hex) {
  const digest = toHex(keccak256(utf8(hex)));
  return `0x${Array.from(hex, (char, i) => (digest[i] >= '8' ? char.toUpperCase() : char)).join('')}`;
}

export const userIdOf = (wallet) => `user_${toHex(sha3(utf8(wallet.toLowerCase())))}`;

// Text of a code: the first 16 bytes of a hash in base 59.
export function referralCode(account) {
  let rest = BigInt(`0x${toHex(sha3(utf8(`${account}:QFS_REF_V1`)).subarray(0, 16))}`);
  let code = '';
  for (; code.length < CODE_LENGTH; rest /= BigInt(ALPHABET.length)) code = ALPHABET[Number(rest % BigInt(ALPHABET.length))] + code;
  return code;
}

// The lower account first.
export const pairOf = (a, b) => (a < b ? [a, b] : [b, a]);
