/*
 * policy_key.c - keys of a policy: what each is called, and who may change it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/policy_key.h"

#include "base/status.h"
#include "engine/policy_text.h"
#include "engine/policy_value.h"
#include "text/json.h"

const char *const qfs_key_class_names[QFS_CLASS_PARAMETER + 1] = {
	[QFS_CLASS_FIXED] = "fixed",
	[QFS_CLASS_FORK] = "fork",
	[QFS_CLASS_CONSTITUTION] = "constitution",
	[QFS_CLASS_PARAMETER] = "parameter"
};

#define TRACK(name) \
	{"governance.tracks." name ".approval", QFS_CLASS_CONSTITUTION}, \
	{"governance.tracks." name ".majority", QFS_CLASS_CONSTITUTION}, \
	{"governance.tracks." name ".quorum", QFS_CLASS_CONSTITUTION}, \
	{"governance.tracks." name ".review_blocks", QFS_CLASS_CONSTITUTION}, \
	{"governance.tracks." name ".timelock_blocks", QFS_CLASS_CONSTITUTION}, \
	{"governance.tracks." name ".voting_blocks", QFS_CLASS_CONSTITUTION}

/* Every key once, in the order in which a policy has them. */
static const struct
{
	const char *name;
	qfs_key_class key_class;
}			keys[] = {
	{"auth.chain_ids", QFS_CLASS_PARAMETER},
	{"auth.domains", QFS_CLASS_PARAMETER},
	{"auth.uris", QFS_CLASS_PARAMETER},
	{"block_ms", QFS_CLASS_FIXED},
	{"coherence.acts.FRAUD_BLOCKED", QFS_CLASS_PARAMETER},
	{"coherence.acts.MESSAGE_RECIPROCATED", QFS_CLASS_PARAMETER},
	{"coherence.acts.PROFILE_COMPLETED", QFS_CLASS_PARAMETER},
	{"coherence.acts.REFERRAL_ACTIVATED_REFEREE", QFS_CLASS_PARAMETER},
	{"coherence.acts.REFERRAL_ACTIVATED_REFERRER", QFS_CLASS_PARAMETER},
	{"coherence.alpha", QFS_CLASS_PARAMETER},
	{"coherence.trust.AUTHORITY", QFS_CLASS_PARAMETER},
	{"coherence.trust.TRUSTED", QFS_CLASS_PARAMETER},
	{"coherence.trust.VERIFIED", QFS_CLASS_PARAMETER},
	{"coherence.weights.clarity", QFS_CLASS_PARAMETER},
	{"coherence.weights.contradiction", QFS_CLASS_PARAMETER},
	{"coherence.weights.hsmf", QFS_CLASS_PARAMETER},
	{"coherence.weights.logic", QFS_CLASS_PARAMETER},
	{"coherence.weights.signal", QFS_CLASS_PARAMETER},
	{"coherence.weights.topic", QFS_CLASS_PARAMETER},
	{"epoch_blocks", QFS_CLASS_FIXED},
	{"evaluators", QFS_CLASS_CONSTITUTION},
	{"governance.agenda", QFS_CLASS_CONSTITUTION},
	{"governance.cooldown_blocks", QFS_CLASS_CONSTITUTION},
	{"governance.deposit", QFS_CLASS_CONSTITUTION},
	{"governance.dormant_epochs", QFS_CLASS_CONSTITUTION},
	{"governance.grace_blocks", QFS_CLASS_CONSTITUTION},
	{"governance.key_cooldown_epochs", QFS_CLASS_CONSTITUTION},
	{"governance.late_blocks", QFS_CLASS_CONSTITUTION},
	{"governance.mode", QFS_CLASS_CONSTITUTION},
	{"governance.operator_keys", QFS_CLASS_CONSTITUTION},
	{"governance.power_percent", QFS_CLASS_FORK},
	{"governance.threshold_percent", QFS_CLASS_CONSTITUTION},
	TRACK("constitution"),
	TRACK("emergency"),
	TRACK("parameter"),
	TRACK("text"),
	{"governance.veto_percent", QFS_CLASS_CONSTITUTION},
	{"limits.events_per_minute", QFS_CLASS_PARAMETER},
	{"limits.logins_per_minute", QFS_CLASS_PARAMETER},
	{"limits.messages_per_minute", QFS_CLASS_PARAMETER},
	{"limits.threads_per_day", QFS_CLASS_PARAMETER},
	{"nonce_ttl_ms", QFS_CLASS_PARAMETER},
	{"operators", QFS_CLASS_CONSTITUTION},
	{"page_errors", QFS_CLASS_PARAMETER},
	{"referral.activation", QFS_CLASS_PARAMETER},
	{"referral.cap", QFS_CLASS_PARAMETER},
	{"referral.flx_cap", QFS_CLASS_PARAMETER},
	{"referral.points", QFS_CLASS_PARAMETER},
	{"referral.tiers", QFS_CLASS_PARAMETER},
	{"referral.window_blocks", QFS_CLASS_PARAMETER},
	{"rules", QFS_CLASS_PARAMETER},
	{"sessions_max", QFS_CLASS_PARAMETER},
	{"signed", QFS_CLASS_PARAMETER},
	{"signed_types", QFS_CLASS_PARAMETER},
	{"ttl_blocks", QFS_CLASS_PARAMETER},
	{"visibility", QFS_CLASS_FORK}
};

