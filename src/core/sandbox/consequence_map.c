/*
 * consequence_map.c - what a change of the policy reaches, and what it would have done to a window of the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/consequence_map.h"

#include "base/status.h"
#include "crypto/keccak.h"
#include "engine/policy_key.h"
#include "sandbox/leaves.h"

static qfs_key_class
class_of(qfs_slice name)
{
	qfs_key_class key_class = QFS_CLASS_FIXED;

	(void) qfs_policy_key_class(name, &key_class);
	return key_class;
}

/* ---- the what-if ---- */

static qfs_status
put_played(void *context, qfs_slice name, qfs_slice value)
{
	if (class_of(name) != QFS_CLASS_FIXED)
		qfs_leaves_put(context, name, value);
	return QFS_OK;
}

/* The changes without those that nothing can make. */
static qfs_status
write_played(qfs_consequence_map *m, qfs_slice *out, qfs_error *err)
{
	qfs_buf		played;
	qfs_leaves	leaves;
	qfs_status	status;

	qfs_buf_init(&played, m->played, sizeof(m->played));
	qfs_leaves_begin(&leaves, &played);
	status = qfs_policy_leaves(m->question.changes, put_played, &leaves, err);
	if (status == QFS_OK)
		status = qfs_leaves_end(&leaves, err);
	*out = qfs_buf_slice(&played);
	return status;
}

/* No longer than what they are put over. */
static qfs_status
check_changes(qfs_slice changes, qfs_error *err)
{
	if (changes.len > QFS_POLICY_MAX)
		return qfs_fail(err, QFS_POLICY_INVALID, "the changes have %u bytes, %u are the most", (uint64_t) changes.len,
						(uint64_t) QFS_POLICY_MAX);
	return qfs_json_check(changes, err);
}

qfs_status
qfs_consequence_map_begin(qfs_consequence_map *m, const qfs_registry *registry, const qfs_map_question *question,
						  qfs_allocator allocator, qfs_error *err)
{
	qfs_what_if_question asked = {.size = question->size,.from = question->from};
	qfs_status	status = check_changes(question->changes, err);

	m->question = *question;
	m->what_if.direct.memory = NULL;
	m->what_if.cumulative.memory = NULL;
	if (status == QFS_OK)
		status = write_played(m, &asked.changes, err);
	if (status == QFS_OK)
		status = qfs_consequences_begin(&m->consequences, registry, question->changes, question->proposal, err);
	if (status == QFS_OK)
		status = qfs_what_if_begin(&m->what_if, registry, &asked, allocator, err);
	m->what_if.consequences = &m->consequences;
	return status;
}

void
qfs_consequence_map_end(qfs_consequence_map *m)
{
	qfs_what_if_end(&m->what_if);
}

/* ---- who may change it ---- */

/* The changes over a policy. */
typedef struct telling
{
	const qfs_policy *policy;
	qfs_slice	after;			/* what they make of it */
	qfs_json_writer w;
	bool		any;			/* there is a key */
	bool		admitted[QFS_TRACKS];	/* all of them, by each track */
} telling;

static bool
is_governed(const qfs_policy *policy)
{
	return policy->governance.mode == QFS_MODE_ON;
}

/* The value of a key; of one that the policy leaves out the default. */
static qfs_slice
value_in(qfs_slice policy, qfs_slice name)
{
	qfs_slice	value = QFS_LITERAL("null");

	(void) qfs_policy_leaf(policy, name, &value);
	return value;
}

/* What it would become: of one that is fixed what was asked for. */
static qfs_slice
value_after(const telling *t, qfs_slice name, qfs_slice asked)
{
	return class_of(name) == QFS_CLASS_FIXED ? asked : value_in(t->after, name);
}

/* As qfs_api.policy_keys has it: the operator, and the track that keys of the class are for. */
static void
put_who(telling *t, qfs_slice name, qfs_key_class key_class)
{
	bool		governed = is_governed(t->policy);
	bool		operates = key_class != QFS_CLASS_FIXED &&
		(!governed || (key_class == QFS_CLASS_PARAMETER && qfs_policy_key_is_operators(t->policy, name)));

	qfs_json_key(&t->w, "who");
	qfs_json_open_array(&t->w);
	if (key_class == QFS_CLASS_CONSTITUTION)
		qfs_json_put_text(&t->w, qfs_slice_of(qfs_track_names[QFS_TRACK_CONSTITUTION]));
	if (operates)
		qfs_json_put_text(&t->w, QFS_LITERAL("operator"));
	if (key_class == QFS_CLASS_PARAMETER)
		qfs_json_put_text(&t->w, qfs_slice_of(qfs_track_names[QFS_TRACK_PARAMETER]));
	qfs_json_close(&t->w);
}

