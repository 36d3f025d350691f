/*
 * wallet_act.c - an event that a wallet signs by itself, without a session.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/wallet_act.h"

#include "base/status.h"
#include "crypto/ethereum.h"
#include "text/json.h"

void
qfs_wallet_act_text(qfs_slice origin, qfs_slice type, qfs_slice payload, int64_t nonce, const qfs_hash *ledger,
					qfs_buf *out)
{
	qfs_buf_slice_add(out, origin);
	qfs_buf_text(out, " asks for your signature.\n\nEvent: ");
	qfs_buf_slice_add(out, type);
	qfs_buf_text(out, "\nPayload: ");
	qfs_buf_slice_add(out, payload);
	qfs_buf_text(out, "\nNonce: ");
	qfs_buf_int(out, nonce);
	qfs_buf_text(out, "\nLedger: ");
	qfs_buf_hex(out, ledger->bytes, sizeof(ledger->bytes));
}

qfs_status
qfs_wallet_act_signer(qfs_slice text, qfs_slice sig, qfs_user_id *out, qfs_error *err)
{
	uint8_t		bytes[QFS_SIGNATURE_READ_MAX];
	qfs_slice	digits;
	qfs_slice	signature;
	qfs_address address;
	qfs_status	status;

	/* EIP-2098 is a second way to write the same one: an entry has one. */
	if (!qfs_json_to_plain(sig, &digits) || !qfs_signature_decode(digits, bytes, &signature) ||
		signature.len == QFS_SIGNATURE_COMPACT_LEN)
		return qfs_fail(err, QFS_AUTH_INVALID, "sig is not a wallet's: 0x and 130 lower-case hexadecimal digits");
	status = qfs_personal_recover(text, signature, &address, err);
	if (status == QFS_OK)
		qfs_user_id_of(&address, out);
	return status;
}
