/*
 * fault_acknowledged.c - FAULT_ACKNOWLEDGED: outcomes that are wrong, and count all the same.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * State that somebody changed past its guards gives an outcome that no replay
 * gives.  It cannot be taken back; this entry names it and says why, and every
 * verifier goes on from what was recorded.
 */
#include "base/status.h"
#include "engine/rule.h"

/* Fault n of a payload. */
static bool
read_fault(qfs_slice payload, size_t n, int64_t *seq)
{
	qfs_json_iter iter;
	qfs_slice	faults;
	qfs_slice	fault;
	qfs_slice	key;

	if (!qfs_json_member(payload, "faults", &faults))
		return false;
	iter = qfs_json_members(faults);
	while (qfs_json_next(&iter, &key, &fault))
		if (n-- == 0)
			return qfs_json_member_count(fault, "seq", seq);
	return false;
}

static bool
acknowledges(const qfs_entry *entry, size_t n, uint64_t *seq)
{
	int64_t		found;

	/* Never itself, nor what comes after it: that is refused, and must not excuse itself. */
	if (!read_fault(entry->payload, n, &found) || (uint64_t) found >= entry->seq)
		return false;
	*seq = (uint64_t) found;
	return true;
}

/* Entries before this one, in their order. */
static qfs_status
apply(qfs_act *act)
{
	int64_t		last = -1;
	int64_t		seq;

	for (size_t n = 0; read_fault(act->event->payload, n, &seq); n++)
	{
		if (seq <= last || (uint64_t) seq >= act->event->seq)
			return qfs_fail(act->err, QFS_PAYLOAD_INVALID,
							"payload.faults: entries before this one, in their order, and not %i", seq);
		last = seq;
	}
	return QFS_OK;
}

const qfs_rule qfs_rule_fault_acknowledged = {
	.type = "FAULT_ACKNOWLEDGED",
	.schema = "{\"properties\":{\"faults\":{\"items\":{\"properties\":{"
	"\"reason\":{\"maxLength\":500,\"minLength\":1,\"type\":\"string\"},"
	"\"seq\":{\"maximum\":9007199254740991,\"minimum\":0,\"type\":\"integer\"}},"
	"\"required\":[\"reason\",\"seq\"],\"type\":\"object\"},"
	"\"maxItems\":100,\"minItems\":1,\"type\":\"array\"}},"
	"\"required\":[\"faults\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.acknowledges = acknowledges,
};
