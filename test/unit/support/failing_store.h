/*
 * failing_store.h - a store in which one call fails.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_FAILING_STORE_H
#define UNIT_FAILING_STORE_H

#include "state/store.h"

typedef struct failing_store
{
	qfs_store	base;			/* first: the rules get a pointer to it */
	qfs_store  *inner;			/* does the work of every other call */
	unsigned	calls;			/* so far */
	unsigned	fail_at;		/* the call, counted from 1, that answers NO_MEMORY */
} failing_store;

/* A failing store around another, for the next calls of a reducer. */
extern failing_store failing_store_over(qfs_store *inner, unsigned fail_at);

#endif
