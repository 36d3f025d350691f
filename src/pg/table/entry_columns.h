/*
 * entry_columns.h - the ledger's columns "accounts" and "salt", of entries that show everything and of others.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Of an entry whose payload was erased payload and signature are null, and in place of the entry's
 * salt, from which theirs follow, are their commitments and the salts of the
 * parts that stay:
 *
 *     commitment of the payload (32) || of the signature (32) || salt of the act (16)
 *       || of the outcome (16) || of each part of an account (16 each)
 */
#ifndef QFS_ENTRY_COLUMNS_H
#define QFS_ENTRY_COLUMNS_H

#include "pg/base/compat.h"

#include "log/entry.h"

/* The column "accounts" of an entry, a jsonb: the parts of accounts that it shows. */
extern Datum qfs_accounts_column(const qfs_entry *entry);

/* The column "salt" of an entry: of one that is full its salt, else what is above. */
extern bytea *qfs_salt_column(const qfs_entry *entry);

/*
 * Reads the column of a row whose payload is null into an entry whose other
 * parts are set, and commits it.
 * act: as qfs_entry_commit has it
 * Errors: ENTRY_FORMAT for another number of bytes; those of qfs_entry_commit.
 */
extern qfs_status qfs_erased_read(qfs_slice salt, qfs_entry *entry, qfs_buf *act, qfs_error *err);

#endif
