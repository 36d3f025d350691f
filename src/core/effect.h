/*
 * effect.h - what an entry does to accounts, and which guards let it.
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
#ifndef QFS_EFFECT_H
#define QFS_EFFECT_H

#include "rule.h"

/* What an account has earned. */
typedef struct qfs_standing
{
	qfs_user_id user;			/* key */
	qfs_amount	coherence;		/* 0 to 1 */
	int64_t		points;			/* genesis points */
	qfs_amount	flx;			/* balance */
	int64_t		referrals;		/* activated ones, as the referrer */
} qfs_standing;

extern const qfs_kind qfs_kind_standing;

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
		bool		touched;
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
		const char *name;
		bool		blocks;
		bool		is_amount;	/* bound and observed are amounts, else integers */
		qfs_amount	bound;
		qfs_amount	observed;
	}			guards[QFS_GUARDS_MAX];
	bool		blocked;		/* the entry is recorded, and does not do what was asked */
} qfs_effects;

extern void qfs_effects_init(qfs_effects *fx, qfs_act *act);

/*
 * Loads an account, or finds it among those that were loaded.
 * Errors: ACCOUNT_UNKNOWN.
 */
extern qfs_status qfs_effects_load(qfs_effects *fx, const qfs_user_id *user, unsigned *account);

extern qfs_account_record *qfs_effects_account(qfs_effects *fx, unsigned account);

/* An account's standing, with the effects so far. */
extern const qfs_standing *qfs_effects_standing(const qfs_effects *fx, unsigned account);

/* A rule changes a standing; `after` may equal what it was. */
extern void qfs_effects_add(qfs_effects *fx, unsigned account, const char *rule,
							const qfs_standing *after);

/* A coherent act, with the quality that the policy gives it. */
extern void qfs_effects_coherent_act(qfs_effects *fx, qfs_standing *standing, qfs_coherent_act act);

/* Records a guard's verdict; returns whether it blocks. */
extern bool qfs_guard_count(qfs_effects *fx, const char *name, bool blocks, int64_t bound, int64_t observed);
extern bool qfs_guard_amount(qfs_effects *fx, const char *name, bool blocks,
							 qfs_amount bound, qfs_amount observed);

/* For a rule that says no more than this: stores, and writes all of it. */
extern qfs_status qfs_effects_finish(qfs_effects *fx);

/* Stores what the effects changed. */
extern qfs_status qfs_effects_store(qfs_effects *fx);

/* The members "effects", "guards" and "policy" (its hash) of the outcome. */
extern void qfs_effects_write(const qfs_effects *fx);

/* The member "status". */
extern void qfs_effects_write_status(const qfs_effects *fx);

#endif
