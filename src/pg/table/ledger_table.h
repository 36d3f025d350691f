/*
 * ledger_table.h - the table qfs.ledger: its columns, and rows found by seq.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Reads go straight to the table by its primary key: no SQL, no planner, no
 * search path, and the snapshot is the caller's choice.
 */
#ifndef QFS_LEDGER_TABLE_H
#define QFS_LEDGER_TABLE_H

#include "access/genam.h"
#include "access/htup.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "log/entry.h"
#include "log/merkle.h"

/* Column numbers; the table is frozen for the life of format 2. */
enum
{
	LEDGER_SEQ = 1,
	LEDGER_AT,
	LEDGER_TYPE,
	LEDGER_ACTOR,
	LEDGER_AUTH,
	LEDGER_PAYLOAD,
	LEDGER_SIG,
	LEDGER_OUTCOME,
	LEDGER_ACCOUNTS,
	LEDGER_SALT,
	LEDGER_PREV,
	LEDGER_HASH,
	LEDGER_NODES,
	LEDGER_COLUMNS = LEDGER_NODES
};

/*
 * Oid of a table of schema qfs; an error if it is not there.  Whoever wants a
 * table asks here.  Errors: VERSION_MISMATCH.
 */
extern Oid	qfs_table_oid(const char *name);

/* The table and its primary key, open for as long as the caller needs them. */
typedef struct LedgerReader
{
	qfs_tree	tree;			/* first: core reads the Merkle nodes through it */
	Relation	rel;
	Relation	index;
	Snapshot	snapshot;
	bool		owns_rel;
} LedgerReader;

extern void qfs_ledger_table_open(LedgerReader *reader, Snapshot snapshot);

/* The same over a relation that somebody else has open. */
extern void qfs_ledger_table_open_rel(LedgerReader *reader, Relation rel, Snapshot snapshot);
extern void qfs_ledger_table_close(LedgerReader *reader);

/* The last entry: size 0 and zeros when there is none. */
typedef struct LedgerHead
{
	uint64		size;
	qfs_hash	hash;
	int64		at;
} LedgerHead;

/*
 * hint: an entry that may be near the end, or 0.  The index page is searched
 *       from the right, and the search ends at the hint instead of looking at
 *       every key of the page.
 */
extern void qfs_ledger_head(LedgerReader *reader, uint64 hint, LedgerHead *out);

/* The same for whoever reads nothing else. */
extern void qfs_ledger_head_seen(Snapshot snapshot, LedgerHead *out);

/*
 * What time it is for the ledger, in milliseconds since 1970: never before the
 * last entry's, since what is appended now is not before it either.
 */
extern int64 qfs_ledger_now(void);

/* Errors: STATE_MISMATCH where somebody has added a column, and nothing can be appended. */
extern void qfs_ledger_check_columns(Relation ledger);

/* Has somebody put an index on the table? */
extern bool qfs_ledger_has_other_index(Relation ledger);

/* Row of an entry, or NULL; freed with heap_freetuple. */
extern HeapTuple qfs_ledger_row(LedgerReader *reader, uint64 seq);

/* Walks rows from seq on, upwards; a row is valid until the next call. */
extern SysScanDesc qfs_ledger_scan(LedgerReader *reader, uint64 from);
extern HeapTuple qfs_ledger_scan_next(SysScanDesc scan);
extern void qfs_ledger_scan_end(SysScanDesc scan);

extern int64 qfs_ledger_row_int(LedgerReader *reader, HeapTuple row, int column);
extern void qfs_ledger_row_hash(LedgerReader *reader, HeapTuple row, int column, qfs_hash *out);

/* A count that no entry has: the column is null, or not a row of hashes. */
#define LEDGER_NO_NODES UINT_MAX

/* A row as an entry: its canonical JSON is written into memory of the row's own. */
typedef struct LedgerEntry
{
	qfs_entry	entry;
	qfs_hash	hash;			/* as stored */
	qfs_hash	nodes[QFS_TREE_LEVELS];
	unsigned	count;			/* of nodes; LEDGER_NO_NODES if they cannot be any */
	bool		has_nodes;		/* the column is not null */
	qfs_buf		json;			/* auth, payload, sig, outcome and accounts */
	uint8_t		act[1024];
} LedgerEntry;

/*
 * Reads all columns of a row whose values are given, and commits the entry.
 * json: memory for LEDGER_JSON_MAX bytes
 * Errors: JSON_NUMBER, JSON_DEPTH, ENTRY_TOO_LARGE for content that has no
 *         canonical form.
 */
extern qfs_status qfs_ledger_decode(TupleDesc desc, HeapTuple row, void *json,
									LedgerEntry *out, qfs_error *err);

/* All parts of an entry, and what is too long by itself. */
#define LEDGER_JSON_MAX (QFS_PARTS_MAX + QFS_PAYLOAD_MAX)

/* The full line of a row; throws where it has none. */
extern qfs_slice qfs_ledger_line(LedgerReader *reader, HeapTuple row);

/* Its head, which the leaf is the hash of; QFS_HEAD_MAX bytes suffice. */
extern void qfs_ledger_head_bytes(LedgerReader *reader, HeapTuple row, qfs_buf *out);

/* A value of type qfs.hash or qfs.user_id: 32 bytes, passed by reference. */
static inline Datum
qfs_hash_datum(const qfs_hash *hash)
{
	return PointerGetDatum(hash);
}

#endif
