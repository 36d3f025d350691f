// rules.test.mjs - the rules in JavaScript (src/web/rules): known answers, other people's cryptography, ledgers that do not
// hold, and random ledgers against qfs-verify.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs no server, but a qfs-verify: the one of this tree, or the one that is installed.  QFS_SEED repeats a run.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { secp256k1 } from '@noble/curves/secp256k1';
import { keccak_256, sha3_256 } from '@noble/hashes/sha3';
import { privateKeyToAccount } from 'viem/accounts';

import { canonical } from '../../src/web/canonical.mjs';
import { commit, hashOf, headOf, readLine, saltOf } from '../../src/web/rules/entry.mjs';
import { readJson } from '../../src/web/rules/json.mjs';
import { keccak256, sha3 } from '../../src/web/rules/keccak.mjs';
import { checksummed } from '../../src/web/rules/names.mjs';
import { replay } from '../../src/web/rules/replay.mjs';
import { recoverKey } from '../../src/web/rules/secp256k1.mjs';
import { signerOf } from '../../src/web/rules/siwe.mjs';
import { forge, hashAgain, pathsOf } from './forging.mjs';
import { ed25519Of, ledgerKeys, LedgerWriter, POLICY } from './ledger_writer.mjs';
import { shown, shownAccount } from './partial_lines.mjs';
import { makeRandom } from './random.mjs';
import { randomLedger } from './random_ledger.mjs';
import { randomObject, randomSchema } from './random_schema.mjs';
import { mutate } from './siwe_messages.mjs';
import { askVerifier, codesOf, firstOf } from './verifier.mjs';

const seed = process.env.QFS_SEED ?? randomBytes(8).toString('hex');
console.log(`# rules: QFS_SEED=${seed}`);
const random = makeRandom(seed);

const LEDGERS = 6;
const ENTRIES = 150;
const INPUTS = 300;
const SCHEMAS = 200;
const MESSAGES = 1500;
const FORGERIES = 40;

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const folder = mkdtempSync(join(tmpdir(), 'qfs-rules-'));
after(() => rmSync(folder, { recursive: true }));

// ---- known answers of docs/format.md ----

const ACCOUNT = `user_${'a1'.repeat(32)}`;
const KNOWN = {
  accounts: [], act: { actor: 'system', auth: { via: 'operator' }, type: 'ORDER_PLACED' }, at: 1795376692123, outcome: {},
  payload: { note: 'é€😀', order: 1001 }, prev: '0'.repeat(64), salt: '000102030405060708090a0b0c0d0e0f', seq: 7, sig: null, v: 2,
};
const KNOWN_PARTS = [
  { account: ACCOUNT, kind: 'standing', policy: 0, previous: 3, rules: ['X'], state: { points: 10 }, was: { points: 0 } },
  { account: ACCOUNT, kind: 'nonce', policy: 0, previous: null, rules: ['Y'], state: { event_nonce: 1 }, was: {} },
];

test('the known answers of the format', async () => {
  const head = await headOf(KNOWN);
  assert.deepEqual(head, {
    accounts: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', act: 'b8c5b42fadab1a07d2b225307693960c3d004e61ef46ec7dfc4e45d1916faebc',
    at: KNOWN.at, outcome: 'ce5b90686a4df4b8795152a838bfa07c8b9d2a0a3ea0e05eb5c63af5c8909abe',
    payload: '3853a8b7745e66ac2345dd462e60969ccc8a28463ad3da3ed9cfd853fe12e2e8', prev: KNOWN.prev, seq: 7,
    sig: 'a50334bdd97d67e505f7782e5bf422722a9e8089593c6635cf3eb8fbd41ef899', v: 2,
  });
  assert.equal(await hashOf(head), 'f1b4e97ad13e8d93651498ad75e2860f06950ce9650460cc3bb7ce2d8beee21e');
  assert.equal(hex(await saltOf(Buffer.from(KNOWN.salt, 'hex'), Buffer.from('payload'))), '97ee5abcc002166a49525428990ee02c');
  const more = await headOf({ ...KNOWN, seq: 8, accounts: KNOWN_PARTS });
  assert.equal(more.accounts, 'b5589ddb32b2992ca647b976d6c605556fdafeb5111a1a3093200507d45b9e1c');
  assert.equal(await hashOf(more), '30f973701b3bbb745b5362d6ab8a5485eb58e7ac4d54e53064c219f0d2071f57');
});

// ---- cryptography ----

test('Keccak is that of noble', () => {
  for (let length = 0; length < INPUTS; length++) {
    const message = random.bytes(length);
    assert.equal(hex(sha3(message)), hex(sha3_256(message)));
    assert.equal(hex(keccak256(message)), hex(keccak_256(message)));
  }
});

test('keys are recovered as noble recovers them', () => {
  for (let i = 0; i < 40; i++) {
    const [secret, digest] = [random.bytes(32), random.bytes(32)];
    const { r, s, recovery } = secp256k1.sign(digest, secret, { extraEntropy: random.bytes(32) });
    assert.equal(hex(recoverKey(digest, r, s, BigInt(recovery))), hex(secp256k1.getPublicKey(secret, false).slice(1)));
  }
});

test('the signer of a message is the one whom viem lets sign it', async () => {
  for (let i = 0; i < 20; i++) {
    const account = privateKeyToAccount(`0x${hex(random.bytes(32))}`);
    const message = random.text(random.below(300));
    const signature = await account.signMessage({ message });
    assert.equal(signerOf(message, signature), account.address);
    assert.equal(checksummed(account.address.slice(2).toLowerCase()), account.address);
    // EIP-2098: the parity is the top bit of s.
    const top = signature.endsWith('1c') ? 8 : 0;
    assert.equal(signerOf(message, signature.slice(0, 66) + (parseInt(signature[66], 16) | top).toString(16) + signature.slice(67, 130)), account.address);
  }
});

// ---- JSON ----

test('JSON is read as values, and nothing is guessed', () => {
  assert.equal(canonical(readJson(' { "b" : [ 1 , -2 ] ,\n"\\u0061":"\\u00e9\\/" , "__proto__":null } ')), '{"__proto__":null,"a":"é/","b":[1,-2]}');
  const refused = {
    '{"a":1,"\\u0061":1}': 'QFS_JSON_SYNTAX', '[1,]': 'QFS_JSON_SYNTAX', '{"a":1}x': 'QFS_JSON_SYNTAX', "{'a':1}": 'QFS_JSON_SYNTAX', '': 'QFS_JSON_SYNTAX',
    '"\u0001"': 'QFS_JSON_SYNTAX', '1.5': 'QFS_JSON_NUMBER', '15e-1': 'QFS_JSON_NUMBER', '1e16': 'QFS_JSON_NUMBER', '1e400': 'QFS_JSON_NUMBER', '100e-3': 'QFS_JSON_NUMBER', '01': 'QFS_JSON_SYNTAX', '1.': 'QFS_JSON_SYNTAX', '9007199254740992': 'QFS_JSON_NUMBER',
    '"\\ud800"': 'QFS_JSON_TEXT', '"\\u0000"': 'QFS_JSON_TEXT', [`${'['.repeat(33)}${']'.repeat(33)}`]: 'QFS_JSON_DEPTH',
  };
  for (const [text, code] of Object.entries(refused)) assert.throws(() => readJson(text), { code }, text);
  // A number counts for what it denotes.
  const numbers = { '1.0': 1, '10e-1': 1, '1e2': 100, '0.25E+2': 25, '-1.50e1': -15, '-0': 0, '0.000e-7': 0, '-9007199254740991.0': -9007199254740991 };
  for (const [text, number] of Object.entries(numbers)) assert.ok(Object.is(readJson(text), number), text);
});

