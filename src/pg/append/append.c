/*
 * append.c - what a transaction that appends carries, from its first entry to its commit.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * While the chain lock is held nothing but this transaction changes the
 * ledger, so the chain is kept in backend memory between rows.  An aborted
 * savepoint drops it; it is then read again from the table.
 *
 * Between transactions the reducer remembers records of rare kinds.  Whoever
 * changes one sends a cache invalidation, which goes out at commit, before the
 * lock is released, and is taken in after the lock is acquired.
 *
 * Commit, with early lock release:
 *   before      every computed entry is in the table, or the commit fails;
 *               synchronous_commit is lowered to off for our own commit record
 *   after       the commit is visible and invalidations are sent: the lock goes
 *               to the next writer, and only then do we wait for the disk and
 *               for standbys, as the session's synchronous_commit asks
 * Commits reach the WAL in chain order, so a crash can only lose a suffix that
 * nobody was told of.
 */
#include "pg/base/compat.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "pg/append/append.h"
#include "pg/append/chain_lock.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/table/known_rows.h"
#include "pg/table/ledger_table.h"
#include "pg/table/store_table.h"

bool		qfs_importing = false;

/* Where the ledger stood when a (sub)transaction appended for the first time. */
typedef struct Mark
{
	int			level;			/* nesting level of the (sub)transaction */
	uint64		size;
} Mark;

static struct
{
	Oid			ledger;			/* whose lock we hold; invalid = none */
	int			lock_level;		/* nesting level that the lock belongs to */
	bool		loaded;			/* chain is what the table says */
	bool		counted;		/* size is known */
	uint64		size;			/* entries, with those of this transaction */
	Mark	   *marks;			/* in the top transaction's memory */
	int			mark_count;
	int			mark_capacity;
	bool		may_lose_rows;	/* something could have swallowed a row */
	bool		committed;		/* visible; the lock is still held */
	int			deferred;		/* synchronous_commit to honour after the release */
	bool		is_deferred;
	uint64		hint;			/* where the head was when we last looked */
	qfs_chain	chain;
	qfs_reducer reducer;
} state;

/* ---- savepoints ---- */

static void
mark_level(void)
{
	int			level = GetCurrentTransactionNestLevel();

	if (state.mark_count > 0 && state.marks[state.mark_count - 1].level == level)
		return;
	if (state.mark_count == state.mark_capacity)
	{
		int			capacity = Max(8, state.mark_capacity * 2);

		state.marks = state.marks == NULL ?
			MemoryContextAlloc(TopTransactionContext, capacity * sizeof(Mark)) :
			repalloc(state.marks, capacity * sizeof(Mark));
		state.mark_capacity = capacity;
	}
	state.marks[state.mark_count++] = (Mark) {level, state.size};
}

/* The savepoint is released: its entries are its parent's. */
static void
merge_level(int level)
{
	Mark	   *last;

	if (state.lock_level == level)
		state.lock_level = level - 1;
	if (state.mark_count == 0)
		return;
	last = &state.marks[state.mark_count - 1];
	if (last->level != level)
		return;
	if (state.mark_count > 1 && last[-1].level == level - 1)
		state.mark_count--;
	else
		last->level = level - 1;
}

static void
release_lock(void)
{
	Oid			ledger = state.ledger;

	state.ledger = InvalidOid;
	state.loaded = false;
	state.committed = false;
	state.may_lose_rows = false;
	state.marks = NULL;
	state.mark_count = 0;
	state.mark_capacity = 0;
	qfs_know_rows(false);
	if (OidIsValid(ledger))
		qfs_chain_lock_release(ledger);
}

/* The savepoint is rolled back: so are its entries. */
static void
drop_level(int level)
{
	state.loaded = false;
	qfs_know_rows(true);
	if (state.mark_count > 0 && state.marks[state.mark_count - 1].level == level)
		state.size = state.marks[--state.mark_count].size;
	if (state.lock_level == level)
		release_lock();
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (!OidIsValid(state.ledger))
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		merge_level(level);
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		drop_level(level);
}

/* ---- loading the chain ---- */

/*
 * Under REPEATABLE READ a statement cannot see entries that others committed
 * after its snapshot; an outcome must not be shown to somebody who cannot see
 * what it rests on.
 */
static void
check_snapshot(Relation ledger, uint64 size)
{
	LedgerReader reader;
	LedgerHead	head;

	if (!IsolationUsesXactSnapshot())
		return;
	qfs_ledger_table_open_rel(&reader, ledger, GetTransactionSnapshot());
	qfs_ledger_head(&reader, 0, &head);
	qfs_ledger_table_close(&reader);
	if (head.size != size)
		QFS_THROW(QFS_SNAPSHOT_OLD, "it sees %u entries of %u",
				  (uint64_t) head.size, (uint64_t) size);
}

static void
lock_ledger(Relation ledger)
{
	/* State is written without the executor, which would look. */
	PreventCommandIfReadOnly("an append to qfs.ledger");
	qfs_chain_lock_acquire(RelationGetRelid(ledger));
	state.ledger = RelationGetRelid(ledger);
	state.lock_level = GetCurrentTransactionNestLevel();
	state.loaded = false;
	state.counted = false;
	qfs_know_rows(true);
	AcceptInvalidationMessages();
}

