/*
 * ids.c - text forms of user ids and wallet addresses.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/ids.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/keccak.h"

static const char user_prefix[] = "user_";

#define USER_PREFIX_LEN (sizeof(user_prefix) - 1)

_Static_assert(QFS_USER_ID_TEXT == USER_PREFIX_LEN + 2 * QFS_HASH_LEN, "a user id as text");
_Static_assert(QFS_ADDRESS_TEXT == 2 + 2 * QFS_ADDRESS_LEN, "an address as text");

qfs_status
qfs_hash_parse(qfs_slice text, qfs_hash *out, qfs_error *err)
{
	if (!qfs_hex_decode(text, out->bytes, sizeof(out->bytes)))
		return qfs_fail(err, QFS_HASH_SYNTAX, "%u characters: \"%v\"", (uint64_t) text.len, text);
	return QFS_OK;
}

qfs_status
qfs_user_id_parse(qfs_slice text, qfs_user_id *out, qfs_error *err)
{
	if (text.len != QFS_USER_ID_TEXT ||
		memcmp(text.data, user_prefix, USER_PREFIX_LEN) != 0 ||
		!qfs_hex_decode((qfs_slice) {text.data + USER_PREFIX_LEN, text.len - USER_PREFIX_LEN},
						out->bytes, sizeof(out->bytes)))
		return qfs_fail(err, QFS_USER_ID_SYNTAX, "%u characters: \"%v\"",
						(uint64_t) text.len, text);
	return QFS_OK;
}

void
qfs_user_id_write(qfs_buf *out, const qfs_user_id *id)
{
	qfs_buf_text(out, user_prefix);
	qfs_buf_hex(out, id->bytes, sizeof(id->bytes));
}

void
qfs_json_put_user(qfs_json_writer *w, const qfs_user_id *id)
{
	uint8_t		text[QFS_USER_ID_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_user_id_write(&buf, id);
	QFS_ASSERT(!buf.overflow && buf.len == QFS_USER_ID_TEXT);
	qfs_json_put_text(w, qfs_buf_slice(&buf));
}

bool
qfs_json_member_user(qfs_slice object, const char *name, qfs_user_id *out)
{
	qfs_slice	text;

	return qfs_json_member(object, name, &text) && qfs_json_to_plain(text, &text) &&
		qfs_user_id_parse(text, out, NULL) == QFS_OK;
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'F';
}

static bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'f';
}

/* Lower-case digits, without 0x. */
static void
lower_digits(const qfs_address *address, uint8_t digits[2 * QFS_ADDRESS_LEN])
{
	qfs_buf		buf;

	qfs_buf_init(&buf, digits, 2 * QFS_ADDRESS_LEN);
	qfs_buf_hex(&buf, address->bytes, sizeof(address->bytes));
	QFS_ASSERT(!buf.overflow && buf.len == buf.capacity);
}

/* The digits with EIP-55's capitals. */
static void
checksum_digits(const qfs_address *address, uint8_t digits[2 * QFS_ADDRESS_LEN])
{
	qfs_hash	hash;

	lower_digits(address, digits);
	qfs_keccak256((qfs_slice) {digits, 2 * QFS_ADDRESS_LEN}, &hash);
	for (int i = 0; i < 2 * QFS_ADDRESS_LEN; i++)
	{
		int			nibble = i % 2 ? hash.bytes[i / 2] & 15 : hash.bytes[i / 2] >> 4;

		if (is_lower(digits[i]) && nibble >= 8)
			digits[i] = (uint8_t) (digits[i] - 'a' + 'A');
	}
}

qfs_status
qfs_address_parse(qfs_slice text, qfs_address *out, qfs_error *err)
{
	uint8_t		digits[2 * QFS_ADDRESS_LEN];
	bool		upper = false;
	bool		lower = false;

	if (text.len != QFS_ADDRESS_TEXT || text.data[0] != '0' || text.data[1] != 'x')
		return qfs_fail(err, QFS_ADDRESS_SYNTAX, "%u characters: \"%v\"",
						(uint64_t) text.len, text);
	for (int i = 0; i < 2 * QFS_ADDRESS_LEN; i++)
	{
		digits[i] = text.data[i + 2];
		upper |= is_upper(digits[i]);
		lower |= is_lower(digits[i]);
		if (is_upper(digits[i]))
			digits[i] = (uint8_t) (digits[i] - 'A' + 'a');
	}
	if (!qfs_hex_decode((qfs_slice) {digits, sizeof(digits)}, out->bytes, sizeof(out->bytes)))
		return qfs_fail(err, QFS_ADDRESS_SYNTAX, "not hexadecimal: \"%v\"", text);

	if (upper && lower)
	{
		checksum_digits(out, digits);
		if (memcmp(digits, text.data + 2, sizeof(digits)) != 0)
			return qfs_fail(err, QFS_ADDRESS_CHECKSUM, "\"%v\"", text);
	}
	return QFS_OK;
}

void
qfs_address_write(qfs_buf *out, const qfs_address *address)
{
	uint8_t		digits[2 * QFS_ADDRESS_LEN];

	checksum_digits(address, digits);
	qfs_buf_text(out, "0x");
	qfs_buf_bytes(out, digits, sizeof(digits));
}

void
qfs_json_put_address(qfs_json_writer *w, const qfs_address *address)
{
	uint8_t		text[QFS_ADDRESS_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_address_write(&buf, address);
	qfs_json_put_text(w, qfs_buf_slice(&buf));
}

void
qfs_user_id_of(const qfs_address *address, qfs_user_id *out)
{
	uint8_t		text[QFS_ADDRESS_TEXT] = {'0', 'x'};
	qfs_hash	hash;

	lower_digits(address, text + 2);
	qfs_sha3_256((qfs_slice) {text, sizeof(text)}, &hash);
	memcpy(out->bytes, hash.bytes, sizeof(out->bytes));
}
