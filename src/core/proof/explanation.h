/*
 * explanation.h - why an entry has the outcome that it has, with all that proves it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A bundle holds the entry in question and the entries that it rests on, each
 * with its inclusion path, and a signed checkpoint.  Of each account and kind
 * that the entry touched or looked at, the last entry before that touched it
 * tells all there is, in one part.  Over these states the entry in question is
 * executed, by the same rules as ever, and everything that the bundle says is
 * written from there.  So there is one function that writes a bundle, and
 * verifying one is writing it again, from its own entries, and comparing.
 * docs/explain.md has the form.
 */
#ifndef QFS_EXPLANATION_H
#define QFS_EXPLANATION_H

#include "engine/reduce.h"
#include "engine/visibility.h"
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
	bool		to_subject;		/* it shows what the subject may see; else all that it rests on */
	uint64_t	from;			/* of a statement: entries before it are left out */
	uint64_t	size;			/* of the checkpoint */
} qfs_question;

/*
 * Of a session or a message, the question is who appended the entry and not
 * what came of it: it is not executed, and rests on the sessions that its actor
 * had.  Of a statement, every entry is taken as it was recorded.
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
	/* A canonical line, valid as long as the source.  Errors: BUNDLE_INCOMPLETE. */
	qfs_status	(*line) (qfs_source *source, uint64_t seq, qfs_slice *out, qfs_error *err);
	qfs_status	(*prove) (qfs_source *source, uint64_t seq, qfs_proof *out, qfs_error *err);

	/* Each finds an entry by something else than its number; *seq = -1 if there is none. */

	/* The entry before entry `at` that registered an application's type. */
	qfs_status	(*find_type) (qfs_source *source, qfs_slice type, uint64_t at, int64_t *seq, qfs_error *err);

	/* The last entry before entry `at` that put a policy in force; entry 0 does not count. */
	qfs_status	(*find_policy) (qfs_source *source, uint64_t at, int64_t *seq, qfs_error *err);

	/* A session of an account by its digest, if its details are known. */
	qfs_status	(*session) (qfs_source *source, const qfs_user_id *user, const qfs_hash *digest,
							qfs_open_session *out, bool *found, qfs_error *err);

	/* The first entry from `from` on that put keys in force; entry 0 does not count. */
	qfs_status	(*find_rotation) (qfs_source *source, uint64_t from, int64_t *seq, qfs_error *err);
};

/* An entry of the bundle, and what of it the answer rests on. */
typedef struct qfs_evidence
{
	qfs_slice	line;
	qfs_entry	entry;
	qfs_hash	hash;
	bool		needs_act;		/* act, payload, signature and outcome */
	bool		needs[QFS_ACCOUNT_PARTS_MAX];	/* parts of accounts */
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
	qfs_open_session sessions[QFS_SESSIONS_MAX];	/* whose details are told */
	unsigned	session_count;
	qfs_session_record session; /* that authorized it; has_session says if one did */
	bool		has_session;
	bool		is_whole;		/* nothing that executing it needs is hidden */
	bool		is_derived;		/* something of accounts is, but guards and result follow without it */
	unsigned	effect_count;	/* what it did to the standings that are shown */
	qfs_effect	effects[QFS_EFFECTS_MAX];
	qfs_effects fx;
	int64_t		policy_seq;		/* policy in force at the entry */
	qfs_hash	policy_hash;
	qfs_policy	policy;			/* points into policy_text */
	uint8_t		policy_text[QFS_POLICY_MAX];
	qfs_workspace space;
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
 * Puts into a store what was collected, compares what is shown of accounts
 * with what was shown of them before, does to the standings what the changes
 * say that are named, and executes the entry in question, if all is there.
 * Errors: OUTCOME_MISMATCH, BUNDLE_INCOMPLETE without the policy that it names, and what rules and signatures refuse.
 */
extern qfs_status qfs_explain_execute(qfs_explanation *x, qfs_error *err);

/* Its second and third step.  Errors: OUTCOME_MISMATCH. */
extern qfs_status qfs_explain_derive(qfs_explanation *x, qfs_error *err);

/* The key that signs the checkpoint of the question's size. */
extern qfs_status qfs_explain_key(qfs_explanation *x, qfs_vkey *out, qfs_error *err);

/* Bytes that suffice for the bundle. */
extern size_t qfs_explain_size(const qfs_explanation *x, qfs_slice note);

/* Writes the bundle as canonical JSON. */
extern qfs_status qfs_explain_write(qfs_explanation *x, qfs_slice note, qfs_buf *out, qfs_error *err);

/* ---- parts of it ---- */

/* The entry in question, and whom it is explained to. */
extern qfs_story qfs_explain_story(const qfs_explanation *x);

/* Is the rule the one of its type that was in force at the entry? */
extern bool qfs_explain_considers(const qfs_explanation *x, const qfs_rule *rule);

/* The change of this name, of the entry's type, or of any if that is not shown; NULL: there is none. */
extern const qfs_change *qfs_explain_named(const qfs_explanation *x, qfs_slice name);

/* The change of the first effect that a topic asks for; NULL: there is none. */
extern const qfs_change *qfs_explain_change(const qfs_explanation *x, qfs_topic topic);

/* The entry of this number in a list that is in their order; NULL: it is not there. */
extern const qfs_evidence *qfs_evidence_find(const qfs_evidence *list, unsigned count, uint64_t seq);

/* Is the entry one of a statement: did it change the standing of the subject, in the range that was asked for? */
extern bool qfs_explain_is_stated(const qfs_explanation *x, const qfs_entry *entry);

/* The part of an account in an entry; NULL: it is not there, or not shown. */
extern const qfs_account_part *qfs_evidence_part(const qfs_entry *entry, const qfs_user_id *user,
												 qfs_account_kind kind);

/* The items of "steps", and the sentence. */
extern void qfs_explain_steps(const qfs_explanation *x, qfs_json_writer *w);
extern void qfs_explain_narrative(const qfs_explanation *x, qfs_buf *out);

#endif
