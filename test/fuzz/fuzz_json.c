/*
 * fuzz_json.c - canonical JSON: what the reader accepts, the writer reproduces.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
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
	string(input);
	number(input);
	return 0;
}
