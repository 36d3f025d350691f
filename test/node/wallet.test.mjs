// wallet.test.mjs - src/core against viem, ethers, siwe and @noble/hashes.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// The C side is test/unit/wallet_tool.c: lines in, lines out.  It is built here
// unless QFS_WALLET_TOOL names a program that is built already.  Inputs come
// from a seed that is printed; QFS_SEED repeats a run, QFS_MUTATIONS lengthens it.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign as signEd25519 } from 'node:crypto';
import test from 'node:test';

import { keccak_256, sha3_256 } from '@noble/hashes/sha3';
import { Signature, Wallet, hashMessage as ethersHashMessage, verifyMessage } from 'ethers';
import { hashMessage as viemHashMessage, recoverMessageAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { createSiweMessage, parseSiweMessage } from 'viem/siwe';
import { SiweMessage } from 'siwe';

import { makeRandom } from './random.mjs';
import { mutate, randomFields } from './siwe_messages.mjs';
import { makeTool } from './tool.mjs';

const WALLETS = 1000;
const SIGNATURES = 1000;
const MESSAGES = 1000;
const MUTATIONS = Number(process.env.QFS_MUTATIONS ?? 10000);

// ---- the C side ----

const ask = makeTool('wallet_tool');

const hex = (data) => Buffer.from(data).toString('hex');
const unprefixed = (text) => text.slice(2);

const seed = process.env.QFS_SEED ?? hex(randomBytes(8));
const random = makeRandom(seed);
console.log(`QFS_SEED=${seed}`);

// ---- hashes ----

test('keccak-256 and sha3-256 of every length from 0 to 1000', () => {
  const inputs = Array.from({ length: 1001 }, (_, length) => random.bytes(length));
  assert.deepEqual(ask(inputs.map((data) => `keccak ${hex(data)}`)),
    inputs.map((data) => hex(keccak_256(data))));
  assert.deepEqual(ask(inputs.map((data) => `sha3 ${hex(data)}`)),
    inputs.map((data) => hex(sha3_256(data))));
});

test('personal_sign digests', () => {
  const messages = Array.from({ length: 1100 }, (_, length) => random.text(length));
  const ours = ask(messages.map((text) => `digest ${hex(text)}`));
  assert.deepEqual(ours, messages.map((text) => unprefixed(viemHashMessage(text))));
  assert.deepEqual(ours, messages.map((text) => unprefixed(ethersHashMessage(text))));
});

// ---- signatures ----

// A wallet, what it signed and how; every second one by the other library.
async function signed(number) {
  const key = `0x${hex(random.bytes(32))}`;
  const message = random.text(random.below(300));
  if (number % 2 === 0) {
    const account = privateKeyToAccount(key);
    return { message, address: account.address, signature: await account.signMessage({ message }) };
  }
  const wallet = new Wallet(key);
  return { message, address: wallet.address, signature: wallet.signMessageSync(message) };
}

// The forms in which a wallet may hand out one signature.
function forms(signature) {
  const parsed = Signature.from(signature);
  return [signature, parsed.compactSerialized,
    `${signature.slice(0, -2)}${parsed.yParity === 0 ? '00' : '01'}`];
}

const recoverLine = (message, signature) => `recover ${hex(message)} ${unprefixed(signature)}`;

test(`${WALLETS} wallets are recovered, from each form of their signature`, async () => {
  const cases = [];
  for (let i = 0; i < WALLETS; i++) {
    const { message, address, signature } = await signed(i);
    for (const form of forms(signature)) cases.push({ message, address, form });
  }
  const answers = ask(cases.map(({ message, form }) => recoverLine(message, form)));
  assert.deepEqual(answers, cases.map(({ address }) => address));
});

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const word = (n) => n.toString(16).padStart(64, '0');

// Ways to spoil r || s || v, and the code that each must get; null: any but the signer.
const SPOIL = {
  'the high s': ({ r, s, v }) => [word(r) + word(ORDER - s) + (v === 27 ? '1c' : '1b'), 'QFS_SIGNATURE_HIGH_S'],
  'the high s, same v': ({ r, s, v }) => [word(r) + word(ORDER - s) + v.toString(16), 'QFS_SIGNATURE_HIGH_S'],
  's plus the order, cut to 32 bytes': ({ r, s, v }) => [word(r) + word((s + ORDER) % (1n << 256n)) + v.toString(16), null],
  's zero': ({ r, v }) => [word(r) + word(0n) + v.toString(16), 'QFS_SIGNATURE_RANGE'],
  'r zero': ({ s, v }) => [word(0n) + word(s) + v.toString(16), 'QFS_SIGNATURE_RANGE'],
  'r not below the order': ({ s, v }) => [word(ORDER + BigInt(random.below(1000))) + word(s) + v.toString(16), 'QFS_SIGNATURE_RANGE'],
  's not below the order': ({ r, v }) => [word(r) + word(ORDER + BigInt(random.below(1000))) + v.toString(16), 'QFS_SIGNATURE_RANGE'],
  'another v': ({ r, s }) => [word(r) + word(s) + hex([random.pick([2, 3, 26, 29, 30, 31, 35, 36, 37, 38, 255])]), 'QFS_SIGNATURE_RECOVERY_ID'],
  'the other v': ({ r, s, v }) => [word(r) + word(s) + (v === 27 ? '1c' : '1b'), null],
  'r and s exchanged': ({ r, s, v }) => [word(s) + word(r) + v.toString(16), null],
  'bytes missing': ({ all }) => [all.slice(0, 2 * random.below(64)), 'QFS_CONTRACT_WALLET'],
  'bytes added': ({ all }) => [all + hex(random.bytes(1 + random.below(99))), 'QFS_CONTRACT_WALLET'],
  'wrapped as ERC-6492': ({ all }) => [all + '6492'.repeat(16), 'QFS_CONTRACT_WALLET'],
  'one bit': ({ all }) => [flipBit(all, random.below(64 * 8)), null],
  'one byte': ({ all }) => [hex(replaceByte(Buffer.from(all, 'hex'))), null],
};

function flipBit(all, bit) {
  const data = Buffer.from(all, 'hex');
  data[bit >> 3] ^= 1 << (bit & 7);
  return hex(data);
}

function replaceByte(data) {
  data[random.below(64)] ^= 1 + random.below(255);
  return data;
}

const attempt = (f) => {
  try {
    return f();
  } catch {
    return undefined;
  }
};

test(`${SIGNATURES} spoilt signatures never lead to their wallet`, async () => {
  const names = Object.keys(SPOIL);
  const cases = [];
  for (let i = 0; i < SIGNATURES; i++) {
    const { message, address, signature } = await signed(i);
    const { r, s, v } = Signature.from(signature);
    const name = names[i % names.length];
    const [spoilt, code] = SPOIL[name]({ r: BigInt(r), s: BigInt(s), v, all: unprefixed(signature) });
    cases.push({ name, message, address, spoilt: `0x${spoilt}`, code });
  }
  const answers = ask(cases.map(({ message, spoilt }) => recoverLine(message, spoilt)));
  let refused = 0;
  for (const [i, { name, message, address, spoilt, code }] of cases.entries()) {
    const answer = answers[i].split(' ')[0];
    const about = `${name}: ${spoilt}`;
    assert.notEqual(answer, address, about);
    if (code !== null) assert.equal(answer, code, about);
    if (answer.startsWith('QFS_')) {
      refused++;
      continue;
    }
    // An address is what the others recover, too: nothing is taken that they refuse.
    assert.equal(answer, attempt(() => verifyMessage(message, spoilt)), about);
    assert.equal(answer, await recoverMessageAddress({ message, signature: spoilt }), about);
  }
  console.log(`spoilt signatures: ${refused} refused, ${cases.length - refused} of somebody else`);
});

test('200 Ed25519 keys and signatures made by node', () => {
  const lines = [];
  for (let i = 0; i < 200; i++) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
    const message = random.bytes(random.below(200));
    const signature = signEd25519(null, message, privateKey);
    lines.push(`ed25519 ${hex(message)} ${hex(signature)} ${hex(key)}`);
    signature[random.below(64)] ^= 1 << random.below(8);
    lines.push(`ed25519 ${hex(message)} ${hex(signature)} ${hex(key)}`);
  }
  for (const [i, answer] of ask(lines).entries())
    assert.match(answer, i % 2 === 0 ? /^good$/ : /^QFS_SIGNATURE_(MISMATCH|NOT_CANONICAL) /);
});

