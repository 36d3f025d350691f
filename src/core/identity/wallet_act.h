/*
 * wallet_act.h - an event that a wallet signs by itself, without a session.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whoever holds an account's key can act for it though nobody lets it sign in.
 * The wallet shows the text that it signs, so the text says what is asked for;
 * none of its lines can be another's, as an origin has no spaces and canonical
 * JSON no line ends, and no sign-in message (EIP-4361) begins as it does.
 */
#ifndef QFS_WALLET_ACT_H
#define QFS_WALLET_ACT_H

#include "base/buf.h"
#include "text/ids.h"

/* Bytes of the text besides its payload, at most. */
#define QFS_WALLET_TEXT_MORE 512

/*
 * Writes the text that is signed, without a line end after the last line:
 *
 *     <origin> asks for your signature.
 *
 *     Event: <type>
 *     Payload: <payload>
 *     Nonce: <nonce>
 *     Ledger: <ledger>
 *
 * payload: canonical JSON
 * nonce:   from 1
 * ledger:  hash of entry 0
 */
extern void qfs_wallet_act_text(qfs_slice origin, qfs_slice type, qfs_slice payload, int64_t nonce,
								const qfs_hash *ledger, qfs_buf *out);

/*
 * The account whose wallet signed a text.
 * sig: the part "sig" of an entry, a string: 0x and 130 lower-case hexadecimal
 *      digits, r || s || v
 * Source: EIP-191, version 0x45.
 * Errors: AUTH_INVALID for another form, CONTRACT_WALLET and the others of
 *         qfs_personal_recover.
 */
extern qfs_status qfs_wallet_act_signer(qfs_slice text, qfs_slice sig, qfs_user_id *out, qfs_error *err);

#endif
