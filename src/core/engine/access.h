/*
 * access.h - the sessions of an account that have not ended.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * In the record each is
 *
 *     {"device":"<43 base64url>"|null,"expires_at":ms,"operator":bool,"session":"<64 hex>","ttl_blocks":n}
 *
 * and in an entry's part of the account its digest, SHA-256 of that: whoever is
 * shown the part learns how many sessions there are, and of the one that they
 * know from elsewhere that it is among them.  A record that was made from a
 * part holds digests, as strings, where nothing more is known.
 */
#ifndef QFS_ACCESS_H
#define QFS_ACCESS_H

#include "state/records.h"
#include "text/json.h"

/* Sessions that an account can have; policy.sessions_max is not above it. */
#define QFS_SESSIONS_MAX 16

/* Bytes of the record's list. */
#define QFS_SESSIONS_TEXT 8192

typedef struct qfs_open_session
{
	qfs_hash	digest;
	bool		is_known;		/* false: the digest is all there is */
	qfs_hash	session;
	bool		has_device;
	qfs_hash	device;
	bool		operates;
	int64_t		expires_at;		/* first ms since 1970 at which it is over */
	int64_t		ttl_blocks;
} qfs_open_session;

/* In the order in which they began. */
typedef struct qfs_access
{
	qfs_user_id user;
	int64_t		last_entry;
	unsigned	count;
	qfs_open_session sessions[QFS_SESSIONS_MAX + 1];
} qfs_access;

/* Sets the digest of a session whose other members are set. */
extern void qfs_open_session_name(qfs_open_session *session);

/* Writes one that is known, as the record has it. */
extern void qfs_open_session_write(qfs_json_writer *w, const qfs_open_session *session);

/* Reads one, known or not; false = it is none. */
extern bool qfs_open_session_read(qfs_slice value, qfs_open_session *out);

/* The digests, as an entry's part has them. */
extern void qfs_access_write_digests(qfs_json_writer *w, const qfs_access *access);

/* Reads them; false = they are none. */
extern bool qfs_access_read_digests(qfs_slice list, qfs_access *out);

/*
 * The account's record; none, and the account has no session.
 * Errors: STATE_MISMATCH for a list that is none.
 */
extern qfs_status qfs_access_get(qfs_store *store, const qfs_user_id *user, qfs_access *out, bool *found,
								 qfs_error *err);
extern qfs_status qfs_access_put(qfs_store *store, const qfs_access *access, qfs_error *err);

/* The session of this id; NULL: it is not among them. */
extern const qfs_open_session *qfs_access_find(const qfs_access *access, const qfs_hash *session);

extern void qfs_access_remove(qfs_access *access, unsigned n);

/* Removes those that are over. */
extern void qfs_access_expire(qfs_access *access, int64_t at);

#endif
