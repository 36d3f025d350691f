// board.mjs - four holders vote with their wallets, without signing in, for scripts/demo.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   node board.mjs URL DATABASE FILE      the proposal's number goes into the file

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Wallet } from 'ethers';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { call, show } from './narrate.mjs';
import { value } from '../node/psql.mjs';

const [, , , database, file] = process.argv;

const viem = () => { const account = privateKeyToAccount(generatePrivateKey()); return { address: account.address, sign: (message) => account.signMessage({ message }) }; };
const ethers = () => { const wallet = Wallet.createRandom(); return { address: wallet.address, sign: (message) => wallet.signMessage(message) }; };
const holders = [['Ada', viem()], ['Bob', ethers()], ['Cid', viem()], ['Dot', ethers()]].map(([name, wallet]) => ({ name, ...wallet }));

// What the function gives to sign, signed by the wallet and given back.
async function act(holder, path, body) {
  const { text, nonce } = (await call(path, body)).json;
  return show(holder.name, 200, path, { ...body, auth: { nonce, sig: await holder.sign(text) } });
}

const status = async () => (await call('/rpc/governance', {})).json;
const proposal = async (seq) => (await call(`/proposals?seq=eq.${seq}`)).json[0];

async function waitFor(block, what) {
  console.log(`\n  ${what}, in block ${block}\n`);
  while ((await status()).block < block) await new Promise((resolve) => { setTimeout(resolve, 200); });
}

console.log('\n  the operator appoints four, each with a reason that everybody reads:\n');
for (const { name, address } of holders) {
  const query = `SELECT qfs.set_nod(qfs.user_id('${address}'::qfs.address), 25, '${name} was elected by the users')`;
  console.log(`  ${query}\n    entry ${value(query, database)}`);
}

const change = { action: { policy: { referral: { cap: 50 } } }, title: 'Halve the referral cap', track: 'parameter', description: 'A hundred is too many.' };
console.log('\n  what Ada\'s wallet shows before she signs:\n');
console.log((await call('/rpc/propose', change)).json.text.replace(/^/gm, '    ').replace(/(.{150}).*/g, '$1…'), '\n');
const { seq } = await act(holders[0], '/rpc/propose', change);
await waitFor((await proposal(seq)).opens, 'everybody has read it, and the vote opens');
for (const [n, choice] of [[0, 'yes'], [1, 'yes'], [2, 'no']]) await act(holders[n], '/rpc/vote', { proposal: seq, choice });
console.log('\n  a vote is final:\n');
const again = await act(holders[2], '/rpc/vote', { proposal: seq, choice: 'yes' });
assert.equal(again.outcome.status, 'BLOCKED');
await waitFor((await proposal(seq)).ends, 'the time for votes is over');
writeFileSync(file, `${seq}\n`);