bool
qfs_policy_key_at(size_t n, qfs_slice *name, qfs_key_class *key_class)
{
	if (n >= QFS_ROWS(keys))
		return false;
	*name = qfs_slice_of(keys[n].name);
	*key_class = keys[n].key_class;
	return true;
}

bool
qfs_policy_key_class(qfs_slice name, qfs_key_class *out)
{
	for (size_t i = 0; i < QFS_ROWS(keys); i++)
		if (qfs_slice_is(name, keys[i].name))
		{
			*out = keys[i].key_class;
			return true;
		}
	return false;
}

/* ---- values ---- */

/* Cuts the name up to the first dot, and the dot, off the front; false: it is no name of a member. */
static bool
next_step(qfs_slice *way, char out[QFS_TYPE_MAX + 1])
{
	size_t		len = 0;

	while (len < way->len && way->data[len] != '.')
		len++;
	if (len == 0 || len > QFS_TYPE_MAX)
		return false;
	memcpy(out, way->data, len);
	out[len] = '\0';
	qfs_slice_skip(way, len + 1);
	return true;
}

bool
qfs_policy_leaf(qfs_slice policy, qfs_slice name, qfs_slice *value)
{
	char		step[QFS_TYPE_MAX + 1];
	qfs_slice	object = policy;
	qfs_key_class ignored;

	if (!qfs_policy_key_class(name, &ignored))
		return false;
	while (name.len > 0)
	{
		if (!next_step(&name, step))
			return false;
		if (!qfs_json_member(object, step, value))
		{
			if (object.data != policy.data || strcmp(step, "governance") != 0)
				return false;
			*value = qfs_slice_of(qfs_governance_default_text);
		}
		object = *value;
	}
	return true;
}

/* ---- the keys that changes name ---- */

typedef struct walk
{
	qfs_leaf_visitor visit;
	void	   *context;
	qfs_error  *err;
	qfs_buf		name;
} walk;

/* Appends the name of a member; an empty one, or one with dots, would look like another's. */
static bool
append_step(qfs_buf *name, qfs_slice key)
{
	qfs_slice	plain;

	if (!qfs_json_to_plain(key, &plain) || plain.len == 0 || memchr(plain.data, '.', plain.len) != NULL)
		return false;
	if (name->len > 0)
		qfs_buf_byte(name, '.');
	qfs_buf_slice_add(name, plain);
	return !name->overflow;
}

static qfs_status
walk_object(walk *w, qfs_slice object)
{
	qfs_json_iter iter = qfs_json_members(object);
	size_t		len = w->name.len;
	qfs_key_class ignored;
	qfs_slice	key;
	qfs_slice	value;
	qfs_status	status = QFS_OK;

	while (status == QFS_OK && qfs_json_next(&iter, &key, &value))
	{
		if (!append_step(&w->name, key))
			return qfs_fail(w->err, QFS_POLICY_INVALID, "the key %v does not exist", key);
		if (qfs_json_type_of(value) == QFS_JSON_OBJECT)
			status = walk_object(w, value);
		else if (!qfs_policy_key_class(qfs_buf_slice(&w->name), &ignored))
			return qfs_fail(w->err, QFS_POLICY_INVALID, "the key %v does not exist, or has no value of its own",
							qfs_buf_slice(&w->name));
		else
			status = w->visit(w->context, qfs_buf_slice(&w->name), value);
		w->name.len = len;
	}
	return status;
}

