/*
 * base64.c - base64 and base64url (RFC 4648, sections 4 and 5), strictly.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/base64.h"

#include <sodium.h>

#include "base/assert.h"

#define PADDED sodium_base64_VARIANT_ORIGINAL
#define URL sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* Bytes that are encoded at a time: a multiple of 3, so that pieces fit together. */
#define PIECE 48

static void
write_text(qfs_buf *out, const uint8_t *bytes, size_t len, int variant)
{
	char		text[sodium_base64_ENCODED_LEN(PIECE, PADDED)];

	_Static_assert(PIECE % 3 == 0, "pieces fit together");
	QFS_ASSERT(bytes != NULL || len == 0);
	while (len > 0)
	{
		size_t		piece = len < PIECE ? len : PIECE;

		sodium_bin2base64(text, sizeof(text), bytes, piece, variant);
		QFS_ASSERT(strlen(text) <= sodium_base64_ENCODED_LEN(PIECE, PADDED) - 1);
		qfs_buf_text(out, text);
		bytes += piece;
		len -= piece;
	}
}

static bool
read_text(qfs_slice text, uint8_t *out, size_t max, size_t *len, int variant)
{
	const char *start = (const char *) text.data;
	const char *end;

	/* To libsodium a char is a signed number, and 0xAB and 0xDF are "+" and "_". */
	QFS_ASSERT(qfs_slice_sound(text));
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 0x80)
			return false;
	return sodium_base642bin(out, max, start, text.len, NULL, len, &end, variant) == 0 &&
		end == start + text.len;
}

void
qfs_base64_write(qfs_buf *out, const uint8_t *bytes, size_t len)
{
	write_text(out, bytes, len, PADDED);
}

bool
qfs_base64_read_some(qfs_slice text, uint8_t *out, size_t max, size_t *len)
{
	return read_text(text, out, max, len, PADDED);
}

void
qfs_base64url_write(qfs_buf *out, const uint8_t *bytes, size_t len)
{
	write_text(out, bytes, len, URL);
}

bool
qfs_base64url_read_some(qfs_slice text, uint8_t *out, size_t max, size_t *len)
{
	return read_text(text, out, max, len, URL);
}

bool
qfs_base64url_read(qfs_slice text, uint8_t *out, size_t len)
{
	size_t		got;

	return text.len == QFS_BASE64URL_LEN(len) &&
		qfs_base64url_read_some(text, out, len, &got) && got == len;
}
