/*
 * operator_event.h - an event of the operator's, appended by a function.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_OPERATOR_EVENT_H
#define QFS_OPERATOR_EVENT_H

#include "base/buf.h"

/*
 * Appends an event as anybody could, by an INSERT with the caller's rights: the
 * trigger and the rules decide.  Returns the entry's number.
 * payload: canonical
 * hash:    the entry's; NULL if it is not asked for
 * Errors: ENTRY_LOST, those of an append.
 */
extern int64_t qfs_append_operator_event(const char *type, qfs_slice payload, qfs_hash *hash);

#endif
