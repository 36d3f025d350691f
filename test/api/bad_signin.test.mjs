// bad_signin.test.mjs - sign-ins that must not succeed, each with its status and its code.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ledger, assertError, assertOk } from './client.mjs';
import { makeDevice, makers, nonceOf, tryLogin, viemWallet } from './wallets.mjs';

const api = ledger('api');
const brief = ledger('brief');
const other = ledger('other');
const HOUR = 3600000;

// Order of secp256k1.
const N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141n;
const hex64 = (n) => n.toString(16).padStart(64, '0');

// Nothing of what is refused here may leave a trace on the ledger.
async function refuses(attempt) {
  const before = api.sql('SELECT size FROM qfs.head()');
  await attempt();
  assert.equal(api.sql('SELECT size FROM qfs.head()'), before);
}

// ---- fields, as libraries write them ----

const FIELDS = [
  ['another domain', { domain: 'evil.example.org' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['a domain below ours', { domain: 'a.app.example.org' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['our domain with a port', { domain: 'app.example.org:8443' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['another URI', { uri: 'https://evil.example.org/' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['a URI that begins like ours', { uri: 'https://app.example.org.evil.example/' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['a URI without TLS', { uri: 'http://app.example.org/' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['a scheme that is not the URI\'s', { scheme: 'http' }, 401, 'QFS_LOGIN_DOMAIN'],
  ['another chain', { chainId: 5 }, 401, 'QFS_LOGIN_CHAIN'],
  ['issued in the future', { issuedAt: new Date(Date.now() + HOUR) }, 401, 'QFS_LOGIN_TIME'],
  ['expired', { expirationTime: new Date(Date.now() - 1000), issuedAt: new Date(Date.now() - HOUR) }, 401, 'QFS_LOGIN_TIME'],
  ['not valid yet', { notBefore: new Date(Date.now() + HOUR), expirationTime: new Date(Date.now() + 2 * HOUR) }, 401, 'QFS_LOGIN_TIME'],
  ['a nonce that nobody issued', { nonce: 'a1b2c3d4e5f6' }, 401, 'QFS_NONCE_UNKNOWN'],
  ['a device key that is too short', { resources: ['urn:qfs:device:AAAA'] }, 400, 'QFS_DEVICE_KEY_SYNTAX'],
  ['a device key of small order', { resources: [`urn:qfs:device:${'A'.repeat(43)}`] }, 400, 'QFS_ED25519_KEY'],
  ['two device keys', { resources: [makeDevice().resource, makeDevice().resource] }, 400, 'QFS_DEVICE_KEY_SYNTAX'],
  ['too many resources', { resources: Array(17).fill('https://example.org/') }, 413, 'QFS_SIWE_LIMIT'],
];

for (const make of makers) {
  test(`${make().name}: fields of the message`, () => refuses(async () => {
    for (const [why, fields, status, code] of FIELDS) {
      assertError(await tryLogin(api, make(), fields), status, code, why);
    }
  }));
}

// ---- the text: changed before it is signed, so that the signature is good ----

const swap = (a, b) => (text) => {
  const lines = text.split('\n');
  const [i, j] = [a, b].map((label) => lines.findIndex((line) => line.startsWith(label)));
  assert.ok(i >= 0 && j >= 0);
  [lines[i], lines[j]] = [lines[j], lines[i]];
  return lines.join('\n');
};
const line = (label) => new RegExp(`${label}[^\n]*\n?`);
const LABELS = ['URI: ', 'Version: ', 'Chain ID: ', 'Nonce: ', 'Issued At: '];

const TEXTS = [
  ['version 2', (t) => t.replace('Version: 1', 'Version: 2'), 400, 'QFS_SIWE_VERSION'],
  ...LABELS.map((label) => [`without ${label}`, (t) => t.replace(line(label), '').replace(/\n$/, ''), 400, 'QFS_SIWE_SYNTAX']),
  ...LABELS.map((label) => [`two of ${label}`, (t) => t.replace(line(label), (l) => `${l.replace(/\n?$/, '\n')}${l}`), 400, 'QFS_SIWE_SYNTAX']),
  ...LABELS.slice(1).map((label, i) => [`${label} first`, swap(LABELS[i], label), 400, 'QFS_SIWE_SYNTAX']),
  ['a line end more', (t) => `${t}\n`, 400, 'QFS_SIWE_SYNTAX'],
  ['an empty line before', (t) => `\n${t}`, 400, 'QFS_SIWE_SYNTAX'],
  ['line ends of Windows', (t) => t.replaceAll('\n', '\r\n'), 400, 'QFS_SIWE_SYNTAX'],
  ['a space more', (t) => t.replace('URI: ', 'URI:  '), 400, 'QFS_SIWE_SYNTAX'],
  ['another case', (t) => t.replace('Nonce: ', 'nonce: '), 400, 'QFS_SIWE_SYNTAX'],
  ['cut short', (t) => t.slice(0, t.indexOf('Issued At')), 400, 'QFS_SIWE_SYNTAX'],
  ['empty', () => '', 400, 'QFS_SIWE_SYNTAX'],
  ['chatter', () => 'please let me in', 400, 'QFS_SIWE_SYNTAX'],
  ['a user name before the domain', (t) => t.replace('app.example.org wants', 'app.example.org@evil.example wants'), 400, 'QFS_SIWE_DOMAIN'],
  ['an address with a broken checksum', (t) => t.replace(/0x[0-9a-fA-F]{40}/, (a) => breakChecksum(a)), 400, 'QFS_SIWE_ADDRESS'],
  ['an address in lower case', (t) => t.replace(/0x[0-9a-fA-F]{40}/, (a) => a.toLowerCase()), 400, 'QFS_SIWE_ADDRESS'],
  ['a short address', (t) => t.replace(/(0x[0-9a-fA-F]{39})[0-9a-fA-F]/, '$1'), 400, 'QFS_SIWE_'],
  ['a day that never was', (t) => t.replace(/Issued At: \d{4}-\d\d-\d\d/, 'Issued At: 2026-02-30'), 400, 'QFS_TIME_SYNTAX'],
  ['a chain id that is no number', (t) => t.replace('Chain ID: 1', 'Chain ID: 0x1'), 400, 'QFS_SIWE_SYNTAX'],
  ['another alphabet', (t) => t.replace('Chain ID: 1', 'Chain ID: १'), 400, 'QFS_SIWE_SYNTAX'],
  ['longer than 4,096 bytes', (t) => `${t}\nResources:\n${'- https://example.org/a\n'.repeat(5)}- https://example.org/${'a'.repeat(4000)}`, 413, 'QFS_SIWE_LIMIT'],
];

function breakChecksum(address) {
  const at = address.slice(2).search(/[a-fA-F]/) + 2;
  const c = address[at];
  return address.slice(0, at) + (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()) + address.slice(at + 1);
}

test('texts that are no sign-in messages, properly signed', () => refuses(async () => {
  const wallet = viemWallet();
  for (const [why, change, status, code] of TEXTS) {
    const answer = await tryLogin(api, wallet, {}, change);
    if (code.endsWith('_')) assert.match(`${answer.status} ${answer.json.details}`, new RegExp(`^${status} ${code}`), why);
    else assertError(answer, status, code, why);
  }
}));

test('every line left out or repeated, every two lines exchanged', () => refuses(async () => {
  const wallet = viemWallet();
  const nonce = await nonceOf(api);
  const lines = wallet.write({ nonce, statement: 'A statement.', requestId: 'id', resources: ['https://example.org/'] }).split('\n');
  const variants = new Set();
  for (let i = 0; i < lines.length; i++) {
    if (!/^(A statement|Request ID|Resources:|- )/.test(lines[i])) variants.add([...lines.slice(0, i), ...lines.slice(i + 1)].join('\n'));
    if (!lines[i].startsWith('- ')) variants.add([...lines.slice(0, i + 1), ...lines.slice(i)].join('\n'));
    for (let j = i + 1; j < lines.length; j++) {
      const all = [...lines];
      [all[i], all[j]] = [all[j], all[i]];
      variants.add(all.join('\n'));
    }
  }
  variants.delete(lines.join('\n'));
  for (const message of variants) {
    const answer = await api.call('auth_login', { message, signature: await wallet.sign(message) });
    assert.equal(answer.status, 400, message);
    assert.match(answer.json.details, /^QFS_SIWE_/, message);
  }
}));

// ---- nonces ----

test('nonces: forged, of another ledger, expired', () => refuses(async () => {
  const wallet = viemWallet();
  const nonce = await nonceOf(api);
  const flip = (text, at) => text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
  const mac = (text) => tryLogin(api, wallet, { nonce: text });
  assertError(await mac(flip(nonce, 63)), 401, 'QFS_NONCE_UNKNOWN', 'MAC');
  assertError(await mac(flip(nonce, 20)), 401, 'QFS_NONCE_UNKNOWN', 'random bits');
  assertError(await mac(flip(nonce, 11)), 401, 'QFS_NONCE_UNKNOWN', 'time');
  assertError(await mac(`f${nonce.slice(1)}`), 401, 'QFS_NONCE_UNKNOWN', 'future');
  assertError(await mac(`00${nonce.slice(2)}`), 401, 'QFS_NONCE_EXPIRED', 'past');
  assertError(await mac(nonce.toUpperCase()), 401, 'QFS_NONCE_UNKNOWN', 'upper case');
  assertError(await mac(nonce.slice(0, 62)), 401, 'QFS_NONCE_UNKNOWN', 'short');
  assertError(await mac(other.sql('SELECT qfs.nonce()')), 401, 'QFS_NONCE_UNKNOWN', 'of another ledger');
}));

test('a nonce that has expired', async () => {
  const nonce = await nonceOf(brief);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  assertError(await tryLogin(brief, viemWallet(), { nonce }), 401, 'QFS_NONCE_EXPIRED');
});

test('a nonce that was used, by the same wallet and by another', async () => {
  const nonce = await nonceOf(api);
  assertOk(await tryLogin(api, viemWallet(), { nonce }));
  await refuses(async () => assertError(await tryLogin(api, viemWallet(), { nonce }), 409, 'QFS_NONCE_USED'));
});

test('a replayed sign-in, at once and later: one succeeds', async () => {
  const wallet = viemWallet();
  const message = wallet.write({ nonce: await nonceOf(api) });
  const body = { message, signature: await wallet.sign(message) };
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.call('auth_login', body)));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, ...Array(7).fill(409)]);
  for (const answer of answers) if (answer.status === 409) assertError(answer, 409, 'QFS_NONCE_USED');
  await refuses(async () => assertError(await api.call('auth_login', body), 409, 'QFS_NONCE_USED'));
});

test('more sign-ins of a wallet in a minute than the policy admits', async () => {
  const wallet = viemWallet();
  const answers = [];
  // A new minute may begin in between, so more than twice as many.
  for (let i = 0; i < 21; i++) answers.push(await tryLogin(api, wallet));
  const refused = answers.filter((answer) => answer.status !== 200);
  assert.ok(refused.length > 0 && refused.length <= 11);
  for (const answer of refused) assertError(answer, 429, 'QFS_RATE_LIMIT');
  assertOk(await tryLogin(api, viemWallet()), 'another wallet');
});

// ---- signatures ----

const word = (s, i) => BigInt(`0x${s.slice(2 + 64 * i, 66 + 64 * i)}`);
const SIGNATURES = [
  ['empty', () => '', 422, 'QFS_CONTRACT_WALLET'],
  ['0x', () => '0x', 422, 'QFS_CONTRACT_WALLET'],
  ['a byte short of compact', (s) => s.slice(0, 128), 422, 'QFS_CONTRACT_WALLET'],
  ['a byte more', (s) => `${s}00`, 422, 'QFS_CONTRACT_WALLET'],
  ['of a contract', (s) => s + s.slice(2).repeat(3), 422, 'QFS_CONTRACT_WALLET'],
  ['an odd number of digits', (s) => s.slice(0, -1), 400, 'QFS_LOGIN_PAYLOAD'],
  ['no digits', (s) => s.replace(/.$/, 'g'), 400, 'QFS_LOGIN_PAYLOAD'],
  ['0x twice', (s) => `0x${s}`, 400, 'QFS_LOGIN_PAYLOAD'],
  ['v = 29', (s) => `${s.slice(0, -2)}1d`, 400, 'QFS_SIGNATURE_RECOVERY_ID'],
  ['v = 2', (s) => `${s.slice(0, -2)}02`, 400, 'QFS_SIGNATURE_RECOVERY_ID'],
  ['v as of a transaction', (s) => `${s.slice(0, -2)}25`, 400, 'QFS_SIGNATURE_RECOVERY_ID'],
  ['the other v', (s) => s.slice(0, -2) + (s.endsWith('1b') ? '1c' : '1b'), 401, 'QFS_(LOGIN_SIGNER|SIGNATURE_NO_KEY)'],
  ['high s', (s) => `0x${s.slice(2, 66)}${hex64(N - word(s, 1))}${s.endsWith('1b') ? '1c' : '1b'}`, 401, 'QFS_SIGNATURE_HIGH_S'],
  ['s = 0', (s) => `${s.slice(0, 66)}${hex64(0n)}${s.slice(130)}`, 401, 'QFS_SIGNATURE_RANGE'],
  ['r = 0', (s) => `0x${hex64(0n)}${s.slice(66)}`, 401, 'QFS_SIGNATURE_RANGE'],
  ['r = n', (s) => `0x${hex64(N)}${s.slice(66)}`, 401, 'QFS_SIGNATURE_RANGE'],
  ['s = n', (s) => `${s.slice(0, 66)}${hex64(N)}${s.slice(130)}`, 401, 'QFS_SIGNATURE_'],
  ['all zero', (s) => `0x${'00'.repeat(64)}1b`, 401, 'QFS_SIGNATURE_RANGE'],
  ['all ones', (s) => `0x${'ff'.repeat(64)}1b`, 401, 'QFS_SIGNATURE_'],
];

for (const make of makers) {
  test(`${make().name}: signatures`, () => refuses(async () => {
    const wallet = make();
    const message = wallet.write({ nonce: await nonceOf(api) });
    const good = await wallet.sign(message);
    const send = (signature) => api.call('auth_login', { message, signature });
    for (const [why, spoil, status, code] of SIGNATURES) {
      const answer = await send(spoil(good));
      assert.match(`${answer.status} ${answer.json?.details ?? answer.text}`, new RegExp(`^${status} ${code}`), why);
    }
    assertError(await send(await make().sign(message)), 401, 'QFS_LOGIN_SIGNER', 'of another wallet');
    assertError(await send(await wallet.sign(`${message} `)), 401, 'QFS_LOGIN_SIGNER', 'of another message');
    assertError(await send(await wallet.sign('')), 401, 'QFS_LOGIN_SIGNER', 'of no message');
  }));
}

test('an error about a signature does not cost the nonce', async () => {
  const wallet = viemWallet();
  const message = wallet.write({ nonce: await nonceOf(api) });
  assertError(await api.call('auth_login', { message, signature: await viemWallet().sign(message) }), 401, 'QFS_LOGIN_SIGNER');
  assertOk(await api.call('auth_login', { message, signature: await wallet.sign(message) }));
});

// ---- arguments ----

test('arguments of auth_challenge and auth_login', () => refuses(async () => {
  const wallet = viemWallet();
  const challenge = (body) => api.call('auth_challenge', { wallet: wallet.address, ...body });
  assertError(await challenge({ wallet: breakChecksum(wallet.address) }), 400, 'QFS_ADDRESS_CHECKSUM');
  assertError(await challenge({ wallet: wallet.address.slice(0, -1) }), 400, 'QFS_ADDRESS_SYNTAX');
  assertError(await challenge({ wallet: '' }), 400, 'QFS_ADDRESS_SYNTAX');
  assertError(await challenge({ wallet: null }), 400, 'QFS_ARGUMENT');
  assertError(await challenge({ device_key: 'short' }), 400, 'QFS_DEVICE_KEY_SYNTAX');
  assertError(await challenge({ chain_id: -1 }), 400, 'QFS_ARGUMENT');
  assertError(await challenge({ chain_id: 'one' }), 400, null);
  for (const domain of ['evil.example.org', 'a.app.example.org', 'app.example.org:8443']) assertError(await challenge({ domain }), 401, 'QFS_LOGIN_DOMAIN', domain);
  for (const domain of ['', 'me@app.example.org', 'https://app.example.org', 'app.example.org\nx']) assertError(await challenge({ domain }), 400, 'QFS_SIWE_DOMAIN', domain);
  for (const uri of ['https://evil.example.org/', 'http://app.example.org/', 'https://app.example.org.evil.example/']) assertError(await challenge({ uri }), 401, 'QFS_LOGIN_DOMAIN', uri);
  for (const uri of ['', 'app.example.org', 'https://app.example.org/\nVersion: 1']) assertError(await challenge({ uri }), 400, 'QFS_ARGUMENT', uri);
  assertError(await challenge({ uri: `https://app.example.org/${'x'.repeat(2048)}` }), 413, 'QFS_SIWE_LIMIT');
  assertError(await challenge({ statement: 'a\nb' }), 400, 'QFS_ARGUMENT');
  assertError(await challenge({ statement: 'é' }), 400, 'QFS_SIWE_SYNTAX');
  assertError(await challenge({ origin: 'https://app.example.org' }), 404, null, 'no such argument');
  assertError(await api.call('auth_challenge', {}), 404, null, 'no function without arguments');
  assertError(await api.call('auth_login', { message: 'x' }), 404, null);
  assertError(await api.call('auth_login', { message: null, signature: null }), 400, 'QFS_ARGUMENT');
  assertError(await api.rest({ method: 'POST', path: '/rpc/auth_login', body: '{"message"' }), 400, null);

  const message = wallet.write({ nonce: await nonceOf(api) });
  const query = new URLSearchParams({ message, signature: await wallet.sign(message) });
  assertError(await api.read(`/rpc/auth_login?${query}`), 405, null, 'a GET only reads');
}));