static void
put_member(qfs_json_writer *w, const char *name, qfs_slice value)
{
	qfs_json_key(w, name);
	qfs_json_put_value(w, value);
}

static qfs_status
put_key(void *context, qfs_slice name, qfs_slice asked)
{
	telling    *t = context;
	qfs_key_class key_class = class_of(name);

	qfs_json_open_object(&t->w);
	put_member(&t->w, "after", value_after(t, name, asked));
	put_member(&t->w, "before", value_in(t->policy->text, name));
	qfs_json_key(&t->w, "class");
	qfs_json_put_text(&t->w, qfs_slice_of(qfs_key_class_names[key_class]));
	qfs_json_key(&t->w, "key");
	qfs_json_put_text(&t->w, name);
	put_who(t, name, key_class);
	qfs_json_close(&t->w);
	return QFS_OK;
}

static bool
is_proposable(qfs_key_class key_class)
{
	return key_class == QFS_CLASS_CONSTITUTION || key_class == QFS_CLASS_PARAMETER;
}

/* Which tracks have this key, and had all before it? */
static qfs_status
note_track(void *context, qfs_slice name, qfs_slice asked)
{
	telling    *t = context;
	qfs_key_class key_class = class_of(name);
	bool		restricts = qfs_policy_restricts(name, value_in(t->policy->text, name), value_after(t, name, asked));
	bool		first = !t->any;

	t->any = true;
	t->admitted[QFS_TRACK_CONSTITUTION] = (first || t->admitted[QFS_TRACK_CONSTITUTION]) && key_class == QFS_CLASS_CONSTITUTION;
	t->admitted[QFS_TRACK_EMERGENCY] = (first || t->admitted[QFS_TRACK_EMERGENCY]) && is_proposable(key_class) && restricts;
	t->admitted[QFS_TRACK_PARAMETER] = (first || t->admitted[QFS_TRACK_PARAMETER]) && key_class == QFS_CLASS_PARAMETER;
	return QFS_OK;
}

/* ---- the answer ---- */

static void
put_keys(const qfs_consequence_map *m, telling *t)
{
	qfs_json_key(&t->w, "keys");
	qfs_json_open_array(&t->w);
	(void) qfs_policy_leaves(m->question.changes, put_key, t, NULL);
	qfs_json_close(&t->w);
}

static void
put_blocks(qfs_json_writer *w, const qfs_terms *terms)
{
	qfs_json_open_object(w);
	qfs_json_put_member_int(w, "grace_blocks", terms->grace_blocks);
	qfs_json_put_member_int(w, "late_blocks", terms->late_blocks);
	qfs_json_put_member_int(w, "review_blocks", terms->review_blocks);
	qfs_json_put_member_int(w, "timelock_blocks", terms->timelock_blocks);
	qfs_json_put_member_int(w, "voting_blocks", terms->voting_blocks);
	qfs_json_close(w);
}

/* On which tracks it may be proposed, and how long that takes on each. */
static void
put_tracks(telling *t)
{
	qfs_terms	terms;

	qfs_json_key(&t->w, "schedule");
	qfs_json_open_object(&t->w);
	for (unsigned track = 0; track < QFS_TRACKS; track++)
		if (t->admitted[track])
		{
			qfs_terms_of(t->policy, (qfs_track) track, &terms);
			qfs_json_key(&t->w, qfs_track_names[track]);
			put_blocks(&t->w, &terms);
		}
	qfs_json_close(&t->w);
	qfs_json_key(&t->w, "tracks");
	qfs_json_open_array(&t->w);
	for (unsigned track = 0; track < QFS_TRACKS; track++)
		if (t->admitted[track])
			qfs_json_put_text(&t->w, qfs_slice_of(qfs_track_names[track]));
	qfs_json_close(&t->w);
}