// ---- lines ----

// An operator's ledger; entry 2 has something of everything in its payload.
async function plainLedger() {
  const w = new LedgerWriter();
  await w.genesis();
  await w.append('EVENT_TYPE', { by: 'operator', schema: {}, type: 'NOTED' });
  await w.append('NOTED', { a: 'é/"', n: 100, list: [1, 2] });
  await w.append('NOTED', {});
  return w.lines;
}

const partOf = (n) => ({ account: LedgerWriter.user(n), kind: 'standing', policy: 0, previous: null, rules: ['X'], state: {}, was: {} });
const edited = (edit) => (line) => {
  const entry = JSON.parse(line);
  edit(entry);
  return JSON.stringify(entry);
};

// Of each fault what is done to line 2, and what is said.
const BAD_LINES = {
  'no JSON': [() => 'hello', '2 QFS_JSON_SYNTAX'],
  'nothing': [() => '', '2 QFS_JSON_SYNTAX'],
  'a list': [() => '[]', '2 QFS_ENTRY_FORMAT'],
  'two equal names in the head': [(line) => line.replace('"v":2', '"v":2,"v":2'), '2 QFS_JSON_SYNTAX'],
  'two equal names in the payload, one in escapes': [(line) => line.replace('"n":100', '"n":100,"\\u006e":100'), '2 QFS_JSON_SYNTAX'],
  'a fraction': [(line) => line.replace('100', '100.5'), '2 QFS_JSON_NUMBER'],
  'a lone surrogate': [(line) => line.replace('é', '\\udc00'), '2 QFS_JSON_TEXT'],
  'a member more': [edited((e) => { e.x = 1; }), '2 QFS_ENTRY_FORMAT'],
  'a member less': [edited((e) => { delete e.sig; }), '2 QFS_ENTRY_FORMAT'],
  'format 1': [edited((e) => { e.v = 1; }), '2 QFS_ENTRY_FORMAT'],
  'a negative number': [edited((e) => { e.seq = -1; }), '2 QFS_ENTRY_FORMAT'],
  'a time that is none': [edited((e) => { e.at = '1'; }), '2 QFS_ENTRY_FORMAT'],
  'a hash in capitals': [edited((e) => { e.prev = e.prev.toUpperCase(); }), '2 QFS_ENTRY_FORMAT'],
  'a short salt': [edited((e) => { e.salt = e.salt.slice(2); }), '2 QFS_ENTRY_FORMAT'],
  'no salt': [edited((e) => { delete e.salt; }), '2 QFS_ENTRY_FORMAT'],
  'a payload that is no object': [edited((e) => { e.payload = []; }), '2 QFS_ENTRY_FORMAT'],
  'a commitment in a full line': [edited((e) => { e.payload = '0'.repeat(64); }), '2 QFS_ENTRY_FORMAT'],
  'a root in a full line': [edited((e) => { e.accounts = '0'.repeat(64); }), '2 QFS_ENTRY_FORMAT'],
  'a member more in act': [edited((e) => { e.act.x = 1; }), '2 QFS_ENTRY_FORMAT'],
  'two parts of one account and kind': [edited((e) => { e.accounts = [partOf(1), partOf(1)]; }), '2 QFS_ENTRY_FORMAT'],
  'seventeen parts of accounts': [edited((e) => { e.accounts = Array.from({ length: 17 }, (_, i) => partOf(i)); }), '2 QFS_ENTRY_FORMAT'],
  'a part of an account of another form': [edited((e) => { e.accounts = [{ ...partOf(1), kind: 'wealth' }]; }), '2 QFS_ENTRY_FORMAT'],
  'a payload that is too long': [edited((e) => { e.payload = { a: 'x'.repeat(65535 - 7) }; }), '2 QFS_ENTRY_TOO_LARGE'],
  'an outcome that is too long': [edited((e) => { e.outcome = { a: 'x'.repeat(16384 - 7) }; }), '2 QFS_ENTRY_TOO_LARGE'],
  'parts that are too long together': [edited((e) => {
    e.payload = { a: 'x'.repeat(65535 - 8) };
    e.accounts = [1, 2, 3, 4, 5].map((n) => ({ ...partOf(n), state: { a: 'x'.repeat(14000) } }));
  }), '2 QFS_ENTRY_TOO_LARGE'],
  'another number': [edited((e) => { e.seq = 3; }), '2 QFS_SEQ_GAP'],
  'another salt': [edited((e) => { e.salt = '0'.repeat(32); }), '2 QFS_LINK_BROKEN'],
  'another payload': [edited((e) => { e.payload.n = 101; }), '2 QFS_LINK_BROKEN'],
  'another time': [edited((e) => { e.at += 1; }), '2 QFS_LINK_BROKEN'],
  'a part of an account that the rules do not give': [edited((e) => { e.accounts = [partOf(1)]; }), '2 QFS_OUTCOME_MISMATCH'],
  'another outcome': [edited((e) => { e.outcome = { x: 1 }; }), '2 QFS_OUTCOME_MISMATCH'],
  'an auth of no form': [edited((e) => { e.act.auth = { via: 'luck' }; }), '2 QFS_AUTH_INVALID'],
  ...Object.fromEntries([[null, 'null'], [{}, 'empty'], [{ id: '1-0' }, 'no stream'], [{ stream: 'x' }, 'no id'], [{ id: '1-0', stream: 'x', more: 1 }, 'more'],
    ...['0-0', '1', '01-0', '1-*', '18446744073709551616-0', '1-18446744073709551616', 1].map((id) => [{ id, stream: 'x' }, `id ${id}`]),
    ...['', 'a b', 'a"b', 'a\\b', 'é', 'x'.repeat(201), 1].map((stream) => [{ id: '1-0', stream }, `stream ${stream}`]),
  ].map(([source, name]) => [`a source that is none: ${name}`, [edited((e) => { e.act.auth = { source, via: 'operator' }; }), '2 QFS_AUTH_INVALID']])),
  ...Object.fromEntries([{ nonce: 1, via: 'ledger' }, { nonce: 1, via: 'operator' }, { nonce: 0, via: 'wallet' }, { nonce: '1', via: 'wallet' }, { key: 'A'.repeat(43), nonce: 1, via: 'wallet' },
    { source: { id: '1-0', stream: 'x' }, via: 'ledger' }, { nonce: 1, source: { id: '1-0', stream: 'x' }, via: 'wallet' },
  ].map((auth) => [`an auth of no form: ${canonical(auth)}`, [edited((e) => { e.act.auth = auth; }), '2 QFS_AUTH_INVALID']])),
  'a signature of the ledger': [edited((e) => { e.act.auth = { via: 'ledger' }; e.sig = `0x${'11'.repeat(65)}`; }), '2 QFS_AUTH_INVALID'],
  'a wallet that has not signed': [edited((e) => { e.act.auth = { nonce: 1, via: 'wallet' }; e.sig = null; }), '2 QFS_AUTH_INVALID'],
  'a source of a wallet': [edited((e) => { e.act.auth = { source: { id: '1-0', stream: 'x' }, via: 'wallet' }; }), '2 QFS_AUTH_INVALID'],
};