qfs_status
qfs_policy_leaves(qfs_slice changes, qfs_leaf_visitor visit, void *context, qfs_error *err)
{
	uint8_t		memory[QFS_TYPE_MAX];
	walk		w = {.visit = visit,.context = context,.err = err};

	if (qfs_json_type_of(changes) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_POLICY_INVALID, "not an object");
	qfs_buf_init(&w.name, memory, sizeof(memory));
	return walk_object(&w, changes);
}

/* ---- what an emergency may do ---- */

/* An integer that does not rise. */
static bool
falls(qfs_slice before, qfs_slice after)
{
	int64_t		from;
	int64_t		to;

	return qfs_json_to_int(before, &from) && qfs_json_to_int(after, &to) && to <= from;
}

/* A list that nobody joins. */
static bool
shrinks(qfs_slice before, qfs_slice after)
{
	qfs_json_iter iter = qfs_json_members(after);
	qfs_slice	key;
	qfs_slice	item;
	qfs_slice	text;

	if (qfs_json_type_of(before) != QFS_JSON_ARRAY || qfs_json_type_of(after) != QFS_JSON_ARRAY)
		return false;
	while (qfs_json_next(&iter, &key, &item))
		if (!qfs_json_to_plain(item, &text) || !qfs_policy_lists(before, text))
			return false;
	return true;
}

/* Tiers of the same activations, none of which gives more. */
static bool
tiers_fall(qfs_slice before, qfs_slice after)
{
	qfs_json_iter iter_before = qfs_json_members(before);
	qfs_json_iter iter_after = qfs_json_members(after);
	qfs_slice	key;
	qfs_slice	from;
	qfs_slice	to;
	qfs_amount	most;
	qfs_amount	flx;

	if (qfs_json_type_of(before) != QFS_JSON_ARRAY || qfs_json_type_of(after) != QFS_JSON_ARRAY ||
		qfs_json_length(before) != qfs_json_length(after))
		return false;
	while (qfs_json_next(&iter_before, &key, &from) && qfs_json_next(&iter_after, &key, &to))
		if (!qfs_slice_equal(qfs_policy_member(from, "to"), qfs_policy_member(to, "to")) ||
			qfs_policy_read_amount(from, "flx", QFS_POLICY_FLX_MAX, &most, NULL) != QFS_OK ||
			qfs_policy_read_amount(to, "flx", most, &flx, NULL) != QFS_OK)
			return false;
	return true;
}

/* How a key restricts, if it falls; those of a pattern all do in the same way. */
static const struct
{
	const char *pattern;
	bool		(*restricts) (qfs_slice before, qfs_slice after);
}			restrictions[] = {
	{"evaluators", shrinks},
	{"limits.*", falls},
	{"operators", shrinks},
	{"referral.cap", falls},
	{"referral.points", falls},
	{"referral.tiers", tiers_fall},
	{"referral.window_blocks", falls}
};

/* Is the pattern the name itself, or what it begins with up to a dot, and ".*"? */
static bool
covers(qfs_slice pattern, qfs_slice name)
{
	if (pattern.len >= 2 && memcmp(pattern.data + pattern.len - 2, ".*", 2) == 0)
		return name.len >= pattern.len && memcmp(name.data, pattern.data, pattern.len - 1) == 0;
	return qfs_slice_equal(pattern, name);
}

bool
qfs_policy_restricts(qfs_slice name, qfs_slice before, qfs_slice after)
{
	for (size_t i = 0; i < QFS_ROWS(restrictions); i++)
		if (covers(qfs_slice_of(restrictions[i].pattern), name))
			return restrictions[i].restricts(before, after);
	return false;
}

/* ---- the operator's keys ---- */

bool
qfs_policy_keys_are_parameters(qfs_slice pattern)
{
	bool		found = false;

	for (size_t i = 0; i < QFS_ROWS(keys); i++)
		if (covers(pattern, qfs_slice_of(keys[i].name)))
		{
			if (keys[i].key_class != QFS_CLASS_PARAMETER)
				return false;
			found = true;
		}
	return found;
}

bool
qfs_policy_keys_hold(qfs_slice list, qfs_slice name)
{
	return qfs_policy_lists_any(list, covers, name);
}
