/*
 * batch.h - batches that were sent under an id: does the ledger have what a row says?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BATCH_H
#define QFS_BATCH_H

#include "pg/table/ledger_table.h"

/* Columns of qfs.batch, counted from 0. */
enum
{
	BATCH_USER, BATCH_NAME, BATCH_EVENTS, BATCH_RESULT, BATCH_COLUMNS
};

/* The most events of a batch, and characters of its id. */
#define QFS_BATCH_MAX 1000
#define QFS_BATCH_ID_MAX 64

/* 1 to QFS_BATCH_ID_MAX characters? */
extern bool qfs_batch_id_fits(qfs_slice id);

/*
 * Does the ledger have the entries of a row, by this account, with these hashes
 * and outcomes, and is the digest that of their events?
 * ledger: open; json: memory of LEDGER_JSON_MAX bytes
 * seq: gets the entry that it fails at, or the last
 */
extern bool qfs_batch_is_recorded(LedgerReader *ledger, void *json, const Datum *batch,
								  const bool *nulls, int64 *seq);

/*
 * Takes the digest of its events from each batch that had one of these
 * entries: it would confirm a guess of what was in them.
 * entries: in ascending order
 * Errors: CHANGES_PUBLISHED.
 */
extern void qfs_batch_forget(const uint64 *entries, size_t count);

/* events: the column; has its digest been taken? */
extern bool qfs_batch_is_forgotten(Datum events);

#endif