static void
put_proposal(qfs_json_writer *w, int64_t proposal)
{
	qfs_json_key(w, "proposal");
	if (proposal < 0)
		qfs_json_put_null(w);
	else
		qfs_json_put_int(w, proposal);
}

/* What the answer is made of. */
typedef struct answer_parts
{
	qfs_slice	graph;			/* {"edges","nodes"} */
	qfs_slice	undo;
	qfs_slice	what_if;
} answer_parts;

static qfs_status
write_answer(const qfs_consequence_map *m, telling *t, const answer_parts *parts, qfs_buf *answer, qfs_error *err)
{
	qfs_json_writer *w = &t->w;
	qfs_hash	hash;

	qfs_sha3_256(parts->graph, &hash);
	qfs_json_begin(w, answer);
	qfs_json_open_object(w);
	put_member(w, "changes", m->question.changes);
	put_member(w, "edges", qfs_json_member_or(parts->graph, "edges", QFS_LITERAL("[]")));
	put_member(w, "governance", value_in(t->policy->text, QFS_LITERAL("governance.mode")));
	qfs_json_key(w, "graph_hash");
	qfs_json_put_hex(w, hash.bytes, sizeof(hash.bytes));
	put_keys(m, t);
	put_member(w, "nodes", qfs_json_member_or(parts->graph, "nodes", QFS_LITERAL("[]")));
	put_proposal(w, m->question.proposal);
	put_tracks(t);
	put_member(w, "undo", parts->undo);
	qfs_json_put_member_int(w, "v", 1);
	put_member(w, "what_if", parts->what_if);
	qfs_json_close(w);
	return qfs_json_end(w, err);
}

/* The changes over a policy, which has to be one that they could be made of. */
static qfs_status
tell(qfs_consequence_map *m, const qfs_policy *policy, telling *t, qfs_slice *undo, qfs_error *err)
{
	qfs_hash	ignored;
	qfs_buf		text;
	qfs_status	status = qfs_changes_check(&m->what_if.changes, m->what_if.registry, policy, &ignored, err);

	qfs_buf_init(&text, m->after, sizeof(m->after));
	if (status == QFS_OK)
		status = qfs_policy_merge(policy->text, m->what_if.changes.all, &text, err);
	if (status != QFS_OK)
		return status;
	t->policy = policy;
	t->after = qfs_buf_slice(&text);
	(void) qfs_policy_leaves(m->question.changes, note_track, t, NULL);
	qfs_buf_init(&text, m->undo, sizeof(m->undo));
	status = qfs_changes_undo(policy, m->what_if.changes.all, &text, err);
	*undo = qfs_buf_slice(&text);
	return status;
}

/* memory: of QFS_WHAT_IF_MAX bytes */
static qfs_status
answer_in(qfs_consequence_map *m, const qfs_policy *policy, void *memory, qfs_buf *answer, qfs_error *err)
{
	qfs_reducer *recorded = &m->what_if.direct.recorded;
	telling		t = {.policy = NULL};
	answer_parts parts;
	qfs_buf		what_if;
	qfs_buf		graph;
	qfs_status	status;

	qfs_buf_init(&what_if, memory, QFS_WHAT_IF_MAX);
	qfs_buf_init(&graph, m->graph, sizeof(m->graph));
	status = qfs_what_if_finish(&m->what_if, &what_if, err);
	if (status == QFS_OK)
		status = qfs_reducer_refresh(recorded, err);
	if (status == QFS_OK)
		status = tell(m, policy != NULL ? policy : &recorded->policy, &t, &parts.undo, err);
	if (status == QFS_OK)
		status = qfs_consequences_write(&m->consequences, is_governed(t.policy), &graph, err);
	parts.what_if = qfs_buf_slice(&what_if);
	parts.graph = qfs_buf_slice(&graph);
	return status == QFS_OK ? write_answer(m, &t, &parts, answer, err) : status;
}

qfs_status
qfs_consequence_map_finish(qfs_consequence_map *m, const qfs_policy *policy, qfs_buf *answer, qfs_error *err)
{
	qfs_allocator allocator = m->what_if.allocator;
	void	   *memory = allocator.allocate(allocator.context, QFS_WHAT_IF_MAX);
	qfs_status	status;

	if (memory == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for the what-if");
	status = answer_in(m, policy, memory, answer, err);
	allocator.release(allocator.context, memory);
	return status;
}
