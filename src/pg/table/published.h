/*
 * published.h - the checkpoint that the primary has published.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * It is of a head that was durable then, so it is good for ever, and a standby
 * that has replayed it may give it to others.
 */
#ifndef QFS_PUBLISHED_H
#define QFS_PUBLISHED_H

#include "pg/base/compat.h"

#include "base/buf.h"
#include "utils/snapshot.h"

/* Columns of qfs.published_checkpoint, counted from 0. */
enum
{
	PUBLISHED_NUMBER, PUBLISHED_SIZE, PUBLISHED_NOTE, PUBLISHED_AT, PUBLISHED_COLUMNS
};

typedef struct Published
{
	uint64		size;
	qfs_slice	note;			/* with the ledger's signature alone */
} Published;

/* As a snapshot sees it; false = nothing is published.  Errors: STATE_MISMATCH. */
extern bool qfs_published_read(Snapshot snapshot, Published *out);

#endif
