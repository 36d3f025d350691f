// wallets.mjs - wallets as applications have them: viem, and ethers with siwe.
// What they write is sent as they wrote it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { generateKeyPairSync, sign } from 'node:crypto';
import { Wallet } from 'ethers';
import { SiweMessage } from 'siwe';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import { assertOk } from './client.mjs';
import { eventText } from '../../src/web/payloads.mjs';

const PLACE = { domain: 'app.example.org', uri: 'https://app.example.org/login', version: '1', chainId: 1 };

export function viemWallet(key = generatePrivateKey()) {
  const account = privateKeyToAccount(key);
  return {
    name: 'viem', key, address: account.address,
    sign: (message) => account.signMessage({ message }),
    write: (fields) => createSiweMessage({ ...PLACE, address: account.address, issuedAt: new Date(), ...fields }),
  };
}

function ethersWallet(key = generatePrivateKey()) {
  const wallet = new Wallet(key);
  return {
    name: 'ethers', key, address: wallet.address,
    sign: (message) => wallet.signMessage(message),
    write(fields) {
      const texts = Object.fromEntries(Object.entries(fields).map(([name, field]) =>
        [name, field instanceof Date ? field.toISOString() : field]));
      return new SiweMessage({ ...PLACE, address: wallet.address, issuedAt: new Date().toISOString(), ...texts }).prepareMessage();
    },
  };
}

export const makers = [viemWallet, ethersWallet];

export const nonceOf = async (api) => assertOk(await api.call('auth_nonce'));

// Signs a message with a fresh nonce and sends both.  change: what is done to the message before it is signed.
export async function tryLogin(api, wallet, fields = {}, change = (message) => message) {
  const nonce = fields.nonce ?? await nonceOf(api);
  const message = change(wallet.write({ ...fields, nonce }));
  return api.call('auth_login', { message, signature: await wallet.sign(message) });
}

export async function login(api, wallet = viemWallet(), fields = {}) {
  return { ...assertOk(await tryLogin(api, wallet, fields)), key: wallet.key };
}

// ---- devices ----

// Signs in with a device; gives what auth_login gave, and
//   sign(type, payload, …)          auth of an event: {key, nonce, sig}, by default a good one
//   act(name, body, type, payload)  calls a function with the signature of what it appends; body, if payload is left out
export async function actor(api, wallet, device) {
  const session = await login(api, wallet, { resources: [device.resource] });
  const genesis = api.sql('SELECT ledger FROM qfs.ledger_state');
  let last = Date.now();
  const sign = (type, payload, { by = device, nonce = ++last, of = session.user_id, ledger = genesis } = {}) =>
    ({ key: by.key, nonce, sig: by.sign(eventText({ actor: of, ledger, nonce, payload, type })) });
  const act = (name, body, type, payload = body) => api.call(name, { ...body, auth: sign(type, payload) }, session.token);
  return { ...session, wallet, device, sign, act };
}

export function makeDevice() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x;
  return { key, resource: `urn:qfs:device:${key}`, sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url') };
}
