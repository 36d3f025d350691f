// signer.mjs - wallets and devices for tests in other languages: viem writes the messages, ethers or viem signs them.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Reads lines of JSON and answers each with one.  Keys are made from numbers,
// so that a test needs to remember none.
//
//   {"do": "address", "wallet": n}                       {"address"}
//   {"do": "message", "wallet": n, "nonce", "domain", "uri", "device"?: n, …}
//                                                        {"message"}, an EIP-4361 one
//   {"do": "sign", "wallet": n, "message", "by"?: "viem"} {"signature"}, personal_sign
//   {"do": "device", "device": n}                        {"key"}, base64url
//   {"do": "event", "device": n, "text"}                 {"sig"}, base64url
//   {"do": "chat_key", "wallet": n}                      {"key"}, X25519, new at every call
//   {"do": "seal", "wallet": n, "sender", "recipient", "seq", "text", "theirs"}
//                                                        the arguments of send_message
//   {"do": "open", "wallet": n, "me", "row"}             {"text"} of a row of messages()

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Wallet, id } from 'ethers';
import { privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import { makeChatKey, open, seal } from '../api/chat.mjs';

const secretOf = (n) => id(`wallet ${n}`);

// RFC 8410: what comes before the 32 bytes of a private Ed25519 key.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function deviceOf(n) {
  const seed = createHash('sha256').update(`device ${n}`).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

const deviceKey = (n) => createPublicKey(deviceOf(n)).export({ format: 'jwk' }).x;

const chatKeys = new Map();

const actions = {
  address: ({ wallet }) => ({ address: new Wallet(secretOf(wallet)).address }),
  message: ({ wallet, nonce, domain, uri, device, chainId = 1 }) => ({
    message: createSiweMessage({
      address: privateKeyToAccount(secretOf(wallet)).address, domain, uri, nonce, chainId, version: '1',
      resources: device === undefined ? undefined : [`urn:qfs:device:${deviceKey(device)}`],
    }),
  }),
  sign: async ({ wallet, message, by }) => ({
    signature: await (by === 'viem' ? privateKeyToAccount(secretOf(wallet)).signMessage({ message })
      : new Wallet(secretOf(wallet)).signMessage(message)),
  }),
  device: ({ device }) => ({ key: deviceKey(device) }),
  event: ({ device, text }) => ({ sig: sign(null, Buffer.from(text), deviceOf(device)).toString('base64url') }),
  chat_key: async ({ wallet }) => {
    chatKeys.set(wallet, await makeChatKey());
    return { key: chatKeys.get(wallet).text };
  },
  seal: ({ wallet, sender, recipient, seq, text, theirs }) =>
    seal({ sender, recipient, seq, text, mine: chatKeys.get(wallet), theirs }),
  open: async ({ wallet, me, row }) => ({ text: await open(row, me, chatKeys.get(wallet)) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(JSON.stringify(await actions[request.do](request)));
}
