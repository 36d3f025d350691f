/*
 * audit.c - the verifier: entries in, faults out, whatever they come from.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "ledger/audit.h"

#include "base/status.h"
#include "engine/rule.h"
#include "engine/session.h"

bool
qfs_audit_depth_parse(qfs_slice word, qfs_audit_depth *out)
{
	static const char *const words[] = {
		[QFS_AUDIT_HASHES] = "hashes",
		[QFS_AUDIT_SIGNATURES] = "signatures",
		[QFS_AUDIT_REPLAY] = "replay"
	};

	_Static_assert(QFS_ROWS(words) == QFS_AUDIT_DEPTHS, "each depth has its word");
	for (size_t i = 0; i < QFS_AUDIT_DEPTHS; i++)
		if (qfs_slice_equal(word, qfs_slice_of(words[i])))
		{
			*out = (qfs_audit_depth) i;
			return true;
		}
	return false;
}

qfs_status
qfs_audit_begin(qfs_audit *audit, const qfs_registry *registry, qfs_audit_depth depth, uint64_t size,
				const qfs_hash *head, int64_t at, qfs_tree *tree,
				qfs_allocator allocator, qfs_fault_report report,
				void *context, qfs_error *err)
{
	memset(audit, 0, sizeof(*audit));
	audit->registry = registry;
	audit->allocator = allocator;
	audit->report = report;
	audit->context = context;
	if (depth != QFS_AUDIT_HASHES)
	{
		audit->memory = qfs_memory_store_create(allocator);
		if (audit->memory == NULL)
			return qfs_fail(err, QFS_NO_MEMORY, "while starting to verify");
		qfs_reducer_init(&audit->reducer, registry, qfs_memory_store_base(audit->memory), true);
	}
	qfs_chain_init(&audit->chain, size, head, at, tree,
				   audit->memory != NULL ? &audit->reducer : NULL);
	audit->chain.compare_outcomes = depth == QFS_AUDIT_REPLAY;
	return QFS_OK;
}

void
qfs_audit_end(qfs_audit *audit)
{
	if (audit->memory != NULL)
		qfs_memory_store_destroy(audit->memory);
	audit->memory = NULL;
	if (audit->missing != NULL)
		audit->allocator.release(audit->allocator.context, audit->missing);
	audit->missing = NULL;
	audit->missing_count = 0;
}

qfs_status
qfs_audit_fault(qfs_audit *audit, uint64_t seq, const qfs_error *fault)
{
	audit->faults++;
	return audit->report(audit->context, seq, fault);
}

void
qfs_audit_acknowledge(qfs_audit *audit, qfs_is_acknowledged is_acknowledged, void *context)
{
	audit->chain.memory = audit->memory;
	audit->chain.is_acknowledged = is_acknowledged;
	audit->chain.acknowledgements = context;
}

static qfs_status
report_through(void *context, uint64_t seq, const qfs_error *fault)
{
	qfs_audit  *audit = context;

	if (fault->status != QFS_OUTCOME_ACKNOWLEDGED)
		return qfs_audit_fault(audit, seq, fault);
	audit->acknowledged++;
	return audit->report(audit->context, seq, fault);
}

/* Entry 0 names the ledger and its first keys. */
static void
note_genesis(qfs_audit *audit, const qfs_stored_entry *record)
{
	qfs_slice	payload = record->entry->payload;
	qfs_slice	value;
	qfs_slice	origin;
	qfs_signing_key_record keys = {.number = 0};

	if (!qfs_json_member(payload, "origin", &value) || !qfs_json_to_plain(value, &origin) ||
		qfs_origin_check(origin, NULL) != QFS_OK ||
		!qfs_json_member(payload, "keys", &value) ||
		!qfs_json_member_hex(value, "checkpoint", keys.checkpoint.bytes, sizeof(keys.checkpoint.bytes)))
		return;
	keys.has_recovery = qfs_json_member_hex(value, "recovery", keys.recovery.bytes, sizeof(keys.recovery.bytes));
	memset(audit->origin, 0, sizeof(audit->origin));
	memcpy(audit->origin, origin.data, origin.len);
	qfs_entry_hash(record->entry, &audit->ledger);
	audit->keys = keys;
	qfs_vkey_make(origin, QFS_NOTE_ED25519, &keys.checkpoint, &audit->key);
}

/*
 * Follows a rotation, at every depth, only if a key in force before endorsed it: who
 * trusts the first key must not be led to a key that somebody else chose.
 */
static void
note_rotation(qfs_audit *audit, const qfs_rule *rule, const qfs_entry *entry)
{
	if (rule->follow(&audit->ledger, entry, &audit->keys))
		qfs_vkey_make(qfs_slice_of(audit->origin), QFS_NOTE_ED25519, &audit->keys.checkpoint, &audit->key);
}

