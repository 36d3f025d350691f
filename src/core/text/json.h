/*
 * json.h - canonical JSON: strict reader, views into checked text, writer.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The subset of RFC 8785 that docs/format.md defines: objects, arrays,
 * strings, true, false, null and integers within +-(2^53 - 1).  A value has
 * one spelling, so a value is kept as its text: a qfs_slice into checked
 * bytes.  Nothing is allocated.
 */
#ifndef QFS_JSON_H
#define QFS_JSON_H

#include "base/buf.h"

typedef enum qfs_json_type
{
	QFS_JSON_NULL,
	QFS_JSON_BOOLEAN,
	QFS_JSON_INTEGER,
	QFS_JSON_STRING,
	QFS_JSON_ARRAY,
	QFS_JSON_OBJECT
} qfs_json_type;

#define QFS_JSON_TYPES (QFS_JSON_OBJECT + 1)

/* ---- reading ---- */

/*
 * Is the text exactly one canonical value?
 * Errors: JSON_SYNTAX, JSON_NUMBER, JSON_TEXT, JSON_DEPTH, with the offset.
 */
extern qfs_status qfs_json_check(qfs_slice text, qfs_error *err);

/*
 * The functions below take text that qfs_json_check has accepted, or a value
 * that another of them returned.
 */
extern qfs_json_type qfs_json_type_of(qfs_slice value);

/* Walks an object's members or an array's items, in their order. */
typedef struct qfs_json_iter
{
	qfs_slice	rest;
	bool		object;
} qfs_json_iter;

/* Any other type of value has no members and no items; neither has no value, an empty slice. */
extern qfs_json_iter qfs_json_members(qfs_slice container);

/* key: the member's name as a JSON string; empty for an item of an array. */
extern bool qfs_json_next(qfs_json_iter *iter, qfs_slice *key, qfs_slice *value);

/* Finds a member by a name of plain ASCII; false = no such member, no object. */
extern bool qfs_json_member(qfs_slice object, const char *name, qfs_slice *value);

extern bool qfs_json_to_int(qfs_slice value, int64_t *out);

/* For those that may be absent, or that have been checked: the value, else this one. */
extern qfs_slice qfs_json_member_or(qfs_slice object, const char *name, qfs_slice otherwise);
extern int64_t qfs_json_int_or(qfs_slice value, int64_t otherwise);

/* A member that counts or numbers something: an integer of at least 0.  False: there is none, *out is of no use. */
extern bool qfs_json_member_count(qfs_slice object, const char *name, int64_t *out);

/* The inside of a string without escapes; false for any other value. */
extern bool qfs_json_to_plain(qfs_slice value, qfs_slice *out);

/* Appends the text that a string denotes, as UTF-8; false = not a string. */
extern bool qfs_json_to_text(qfs_slice value, qfs_buf *out);

/* Characters (code points) of a string, items or members of a container. */
extern uint64_t qfs_json_length(qfs_slice value);

/* Levels of arrays and objects: 0 of any other value. */
extern unsigned qfs_json_depth(qfs_slice value);

/* A member that must be a string of 2 * len lower-case hexadecimal digits. */
extern bool qfs_json_member_hex(qfs_slice object, const char *name, uint8_t *out, size_t len);

/* A member that must be a string: len bytes in base64url, as text/base64.h has it. */
extern bool qfs_json_member_base64url(qfs_slice object, const char *name, uint8_t *out, size_t len);

/* ---- ordering ---- */

/*
 * Compares two names the way RFC 8785 sorts them: by UTF-16 code unit.
 * escaped: both are JSON strings without their quotes, else plain UTF-8.
 */
extern int qfs_json_compare_names(qfs_slice a, qfs_slice b, bool escaped);

/* ---- writing ---- */

typedef struct qfs_json_writer
{
	qfs_buf    *out;
	unsigned	depth;
	bool		misuse;			/* keys out of order, brackets that do not match */
	struct
	{
		bool		object;
		bool		used;		/* has a member or an item */
		bool		keyed;		/* a key waits for its value */
		size_t		key_at;		/* last key, inside its quotes */
		size_t		key_len;
	}			level[QFS_JSON_DEPTH_MAX + 1];
} qfs_json_writer;

extern void qfs_json_begin(qfs_json_writer *w, qfs_buf *out);
extern void qfs_json_open_object(qfs_json_writer *w);
extern void qfs_json_open_array(qfs_json_writer *w);
extern void qfs_json_close(qfs_json_writer *w);

/* Names in ascending order only: the writer refuses to sort. */
extern void qfs_json_key(qfs_json_writer *w, const char *name);

/* Beyond +-QFS_INT_MAX it is no canonical value: a schema's bounds have to refuse it before it is hashed. */
extern void qfs_json_put_int(qfs_json_writer *w, int64_t n);
extern void qfs_json_put_bool(qfs_json_writer *w, bool b);
extern void qfs_json_put_null(qfs_json_writer *w);
extern void qfs_json_put_text(qfs_json_writer *w, qfs_slice utf8);
extern void qfs_json_put_hex(qfs_json_writer *w, const uint8_t *bytes, size_t len);
extern void qfs_json_put_base64url(qfs_json_writer *w, const uint8_t *bytes, size_t len);

/* A value that qfs_json_check has accepted, or would. */
extern void qfs_json_put_value(qfs_json_writer *w, qfs_slice canonical);

/* A member that is an integer: its key, and the value. */
extern void qfs_json_put_member_int(qfs_json_writer *w, const char *name, int64_t n);

/* Was one value written, with every bracket that it opens closed? */
static inline bool
qfs_json_ended(const qfs_json_writer *w)
{
	return !w->misuse && w->depth == 0 && w->level[0].used;
}

/* Errors: ENTRY_TOO_LARGE if the buffer was too small, INTERNAL on misuse. */
extern qfs_status qfs_json_end(qfs_json_writer *w, qfs_error *err);

/* Writes valid UTF-8 as a JSON string with RFC 8785's escapes. */
extern void qfs_json_write_string(qfs_buf *out, qfs_slice utf8);

/*
 * Writes a decimal number as a canonical integer.
 * text: an optional sign, digits, and a fraction of zeros at most
 * Errors: JSON_NUMBER.
 */
extern qfs_status qfs_json_write_number(qfs_buf *out, qfs_slice text, qfs_error *err);

#endif
