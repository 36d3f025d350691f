/*
 * entry.h - one ledger entry: a head that is hashed, and the parts it commits to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The head is all that the log hashes.  It commits to each part with a salt of
 * the part's own, so whoever is shown one part learns nothing of another.  A
 * line (JSONL) is the head with parts in place of their commitments: all of
 * them, with the salt that gives all others; or some, each with its own.
 * Source: docs/format.md, "Entry".
 */
#ifndef QFS_ENTRY_H
#define QFS_ENTRY_H

#include "text/ids.h"

/* The parts that every entry has. */
typedef enum qfs_part
{
	QFS_PART_ACT,				/* who did what, and how that is known */
	QFS_PART_OUTCOME,			/* what the rules computed, without accounts */
	QFS_PART_PAYLOAD,			/* what was asked for */
	QFS_PART_SIG,				/* the device's or wallet's signature, or null */
	QFS_PARTS
} qfs_part;

/* Commits to a part that is shown or is not. */
typedef struct qfs_shown
{
	bool		shown;
	qfs_slice	value;			/* canonical; empty unless it is shown */
	qfs_salt	salt;			/* its own; of one that is not shown unknown */
	qfs_hash	commitment;
} qfs_shown;

/* The part of an account that the entry touched. */
typedef struct qfs_account_part
{
	qfs_shown	part;
	qfs_user_id account;		/* of one that is shown: its members "account" … */
	qfs_slice	kind;			/* … and "kind" */
} qfs_account_part;

typedef struct qfs_entry
{
	uint64_t	seq;			/* leaf index, from 0 */
	int64_t		at;				/* milliseconds since 1970-01-01 UTC */
	qfs_hash	prev;			/* hash of entry seq - 1; zeros for seq 0 */
	bool		is_full;		/* all parts are shown, and salt is theirs */
	qfs_salt	salt;			/* of a full entry: gives the salts of its parts */

	/* Of the act, where it is shown; whoever appends sets these. */
	qfs_slice	type;			/* plain characters, no quotes; else empty */
	bool		has_actor;		/* false: the ledger itself, "system" */
	qfs_user_id actor;
	qfs_slice	auth;			/* a canonical object */

	/* Each is empty where it is not shown. */
	qfs_slice	payload;		/* an object */
	qfs_slice	sig;			/* a string, or null */
	qfs_slice	outcome;		/* an object */
	qfs_slice	accounts;		/* of a full entry: all of them, an array */

	/* What qfs_entry_commit makes of them, and what a line says. */
	qfs_shown	parts[QFS_PARTS];
	bool		lists_accounts; /* false: root alone is known of them */
	unsigned	account_count;
	qfs_account_part account_parts[QFS_ACCOUNT_PARTS_MAX];
	qfs_hash	accounts_root;
} qfs_entry;

/* Errors: TYPE_SYNTAX unless [A-Z][A-Z0-9_]{0,62}. */
extern qfs_status qfs_type_check(qfs_slice type, qfs_error *err);

/* Writes the act as its part: {"actor","auth","type"}. */
extern void qfs_act_write(const qfs_entry *entry, qfs_buf *out);

/*
 * Have payload and signature of an event room in an entry?  Whoever appends
 * asks before anything comes of it.  Errors: ENTRY_TOO_LARGE, JSON_DEPTH.
 */
extern qfs_status qfs_event_limit(const qfs_entry *event, qfs_error *err);

/*
 * Commits a full entry to its parts: salt, act, payload, sig, outcome and
 * accounts are read, parts, account_parts and accounts_root are set.  The
 * slices of the parts point where those of the entry do; the act's, into
 * memory of the caller's.
 * act: empty, with room for QFS_PART_MAX bytes
 * Errors: ENTRY_TOO_LARGE, JSON_DEPTH, ENTRY_FORMAT for accounts that are none.
 */
extern qfs_status qfs_entry_commit(qfs_entry *entry, qfs_buf *act, qfs_error *err);

/* Writes the head of an entry that is committed; QFS_HEAD_MAX bytes suffice. */
extern void qfs_head_write(const qfs_entry *entry, qfs_buf *out);

/* The hash of the head: RFC 6962 leaf hash, and the link of the next entry. */
extern void qfs_entry_hash(const qfs_entry *entry, qfs_hash *out);

/*
 * Writes the line of an entry that is committed, full or partial as it says.
 * out: empty; QFS_LINE_MAX bytes suffice
 * Errors: ENTRY_TOO_LARGE.
 */
extern qfs_status qfs_line_write(const qfs_entry *entry, qfs_buf *out, qfs_error *err);

/*
 * Reads a canonical line, full or partial; the slices of *out point into it.
 * All commitments are computed from what is shown.
 * Errors: the JSON_ ones, ENTRY_FORMAT, ENTRY_TOO_LARGE, TYPE_SYNTAX, USER_ID_SYNTAX.
 */
extern qfs_status qfs_line_read(qfs_slice line, qfs_entry *out, qfs_error *err);

/* Are act and outcome shown, and payload and signature not, as erasing a payload leaves them? */
extern bool qfs_entry_lacks_payload(const qfs_entry *entry);

/* Is it an entry whose payload was erased: does it lack that alone, and shows all parts of accounts? */
extern bool qfs_entry_is_erased(const qfs_entry *entry);

/* Leaves a part, or all of accounts, to its commitment: the entry is partial from then on. */
extern void qfs_entry_hide(qfs_entry *entry, qfs_part part);
extern void qfs_entry_hide_account(qfs_entry *entry, unsigned n);
extern void qfs_entry_hide_accounts(qfs_entry *entry);

#endif
