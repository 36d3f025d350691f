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

#include "engine/effects.h"

/* Memory for what becomes of an event. */
typedef struct qfs_workspace
{
	uint8_t		act[1024];
	uint8_t		outcome[QFS_PART_MAX];
	uint8_t		accounts[QFS_PARTS_MAX];
} qfs_workspace;


/*
 * Computes what comes of an event and stores it.
 * event:    everything but outcome, accounts and prev
 * outcome:  empty; gets a canonical object
 * accounts: empty; gets a canonical array, the parts of accounts that it touched
 * What a rule refuses it refuses before it stores anything.  After an error
 * of the store, ENTRY_TOO_LARGE or INTERNAL something may have been stored.
 */
extern qfs_status qfs_reduce(qfs_reducer *r, const qfs_entry *event, qfs_buf *outcome, qfs_buf *accounts,
							 qfs_error *err);

/* The same; what it did stays in *fx, to be explained. */
extern qfs_status qfs_reduce_with(qfs_reducer *r, const qfs_entry *event, qfs_effects *fx, qfs_buf *outcome,
								  qfs_buf *accounts, qfs_error *err);

/*
 * The same for a recorded entry whose accounts are not shown, if its rule says
 * that it is derivable: who acted is taken as recorded, and what guards
 * observed of accounts.  Guards and result of the outcome are what they should
 * be, and fx->account_count says whether the rule looked at accounts.
 */
extern qfs_status qfs_derive(qfs_reducer *r, const qfs_entry *event, qfs_effects *fx, qfs_buf *outcome, qfs_error *err);

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
