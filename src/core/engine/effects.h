/*
 * effects.h - what an entry does to accounts, and which guards let it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A rule loads the accounts that it may change, adds guards and effects, and
 * at the end stores and writes them.  Until then nothing is stored, so a rule
 * may still fail.
 *
 * Each effect names the entry that touched the account before: the effects of
 * an account are a chain of their own, back to its first sign-in.
 */
#ifndef QFS_EFFECTS_H
#define QFS_EFFECTS_H

#include "engine/rule.h"

#define QFS_EFFECT_ACCOUNTS 4
#define QFS_EFFECTS_MAX 8
#define QFS_GUARDS_MAX 8

typedef struct qfs_effects
{
	qfs_act    *act;
	unsigned	account_count;
	struct
	{
		qfs_account_record account;
		qfs_standing standing;	/* as it will be */
		bool		has_standing;	/* it was loaded */
		bool		touched;		/* an effect names it */
		bool		moved;			/* and its standing is another one */
	}			accounts[QFS_EFFECT_ACCOUNTS];
	unsigned	effect_count;
	struct
	{
		unsigned	account;
		char		rule[QFS_TYPE_MAX + 1];
		qfs_standing before;
		qfs_standing after;
	}			effects[QFS_EFFECTS_MAX];
	unsigned	guard_count;
	struct
	{
		const qfs_guard *guard;
		bool		blocks;
		qfs_amount	bound;
		qfs_amount	observed;
	}			guards[QFS_GUARDS_MAX];
	bool		blocked;		/* the entry is recorded, and does not do what was asked */
	const char *misuse;			/* what a rule did that it may not do, or NULL: nothing is stored then */
} qfs_effects;

extern void qfs_effects_init(qfs_effects *fx, qfs_act *act);

/*
 * Loads an account with its standing, or finds it among those that were loaded.
 * Errors: ACCOUNT_UNKNOWN.
 */
extern qfs_status qfs_effects_load(qfs_effects *fx, const qfs_user_id *user, unsigned *account);

/* The same without its standing: it can be touched, and loaded later. */
extern qfs_status qfs_effects_look(qfs_effects *fx, const qfs_user_id *user, unsigned *account);

/* qfs_effects_look for one that may begin with this entry; *begins says whether it does. */
extern qfs_status qfs_effects_look_or_begin(qfs_effects *fx, const qfs_account_record *account,
											unsigned *out, bool *begins);

/* A rule touches an account and leaves its standing as it is. */
extern void qfs_effects_touch(qfs_effects *fx, unsigned account, const qfs_change *change);

extern qfs_account_record *qfs_effects_account(qfs_effects *fx, unsigned account);

/* The standing of an account that was loaded, with the effects so far. */
extern const qfs_standing *qfs_effects_standing(const qfs_effects *fx, unsigned account);

/*
 * A rule changes a standing; `after` may equal what it was.
 * change: one that the rule lists
 * more:   what follows the name of a change that is a prefix, else ""
 */
extern void qfs_effects_add(qfs_effects *fx, unsigned account, const qfs_change *change, const char *more,
							const qfs_standing *after);

/* A coherent act, with the quality that the policy gives it. */
extern void qfs_effects_coherent_act(qfs_effects *fx, qfs_standing *standing, qfs_coherent_act act);

/*
 * Records a guard's verdict, which follows from its relation; returns whether
 * it blocks.
 * guard: one that the rule lists, of counts or of amounts
 */
extern bool qfs_guard_count(qfs_effects *fx, const qfs_guard *guard, int64_t bound, int64_t observed);
extern bool qfs_guard_amount(qfs_effects *fx, const qfs_guard *guard, qfs_amount bound, qfs_amount observed);

/* The first guard that blocks, or NULL. */
extern const qfs_guard *qfs_guards_first_block(const qfs_effects *fx);

/* Stores, and writes the members "effects" to "status"; a rule's own members may follow. */
extern qfs_status qfs_effects_finish(qfs_effects *fx);

/* Stores what the effects changed.  Errors: INTERNAL after a misuse. */
extern qfs_status qfs_effects_store(qfs_effects *fx);

/*
 * The members "effects", "guards", "policy" (its hash) and "read" of the
 * outcome.  "read" names the accounts that were looked at and not touched,
 * each with the last entry that touched it: it is there if there are any.
 */
extern void qfs_effects_write(const qfs_effects *fx);

/* Some of them alone. */
extern void qfs_effects_write_list(const qfs_effects *fx);
extern void qfs_effects_write_policy(const qfs_effects *fx);

/* An event of an account that looks at nothing but its actor: "policy" and "read". */
extern void qfs_effects_write_actor(qfs_act *act, const qfs_account_record *actor);

/* The member "status". */
extern void qfs_effects_write_status(const qfs_effects *fx);

/* Puts into the store what the recorded effects say of accounts. */
extern qfs_status qfs_effects_recall(qfs_act *act);

#endif
