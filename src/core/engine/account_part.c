/*
 * account_part.c - what the rules may read of an account, as parts of entries.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/account_part.h"

#include "base/assert.h"
#include "base/status.h"
#include "state/record_json.h"

const char *const qfs_account_kind_names[QFS_ACCOUNT_KINDS] = {
	[QFS_ACCESS] = "access",[QFS_NONCE] = "nonce",[QFS_STANDING] = "standing",[QFS_TIES] = "ties"
};

static const qfs_kind *const kinds[QFS_ACCOUNT_KINDS] = {
	[QFS_ACCESS] = &qfs_kind_access,[QFS_NONCE] = &qfs_kind_nonce,
	[QFS_STANDING] = &qfs_kind_standing,[QFS_TIES] = &qfs_kind_ties
};

/* Fields of a kind's record before those that are its state: user and last_entry, of a standing before_epoch and epoch. */
static const unsigned state_from[QFS_ACCOUNT_KINDS] = {
	[QFS_ACCESS] = 2,[QFS_NONCE] = 2,[QFS_STANDING] = 4,[QFS_TIES] = 2
};

bool
qfs_account_kind_parse(qfs_slice name, qfs_account_kind *out)
{
	for (int i = 0; i < QFS_ACCOUNT_KINDS; i++)
		if (qfs_slice_equal(name, qfs_slice_of(qfs_account_kind_names[i])))
		{
			*out = (qfs_account_kind) i;
			return true;
		}
	return false;
}

void
qfs_previous_write(qfs_json_writer *w, int64_t previous)
{
	if (previous < 0)
		qfs_json_put_null(w);
	else
		qfs_json_put_int(w, previous);
}

bool
qfs_previous_read(qfs_slice value, uint64_t seq, int64_t *out)
{
	*out = -1;
	return qfs_json_type_of(value) == QFS_JSON_NULL ||
		(qfs_json_to_int(value, out) && *out >= 0 && (uint64_t) *out < seq);
}

/* ---- the store ---- */

void
qfs_account_state_init(qfs_account_kind kind, const qfs_user_id *user, qfs_account_state *out)
{
	QFS_ASSERT((unsigned) kind < QFS_ACCOUNT_KINDS);
	if (kind == QFS_ACCESS)
		out->access.count = 0;
	else
		memset(out, 0, kinds[kind]->size);
	out->user = *user;
	out->last_entry = -1;
}

qfs_status
qfs_account_state_get(qfs_store *store, qfs_account_kind kind, const qfs_user_id *user, qfs_account_state *out,
					  bool *found, qfs_error *err)
{
	qfs_account_state_init(kind, user, out);
	if (kind == QFS_ACCESS)
		return qfs_access_get(store, user, &out->access, found, err);
	return store->get(store, kinds[kind], out, found, err);
}

qfs_status
qfs_account_state_put(qfs_store *store, qfs_account_kind kind, const qfs_account_state *state, qfs_error *err)
{
	if (kind == QFS_ACCESS)
		return qfs_access_put(store, &state->access, err);
	return store->put(store, kinds[kind], state, err);
}

static bool
same_sessions(const qfs_access *a, const qfs_access *b)
{
	for (unsigned i = 0; i < a->count && i < b->count; i++)
		if (memcmp(&a->sessions[i].digest, &b->sessions[i].digest, sizeof(qfs_hash)) != 0)
			return false;
	return a->count == b->count;
}

/* Member n of a kind's state. */
static bool
same_member(qfs_account_kind kind, unsigned n, const qfs_account_state *a, const qfs_account_state *b)
{
	if (kind == QFS_ACCESS)
		return same_sessions(&a->access, &b->access);
	return qfs_field_equal(&kinds[kind]->fields[n], a, b);
}

bool
qfs_account_state_equal(qfs_account_kind kind, const qfs_account_state *a, const qfs_account_state *b)
{
	for (unsigned i = state_from[kind]; i < kinds[kind]->field_count; i++)
		if (!same_member(kind, i, a, b))
			return false;
	return true;
}

/* ---- writing ---- */

/* other: only members that differ from it; NULL: all */
static void
write_state(qfs_json_writer *w, const char *name, qfs_account_kind kind, const qfs_account_state *state,
			const qfs_account_state *other)
{
	qfs_json_key(w, name);
	qfs_json_open_object(w);
	for (unsigned i = state_from[kind]; state != NULL && i < kinds[kind]->field_count; i++)
	{
		const qfs_field *field = &kinds[kind]->fields[i];

		if (other != NULL && same_member(kind, i, state, other))
			continue;
		qfs_json_key(w, field->name);
		if (kind == QFS_ACCESS)
			qfs_access_write_digests(w, &state->access);
		else
			qfs_field_write(w, field, state);
	}
	qfs_json_close(w);
}

