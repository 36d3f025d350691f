/*
 * checkpoint.h - the signed note of a size, for functions that give it along with more.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_CHECKPOINT_H
#define QFS_CHECKPOINT_H

#include "log/note.h"
#include "pg/table/ledger_table.h"

/*
 * The ledger's name, as the active snapshot sees it.
 * Errors: NO_GENESIS, NOT_VERIFIED of a ledger that is not open: it has no key to sign with.
 */
extern void qfs_checkpoint_origin(const LedgerHead *head, char origin[QFS_ORIGIN_MAX + 1]);

/* The key that signs, or has signed, the checkpoint of a size.  Errors: as above. */
extern void qfs_checkpoint_vkey(const LedgerHead *head, uint64 size, qfs_vkey *out);

/* Size argument n of a function; null = all entries.  Errors: SIZE_UNKNOWN. */
extern uint64 qfs_size_arg(FunctionCallInfo fcinfo, int n, const LedgerHead *head);

/*
 * Size argument n of a function that gives a signature with it; null = all
 * entries, or on a standby those under the checkpoint that the primary has published.
 * least: what the size has to be for the function to have an answer
 * Errors: SIZE_UNKNOWN; SIGN_STANDBY if nothing is published, or less than that.
 */
extern uint64 qfs_signed_size_arg(FunctionCallInfo fcinfo, int n, const LedgerHead *head, uint64 least);

/*
 * The signed note of a size, with the cosignatures there are; palloc'd.  It is
 * signed once no crash and no failover can lose what it is of; on a standby it
 * is the one that the primary has published, or of an older size.
 * Errors: NO_GENESIS, NOT_VERIFIED, NOT_ADOPTED, SIGN_OWN, SIGN_STANDBY, SIGN_WAIT,
 *         KEY_FILE, KEY_MISSING; CONTENT_MISMATCH if what is published is none of ours.
 */
extern qfs_slice qfs_make_checkpoint(LedgerReader *reader, const LedgerHead *head, uint64 size);

/* The same of a size that is known to be durable, without cosignatures. */
extern qfs_slice qfs_sign_durable(LedgerReader *reader, const LedgerHead *head, uint64 size);

/* Puts the cosignatures of a size behind its note, which has room for them. */
extern qfs_slice qfs_add_cosignatures(qfs_buf *note, uint64 size);

#endif
