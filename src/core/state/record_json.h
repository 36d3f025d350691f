/*
 * record_json.h - fields of records as canonical JSON, written and read.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Integers and booleans are themselves, amounts strings with 18 digits after
 * the point, hashes, user ids, addresses and names strings, JSON is itself,
 * and what is not there is null.
 */
#ifndef QFS_RECORD_JSON_H
#define QFS_RECORD_JSON_H

#include "state/store.h"
#include "text/json.h"

extern void qfs_field_write(qfs_json_writer *w, const qfs_field *field, const void *record);

/* Reads a value into a record; false = it is none of that type.  A JSON field points into the text. */
extern bool qfs_field_read(qfs_slice value, const qfs_field *field, void *record);

#endif
