/*
 * chain_lock.c - one writer at a time, until its commit is visible.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A heavyweight lock, so that the deadlock detector knows it; of the default
 * method, so that no SQL function can take or release it (as advisory locks
 * can be); held as a session lock, so that it can be given back between the
 * commit and its flush.
 */
#include "pg/base/compat.h"

#include <sched.h>

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lock.h"
#include "storage/proc.h"

#include "pg/append/chain_lock.h"

/*
 * Before queueing, try for a while.  A backend that is running takes the lock
 * the moment it is free, while the head of a queue has to be woken first, and
 * that hand-over is what limits throughput under load.  The pauses double:
 * among a few writers the lock is free again at once, among many each attempt
 * takes processor time from the one who holds it.
 */
#define YIELDS 4
#define FIRST_SLEEP_US 50
#define LONGEST_SLEEP_US 10000
#define SPIN_LIMIT_US 100000

static LOCKTAG
chain_tag(Oid ledger)
{
	LOCKTAG		tag;

	/* No command locks a relation as an object with a sub-id. */
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, ledger, 1);
	return tag;
}

static bool
try_acquire(const LOCKTAG *tag)
{
	return LockAcquire(tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

static void
sleep_us(long us)
{
	pgstat_report_wait_start(PG_WAIT_EXTENSION);
	pg_usleep(us);
	pgstat_report_wait_end();
	CHECK_FOR_INTERRUPTS();
}

static bool
spin(const LOCKTAG *tag)
{
	long		slept = 0;

	for (int i = 0; i < YIELDS; i++)
	{
		if (try_acquire(tag))
			return true;
		sched_yield();
	}
	for (long pause = FIRST_SLEEP_US; slept < SPIN_LIMIT_US; pause = Min(2 * pause, LONGEST_SLEEP_US))
	{
		sleep_us(pause);
		slept += pause;
		if (try_acquire(tag))
			return true;
	}
	return false;
}

/*
 * Whoever waits in the queue may be cancelled in the moment that the lock is
 * granted.  Nobody would know of such a session lock: rolling back a savepoint
 * does not release it, and the ledger would be closed as long as the session
 * lives.
 */
static void
wait_in_queue(const LOCKTAG *tag)
{
	PG_TRY();
	{
		LockAcquire(tag, ExclusiveLock, true, false);
	}
	PG_CATCH();
	{
		LockErrorCleanup();
		if (QFS_LOCK_HELD_BY_ME(tag, ExclusiveLock))
			LockRelease(tag, ExclusiveLock, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

void
qfs_chain_lock_acquire(Oid ledger)
{
	LOCKTAG		tag = chain_tag(ledger);

	if (!spin(&tag))
		wait_in_queue(&tag);
}

void
qfs_chain_lock_release(Oid ledger)
{
	LOCKTAG		tag = chain_tag(ledger);

	LockRelease(&tag, ExclusiveLock, true);
}
