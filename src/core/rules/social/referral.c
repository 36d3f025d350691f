/*
 * referral.c - referral codes, and whose device a key was first.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/social/referral.h"

#include "crypto/keccak.h"

void
qfs_referral_code(const qfs_user_id *user, char *out)
{
	/* Without I, O and l, which look like others. */
	static const char digits[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t		text[QFS_USER_ID_TEXT + 16];
	qfs_uint128 n = 0;
	qfs_buf		buf;
	qfs_hash	hash;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_user_id_write(&buf, user);
	qfs_buf_text(&buf, ":QFS_REF_V1");
	qfs_sha3_256(qfs_buf_slice(&buf), &hash);
	for (int i = 0; i < 16; i++)
		n = n << 8 | hash.bytes[i];
	for (int i = QFS_REFERRAL_CODE_LEN - 1; i >= 0; i--)
		out[i] = digits[qfs_divide_small(&n, sizeof(digits) - 1)];
}

qfs_status
qfs_referral_begin(qfs_reducer *r, const qfs_user_id *user, qfs_error *err)
{
	qfs_referral_code_record record = {.user = *user};

	qfs_referral_code(user, record.code);
	return r->store->put(r->store, &qfs_kind_referral_code, &record, err);
}

qfs_status
qfs_device_claim(qfs_reducer *r, const qfs_hash *device, const qfs_user_id *user, qfs_error *err)
{
	qfs_device_record record = {.device = *device};
	bool		found;
	qfs_status	status = r->store->get(r->store, &qfs_kind_device, &record, &found, err);

	if (status != QFS_OK || found)
		return status;
	record.user = *user;
	return r->store->put(r->store, &qfs_kind_device, &record, err);
}
