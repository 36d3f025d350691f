/*
 * referral.h - referral codes, and the moment in which a referral activates.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_REFERRAL_H
#define QFS_REFERRAL_H

#include "engine/effects.h"
#include "state/social.h"

/* Who invited an account. */
typedef struct qfs_referral_record
{
	qfs_user_id referee;		/* key */
	qfs_user_id referrer;
	int64_t		seq;			/* entry that used the code */
	bool		has_settled;
	int64_t		settled;		/* entry that rewarded it, or blocked the reward */
	bool		has_guard;
	char		guard[QFS_TYPE_MAX + 1];	/* what blocked the reward */
} qfs_referral_record;

/*
 * First 16 bytes of SHA3-256("<user_id>:QFS_REF_V1") as a big-endian number in
 * base 59, padded to 22 digits.
 * out: room for QFS_REFERRAL_CODE_LEN bytes; no NUL is written
 */
extern void qfs_referral_code(const qfs_user_id *user, char *out);

/* A new account gets its code, and a device key its first account. */
extern qfs_status qfs_referral_begin(qfs_reducer *r, const qfs_user_id *user, qfs_error *err);
extern qfs_status qfs_device_claim(qfs_reducer *r, const qfs_hash *device, const qfs_user_id *user,
								   qfs_error *err);

/*
 * Rewards the referral of an account, if it has one that is not settled yet
 * and the account has done what the policy asks for.  The records of the event
 * itself must be stored already; the caller stores the effects.
 */
extern qfs_status qfs_referral_settle(qfs_effects *fx, const qfs_user_id *referee);

/*
 * Settles the referrals that a recorded outcome settled: those of accounts with
 * an effect of the reward as referees, or of the guard that kept it back.
 */
extern qfs_status qfs_referral_recall(qfs_act *act);

#endif
