/*
 * actions.h - what would happen if accounts did something now.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *     [{"actor":"user_…","payload":{…},"session":"<64 hex>","type":"MESSAGE"}…]
 *
 * one after the other, each over the state that the ones before it have left.
 * "session" may be missing: the last one that the account began and that is
 * active counts then.  Signatures and their numbers are assumed: the device of
 * the session has signed where it has to, with the next number, or the wallet
 * where that may sign by itself and no session could.
 */
#ifndef QFS_ACTIONS_H
#define QFS_ACTIONS_H

#include "sandbox/judgement.h"
#include "state/store_memory.h"

#define QFS_ACTIONS_MAX 100

/* Bytes of them all. */
#define QFS_ACTIONS_TEXT_MAX 1048576

/* Bytes that suffice for the steps of as many actions. */
#define QFS_STEPS_MAX (QFS_ACTIONS_MAX * QFS_PART_MAX)

/* Where they are done. */
typedef struct qfs_stage
{
	qfs_reducer *reducer;		/* that trusts signatures */
	qfs_memory_store *undo;		/* where it stores, to take back what an act that is refused has stored */
	uint64_t	seq;			/* number of the entry that comes next; moved on */
	int64_t		at;				/* time of all of them: that of the last entry */
	qfs_judging_space *space;
} qfs_stage;

/*
 * Are they of the form above?
 * actions: any text
 * Errors: the JSON_ ones; PAYLOAD_INVALID, naming the member; USER_ID_SYNTAX.
 */
extern qfs_status qfs_actions_check(qfs_slice actions, qfs_error *err);

/*
 * Does them.  What is due comes before each of them, as it would.
 * actions: as qfs_actions_check has taken them
 * steps: empty; gets an array with {"accounts","error","outcome"} of each: the outcome that an append
 *        at this time would record, and the parts of its actor alone; or null, [] and the code of what refuses it
 * Errors: ENTRY_TOO_LARGE if they do not fit; NO_MEMORY, STATE_MISMATCH, INTERNAL.
 */
extern qfs_status qfs_actions_run(qfs_stage *stage, qfs_slice actions, qfs_buf *steps, qfs_error *err);

#endif
