// governance.test.mjs - proposals in the page: told in words, executed again for who acted and, but for accounts, for everybody.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { person, PROFILE_EXECUTED, profileEntry, scenario, setProfile, signIn, sql, userId } from './browser.mjs';

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

// What a function of qfs_api gives to sign, signed by the wallet of somebody and given back; call: without its last parenthesis.
async function signed({ account }, call) {
  const asWhoever = (rest) => JSON.parse(sql(`SET ROLE qfs_anon; SELECT ${call}${rest})`));
  const { nonce, text } = asWhoever('');
  return asWhoever(`, auth => ${quoted(JSON.stringify({ nonce, sig: await account.signMessage({ message: text }) }))}`);
}

const modulesOf = (who) => new Set(who.requests.map((request) => /page_module\?sha256=(\w+)$/.exec(request.url())?.[1]).filter(Boolean));

scenario('a proposal, told to who made it and to a stranger', async () => {
  const [holder, stranger] = [await person(), await person()];
  for (const [who, name] of [[holder, 'Holder'], [stranger, 'Stranger']]) {
    await who.open();
    await signIn(who);
    await setProfile(who, name);
  }
  sql(`SELECT qfs.set_policy('{"governance": {"mode": "trial", "deposit": "0", "cooldown_blocks": 0}}'); SELECT qfs.set_nod(${quoted(userId(holder))}, 25, 'founder')`);
  const call = `qfs_api.propose('{"policy": {"referral": {"cap": 50}}}', 'Halve the referral cap \u202e', 'parameter', 'Why it is a good one.'`;
  const { seq } = await signed(holder, call);
  const blocked = (await signed(holder, call)).seq;

  // Of anything else nothing of governance is fetched.
  await holder.go(`#/why/${profileEntry(holder)}`);
  await holder.page.getByText(PROFILE_EXECUTED).waitFor();
  const before = modulesOf(holder).size;
  await holder.go(`#/why/${seq}`);
  await holder.heading(new RegExp(`^You made proposal ${seq}, \u201cHalve the referral cap \u27e8U\\+202E\u27e9\u201d, on the track \u201cparameter\u201d\\. Votes are taken from block .* to block .*; what passes comes into force with block .*\\.$`));
  await holder.page.getByText(/^The rule of \u201cProposal\u201d was executed again here, over what these entries say, and gives what entry \d+ says\./).waitFor();
  await holder.page.getByText('signed by the wallet').waitFor();
  await holder.page.getByText('Enough seats to propose: found, in hundredths').waitFor();
  assert.equal(modulesOf(holder).size, before + 1);

  await holder.go(`#/why/${blocked}`);
  await holder.heading('You could not make a proposal: another proposal of this account is not over.');
  await holder.page.getByText('blocked: another proposal of this account is not over').waitFor();

  await stranger.go(`#/why/${seq}`);
  await stranger.heading(/made proposal \d+, \u201cHalve the referral cap/);
  await stranger.page.getByText(/was executed again here, over what these entries say, and gives what entry \d+ says, but for accounts, which are not for you to see\./).waitFor();

  await stranger.go(`#/ledger/${seq}`);
  await stranger.heading(`Entry ${seq}: Proposal`);
});
