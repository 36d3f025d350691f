/*
 * fifty.h - many changes of a policy in a row, and which of them refuse each other.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Fifty proposals, all made under the policy in force: of the keys that a
 * vote may change and that are numbers, parameters first, the first fifty
 * that have room.  The 1st, 3rd, … goes to the least value that the policy in
 * force could have by itself, the 2nd, 4th, … to the greatest, and where a key
 * is there already to the other end.  They come into force one after the
 * other, each over what those before have left, or not at all if that would be
 * no policy.
 */
#ifndef QFS_FIFTY_H
#define QFS_FIFTY_H

#include "engine/rule.h"

#define QFS_FIFTY_MAX 50

/* A number, as JSON: an integer, or an amount between quotes. */
#define QFS_FIFTY_VALUE_MAX (QFS_AMOUNT_TEXT + 2)

typedef struct qfs_proposed
{
	qfs_slice	name;			/* of the key */
	uint8_t		value[QFS_FIFTY_VALUE_MAX];
	size_t		len;
	bool		conflicts;		/* it did not come into force */
	int			with;			/* the first that it is not possible together with; -1: with several only */
} qfs_proposed;

typedef struct qfs_fifty
{
	unsigned	count;
	qfs_proposed proposals[QFS_FIFTY_MAX];
	uint8_t		text[2][QFS_POLICY_MAX];	/* policies on their way */
} qfs_fifty;

/*
 * Makes them, and puts them in force.
 * policy: the one in force, read
 * changes: empty; gets what has come into force, as qfs_policy_merge takes it
 */
extern qfs_status qfs_fifty_make(qfs_fifty *f, const qfs_registry *registry, const qfs_policy *policy, qfs_buf *changes,
							   qfs_error *err);

/* {"conflicts":[{"key","value","with"}…],"executed":n,"made":n} */
extern void qfs_fifty_write(const qfs_fifty *f, qfs_json_writer *w);

#endif
