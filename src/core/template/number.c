/*
 * number.c - numbers of a policy, counts and amounts alike.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/number.h"

bool
qfs_number_read(qfs_slice value, qfs_amount *out, bool *is_amount)
{
	qfs_slice	text;
	int64_t		count;

	*is_amount = qfs_json_to_plain(value, &text);
	if (*is_amount)
		return qfs_amount_parse(text, out, NULL) == QFS_OK;
	if (!qfs_json_to_int(value, &count) || count < 0)
		return false;
	*out = (qfs_amount) (uint64_t) count;
	return true;
}

void
qfs_number_write(qfs_buf *out, qfs_amount n, bool is_amount)
{
	if (!is_amount)
	{
		qfs_buf_uint(out, (uint64_t) n);
		return;
	}
	qfs_buf_byte(out, '"');
	qfs_amount_write(out, n);
	if (out->overflow)
		return;
	while (out->data[out->len - 1] == '0')
		out->len--;
	out->len -= out->data[out->len - 1] == '.';
	qfs_buf_byte(out, '"');
}
