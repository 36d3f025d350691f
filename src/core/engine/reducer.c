/*
 * reducer.c - what a reducer knows: a store, the rules, the policy in force.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/reducer.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sha256.h"
#include "engine/rule.h"
#include "state/governance.h"

void
qfs_reducer_init(qfs_reducer *r, const qfs_registry *registry, qfs_store *store,
				 bool check_signatures)
{
	r->store = store;
	r->registry = registry;
	r->check_signatures = check_signatures;
	r->knows_agenda = true;
	r->fresh = false;
	r->open = false;
	r->due_at = INT64_MAX;
	r->has_policy = false;
	r->has_type = false;
}

void
qfs_reducer_forget(qfs_reducer *r)
{
	r->fresh = false;
	r->has_type = false;
}

/* Makes it the one that the reducer knows: its text fits. */
static qfs_status
parse_policy(qfs_reducer *r, qfs_slice policy, qfs_error *err)
{
	qfs_status	status;

	memcpy(r->policy_text, policy.data, policy.len);
	policy.data = r->policy_text;
	status = qfs_policy_parse(policy, &r->policy, err);
	if (status == QFS_OK)
		status = qfs_rules_check(r->registry, &r->policy, err);
	r->has_policy = status == QFS_OK;
	return status;
}

qfs_status
qfs_reducer_read_policy(qfs_reducer *r, qfs_slice policy, qfs_hash *hash, qfs_error *err)
{
	qfs_status	status;

	r->fresh = false;
	if (policy.len > sizeof(r->policy_text))
		return qfs_fail(err, QFS_POLICY_INVALID, "it has %u bytes, %u are the most", (uint64_t) policy.len,
						(uint64_t) sizeof(r->policy_text));
	status = parse_policy(r, policy, err);
	if (status != QFS_OK)
		return status;
	qfs_sha256(policy, &r->parsed);
	*hash = r->parsed;
	return QFS_OK;
}

static qfs_status
load_policy(qfs_reducer *r, qfs_error *err)
{
	qfs_slice	policy;
	qfs_status	status = qfs_policy_get(r->store, r->ledger.policy_seq, &policy, err);

	if (status != QFS_OK)
		return status;
	if (policy.len > sizeof(r->policy_text))
		return qfs_fail(err, QFS_STATE_MISMATCH, "the policy of entry %i is too long", r->ledger.policy_seq);
	/* The one that the record names; that its text has this hash is the verifier's to say. */
	r->parsed = r->ledger.policy;
	return parse_policy(r, policy, err);
}

void
qfs_reducer_note_due(qfs_reducer *r, int64_t block)
{
	QFS_ASSERT(r->has_policy && r->policy.block_ms > 0);
	r->due_at = !r->knows_agenda || block > (INT64_MAX - r->ledger.genesis_at) / r->policy.block_ms ? INT64_MAX :
		r->ledger.genesis_at + block * r->policy.block_ms;
}

/* What is due, as the agenda has it. */
static qfs_status
load_due(qfs_reducer *r, qfs_error *err)
{
	qfs_agenda_record agenda = {.number = 0};
	bool		found;
	qfs_status	status = r->store->get(r->store, &qfs_kind_agenda, &agenda, &found, err);

	if (status == QFS_OK)
		qfs_reducer_note_due(r, found ? agenda.due : QFS_NEVER_DUE);
	return status;
}

qfs_status
qfs_reducer_refresh(qfs_reducer *r, qfs_error *err)
{
	qfs_status	status;

	if (r->fresh)
		return QFS_OK;
	r->ledger.number = 0;
	status = r->store->get(r->store, &qfs_kind_ledger, &r->ledger, &r->open, err);
	/* Parsing costs more than a comparison, and the hash names the policy exactly. */
	if (status == QFS_OK && r->open &&
		!(r->has_policy && memcmp(&r->parsed, &r->ledger.policy, sizeof(r->parsed)) == 0))
		status = load_policy(r, err);
	if (status == QFS_OK && r->open)
		status = load_due(r, err);
	r->fresh = status == QFS_OK;
	QFS_ASSERT(!r->fresh || !r->open || (r->has_policy && memcmp(&r->parsed, &r->ledger.policy, sizeof(r->parsed)) == 0));
	return status;
}

qfs_status
qfs_reducer_name_ledger(qfs_reducer *r, const qfs_hash *hash, qfs_error *err)
{
	qfs_status	status = qfs_reducer_refresh(r, err);

	/* A first entry that was no genesis opened nothing. */
	if (status != QFS_OK || !r->open)
		return status;
	r->ledger.ledger = *hash;
	return r->store->put(r->store, &qfs_kind_ledger, &r->ledger, err);
}

int64_t
qfs_block_at(const qfs_reducer *r, int64_t at)
{
	QFS_ASSERT(r->has_policy && r->policy.block_ms > 0);
	return (at - r->ledger.genesis_at) / r->policy.block_ms;
}

int64_t
qfs_epoch_at(const qfs_reducer *r, int64_t at)
{
	QFS_ASSERT(r->has_policy && r->policy.epoch_blocks > 0);
	return qfs_block_at(r, at) / r->policy.epoch_blocks;
}
