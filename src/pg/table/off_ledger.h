/*
 * off_ledger.h - what is kept off the ledger, compared with what the ledger commits to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_OFF_LEDGER_H
#define QFS_OFF_LEDGER_H

#include "utils/snapshot.h"

#include "ledger/chain.h"

/* Columns of the tables, counted from 0. */
enum
{
	CONTENT_USER, CONTENT_VERSION, CONTENT_SALT, CONTENT_TEXT, CONTENT_COLUMNS
};

enum
{
	MESSAGE_ENTRY, MESSAGE_THREAD, MESSAGE_SENDER, MESSAGE_RECIPIENT, MESSAGE_SEQ, MESSAGE_ALG,
	MESSAGE_NONCE, MESSAGE_BODY, MESSAGE_SENDER_KEY, MESSAGE_RECIPIENT_KEY, MESSAGE_COLUMNS
};

enum
{
	COSIGNATURE_SIZE, COSIGNATURE_VKEY, COSIGNATURE_LINE, COSIGNATURE_COLUMNS
};

enum
{
	WITNESS_VKEY, WITNESS_ADDED_AT, WITNESS_COLUMNS
};

enum
{
	KEPT_PLACE, KEPT_SIZE, KEPT_AT, KEPT_COLUMNS
};

#define KEPT_PLACE_MAX 200

enum
{
	MARK_THREAD, MARK_USER, MARK_SEQ, MARK_COLUMNS
};

/*
 * Compares the contents of profiles, the envelopes of messages and the
 * cosignatures of witnesses that a snapshot sees with the commitments in state
 * and ledger, and with the checkpoints that they are served under; and what
 * else is kept beside the ledger with what it follows from: keys of witnesses,
 * marks of readers with their threads, results of batches with their entries,
 * the published checkpoint with the ledger and its keys, and the sizes of those
 * that are kept elsewhere.
 * What was erased, or never came along, is no fault; nor is a profile's content
 * of an earlier version, which nobody is shown.
 * state: where profiles and threads are looked up, which says what the ledger says: that
 *        of a replay, or the tables when they have been computed anew
 * Reported: CONTENT_MISMATCH, with the entry that it is about.  Any other
 * answer than QFS_OK ends the comparison.
 */
extern void qfs_off_ledger_compare(Snapshot snapshot, qfs_store *state, qfs_fault_report report,
								   void *context);

#endif
