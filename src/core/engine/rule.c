/*
 * rule.c - what a rule is: all that the code knows of a type of events.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/rule.h"

const qfs_rule *
qfs_registry_find(const qfs_registry *registry, qfs_slice type)
{
	for (const qfs_rule *const *rule = registry->rules; *rule != NULL; rule++)
		if (qfs_slice_equal(type, qfs_slice_of((*rule)->type)))
			return *rule;
	return NULL;
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

const qfs_rule *
qfs_registry_lookup(const qfs_registry *registry, const qfs_kind *names)
{
	for (const qfs_rule *const *rule = registry->rules; *rule != NULL; rule++)
		if ((*rule)->lookup != NULL && (*rule)->lookup->names == names)
			return *rule;
	return NULL;
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
