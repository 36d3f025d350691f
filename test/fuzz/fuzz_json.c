/*
 * fuzz_json.c - canonical JSON: what the reader accepts, the writer reproduces.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "../../src/cli/json_sort.h"
#include "fuzz.h"
#include "text/json.h"
#include "text/utf8.h"

#define INPUT_MAX 8192

static void write_value(qfs_json_writer *w, qfs_slice value);

static void
write_members(qfs_json_writer *w, qfs_slice container)
{
	qfs_json_iter iter = qfs_json_members(container);
	uint64_t	count = 0;
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(&iter, &key, &value))
	{
		if (iter.object)
		{
			char		name[INPUT_MAX + 1];
			qfs_buf		buf;

			qfs_buf_init(&buf, name, INPUT_MAX);
			PROPERTY(qfs_json_to_text(key, &buf) && !buf.overflow);
			name[buf.len] = '\0';
			qfs_json_key(w, name);
		}
		write_value(w, value);
		count++;
	}
	PROPERTY(count == qfs_json_length(container));
}

static void
write_value(qfs_json_writer *w, qfs_slice value)
{
	uint8_t		text[INPUT_MAX];
	qfs_slice	plain;
	qfs_buf		buf;
	int64_t		n;

	switch (qfs_json_type_of(value))
	{
		case QFS_JSON_NULL:
			qfs_json_put_null(w);
			break;
		case QFS_JSON_BOOLEAN:
			qfs_json_put_bool(w, value.data[0] == 't');
			break;
		case QFS_JSON_INTEGER:
			PROPERTY(qfs_json_to_int(value, &n) && n >= -QFS_INT_MAX && n <= QFS_INT_MAX);
			qfs_json_put_int(w, n);
			break;
		case QFS_JSON_STRING:
			qfs_buf_init(&buf, text, sizeof(text));
			PROPERTY(qfs_json_to_text(value, &buf) && !buf.overflow);
			PROPERTY(qfs_utf8_check(qfs_buf_slice(&buf)));
			if (qfs_json_to_plain(value, &plain))
				PROPERTY(qfs_slice_equal(plain, qfs_buf_slice(&buf)));
			qfs_json_put_text(w, qfs_buf_slice(&buf));
			break;
		case QFS_JSON_ARRAY:
			qfs_json_open_array(w);
			write_members(w, value);
			qfs_json_close(w);
			break;
		case QFS_JSON_OBJECT:
			qfs_json_open_object(w);
			write_members(w, value);
			qfs_json_close(w);
			break;
	}
}

/* Read, written: the same bytes. */
static void
whole(qfs_slice input)
{
	static uint8_t bytes[INPUT_MAX];
	qfs_error	err;
	qfs_json_writer w;
	qfs_buf		out;
	qfs_status	status = qfs_json_check(input, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return;
	}
	qfs_buf_init(&out, bytes, sizeof(bytes));
	qfs_json_begin(&w, &out);
	write_value(&w, input);
	PROPERTY(qfs_json_end(&w, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), input));
}

/* ---- as another library might write it ---- */

static void respell(qfs_buf *out, qfs_slice value);

/* Every third byte of ASCII that is no escape's as an escape; spaces by turns. */
static void
respell_string(qfs_buf *out, qfs_slice value)
{
	static const char digits[] = "0123456789aBcDeF";

	for (size_t i = 0; i < value.len; i++)
	{
		uint8_t		c = value.data[i];
		size_t		from = i < 5 ? 0 : i - 5;

		if (c == '\\')
		{
			qfs_buf_bytes(out, value.data + i++, 2);
			continue;
		}
		if (i == 0 || i + 1 == value.len || c >= 0x80 || i % 3 != 0 || memchr(value.data + from, '\\', i - from) != NULL)
		{
			qfs_buf_byte(out, c);
			continue;
		}
		qfs_buf_bytes(out, "\\u00", 4);
		qfs_buf_byte(out, (uint8_t) digits[c >> 4]);
		qfs_buf_byte(out, (uint8_t) digits[c & 15]);
	}
}

