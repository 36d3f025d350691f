/*
 * event_type.c - EVENT_TYPE: an application's own type and who may append it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A type is registered once and for ever: replay must judge an old event by
 * the schema of its time.  So a schema that no event can fit is refused.
 */
#include "base/status.h"
#include "engine/payload.h"
#include "log/entry.h"
#include "text/satisfiable.h"
#include "text/schema.h"

/* Errors: TYPE_SYNTAX. */
static qfs_status
read_type(const qfs_act *act, char out[QFS_TYPE_MAX + 1])
{
	qfs_slice	type;
	qfs_slice	value;
	qfs_status	status;

	/* What is no plain text, or too long for one, is no type either. */
	if (!qfs_json_member(act->event->payload, "type", &value) || !qfs_json_to_plain(value, &type) ||
		type.len > QFS_TYPE_MAX)
		type = QFS_LITERAL("");
	status = qfs_type_check(type, act->err);
	memset(out, 0, QFS_TYPE_MAX + 1);
	if (status == QFS_OK)
		memcpy(out, type.data, type.len);
	return status;
}

/*
 * What the ledger is going to need.  A name ending in "_" keeps all that begin
 * with it, and itself without the "_".
 */
static const char *const reserved[] = {
	"AEGIS_", "ANCHOR_", "DORMANCY_", "FAULT_", "LEDGER_", "NOD_", "PAYLOAD_", "PROPOSAL_", "ROW_",
	"SEGMENT_", "SERVER_", "TABLE_", "VOTE_"
};

static bool
is_reserved(qfs_slice type)
{
	for (size_t i = 0; i < QFS_ROWS(reserved); i++)
	{
		qfs_slice	prefix = qfs_slice_of(reserved[i]);

		if (type.len >= prefix.len ? memcmp(type.data, prefix.data, prefix.len) == 0 :
			type.len == prefix.len - 1 && memcmp(type.data, prefix.data, type.len) == 0)
			return true;
	}
	return false;
}

/*
 * Bytes that the payload of an event of this type can have: what the shortest
 * entry after this one leaves, which is an operator's.
 */
static uint64_t
room_for_payload(const qfs_act *act, qfs_slice type)
{
	uint8_t		line[512];
	qfs_buf		out;
	qfs_entry	entry = {
		.at = act->event->at, .auth = QFS_LITERAL("{\"via\":\"operator\"}"), .outcome = QFS_LITERAL("{}"),
		.payload = QFS_LITERAL("{}"), .seq = act->event->seq + 1, .type = type
	};

	qfs_buf_init(&out, line, sizeof(line));
	(void) qfs_entry_encode(&entry, &out, NULL);
	return QFS_ENTRY_MAX - (out.len - entry.payload.len);
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_event_type_record record = {.seq = (int64_t) act->event->seq};
	qfs_slice	schema;
	bool		found;
	qfs_status	status = read_type(act, record.type);

	if (status == QFS_OK)
		status = qfs_payload_name(act, "by", record.by);
	if (status == QFS_OK)
		status = qfs_payload_value(act, "schema", &schema);
	if (status == QFS_OK)
		status = qfs_schema_check(schema, act->err);
	if (status == QFS_OK)
		status = qfs_schema_check_satisfiable(schema, room_for_payload(act, qfs_slice_of(record.type)), act->err);
	if (status != QFS_OK)
		return status;
	if (qfs_registry_find(act->reducer->registry, qfs_slice_of(record.type)) != NULL)
		return qfs_fail(act->err, QFS_TYPE_EXISTS, "%s is a type of qfs's own", record.type);
	if (is_reserved(qfs_slice_of(record.type)))
		return qfs_fail(act->err, QFS_TYPE_RESERVED, "%s", record.type);
	status = store->get(store, &qfs_kind_event_type, &record, &found, act->err);
	if (status != QFS_OK)
		return status;
	if (found)
		return qfs_fail(act->err, QFS_TYPE_EXISTS, "%s, by entry %i", record.type, record.seq);

	/* A schema without keywords admits any object. */
	record.schema = qfs_json_length(schema) > 0 ? schema :
		QFS_LITERAL("{\"additionalProperties\":true,\"type\":\"object\"}");
	return store->put(store, &qfs_kind_event_type, &record, act->err);
}

static const qfs_lookup lookup = {.names = &qfs_kind_event_type, .member = "type", .form = QFS_FORM_TEXT};

const qfs_rule qfs_rule_event_type = {
	.type = "EVENT_TYPE",
	.schema = "{\"properties\":{"
	"\"by\":{\"enum\":[\"account\",\"operator\"]},"
	"\"schema\":{\"additionalProperties\":true,\"type\":\"object\"},"
	"\"type\":{\"maxLength\":63,\"minLength\":1,\"type\":\"string\"}},"
	"\"required\":[\"by\",\"schema\",\"type\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = apply,
	.enacts = QFS_ENACTS_TYPE,
	.lookup = &lookup,
};