test('lines that are spoilt', async () => {
  const lines = await plainLedger();
  assert.deepEqual(codesOf(await replay(lines)), []);
  for (const [name, [spoil, code]] of Object.entries(BAD_LINES)) {
    const spoilt = lines.map((text, i) => (i === 2 ? spoil(text) : text));
    assert.equal(codesOf(await replay(spoilt))[0], code, name);
    assert.ok(askVerifier(spoilt).faults.length > 0, name);
  }
});

test('the order of members, white space and escapes make no difference', async () => {
  const lines = await plainLedger();
  const sound = await replay(lines);
  const spellings = [
    (line) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse())), (line) => JSON.stringify(JSON.parse(line), null, 1),
    (line) => line.replaceAll('é', '\\u00E9').replaceAll('/', '\\/'), (line) => ` ${line}\r`,
  ];
  for (const spell of spellings) assert.deepEqual(await replay(lines.map(spell)), sound);
});

// ---- lines that show some parts ----

test('a line may show any of the parts, and has the hash of the entry', async () => {
  const entry = { ...KNOWN, seq: 8, accounts: KNOWN_PARTS };
  const head = await headOf(entry);
  const hash = await hashOf(head);
  const commitmentOf = async (i) => {
    const { part, salt } = await shownAccount(entry, i);
    return commit(Buffer.from(salt, 'hex'), part);
  };
  const lines = {
    head, full: entry, payload: { ...head, payload: await shown(entry, 'payload') }, sig: { ...head, sig: await shown(entry, 'sig') },
    'act and outcome': { ...head, act: await shown(entry, 'act'), outcome: await shown(entry, 'outcome') },
    'an account': { ...head, accounts: [await shownAccount(entry, 0), await commitmentOf(1)] },
    'the other': { ...head, accounts: [await commitmentOf(0), await shownAccount(entry, 1)] },
  };
  for (const [name, line] of Object.entries(lines)) assert.equal((await readLine(canonical(line))).hash, hash, name);

  const payload = await shown(entry, 'payload');
  const others = {
    'another salt': { ...head, payload: { ...payload, salt: '0'.repeat(32) } },
    'the salt of another part': { ...head, payload: { ...payload, salt: (await shown(entry, 'act')).salt } },
    'a commitment in the wrong place': { ...head, payload: head.outcome, outcome: head.payload },
    'a part in the wrong place': { ...head, outcome: payload },
    'parts of accounts in another order': { ...head, accounts: [await shownAccount(entry, 1), await shownAccount(entry, 0)] },
    'a part of an account of another entry': { ...head, accounts: [await shownAccount({ ...entry, salt: 'f'.repeat(32) }, 0), await commitmentOf(1)] },
  };
  for (const [name, line] of Object.entries(others)) assert.notEqual((await readLine(canonical(line))).hash, hash, name);

  const refused = {
    'a member more': { ...head, x: 1 }, 'a salt beside commitments': { ...head, salt: KNOWN.salt }, 'a part without its salt': { ...head, payload: KNOWN.payload },
    'a bare null': { ...head, sig: null }, 'a shown part with a member more': { ...head, payload: { ...payload, x: 1 } },
    'a list that shows none': { ...head, accounts: [await commitmentOf(0), await commitmentOf(1)] }, 'an empty list': { ...head, accounts: [] },
    'a part twice': { ...head, accounts: [await shownAccount(entry, 0), await shownAccount(entry, 0)] },
    'a payload that is none': { ...head, payload: { ...payload, part: [] } },
  };
  for (const [name, line] of Object.entries(refused)) await assert.rejects(() => readLine(canonical(line)), { code: 'QFS_ENTRY_FORMAT' }, name);
});

// ---- what the rules refuse ----

// Accounts 1 (with a device) and 2 (without), both with a chat key.
async function twoAccounts(changes) {
  const w = new LedgerWriter();
  await w.genesis(changes);
  for (const n of [1, 2]) {
    await w.login(n, { device: n === 1 ? 1 : null });
    await w.chatKey(n);
  }
  w.force = true;
  return w;
}

