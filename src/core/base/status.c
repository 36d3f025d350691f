/*
 * status.c - the words that belong to a status, and how a failure is filled in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/status.h"

#include <stdarg.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"

static const struct
{
	const char *code;
	const char *sqlstate;
	const char *message;
	const char *hint;
}			words[] =
{
	[QFS_OK] = {"QFS_OK", "00000", "no error", ""},
#define QFS_STATUS(name, sqlstate, message, hint) \
	[QFS_##name] = {"QFS_" #name, sqlstate, message, hint},
#include "base/status.def"
#undef QFS_STATUS
};
_Static_assert(QFS_ROWS(words) == QFS_STATUS_COUNT, "words for each status");

/* How much of a caller's own text a detail repeats. */
#define SHOWN_MAX 64

const char *
qfs_status_code(qfs_status status)
{
	QFS_ASSERT((unsigned) status < QFS_STATUS_COUNT);
	return words[status].code;
}

bool
qfs_status_of_code(qfs_slice code, qfs_status *out)
{
	for (unsigned i = QFS_OK + 1; i < QFS_STATUS_COUNT; i++)
		if (qfs_slice_equal(code, qfs_slice_of(words[i].code)) ||
			qfs_slice_equal(code, qfs_slice_of(words[i].code + 4)))
		{
			*out = (qfs_status) i;
			return true;
		}
	return false;
}

const char *
qfs_status_sqlstate(qfs_status status)
{
	QFS_ASSERT((unsigned) status < QFS_STATUS_COUNT);
	return words[status].sqlstate;
}

const char *
qfs_status_message(qfs_status status)
{
	QFS_ASSERT((unsigned) status < QFS_STATUS_COUNT);
	return words[status].message;
}

const char *
qfs_status_hint(qfs_status status)
{
	QFS_ASSERT((unsigned) status < QFS_STATUS_COUNT);
	return words[status].hint;
}

/* The detail as it is being written; room for the final NUL is kept. */
typedef struct detail
{
	char	   *next;
	char	   *end;
} detail;

static void
put_char(detail *d, char c)
{
	if (d->next < d->end)
		*d->next++ = c;
}

static void
put_text(detail *d, const char *s)
{
	while (*s)
		put_char(d, *s++);
}

static void
put_unsigned(detail *d, uint64_t n)
{
	char		digits[20];
	int			i = 0;

	do
		digits[i++] = (char) ('0' + n % 10);
	while ((n /= 10) != 0);
	while (i > 0)
		put_char(d, digits[--i]);
}

static void
put_signed(detail *d, int64_t n)
{
	if (n < 0)
		put_char(d, '-');
	put_unsigned(d, n < 0 ? 0 - (uint64_t) n : (uint64_t) n);
}

/*
 * Somebody else's text: shortened, cut between UTF-8 characters, and without
 * control characters that could forge a log line.
 */
static void
put_foreign(detail *d, qfs_slice s)
{
	size_t		shown = s.len;

	QFS_ASSERT(qfs_slice_sound(s));
	if (shown > SHOWN_MAX)
	{
		shown = SHOWN_MAX;
		while (shown > 0 && (s.data[shown] & 0xC0) == 0x80)
			shown--;
	}
	for (size_t i = 0; i < shown; i++)
	{
		/* U+0080 to U+009F steer terminals as well. */
		bool		c1 = s.data[i] == 0xC2 && i + 1 < shown && s.data[i + 1] < 0xA0;

		put_char(d, s.data[i] < 0x20 || s.data[i] == 0x7F || c1 ? '?' : (char) s.data[i]);
		i += c1;
	}
	if (shown < s.len)
		put_text(d, "...");
}

static void
put_hex(detail *d, const uint8_t *bytes)
{
	for (int i = 0; i < QFS_HASH_LEN; i++)
	{
		put_char(d, "0123456789abcdef"[bytes[i] >> 4]);
		put_char(d, "0123456789abcdef"[bytes[i] & 15]);
	}
}

/* A character cut in half at the end of the buffer would not be UTF-8. */
static void
trim_partial_character(qfs_error *err, detail *d)
{
	char	   *p = d->next;

	if (p < d->end)
		return;
	while (p > err->detail && ((uint8_t) p[-1] & 0xC0) == 0x80)
		p--;
	if (p > err->detail && (uint8_t) p[-1] >= 0xC0)
		d->next = p - 1;
}

#undef qfs_fail
qfs_status
qfs_fail(qfs_error *err, qfs_status status, const char *format,...)
{
	va_list		args;
	detail		d;

	QFS_ASSERT(status > QFS_OK && status < QFS_STATUS_COUNT);
	if (err == NULL)
		return status;

	d.next = err->detail;
	d.end = err->detail + sizeof(err->detail) - 1;

	va_start(args, format);
	for (const char *p = format; *p; p++)
	{
		if (*p != '%')
		{
			put_char(&d, *p);
			continue;
		}
		switch (*++p)
		{
			case 's':
				put_text(&d, va_arg(args, const char *));
				break;
			case 'u':
				put_unsigned(&d, va_arg(args, uint64_t));
				break;
			case 'i':
				put_signed(&d, va_arg(args, int64_t));
				break;
			case 'v':
				put_foreign(&d, va_arg(args, qfs_slice));
				break;
			case 'h':
				put_hex(&d, va_arg(args, const uint8_t *));
				break;
			default:
				put_char(&d, *p);
				break;
		}
	}
	va_end(args);

	trim_partial_character(err, &d);
	QFS_ASSERT(d.next >= err->detail && d.next <= d.end);
	*d.next = '\0';
	err->status = status;
	return status;
}
