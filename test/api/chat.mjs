// chat.mjs - SecureMessageV2 as a client does it: the module of the page, src/web/message_crypto.mjs.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { webcrypto } from 'node:crypto';

// Node 18 has WebCrypto, but not under the name that browsers give it.
globalThis.crypto ??= webcrypto;

export { commitment, makeChatKey, open, seal, threadOf } from '../../src/web/message_crypto.mjs';
export { toBase64url as toText } from '../../src/web/bytes.mjs';
