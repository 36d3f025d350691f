/*
 * stream_position.h - how far streams were taken: table qfs.stream_position.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_STREAM_POSITION_H
#define QFS_STREAM_POSITION_H

#include "fmgr.h"

#include "identity/source.h"
#include "pg/table/own_row.h"

/* Its columns. */
enum {POSITION_STREAM, POSITION_ID, POSITION_DEAD, POSITION_COLUMNS};

/* The name of a stream in argument n.  Errors: ARGUMENT. */
extern qfs_slice qfs_stream_arg(FunctionCallInfo fcinfo, int n);

/* The id in a text value.  Errors: ARGUMENT. */
extern qfs_stream_id qfs_stream_id_of(Datum value);

extern Datum qfs_stream_id_datum(qfs_stream_id id);

/*
 * Locks the stream's row for this transaction, and tells what it says; of a
 * stream that has no row, what the ledger does: the highest id that an entry
 * names, 0-0 if none does.  qfs_own_row_put or _leave has to follow.
 */
extern qfs_stream_id qfs_stream_position_open(qfs_slice stream, OwnRow *row);

/*
 * Of a ledger that was restored: no position is before an id that an entry
 * names, or what was taken would be taken again.  Looks at every entry.
 */
extern void qfs_stream_positions_raise(void);

#endif
