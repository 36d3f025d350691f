// wallet.mjs - wallets in the browser: EIP-1193 providers, found as EIP-6963 says or at window.ethereum.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toHex, utf8 } from './bytes.mjs';

const announced = new Map();

export function lookForWallets() {
  window.addEventListener('eip6963:announceProvider', ({ detail }) => {
    if (detail?.provider?.request) announced.set(String(detail.info?.uuid), { name: String(detail.info?.name ?? 'Wallet'), provider: detail.provider });
  });
  window.dispatchEvent(new Event('eip6963:requestProvider'));
}

// [{name, provider}]; empty if there is none.
export function wallets() {
  if (announced.size > 0) return [...announced.values()];
  return window.ethereum?.request ? [{ name: 'Browser wallet', provider: window.ethereum }] : [];
}

export class WalletError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

// Error codes of EIP-1193 and of wallets' JSON-RPC.
async function askWallet(provider, method, params) {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    if (error?.code === 4001) throw new WalletError('you declined in the wallet', 'Nothing was changed. Try again when you are ready.');
    if (error?.code === -32002) throw new WalletError('the wallet is waiting for you already', 'Open the wallet and answer its question there.');
    throw new WalletError('the wallet refused', String(error?.message ?? 'It gave no reason.').slice(0, 200));
  }
}

// {address, chainId} of the account that the wallet lets us see.
export async function connect(provider) {
  const [address] = await askWallet(provider, 'eth_requestAccounts', []);
  if (!/^0x[0-9a-fA-F]{40}$/.test(address ?? '')) throw new WalletError('the wallet named no account', 'Unlock the wallet and choose an account.');
  return { address, chainId: Number(await askWallet(provider, 'eth_chainId', [])) };
}

export const personalSign = (provider, address, message) => askWallet(provider, 'personal_sign', [`0x${toHex(utf8(message))}`, address]);