// ---- sign-in messages ----

const siweLine = (text) => `siwe ${hex(text)}`;

// JavaScript has no leap second: the second before it, and one more.
function milliseconds(text) {
  if (text === undefined) return undefined;
  const before = text.replace(/^(.{16}):60/, '$1:59');
  return Date.parse(before) + (before === text ? 0 : 1000);
}

const present = (fields) => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));

// What the siwe package read, in our terms.
function fieldsOfSiwe(message) {
  return present({ address: message.address, chainId: message.chainId, domain: message.domain,
    expirationTime: milliseconds(message.expirationTime), issuedAt: milliseconds(message.issuedAt),
    nonce: message.nonce, notBefore: milliseconds(message.notBefore), requestId: message.requestId,
    resources: message.resources, scheme: message.scheme, statement: message.statement,
    uri: message.uri, version: Number(message.version) });
}

// viem does not tell an empty list or text from an absent one.
function fieldsOfViem(message) {
  const time = (date) => date?.getTime();
  return present({ ...message, expirationTime: time(message.expirationTime),
    issuedAt: time(message.issuedAt), notBefore: time(message.notBefore),
    version: Number(message.version) });
}

test(`${MESSAGES} messages built by viem are read alike, and written alike`, () => {
  const texts = Array.from({ length: MESSAGES }, () => {
    const { expirationTime, issuedAt, notBefore, ...fields } = randomFields(random);
    const date = (at) => (at === undefined ? undefined : new Date(at));
    return createSiweMessage({ ...fields, issuedAt: date(issuedAt),
      expirationTime: date(expirationTime), notBefore: date(notBefore) });
  });
  for (const [i, answer] of ask(texts.map(siweLine)).entries()) {
    assert.deepEqual(JSON.parse(answer), fieldsOfSiwe(new SiweMessage(texts[i])), texts[i]);
    assert.deepEqual(JSON.parse(answer), fieldsOfViem(parseSiweMessage(texts[i])), texts[i]);
  }
  assert.deepEqual(ask(texts.map((text) => `rewrite ${hex(text)}`)), texts.map((text) => hex(text)));
});

