/*
 * trail.c - what entries of governance say of each other: what an explanation follows.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/trail.h"

int64_t
qfs_trail_int(qfs_slice object, const char *name)
{
	int64_t		n;

	return qfs_json_member_count(object, name, &n) ? n : -1;
}

qfs_slice
qfs_trail_member(qfs_slice object, const char *name)
{
	return qfs_json_member_or(object, name, QFS_LITERAL("{}"));
}

qfs_status
qfs_trail_previous(const qfs_entry *entry, const char *member, qfs_grounds *grounds, qfs_error *err)
{
	qfs_slice	value = qfs_trail_member(qfs_result_of(entry->outcome), member);
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	item;
	qfs_status	status = QFS_OK;

	if (qfs_json_type_of(value) != QFS_JSON_ARRAY)
		return qfs_grounds_add_named(grounds, value, "previous", err);
	while (status == QFS_OK && qfs_json_next(&iter, &key, &item))
		status = qfs_grounds_add_named(grounds, item, "previous", err);
	return status;
}

/* ---- seats ---- */

static bool
names(qfs_slice object, const qfs_user_id *user)
{
	qfs_user_id named;

	return qfs_json_member_user(object, "account", &named) && memcmp(&named, user, sizeof(named)) == 0;
}

/* Of NOD_CHANGED the payload says who has how many, of PROPOSAL_EXECUTED the result. */
bool
qfs_trail_seat(const qfs_entry *entry, const qfs_user_id *user, int64_t *nod, int64_t *previous)
{
	qfs_slice	result = qfs_result_of(entry->outcome);
	qfs_json_iter iter = qfs_json_members(qfs_trail_member(result, "seats"));
	qfs_slice	key;
	qfs_slice	item;

	if (names(entry->payload, user))
	{
		*nod = qfs_trail_int(entry->payload, "nod");
		*previous = qfs_trail_int(result, "previous");
		return *nod >= 0;
	}
	while (qfs_json_next(&iter, &key, &item))
		if (names(item, user))
		{
			*nod = qfs_trail_int(item, "after");
			*previous = qfs_trail_int(item, "previous");
			return *nod >= 0;
		}
	return false;
}

qfs_status
qfs_trail_seats(const qfs_user_id *user, int64_t seq, int64_t until, qfs_grounds *grounds, qfs_error *err)
{
	const qfs_entry *entry;
	int64_t		nod;
	int64_t		previous;
	qfs_status	status = QFS_OK;

	while (status == QFS_OK && seq >= 0)
	{
		status = grounds->add(grounds, seq, &entry, err);
		/* A chain that does not go down is none: executing tells. */
		if (status != QFS_OK || entry == NULL || seq <= until || !qfs_trail_seat(entry, user, &nod, &previous) ||
			previous >= seq)
			break;
		seq = previous;
	}
	return status;
}

/* ---- votes ---- */

qfs_status
qfs_trail_votes(int64_t seq, int64_t until, qfs_grounds *grounds, qfs_error *err)
{
	const qfs_entry *entry;
	qfs_status	status = QFS_OK;

	while (status == QFS_OK && seq >= 0)
	{
		int64_t		previous;

		status = grounds->add(grounds, seq, &entry, err);
		if (status != QFS_OK || entry == NULL || seq < until)
			break;
		previous = qfs_trail_int(qfs_trail_member(qfs_result_of(entry->outcome), "voter"), "previous");
		if (previous >= seq)
			break;
		seq = previous;
	}
	return status;
}
