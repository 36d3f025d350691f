/*
 * explanation.h - why an entry has the outcome that it has, with all that proves it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A bundle holds the entry in question and the entries that it rests on, each
 * with its inclusion path, and a signed checkpoint.  Those entries are
 * recalled (qfs_recall) in their order, the entry in question is executed over
 * what they say, by the same rules as ever, and everything that the bundle
 * says is written from there.  So there is one function that writes a bundle,
 * and verifying one is writing it again, from its own entries, and comparing.
 * docs/explain.md has the form.
 */
#ifndef QFS_EXPLANATION_H
#define QFS_EXPLANATION_H

#include "engine/effects.h"
#include "log/note.h"
#include "state/store_memory.h"

/* Entries of a bundle. */
#define QFS_EXPLAIN_MAX 1000

extern bool qfs_topic_parse(qfs_slice word, qfs_topic *out);
extern const char *qfs_topic_name(qfs_topic topic);

typedef struct qfs_question
{
	qfs_topic	topic;
	uint64_t	seq;			/* the entry; of a statement, the newest of its entries */
	bool		has_subject;
	qfs_user_id subject;		/* whom it is explained to; of a statement, whose it is */
	uint64_t	from;			/* of a statement: entries before it are left out */
	uint64_t	size;			/* of the checkpoint */
} qfs_question;

/*
 * Of a session or a message, the question is who appended the entry and not
 * what came of it: it is not executed, and rests on the sign-in and what
 * followed it.  Of a statement, every entry is taken as it was recorded.
 */
static inline bool
qfs_topic_executes(qfs_topic topic)
{
	return topic == QFS_TOPIC_ENTRY || topic == QFS_TOPIC_REWARD || topic == QFS_TOPIC_COHERENCE;
}

/* Where entries and their proofs come from: the ledger, or a bundle. */
typedef struct qfs_source qfs_source;
struct qfs_source
{
	/* Canonical bytes, valid as long as the source.  Errors: BUNDLE_INCOMPLETE. */
	qfs_status	(*line) (qfs_source *source, uint64_t seq, qfs_slice *out, qfs_error *err);
	qfs_status	(*prove) (qfs_source *source, uint64_t seq, qfs_proof *out, qfs_error *err);

	/* Each finds an entry by something else than its number; *seq = -1 if there is none. */

	/* The first entry of the rule before entry `at` that names a value, by the rule's lookup. */
	qfs_status	(*find) (qfs_source *source, const qfs_rule *rule, qfs_slice value, uint64_t at,
						 int64_t *seq, qfs_error *err);

	/* The last entry before entry `at` that put a policy in force; entry 0 does not count. */
	qfs_status	(*find_policy) (qfs_source *source, uint64_t at, int64_t *seq, qfs_error *err);

	/* The first entry from `from` on that put keys in force; entry 0 does not count. */
	qfs_status	(*find_rotation) (qfs_source *source, uint64_t from, int64_t *seq, qfs_error *err);
};

/* An entry of the bundle. */
typedef struct qfs_evidence
{
	qfs_slice	line;
	qfs_entry	entry;
	qfs_hash	hash;
} qfs_evidence;

typedef struct qfs_explanation
{
	qfs_question question;
	qfs_source *source;
	const qfs_registry *registry;
	qfs_allocator allocator;
	qfs_memory_store *memory;
	qfs_reducer *reducer;
	qfs_evidence *evidence;		/* QFS_EXPLAIN_MAX of them, in the order of their seq */
	unsigned	count;
	const qfs_evidence *subject;	/* the entry in question; NULL before it is collected */
	qfs_session_record session; /* that authorized it; has_session says if one did */
	bool		has_session;
	int64_t		policy_seq;		/* policy in force at the entry */
	qfs_hash	policy_hash;
	qfs_policy	policy;			/* points into policy_text */
	uint8_t		policy_text[QFS_POLICY_MAX];
	uint8_t		outcome[QFS_ENTRY_MAX];
} qfs_explanation;

/* Errors: NO_MEMORY. */
extern qfs_status qfs_explain_begin(qfs_explanation *x, const qfs_registry *registry,
									const qfs_question *question, qfs_source *source, qfs_allocator allocator, qfs_error *err);
extern void qfs_explain_end(qfs_explanation *x);

/*
 * Collects the entries that the answer rests on.
 * Errors: EXPLAIN_LIMIT, EXPLAIN_TOPIC, OUTCOME_MISMATCH, those of the source.
 */
extern qfs_status qfs_explain_collect(qfs_explanation *x, qfs_error *err);

/*
 * Recalls what was collected and executes the entry in question.
 * Errors: OUTCOME_MISMATCH, BUNDLE_INCOMPLETE without the policy that it names, and what rules and signatures refuse.
 */
extern qfs_status qfs_explain_execute(qfs_explanation *x, qfs_error *err);

/* The key that signs the checkpoint of the question's size. */
extern qfs_status qfs_explain_key(qfs_explanation *x, qfs_vkey *out, qfs_error *err);

/* Bytes that suffice for the bundle. */
extern size_t qfs_explain_size(const qfs_explanation *x, qfs_slice note);

/* Writes the bundle as canonical JSON. */
extern qfs_status qfs_explain_write(qfs_explanation *x, qfs_slice note, qfs_buf *out, qfs_error *err);

/* ---- parts of it ---- */

/* The entry in question, and whom it is explained to. */
extern qfs_story qfs_explain_story(const qfs_explanation *x);

/* The change of the first effect that a topic asks for; NULL: there is none. */
extern const qfs_change *qfs_explain_change(const qfs_explanation *x, const qfs_rule *rule, qfs_topic topic);

/* The entry of this number in a list that is in their order; NULL: it is not there. */
extern const qfs_evidence *qfs_evidence_find(const qfs_evidence *list, unsigned count, uint64_t seq);

/* The items of "steps", and the sentence. */
extern void qfs_explain_steps(const qfs_explanation *x, qfs_json_writer *w);
extern void qfs_explain_narrative(const qfs_explanation *x, qfs_buf *out);

#endif