/* The last member first. */
static void
respell_members(qfs_buf *out, qfs_json_iter iter, bool first)
{
	qfs_json_iter next = iter;
	qfs_slice	key;
	qfs_slice	value;

	if (!qfs_json_next(&next, &key, &value))
		return;
	if (iter.object)
		respell_members(out, next, false);
	if (iter.object)
	{
		respell_string(out, key);
		qfs_buf_bytes(out, " :\n", 3);
	}
	respell(out, value);
	if (iter.object ? !first : next.rest.len > 0)
		qfs_buf_bytes(out, " ,\r\t", 4);
	if (!iter.object)
		respell_members(out, next, false);
}

static void
respell(qfs_buf *out, qfs_slice value)
{
	static const char *const tails[] = {".0", "e0", "0e-1", "00.000E-02", ""};
	qfs_json_type type = qfs_json_type_of(value);

	if (type == QFS_JSON_STRING)
		respell_string(out, value);
	else if (type == QFS_JSON_ARRAY || type == QFS_JSON_OBJECT)
	{
		qfs_buf_byte(out, value.data[0]);
		respell_members(out, qfs_json_members(value), true);
		qfs_buf_byte(out, value.data[value.len - 1]);
	}
	else
	{
		qfs_buf_slice_add(out, value);
		/* A zero has no digits before it. */
		if (type == QFS_JSON_INTEGER && !qfs_slice_equal(value, qfs_slice_of("0")))
			qfs_buf_slice_add(out, qfs_slice_of(tails[value.len % QFS_ROWS(tails)]));
	}
}

/* However it is spelled, it is the same value; any text that is read as one is canonical, and stays so. */
static void
other_spellings(qfs_slice input)
{
	static uint8_t foreign[16 * INPUT_MAX];
	static uint8_t back[JSON_SORT_ROOM * sizeof(foreign)];
	static uint8_t again[sizeof(back)];
	qfs_buf		text;
	qfs_buf		out;
	qfs_error	err;
	qfs_status	status;

	qfs_buf_init(&out, back, sizeof(back));
	status = json_sort(input, &out, &err);
	if (status != QFS_OK)
		fuzz_check_error(status, &err);
	else if (qfs_json_check(qfs_buf_slice(&out), NULL) == QFS_OK)
	{
		qfs_buf_init(&text, again, sizeof(again));
		PROPERTY(json_sort(qfs_buf_slice(&out), &text, NULL) == QFS_OK);
		PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), qfs_buf_slice(&text)));
	}
	if (qfs_json_check(input, NULL) != QFS_OK)
		return;
	qfs_buf_init(&text, foreign, sizeof(foreign));
	respell(&text, input);
	PROPERTY(!text.overflow);
	qfs_buf_init(&out, back, sizeof(back));
	PROPERTY(json_sort(qfs_buf_slice(&text), &out, NULL) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), input));
}

/* Any text becomes a string that is read, and that denotes the text. */
static void
string(qfs_slice input)
{
	static uint8_t bytes[6 * INPUT_MAX + 2];
	static uint8_t back[INPUT_MAX];
	qfs_buf		out;
	qfs_buf		text;

	if (!qfs_utf8_check(input) || (input.len > 0 && memchr(input.data, 0, input.len) != NULL))
		return;
	qfs_buf_init(&out, bytes, sizeof(bytes));
	qfs_json_write_string(&out, input);
	PROPERTY(!out.overflow);
	PROPERTY(qfs_json_check(qfs_buf_slice(&out), NULL) == QFS_OK);
	qfs_buf_init(&text, back, sizeof(back));
	PROPERTY(qfs_json_to_text(qfs_buf_slice(&out), &text));
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&text), input));
}

/* Any number becomes one that is read. */
static void
number(qfs_slice input)
{
	uint8_t		bytes[32];
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status;

	qfs_buf_init(&out, bytes, sizeof(bytes));
	status = qfs_json_write_number(&out, input, &err);
	if (status != QFS_OK)
		fuzz_check_error(status, &err);
	else
		PROPERTY(!out.overflow && qfs_json_check(qfs_buf_slice(&out), NULL) == QFS_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	input = {data, size};

	if (size > INPUT_MAX)
		return -1;
	whole(input);
	other_spellings(input);
	string(input);
	number(input);
	return 0;
}
