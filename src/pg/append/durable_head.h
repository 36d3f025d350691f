/*
 * durable_head.h - the last entry that no crash and no failover takes back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * An entry is visible a moment before it is on disk, and before the synchronous
 * standbys have it.  Whoever tells somebody else of entries stops here.
 */
#ifndef QFS_DURABLE_HEAD_H
#define QFS_DURABLE_HEAD_H

#include "pg/table/ledger_table.h"

/*
 * The last entry that the active snapshot sees, that is not this transaction's
 * own, and that no crash of this server takes back, nor a failover to a standby
 * that synchronous_commit and synchronous_standby_names of the server ask for.
 * It may be too low, never too high: where standbys are missing it is the last
 * one that this backend, or qfs.publish_checkpoint(), has found to be durable.
 * What is visible is flushed here; a standby is waited for no longer than
 * wait_ms, and no error is made of it.  size 0: there is none.
 * On a standby: the checkpoint that the primary has published, or with
 * qfs.standby_signs what the standby has replayed.
 */
extern void qfs_durable_head(int wait_ms, LedgerHead *out);

#endif
