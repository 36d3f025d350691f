/*
 * json_string.h - canonical JSON: where a value ends, and the escapes in strings.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * What the reader and the views share; the rest of qfs has text/json.h.
 */
#ifndef QFS_JSON_STRING_H
#define QFS_JSON_STRING_H

#include "base/buf.h"

/*
 * Does it begin and end as one value does?  qfs_json_check has looked at what
 * is between, and every view takes whole values only.
 */
static inline bool
qfs_json_is_whole(qfs_slice value)
{
	if (!qfs_slice_sound(value) || value.len == 0)
		return false;
	switch (value.data[0])
	{
		case '{':
			return value.len >= 2 && value.data[value.len - 1] == '}';
		case '[':
			return value.len >= 2 && value.data[value.len - 1] == ']';
		case '"':
			return value.len >= 2 && value.data[value.len - 1] == '"';
		case 't':
		case 'n':
			return value.len == 4;
		case 'f':
			return value.len == 5;
		default:
			return value.data[value.len - 1] >= '0' && value.data[value.len - 1] <= '9';
	}
}

/* What the short escapes of RFC 8785 stand for, by what follows the backslash; -1: none. */
extern int qfs_json_short_escape(uint8_t c);

/*
 * The byte that the escape at p stands for (no escape stands for more than
 * one), and how many bytes of text the escape took.
 * p: the backslash, in text that qfs_json_check has accepted
 */
extern uint8_t qfs_json_unescape(const uint8_t *p, size_t *taken);

#endif