const CONTENT = 'ab'.repeat(32);
const FEATURES = { clarity: '0.5', contradiction: '1', hsmf: '0.25', logic: '0.333333333333333333', signal: '0', topic: '1.0' };
const UNTRUSTED = { keys: ledgerKeys(1).payload, signature: '00'.repeat(64) };
const line = (number, text) => ({ edit: (lines) => lines.map((one, i) => (i === number ? text : one)) });
const scored = async (w, by, content, features) => {
  await w.act(2, 'CONTENT_CREATED', { content: CONTENT, kind: 'text', size: 1 });
  await w.act(by, 'COHERENCE_SCORED', { content, features });
};
const POLICY_OF = { evaluators: [LedgerWriter.user(1), LedgerWriter.user(2)], limits: { ...POLICY.limits, logins_per_minute: 2, messages_per_minute: 1 } };
const high = (signature) => {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  return signature.slice(0, 66) + (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0') + (signature.endsWith('1b') ? '1c' : '1b');
};

const REFUSED = {
  QFS_GENESIS_EXISTS: (w) => w.genesis(),
  QFS_TYPE_UNKNOWN: (w) => w.append('NOTHING', {}),
  QFS_TYPE_SYNTAX: (w) => w.append('EVENT_TYPE', { by: 'account', schema: {}, type: 'small' }),
  QFS_TYPE_EXISTS: (w) => w.append('EVENT_TYPE', { by: 'account', schema: {}, type: 'LOGIN' }),
  QFS_TYPE_RESERVED: (w) => w.append('EVENT_TYPE', { by: 'account', schema: {}, type: 'VOTE' }),
  QFS_SCHEMA_INVALID: (w) => w.append('EVENT_TYPE', { by: 'account', schema: { minimum: 2, maximum: 1 }, type: 'NOTE' }),
  QFS_POLICY_INVALID: (w) => w.setPolicy({ block_ms: 18000 }),
  QFS_NO_RECOVERY_KEY: (w) => w.append('KEY_ROTATED', { ...UNTRUSTED, by: 'recovery' }),
  QFS_RULES_UNKNOWN: (w) => w.setPolicy({ rules: 2 }),
  QFS_SIGNATURE_INVALID: (w) => w.append('KEY_ROTATED', UNTRUSTED),
  QFS_ED25519_KEY: (w) => w.append('KEY_ROTATED', { ...UNTRUSTED, keys: { ...UNTRUSTED.keys, token: '00'.repeat(32) } }),
  QFS_PAYLOAD_INVALID: (w) => w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'later', seq: w.lines.length }] }),
  QFS_FORBIDDEN: (w) => w.act(2, 'EVENT_TYPE', { by: 'account', schema: {}, type: 'NOTE' }),
  QFS_NO_SESSION: (w) => w.append('CHAT_KEY', { key: 'x'.repeat(43) }),
  QFS_ACTOR_MISMATCH: (w) => w.act(2, 'CHAT_KEY', { key: 'x'.repeat(43) }, { session: w.sessions.get(1), sign: false }),
  QFS_AUTH_INVALID: (w) => w.append('NOTHING', {}, { sig: 'x' }),
  QFS_EVENT_UNSIGNED: (w) => w.chatKey(1, { sign: false }),
  QFS_EVENT_KEY: (w) => w.chatKey(1, { device: 2 }),
  QFS_EVENT_NONCE: (w) => w.chatKey(1, { nonce: 1 }),
  QFS_EVENT_NONCE_AHEAD: (w) => w.chatKey(1, { nonce: w.at + 86400001 }),
  QFS_SIGNATURE_MISMATCH: (w) => w.chatKey(1, { spoil: (entry) => { entry.payload.key = ed25519Of('another').key.toString('base64url'); } }),
  QFS_SESSION_ENDED: (w) => w.wait(17000 * 1000).chatKey(1),
  QFS_SESSION_UNKNOWN: (w) => w.append('SESSION_REVOKED', { reason: 'admin', session: '00'.repeat(32) }),
  QFS_SESSION_FOREIGN: (w) => w.act(1, 'SESSION_REVOKED', { reason: 'user_logout', session: w.sessions.get(2) }),
  QFS_SIWE_SYNTAX: (w) => w.login(1, line(2, 'x')),
  QFS_SIWE_VERSION: (w) => w.login(1, line(6, 'Version: 2')),
  QFS_SIWE_ADDRESS: (w) => w.login(1, line(1, LedgerWriter.wallet(1).address.toLowerCase())),
  QFS_TIME_SYNTAX: (w) => w.login(1, line(9, 'Issued At: 2026-02-30T00:00:00Z')),
  QFS_LOGIN_DOMAIN: (w) => w.login(1, line(5, 'URI: https://app.example.org.evil')),
  QFS_LOGIN_CHAIN: (w) => w.login(1, line(7, 'Chain ID: 2')),
  QFS_LOGIN_TIME: (w) => w.login(1, line(9, `Issued At: ${new Date(w.at + 60001).toISOString()}`)),
  QFS_LOGIN_PAYLOAD: (w) => w.login(1, { payload: { nonce: '0'.repeat(64) } }),
  QFS_LOGIN_SIGNER: (w) => w.login(1, { signature: () => LedgerWriter.wallet(2).signMessageSync('x') }),
  QFS_SIGNATURE_HIGH_S: (w) => w.login(1, { signature: high }),
  QFS_SIGNATURE_RECOVERY_ID: (w) => w.login(1, { signature: (signature) => `${signature.slice(0, -2)}02` }),
  QFS_CONTRACT_WALLET: (w) => w.login(1, { signature: (signature) => `${signature}00` }),
  QFS_DEVICE_KEY_SYNTAX: (w) => w.login(1, { edit: (lines) => [...lines, 'Resources:', '- urn:qfs:device:x'] }),
  QFS_NONCE_EXPIRED: (w) => w.login(1, { nonce: (w.at - 300001).toString(16).padStart(12, '0') + '1'.repeat(52) }),
  QFS_NONCE_UNKNOWN: (w) => w.login(1, { nonce: (w.at + 1).toString(16).padStart(12, '0') + '1'.repeat(52) }),
  QFS_NONCE_USED: (w) => w.login(2, { nonce: JSON.parse(w.lines[1]).payload.nonce }),
  QFS_RATE_LIMIT: async (w) => { await w.login(1); await w.login(1); },
  QFS_PROFILE_VERSION: (w) => w.act(2, 'PROFILE_UPDATE', { commitment: CONTENT, version: 2 }),
  QFS_X25519_KEY: (w) => w.act(2, 'CHAT_KEY', { key: 'A'.repeat(43) }),
  QFS_ACCOUNT_UNKNOWN: (w) => w.send(1, 3),
  QFS_CHAT_KEY_UNKNOWN: async (w) => { await w.login(3); await w.send(1, 3); },
  QFS_MESSAGE_SELF: (w) => w.send(1, 1),
  QFS_MESSAGE_THREAD: (w) => w.send(1, 2, { change: { thread: CONTENT } }),
  QFS_MESSAGE_ORDER: (w) => w.send(1, 2, { change: { seq: 2 } }),
  QFS_REFERRAL_CODE: (w) => w.act(2, 'REFERRAL_USE', { code: '0'.repeat(22) }),
  QFS_CONTENT_EXISTS: async (w) => { for (const n of [1, 2]) await w.act(n, 'CONTENT_CREATED', { content: CONTENT, kind: 'text', size: 1 }); },
  QFS_CONTENT_UNKNOWN: (w) => scored(w, 1, 'cd'.repeat(32), FEATURES),
  QFS_CONTENT_SCORED: async (w) => { await scored(w, 1, CONTENT, FEATURES); await w.act(1, 'COHERENCE_SCORED', { content: CONTENT, features: FEATURES }); },
  QFS_FEATURES_INVALID: (w) => scored(w, 1, CONTENT, { ...FEATURES, topic: '1.1' }),
};

for (const [code, run] of Object.entries(REFUSED)) {
  test(`${code} is said here and by qfs-verify`, async () => {
    const w = await twoAccounts(POLICY_OF);
    await run(w);
    const expected = [`${w.lines.length - 1} ${code}`];
    assert.deepEqual(codesOf(await replay(w.lines)), expected);
    assert.deepEqual(askVerifier(w.lines).faults, expected);
  });
}

// Of each type a payload that has its form, whatever else is wrong with it; and whom it is for.
const TYPES = {
  CHAT_KEY: [{ key: 'x'.repeat(43) }, 'session'], EVENT_TYPE: [{ by: 'account', schema: {}, type: 'MORE' }, 'operator'], FAULT_ACKNOWLEDGED: [{ faults: [{ reason: 'x', seq: 1 }] }, 'operator'],
  KEY_ROTATED: [UNTRUSTED, 'operator'], LOGIN: [{ message: 'x', nonce: '0'.repeat(64), wallet: LedgerWriter.wallet(1).address }, 'wallet'], MARK: [{}, 'operator'],
  MESSAGE: [{ alg: 'x25519-hkdf-aes256gcm', hash: CONTENT, recipient: LedgerWriter.user(1), seq: 1, size: 17, thread: CONTENT }, 'session'], NOTE: [{}, 'session'],
  PAYLOAD_ERASED: [{ reason: 'x', seq: 1 }, 'operator'], POLICY_CHANGED: [{ policy: POLICY }, 'operator'], PROFILE_UPDATE: [{ commitment: CONTENT, version: 1 }, 'session'],
  REFERRAL_USE: [{ code: 'x' }, 'session'], SESSION_REVOKED: [{ reason: 'admin', session: CONTENT }, 'operator session'], SESSION_ROTATED: [{ nonce: CONTENT }, 'session'],
};

