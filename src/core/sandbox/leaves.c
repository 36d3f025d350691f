/*
 * leaves.c - changes of a policy, written key by key.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/leaves.h"

#include "base/status.h"

void
qfs_leaves_begin(qfs_leaves *leaves, qfs_buf *out)
{
	qfs_json_begin(&leaves->json, out);
	qfs_json_open_object(&leaves->json);
	leaves->len = 0;
}

/* Closes the objects that a key is not in. */
static void
leave(qfs_leaves *leaves, qfs_slice name)
{
	while (leaves->len > 0 && (name.len < leaves->len || memcmp(name.data, leaves->way, leaves->len) != 0))
	{
		qfs_json_close(&leaves->json);
		/* The way ends with a dot. */
		do
			leaves->len--;
		while (leaves->len > 0 && leaves->way[leaves->len - 1] != '.');
	}
}

void
qfs_leaves_put(qfs_leaves *leaves, qfs_slice name, qfs_slice value)
{
	char		step[QFS_TYPE_MAX + 1];
	size_t		start;

	QFS_ASSERT(name.len <= QFS_TYPE_MAX);
	leave(leaves, name);
	start = leaves->len;
	for (size_t n = start; n < name.len; n++)
	{
		if (name.data[n] != '.')
			continue;
		memcpy(step, name.data + start, n - start);
		step[n - start] = '\0';
		qfs_json_key(&leaves->json, step);
		qfs_json_open_object(&leaves->json);
		start = leaves->len = n + 1;
	}
	memcpy(leaves->way, name.data, leaves->len);
	memcpy(step, name.data + start, name.len - start);
	step[name.len - start] = '\0';
	qfs_json_key(&leaves->json, step);
	qfs_json_put_value(&leaves->json, value);
}

qfs_status
qfs_leaves_end(qfs_leaves *leaves, qfs_error *err)
{
	leave(leaves, (qfs_slice) {NULL, 0});
	qfs_json_close(&leaves->json);
	if (leaves->json.out->overflow)
		return qfs_fail(err, QFS_POLICY_INVALID, "the changes have more than %u bytes",
						(uint64_t) leaves->json.out->capacity);
	return qfs_json_end(&leaves->json, err);
}
