/*
 * chain.h - the ledger as it grows: link, outcome, bytes, hash, tree nodes.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * One object carries what the next entry depends on.  Appending computes an
 * entry, checking compares a recorded one with what would be computed.
 */
#ifndef QFS_CHAIN_H
#define QFS_CHAIN_H

#include "engine/reduce.h"
#include "log/entry.h"
#include "log/merkle.h"
#include "state/store_memory.h"

/*
 * Does a later entry say that the recorded outcome of this one counts?  Asked
 * for wrong outcomes alone, so that a sound ledger is not searched for them.
 */
typedef bool (*qfs_is_acknowledged) (void *context, uint64_t seq);

typedef struct qfs_chain
{
	qfs_frontier frontier;		/* frontier.size is the next seq */
	qfs_hash	head;			/* hash of the last entry; zeros before the first */
	int64_t		at;				/* time of the last entry; 0 before the first */
	qfs_reducer *reducer;		/* NULL: rules are not run */
	bool		compare_outcomes;	/* false: rules run, outcomes are not compared */
	bool		rooted;			/* false: an entry is missing, so the tree is unknown */
	bool		linked;			/* false: the entry before is missing, so head is unknown */
	qfs_memory_store *memory;	/* the reducer's; needed for what was acknowledged */
	qfs_is_acknowledged is_acknowledged;	/* NULL: nothing is */
	void	   *acknowledgements;	/* its context */
} qfs_chain;

/* What an entry is sealed with. */
typedef struct qfs_seal
{
	qfs_hash	hash;
	qfs_hash	nodes[QFS_TREE_LEVELS];
	unsigned	count;			/* of nodes */
} qfs_seal;

/* A chain of `size` entries whose last one has this hash and time. */
extern void qfs_chain_init(qfs_chain *chain, uint64_t size, const qfs_hash *head, int64_t at,
						   qfs_tree *tree, qfs_reducer *reducer);

/*
 * Appends an event.
 * entry:   type, actor, auth, payload, sig, salt and at are the caller's; a
 *          time before the last entry's is moved up to it.  seq, prev, outcome
 *          and accounts are set, and it is committed.
 * space:   what outcome, accounts and the act point into
 * Errors:  those of the event's rule, ENTRY_TOO_LARGE, JSON_DEPTH.
 */
extern qfs_status qfs_chain_append(qfs_chain *chain, qfs_entry *entry, qfs_workspace *space, qfs_seal *seal,
								   qfs_error *err);

/*
 * Told of each fault, with the seq of the entry that it is about.  Any other
 * answer than QFS_OK stops the check and is its result.
 */
typedef qfs_status (*qfs_fault_report) (void *context, uint64_t seq, const qfs_error *fault);

/* A recorded entry and what was stored beside it. */
typedef struct qfs_stored_entry
{
	const qfs_entry *entry;		/* committed */
	const qfs_hash *hash;		/* stored hash; NULL where none is kept */
	const qfs_hash *nodes;		/* stored nodes; NULL where none are kept */
	unsigned	count;
	qfs_workspace *space;		/* memory for what is recomputed */
	qfs_seal   *seal;			/* gets hash and nodes of the entry; may be NULL */
} qfs_stored_entry;

/*
 * Checks a recorded entry against the chain and goes on from it.
 * Reported: SEQ_GAP, TIME_BACKWARD, LINK_BROKEN, HASH_MISMATCH,
 *           NODES_MISMATCH, OUTCOME_MISMATCH and what a rule refuses.
 * After a fault the check goes on from what is recorded, so that one change
 * is one fault.  The outcome of an entry that was acknowledged is reported as
 * OUTCOME_ACKNOWLEDGED, and the state goes on from it.
 */
extern qfs_status qfs_chain_check(qfs_chain *chain, const qfs_stored_entry *record,
								  qfs_fault_report report, void *context);

#endif
