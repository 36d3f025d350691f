/*
 * place.c - where in a JSON document something is wrong.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/place.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/status.h"

static void
write_place(qfs_buf *out, const qfs_place *at)
{
	if (at->parent == NULL)
	{
		qfs_buf_slice_add(out, at->name);
		return;
	}
	write_place(out, at->parent);
	if (at->name.len > 0)
	{
		qfs_buf_byte(out, '.');
		QFS_ASSERT(at->name.len >= 2);
		qfs_buf_bytes(out, at->name.data + 1, at->name.len - 2);
	}
	else
	{
		qfs_buf_byte(out, '[');
		qfs_buf_uint(out, at->index);
		qfs_buf_byte(out, ']');
	}
}

qfs_status
qfs_place_fail(const qfs_place *at, qfs_status fault, const char *why, qfs_error *err)
{
	uint8_t		text[128];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	write_place(&buf, at);
	return qfs_fail(err, fault, "%v: %s", qfs_buf_slice(&buf), why);
}
