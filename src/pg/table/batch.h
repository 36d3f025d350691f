/*
 * batch.h - batches that were sent under an id: what their events were, the ledger knows.
 *
 * No digest of them is kept: it would confirm a guess of what was in them, and
 * would have to go with the payload of any.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BATCH_H
#define QFS_BATCH_H

#include "pg/table/ledger_table.h"

/* Columns of qfs.batch, counted from 0. */
enum
{
	BATCH_USER, BATCH_NAME, BATCH_RESULT, BATCH_COLUMNS
};

/* The most events of a batch, and characters of its id. */
#define QFS_BATCH_MAX 1000
#define QFS_BATCH_ID_MAX 64

/* 1 to QFS_BATCH_ID_MAX characters? */
extern bool qfs_batch_id_fits(qfs_slice id);

/*
 * Does the ledger have the entries of a row, by this account, with these hashes
 * and outcomes?
 * ledger: open; json: memory of LEDGER_JSON_MAX bytes
 * seq: gets the entry that it fails at, or the last
 */
extern bool qfs_batch_is_recorded(LedgerReader *ledger, void *json, const Datum *batch,
								  const bool *nulls, int64 *seq);

/*
 * Were these the events of the batch that gave this result to the account?
 * events: SHA-256 of them, canonical
 * Errors: BATCH_ID_REUSED if they were others, PAYLOAD_ERASED where nobody can
 * tell any more, STATE_MISMATCH for a result that the ledger did not give.
 */
extern void qfs_batch_check(const qfs_user_id *user, Datum result, const qfs_hash *events);

#endif
