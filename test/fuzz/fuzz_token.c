/*
 * fuzz_token.c - session tokens: those that are read are those that are written.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <sodium.h>

#include "fuzz.h"
#include "identity/token.h"
#include "support/keys.h"
#include "text/base64.h"

#define ORIGIN QFS_LITERAL("ledger.example/main")

static void
read(qfs_slice text, const test_key *pair)
{
	uint8_t		memory[QFS_TOKEN_MAX];
	qfs_token	token;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_token_read(text, ORIGIN, &pair->public, 1795376692, &token, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	PROPERTY(token.expires_at > 1795376692);
	qfs_buf_init(&out, memory, sizeof(memory));
	PROPERTY(qfs_token_write(&token, ORIGIN, &pair->public, pair->secret, &out, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), text));
}

/* The claims are the input's, header and signature are good: as if we had signed anything. */
static void
read_signed(qfs_slice claims, const test_key *pair)
{
	uint8_t		memory[2 * QFS_TOKEN_MAX];
	uint8_t		header[256];
	uint8_t		signature[crypto_sign_BYTES];
	qfs_buf		out;
	qfs_buf		buf;

	qfs_buf_init(&buf, header, sizeof(header));
	qfs_buf_text(&buf, "{\"alg\":\"EdDSA\",\"kid\":\"");
	qfs_token_key_id(&buf, &pair->public);
	qfs_buf_text(&buf, "\",\"typ\":\"JWT\"}");
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_base64url_write(&out, buf.data, buf.len);
	qfs_buf_byte(&out, '.');
	qfs_base64url_write(&out, claims.data, claims.len);
	crypto_sign_detached(signature, NULL, out.data, out.len, pair->secret);
	qfs_buf_byte(&out, '.');
	qfs_base64url_write(&out, signature, sizeof(signature));
	if (!out.overflow)
		read(qfs_buf_slice(&out), pair);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};
	test_key	pair = test_key_of(1);

	read(input, &pair);
	read_signed(input, &pair);
	return 0;
}
