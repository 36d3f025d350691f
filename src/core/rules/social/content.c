/*
 * content.c - CONTENT_CREATED and COHERENCE_SCORED: contents, and their evaluation.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/status.h"
#include "engine/coherence.h"
#include "engine/effects.h"
#include "engine/payload.h"

/* A content, by its hash; the content itself is not on the ledger. */
typedef struct content_record
{
	qfs_hash	content;		/* key */
	qfs_user_id author;
	char		kind[QFS_TYPE_MAX + 1];
	int64_t		size;
	int64_t		seq;
	bool		has_score;
	qfs_amount	score;
} content_record;

static const qfs_field fields[] = {
	QFS_FIELD(content_record, content, QFS_FIELD_HASH),
	QFS_FIELD(content_record, author, QFS_FIELD_USER),
	QFS_FIELD(content_record, kind, QFS_FIELD_NAME),
	QFS_FIELD(content_record, size, QFS_FIELD_INT),
	QFS_FIELD(content_record, seq, QFS_FIELD_INT),
	QFS_OPTIONAL(content_record, score, QFS_FIELD_AMOUNT),
};

static const qfs_kind content_kind = QFS_KIND("content", content_record, fields, 1, false);

static qfs_status
find_content(qfs_act *act, content_record *out, bool *found)
{
	qfs_store  *store = act->reducer->store;
	qfs_status	status;

	memset(out, 0, sizeof(*out));
	status = qfs_payload_hash(act, "content", &out->content);
	return status == QFS_OK ? store->get(store, &content_kind, out, found, act->err) : status;
}

/* ---- creation ---- */

/* Stores a content that is not there yet.  Errors: PAYLOAD_INVALID, CONTENT_EXISTS. */
static qfs_status
store_content(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	content_record content;
	bool		found;
	qfs_status	status = find_content(act, &content, &found);

	if (status == QFS_OK && found)
		return qfs_fail(act->err, QFS_CONTENT_EXISTS, "by entry %i", content.seq);
	if (status == QFS_OK)
		status = qfs_payload_name(act, "kind", content.kind);
	if (status == QFS_OK)
		status = qfs_payload_int(act, "size", &content.size);
	if (status != QFS_OK)
		return status;
	content.author = act->event->actor;
	content.seq = (int64_t) act->event->seq;
	return store->put(store, &content_kind, &content, act->err);
}

const qfs_rule qfs_rule_content_created = {
	.type = "CONTENT_CREATED",
	.schema = "{\"properties\":{"
	"\"content\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"kind\":{\"maxLength\":63,\"minLength\":1,\"type\":\"string\"},"
	"\"size\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"content\",\"kind\",\"size\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.kind = &content_kind,
	.apply = store_content,
	.recall = store_content,
};

/* ---- evaluation ---- */

/* The score that an outcome gives. */
static bool
read_score(const qfs_entry *entry, qfs_amount *out)
{
	qfs_slice	value;
	qfs_slice	text;

	return qfs_json_member(qfs_result_of(entry->outcome), "score", &value) && qfs_json_to_plain(value, &text) &&
		qfs_amount_parse(text, out, NULL) == QFS_OK;
}

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	qfs_amount	score = 0;

	(void) effect;
	(void) read_score(story->entry, &score);
	return score;
}

static bool
move(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	qfs_amount	score;

	(void) more;
	(void) recorded;
	(void) other;
	if (!read_score(story->entry, &score))
		return false;
	standing->coherence = qfs_coherence_step(standing->coherence, score, story->policy->alpha);
	return true;
}

static const char *const scored_reads[] = {"coherence.alpha", NULL};
static const qfs_change scored = {.name = "CONTENT_SCORED",.apply = move,.quality = quality,
	.reads = scored_reads,.moves = QFS_MOVES(QFS_ASSET_COHERENCE)};
static const qfs_change *const changes[] = {&scored, NULL};

