/*
 * reduce.h - reducing: what an event does, given the entries before it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * entry = input + outcome.  The outcome is a function of the event and of the
 * records in the store, and of nothing else.  One rule a type; the same object
 * code runs in the trigger, in replay and in qfs-verify.
 */
#ifndef QFS_REDUCE_H
#define QFS_REDUCE_H

#include "engine/reducer.h"

/*
 * Computes the outcome of an event and stores what it changes.
 * event:   everything but outcome and prev
 * outcome: empty; gets a canonical object
 * What a rule refuses it refuses before it stores anything.  After an error
 * of the store, ENTRY_TOO_LARGE or INTERNAL something may have been stored.
 */
extern qfs_status qfs_reduce(qfs_reducer *r, const qfs_entry *event,
							 qfs_buf *outcome, qfs_error *err);

/*
 * Stores what a recorded entry says, outcome and all, without the entries
 * before it: recalling every entry of a ledger gives the state that reducing
 * every entry gives.  Signatures inside the entry are checked, if signatures
 * are; whether the outcome is right is not.
 * Errors: those of payloads, auth values and signatures; OUTCOME_MISMATCH for
 *         an outcome that no rule writes.
 */
extern qfs_status qfs_recall(qfs_reducer *r, const qfs_entry *entry, qfs_error *err);

#endif
