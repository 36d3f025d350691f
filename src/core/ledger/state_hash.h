/*
 * state_hash.h - one hash of everything the rules remember: docs/format.md, "State".
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Two replays that agree in it agree in every record, whatever stores they
 * ran over and in whatever order the records lie there.
 */
#ifndef QFS_STATE_HASH_H
#define QFS_STATE_HASH_H

#include "base/buf.h"
#include "engine/rule.h"
#include "state/store_memory.h"

/* Bytes that suffice for the line of a record of any kind. */
#define QFS_STATE_LINE_MAX 131072

/*
 * Writes a record as a canonical JSON array: the table's name, then every
 * field, key fields first.
 * Errors: ENTRY_TOO_LARGE.
 */
extern qfs_status qfs_state_line(const qfs_kind *kind, const void *record, qfs_buf *out,
								 qfs_error *err);

/*
 * SHA-256 of that line.
 * memory: QFS_STATE_LINE_MAX bytes to work in
 */
extern qfs_status qfs_state_digest(const qfs_kind *kind, const void *record, void *memory,
								   qfs_hash *out, qfs_error *err);

/* The hash of a state whose records have these digests, which it sorts. */
extern void qfs_state_hash(qfs_hash *digests, size_t count, qfs_hash *out);

/* The same of all kinds of a registry in a memory store.  Errors: NO_MEMORY. */
extern qfs_status qfs_state_of_memory(const qfs_memory_store *store, const qfs_registry *registry,
									  qfs_allocator allocator, qfs_hash *out, qfs_error *err);

#endif
