/*
 * effects.h - what an entry does to accounts, and which guards let it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A rule loads what it reads of accounts, changes it in place, says which
 * change that was, and adds guards.  Until the reducer stores all of it at the
 * end nothing is stored, so a rule may still fail.  What was changed becomes
 * parts of the entry, what was looked at alone is named in its outcome.
 */
#ifndef QFS_EFFECTS_H
#define QFS_EFFECTS_H

#include "engine/account_part.h"
#include "engine/rule.h"

#define QFS_EFFECTS_MAX 8
#define QFS_GUARDS_MAX 8

/* One kind of an account that the rule looked at. */
typedef struct qfs_side
{
	bool		looked;			/* what follows is set */
	bool		exists;			/* there is a record of it */
	unsigned	touch;			/* number of its first change, from 1; 0: none */
	qfs_account_change change;
} qfs_side;

typedef struct qfs_effects
{
	qfs_act    *act;
	qfs_hash	policy;			/* in force at the entry */
	int64_t		policy_seq;
	unsigned	account_count;
	struct
	{
		qfs_user_id user;
		qfs_side	sides[QFS_ACCOUNT_KINDS];
	}			accounts[QFS_EFFECT_ACCOUNTS];
	unsigned	touches;		/* sides that were changed */
	unsigned	effect_count;	/* changes of standings, one after the other */
	qfs_effect	effects[QFS_EFFECTS_MAX];
	unsigned	guard_count;
	struct
	{
		const qfs_guard *guard;
		bool		blocks;
		qfs_amount	bound;
		qfs_amount	observed;
	}			guards[QFS_GUARDS_MAX];
	bool		blocked;		/* the entry is recorded, and does not do what was asked */
	bool		derives;		/* accounts are not shown: what is observed of them is taken as recorded */
	const char *misuse;			/* what a rule did that it may not do, or NULL: nothing is stored then */
} qfs_effects;

extern void qfs_effects_init(qfs_effects *fx, qfs_act *act);

/* ---- accounts ---- */

/*
 * Each gives what the rules remember of an account in this kind, to be read
 * and changed in place; a change counts once qfs_effects_change names it.
 */

/* Errors: ACCOUNT_UNKNOWN. */
extern qfs_status qfs_effects_standing(qfs_effects *fx, const qfs_user_id *user, qfs_standing **out);

/* The same for one that may begin with this entry; *begins says whether it does. */
extern qfs_status qfs_effects_standing_or_new(qfs_effects *fx, const qfs_user_id *user, qfs_standing **out,
											  bool *begins);
extern qfs_status qfs_effects_ties(qfs_effects *fx, const qfs_user_id *user, qfs_ties **out);
extern qfs_status qfs_effects_access(qfs_effects *fx, const qfs_user_id *user, qfs_access **out);
extern qfs_status qfs_effects_nonce(qfs_effects *fx, const qfs_user_id *user, qfs_nonce **out);

/* Adds an account part's rule.  more: what follows the name of a change that is a prefix, else "" */
extern void qfs_effects_change(qfs_effects *fx, const qfs_user_id *user, qfs_account_kind kind,
							   const qfs_change *change, const char *more);

/* The device signed the event: every rule may say so. */
extern const qfs_change qfs_change_event_signed;

/* A coherent act, with the quality that the policy gives it. */
extern void qfs_effects_coherent_act(qfs_effects *fx, qfs_standing *standing, qfs_coherent_act act);

/* ---- guards ---- */

/*
 * Records a guard's verdict, which follows from its relation; returns whether
 * it blocks.
 * guard: one that the rule lists, of counts or of amounts
 */
extern bool qfs_guard_count(qfs_effects *fx, const qfs_guard *guard, int64_t bound, int64_t observed);
extern bool qfs_guard_amount(qfs_effects *fx, const qfs_guard *guard, qfs_amount bound, qfs_amount observed);

/* The first guard that blocks, or NULL. */
extern const qfs_guard *qfs_guards_first_block(const qfs_effects *fx);

/* ---- the end ---- */

/* Stores what was changed.  Errors: INTERNAL after a misuse. */
extern qfs_status qfs_effects_store(qfs_effects *fx);

/* Writes the parts of the accounts that were changed, in the order of their first change. */
extern qfs_status qfs_effects_write_accounts(const qfs_effects *fx, qfs_buf *out, qfs_error *err);

/*
 * Writes the outcome: "guards", "policy" (its hash; if accounts were looked at, or the
 * rule is derivable) and "read", each if there is any; "result", what the rule wrote; "status" of an account's act.  "read" has what was looked at
 * and not changed, by account and kind, with the last entry that touched it.
 * result: a canonical object, or empty
 */
extern qfs_status qfs_effects_write_outcome(const qfs_effects *fx, qfs_slice result, qfs_buf *out, qfs_error *err);

/* Puts into the store what the recorded parts of accounts say. */
extern qfs_status qfs_effects_recall(qfs_act *act);

#endif
