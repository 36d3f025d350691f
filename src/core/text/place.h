/*
 * place.h - where in a JSON document something is wrong.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_PLACE_H
#define QFS_PLACE_H

#include "base/types.h"

/* A path back to the root. */
typedef struct qfs_place
{
	const struct qfs_place *parent;
	qfs_slice	name;			/* a member's name, quoted; empty for an item; the root's is plain */
	uint64_t	index;			/* of an item */
} qfs_place;

/* Fails with "root.member[index]: why"; a path that is too long is cut. */
extern qfs_status qfs_place_fail(const qfs_place *at, qfs_status fault, const char *why, qfs_error *err);

#endif
