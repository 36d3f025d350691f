/*
 * json_sort.h - JSON as people and databases print it, in canonical form.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_JSON_SORT_H
#define QFS_JSON_SORT_H

#include "text/json.h"

/*
 * Drops white space between tokens, sorts the members of objects, and writes
 * strings as canonical JSON has them.  Whether the rest of it, numbers and
 * names that are there twice, is canonical, qfs_json_check says.
 * out: room for text.len bytes
 * Errors: JSON_SYNTAX, JSON_DEPTH.
 */
extern qfs_status json_sort(qfs_slice text, qfs_buf *out, qfs_error *err);

/*
 * Is it the beginning of a JSON text: does it end inside of a string, an
 * object or an array, and is nothing wrong with it but that?
 */
extern bool json_is_cut_off(qfs_slice text);

#endif
