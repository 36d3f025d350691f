/*
 * rule.c - what a rule is: all that the code knows of a type of events.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/rule.h"

#include "base/status.h"

const qfs_rule *
qfs_registry_find(const qfs_registry *registry, qfs_slice type)
{
	for (const qfs_rule *const *rule = registry->rules; *rule != NULL; rule++)
		if (qfs_slice_is(type, (*rule)->type))
			return *rule;
	return NULL;
}

const qfs_rule *
qfs_registry_rule(const qfs_registry *registry, qfs_slice type, int64_t version)
{
	const qfs_rule *found = NULL;

	for (const qfs_rule *const *rule = registry->rules; *rule != NULL; rule++)
		if (qfs_slice_is(type, (*rule)->type) && (*rule)->since <= version &&
			(found == NULL || (*rule)->since >= found->since))
			found = *rule;
	return found;
}

bool
qfs_registry_erases(const qfs_registry *registry, qfs_slice type)
{
	const qfs_rule *rule = qfs_registry_find(registry, type);

	return rule == NULL || rule->erasable;
}

const qfs_kind *
qfs_registry_kind(const qfs_registry *registry, size_t n)
{
	for (const qfs_kind *const *kind = registry->kinds; *kind != NULL; kind++)
		if (n-- == 0)
			return *kind;
	for (const qfs_rule *const *rule = registry->rules; *rule != NULL; rule++)
		if ((*rule)->kind != NULL && n-- == 0)
			return (*rule)->kind;
	return NULL;
}

qfs_status
qfs_rules_check(const qfs_registry *registry, const qfs_policy *policy, qfs_error *err)
{
	if (policy->rules > registry->version)
		return qfs_fail(err, QFS_RULES_UNKNOWN, "version %i is in force, there are versions up to %i", policy->rules,
						registry->version);
	return QFS_OK;
}

bool
qfs_guard_blocks(const qfs_guard *guard, qfs_amount bound, qfs_amount observed)
{
	switch (guard->relation)
	{
		case QFS_AT_MOST:
			return observed > bound;
		case QFS_BELOW:
			return observed >= bound;
		case QFS_AT_LEAST:
			return observed < bound;
	}
	return true;
}

static void
write_bound(qfs_json_writer *w, const char *name, bool is_amount, qfs_amount value)
{
	qfs_json_key(w, name);
	if (is_amount)
		qfs_json_put_amount(w, value);
	else
		qfs_json_put_int(w, (int64_t) value);
}

void
qfs_guard_write(qfs_json_writer *w, const qfs_guard *guard, qfs_amount bound, qfs_amount observed)
{
	qfs_json_open_object(w);
	write_bound(w, "bound", guard->is_amount, bound);
	qfs_json_key(w, "guard");
	qfs_json_put_text(w, qfs_slice_of(guard->name));
	write_bound(w, "observed", guard->is_amount, observed);
	qfs_json_key(w, "result");
	qfs_json_put_text(w, qfs_guard_blocks(guard, bound, observed) ? QFS_LITERAL("BLOCK") : QFS_LITERAL("PASS"));
	qfs_json_close(w);
}

/* ---- explanations ---- */

qfs_status
qfs_grounds_add_named(qfs_grounds *grounds, qfs_slice object, const char *name, qfs_error *err)
{
	const qfs_entry *entry;
	qfs_slice	value;
	int64_t		seq;

	return qfs_json_member(object, name, &value) && qfs_json_to_int(value, &seq) ?
		grounds->add(grounds, seq, &entry, err) : QFS_OK;
}

static bool
is_called(const qfs_change *change, qfs_slice name)
{
	size_t		len = strlen(change->name);

	return name.len >= len && memcmp(name.data, change->name, len) == 0 &&
		(change->is_prefix || name.len == len);
}

const qfs_change *
qfs_change_called(const qfs_change *const *changes, qfs_slice name)
{
	for (const qfs_change *const *change = changes; change != NULL && *change != NULL; change++)
		if (is_called(*change, name))
			return *change;
	return NULL;
}
