/*
 * checkpoint.h - the signed note of a size, for functions that give it along with more.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CHECKPOINT_H
#define QFS_CHECKPOINT_H

#include "pg/table/ledger_table.h"

/* Size argument n of a function; null = all entries.  Errors: SIZE_UNKNOWN. */
extern uint64 qfs_size_arg(FunctionCallInfo fcinfo, int n, const LedgerHead *head);

/*
 * The signed note of a size, with the cosignatures there are; palloc'd.  It is
 * signed once no crash and no failover can lose what it is of.
 * Errors: NO_GENESIS, NOT_VERIFIED, SIGN_OWN, SIGN_STANDBY, SIGN_WAIT, KEY_FILE,
 *         KEY_MISSING.
 */
extern qfs_slice qfs_make_checkpoint(LedgerReader *reader, const LedgerHead *head, uint64 size);

#endif
