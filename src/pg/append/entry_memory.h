/*
 * entry_memory.h - memory for an entry in the making.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ENTRY_MEMORY_H
#define QFS_ENTRY_MEMORY_H

#include "engine/reduce.h"
#include "pg/table/ledger_table.h"

/* What an entry is made of, each part as long as it may be. */
typedef struct qfs_entry_memory
{
	uint8		json[LEDGER_JSON_MAX];	/* what the row brings */
	uint8		auth[QFS_AUTH_MAX];
	qfs_workspace space;		/* what comes of it */
} qfs_entry_memory;

/*
 * Takes memory for one entry.  The backend keeps one piece, so this costs
 * nothing; an entry that is made while another one is gets a piece of its own.
 * Whoever takes it gives it back, in PG_FINALLY.
 */
extern qfs_entry_memory *qfs_entry_memory_take(void);
extern void qfs_entry_memory_give(qfs_entry_memory *memory);

#endif
