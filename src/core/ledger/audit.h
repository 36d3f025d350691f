/*
 * audit.h - the verifier: entries in, faults out, whatever they come from.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * qfs.verify() feeds it rows, qfs-verify feeds it lines; both report the same
 * codes because this is the one place that finds them.
 */
#ifndef QFS_AUDIT_H
#define QFS_AUDIT_H

#include "ledger/chain.h"
#include "log/note.h"
#include "state/store_memory.h"

typedef enum qfs_audit_depth
{
	QFS_AUDIT_HASHES,			/* bytes, chain, tree */
	QFS_AUDIT_SIGNATURES,		/* and that each act was signed and allowed */
	QFS_AUDIT_REPLAY,			/* and every outcome, and the state that results */
	QFS_AUDIT_DEPTHS
} qfs_audit_depth;

/* "hashes", "signatures", "replay"; false for any other word. */
extern bool qfs_audit_depth_parse(qfs_slice word, qfs_audit_depth *out);

/* An entry without a payload. */
typedef struct qfs_missing
{
	uint64_t	seq;
	bool		erased;			/* a later entry says so */
} qfs_missing;

typedef struct qfs_audit
{
	qfs_chain	chain;
	const qfs_registry *registry;
	qfs_reducer reducer;
	qfs_memory_store *memory;	/* records of the replay; NULL at depth hashes */
	qfs_fault_report report;
	void	   *context;
	uint64_t	faults;
	uint64_t	acknowledged;	/* outcomes that are wrong, and acknowledged */
	char		origin[QFS_ORIGIN_MAX + 1]; /* as GENESIS says; "" before it */
	qfs_hash	ledger;			/* entry 0's hash */
	qfs_signing_key_record keys;	/* in force after the last entry */
	qfs_vkey	key;			/* their checkpoint key */
	const qfs_vkey *trusted;	/* a key known from elsewhere, or NULL */
	bool		trusted_seen;	/* the ledger has used it */
	qfs_missing *missing;		/* payloads, in the order of their entries */
	size_t		missing_count;
	size_t		missing_capacity;
	uint64_t	erased;			/* those of which an entry says so; the others are pending */
	qfs_allocator allocator;
	qfs_workspace space;
} qfs_audit;

/*
 * Starts before entry `size`, whose predecessor has this hash and time.
 * Depths beyond hashes replay, so they start at 0.
 * registry: the rules; qfs_registry_own but in tests
 * tree: where peaks are read from; NULL when size is 0
 * Errors: NO_MEMORY.
 */
extern qfs_status qfs_audit_begin(qfs_audit *audit, const qfs_registry *registry,
								  qfs_audit_depth depth, uint64_t size,
								  const qfs_hash *head, int64_t at, qfs_tree *tree,
								  qfs_allocator allocator, qfs_fault_report report,
								  void *context, qfs_error *err);
extern void qfs_audit_end(qfs_audit *audit);

/*
 * Says which entries' recorded outcome counts, though it is wrong; to be called
 * before the first entry.  Reported: OUTCOME_ACKNOWLEDGED, which is no fault.
 * context: is_acknowledged's; stays the caller's
 */
extern void qfs_audit_acknowledge(qfs_audit *audit, qfs_is_acknowledged is_acknowledged, void *context);

/* One fault more; any other answer than QFS_OK is the reporter's wish to stop. */
extern qfs_status qfs_audit_fault(qfs_audit *audit, uint64_t seq, const qfs_error *fault);

/* An exported line: its form is checked as well. */
extern qfs_status qfs_audit_line(qfs_audit *audit, qfs_slice line);

/* The same of one that qfs_line_read has read. */
extern qfs_status qfs_audit_entry(qfs_audit *audit, qfs_entry *entry);

/* A row that has no canonical form; fault says why. */
extern qfs_status qfs_audit_unreadable(qfs_audit *audit, uint64_t seq, const qfs_error *fault);

/* A row of the ledger. */
extern qfs_status qfs_audit_record(qfs_audit *audit, const qfs_stored_entry *record);

/*
 * Compares a checkpoint with the entries so far; to be called when the audit
 * has reached checkpoint->size, or at the end.
 * Reported: CHECKPOINT_SIZE, CHECKPOINT_ROOT, CHECKPOINT_ORIGIN,
 *           CHECKPOINT_KEY, SIGNATURE_INVALID.
 */
extern qfs_status qfs_audit_checkpoint(qfs_audit *audit, const qfs_checkpoint *checkpoint);

/*
 * The sessions that are active at the last entry, one after the other; depth
 * beyond hashes.
 * position: 0 at first, moved on by each call
 * Returns NULL past the last one.
 */
extern const qfs_session_record *qfs_audit_next_session(qfs_audit *audit, size_t *position);

/*
 * To be called after the last entry.
 * Reported: NO_GENESIS if there was none, KEY_UNTRUSTED if there is a trusted key that the ledger never had.
 */
extern qfs_status qfs_audit_finish(qfs_audit *audit);

/* How many entries have no payload, of which no entry so far says that it was erased. */
static inline size_t
qfs_audit_pending(const qfs_audit *audit)
{
	return audit->missing_count - audit->erased;
}

/* Reports the entries without a payload that none has said of, once there are no more entries. */
extern qfs_status qfs_audit_missing(qfs_audit *audit);

#endif
