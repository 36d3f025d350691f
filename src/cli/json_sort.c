/*
 * json_sort.c - JSON as people and databases print it, in canonical form.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <stdlib.h>

#include "json_sort.h"
#include "base/status.h"
#include "text/utf8.h"

/* Members of an object that there is room for at first. */
#define MEMBERS 16

typedef struct sorter
{
	const uint8_t *at;
	const uint8_t *end;
	qfs_buf    *out;
	const uint8_t *start;
	qfs_error  *err;
} sorter;

typedef struct member
{
	qfs_slice	key;			/* inside of its quotes */
	qfs_slice	text;			/* in the output: key, colon and value */
} member;

static qfs_status
fail(const sorter *s)
{
	return qfs_fail(s->err, QFS_JSON_SYNTAX, "at byte %u", (uint64_t) (s->at - s->start));
}

static void
skip_space(sorter *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
		s->at++;
}

/* A token that begins here: is it this one? */
static bool
take(sorter *s, char c)
{
	skip_space(s);
	if (s->at == s->end || *s->at != (uint8_t) c)
		return false;
	s->at++;
	return true;
}

/* Four hexadecimal digits. */
static bool
take_unit(sorter *s, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, s->at++)
	{
		const char *digit = s->at < s->end && *s->at != '\0' ? strchr("0123456789abcdefABCDEF", *s->at) : NULL;
		unsigned	value = digit == NULL ? 0 : (unsigned) (digit - "0123456789abcdefABCDEF");

		if (digit == NULL)
			return false;
		*unit = *unit << 4 | (value < 16 ? value : value - 6);
	}
	return true;
}

