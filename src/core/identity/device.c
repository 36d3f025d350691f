/*
 * device.c - the device key that a sign-in message names.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/device.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/ed25519.h"
#include "text/base64.h"

static const char prefix[] = "urn:qfs:device:";

_Static_assert(QFS_DEVICE_RESOURCE_LEN == sizeof(prefix) - 1 + QFS_BASE64URL_LEN(QFS_HASH_LEN),
			   "what is written");

void
qfs_device_resource_write(qfs_buf *out, const qfs_hash *key)
{
	qfs_buf_text(out, prefix);
	qfs_base64url_write(out, key->bytes, sizeof(key->bytes));
}

qfs_status
qfs_siwe_device(const qfs_siwe *message, qfs_hash *key, bool *named, qfs_error *err)
{
	size_t		len = sizeof(prefix) - 1;
	qfs_hash	found;

	QFS_ASSERT(message->resource_count <= QFS_SIWE_RESOURCES_MAX);
	*named = false;
	for (unsigned i = 0; i < message->resource_count; i++)
	{
		qfs_slice	uri = message->resources[i];

		if (uri.len < len || memcmp(uri.data, prefix, len) != 0)
			continue;
		if (*named)
			return qfs_fail(err, QFS_DEVICE_KEY_SYNTAX, "there are two of them");
		if (!qfs_base64url_read((qfs_slice) {uri.data + len, uri.len - len}, found.bytes, sizeof(found.bytes)))
			return qfs_fail(err, QFS_DEVICE_KEY_SYNTAX, "\"%v\"", uri);
		*named = true;
	}
	if (!*named)
		return QFS_OK;
	*key = found;
	return qfs_ed25519_key_check((qfs_slice) {found.bytes, sizeof(found.bytes)}, err);
}
