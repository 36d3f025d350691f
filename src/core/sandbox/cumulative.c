/*
 * cumulative.c - a window of a ledger once more, under a changed policy.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "sandbox/cumulative.h"

#include "base/status.h"
#include "crypto/sha256.h"

/* ---- where it starts ---- */

static qfs_status
put_policy(qfs_cumulative *c, const qfs_policy_record *record, qfs_error *err)
{
	qfs_store  *store = qfs_memory_store_base(c->memory);
	qfs_policy_record changed = *record;
	qfs_buf		text;
	qfs_status	status;

	qfs_buf_init(&text, c->policy, sizeof(c->policy));
	status = qfs_changes_play(c->changes, record->policy, &text, err);
	changed.policy = qfs_buf_slice(&text);
	return status == QFS_OK ? store->put(store, &qfs_kind_policy, &changed, err) : status;
}

static qfs_status
copy_kind(qfs_cumulative *c, const qfs_memory_store *from, const qfs_kind *kind, qfs_error *err)
{
	qfs_store  *store = qfs_memory_store_base(c->memory);
	const void *record;
	qfs_status	status = QFS_OK;

	for (size_t n = 0; status == QFS_OK && (record = qfs_memory_store_record(from, kind, n)) != NULL; n++)
		status = kind == &qfs_kind_policy ? put_policy(c, record, err) : store->put(store, kind, record, err);
	return status;
}

/* The policy in force becomes what the changes make of it; nothing happens if it has them. */
static qfs_status
put_changes(qfs_cumulative *c, qfs_error *err)
{
	qfs_store  *store = qfs_memory_store_base(c->memory);
	qfs_ledger_record ledger = {.number = 0};
	qfs_policy_record record;
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_ledger, &ledger, &found, err);

	record.seq = ledger.policy_seq;
	if (status == QFS_OK)
		status = qfs_policy_get(store, record.seq, &record.policy, err);
	if (status == QFS_OK)
		status = put_policy(c, &record, err);
	if (status == QFS_OK)
		status = qfs_policy_get(store, record.seq, &record.policy, err);
	if (status != QFS_OK)
		return status;
	qfs_sha256(record.policy, &ledger.policy);
	qfs_reducer_forget(&c->reducer);
	return store->put(store, &qfs_kind_ledger, &ledger, err);
}

qfs_status
qfs_cumulative_begin(qfs_cumulative *c, const qfs_registry *registry, const qfs_memory_store *from,
					 const qfs_changes *changes, qfs_allocator allocator, qfs_error *err)
{
	const qfs_kind *kind;
	qfs_status	status = QFS_OK;

	c->changes = changes;
	c->differs = false;
	c->first = 0;
	memset(&c->causes, 0, sizeof(c->causes));
	memset(&c->follows, 0, sizeof(c->follows));
	c->memory = qfs_memory_store_create(allocator);
	if (c->memory == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for the state under another policy");
	qfs_reducer_init(&c->reducer, registry, qfs_memory_store_base(c->memory), false);
	for (size_t k = 0; status == QFS_OK && (kind = qfs_registry_kind(registry, k)) != NULL; k++)
		status = copy_kind(c, from, kind, err);
	return status == QFS_OK ? put_changes(c, err) : status;
}

void
qfs_cumulative_end(qfs_cumulative *c)
{
	if (c->memory != NULL)
		qfs_memory_store_destroy(c->memory);
	c->memory = NULL;
}

qfs_status
qfs_cumulative_change(qfs_cumulative *c, const qfs_changes *changes, qfs_error *err)
{
	c->changes = changes;
	return put_changes(c, err);
}

/* ---- entries ---- */

static void
note_first(qfs_cumulative *c, const qfs_entry *entry)
{
	if (!c->differs)
		c->first = entry->seq;
	c->differs = true;
}

/* What an entry has put in force has the changes, too. */
static qfs_status
changes_after(qfs_cumulative *c, const qfs_entry *entry, qfs_error *err)
{
	return c->reducer.ledger.policy_seq == (int64_t) entry->seq ? put_changes(c, err) : QFS_OK;
}

/* Puts an entry, or what is due before it, to the rules; takes back what was stored if it was refused. */
static qfs_status
judge(qfs_cumulative *c, const qfs_entry *entry, bool is_due, qfs_judgement *out, qfs_error *err)
{
	qfs_status	status;

	qfs_memory_store_begin(c->memory);
	status = is_due ? qfs_judge_due(&c->reducer, entry->seq, entry->at, &c->space, out, err) :
		qfs_judge(&c->reducer, c->changes, entry, &c->space, out, err);
	qfs_memory_store_end(c->memory, status == QFS_OK && out->refused == QFS_OK);
	if (status == QFS_OK && out->refused == QFS_OK)
		return changes_after(c, entry, err);
	qfs_reducer_forget(&c->reducer);
	return status;
}

/* Settles what is due here before an entry. */
static qfs_status
settle(qfs_cumulative *c, const qfs_entry *entry, qfs_error *err)
{
	qfs_judgement judgement;
	qfs_status	status = QFS_OK;

	/* Under a policy that is none nothing is settled, and the entry will be refused. */
	while (status == QFS_OK && qfs_reducer_refresh(&c->reducer, err) == QFS_OK && qfs_reducer_is_due(&c->reducer, entry->at))
	{
		note_first(c, entry);
		status = judge(c, entry, true, &judgement, err);
		if (status == QFS_OK && judgement.refused != QFS_OK)
			return qfs_fail(err, QFS_INTERNAL, "what is due before entry %u cannot be settled", entry->seq);
	}
	return status;
}

/* The entry as it was recorded, whatever was before. */
static qfs_status
follow(qfs_cumulative *c, const qfs_entry *entry, qfs_error *err)
{
	qfs_status	status = qfs_recall(&c->reducer, entry, err);

	qfs_reducer_forget(&c->reducer);
	return status == QFS_OK ? changes_after(c, entry, err) : status;
}

qfs_status
qfs_cumulative_entry(qfs_cumulative *c, const qfs_entry *entry, const qfs_difference *alone, bool is_wrong,
					 qfs_error *err)
{
	const qfs_rule *rule = qfs_registry_find(c->reducer.registry, entry->type);
	qfs_judgement recorded;
	qfs_judgement here;
	qfs_difference difference;
	qfs_buf		parts;
	qfs_status	status = QFS_OK;

	if (!qfs_is_settlement(rule) && !qfs_rule_comes_first(rule))
		status = settle(c, entry, err);
	if (status == QFS_OK && is_wrong)
		return follow(c, entry, err);
	if (status == QFS_OK)
		status = judge(c, entry, false, &here, err);
	if (status != QFS_OK)
		return status;
	qfs_buf_init(&parts, c->parts, sizeof(c->parts));
	qfs_judgement_recorded(entry, &parts, &recorded);
	qfs_difference_of(&recorded, &here, &difference);
	if (!difference.same && !difference.bounds)
		note_first(c, entry);
	if (here.refused != QFS_OK)
		(here.refused == alone->refused ? &c->causes : &c->follows)->count[here.refused]++;
	return QFS_OK;
}
