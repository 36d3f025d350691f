/*
 * wallet_signature.c - a wallet's signature, as it was given.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/fn/wallet_signature.h"
#include "text/json.h"

qfs_slice
qfs_wallet_signature(qfs_slice given)
{
	char	   *out = palloc(given.len + 2);
	size_t		capacity = 6 * given.len + 16;
	qfs_buf		json;
	size_t		start = given.len >= 2 && given.data[0] == '0' &&
		(given.data[1] == 'x' || given.data[1] == 'X') ? 2 : 0;

	out[0] = '0';
	out[1] = 'x';
	for (size_t i = start; i < given.len; i++)
		out[2 + i - start] = (char) pg_ascii_tolower(given.data[i]);
	qfs_buf_init(&json, palloc(capacity), capacity);
	qfs_json_write_string(&json, (qfs_slice) {(uint8_t *) out, given.len - start + 2});
	return qfs_buf_slice(&json);
}
