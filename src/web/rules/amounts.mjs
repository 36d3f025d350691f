// amounts.mjs - amounts: integers of 128 bits at scale 10^18, here as BigInt.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from './fault.mjs';

const SCALE = 18;
export const ONE = 10n ** BigInt(SCALE);
const LIMIT = 2n ** 128n;

function checked(n) {
  demand(n < LIMIT, 'AMOUNT_OVERFLOW', 'the amount has more than 128 bits');
  return n;
}

export function readAmount(text) {
  const parts = /^([0-9]+)(?:\.([0-9]{1,18}))?$/.exec(typeof text === 'string' ? text : '');
  demand(parts, 'AMOUNT_SYNTAX', 'an amount is a string of decimal digits with at most 18 after the point');
  return checked(BigInt(parts[1] + (parts[2] ?? '').padEnd(SCALE, '0')));
}

export const writeAmount = (n) => `${n / ONE}.${String(n % ONE).padStart(SCALE, '0')}`;
// As texts.
export const difference = (after, before) => writeAmount(readAmount(after) - readAmount(before));
export const sum = (a, b) => checked(a + b);

// Coherence after an act of this quality.
export const step = (coherence, quality, alpha) => checked((coherence * (ONE - alpha) + quality * alpha) / ONE);

// features and weights: amounts by name, the same names.
export function score(features, weights) {
  const total = Object.keys(weights).reduce((n, name) => n + features[name] * weights[name], 0n) / ONE;
  return total < ONE ? total : ONE;
}
