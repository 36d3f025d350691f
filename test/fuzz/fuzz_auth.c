/*
 * fuzz_auth.c - auth values and the text forms of ids and amounts: one spelling each.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"
#include "identity/auth_value.h"
#include "text/amount.h"
#include "text/ids.h"
#include "text/json.h"

static void
auth(qfs_slice input)
{
	uint8_t		memory[QFS_AUTH_MAX];
	uint8_t		signature[64];
	qfs_auth	value;
	qfs_slice	sig;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_auth_read(input, &value, &err);

	if (status != QFS_OK)
		fuzz_check_error(status, &err);
	else
	{
		qfs_buf_init(&out, memory, sizeof(memory));
		qfs_auth_write(&out, &value);
		PROPERTY(!out.overflow && qfs_slice_equal(qfs_buf_slice(&out), input));
	}

	value = (qfs_auth) {.via = QFS_VIA_SESSION,.is_signed = true};
	status = qfs_auth_read_signature(input, &value, &sig, &err);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	PROPERTY(value.nonce >= 0 && value.nonce <= QFS_INT_MAX);
	/* What becomes the entry's part is the signature again. */
	PROPERTY(qfs_auth_sig_read(sig, signature) && memcmp(signature, value.signature, sizeof(signature)) == 0);
}

static void
amount(qfs_slice input)
{
	uint8_t		memory[QFS_AMOUNT_TEXT];
	qfs_amount	value;
	qfs_amount	again;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_amount_parse(input, &value, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_amount_write(&out, value);
	PROPERTY(!out.overflow && qfs_amount_parse(qfs_buf_slice(&out), &again, NULL) == QFS_OK);
	PROPERTY(again == value);
	if (qfs_amount_mul(value, QFS_AMOUNT_ONE, &again, NULL) == QFS_OK)
		PROPERTY(again == value);
}

static void
ids(qfs_slice input)
{
	uint8_t		memory[QFS_USER_ID_TEXT];
	qfs_user_id user;
	qfs_address address;
	qfs_address address_again;
	qfs_buf		out;

	if (qfs_user_id_parse(input, &user, NULL) == QFS_OK)
	{
		qfs_buf_init(&out, memory, sizeof(memory));
		qfs_user_id_write(&out, &user);
		PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), input));
	}
	if (qfs_address_parse(input, &address, NULL) == QFS_OK)
	{
		qfs_buf_init(&out, memory, sizeof(memory));
		qfs_address_write(&out, &address);
		PROPERTY(qfs_address_parse(qfs_buf_slice(&out), &address_again, NULL) == QFS_OK);
		PROPERTY(memcmp(&address, &address_again, sizeof(address)) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};

	if (qfs_json_check(input, NULL) == QFS_OK)
		auth(input);
	amount(input);
	ids(input);
	return 0;
}
