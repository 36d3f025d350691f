// siwe.mjs - sign-in messages (EIP-4361), and the signature of a wallet over one (EIP-191, personal_sign).
//
// SPDX-License-Identifier: AGPL-3.0-only

import { concat, fromBase64url, fromHex, toHex, utf8 } from '../bytes.mjs';
import { isPublicKey } from '../ed25519.mjs';
import { demand } from './fault.mjs';
import { isKeyText, matches } from './forms.mjs';
import { keccak256 } from './keccak.mjs';
import { checksummed } from './names.mjs';
import { recoverKey, toNumber } from './secp256k1.mjs';
import { isDomain, isUri, PCHARS_FORM, readTime, SCHEME_FORM } from './uri.mjs';

const INVITATION = ' wants you to sign in with your Ethereum account:';
const MAX_MESSAGE = 4096;
const MAX_STATEMENT = 512;
const MAX_RESOURCES = 16;
const DEVICE = 'urn:qfs:device:';
const STATEMENT_FORM = /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;= -]*$/;

// ---- the message ----

// The device that a message names, or null.
export function deviceOf({ resources }) {
  const named = resources.filter((uri) => uri.startsWith(DEVICE));
  demand(named.length <= 1, 'DEVICE_KEY_SYNTAX', 'the message names more than one device');
  if (named.length === 0) return null;
  const key = named[0].slice(DEVICE.length);
  demand(isKeyText(key), 'DEVICE_KEY_SYNTAX', 'the device key is not 43 characters of base64url');
  demand(isPublicKey(fromBase64url(key)), 'ED25519_KEY', 'the device key is not a usable Ed25519 key');
  return key;
}

const isWritten = (address) => address === checksummed(address.slice(2).toLowerCase());
const isAddressLike = matches(/^0x[0-9a-fA-F]{40}$/);

// An address, as EIP-55 writes it.
export const isAddress = (value) => isAddressLike(value) && isWritten(value);

function checkAddress(address) {
  demand(isAddressLike(address), 'SIWE_SYNTAX', 'there is no address');
  demand(isWritten(address), 'SIWE_ADDRESS', 'the address is not written as EIP-55 says');
  return address;
}

// {scheme (or null), domain, wallet, uri, chainId, nonce, issuedAt, expiresAt (or null), notBefore (or null), resources}
export function readSiwe(message) {
  const limit = (condition, what) => demand(condition, 'SIWE_LIMIT', what);
  const syntax = (condition, what) => demand(condition, 'SIWE_SYNTAX', what);
  limit(utf8(message).length <= MAX_MESSAGE, `the message is longer than ${MAX_MESSAGE} bytes`);
  const lines = message.split('\n');
  const first = lines.shift();
  syntax(first.endsWith(INVITATION), 'the first line is not that of a sign-in message');
  const origin = first.slice(0, -INVITATION.length);
  const cut = origin.indexOf('://');
  syntax(cut < 0 || SCHEME_FORM.test(origin.slice(0, cut)), 'the scheme is none');
  const domain = cut < 0 ? origin : origin.slice(cut + 3);
  demand(isDomain(domain), 'SIWE_DOMAIN', 'the domain is not a host with an optional port');
  const wallet = checkAddress(lines.shift() ?? '');
  syntax(lines.shift() === '', 'an empty line is missing');
  // A statement may be empty; two empty lines are none.
  if (lines[0] !== '' || (lines[1] === '' && lines.length > 2)) {
    const statement = lines.shift() ?? '';
    syntax(STATEMENT_FORM.test(statement), 'the statement has characters that it cannot have');
    limit(statement.length <= MAX_STATEMENT, 'the statement is too long');
  }
  syntax(lines.shift() === '', 'an empty line is missing');
  const field = (name) => (lines[0]?.startsWith(`${name}: `) ? lines.shift().slice(name.length + 2) : null);
  const must = (name) => field(name) ?? syntax(false, `${name} is missing`);
  const uri = must('URI');
  limit(uri.length <= 2048, 'the URI is too long');
  syntax(isUri(uri), 'the URI is none');
  demand(must('Version') === '1', 'SIWE_VERSION', 'the version is not 1');
  const chain = must('Chain ID');
  syntax(/^[0-9]+$/.test(chain), 'the chain id is not a number');
  limit(Number.isSafeInteger(Number(chain)), 'the chain id is too large');
  const nonce = must('Nonce');
  syntax(/^[A-Za-z0-9]{8,}$/.test(nonce), 'the nonce is not 8 letters and digits or more');
  limit(nonce.length <= 64, 'the nonce is too long');
  const issuedAt = readTime(must('Issued At'));
  const [expiration, notBefore, requestId] = [field('Expiration Time'), field('Not Before'), field('Request ID')];
  syntax(requestId === null || PCHARS_FORM.test(requestId), 'the request id has characters that it cannot have');
  return { scheme: cut < 0 ? null : origin.slice(0, cut), domain, wallet, uri, chainId: Number(chain), nonce, issuedAt, expiresAt: expiration === null ? null : readTime(expiration),
    notBefore: notBefore === null ? null : readTime(notBefore), resources: readResources(lines, syntax, limit) };
}

function readResources(lines, syntax, limit) {
  if (lines.length === 0) return [];
  syntax(lines.shift() === 'Resources:', 'there is a line that is none of the message');
  limit(lines.length <= MAX_RESOURCES, `there are more than ${MAX_RESOURCES} resources`);
  return lines.map((line) => {
    limit(line.length <= 2048 + 2, 'a resource is too long');
    syntax(line.startsWith('- ') && isUri(line.slice(2)), 'a resource is not a URI');
    return line.slice(2);
  });
}

// ---- the signature ----

// EIP-2098 packs the parity into the top bit of s; else the last byte is 27 or 28, or 0 or 1.
function unpack(bytes) {
  demand(bytes.length === 64 || bytes.length === 65, 'CONTRACT_WALLET', `a signature of ${bytes.length} bytes is not that of a key`);
  const r = toNumber(bytes.subarray(0, 32));
  const s = toNumber(bytes.subarray(32, 64));
  if (bytes.length === 64) return { r, s: s % 2n ** 255n, parity: s >> 255n };
  demand([0, 1, 27, 28].includes(bytes[64]), 'SIGNATURE_RECOVERY_ID', 'the last byte of the signature is not 0, 1, 27 or 28');
  return { r, s, parity: BigInt(bytes[64] % 27) };
}

// The wallet that signed the text.
export function signerOf(text, signature) {
  const message = utf8(text);
  const digest = keccak256(concat(utf8(`\x19Ethereum Signed Message:\n${message.length}`), message));
  const { r, s, parity } = unpack(fromHex(signature.slice(2)));
  return checksummed(toHex(keccak256(recoverKey(digest, r, s, parity)).subarray(12)));
}