/* Finds what may be scored, and its score. */
static qfs_status
evaluate(qfs_act *act, content_record *content)
{
	qfs_amount	features[QFS_FEATURES];
	qfs_slice	value;
	bool		found;
	qfs_status	status;

	if (!qfs_policy_lists_user(act->reducer->policy.evaluators, &act->event->actor))
		return qfs_fail(act->err, QFS_FORBIDDEN, "the account is not in policy.evaluators");
	status = find_content(act, content, &found);
	if (status == QFS_OK && !found)
		return qfs_fail(act->err, QFS_CONTENT_UNKNOWN, "%h", content->content.bytes);
	if (status == QFS_OK && content->has_score)
		return qfs_fail(act->err, QFS_CONTENT_SCORED, "%h", content->content.bytes);
	if (status == QFS_OK &&
		memcmp(&content->author, &act->event->actor, sizeof(content->author)) == 0)
		return qfs_fail(act->err, QFS_FORBIDDEN, "nobody scores a content of their own");
	if (status == QFS_OK)
		status = qfs_payload_value(act, "features", &value);
	if (status == QFS_OK)
		status = qfs_coherence_read(value, false, features, act->err);
	if (status != QFS_OK)
		return status;
	content->score = qfs_coherence_score(features, act->reducer->policy.weights);
	content->has_score = true;
	return QFS_OK;
}

static qfs_status
score(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	content_record content;
	qfs_standing *author;
	qfs_status	status = evaluate(act, &content);

	if (status == QFS_OK)
		status = qfs_effects_standing(act->fx, &content.author, &author);
	if (status != QFS_OK)
		return status;
	author->coherence = qfs_coherence_step(author->coherence, content.score, act->reducer->policy.alpha);
	qfs_effects_change(act->fx, &content.author, QFS_STANDING, &scored, "");
	qfs_json_key(act->result, "score");
	qfs_json_put_amount(act->result, content.score);
	return store->put(store, &content_kind, &content, act->err);
}

static qfs_status
recall_score(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	content_record content;
	bool		found;
	qfs_status	status = find_content(act, &content, &found);

	if (status != QFS_OK)
		return status;
	if (!read_score(act->event, &content.score))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u has no score", act->event->seq);
	content.has_score = true;
	return store->put(store, &content_kind, &content, act->err);
}

/* ---- its explanation ---- */

/* Whose content it is, is taken as it was recorded: the account whose standing moved. */
static qfs_status
suppose(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	const qfs_entry *event = act->event;
	content_record content;
	bool		found;
	qfs_status	status = find_content(act, &content, &found);

	if (status != QFS_OK)
		return status;
	for (unsigned i = 0; i < event->account_count; i++)
		if (qfs_slice_equal(event->account_parts[i].kind, qfs_slice_of(qfs_account_kind_names[QFS_STANDING])))
			content.author = event->account_parts[i].account;
	return store->put(store, &content_kind, &content, act->err);
}

static void
put_features(qfs_json_writer *w, const char *name, const qfs_amount *values)
{
	qfs_json_key(w, name);
	qfs_json_open_object(w);
	for (int i = 0; i < QFS_FEATURES; i++)
		qfs_step_amount(w, qfs_feature_names[i], values[i]);
	qfs_json_close(w);
}

/* The score, as the sum that it is. */
static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	const qfs_amount *weights = story->policy->weights;
	qfs_amount	features[QFS_FEATURES];
	qfs_slice	value;

	if (!qfs_json_member(story->entry->payload, "features", &value) ||
		qfs_coherence_read(value, false, features, NULL) != QFS_OK)
		return;
	qfs_step_open(w);
	put_features(w, "features", features);
	put_features(w, "weights", weights);
	qfs_step_op(w, "score");
	qfs_step_amount(w, "result", qfs_coherence_score(features, weights));
	qfs_step_close(w);
}

static const char *const reads[] = {"coherence.weights.*", "evaluators", NULL};

const qfs_rule qfs_rule_coherence_scored = {
	.type = "COHERENCE_SCORED",
	.schema = "{\"properties\":{"
	"\"content\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"features\":{\"additionalProperties\":true,\"type\":\"object\"}},"
	"\"required\":[\"content\",\"features\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.changes = changes,
	.apply = score,
	.concerns_touched = true,
	.recall = recall_score,
	.suppose = suppose,
	.steps = steps,
	.reads = reads,
};
