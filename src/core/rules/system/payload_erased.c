/*
 * payload_erased.c - PAYLOAD_ERASED: what an entry asked for is gone, and that it was there is not.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The erased entry keeps its head, so that chain and tree stay what they are,
 * and what came of it.  Payload and signature are commitments from then on,
 * under a salt that is gone, too.
 */
#include "base/status.h"
#include "engine/payload.h"
#include "state/records.h"

/* That an entry's payload was erased. */
typedef struct erasure_record
{
	int64_t		seq;			/* key: the entry */
	int64_t		by;				/* entry that says so */
} erasure_record;

static const qfs_field fields[] = {
	QFS_FIELD(erasure_record, seq, QFS_FIELD_INT),
	QFS_FIELD(erasure_record, by, QFS_FIELD_INT),
};

static const qfs_kind kind = QFS_KIND("erasure", erasure_record, fields, 1, false);

static bool
erases(const qfs_entry *entry, uint64_t *seq)
{
	qfs_slice	value;
	int64_t		n;

	/* Never itself, nor what comes after it. */
	if (!qfs_json_member(entry->payload, "seq", &value) || !qfs_json_to_int(value, &n) || n < 0 ||
		(uint64_t) n >= entry->seq)
		return false;
	*seq = (uint64_t) n;
	return true;
}

/* Errors: PAYLOAD_INVALID, PAYLOAD_ERASED if it is gone already. */
static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	erasure_record record = {.by = (int64_t) act->event->seq};
	erasure_record before;
	uint64_t	seq;
	bool		found;
	qfs_status	status;

	if (!erases(act->event, &seq))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.seq: an entry before this one");
	record.seq = (int64_t) seq;
	before = record;
	status = store->get(store, &kind, &before, &found, act->err);
	if (status == QFS_OK && found)
		return qfs_fail(act->err, QFS_PAYLOAD_ERASED, "entry %u, by entry %i", seq, before.by);
	return status == QFS_OK ? store->put(store, &kind, &record, act->err) : status;
}

const qfs_rule qfs_rule_payload_erased = {
	.type = "PAYLOAD_ERASED",
	.schema = "{\"properties\":{"
	"\"reason\":{\"maxLength\":500,\"minLength\":1,\"type\":\"string\"},"
	"\"seq\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"reason\",\"seq\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.kind = &kind,
	.apply = apply,
	.recall = apply,
	.erases = erases,
	.off_ledger = true,
};
