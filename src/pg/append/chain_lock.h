/*
 * chain_lock.h - one writer at a time, until its commit is visible.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CHAIN_LOCK_H
#define QFS_CHAIN_LOCK_H

/* Waits for the lock of this ledger; deadlocks are detected, waiting can be cancelled. */
extern void qfs_chain_lock_acquire(Oid ledger);

extern void qfs_chain_lock_release(Oid ledger);

#endif
