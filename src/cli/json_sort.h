/*
 * json_sort.h - JSON as people and databases print it, in canonical form.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_JSON_SORT_H
#define QFS_JSON_SORT_H

#include "text/json.h"

/* An integer may be longer when it is written out: 1e15. */
#define JSON_SORT_ROOM 4

/*
 * Drops white space between tokens, sorts the members of objects, and writes
 * strings and integers (1.0, 1e3, -0) as canonical JSON has them.  Whether the
 * rest of it, other numbers and names that are there twice, is canonical,
 * qfs_json_check says.
 * out: room for JSON_SORT_ROOM * text.len bytes
 * Errors: JSON_SYNTAX, JSON_DEPTH, NO_MEMORY.
 */
extern qfs_status json_sort(qfs_slice text, qfs_buf *out, qfs_error *err);

/*
 * Is it the beginning of a JSON text: does it end inside of a string, an
 * object or an array, and is nothing wrong with it but that?
 */
extern bool json_is_cut_off(qfs_slice text);

#endif
