// keccak.mjs - Keccak[1088, 512] of FIPS 202: SHA3-256, and Keccak-256 as Ethereum has it (another padding).
//
// SPDX-License-Identifier: AGPL-3.0-only

const RATE = 136;
const MASK = 2n ** 64n - 1n;
const turn = (lane, by) => ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & MASK;

// FIPS 202, 3.2.5: a bit of the constant for each step of a linear feedback shift register.
const ROUND_CONSTANTS = [];
for (let round = 0, lfsr = 1; round < 24; round++) {
  let constant = 0n;
  for (let j = 0; j < 7; j++) {
    if (lfsr & 1) constant |= 1n << BigInt(2 ** j - 1);
    lfsr = (lfsr << 1) ^ (lfsr >> 7 ? 0x171 : 0);
  }
  ROUND_CONSTANTS.push(constant);
}

// Rho and pi (3.2.2, 3.2.3) follow one path over the lanes: where it goes and how far each lane turns.
const LANE_PATH = [];
for (let t = 0, x = 1, y = 0; t < 24; t++) {
  const next = [y, (2 * x + 3 * y) % 5];
  LANE_PATH.push({ to: next[0] + 5 * next[1], by: ((t + 1) * (t + 2) / 2) % 64 });
  [x, y] = next;
}

function permute(lanes) {
  for (const constant of ROUND_CONSTANTS) {
    const columns = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
    for (let i = 0; i < 25; i++) lanes[i] ^= columns[(i + 4) % 5] ^ turn(columns[(i + 1) % 5], 1);
    let lane = lanes[1];
    for (const { to, by } of LANE_PATH) [lane, lanes[to]] = [lanes[to], turn(lane, by)];
    for (let y = 0; y < 25; y += 5) {
      const row = lanes.slice(y, y + 5);
      for (let x = 0; x < 5; x++) lanes[y + x] = row[x] ^ (~row[(x + 1) % 5] & MASK & row[(x + 2) % 5]);
    }
    lanes[0] ^= constant;
  }
}

function sponge(message, suffix) {
  const padded = new Uint8Array(RATE * (Math.floor(message.length / RATE) + 1));
  padded.set(message);
  padded[message.length] = suffix;
  padded[padded.length - 1] |= 0x80;
  const view = new DataView(padded.buffer);
  const lanes = Array(25).fill(0n);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let i = 0; i < RATE / 8; i++) lanes[i] ^= view.getBigUint64(block + 8 * i, true);
    permute(lanes);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) digest.setBigUint64(8 * i, lanes[i], true);
  return new Uint8Array(digest.buffer);
}

export const sha3 = (message) => sponge(message, 0x06);
export const keccak256 = (message) => sponge(message, 0x01);