test('by a wallet, a role or a session that a type is not for: one code here and by qfs-verify', async () => {
  for (const [type, [payload, ways]] of Object.entries(TYPES)) {
    // A wallet that signs the event itself is none that signs the message of a sign-in.
    for (const via of ['act', 'ledger', 'operator', 'session', 'wallet'].filter((way) => !ways.split(' ').includes(way))) {
      const w = await twoAccounts({ signed: 'none' });
      for (const [by, name] of [['account', 'NOTE'], ['operator', 'MARK']]) await w.append('EVENT_TYPE', { by, schema: {}, type: name });
      w.force = true;
      if (via === 'session') await w.act(1, type, payload, { sign: false });
      else if (via === 'act') await w.actByWallet(1, type, payload);
      else await w.append(type, payload, { auth: { via }, ...(via === 'wallet' && { actor: LedgerWriter.user(1), sig: '0x00' }) });
      const refusal = via === 'act' && type === 'LOGIN' ? 'QFS_AUTH_INVALID' : ['ledger', 'session'].includes(via) ? 'QFS_FORBIDDEN' : 'QFS_NO_SESSION';
      const expected = [`${w.lines.length - 1} ${refusal}`];
      assert.deepEqual([codesOf(await replay(w.lines)), askVerifier(w.lines).faults], [expected, expected], `${type} by ${via}`);
    }
  }
});

// ---- what was recorded ----

test('a state, an amount or a session that was recorded otherwise is found', async () => {
  const spoilers = {
    'an amount': (entry) => { entry.accounts.at(-1).state.flx = '1.000000000000000000'; },
    'what was': (entry) => { entry.accounts.at(-1).was = { points: 1 }; },
    'the entry before': (entry) => { entry.accounts.at(-1).previous = 0; },
    'a rule': (entry) => { entry.accounts.at(-1).rules.push('REFERRAL_TIER_1'); },
    'a part less': (entry) => { entry.accounts.pop(); },
    'the order of parts': (entry) => { entry.accounts.reverse(); },
    'a member of the outcome': (entry) => { entry.outcome.status = 'BLOCKED'; },
    'what was read': (entry) => { entry.outcome.read[LedgerWriter.user(1)].ties = 0; },
    'a kind that was read less': (entry) => { delete entry.outcome.read[LedgerWriter.user(1)].ties; },
    'what was read of nobody': (entry) => { entry.outcome.read[LedgerWriter.user(2)] = {}; },
    'nothing that was read': (entry) => { entry.outcome.read = {}; },
    'what was read as a list': (entry) => { entry.outcome.read = Object.entries(entry.outcome.read).map(([account, kinds]) => ({ account, kinds })); },
  };
  for (const [name, spoil] of Object.entries(spoilers)) {
    const w = await twoAccounts();
    await w.profile(1, { spoil });
    assert.deepEqual(codesOf(await replay(w.lines)), ['5 QFS_OUTCOME_MISMATCH'], name);
  }
});

const last = (entry) => entry.accounts[entry.accounts.length - 1];
const ACKNOWLEDGED = {
  'another amount': [(w) => w.profile(1, { spoil: (entry) => { last(entry).state.points = 7; } }), 'QFS_OUTCOME_MISMATCH'],
  'a part less': [(w) => w.profile(1, { spoil: (entry) => { entry.accounts.pop(); } }), 'QFS_OUTCOME_MISMATCH'],
  'a part more': [(w) => w.profile(1, { spoil: (entry) => { entry.accounts.push({ ...last(entry), account: LedgerWriter.user(2) }); } }), 'QFS_OUTCOME_MISMATCH'],
  'another thread': [(w) => w.send(1, 2, { spoil: (entry) => { entry.outcome.result.thread.messages = [5, 6]; } }), 'QFS_OUTCOME_MISMATCH'],
  'a session less': [(w) => w.login(2, { spoil: (entry) => { last(entry).state.sessions.shift(); } }), 'QFS_OUTCOME_MISMATCH'],
  'a guard that blocked': [(w) => w.use(2, 1, { spoil: (entry) => {
    entry.outcome.guards[5].result = 'BLOCK';
    entry.outcome.status = 'BLOCKED';
    entry.accounts.pop();
  } }), 'QFS_OUTCOME_MISMATCH'],
  'a type that nobody registered': [(w) => w.act(2, 'NOTHING', {}), 'QFS_TYPE_UNKNOWN'],
  'a type once more': [(w) => w.append('EVENT_TYPE', { by: 'account', schema: {}, type: 'NOTED' }), 'QFS_TYPE_EXISTS'],
  'a payload that its schema refuses': [(w) => w.append('NOTED', { x: 1 }), 'QFS_PAYLOAD_INVALID'],
};

test('an acknowledged fault is told, and what was recorded counts, here and by qfs-verify', async () => {
  for (const [name, [run, code]] of Object.entries(ACKNOWLEDGED)) {
    const w = await twoAccounts();
    await w.append('EVENT_TYPE', { by: 'operator', schema: { type: 'object' }, type: 'NOTED' });
    await run(w);
    const seq = w.lines.length - 1;
    assert.deepEqual(codesOf(await replay(w.lines)), [`${seq} ${code}`], name);
    await w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'written past the guards', seq }] });
    const { faults, acknowledged, state } = await replay(w.lines);
    assert.deepEqual([faults, codesOf({ faults: acknowledged })], [[], [`${seq} ${code}`]], name);
    assert.equal(state, askVerifier(w.lines).state, name);
  }
});

test('what no acknowledgement covers stays a fault', async () => {
  const w = await twoAccounts();
  await w.chatKey(1, { nonce: 1 });
  await w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'who knows', seq: 5 }] });
  assert.deepEqual(codesOf(await replay(w.lines)), ['5 QFS_EVENT_NONCE']);
});

// ---- erased payloads ----

// The line that is left of an entry, or what edit makes of it.
async function erasedLine(text, edit = () => {}) {
  const entry = JSON.parse(text);
  const head = await headOf(entry);
  const line = { ...head, act: await shown(entry, 'act'), outcome: await shown(entry, 'outcome') };
  if (entry.accounts.length > 0) line.accounts = await Promise.all(entry.accounts.map((_, i) => shownAccount(entry, i)));
  await edit(line, { entry, head });
  return canonical(line);
}

async function withErased(lines, numbers, edit) {
  const result = [...lines];
  for (const number of numbers) result[number] = await erasedLine(lines[number], edit);
  return result;
}

const erase = (w, seq, options) => w.append('PAYLOAD_ERASED', { reason: 'they asked for it', seq }, { outcome: {}, ...options });

// Entries 7 and 9 are account 1's, and signed, 8 is the operator's, 10 is account 2's.
async function customEvents(changes) {
  const w = await twoAccounts(changes);
  await w.append('EVENT_TYPE', { by: 'account', schema: {}, type: 'NOTE' });
  await w.append('EVENT_TYPE', { by: 'operator', schema: {}, type: 'MARK' });
  await w.act(1, 'NOTE', { n: 1 });
  await w.append('MARK', { n: 2 });
  await w.act(1, 'NOTE', { n: 3 });
  await w.act(2, 'NOTE', { n: 4 });
  return w;
}

