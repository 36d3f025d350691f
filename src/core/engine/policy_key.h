/*
 * policy_key.h - keys of a policy: what each is called, and who may change it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A key is a leaf of the policy, a value that is no object: its name is the
 * way to it with dots, "referral.cap" or "governance.tracks.text.quorum", of
 * at most QFS_TYPE_MAX bytes.
 */
#ifndef QFS_POLICY_KEY_H
#define QFS_POLICY_KEY_H

#include "base/types.h"

typedef enum qfs_key_class
{
	QFS_CLASS_FIXED,			/* nobody */
	QFS_CLASS_FORK,				/* nobody while governance is on */
	QFS_CLASS_CONSTITUTION,		/* proposals of the track constitution */
	QFS_CLASS_PARAMETER			/* those of the track parameter; and the operator, if it is one of its own */
} qfs_key_class;

/* "fixed", "fork", "constitution", "parameter". */
extern const char *const qfs_key_class_names[QFS_CLASS_PARAMETER + 1];

/* The nth key in the order in which a policy has them; false past the last. */
extern bool qfs_policy_key_at(size_t n, qfs_slice *name, qfs_key_class *key_class);

/* False: there is no key of that name. */
extern bool qfs_policy_key_class(qfs_slice name, qfs_key_class *out);

/*
 * The value of a key in a complete policy: the default if the policy leaves
 * "governance" out, and the key is of it.  False: no such key.
 */
extern bool qfs_policy_leaf(qfs_slice policy, qfs_slice name, qfs_slice *value);

/* name: good until it returns; what it returns, if not QFS_OK, ends the walk */
typedef qfs_status (*qfs_leaf_visitor) (void *context, qfs_slice name, qfs_slice value);

/*
 * Visits the keys that changes of a policy name, in their order, as
 * qfs_policy_merge takes them.  A value is not judged, but no object is one.
 * Errors: POLICY_INVALID for what is no key; what `visit` returns.
 */
extern qfs_status qfs_policy_leaves(qfs_slice changes, qfs_leaf_visitor visit, void *context, qfs_error *err);

/*
 * Does a change of the key take something away and give nobody anything: is it
 * one that an emergency may make?  before, after: values of complete policies
 */
extern bool qfs_policy_restricts(qfs_slice name, qfs_slice before, qfs_slice after);

/* Is it what governance.operator_keys may hold: a parameter, or what several begin with and ".*"? */
extern bool qfs_policy_keys_are_parameters(qfs_slice pattern);

/* Does such a list hold the key, itself or by what it begins with? */
extern bool qfs_policy_keys_hold(qfs_slice list, qfs_slice name);

#endif
