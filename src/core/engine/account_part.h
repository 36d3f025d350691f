/*
 * account_part.h - what the rules may read of an account, as parts of entries.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *     {"account":"user_…","kind":"…","policy":seq,"previous":seq|null,"rules":["…"…],"state":{…},"was":{…}}
 *
 * One kind is one record of the store and one thing to be shown or not.  A part
 * holds the whole state of its kind after the entry, so one entry, the last
 * that touched it, tells all of it.  "was" has the members that changed, with
 * their values before.  Source: docs/format.md, "Parts of accounts".
 */
#ifndef QFS_ACCOUNT_PART_H
#define QFS_ACCOUNT_PART_H

#include "engine/access.h"

/* In the order of their names. */
typedef enum qfs_account_kind
{
	QFS_ACCESS,
	QFS_NONCE,
	QFS_STANDING,
	QFS_TIES,
	QFS_ACCOUNT_KINDS
} qfs_account_kind;

extern const char *const qfs_account_kind_names[QFS_ACCOUNT_KINDS];

/* Errors: none; false = it is no name of a kind. */
extern bool qfs_account_kind_parse(qfs_slice name, qfs_account_kind *out);

/* The last entry before entry seq that touched a kind, or null; as a number -1 is none. */
extern void qfs_previous_write(qfs_json_writer *w, int64_t previous);

/* Errors: none; false = it is neither null nor an entry before. */
extern bool qfs_previous_read(qfs_slice value, uint64_t seq, int64_t *out);

/* The state of a kind; all begin with user and last_entry. */
typedef union qfs_account_state
{
	struct
	{
		qfs_user_id user;
		int64_t		last_entry;	/* -1: nothing has touched it yet */
	};
	qfs_access	access;
	qfs_nonce	nonce;
	qfs_standing standing;
	qfs_ties	ties;
} qfs_account_state;

/* The state of an account that nothing has touched yet. */
extern void qfs_account_state_init(qfs_account_kind kind, const qfs_user_id *user, qfs_account_state *out);

/* Errors: those of the store. */
extern qfs_status qfs_account_state_get(qfs_store *store, qfs_account_kind kind, const qfs_user_id *user,
										qfs_account_state *out, bool *found, qfs_error *err);
extern qfs_status qfs_account_state_put(qfs_store *store, qfs_account_kind kind, const qfs_account_state *state,
										qfs_error *err);

/* Are they the same but for which entries touched them? */
extern bool qfs_account_state_equal(qfs_account_kind kind, const qfs_account_state *a, const qfs_account_state *b);

#define QFS_PART_RULES_MAX 6

/* A part of an account, written or read. */
typedef struct qfs_account_change
{
	qfs_account_kind kind;
	int64_t		policy;			/* entry that put the policy in force */
	unsigned	rule_count;
	char		rules[QFS_PART_RULES_MAX][QFS_TYPE_MAX + 1];	/* changes, in their order */
	qfs_account_state before;	/* of one that was read: all but what "was" cannot tell is right */
	qfs_account_state after;
} qfs_account_change;

/* before.last_entry: of the entry that touched it before; after's is the caller's business */
extern void qfs_account_part_write(qfs_json_writer *w, const qfs_account_change *change);

/*
 * Reads a part; after.last_entry is seq.
 * Errors: ENTRY_FORMAT, naming the member.
 */
extern qfs_status qfs_account_part_parse(qfs_slice part, uint64_t seq, qfs_account_change *out, qfs_error *err);

#endif