static void
note_keys(qfs_audit *audit, const qfs_stored_entry *record)
{
	const qfs_entry *entry = record->entry;
	const qfs_rule *rule = qfs_registry_find(audit->registry, entry->type);

	if (entry->seq == 0)
		note_genesis(audit, record);
	else if (rule != NULL && rule->follow != NULL)
		note_rotation(audit, rule, entry);
	else
		return;
	if (audit->trusted != NULL && strcmp(audit->trusted->name, audit->key.name) == 0 &&
		memcmp(&audit->trusted->key, &audit->key.key, sizeof(qfs_hash)) == 0)
		audit->trusted_seen = true;
}

/* ---- payloads that were erased ---- */

static qfs_status
grow_missing(qfs_audit *audit, qfs_error *err)
{
	size_t		capacity = audit->missing_capacity == 0 ? 16 : 2 * audit->missing_capacity;
	qfs_missing *more = audit->allocator.allocate(audit->allocator.context, capacity * sizeof(*more));

	if (more == NULL)
		return qfs_fail(err, QFS_NO_MEMORY, "for entries without a payload");
	if (audit->missing != NULL)
	{
		memcpy(more, audit->missing, audit->missing_count * sizeof(*more));
		audit->allocator.release(audit->allocator.context, audit->missing);
	}
	audit->missing = more;
	audit->missing_capacity = capacity;
	return QFS_OK;
}

/* An entry without a payload waits for the one that says why.  One that is not in its turn is a fault in any case. */
static qfs_status
note_missing(qfs_audit *audit, const qfs_entry *entry)
{
	qfs_error	err;
	qfs_status	status = QFS_OK;

	/* With a reducer the chain says so. */
	if (audit->chain.reducer == NULL && !qfs_registry_erases(audit->registry, entry->type))
	{
		qfs_fail(&err, QFS_PAYLOAD_MISSING, "entry %u is a %v", entry->seq, entry->type);
		return qfs_audit_fault(audit, entry->seq, &err);
	}
	if (audit->missing_count > 0 && audit->missing[audit->missing_count - 1].seq >= entry->seq)
		return QFS_OK;
	if (audit->missing_count == audit->missing_capacity)
		status = grow_missing(audit, &err);
	if (status != QFS_OK)
		return qfs_audit_fault(audit, entry->seq, &err);
	audit->missing[audit->missing_count++] = (qfs_missing) {.seq = entry->seq};
	return QFS_OK;
}

