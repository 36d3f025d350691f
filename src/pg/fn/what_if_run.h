/*
 * what_if_run.h - one run over the ledger's rows: its place among those that may run at once, and the entries that it is fed.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *     qfs_run_open(&run);
 *     qfs_run_window(&run, fcinfo, FROM, SIZE, &question.from, &question.size);
 *     qfs_run_start(&run);
 *     qfs_run_feed(&run, &what_if);
 *     qfs_run_end(&run);
 *
 * It reads with the caller's snapshot and writes nothing: it runs in a
 * read-only transaction, and on a standby.
 */
#ifndef QFS_WHAT_IF_RUN_H
#define QFS_WHAT_IF_RUN_H

#include "fmgr.h"
#include "storage/lock.h"

#include "pg/table/ledger_table.h"
#include "sandbox/what_if.h"

typedef struct WhatIfRun
{
	LedgerReader reader;
	uint64		entries;		/* that the ledger has */
	LOCKTAG		slot;
	MemoryContext records;		/* what core has of memory */
} WhatIfRun;

extern void qfs_run_open(WhatIfRun *run);

/*
 * The window that two arguments name, each of which may be null: all entries, and the default of a what-if.
 * Errors: ARGUMENT, SIZE_UNKNOWN, WHATIF_LIMIT.
 */
extern void qfs_run_window(const WhatIfRun *run, FunctionCallInfo fcinfo, int from_arg, int size_arg, uint64_t *from,
						   uint64_t *size);

/* Takes a place until qfs_run_end, or the end of the transaction that fails.  Errors: WHATIF_BUSY. */
extern void qfs_run_start(WhatIfRun *run);

/* Gives a what-if its entries, and closes the ledger.  Errors: those of qfs_what_if_entry; WHATIF_LIMIT for too many records. */
extern void qfs_run_feed(WhatIfRun *run, qfs_what_if *w);

/* Takes the next entry. */
typedef qfs_status (*EntryTaker) (void *to, const qfs_entry *entry, qfs_error *err);

/* The same for whatever asks a what-if. */
extern void qfs_run_feed_to(WhatIfRun *run, const qfs_what_if *w, EntryTaker take, void *to);
extern void qfs_run_end(WhatIfRun *run);

#endif