void
qfs_account_part_write(qfs_json_writer *w, const qfs_account_change *change)
{
	bool		is_new = change->before.last_entry < 0;

	QFS_ASSERT(memcmp(&change->before.user, &change->after.user, sizeof(qfs_user_id)) == 0);
	qfs_json_open_object(w);
	qfs_json_key(w, "account");
	qfs_json_put_user(w, &change->after.user);
	qfs_json_key(w, "kind");
	qfs_json_put_text(w, qfs_slice_of(qfs_account_kind_names[change->kind]));
	qfs_json_put_member_int(w, "policy", change->policy);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, change->before.last_entry);
	qfs_json_key(w, "rules");
	qfs_json_open_array(w);
	for (unsigned i = 0; i < change->rule_count; i++)
		qfs_json_put_text(w, qfs_slice_of(change->rules[i]));
	qfs_json_close(w);
	write_state(w, "state", change->kind, &change->after, NULL);
	write_state(w, "was", change->kind, is_new ? NULL : &change->before, &change->after);
	qfs_json_close(w);
}

/* ---- reading ---- */

static bool
read_member(qfs_account_kind kind, const qfs_field *field, qfs_slice value, qfs_account_state *out)
{
	return kind == QFS_ACCESS ? qfs_access_read_digests(value, &out->access) : qfs_field_read(value, field, out);
}

/* all: every member must be there, else some may be; and no other */
static bool
read_state(qfs_slice object, qfs_account_kind kind, bool all, qfs_account_state *out)
{
	uint64_t	found = 0;

	if (qfs_json_type_of(object) != QFS_JSON_OBJECT)
		return false;
	for (unsigned i = state_from[kind]; i < kinds[kind]->field_count; i++)
	{
		const qfs_field *field = &kinds[kind]->fields[i];
		qfs_slice	value;

		if (!qfs_json_member(object, field->name, &value))
		{
			if (all)
				return false;
			continue;
		}
		found++;
		if (!read_member(kind, field, value, out))
			return false;
	}
	return found == qfs_json_length(object);
}

static bool
read_rules(qfs_slice list, qfs_account_change *out)
{
	qfs_json_iter iter = qfs_json_members(list);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	name;

	out->rule_count = 0;
	if (qfs_json_type_of(list) != QFS_JSON_ARRAY || qfs_json_length(list) > QFS_PART_RULES_MAX)
		return false;
	while (qfs_json_next(&iter, &key, &value))
	{
		char	   *rule = out->rules[out->rule_count++];

		if (!qfs_json_to_plain(value, &name) || name.len > QFS_TYPE_MAX)
			return false;
		memset(rule, 0, QFS_TYPE_MAX + 1);
		memcpy(rule, name.data, name.len);
	}
	return true;
}

static bool
read_user(qfs_slice value, qfs_user_id *out)
{
	qfs_slice	text;

	return qfs_json_to_plain(value, &text) && qfs_user_id_parse(text, out, NULL) == QFS_OK;
}

qfs_status
qfs_account_part_parse(qfs_slice part, uint64_t seq, qfs_account_change *out, qfs_error *err)
{
	static const char *const names[] = {"account", "kind", "policy", "previous", "rules", "state", "was"};
	qfs_slice	value[QFS_ROWS(names)];
	qfs_slice	kind;
	qfs_user_id user;
	int64_t		previous;

	for (size_t i = 0; i < QFS_ROWS(names); i++)
		if (!qfs_json_member(part, names[i], &value[i]))
			return qfs_fail(err, QFS_ENTRY_FORMAT, "a part of an account in entry %u without \"%s\"", seq, names[i]);
	if (qfs_json_length(part) != QFS_ROWS(names))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "a part of an account in entry %u with a member too many", seq);
	if (!read_user(value[0], &user) || !qfs_json_to_plain(value[1], &kind) ||
		!qfs_account_kind_parse(kind, &out->kind) || !qfs_json_to_int(value[2], &out->policy) ||
		!qfs_previous_read(value[3], seq, &previous) || !read_rules(value[4], out))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "a part of an account in entry %u is not of the form", seq);
	qfs_account_state_init(out->kind, &user, &out->after);
	if (!read_state(value[5], out->kind, true, &out->after))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "\"state\" of %v in entry %u is not what the kind has", kind, seq);
	if (previous < 0)
		qfs_account_state_init(out->kind, &user, &out->before);
	else
		out->before = out->after;
	out->after.last_entry = (int64_t) seq;
	out->before.last_entry = previous;
	if (!read_state(value[6], out->kind, false, &out->before) ||
		(previous < 0 && qfs_json_length(value[6]) > 0))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "\"was\" of %v in entry %u is not what the kind has", kind, seq);
	return QFS_OK;
}
