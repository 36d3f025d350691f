/*
 * rollback.h - changes of a policy, and what undoes them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_ROLLBACK_H
#define QFS_ROLLBACK_H

#include "sandbox/cumulative.h"

typedef struct qfs_rollback
{
	bool		restored;		/* after both the hash of the state is what it was */
	qfs_status	refused;		/* the inverse could not come after the changes; QFS_OK: it could */
	qfs_changes inverse;
	uint8_t		text[QFS_POLICY_MAX];	/* of the inverse */
} qfs_rollback;

/*
 * Changes the policy in force of a copy of a state, then back.
 * state:  stays as it is
 * policy: the one that is in force in it, read
 * changes: that may come after it
 * Errors: NO_MEMORY, POLICY_INVALID, INTERNAL.
 */
extern qfs_status qfs_rollback_run(qfs_rollback *rollback, const qfs_registry *registry, const qfs_memory_store *state,
								   const qfs_policy *policy, const qfs_changes *changes, qfs_allocator allocator,
								   qfs_error *err);

/* {"inverse":{…},"refused":code|null,"restored":true|false} */
extern void qfs_rollback_write(const qfs_rollback *rollback, qfs_json_writer *w);

#endif