/* A code point by its number, or by two (RFC 8259, section 7). */
static bool
take_code_point(sorter *s, uint32_t *c)
{
	uint32_t	low;

	if (!take_unit(s, c))
		return false;
	if (*c < 0xd800 || *c > 0xdfff)
		return true;
	if (*c > 0xdbff || s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
		return false;
	s->at += 2;
	if (!take_unit(s, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	*c = 0x10000 + ((*c - 0xd800) << 10 | (low - 0xdc00));
	return true;
}

static void
put_utf8(qfs_buf *out, uint32_t c)
{
	if (c < 0x80)
		qfs_buf_byte(out, (uint8_t) c);
	else if (c < 0x800)
		qfs_buf_byte(out, (uint8_t) (0xc0 | c >> 6));
	else if (c < 0x10000)
		qfs_buf_byte(out, (uint8_t) (0xe0 | c >> 12));
	else
		qfs_buf_byte(out, (uint8_t) (0xf0 | c >> 18));
	if (c >= 0x10000)
		qfs_buf_byte(out, (uint8_t) (0x80 | (c >> 12 & 0x3f)));
	if (c >= 0x800)
		qfs_buf_byte(out, (uint8_t) (0x80 | (c >> 6 & 0x3f)));
	if (c >= 0x80)
		qfs_buf_byte(out, (uint8_t) (0x80 | (c & 0x3f)));
}

/* What an escape stands for; s->at is behind the backslash. */
static bool
take_escape(sorter *s, qfs_buf *plain)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	uint32_t	c;

	if (s->at == s->end || *s->at == '\0')
		return false;
	if (*s->at == 'u')
	{
		s->at++;
		if (!take_code_point(s, &c))
			return false;
		put_utf8(plain, c);
		return true;
	}
	letter = strchr(letters, *s->at++);
	if (letter == NULL)
		return false;
	qfs_buf_byte(plain, (uint8_t) meanings[letter - letters]);
	return true;
}

/* Behind the quote that ends a string; NULL: there is none. */
static const uint8_t *
end_of_string(const sorter *s)
{
	for (const uint8_t *at = s->at + 1; at < s->end; at++)
		if (*at == '"')
			return at + 1;
		else if (*at == '\\')
			at++;
	return NULL;
}

static bool
take_characters(sorter *s, qfs_buf *plain)
{
	bool		good = true;

	for (s->at++; good && *s->at != '"';)
	{
		uint8_t		c = *s->at++;

		if (c == '\\')
			good = take_escape(s, plain);
		else
			qfs_buf_byte(plain, c);
		/* It would be written as an escape. */
		if (c < ' ')
			good = false;
	}
	s->at++;
	return good;
}

/* Without the escapes that canonical JSON does not have, as those for all that is no ASCII. */
static qfs_status
copy_string(sorter *s)
{
	const uint8_t *end = end_of_string(s);
	size_t		room = end == NULL ? 0 : (size_t) (end - s->at);
	qfs_buf		plain;
	bool		good;

	if (end == NULL)
		return fail(s);
	qfs_buf_init(&plain, malloc(room), room);
	if (plain.data == NULL)
		return qfs_fail(s->err, QFS_NO_MEMORY, "for a text");
	good = take_characters(s, &plain) && qfs_utf8_check(qfs_buf_slice(&plain));
	if (good)
		qfs_json_write_string(s->out, qfs_buf_slice(&plain));
	free(plain.data);
	return good ? QFS_OK : fail(s);
}

/* ---- numbers: 2, 2.0, 20e-1 and 0.2E+1 are one integer (RFC 8259, section 6) ---- */

#define INTEGER_MAX ((uint64_t) QFS_INT_MAX)

typedef struct decimal
{
	bool		negative;
	uint64_t	digits;			/* without the zeros at its end */
	int64_t		exponent;		/* what power of ten they are multiplied by */
	bool		fits;			/* digits is at most INTEGER_MAX */
} decimal;

/* Some digits, of which `fractional` say how many stand behind the point.  False: there are none. */
static bool
take_digits(sorter *s, decimal *d, uint64_t *zeros, bool fractional)
{
	const uint8_t *begin = s->at;

	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
	{
		d->exponent -= fractional ? 1 : 0;
		(*zeros)++;
		if (*s->at == '0')
			continue;
		for (; *zeros > 0 && d->digits > 0; (*zeros)--)
			d->fits = d->fits && (d->digits *= 10) <= INTEGER_MAX;
		*zeros = 0;
		d->digits += *s->at - '0';
		d->fits = d->fits && d->digits <= INTEGER_MAX;
		/* What does not fit has no value any more. */
		if (!d->fits)
			d->digits = 1;
	}
	return s->at > begin;
}

static bool
take_exponent(sorter *s, decimal *d)
{
	const uint8_t *begin;
	bool		negative;
	int64_t		value = 0;

	s->at++;
	negative = s->at < s->end && *s->at == '-';
	if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
		s->at++;
	for (begin = s->at; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
		value = value < 1000000 ? value * 10 + (*s->at - '0') : value;
	d->exponent += negative ? -value : value;
	return s->at > begin;
}

/* A number that ends where the text does, whatever its size. */
static bool
take_number(sorter *s, decimal *d)
{
	uint64_t	zeros = 0;
	const uint8_t *begin;

	*d = (decimal) {.negative = s->at < s->end && *s->at == '-', .fits = true};
	s->at += d->negative ? 1 : 0;
	begin = s->at;
	if (!take_digits(s, d, &zeros, false) || (*begin == '0' && s->at - begin > 1))
		return false;
	if (s->at < s->end && *s->at == '.' && (s->at++, !take_digits(s, d, &zeros, true)))
		return false;
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E') && !take_exponent(s, d))
		return false;
	d->exponent += (int64_t) zeros;
	return s->at == s->end;
}

/* Is this word an integer of those that canonical JSON has? */
static bool
is_integer(qfs_slice word, int64_t *out)
{
	sorter		s = {.at = word.data, .end = word.data + word.len};
	decimal		d;

	if (!take_number(&s, &d) || !d.fits)
		return false;
	for (; d.digits > 0 && d.exponent > 0 && d.digits <= INTEGER_MAX; d.exponent--)
		d.digits *= 10;
	if (d.digits > INTEGER_MAX || (d.digits > 0 && d.exponent < 0))
		return false;
	*out = d.negative ? -(int64_t) d.digits : (int64_t) d.digits;
	return true;
}

/* A number or a word; what is no integer of ours stays as it is. */
static qfs_status
copy_word(sorter *s)
{
	const uint8_t *begin = s->at;
	qfs_slice	word;
	int64_t		value;

	while (s->at < s->end && memchr(" \t\r\n,:]}[{\"", *s->at, 12) == NULL)
		s->at++;
	if (s->at == begin)
		return fail(s);
	word = (qfs_slice) {begin, (size_t) (s->at - begin)};
	if (is_integer(word, &value))
		qfs_buf_int(s->out, value);
	else
		qfs_buf_slice_add(s->out, word);
	return QFS_OK;
}

static qfs_status copy_value(sorter *s, unsigned depth);

static qfs_status
copy_array(sorter *s, unsigned depth)
{
	qfs_status	status = QFS_OK;
	bool		more = !take(s, ']');

	qfs_buf_byte(s->out, '[');
	while (more && status == QFS_OK)
	{
		status = copy_value(s, depth + 1);
		more = take(s, ',');
		if (more)
			qfs_buf_byte(s->out, ',');
		else if (status == QFS_OK && !take(s, ']'))
			status = fail(s);
	}
	qfs_buf_byte(s->out, ']');
	return status;
}

static int
compare(const void *a, const void *b)
{
	return qfs_json_compare_names(((const member *) a)->key, ((const member *) b)->key, true);
}

/* Writes the members, which lie in the output from `begin` on, in their order. */
static qfs_status
put_sorted(sorter *s, size_t begin, member *members, unsigned count)
{
	size_t		len = s->out->len - begin;
	uint8_t    *copy = malloc(len + 1);

	if (copy == NULL)
		return qfs_fail(s->err, QFS_NO_MEMORY, "for an object");
	memcpy(copy, s->out->data + begin, len);
	for (unsigned i = 0; i < count; i++)
	{
		members[i].key.data = copy + (members[i].key.data - (s->out->data + begin));
		members[i].text.data = copy + (members[i].text.data - (s->out->data + begin));
	}
	qsort(members, count, sizeof(*members), compare);
	s->out->len = begin;
	for (unsigned i = 0; i < count; i++)
	{
		if (i > 0)
			qfs_buf_byte(s->out, ',');
		qfs_buf_slice_add(s->out, members[i].text);
	}
	free(copy);
	return QFS_OK;
}

static qfs_status
copy_member(sorter *s, unsigned depth, member *out)
{
	size_t		begin = s->out->len;
	size_t		key_end;
	qfs_status	status;

	skip_space(s);
	if (s->at == s->end || *s->at != '"')
		return fail(s);
	status = copy_string(s);
	key_end = s->out->len;
	if (status != QFS_OK || !take(s, ':'))
		return status != QFS_OK ? status : fail(s);
	qfs_buf_byte(s->out, ':');
	status = copy_value(s, depth + 1);
	if (s->out->overflow)
		return fail(s);
	out->key = (qfs_slice) {s->out->data + begin + 1, key_end - begin - 2};
	out->text = (qfs_slice) {s->out->data + begin, s->out->len - begin};
	return status;
}

/* Room for one member more. */
static bool
has_room(member **members, unsigned count)
{
	member	   *more;

	/* Doubled whenever it is full. */
	if (count > 0 && (count < MEMBERS || (count & (count - 1)) != 0))
		return true;
	more = realloc(*members, (count > 0 ? 2 * count : MEMBERS) * sizeof(*more));
	if (more != NULL)
		*members = more;
	return more != NULL;
}

static qfs_status
copy_object(sorter *s, unsigned depth)
{
	member	   *members = NULL;
	unsigned	count = 0;
	size_t		begin;
	qfs_status	status = QFS_OK;
	bool		more = !take(s, '}');

	qfs_buf_byte(s->out, '{');
	begin = s->out->len;
	while (more && status == QFS_OK)
	{
		status = has_room(&members, count) ? copy_member(s, depth, &members[count]) :
			qfs_fail(s->err, QFS_NO_MEMORY, "for an object");
		count++;
		more = take(s, ',');
		if (!more && status == QFS_OK && !take(s, '}'))
			status = fail(s);
	}
	if (status == QFS_OK && count > 0)
		status = put_sorted(s, begin, members, count);
	qfs_buf_byte(s->out, '}');
	free(members);
	return status;
}

static qfs_status
copy_value(sorter *s, unsigned depth)
{
	skip_space(s);
	if (depth > QFS_JSON_DEPTH_MAX)
		return qfs_fail(s->err, QFS_JSON_DEPTH, "at byte %u", (uint64_t) (s->at - s->start));
	if (s->at == s->end || s->out->overflow)
		return fail(s);
	if (take(s, '{'))
		return copy_object(s, depth);
	if (take(s, '['))
		return copy_array(s, depth);
	return *s->at == '"' ? copy_string(s) : copy_word(s);
}

qfs_status
json_sort(qfs_slice text, qfs_buf *out, qfs_error *err)
{
	sorter		s = {text.data, text.data + text.len, out, text.data, err};
	qfs_status	status = copy_value(&s, 1);

	if (status != QFS_OK)
		return status;
	skip_space(&s);
	return s.at == s.end && !out->overflow ? QFS_OK : fail(&s);
}

/* ---- texts that are cut off ---- */

/* What is open at the end of a text: closing brackets that are missing, the innermost last. */
typedef struct open_parts
{
	char		closing[QFS_JSON_DEPTH_MAX];
	unsigned	depth;
	bool		in_string;
} open_parts;

/* False if brackets do not match. */
static bool
find_open_parts(qfs_slice text, open_parts *open)
{
	for (size_t i = 0; i < text.len; i++)
	{
		uint8_t		c = text.data[i];

		if (open->in_string)
		{
			if (c == '\\')
				i++;
			open->in_string = c != '"';
		}
		else if (c == '"')
			open->in_string = true;
		else if (c == '{' || c == '[')
		{
			if (open->depth == QFS_JSON_DEPTH_MAX)
				return false;
			open->closing[open->depth++] = c == '{' ? '}' : ']';
		}
		else if ((c == '}' || c == ']') &&
				 (open->depth == 0 || open->closing[--open->depth] != (char) c))
			return false;
	}
	return true;
}

/* Is it JSON with the quote and the brackets that are missing? */
static bool
is_good_when_closed(qfs_slice text, const open_parts *open)
{
	size_t		capacity = text.len + 1 + open->depth;
	qfs_buf		whole;
	qfs_buf		sorted;
	bool		good;

	qfs_buf_init(&whole, malloc(capacity), capacity);
	qfs_buf_init(&sorted, malloc(JSON_SORT_ROOM * capacity), JSON_SORT_ROOM * capacity);
	if (whole.data == NULL || sorted.data == NULL)
		capacity = 0;
	else
	{
		qfs_buf_slice_add(&whole, text);
		if (open->in_string)
			qfs_buf_byte(&whole, '"');
		for (unsigned i = open->depth; i > 0; i--)
			qfs_buf_byte(&whole, (uint8_t) open->closing[i - 1]);
	}
	good = capacity > 0 && json_sort(qfs_buf_slice(&whole), &sorted, NULL) == QFS_OK;
	free(whole.data);
	free(sorted.data);
	return good;
}

bool
json_is_cut_off(qfs_slice text)
{
	open_parts	open = {.depth = 0};
	uint8_t		last;

	while (text.len > 0 && memchr(" \t\r\n", text.data[text.len - 1], 4) != NULL)
		text.len--;
	if (text.len == 0 || !find_open_parts(text, &open) || open.depth == 0)
		return false;
	last = text.data[text.len - 1];
	/* A text that was changed inside may leave something open; it ends as a whole one does. */
	return (last != '}' && last != ']') || is_good_when_closed(text, &open);
}