/* Is it the entry that this backend's chain ends with? */
static bool
is_ours(const LedgerHead *head)
{
	return head->size > 0 && state.chain.rooted && state.chain.linked &&
		state.chain.frontier.size == head->size && state.chain.at == head->at &&
		memcmp(&state.chain.head, &head->hash, sizeof(head->hash)) == 0;
}

static void
load(Relation ledger, LedgerReader *reader)
{
	LedgerHead	head;

	qfs_ledger_head(reader, state.hint, &head);
	state.hint = head.size > 0 ? head.size - 1 : 0;
	if (!state.counted)
	{
		check_snapshot(ledger, head.size);
		state.size = head.size;
		state.counted = true;
	}
	else if (head.size != state.size)
		QFS_THROW(QFS_ENTRY_LOST, "%u entries were expected, %u are stored",
				  (uint64_t) state.size, (uint64_t) head.size);

	/* Nobody has appended since we did: the hash names all that there is, and what is known of the tree still holds. */
	if (!is_ours(&head))
		qfs_chain_init(&state.chain, head.size, &head.hash, head.at, &reader->tree, &state.reducer);
	state.loaded = true;
}

qfs_chain *
qfs_append_begin(Relation ledger, qfs_appending *a)
{
	if (!OidIsValid(state.ledger))
		lock_ledger(ledger);
	qfs_ledger_table_open_rel(&a->reader, ledger, SnapshotSelf);
	a->outer = state.chain.frontier.tree;
	/*
	 * With a unique index of the application's, ON CONFLICT DO NOTHING swallows
	 * rows after our trigger.  Nothing else can: the trigger sees to it that no
	 * other one fires behind it.
	 */
	state.may_lose_rows |= qfs_ledger_has_other_index(ledger);
	if (!state.loaded)
		load(ledger, &a->reader);
	state.chain.frontier.tree = &a->reader.tree;
	return &state.chain;
}

void
qfs_append_end(qfs_appending *a)
{
	state.chain.frontier.tree = a->outer;
	qfs_ledger_table_close(&a->reader);
	if (!state.loaded || state.chain.frontier.size == state.size)
		return;
	mark_level();
	state.size = state.chain.frontier.size;
}

uint64
qfs_append_lock(void)
{
	Relation	rel = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	qfs_appending a;
	uint64		size = qfs_append_begin(rel, &a)->frontier.size;

	qfs_append_end(&a);
	table_close(rel, NoLock);
	return size;
}

uint64
qfs_append_start(void)
{
	return state.mark_count > 0 ? state.marks[0].size : UINT64_MAX;
}

void
qfs_append_forget(void)
{
	state.loaded = false;
	state.counted = state.mark_count > 0;
	qfs_reducer_forget(&state.reducer);
}

/* ---- commit ---- */

/*
 * Was every computed entry stored?  A row that was swallowed silently would
 * leave the rules' effects behind without their entry.
 */
static void
check_stored(void)
{
	uint64		first = state.marks[0].size;
	uint64		stored = 0;
	LedgerReader reader;
	SysScanDesc scan;

	qfs_ledger_table_open(&reader, SnapshotSelf);
	scan = qfs_ledger_scan(&reader, first);
	while (qfs_ledger_scan_next(scan) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		stored++;
	}
	qfs_ledger_scan_end(scan);
	qfs_ledger_table_close(&reader);
	if (stored != state.size - first)
		QFS_THROW(QFS_ENTRY_LOST, "this transaction computed %u entries, %u are stored",
				  (uint64_t) (state.size - first), stored);
}

static void
defer_flush(void)
{
	if (!qfs_early_lock_release || synchronous_commit == SYNCHRONOUS_COMMIT_OFF)
		return;
	state.deferred = synchronous_commit;
	state.is_deferred = true;
	synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
}

static void
restore_synchronous_commit(void)
{
	if (state.is_deferred)
		synchronous_commit = state.deferred;
	state.is_deferred = false;
}

/*
 * The transaction's other locks are released, its cache invalidations are
 * sent: whoever takes the chain lock next sees all of it.
 */
static void
on_release(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg)
{
	bool		deferred = state.is_deferred;

	if (!state.committed || phase != RESOURCE_RELEASE_LOCKS || !is_top_level)
		return;
	release_lock();
	restore_synchronous_commit();
	if (deferred)
	{
		XLogFlush(XactLastCommitEnd);
		SyncRepWaitForLSN(XactLastCommitEnd, true);
	}
}

static void
on_transaction(XactEvent event, void *arg)
{
	if (!OidIsValid(state.ledger))
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			if (state.mark_count > 0 && state.may_lose_rows)
				check_stored();
			if (state.mark_count > 0)
				defer_flush();
			break;
		case XACT_EVENT_COMMIT:
			state.committed = true;
			break;
		case XACT_EVENT_ABORT:
			restore_synchronous_commit();
			release_lock();
			break;
		case XACT_EVENT_PRE_PREPARE:
			QFS_THROW(QFS_PREPARED, "the chain lock is held");
			break;
		default:
			break;
	}
}

void
qfs_append_register_callbacks(void)
{
	qfs_table_reducer_init(&state.reducer);
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
	RegisterResourceReleaseCallback(on_release, NULL);
}
