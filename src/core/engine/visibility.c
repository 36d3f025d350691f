/*
 * visibility.c - who sees what of an entry: the one place that decides.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/visibility.h"

static bool
is_reader(const qfs_reader *reader, const qfs_user_id *user)
{
	return reader->has_user && memcmp(&reader->user, user, sizeof(*user)) == 0;
}

/* The account that the payload names, in the member in which the rule says that its type names a party. */
static bool
find_named(const qfs_rule *rule, const qfs_entry *entry, qfs_user_id *out)
{
	return rule != NULL && rule->party_member != NULL &&
		qfs_json_member_user(entry->payload, rule->party_member, out);
}

static bool
is_named(const qfs_rule *rule, const qfs_reader *reader, const qfs_entry *entry)
{
	qfs_user_id named;

	return find_named(rule, entry, &named) && is_reader(reader, &named);
}

static bool
is_touched(const qfs_reader *reader, const qfs_entry *entry)
{
	for (unsigned i = 0; i < entry->account_count; i++)
		if (entry->account_parts[i].part.shown && is_reader(reader, &entry->account_parts[i].account))
			return true;
	return false;
}

bool
qfs_is_party(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry)
{
	const qfs_rule *rule = qfs_registry_find(registry, entry->type);

	if (!entry->parts[QFS_PART_ACT].shown || !reader->has_user)
		return false;
	if (entry->has_actor && is_reader(reader, &entry->actor))
		return true;
	/* What the ledger itself does to an account is that account's business. */
	return is_named(rule, reader, entry) ||
		((!entry->has_actor || (rule != NULL && rule->concerns_touched)) && is_touched(reader, entry));
}

bool
qfs_sees_act(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry)
{
	const qfs_rule *rule = qfs_registry_find(registry, entry->type);

	return reader->all || (entry->parts[QFS_PART_ACT].shown && rule != NULL && rule->is_public) ||
		qfs_is_party(registry, reader, entry);
}

/* If these are ties: who invited the account. */
static bool
find_referrer(const qfs_entry *entry, const qfs_account_part *part, qfs_user_id *out)
{
	qfs_account_change change;

	if (!qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[QFS_TIES])) ||
		qfs_account_part_parse(part->part.value, entry->seq, &change, NULL) != QFS_OK ||
		!change.after.ties.has_referrer)
		return false;
	*out = change.after.ties.referrer;
	return true;
}

static bool
has_invited(const qfs_reader *reader, const qfs_entry *entry, const qfs_account_part *part)
{
	qfs_user_id referrer;

	return find_referrer(entry, part, &referrer) && is_reader(reader, &referrer);
}

bool
qfs_sees_account(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry, unsigned n)
{
	const qfs_account_part *part = &entry->account_parts[n];

	if (!part->part.shown)
		return false;
	if (reader->all || is_reader(reader, &part->account))
		return true;
	if (qfs_slice_equal(part->kind, qfs_slice_of(qfs_account_kind_names[QFS_STANDING])))
		return qfs_is_party(registry, reader, entry);
	return has_invited(reader, entry, part);
}

bool
qfs_sees_any(const qfs_registry *registry, const qfs_reader *reader, const qfs_entry *entry)
{
	bool		any = qfs_sees_act(registry, reader, entry);

	for (unsigned i = 0; i < entry->account_count && !any; i++)
		any = qfs_sees_account(registry, reader, entry, i);
	return any;
}

static void
add_party(const qfs_user_id *user, qfs_user_id *parties, unsigned *count)
{
	for (unsigned i = 0; i < *count; i++)
		if (memcmp(&parties[i], user, sizeof(*user)) == 0)
			return;
	parties[(*count)++] = *user;
}

unsigned
qfs_parties(const qfs_registry *registry, const qfs_entry *entry, qfs_user_id *out)
{
	unsigned	count = 0;
	qfs_user_id user;

	if (entry->parts[QFS_PART_ACT].shown && entry->has_actor)
		add_party(&entry->actor, out, &count);
	if (entry->parts[QFS_PART_ACT].shown && find_named(qfs_registry_find(registry, entry->type), entry, &user))
		add_party(&user, out, &count);
	for (unsigned i = 0; i < entry->account_count; i++)
	{
		const qfs_account_part *part = &entry->account_parts[i];

		if (!part->part.shown)
			continue;
		add_party(&part->account, out, &count);
		if (find_referrer(entry, part, &user))
			add_party(&user, out, &count);
	}
	return count;
}

void
qfs_show_to(const qfs_registry *registry, const qfs_reader *reader, qfs_entry *entry)
{
	bool		sees[QFS_ACCOUNT_PARTS_MAX] = {false};
	bool		sees_act = qfs_sees_act(registry, reader, entry);
	bool		any = false;

	/* First everything is judged: what is hidden first must not hide the rest. */
	for (unsigned i = 0; i < entry->account_count; i++)
	{
		sees[i] = qfs_sees_account(registry, reader, entry, i);
		any |= sees[i];
	}
	for (unsigned i = 0; i < entry->account_count; i++)
		if (!sees[i])
			qfs_entry_hide_account(entry, i);
	if (!any && !reader->all)
		qfs_entry_hide_accounts(entry);
	for (int part = 0; part < QFS_PARTS && !sees_act; part++)
		qfs_entry_hide(entry, (qfs_part) part);
}
