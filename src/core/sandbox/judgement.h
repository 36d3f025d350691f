/*
 * judgement.h - what a reducer makes of a recorded entry, and how two judgements differ.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_JUDGEMENT_H
#define QFS_JUDGEMENT_H

#include "engine/outcome.h"
#include "engine/reduce.h"
#include "sandbox/changes.h"

/* What becomes of an entry. */
typedef struct qfs_judgement
{
	qfs_status	refused;		/* QFS_OK: it is recorded, with these */
	qfs_slice	outcome;
	qfs_slice	accounts;
} qfs_judgement;

/* Memory that judgements point into. */
typedef struct qfs_judging_space
{
	uint8_t		outcome[QFS_PART_MAX];
	uint8_t		accounts[QFS_PARTS_MAX];
	uint8_t		payload[QFS_PAYLOAD_MAX];
} qfs_judging_space;

/* Is it the ledger's own settlement, which follows from what is due and is never anybody's act? */
extern bool qfs_is_settlement(const qfs_rule *rule);

/* Does a status say that the what-if itself has failed, and nothing of the entry? */
extern bool qfs_judging_failed(qfs_status status);

/* Puts an event to a reducer: what a rule refuses is the judgement.  It stores what comes of it.  Errors as below. */
extern qfs_status qfs_judge_event(qfs_reducer *r, const qfs_entry *event, qfs_judging_space *space, qfs_judgement *out,
								  qfs_error *err);

/*
 * The same of a recorded entry, as if it came now.  A settlement is what is due there, and a policy that an entry
 * brings has the changes.  It stores what comes of it.
 * changes: NULL: none
 * Errors: NO_MEMORY, STATE_MISMATCH, INTERNAL.
 */
extern qfs_status qfs_judge(qfs_reducer *r, const qfs_changes *changes, const qfs_entry *entry, qfs_judging_space *space,
							qfs_judgement *out, qfs_error *err);

/* The same of the settlement that is due at a time, as entry seq; SETTLEMENT_WRONG is the judgement where nothing is. */
extern qfs_status qfs_judge_due(qfs_reducer *r, uint64_t seq, int64_t at, qfs_judging_space *space, qfs_judgement *out,
								qfs_error *err);

/* The judgement that was recorded; accounts: empty, for the parts of an entry whose payload was erased */
extern void qfs_judgement_recorded(const qfs_entry *entry, qfs_buf *accounts, qfs_judgement *out);

/* ---- differences ---- */

typedef enum qfs_guard_verdict
{
	QFS_VERDICT_ABSENT,			/* the guard was not reached */
	QFS_VERDICT_BLOCK,
	QFS_VERDICT_PASS,
	QFS_VERDICTS
} qfs_guard_verdict;

/* "ABSENT", "BLOCK", "PASS". */
extern const char *const qfs_verdict_names[QFS_VERDICTS];

/* A guard that differs: in its verdict, or in what it compared. */
typedef struct qfs_guard_difference
{
	qfs_slice	guard;			/* its name, inside one of the outcomes */
	qfs_guard_verdict from;
	qfs_guard_verdict to;
	bool		bound;			/* its bound is another one */
	bool		observed;		/* what it observed is something else */
} qfs_guard_difference;

/*
 * How a judgement differs from another one of the same entry.  Of guards the
 * kth of a name is compared with the kth of that name.  Hashes of policies are
 * not compared: under another policy they would differ always.
 */
typedef struct qfs_difference
{
	bool		same;			/* in everything */
	bool		bounds;			/* in bounds of guards alone */
	qfs_status	refused;		/* QFS_OK: it is not */
	unsigned	moved;			/* assets of which somebody has another value (sandbox/moves.h) */
	unsigned	guard_count;
	qfs_guard_difference guards[2 * QFS_GUARDS_MAX];
} qfs_difference;

extern void qfs_difference_of(const qfs_judgement *from, const qfs_judgement *to, qfs_difference *out);

#endif
