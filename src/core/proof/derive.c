/*
 * derive.c - what the parts that are shown say, compared with each other.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Whoever may not see all that a rule looked at can still see that what is
 * shown of an account goes on from what was shown of it before, and that its
 * standing became what the changes that are named make of it.
 */
#include "proof/explanation.h"

#include "base/status.h"

/* What the entry that is named shows of the same account and kind. */
static qfs_status
find_before(const qfs_explanation *x, const qfs_account_change *change, qfs_account_change *out, bool *found,
			qfs_error *err)
{
	int64_t		previous = change->before.last_entry;
	const qfs_evidence *e = previous < 0 ? NULL : qfs_evidence_find(x->evidence, x->count, (uint64_t) previous);
	const qfs_account_part *part = e == NULL ? NULL : qfs_evidence_part(&e->entry, &change->after.user, change->kind);

	*found = part != NULL;
	return *found ? qfs_account_part_parse(part->part.value, (uint64_t) previous, out, err) : QFS_OK;
}

/* "was" must be what the entry before left. */
static qfs_status
check_before(const qfs_explanation *x, const qfs_account_change *change, qfs_error *err)
{
	qfs_account_change before;
	bool		found;
	qfs_status	status = find_before(x, change, &before, &found, err);

	if (status != QFS_OK || !found ||
		qfs_account_state_equal(change->kind, &before.after, &change->before))
		return status;
	return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: the %s of user_%h was not what entry %u left",
					x->subject->entry.seq, qfs_account_kind_names[change->kind], change->after.user.bytes,
					before.after.last_entry);
}

/* ---- standings ---- */

/* One way of doing what is named: bit n of others says that rule n did the second of what it may do. */
static bool
does(const qfs_story *story, const qfs_rule *rule, const qfs_account_change *change, unsigned others,
	 qfs_effect *effects)
{
	qfs_standing standing = change->before.standing;

	for (unsigned i = 0; i < change->rule_count; i++)
	{
		qfs_slice	name = qfs_slice_of(change->rules[i]);
		const qfs_change *does_it = qfs_change_called(rule->changes, name);
		qfs_slice	more;

		if (does_it == NULL)
			return false;
		more = (qfs_slice) {name.data + strlen(does_it->name), name.len - strlen(does_it->name)};
		memcpy(effects[i].rule, change->rules[i], sizeof(effects[i].rule));
		effects[i].before = standing;
		if (does_it->apply != NULL &&
			!does_it->apply(story, more, &change->after.standing, (others >> i & 1) != 0, &standing))
			return false;
		effects[i].after = standing;
	}
	return qfs_account_state_equal(QFS_STANDING, &change->after, &(qfs_account_state) {.standing = standing});
}

/* The rule whose changes these are: of an entry whose type is not shown, the one that has all of them. */
static const qfs_rule *
rule_of(const qfs_explanation *x, const qfs_account_change *change)
{
	const qfs_entry *entry = &x->subject->entry;

	if (entry->parts[QFS_PART_ACT].shown)
		return qfs_registry_rule(x->registry, entry->type, x->policy.rules);
	for (const qfs_rule *const *rule = x->registry->rules; *rule != NULL; rule++)
	{
		bool		all = qfs_explain_considers(x, *rule);

		for (unsigned i = 0; i < change->rule_count; i++)
			all &= qfs_change_called((*rule)->changes, qfs_slice_of(change->rules[i])) != NULL;
		if (all)
			return *rule;
	}
	return NULL;
}

/* Does to the standing what is named, in each way that there is, until it is what it became. */
static qfs_status
derive_standing(qfs_explanation *x, const qfs_account_change *change, qfs_error *err)
{
	qfs_story	story = qfs_explain_story(x);
	const qfs_rule *rule = rule_of(x, change);

	if (rule != NULL && change->rule_count <= QFS_EFFECTS_MAX - x->effect_count)
		for (unsigned others = 0; others >> change->rule_count == 0; others++)
			if (does(&story, rule, change, others, &x->effects[x->effect_count]))
			{
				x->effect_count += change->rule_count;
				return QFS_OK;
			}
	return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: what is named does not make the standing of user_%h what it became",
					x->subject->entry.seq, change->after.user.bytes);
}

static qfs_status
derive_part(qfs_explanation *x, const qfs_account_part *part, qfs_error *err)
{
	qfs_account_change change;
	qfs_status	status = qfs_account_part_parse(part->part.value, x->subject->entry.seq, &change, err);

	if (status == QFS_OK && change.policy != x->policy_seq)
		return qfs_fail(err, QFS_OUTCOME_MISMATCH, "entry %u: entry %i put the policy in force, and not entry %i",
						x->subject->entry.seq, x->policy_seq, change.policy);
	if (status == QFS_OK)
		status = check_before(x, &change, err);
	return status == QFS_OK && change.kind == QFS_STANDING ? derive_standing(x, &change, err) : status;
}

/* Each entry of a statement goes on from the one before. */
static qfs_status
derive_statement(const qfs_explanation *x, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (unsigned i = 0; i < x->count && status == QFS_OK; i++)
	{
		const qfs_entry *entry = &x->evidence[i].entry;
		qfs_account_change change;

		if (!qfs_explain_is_stated(x, entry))
			continue;
		status = qfs_account_part_parse(qfs_evidence_part(entry, &x->question.subject, QFS_STANDING)->part.value,
										entry->seq, &change, err);
		if (status == QFS_OK)
			status = check_before(x, &change, err);
	}
	return status;
}

qfs_status
qfs_explain_derive(qfs_explanation *x, qfs_error *err)
{
	const qfs_entry *entry = &x->subject->entry;
	qfs_status	status = QFS_OK;

	if (x->question.topic == QFS_TOPIC_STATEMENT)
		return derive_statement(x, err);
	x->effect_count = 0;
	for (unsigned i = 0; i < entry->account_count && status == QFS_OK; i++)
		if (entry->account_parts[i].part.shown)
			status = derive_part(x, &entry->account_parts[i], err);
	return status;
}
