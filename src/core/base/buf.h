/*
 * buf.h - bytes written one after the other into memory of a fixed size.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A write that does not fit sets `overflow` and is dropped, as is every write
 * after it; callers check once, at the end.
 */
#ifndef QFS_BUF_H
#define QFS_BUF_H

#include <string.h>

#include "base/assert.h"
#include "base/types.h"

typedef struct qfs_buf
{
	uint8_t    *data;
	size_t		len;
	size_t		capacity;
	bool		overflow;
} qfs_buf;

/* What the functions below rely on. */
static inline bool
qfs_slice_sound(qfs_slice s)
{
	return s.data != NULL || s.len == 0;
}

static inline bool
qfs_buf_sound(const qfs_buf *buf)
{
	return buf->len <= buf->capacity && (buf->data != NULL || buf->capacity == 0);
}

/* A string literal as a slice. */
#define QFS_LITERAL(s) ((qfs_slice) {(const uint8_t *) ("" s), sizeof(s) - 1})

static inline qfs_slice
qfs_slice_of(const char *text)
{
	return (qfs_slice) {(const uint8_t *) text, strlen(text)};
}

static inline bool
qfs_slice_equal(qfs_slice a, qfs_slice b)
{
	QFS_ASSERT(qfs_slice_sound(a) && qfs_slice_sound(b));
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Is it this text?  Most comparisons with a list of words end at the first byte, without a call. */
static inline bool
qfs_slice_is(qfs_slice a, const char *text)
{
	size_t		i = 0;

	QFS_ASSERT(qfs_slice_sound(a));
	while (i < a.len && text[i] != '\0' && a.data[i] == (uint8_t) text[i])
		i++;
	return i == a.len && text[i] == '\0';
}

/* Cuts n bytes off the front, or all if there are fewer. */
static inline void
qfs_slice_skip(qfs_slice *s, size_t n)
{
	QFS_ASSERT(qfs_slice_sound(*s));
	if (n > s->len)
		n = s->len;
	s->data += n;
	s->len -= n;
}

static inline void
qfs_buf_init(qfs_buf *buf, void *data, size_t capacity)
{
	*buf = (qfs_buf) {data, 0, capacity, false};
	QFS_ASSERT(qfs_buf_sound(buf));
}

static inline qfs_slice
qfs_buf_slice(const qfs_buf *buf)
{
	QFS_ASSERT(qfs_buf_sound(buf));
	return (qfs_slice) {buf->data, buf->len};
}

static inline void
qfs_buf_bytes(qfs_buf *buf, const void *bytes, size_t len)
{
	QFS_ASSERT(qfs_buf_sound(buf));
	QFS_ASSERT(bytes != NULL || len == 0);
	if (buf->overflow || len > buf->capacity - buf->len)
	{
		buf->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	QFS_ASSERT(qfs_buf_sound(buf));
}

static inline void
qfs_buf_slice_add(qfs_buf *buf, qfs_slice s)
{
	qfs_buf_bytes(buf, s.data, s.len);
}

static inline void
qfs_buf_byte(qfs_buf *buf, uint8_t byte)
{
	qfs_buf_bytes(buf, &byte, 1);
}

static inline void
qfs_buf_text(qfs_buf *buf, const char *text)
{
	qfs_buf_bytes(buf, text, strlen(text));
}

/* Decimal digits, without leading zeros. */
extern void qfs_buf_uint(qfs_buf *buf, uint64_t n);
extern void qfs_buf_int(qfs_buf *buf, int64_t n);

/* Two lower-case hexadecimal digits a byte. */
extern void qfs_buf_hex(qfs_buf *buf, const uint8_t *bytes, size_t len);

/* Of a lower-case hexadecimal digit; -1: it is none. */
static inline int
qfs_hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/*
 * Reads exactly 2 * len lower-case hexadecimal digits.
 * Returns false, with out undefined, for any other text.
 */
extern bool qfs_hex_decode(qfs_slice text, uint8_t *out, size_t len);

/*
 * Reads decimal digits without sign and leading zeros, up to 2^63 - 1.
 * Returns false for any other text.
 */
extern bool qfs_decimal_decode(qfs_slice text, uint64_t *out);

#endif
