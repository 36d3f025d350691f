/*
 * json_write.c - canonical JSON: the writer.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: RFC 8785, section 3.2.
 */
#include "text/json.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/base64.h"
#include "text/json_string.h"
#include "text/utf8.h"

/* The second character of a control character's short escape, or 0. */
static char
short_form(uint8_t c)
{
	switch (c)
	{
		case '"':
		case '\\':
			return (char) c;
		case 0x08:
			return 'b';
		case 0x09:
			return 't';
		case 0x0A:
			return 'n';
		case 0x0C:
			return 'f';
		case 0x0D:
			return 'r';
		default:
			return 0;
	}
}

static void
write_escape(qfs_buf *out, uint8_t c)
{
	char		form = short_form(c);

	qfs_buf_byte(out, '\\');
	if (form)
		qfs_buf_byte(out, (uint8_t) form);
	else
	{
		qfs_buf_text(out, "u00");
		qfs_buf_hex(out, &c, 1);
	}
}

static bool
needs_escape(uint8_t c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

/* Each byte of a word the same. */
#define EACH(byte) (0x0101010101010101u * (uint64_t) (byte))

/* Has a word a byte below n?  Exact for n <= 0x80. */
#define HAS_LESS(word, n) ((((word) - EACH(n)) & ~(word) & EACH(0x80)) != 0)

/* How many bytes from here on need no escape?  Eight at a time, then one by one. */
static size_t
plain_run(qfs_slice utf8, size_t from)
{
	size_t		i = from;
	uint64_t	word;

	for (; utf8.len - i >= sizeof(word); i += sizeof(word))
	{
		memcpy(&word, utf8.data + i, sizeof(word));
		if (HAS_LESS(word, 0x20) || HAS_LESS(word ^ EACH('"'), 1) ||
			HAS_LESS(word ^ EACH('\\'), 1))
			break;
	}
	while (i < utf8.len && !needs_escape(utf8.data[i]))
		i++;
	return i - from;
}

void
qfs_json_write_string(qfs_buf *out, qfs_slice utf8)
{
	QFS_ASSERT(qfs_utf8_check(utf8));
	qfs_buf_byte(out, '"');
	for (size_t i = 0; i < utf8.len; i++)
	{
		size_t		run = plain_run(utf8, i);

		qfs_buf_bytes(out, utf8.data + i, run);
		i += run;
		if (i < utf8.len)
			write_escape(out, utf8.data[i]);
	}
	qfs_buf_byte(out, '"');
}

qfs_status
qfs_json_write_number(qfs_buf *out, qfs_slice text, qfs_error *err)
{
	bool		negative = text.len > 0 && text.data[0] == '-';
	size_t		i = negative;
	size_t		digits = i;
	int64_t		n = 0;

	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
	{
		n = n * 10 + (text.data[i] - '0');
		if (n > QFS_INT_MAX)
			return qfs_fail(err, QFS_JSON_NUMBER, "the number %v is too large", text);
	}
	if (i == digits)
		return qfs_fail(err, QFS_JSON_NUMBER, "%v is not a number", text);
	if (i < text.len && text.data[i] == '.')
		for (i++; i < text.len && text.data[i] == '0';)
			i++;
	if (i < text.len)
		return qfs_fail(err, QFS_JSON_NUMBER, "the number %v has a fraction", text);
	qfs_buf_int(out, negative ? -n : n);
	return QFS_OK;
}

void
qfs_json_begin(qfs_json_writer *w, qfs_buf *out)
{
	/* A level is set when its container is opened; all of them would be a kilobyte. */
	w->out = out;
	w->depth = 0;
	w->misuse = false;
	w->level[0].object = false;
	w->level[0].used = false;
	w->level[0].keyed = false;
}

/* A comma where one belongs, before a value or a name. */
static void
before_value(qfs_json_writer *w)
{
	QFS_ASSERT(w->depth <= QFS_JSON_DEPTH_MAX);
	if (w->level[w->depth].object)
	{
		if (!w->level[w->depth].keyed)
			w->misuse = true;
		w->level[w->depth].keyed = false;
		return;
	}
	/* Outside of all brackets there is one value. */
	if (w->level[w->depth].used && w->depth == 0)
		w->misuse = true;
	else if (w->level[w->depth].used)
		qfs_buf_byte(w->out, ',');
	w->level[w->depth].used = true;
}

static void
open_container(qfs_json_writer *w, bool object)
{
	before_value(w);
	if (w->depth == QFS_JSON_DEPTH_MAX)
	{
		w->misuse = true;
		return;
	}
	w->depth++;
	QFS_ASSERT(w->depth < QFS_ROWS(w->level));
	w->level[w->depth].object = object;
	w->level[w->depth].used = false;
	w->level[w->depth].keyed = false;
	w->level[w->depth].key_at = 0;
	w->level[w->depth].key_len = 0;
	qfs_buf_byte(w->out, object ? '{' : '[');
}

void
qfs_json_open_object(qfs_json_writer *w)
{
	open_container(w, true);
}

void
qfs_json_open_array(qfs_json_writer *w)
{
	open_container(w, false);
}

void
qfs_json_close(qfs_json_writer *w)
{
	if (w->depth == 0 || w->level[w->depth].keyed)
	{
		w->misuse = true;
		return;
	}
	qfs_buf_byte(w->out, w->level[w->depth].object ? '}' : ']');
	w->depth--;
}

/* A name was written: it must sort after the one before, both as they stand there. */
static void
note_key(qfs_json_writer *w, size_t at)
{
	const uint8_t *text = w->out->data;
	qfs_slice	previous = {text + w->level[w->depth].key_at, w->level[w->depth].key_len};
	qfs_slice	key = {text + at, w->out->len - 1 - at};

	QFS_ASSERT(previous.data + previous.len <= key.data);
	QFS_ASSERT(at < w->out->len);
	if (w->level[w->depth].used && qfs_json_compare_names(previous, key, true) >= 0)
		w->misuse = true;
	w->level[w->depth].key_at = at;
	w->level[w->depth].key_len = key.len;
}

void
qfs_json_key(qfs_json_writer *w, const char *name)
{
	size_t		at;

	if (w->depth == 0 || !w->level[w->depth].object || w->level[w->depth].keyed)
	{
		w->misuse = true;
		return;
	}
	if (w->level[w->depth].used)
		qfs_buf_byte(w->out, ',');
	at = w->out->len + 1;
	qfs_json_write_string(w->out, qfs_slice_of(name));
	if (!w->out->overflow)
		note_key(w, at);
	qfs_buf_byte(w->out, ':');
	w->level[w->depth].used = true;
	w->level[w->depth].keyed = true;
}

void
qfs_json_put_int(qfs_json_writer *w, int64_t n)
{
	before_value(w);
	qfs_buf_int(w->out, n);
}

void
qfs_json_put_member_int(qfs_json_writer *w, const char *name, int64_t n)
{
	qfs_json_key(w, name);
	qfs_json_put_int(w, n);
}

void
qfs_json_put_bool(qfs_json_writer *w, bool b)
{
	before_value(w);
	qfs_buf_text(w->out, b ? "true" : "false");
}

void
qfs_json_put_null(qfs_json_writer *w)
{
	before_value(w);
	qfs_buf_text(w->out, "null");
}

void
qfs_json_put_text(qfs_json_writer *w, qfs_slice utf8)
{
	before_value(w);
	qfs_json_write_string(w->out, utf8);
}

void
qfs_json_put_hex(qfs_json_writer *w, const uint8_t *bytes, size_t len)
{
	before_value(w);
	qfs_buf_byte(w->out, '"');
	qfs_buf_hex(w->out, bytes, len);
	qfs_buf_byte(w->out, '"');
}

void
qfs_json_put_base64url(qfs_json_writer *w, const uint8_t *bytes, size_t len)
{
	before_value(w);
	qfs_buf_byte(w->out, '"');
	qfs_base64url_write(w->out, bytes, len);
	qfs_buf_byte(w->out, '"');
}

void
qfs_json_put_value(qfs_json_writer *w, qfs_slice canonical)
{
	QFS_ASSERT(qfs_json_is_whole(canonical));
	before_value(w);
	qfs_buf_slice_add(w->out, canonical);
}

qfs_status
qfs_json_end(qfs_json_writer *w, qfs_error *err)
{
	if (!qfs_json_ended(w))
		return qfs_fail(err, QFS_INTERNAL, "a rule wrote JSON out of order");
	if (w->out->overflow)
		return qfs_fail(err, QFS_ENTRY_TOO_LARGE, "there is room for %u bytes",
						(uint64_t) w->out->capacity);
	return QFS_OK;
}
