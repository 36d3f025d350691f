/*
 * policy_value.h - values of a policy that its schema has admitted.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_POLICY_VALUE_H
#define QFS_POLICY_VALUE_H

#include "text/amount.h"
#include "text/ids.h"

/* FLX of a policy end here: far from where additions to a balance could overflow. */
#define QFS_POLICY_FLX_MAX qfs_amount_of(UINT64_C(1000000000000))

/* A member; null if it is not there. */
extern qfs_slice qfs_policy_member(qfs_slice object, const char *name);

/* 0 if it is not there. */
extern int64_t qfs_policy_integer(qfs_slice object, const char *name);

/* Errors: POLICY_INVALID for what is no amount, or above the most. */
extern qfs_status qfs_policy_read_amount(qfs_slice object, const char *name, qfs_amount most, qfs_amount *out,
										 qfs_error *err);

/*
 * Strings that name things are compared byte for byte, so they hold no escapes.
 * name: of the list, with dots; what: each has to be, with its article
 * Errors: POLICY_INVALID, naming the first that is none.
 */
extern qfs_status qfs_policy_check_list(qfs_slice list, const char *name, const char *what,
										bool (*is_one) (qfs_slice text), qfs_error *err);

/* Does one of the strings of a list cover the text? */
extern bool qfs_policy_lists_any(qfs_slice list, bool (*covers) (qfs_slice item, qfs_slice text), qfs_slice text);

/* Is the text one of the strings of a list? */
extern bool qfs_policy_lists(qfs_slice list, qfs_slice text);

/* Is the account one of those of a list? */
extern bool qfs_policy_lists_user(qfs_slice list, const qfs_user_id *user);

/* Is the text one of them, or does it go on from one with "/", "?" or "#"? */
extern bool qfs_policy_lists_prefix(qfs_slice list, qfs_slice text);

extern bool qfs_policy_lists_int(qfs_slice list, int64_t n);

#endif
