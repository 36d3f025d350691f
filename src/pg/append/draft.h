/*
 * draft.h - an object in the making, a draft: the payload of an event, or an answer.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_DRAFT_H
#define QFS_DRAFT_H

#include "text/ids.h"

/* Room for the longest payload, palloc'd.  For what has no call here there is the writer. */
typedef struct qfs_draft
{
	qfs_json_writer w;
	qfs_buf		buf;
} qfs_draft;

extern void qfs_draft_begin(qfs_draft *p);

/* A member each, in ascending order of their names. */
extern void qfs_draft_text(qfs_draft *p, const char *name, qfs_slice utf8);
extern void qfs_draft_int(qfs_draft *p, const char *name, int64_t n);
extern void qfs_draft_bool(qfs_draft *p, const char *name, bool b);
extern void qfs_draft_hex(qfs_draft *p, const char *name, const uint8_t *bytes, size_t len);
extern void qfs_draft_hash(qfs_draft *p, const char *name, const qfs_hash *hash);
extern void qfs_draft_base64url(qfs_draft *p, const char *name, const uint8_t *bytes, size_t len);
extern void qfs_draft_user(qfs_draft *p, const char *name, const qfs_user_id *user);
extern void qfs_draft_address(qfs_draft *p, const char *name, const qfs_address *address);

/* value: canonical JSON already */
extern void qfs_draft_value(qfs_draft *p, const char *name, qfs_slice value);

/*
 * The whole object, canonical, in the memory context of the beginning.
 * Errors: ENTRY_TOO_LARGE; INTERNAL if a name was out of order.
 */
extern qfs_slice qfs_draft_end(qfs_draft *p);

#endif
