/*
 * key_line.h - a line of the key file: a seed, and who made it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * 64 hexadecimal digits of the seed; then, unless somebody wrote the line by
 * hand, a space and its maker: system identifier (16 digits), timeline (8),
 * oid of the database (8), and 16 digits after `t`, the transaction that put it
 * in force, or `p`, the ledger that it was prepared for; with spaces between.
 * The file of a cluster is for all its databases, and is copied to others: only
 * who is the maker in all of this may say that a seed was made in vain.
 */
#ifndef QFS_KEY_LINE_H
#define QFS_KEY_LINE_H

#include "base/buf.h"
#include "base/types.h"

#define QFS_KEY_LINE_MAX (2 * QFS_HASH_LEN + 1 + 52 + 1)	/* with the line end */

typedef struct qfs_key_maker
{
	uint64_t	system;
	uint32_t	timeline;
	uint32_t	database;
	bool		is_prepared;
	uint64_t	mark;			/* of the ledger if it is prepared, else a FullTransactionId */
} qfs_key_maker;

typedef struct qfs_key_line
{
	qfs_hash	seed;
	bool		has_maker;
	qfs_key_maker maker;
} qfs_key_line;

/* Appends it, with its line end. */
extern void qfs_key_line_write(qfs_buf *buf, const qfs_key_line *line);

/* Without the line end.  False for any other text; `out` may then hold a part of a seed. */
extern bool qfs_key_line_parse(qfs_slice text, qfs_key_line *out);

/* This transaction of this database makes it. */
extern void qfs_key_line_sign(qfs_key_line *line);

/* This database makes it, for the ledger of this genesis hash. */
extern void qfs_key_line_prepare(qfs_key_line *line, const qfs_hash *ledger);

/* Did this database prepare it for this ledger, here or before a failover? */
extern bool qfs_key_line_is_prepared(const qfs_key_line *line, const qfs_hash *ledger);

/*
 * Is it this database's, and was its transaction rolled back, or cut off by a
 * crash?  False while that is not known for certain, and where nobody remembers.
 */
extern bool qfs_key_line_is_void(const qfs_key_line *line);

#endif