static qfs_missing *
find_missing(qfs_audit *audit, uint64_t seq)
{
	size_t		from = 0;
	size_t		to = audit->missing_count;

	while (from < to)
	{
		size_t		middle = from + (to - from) / 2;

		if (audit->missing[middle].seq == seq)
			return &audit->missing[middle];
		if (audit->missing[middle].seq < seq)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

/* The entry says of another that it has no payload any more. */
static void
note_erasure(qfs_audit *audit, const qfs_entry *entry)
{
	const qfs_rule *rule = qfs_registry_find(audit->registry, entry->type);
	qfs_missing *missing;
	uint64_t	seq;

	if (rule == NULL || rule->erases == NULL || !rule->erases(entry, &seq))
		return;
	missing = find_missing(audit, seq);
	if (missing == NULL || missing->erased)
		return;
	missing->erased = true;
	audit->erased++;
}

qfs_status
qfs_audit_record(qfs_audit *audit, const qfs_stored_entry *record)
{
	qfs_stored_entry copy = *record;
	qfs_status	status = QFS_OK;

	copy.space = &audit->space;
	if (record->entry->is_full)
		note_erasure(audit, record->entry);
	else
		status = note_missing(audit, record->entry);
	if (status != QFS_OK)
		return status;
	/* One that is not in its turn, a repeated genesis say, has no say about keys. */
	if (record->entry->seq >= audit->chain.frontier.size)
		note_keys(audit, record);
	return qfs_chain_check(&audit->chain, &copy, report_through, audit);
}

qfs_status
qfs_audit_unreadable(qfs_audit *audit, uint64_t seq, const qfs_error *fault)
{
	audit->chain.frontier.size = seq + 1;
	audit->chain.rooted = false;
	audit->chain.linked = false;
	return qfs_audit_fault(audit, seq, fault);
}

qfs_status
qfs_audit_entry(qfs_audit *audit, qfs_entry *entry)
{
	qfs_stored_entry record = {.entry = entry};
	qfs_error	fault;

	if (entry->is_full || qfs_entry_is_erased(entry))
		return qfs_audit_record(audit, &record);
	qfs_fail(&fault, QFS_ENTRY_INCOMPLETE, "entry %u does not show all of its parts", entry->seq);
	return qfs_audit_unreadable(audit, audit->chain.frontier.size, &fault);
}

/* A line that is no entry stands where the next one should, and counts as that. */
qfs_status
qfs_audit_line(qfs_audit *audit, qfs_slice line)
{
	qfs_entry	entry;
	qfs_error	fault;

	if (qfs_line_read(line, &entry, &fault) != QFS_OK)
		return qfs_audit_unreadable(audit, audit->chain.frontier.size, &fault);
	return qfs_audit_entry(audit, &entry);
}

static qfs_status
check_root(qfs_audit *audit, const qfs_checkpoint *checkpoint)
{
	qfs_error	fault;
	qfs_hash	root;

	if (!audit->chain.rooted)
		qfs_fail(&fault, QFS_CHECKPOINT_ROOT, "entries below size %u are missing",
				 checkpoint->size);
	else if (qfs_frontier_root(&audit->chain.frontier, &root, &fault) == QFS_OK)
	{
		if (memcmp(&root, &checkpoint->root, sizeof(root)) == 0)
			return QFS_OK;
		qfs_fail(&fault, QFS_CHECKPOINT_ROOT, "at size %u it signs %h, the entries give %h",
				 checkpoint->size, checkpoint->root.bytes, root.bytes);
	}
	return qfs_audit_fault(audit, checkpoint->size, &fault);
}

qfs_status
qfs_audit_checkpoint(qfs_audit *audit, const qfs_checkpoint *checkpoint)
{
	qfs_error	fault = {QFS_OK, ""};

	if (!qfs_slice_equal(checkpoint->origin, qfs_slice_of(audit->origin)))
		qfs_fail(&fault, QFS_CHECKPOINT_ORIGIN, "it is for \"%v\", the ledger is \"%s\"",
				 checkpoint->origin, audit->origin);
	else if (checkpoint->size != audit->chain.frontier.size)
		qfs_fail(&fault, QFS_CHECKPOINT_SIZE, "it signs %u entries, there are %u",
				 checkpoint->size, audit->chain.frontier.size);
	else
	{
		qfs_note_verdict verdict = qfs_note_verify(checkpoint, &audit->key, NULL);

		if (verdict == QFS_NOTE_ABSENT)
			qfs_fail(&fault, QFS_CHECKPOINT_KEY, "at size %u", checkpoint->size);
		else if (audit->trusted != NULL && !audit->trusted_seen)
			qfs_fail(&fault, QFS_CHECKPOINT_KEY, "at size %u the given key was not in force yet",
					 checkpoint->size);
		else if (verdict == QFS_NOTE_BAD)
			qfs_fail(&fault, QFS_SIGNATURE_INVALID, "of the checkpoint of size %u",
					 checkpoint->size);
	}
	if (fault.status != QFS_OK)
		return qfs_audit_fault(audit, checkpoint->size, &fault);
	return check_root(audit, checkpoint);
}

const qfs_session_record *
qfs_audit_next_session(qfs_audit *audit, size_t *position)
{
	const qfs_session_record *session;

	if (qfs_reducer_refresh(&audit->reducer, NULL) != QFS_OK || !audit->reducer.open)
		return NULL;
	while ((session = qfs_memory_store_record(audit->memory, &qfs_kind_session, *position)) != NULL)
	{
		++*position;
		if (qfs_session_is_active(&audit->reducer, session, audit->chain.at))
			return session;
	}
	return NULL;
}

qfs_status
qfs_audit_missing(qfs_audit *audit)
{
	qfs_status	status = QFS_OK;
	qfs_error	fault;

	for (size_t i = 0; i < audit->missing_count && status == QFS_OK; i++)
	{
		if (audit->missing[i].erased)
			continue;
		qfs_fail(&fault, QFS_PAYLOAD_MISSING, "entry %u", audit->missing[i].seq);
		status = qfs_audit_fault(audit, audit->missing[i].seq, &fault);
	}
	return status;
}

qfs_status
qfs_audit_finish(qfs_audit *audit)
{
	qfs_error	fault;

	if (audit->chain.frontier.size == 0)
	{
		qfs_fail(&fault, QFS_NO_GENESIS, "there are no entries");
		return qfs_audit_fault(audit, 0, &fault);
	}
	if (qfs_audit_missing(audit) != QFS_OK)
		return QFS_PAYLOAD_MISSING;
	if (audit->trusted == NULL || audit->trusted_seen)
		return QFS_OK;
	qfs_fail(&fault, QFS_KEY_UNTRUSTED, "%s", audit->trusted->name);
	return qfs_audit_fault(audit, audit->chain.frontier.size, &fault);
}
