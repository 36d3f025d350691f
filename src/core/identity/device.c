/*
 * device.c - the device key that a sign-in message names.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "identity/device.h"

#include <sodium.h>

#include "crypto/ed25519.h"
#include "base/status.h"

static const char prefix[] = "urn:qfs:device:";

void
qfs_device_resource_write(qfs_buf *out, const qfs_hash *key)
{
	char		text[sodium_base64_ENCODED_LEN(QFS_HASH_LEN,
											   sodium_base64_VARIANT_URLSAFE_NO_PADDING)];

	sodium_bin2base64(text, sizeof(text), key->bytes, sizeof(key->bytes),
					  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	qfs_buf_text(out, prefix);
	qfs_buf_text(out, text);
}

/* libsodium wants the unused bits of the last character to be zero. */
static bool
read_device_key(qfs_slice text, qfs_hash *out)
{
	const char *end;
	size_t		len;

	return sodium_base642bin(out->bytes, sizeof(out->bytes), (const char *) text.data, text.len,
							 NULL, &len, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
		end == (const char *) text.data + text.len && len == sizeof(out->bytes);
}

qfs_status
qfs_siwe_device(const qfs_siwe *message, qfs_hash *key, bool *named, qfs_error *err)
{
	size_t		len = sizeof(prefix) - 1;
	qfs_hash	found;

	*named = false;
	for (unsigned i = 0; i < message->resource_count; i++)
	{
		qfs_slice	uri = message->resources[i];

		if (uri.len < len || memcmp(uri.data, prefix, len) != 0)
			continue;
		if (*named)
			return qfs_fail(err, QFS_DEVICE_KEY_SYNTAX, "there are two of them");
		if (!read_device_key((qfs_slice) {uri.data + len, uri.len - len}, &found))
			return qfs_fail(err, QFS_DEVICE_KEY_SYNTAX, "\"%v\"", uri);
		*named = true;
	}
	if (!*named)
		return QFS_OK;
	*key = found;
	return qfs_ed25519_key_check((qfs_slice) {found.bytes, sizeof(found.bytes)}, err);
}
