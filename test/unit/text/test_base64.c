/*
 * test_base64.c - base64 and base64url: one text for some bytes, and nothing else.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <stdio.h>

#include "text/base64.h"

#define BYTES_MAX 200

/* RFC 4648, section 5, a character at a time. */
static size_t
encode(const uint8_t *bytes, size_t len, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t		count = 0;

	for (size_t bit = 0; bit < 8 * len; bit += 6)
	{
		unsigned	value = 0;

		for (size_t i = bit; i < bit + 6; i++)
			value = value << 1 | (i < 8 * len ? bytes[i / 8] >> (7 - i % 8) & 1U : 0);
		out[count++] = alphabet[value];
	}
	out[count] = '\0';
	return count;
}

static void
every_length(void)
{
	uint8_t		bytes[BYTES_MAX];
	uint8_t		got[BYTES_MAX];
	uint8_t		memory[2 * BYTES_MAX];
	char		want[2 * BYTES_MAX];
	uint32_t	random = 1;

	for (size_t len = 0; len <= BYTES_MAX; len++)
	{
		size_t		got_len = 99;
		qfs_buf		buf;

		unit_row("%zu bytes", len);
		for (size_t i = 0; i < len; i++)
		{
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t) (random >> 24);
		}
		CHECK_UINT(encode(bytes, len, want), QFS_BASE64URL_LEN(len));
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_base64url_write(&buf, bytes, len);
		CHECK_TEXT(qfs_buf_slice(&buf), want);

		CHECK(qfs_base64url_read(qfs_slice_of(want), got, len));
		CHECK(memcmp(got, bytes, len) == 0);
		CHECK(qfs_base64url_read_some(qfs_slice_of(want), got, sizeof(got), &got_len));
		CHECK_UINT(got_len, len);
		/* One byte more or less is not what was asked for. */
		CHECK(!qfs_base64url_read(qfs_slice_of(want), got, len + 1));
		if (len > 0)
		{
			CHECK(!qfs_base64url_read(qfs_slice_of(want), got, len - 1));
			CHECK(!qfs_base64url_read_some(qfs_slice_of(want), got, len - 1, &got_len));
		}
	}
}

/* Of all texts of up to two bytes' length, those that were written are read. */
static void
every_text(void)
{
	static bool written[256 * 256];
	unsigned	read = 0;

	for (unsigned n = 0; n < 256; n++)
	{
		uint8_t		byte = (uint8_t) n;
		char		text[8];

		encode(&byte, 1, text);
		written[(unsigned) (uint8_t) text[0] << 8 | (uint8_t) text[1]] = true;
	}
	for (unsigned n = 0; n < 256 * 256; n++)
	{
		uint8_t		text[2] = {(uint8_t) (n >> 8), (uint8_t) n};
		uint8_t		byte;
		bool		good = qfs_base64url_read((qfs_slice) {text, 2}, &byte, 1);

		if (good != written[n])
		{
			unit_row("the characters %02x %02x", text[0], text[1]);
			CHECK(good == written[n]);
		}
		read += good;
	}
	CHECK_UINT(read, 256);
}

static void
refused(void)
{
	static const char *const rows[] = {
		"A", "AAAAA", "AA=", "AA==", "AAA=", "AA ", " AA", "AA\n", "A\nA", "A+A", "A/A", "AB", "AAB",
		"AA.A", "AAA\xAD", "AAA\xDF", "\xE2\x80\x94-", "AAAAAAAAA"
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		uint8_t		out[64];
		size_t		len;

		unit_row("%s", rows[i]);
		CHECK(!qfs_base64url_read_some(qfs_slice_of(rows[i]), out, sizeof(out), &len));
		for (size_t want = 0; want < 8; want++)
			CHECK(!qfs_base64url_read(qfs_slice_of(rows[i]), out, want));
	}
	CHECK(!qfs_base64url_read(QFS_LITERAL("AA\0"), (uint8_t[8]) {0}, 2));
	CHECK(!qfs_base64url_read((qfs_slice) {(const uint8_t *) "A\0A", 3}, (uint8_t[8]) {0}, 2));
}

/* RFC 4648, section 10, and the two characters that base64url has others for. */
static void
padded(void)
{
	static const struct
	{
		const char *bytes;
		const char *text;
	}			rows[] = {
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF", "+/8="}
	};
	static const char *const refused[] = {
		"Zg", "Zg=", "Zh==", "-_8=", "Zg==\n", "Zm9v=", "\xAB/8=", "+\xAFg="
	};
	uint8_t		memory[16];
	uint8_t		got[8];
	size_t		len;
	qfs_buf		buf;

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		qfs_buf_init(&buf, memory, sizeof(memory));
		qfs_base64_write(&buf, (const uint8_t *) rows[i].bytes, strlen(rows[i].bytes));
		CHECK_TEXT(qfs_buf_slice(&buf), rows[i].text);
		CHECK(qfs_base64_read_some(qfs_slice_of(rows[i].text), got, sizeof(got), &len));
		CHECK_TEXT(((qfs_slice) {got, len}), rows[i].bytes);
	}
	for (size_t i = 0; i < ROWS(refused); i++)
	{
		unit_row("%s", refused[i]);
		CHECK(!qfs_base64_read_some(qfs_slice_of(refused[i]), got, sizeof(got), &len));
	}
	CHECK(!qfs_base64_read_some(QFS_LITERAL("Zm9vYmFy"), got, 5, &len));
}

static void
too_small(void)
{
	uint8_t		memory[8];
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, 7);
	qfs_base64url_write(&buf, (const uint8_t *) "abcdef", 6);
	CHECK(buf.overflow);
}

static const unit_case cases[] = {
	CASE(every_length),
	CASE(every_text),
	CASE(refused),
	CASE(padded),
	CASE(too_small),
	NO_MORE_CASES
};

const unit_suite suite_base64 = {"base64", cases};
