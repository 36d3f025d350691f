// wallet_act.test.mjs - what a wallet signs to act without a session: the known answer of docs/format.md, and viem, ethers and
// src/core against src/web.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The C side is test/unit/wallet_tool.c: wallet.test.mjs says how.  QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import test from 'node:test';

import { Signature, Wallet, verifyMessage } from 'ethers';
import { recoverMessageAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { canonical } from '../../src/web/canonical.mjs';
import { eventText, walletText } from '../../src/web/payloads.mjs';
import { userIdOf } from '../../src/web/rules/names.mjs';
import { checkWalletSignature } from '../../src/web/rules/sessions.mjs';
import { makeRandom } from './random.mjs';
import { randomObject } from './random_schema.mjs';
import { makeTool } from './tool.mjs';

const ACTS = 60;

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
const random = makeRandom(seed);
console.log(`# wallet_act: QFS_SEED=${seed}`);

const ask = makeTool('wallet_tool');
const hex = (data) => Buffer.from(data).toString('hex');
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// ---- the known answer ----

const PROPOSAL = { action: { policy: { referral: { cap: 50 } } }, text: '42718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883', title: 'Halve the referral cap', track: 'parameter' };
const ACTION = 'eaee9a0edaaac06e49ee914d10cb950480a77036f066cffae201701f1d1a740b';
const LEDGER = { ledger: '11'.repeat(32), origin: 'ledger.example/gov' };
const BALLOT = { type: 'VOTE_CAST', payload: { action: ACTION, choice: 'yes', proposal: 184 } };
const KEY = `0x${'07'.repeat(32)}`;
const SIG = '0x0c7fe14dabb3ea654587fe5cd8caf835be0abe309ba5a52f412f1936979b81bb4e9a100b2dddfafb2833bfb9959b5295697fdbeb84644270621bc06671a1eaa51b';
const VOTER = userIdOf(new Wallet(KEY).address);

const textOf = ({ ledger, origin }, { type, payload }, nonce) => walletText({ ledger, nonce, origin, payload, type });
const entryOf = ({ type, payload }, nonce, actor, sig) => ({ act: { actor, auth: { nonce, via: 'wallet' }, type }, payload, sig });
const code = (run) => {
  try {
    run();
    return null;
  } catch (error) {
    return error.code;
  }
};

test('the ballot of docs/format.md, signed by viem and by ethers', async () => {
  assert.equal(sha256(canonical(PROPOSAL)), ACTION);
  const text = textOf(LEDGER, BALLOT, 7);
  assert.equal(text, `ledger.example/gov asks for your signature.\n\nEvent: VOTE_CAST\nPayload: {"action":"${ACTION}","choice":"yes","proposal":184}\nNonce: 7\nLedger: ${'11'.repeat(32)}`);
  assert.equal(Buffer.byteLength(text), 260);
  assert.match(VOTER, /^user_fbcaab4f.*b06de$/);
  assert.equal(await privateKeyToAccount(KEY).signMessage({ message: text }), SIG);
  assert.equal(new Wallet(KEY).signMessageSync(text), SIG);
  checkWalletSignature(LEDGER, entryOf(BALLOT, 7, VOTER, SIG));
  assert.deepEqual(ask([`recover ${hex(text)} ${SIG.slice(2)}`]), [new Wallet(KEY).address]);
  assert.equal(sha256(eventText({ actor: VOTER, ledger: LEDGER.ledger, nonce: 7, ...BALLOT })), '1aca2c1b4f00ea1db874f3b96ab260bbb69efec28d56f24955885d08ce1ae873');
});

// ---- what is refused ----

const { r, s } = Signature.from(SIG);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const word = (n) => n.toString(16).padStart(64, '0');
const SPELLINGS = {
  'no prefix': [SIG.slice(2), 'QFS_AUTH_INVALID'], 'upper case': [SIG.toUpperCase(), 'QFS_AUTH_INVALID'], 'half a byte more': [`${SIG}0`, 'QFS_AUTH_INVALID'],
  'EIP-2098': [Signature.from(SIG).compactSerialized, 'QFS_AUTH_INVALID'], 'a number': [7, 'QFS_AUTH_INVALID'], nothing: ['', 'QFS_AUTH_INVALID'],
  'longer than is looked at': [`0x${'ab'.repeat(2049)}`, 'QFS_AUTH_INVALID'], 'as long as is looked at': [`0x${'ab'.repeat(2048)}`, 'QFS_CONTRACT_WALLET'],
  'no bytes': ['0x', 'QFS_CONTRACT_WALLET'], 'a byte more': [`${SIG}00`, 'QFS_CONTRACT_WALLET'], 'ERC-6492': [`${SIG}${'6492'.repeat(16)}`, 'QFS_CONTRACT_WALLET'],
  'another last byte': [`${SIG.slice(0, -2)}1d`, 'QFS_SIGNATURE_RECOVERY_ID'], 'r is 0': [`0x${word(0n)}${s.slice(2)}1b`, 'QFS_SIGNATURE_RANGE'],
  'the high s': [`${r}${word(ORDER - BigInt(s))}1c`, 'QFS_SIGNATURE_HIGH_S'], 'the other parity': [`${SIG.slice(0, -2)}1c`, 'QFS_SIGNATURE_MISMATCH'],
};

test('a signature has one spelling, and is that of a key', () => {
  for (const [name, [sig, expected]] of Object.entries(SPELLINGS)) assert.equal(code(() => checkWalletSignature(LEDGER, entryOf(BALLOT, 7, VOTER, sig))), expected, name);
  // 0 and 1 are what some wallets write for 27 and 28.
  assert.equal(code(() => checkWalletSignature(LEDGER, entryOf(BALLOT, 7, VOTER, `${SIG.slice(0, -2)}00`))), null);
  assert.equal(code(() => checkWalletSignature(LEDGER, entryOf(BALLOT, 7, VOTER, undefined))), null, 'what was erased cannot be asked');
});

test('every part of the event is signed', () => {
  const { payload } = BALLOT;
  const others = {
    origin: [{ ...LEDGER, origin: 'ledger.example/other' }, entryOf(BALLOT, 7, VOTER, SIG)],
    ledger: [{ ...LEDGER, ledger: '12'.repeat(32) }, entryOf(BALLOT, 7, VOTER, SIG)],
    nonce: [LEDGER, entryOf(BALLOT, 8, VOTER, SIG)],
    type: [LEDGER, entryOf({ ...BALLOT, type: 'VOTE_CASTS' }, 7, VOTER, SIG)],
    actor: [LEDGER, entryOf(BALLOT, 7, VOTER.replace(/.$/, '0'), SIG)],
    ...Object.fromEntries(Object.entries({ choice: 'no', proposal: 185, action: 'ab'.repeat(32), reason: 'cd'.repeat(32) })
      .map(([name, value]) => [name, [LEDGER, entryOf({ ...BALLOT, payload: { ...payload, [name]: value } }, 7, VOTER, SIG)]])),
  };
  for (const [name, [ledger, entry]] of Object.entries(others)) assert.match(code(() => checkWalletSignature(ledger, entry)), /^QFS_SIGNATURE_(MISMATCH|NO_KEY)$/, name);
});

// ---- random acts ----

test(`${ACTS} acts: signed by viem or ethers, recovered by viem, ethers, src/core and src/web`, async () => {
  const acts = [];
  for (let n = 0; n < ACTS; n++) {
    const key = `0x${hex(random.bytes(32))}`;
    const ledger = { ledger: hex(random.bytes(32)), origin: `ledger${random.below(9)}.example/${random.below(99)}` };
    const event = { type: random.pick(['VOTE_CAST', 'PROPOSAL_CREATED', 'A']), payload: randomObject(random) };
    const nonce = 1 + random.below(2 ** 40);
    const text = textOf(ledger, event, nonce);
    const sig = n % 2 === 0 ? await privateKeyToAccount(key).signMessage({ message: text }) : new Wallet(key).signMessageSync(text);
    acts.push({ address: new Wallet(key).address, event, ledger, nonce, sig, text });
  }
  assert.deepEqual(ask(acts.map(({ sig, text }) => `recover ${hex(text)} ${sig.slice(2)}`)), acts.map(({ address }) => address));
  for (const { address, event, ledger, nonce, sig, text } of acts) {
    assert.equal(await recoverMessageAddress({ message: text, signature: sig }), address);
    assert.equal(verifyMessage(text, sig), address);
    checkWalletSignature(ledger, entryOf(event, nonce, userIdOf(address), sig));
    assert.equal(code(() => checkWalletSignature(ledger, entryOf(event, nonce, VOTER, sig))), 'QFS_SIGNATURE_MISMATCH');
  }
});
