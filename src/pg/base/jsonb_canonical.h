/*
 * jsonb_canonical.h - jsonb to canonical JSON and back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_JSONB_CANONICAL_H
#define QFS_JSONB_CANONICAL_H

#include "utils/jsonb.h"

#include "text/json.h"

/*
 * Appends the RFC 8785 form of a value.
 * depth: containers that already surround it
 * Errors: JSON_NUMBER, JSON_DEPTH.  A buffer that is too small overflows.
 */
extern qfs_status qfs_jsonb_write(qfs_buf *out, Jsonb *value, unsigned depth, qfs_error *err);

/* The same in memory of its own.  Errors: JSON_NUMBER, JSON_DEPTH, thrown. */
extern qfs_slice qfs_jsonb_canonical(Jsonb *value);

/* The same as qfs_jsonb_write of a stored value, faster for what most rows hold. */
extern qfs_status qfs_jsonb_write_stored(qfs_buf *out, Datum value, unsigned depth, qfs_error *err);

/*
 * The jsonb of a canonical object; palloc'd, except for the commonest ones.
 * Errors: untranslatable_character (PostgreSQL's) for a NUL in a text.
 */
extern Datum qfs_jsonb_of(qfs_slice canonical);

#endif