test(`${MESSAGES} messages built by siwe are read alike`, () => {
  const texts = Array.from({ length: MESSAGES }, () => {
    const fields = randomFields(random);
    const text = (at) => (at === undefined ? undefined : random.time(at));
    const statement = random.below(10) === 0 ? '' : fields.statement;
    return new SiweMessage({ ...fields, statement, issuedAt: text(fields.issuedAt),
      expirationTime: text(fields.expirationTime), notBefore: text(fields.notBefore) }).prepareMessage();
  });
  for (const [i, answer] of ask(texts.map(siweLine)).entries())
    assert.deepEqual(JSON.parse(answer), fieldsOfSiwe(new SiweMessage(texts[i])), texts[i]);
});

// Where we refuse what siwe takes: the reason, and how its answer reads.
const STRICTER = {
  'no user name in the domain': /^QFS_SIWE_DOMAIN .*user name/,
  'a domain has a host': /^QFS_SIWE_DOMAIN .*host is empty/,
  'limits, which EIP-4361 leaves to us': /^QFS_SIWE_LIMIT /,
  'a leap second ends a month in UTC': /^QFS_TIME_SYNTAX .*no leap second/,
  'an IPv4 address inside of IPv6 has four numbers without zeros in front': /^QFS_SIWE_SYNTAX .*(authority|URI)/,
};

const IPV4_IN_BRACKETS = /\[[0-9A-Fa-f:]*:[0-9.]*\.[0-9.]*\]/;

function reasonOf(text, answer) {
  for (const [reason, pattern] of Object.entries(STRICTER))
    if (pattern.test(answer) && (!reason.startsWith('an IPv4') || IPV4_IN_BRACKETS.test(text)))
      return reason;
  return undefined;
}

test(`${MUTATIONS} mutated messages: never more lenient than siwe`, () => {
  const texts = Array.from({ length: MUTATIONS }, () => mutate(random));
  const answers = ask(texts.map(siweLine));
  const found = new Map();
  let taken = 0;
  for (const [i, text] of texts.entries()) {
    const theirs = attempt(() => new SiweMessage(text));
    const ours = answers[i].startsWith('{') ? JSON.parse(answers[i]) : undefined;
    if (ours !== undefined) {
      taken++;
      assert.notEqual(theirs, undefined, `we take what siwe refuses: ${JSON.stringify(text)}`);
      assert.deepEqual(ours, fieldsOfSiwe(theirs), JSON.stringify(text));
    } else if (theirs !== undefined) {
      const reason = reasonOf(text, answers[i]);
      assert.notEqual(reason, undefined, `${answers[i]}: ${JSON.stringify(text)}`);
      const entry = found.get(reason) ?? { count: 0, example: answers[i] };
      found.set(reason, { ...entry, count: entry.count + 1 });
    }
  }
  console.log(`mutated messages: both take ${taken}; siwe takes, we refuse:`);
  for (const [reason, { count, example }] of found) console.log(`  ${count} x ${reason}: ${example}`);
});
