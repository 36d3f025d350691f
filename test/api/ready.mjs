// ready.mjs - waits until the ledgers that are named answer, through nginx and PostgREST.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { ledger } from './client.mjs';

const deadline = Date.now() + 30000;
for (const name of process.argv.slice(2)) {
  for (;;) {
    const answer = await ledger(name).site({ path: '/rest/' }).catch((error) => ({ status: error.code }));
    if (answer.status === 200) break;
    if (Date.now() > deadline) throw new Error(`${name}: ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