// The nonce of entry 1.
const FIRST_NONCE = new LedgerWriter().nonce();
// A day, in which every session and nonce that was there is over.
const LONG = 86400000;
// Account n signs in with entry 11, of which the outcome says something else, and the rest goes.
const told = (n, change) => async (w) => { await w.login(n, { device: n, spoil: ({ outcome: { result } }) => change(result) }); await erase(w.wait(LONG), 11); };

const sorted = (codes) => [...codes].sort();

// Of each how the ledger goes on after entry 10, which of its entries have no payload, and the faults.
const ERASED = {
  'one of a device': [(w) => erase(w, 7), [7], []],
  'one of an operator': [(w) => erase(w, 8), [8], []],
  'one of an operator for an account': [async (w) => { await w.append('MARK', {}, { actor: LedgerWriter.user(1) }); await erase(w, 11); }, [11], []],
  'one of a session': [(w) => erase(w, 10), [10], []],
  'several': [async (w) => { for (const seq of [9, 8, 10, 7]) await erase(w, seq); }, [7, 8, 9, 10], []],
  'one that is there nevertheless': [(w) => erase(w, 7), [], []],
  'one of a type of qfs\u2019s own that is there': [(w) => erase(w, 2), [], []],
  'a reason of 500 characters': [(w) => w.append('PAYLOAD_ERASED', { reason: 'é😀'.repeat(250), seq: 7 }), [7], []],
  'one beyond a limit': [async (w) => { await w.setPolicy({ limits: { ...POLICY.limits, events_per_minute: 2 } }); await w.act(1, 'NOTE', {}); await erase(w, 12); }, [12], ['12 QFS_RATE_LIMIT']],
  'one that its schema refuses': [async (w) => { await w.append('EVENT_TYPE', { by: 'operator', schema: { properties: { n: { type: 'integer' } }, type: 'object' }, type: 'SIZED' }); await w.append('SIZED', { n: 'x' }); await erase(w, 12); }, [12], []],
  'one of a type that nobody registered': [async (w) => { await w.act(2, 'NOTHING', {}); await erase(w, 11); }, [11], ['11 QFS_TYPE_UNKNOWN']],
  'one that an acknowledgement names': [async (w) => { await w.act(2, 'NOTHING', {}); await w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'written past the guards', seq: 11 }] }); await erase(w, 11); }, [11], []],
  'a state that the rules would not give': [async (w) => { await w.act(1, 'NOTE', {}, { spoil: ({ accounts: [nonce] }) => { nonce.state.event_nonce = 77; } }); await erase(w, 11); }, [11], ['11 QFS_OUTCOME_MISMATCH']],
  'one that nobody erased': [() => {}, [7], ['7 QFS_PAYLOAD_MISSING']],
  'another one': [(w) => erase(w, 8), [7], ['7 QFS_PAYLOAD_MISSING']],
  'one that is erased later than it is': [async (w) => { await erase(w, 12); await w.append('MARK', {}); }, [12], ['11 QFS_PAYLOAD_INVALID', '12 QFS_PAYLOAD_MISSING']],
  'one that is acknowledged alone': [(w) => w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'lost', seq: 7 }] }), [7], ['7 QFS_PAYLOAD_MISSING']],
  'a sign-in with a device': [(w) => erase(w.wait(LONG), 1), [1], []],
  'a sign-in without one': [(w) => erase(w.wait(LONG), 3), [3], []],
  'every sign-in': [async (w) => { await w.login(1, { device: 1 }); w.wait(LONG); for (const seq of [1, 3, 11]) await erase(w, seq); }, [1, 3, 11], []],
  'a sign-in that is there nevertheless': [(w) => erase(w.wait(LONG), 1), [], []],
  'a sign-in whose session acts': [(w) => erase(w, 1), [], ['11 QFS_LOGIN_OPEN']],
  'a sign-in whose session acts, and its payload': [(w) => erase(w, 1), [1], ['11 QFS_LOGIN_OPEN']],
  'a sign-in at the last millisecond of its session': [(w) => erase(w.wait(17000 * 1000 - 1), 1), [1], ['11 QFS_LOGIN_OPEN']],
  'a sign-in at the end of its session': [(w) => erase(w.wait(17000 * 1000), 1), [1], []],
  'a sign-in whose session acts on by rotation': [async (w) => { await w.wait(17000 * 999).rotate(1); await erase(w.wait(17000 * 999), 1); }, [1], ['12 QFS_LOGIN_OPEN']],
  'a sign-in whose rotated session is over': [async (w) => { await w.wait(17000 * 999).rotate(1); await erase(w.wait(17000 * 1000), 1); }, [1], []],
  'a sign-in whose nonce is good': [async (w) => { await w.append('SESSION_REVOKED', { reason: 'admin', session: w.sessions.get(1) }); await erase(w.wait(300000), 1); }, [1], ['12 QFS_LOGIN_OPEN']],
  'a sign-in that is over': [async (w) => { await w.append('SESSION_REVOKED', { reason: 'admin', session: w.sessions.get(1) }); await erase(w.wait(300001), 1); }, [1], []],
  'a sign-in, beside another one that acts': [async (w) => { const session = w.sessions.get(1); await w.wait(300001).login(1, { device: 1 }); await w.append('SESSION_REVOKED', { reason: 'admin', session }); await erase(w, 1); }, [1], []],
  'a sign-in whose device somebody else has later': [async (w) => { await w.wait(LONG).login(2, { device: 1 }); await w.use(2, 1); await erase(w, 1); }, [1], []],
  'a sign-in that nobody erased': [() => {}, [1], ['1 QFS_PAYLOAD_MISSING']],
  'a sign-in with an old nonce': [told(1, (result) => { result.nonce = `0000${result.nonce.slice(4)}`; }), [11], ['11 QFS_NONCE_EXPIRED']],
  'a sign-in with another nonce': [told(1, (result) => { result.nonce = `${result.nonce.slice(0, 12)}${'ab'.repeat(26)}`; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in with a nonce that was used': [told(1, (result) => { result.nonce = FIRST_NONCE; }), [11], ['11 QFS_NONCE_USED']],
  'a sign-in without a nonce': [told(1, (result) => { delete result.nonce; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in with a nonce that is none': [told(1, (result) => { result.nonce = 7; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in with another device': [told(1, (result) => { result.device = ed25519Of('another').key.toString('base64url'); }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in with no device any more': [told(1, (result) => { delete result.device; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in with a device that is null': [told(1, (result) => { result.device = null; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in with a device that is none': [told(1, (result) => { result.device = 'x'; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a first sign-in': [told(3, () => {}), [11], []],
  'a first sign-in of another wallet': [told(3, (result) => { result.wallet = LedgerWriter.wallet(4).address; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a first sign-in of a wallet in small letters': [told(3, (result) => { result.wallet = result.wallet.toLowerCase(); }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a first sign-in of no wallet': [told(3, (result) => { delete result.wallet; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a first sign-in that says it is none': [told(3, (result) => { result.created = false; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a later sign-in that says it is the first': [told(1, (result) => { Object.assign(result, { created: true, wallet: LedgerWriter.wallet(1).address }); }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a later sign-in that names its wallet': [told(1, (result) => { result.wallet = LedgerWriter.wallet(1).address; }), [11], ['11 QFS_OUTCOME_MISMATCH']],
  'a sign-in without a result': [async (w) => { await w.login(1, { device: 1, spoil: ({ outcome }) => { delete outcome.result; } }); await erase(w.wait(LONG), 11); }, [11], ['11 QFS_OUTCOME_MISMATCH']],
  'twice': [async (w) => { await erase(w, 7); await erase(w, 7); }, [7], ['12 QFS_PAYLOAD_ERASED']],
  'twice, and acknowledged': [async (w) => { await erase(w, 7); await erase(w, 7); await w.append('FAULT_ACKNOWLEDGED', { faults: [{ reason: 'twice', seq: 12 }] }); }, [7], ['12 QFS_PAYLOAD_ERASED']],
  'itself': [(w) => erase(w, 11), [], ['11 QFS_PAYLOAD_INVALID']],
  'a later one': [async (w) => { await erase(w, 12); await w.append('MARK', {}); }, [], ['11 QFS_PAYLOAD_INVALID']],
  'no reason': [(w) => w.append('PAYLOAD_ERASED', { reason: '', seq: 7 }), [7], ['11 QFS_PAYLOAD_INVALID']],
  'a reason of 501 characters': [(w) => w.append('PAYLOAD_ERASED', { reason: 'x'.repeat(501), seq: 7 }), [7], ['11 QFS_PAYLOAD_INVALID']],
  'a number that is none': [(w) => w.append('PAYLOAD_ERASED', { reason: 'x', seq: '7' }), [7], ['11 QFS_PAYLOAD_INVALID', '7 QFS_PAYLOAD_MISSING']],
  'a member more': [(w) => w.append('PAYLOAD_ERASED', { reason: 'x', seq: 7, x: 1 }), [7], ['11 QFS_PAYLOAD_INVALID']],
  'by a session': [(w) => erase(w, 7, { actor: LedgerWriter.user(2), auth: { session: w.sessions.get(2), via: 'session' } }), [7], ['11 QFS_FORBIDDEN']],
  'for an account': [(w) => erase(w, 7, { actor: LedgerWriter.user(2) }), [7], ['11 QFS_ACTOR_MISMATCH']],
  'with an outcome': [(w) => erase(w, 7, { outcome: { x: 1 } }), [7], ['11 QFS_OUTCOME_MISMATCH']],
  'a chat key': [(w) => erase(w, 4), [4], ['4 QFS_PAYLOAD_MISSING']],
  'an erasure': [async (w) => { await erase(w, 7); await erase(w, 11); }, [7, 11], ['11 QFS_PAYLOAD_MISSING', '7 QFS_PAYLOAD_MISSING']],
  'an auth of no form': [async (w) => { await w.append('MARK', {}, { auth: { via: 'luck' } }); await erase(w, 11); }, [11], ['11 QFS_AUTH_INVALID']],
  'a session of the system': [async (w) => { await w.append('MARK', {}, { auth: { session: w.sessions.get(2), via: 'session' } }); await erase(w, 11); }, [11], ['11 QFS_ACTOR_MISMATCH']],
  'a state that is none': [async (w) => { await w.act(1, 'NOTE', {}, { spoil: ({ accounts: [nonce] }) => { nonce.state = { odd: 1 }; } }); await erase(w, 11); }, [11], ['11 QFS_OUTCOME_MISMATCH']],
  'what was that is nothing': [async (w) => { await w.act(1, 'NOTE', {}, { spoil: ({ accounts: [nonce] }) => { nonce.was = { odd: 1 }; } }); await erase(w, 11); }, [11], ['11 QFS_OUTCOME_MISMATCH']],
  'what was before the first touch': [async (w) => { await w.act(1, 'NOTE', {}, { spoil: ({ accounts: [nonce] }) => { nonce.previous = null; } }); await erase(w, 11); }, [11], ['11 QFS_OUTCOME_MISMATCH']],
  'one of another time': [async (w) => { await w.wait(-1).append('MARK', {}); await erase(w, 11); }, [11], ['11 QFS_TIME_BACKWARD']],
};

test('what streams bring: the same here and by qfs-verify', async () => {
  const auth = { source: { id: '7-0', stream: 'in' }, via: 'operator' };
  const w = await customEvents();
  await w.append('MARK', {}, { auth });
  await w.append('MARK', {}, { actor: LedgerWriter.user(2), auth });
  assert.deepEqual(codesOf(await replay(w.lines)), []);
  assert.deepEqual(askVerifier(w.lines).faults, []);
  const seq = w.lines.length;
  await w.append('EVENT_TYPE', { by: 'operator', schema: {}, type: 'NEXT' }, { auth, force: true });
  assert.deepEqual(codesOf(await replay(w.lines)), [`${seq} QFS_FORBIDDEN`]);
  assert.deepEqual(askVerifier(w.lines).faults, [`${seq} QFS_FORBIDDEN`]);
});

for (const [name, [run, numbers, expected]] of Object.entries(ERASED)) {
  test(`erased, ${name}: the same here and by qfs-verify`, async () => {
    const w = await customEvents();
    await run(w);
    const lines = await withErased(w.lines, numbers);
    const here = await replay(lines);
    const there = askVerifier(lines);
    assert.deepEqual(sorted(codesOf(here)), sorted(expected));
    assert.deepEqual(sorted(there.faults), sorted(expected));
    if (expected.length > 0) return;
    assert.deepEqual({ head: here.head, root: here.root, state: here.state, faults: [], erased: here.erased }, there);
    assert.deepEqual([here.head, here.root, here.erased], [w.hash, (await replay(w.lines)).root, numbers.length]);
  });
}

// A line with other commitments is that of another entry, and one that shows less than an erased one does tells too little.
test('a line that shows more or less than an erased one is none', async () => {
  const less = {
    'no act': (line, { head }) => { line.act = head.act; }, 'no outcome': (line, { head }) => { line.outcome = head.outcome; },
    'no accounts': (line, { head }) => { line.accounts = head.accounts; }, 'nothing': (line, { head }) => Object.assign(line, head),
  };
  const more = {
    'the payload': async (line, { entry }) => { line.payload = await shown(entry, 'payload'); }, 'the signature': async (line, { entry }) => { line.sig = await shown(entry, 'sig'); },
  };
  const w = await customEvents();
  await erase(w, 7);
  for (const [name, edit] of Object.entries({ ...less, ...more })) {
    const lines = await withErased(w.lines, [7], edit);
    assert.equal(codesOf(await replay(lines))[0], '7 QFS_ENTRY_INCOMPLETE', name);
    assert.ok(askVerifier(lines).faults.includes('7 QFS_ENTRY_INCOMPLETE'), name);
    assert.equal(firstOf(askVerifier(lines).faults), 7, name);
  }
  const other = await withErased(w.lines, [7], (line) => { line.payload = 'ab'.repeat(32); });
  assert.deepEqual(codesOf(await replay(other)), ['7 QFS_LINK_BROKEN']);
  assert.deepEqual(askVerifier(other).faults, ['7 QFS_LINK_BROKEN']);
});

// Faults in the rules that an erased line would bring to light: of each the module and what is another there.
const PLANTED = {
  'limits that do not count it': ['execute.mjs', /if \(session\) countRate\(.*\);/, ''],
  'no row of the erasure': ['system.mjs', "change.put('erasure', seq, { seq, by: change.seq });", ''],
  'a row of another erasure': ['system.mjs', '{ seq, by: change.seq }', '{ seq, by: change.seq - 1 }'],
};

test('rules that take an erased line otherwise give another state', async () => {
  const w = await customEvents();
  await erase(w, 9);
  const lines = await withErased(w.lines, [9]);
  const { state } = askVerifier(lines);
  assert.equal((await replay(lines)).state, state);
  for (const [name, [module, from, to]] of Object.entries(PLANTED)) {
    const copy = mkdtempSync(join(folder, 'planted-'));
    cpSync(fileURLToPath(new URL('../../src/web', import.meta.url)), copy, { recursive: true });
    const path = join(copy, 'rules', module);
    const text = readFileSync(path, 'utf8');
    assert.notEqual(text.replace(from, to), text, `${name} is planted`);
    writeFileSync(path, text.replace(from, to));
    const planted = await import(pathToFileURL(join(copy, 'rules', 'replay.mjs')));
    assert.notEqual((await planted.replay(lines)).state, state, name);
  }
});

// ---- sessions ----

test('where the policy leaves room for fewer sessions, a sign-in ends the oldest, and a rotation but its own', async () => {
  const w = await twoAccounts();
  const oldest = w.sessions.get(2);
  await w.login(2);
  await w.setPolicy({ sessions_max: 1 });
  await w.rotate(2);
  assert.equal(w.store.get('session', oldest).ended, null);
  const { seq, outcome: { result: { displaced } } } = await w.login(2);
  assert.equal(displaced, oldest);
  assert.deepEqual([w.store.get('session', oldest).ended, w.store.get('session', oldest).reason], [seq, 'displaced']);
  await w.chatKey(2, { session: oldest });
  const expected = [`${seq + 1} QFS_SESSION_ENDED`];
  assert.deepEqual(codesOf(await replay(w.lines)), expected);
  assert.deepEqual(askVerifier(w.lines).faults, expected);
});

// ---- schemas and sign-in messages ----

test(`${SCHEMAS} random schemas, and what fits them, here and by qfs-verify`, async () => {
  const w = new LedgerWriter();
  await w.genesis();
  w.force = true;
  for (let i = 0; i < SCHEMAS; i++) {
    await w.append('EVENT_TYPE', { by: 'operator', schema: randomSchema(random), type: `T${i}` });
    for (let k = 0; k < 4; k++) await w.append(`T${i}`, randomObject(random));
  }
  const codes = codesOf(await replay(w.lines));
  assert.deepEqual(codes, askVerifier(w.lines).faults);
  assert.ok(codes.some((code) => code.endsWith('QFS_SCHEMA_INVALID')) && codes.some((code) => code.endsWith('QFS_PAYLOAD_INVALID')) && codes.length < w.lines.length - SCHEMAS / 2);
});

// Which of the faults of a message is told first is not the format's matter.
const kindOf = (code) => code.replace(/QFS_(SIWE_.*|TIME_SYNTAX|PAYLOAD_INVALID)/, 'no message');

test(`${MESSAGES} sign-in messages, most of them spoilt, are messages here and by qfs-verify, or are none`, async () => {
  const w = new LedgerWriter();
  await w.genesis();
  w.force = true;
  const payload = { nonce: 'ab'.repeat(32), wallet: LedgerWriter.wallet(1).address };
  for (let i = 0; i < MESSAGES; i++) {
    const message = mutate(random);
    if (message === '' || /[\0\ud800-\udfff]/u.test(message)) continue;
    await w.append('LOGIN', { ...payload, message }, { actor: LedgerWriter.user(1), auth: { via: 'wallet' }, sig: `0x${'11'.repeat(65)}` });
  }
  const codes = codesOf(await replay(w.lines)).map(kindOf);
  assert.deepEqual(codes, askVerifier(w.lines).faults.map(kindOf));
  assert.ok(codes.some((code) => code.endsWith('QFS_LOGIN_DOMAIN')));
});

// ---- random ledgers ----

test(`${LEDGERS} random ledgers have one head, root and state here and by qfs-verify`, async () => {
  for (let i = 0; i < LEDGERS; i++) {
    const { lines, store } = await randomLedger(random, { entries: ENTRIES, accounts: 6 });
    const { size, head, root, state, faults, erased } = await replay(lines);
    assert.deepEqual(faults, []);
    assert.equal(size, lines.length);
    assert.deepEqual({ head, root, state, faults, erased }, askVerifier(lines), `ledger ${i}`);
    // The state hash sees a record that another rule would have written.
    const [standing] = store.tables.standing.values();
    assert.equal(await store.hash(), state);
    standing.state = { ...standing.state, points: standing.state.points + 1 };
    assert.notEqual(await store.hash(), state);
  }
});

test(`${LEDGERS} random ledgers without the payloads that they say were erased are the same ledgers`, async () => {
  let erasures = 0;
  for (let i = 0; i < LEDGERS; i++) {
    const { lines, store } = await randomLedger(random, { entries: ENTRIES, accounts: 6 });
    const numbers = [...store.tables.erasure.keys()];
    const { head, root, state, faults, erased } = await replay(await withErased(lines, numbers));
    assert.deepEqual({ head, root, state, faults, erased }, { ...askVerifier(lines), erased: numbers.length }, `ledger ${i}`);
    assert.deepEqual({ head, root, state, faults, erased }, askVerifier(await withErased(lines, numbers)), `ledger ${i}`);
    erasures += erased;
  }
  assert.ok(erasures > LEDGERS);
});

// ---- forgeries: one leaf of one entry is another, and everything is hashed again ----

test(`${FORGERIES} forged ledgers have their first fault at the same entry here and by qfs-verify`, async () => {
  const { lines } = await randomLedger(random, { entries: 60, accounts: 4 });
  let found = 0;
  for (let i = 0; i < FORGERIES; i++) {
    const entries = lines.map((text) => JSON.parse(text));
    const entry = random.pick(entries);
    const path = random.pick(pathsOf(entry).slice(1));
    forge(random, entry, path);
    const forged = await hashAgain(entries);
    if (!forged || forged[entry.seq] === lines[entry.seq]) continue;
    const [here, there] = [await replay(forged), askVerifier(forged)];
    assert.equal(firstOf(codesOf(here)), firstOf(there.faults), `entry ${entry.seq}: ${path.join('.')}`);
    if (here.faults.length === 0) assert.equal(here.state, there.state);
    else found++;
  }
  assert.ok(found > FORGERIES / 3);
});
