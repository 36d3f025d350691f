/*
 * durable_head.c - the last entry that no crash and no failover takes back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Nothing says where in the WAL an entry was committed.  But what is visible
 * was committed before the end of the WAL that is read afterwards, and is
 * durable once everything up to there is.  On a busy server with standbys the
 * end has moved on by the time they have it, so a backend remembers a few of
 * its observations, and gives the greatest that has become durable.
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "utils/snapmgr.h"

#include "pg/append/append.h"
#include "pg/append/durable_head.h"
#include "pg/base/durable.h"
#include "pg/base/guc.h"
#include "pg/table/published.h"

#define OBSERVATIONS 64

typedef struct Observation
{
	LedgerHead	head;
	XLogRecPtr	end;			/* head is durable once everything up to here is */
} Observation;

/* Of one ledger, heads growing. */
static struct
{
	Oid			ledger;
	int			count;
	bool		first_is_durable;
	Observation seen[OBSERVATIONS];
} memory;

/* ---- what others have committed ---- */

static bool
is_own(LedgerReader *reader, uint64 seq)
{
	HeapTuple	row = qfs_ledger_row(reader, seq);
	bool		result = row == NULL || TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data));

	if (row != NULL)
		heap_freetuple(row);
	return result;
}

/*
 * How many of the first `size` entries are none of this transaction's.  Those
 * that it has appended are known; what a restore copies past the triggers is
 * found by its mark in the row, and so is, too low but not too high, a row
 * whose payload it has erased.
 */
static uint64
count_others(LedgerReader *reader, uint64 size)
{
	uint64		low = 0;
	uint64		high = Min(size, qfs_append_start());

	if (high == 0 || !is_own(reader, high - 1))
		return high;
	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;

		if (is_own(reader, middle))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool
read_head(LedgerReader *reader, uint64 size, LedgerHead *out)
{
	HeapTuple	row = size == 0 ? NULL : qfs_ledger_row(reader, size - 1);

	memset(out, 0, sizeof(*out));
	if (row == NULL)
		return false;
	out->size = size;
	out->at = qfs_ledger_row_int(reader, row, LEDGER_AT);
	qfs_ledger_row_hash(reader, row, LEDGER_HASH, &out->hash);
	heap_freetuple(row);
	return true;
}

static void
read_committed_head(LedgerReader *reader, LedgerHead *out)
{
	uint64		size;

	qfs_ledger_head(reader, 0, out);
	size = count_others(reader, out->size);
	if (size != out->size)
		read_head(reader, size, out);
}

/* ---- observations ---- */

static bool
is_same(const LedgerHead *a, const LedgerHead *b)
{
	return a->size == b->size && memcmp(&a->hash, &b->hash, sizeof(a->hash)) == 0;
}

static void
forget(Oid ledger)
{
	memory.ledger = ledger;
	memory.count = 0;
	memory.first_is_durable = false;
}

/* Where the WAL has to be durable for this head to be.  An older snapshot's is not remembered. */
static XLogRecPtr
observe(const LedgerHead *head)
{
	XLogRecPtr	end;

	for (int i = memory.count - 1; i >= 0; i--)
		if (is_same(&memory.seen[i].head, head))
			return memory.seen[i].end;
	end = qfs_durable_mark();
	if (memory.count > 0 && memory.seen[memory.count - 1].head.size >= head->size)
		return end;
	/* The oldest are durable first: behind a standby that is late it is the newest that gives way. */
	if (memory.count == OBSERVATIONS)
		memory.count--;
	memory.seen[memory.count++] = (Observation) {*head, end};
	return end;
}

static bool
is_known_durable(int i)
{
	return i == 0 && memory.first_is_durable;
}

/* Observation i is durable: what was before it is of no use any more. */
static void
settle(int i)
{
	memory.count -= i;
	memmove(memory.seen, memory.seen + i, memory.count * sizeof(Observation));
	memory.first_is_durable = true;
}

static bool
becomes_durable(const LedgerHead *head, int wait_ms)
{
	XLogRecPtr	end;

	if (memory.count > 0 && is_known_durable(0) && is_same(&memory.seen[0].head, head))
		return true;
	end = observe(head);
	if (!qfs_durable_reach(end, wait_ms))
		return false;
	for (int i = memory.count - 1; i >= 0; i--)
		if (is_same(&memory.seen[i].head, head))
		{
			settle(i);
			break;
		}
	return true;
}

/* The greatest observation below `size` that is durable by now. */
static void
find_durable(LedgerReader *reader, uint64 size, LedgerHead *out)
{
	memset(out, 0, sizeof(*out));
	for (int i = memory.count - 1; i >= 0; i--)
	{
		LedgerHead	now;

		if (memory.seen[i].head.size >= size ||
			!(is_known_durable(i) || qfs_durable_reach(memory.seen[i].end, 0)))
			continue;
		/* Somebody has put another history in its place: nothing is known of that. */
		if (!read_head(reader, memory.seen[i].head.size, &now) || !is_same(&now, &memory.seen[i].head))
		{
			forget(memory.ledger);
			return;
		}
		*out = now;
		settle(i);
		return;
	}
}

/* What is published was durable then. */
static void
consider_published(LedgerReader *reader, uint64 size, LedgerHead *out)
{
	Published	published;

	if (qfs_published_read(reader->snapshot, &published) && published.size > out->size && published.size <= size)
		read_head(reader, published.size, out);
}

void
qfs_durable_head(int wait_ms, LedgerHead *out)
{
	LedgerReader reader;
	LedgerHead	head;

	qfs_ledger_table_open(&reader, GetActiveSnapshot());
	if (memory.ledger != RelationGetRelid(reader.rel))
		forget(RelationGetRelid(reader.rel));
	read_committed_head(&reader, &head);
	if (head.size == 0 || (RecoveryInProgress() ? qfs_standby_signs : becomes_durable(&head, wait_ms)))
		*out = head;
	else
	{
		/* A standby may have replayed what a synchronous one lacks, and has observed nothing. */
		find_durable(&reader, head.size, out);
		consider_published(&reader, head.size, out);
	}
	qfs_ledger_table_close(&reader);
}
