/*
 * settlement.h - the moment in which a referral activates, and what comes of it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A rule after which a referral may be complete settles it; such a rule lists
 * the guards and changes below among its own.
 */
#ifndef QFS_SETTLEMENT_H
#define QFS_SETTLEMENT_H

#include "engine/effects.h"

extern const qfs_guard qfs_guard_referral_cap;
extern const qfs_guard qfs_guard_flx_cap;
extern const qfs_change qfs_change_rewarded;
extern const qfs_change qfs_change_withheld;

#define QFS_SETTLEMENT_GUARDS &qfs_guard_referral_cap, &qfs_guard_flx_cap
#define QFS_SETTLEMENT_CHANGES &qfs_change_rewarded, &qfs_change_withheld

/*
 * Which tier of the policy, counted from 0, an account's index-th activated
 * referral is in, counted from 1; the last tier if there are more.
 */
extern unsigned qfs_referral_tier(const qfs_policy *policy, int64_t index);

/*
 * Rewards the referral of an account, if it has one that is not settled yet
 * and the account has done what the policy asks for.
 */
extern qfs_status qfs_referral_settle(qfs_effects *fx, const qfs_user_id *referee);

#endif
