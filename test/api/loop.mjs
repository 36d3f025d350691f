// loop.mjs - the trust loop: two wallets, a referral, encrypted messages, a reward.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
//   node loop.mjs URL REWARD-FILE       the number of the entry with the reward goes into the file

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { makeChatKey, open, seal } from './chat.mjs';
import { call, show } from './narrate.mjs';

const rewardFile = process.argv[3];

async function signIn(name, code) {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const message = (await call('/rpc/auth_challenge', { wallet: wallet.address })).json;
  const session = await show(name, 200, '/rpc/auth_login',
    { message, signature: await wallet.signMessage({ message }), ...(code && { referral_code: code }) });
  return { name, ...session, mine: await makeChatKey() };
}

const ask = (who, path, body) => show(who.name, 200, path, body, who.token);

async function publishKey(who) {
  await ask(who, '/rpc/publish_chat_key', { key: who.mine.text });
}

async function write(from, to, seq, text) {
  const theirs = await ask(from, `/rpc/chat_key?user_id=${to.user_id}`);
  return ask(from, '/rpc/send_message',
    await seal({ sender: from.user_id, recipient: to.user_id, seq, text, mine: from.mine, theirs: theirs.key }));
}

async function read(who) {
  const [thread] = await ask(who, '/rpc/inbox');
  const [row] = await ask(who, `/rpc/messages?thread=${thread.thread}&max=1`);
  console.log(`    ${who.name} decrypts: ${await open(row, who.user_id, who.mine)}`);
}

async function balances(...people) {
  const profiles = [];
  for (const { name, token } of people) {
    const p = (await call('/rpc/profile', undefined, token)).json;
    profiles.push(p);
    console.log(`    ${name.padEnd(6)} ${p.balances.FLX} FLX, ${p.genesis_points} points, coherence ${p.coherence} (${p.trust_level}), ${p.referral_count} referrals`);
  }
  return profiles;
}

const alice = await signIn('Alice');
await ask(alice, '/rpc/set_profile', { display_name: 'Alice' });
const code = await ask(alice, '/rpc/referral_code');

console.log('\n  Alice gives Bob her code.\n');
const bob = await signIn('Bob', code);
await ask(bob, '/rpc/set_profile', { display_name: 'Bob' });
await publishKey(alice);
await publishKey(bob);

console.log('\n  They write to each other; the server sees ciphertext only.\n');
await write(alice, bob, 1, 'Hello Bob');
await read(bob);
console.log('\n  before the answer:');
const before = await balances(alice, bob);
const reward = await write(bob, alice, 1, 'Hello Alice');
await read(alice);
console.log('\n  after it: Bob has a profile, has sent and has received a message, so the referral activates:');
const after = await balances(alice, bob);
assert.deepEqual(after.map((p) => p.balances.FLX.split('.')[0]), ['100', '0']);
assert.deepEqual(after.map((p) => p.genesis_points), [10, 10]);
assert.ok(after.every((p, i) => p.coherence > before[i].coherence));

console.log('\n  Who asks for a second reward is recorded, and told why not:\n');
const again = await ask(bob, '/rpc/use_referral', { code });
assert.equal(again.status, 'BLOCKED');
writeFileSync(rewardFile, `${reward}\n`);
