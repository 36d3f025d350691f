/*
 * what_if.h - what would have come of a window of a ledger under another policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A simulation: entries in, one canonical JSON object out, the same wherever it
 * is computed; nothing is written anywhere.  It is fed like an audit, entry
 * after entry from 0:
 *
 *     qfs_what_if_begin(&w, &qfs_registry_own, &question, allocator, &err);
 *     for each entry below question.size:  qfs_what_if_entry(&w, &entry, &err);
 *     qfs_what_if_finish(&w, &answer, &err);
 *     qfs_what_if_end(&w);
 *
 * Form of the answer: docs/format.md, "What-if".
 */
#ifndef QFS_WHAT_IF_H
#define QFS_WHAT_IF_H

#include "sandbox/actions.h"
#include "sandbox/consequences.h"
#include "sandbox/cumulative.h"
#include "sandbox/direct.h"
#include "sandbox/findings.h"

/* Entries of the window unless the question says where it begins. */
#define QFS_WHAT_IF_WINDOW 10000

/* Bytes that suffice for an answer: the question, what was found, and the steps. */
#define QFS_WHAT_IF_MAX (262144 + QFS_STEPS_MAX + QFS_ACTIONS_TEXT_MAX)

/* Bytes of the member "cumulative": a few sums, and two lists of codes. */
#define QFS_CUMULATIVE_MAX 65536

typedef struct qfs_what_if_question
{
	qfs_slice	changes;		/* of the policy, canonical, as qfs_policy_merge takes them; the caller's until the end */
	uint64_t	size;			/* entries of the ledger that count, at least 1 */
	qfs_slice	actions;		/* at the end, canonical (sandbox/actions.h); empty: none; the same */
	uint64_t	from;			/* first of the window, from 1 to size; size: there is none in it */
} qfs_what_if_question;

/* Where the window begins if nobody says it: size - 10,000, but never at entry 0, before which there is no policy. */
extern uint64_t qfs_what_if_from(uint64_t size);

typedef struct qfs_what_if
{
	const qfs_registry *registry;
	qfs_allocator allocator;
	qfs_what_if_question question;
	qfs_changes changes;
	qfs_direct	direct;
	qfs_cumulative cumulative;	/* from the window's first entry on */
	bool		has_begun;		/* the window */
	qfs_findings findings;
	qfs_consequences *consequences; /* that are counted, too: the caller's, set after qfs_what_if_begin; or NULL */
	uint64_t	next;			/* the entry that comes next */
	int64_t		at;				/* time of the last one */
	qfs_hash	head;			/* hash of the last one */
	qfs_hash	ledger;			/* hash of entry 0 */
	qfs_hash	before;			/* the policy in force where the window begins */
	qfs_hash	after;			/* what the changes make of it */
	uint8_t		text[QFS_CUMULATIVE_MAX];	/* how the window ended */
} qfs_what_if;

/*
 * Whatever it returns, qfs_what_if_end may follow.
 * Errors: SIZE_UNKNOWN for a window that does not exist; those of qfs_changes_read
 *         and qfs_actions_check; ENTRY_TOO_LARGE for longer actions; NO_MEMORY.
 */
extern qfs_status qfs_what_if_begin(qfs_what_if *w, const qfs_registry *registry, const qfs_what_if_question *question,
									qfs_allocator allocator, qfs_error *err);
extern void qfs_what_if_end(qfs_what_if *w);

/*
 * The next entry, committed, with all of its parts or without an erased
 * payload.  After an error there is no answer.
 * Errors: SEQ_GAP for another one than the next, SIZE_UNKNOWN for one past the
 *         size; LINK_BROKEN; ENTRY_INCOMPLETE; those of qfs_changes_check where the window begins;
 *         those of qfs_recall; NO_MEMORY, STATE_MISMATCH, INTERNAL.
 */
extern qfs_status qfs_what_if_entry(qfs_what_if *w, const qfs_entry *entry, qfs_error *err);

/*
 * Writes the answer, once all entries below the size were there.
 * answer: empty; QFS_WHAT_IF_MAX bytes suffice
 * Errors: SIZE_UNKNOWN if there were fewer; AMOUNT_OVERFLOW; ENTRY_TOO_LARGE;
 *         NO_MEMORY; of a window without entries those of its beginning.
 */
extern qfs_status qfs_what_if_finish(qfs_what_if *w, qfs_buf *answer, qfs_error *err);

#endif
