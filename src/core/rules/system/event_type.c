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

/* The type that the payload registers, under a name that it may have. */
static qfs_status
read_record(qfs_act *act, qfs_event_type_record *out)
{
	qfs_slice	schema;
	qfs_status	status;

	*out = (qfs_event_type_record) {.seq = (int64_t) act->event->seq};
	status = read_type(act, out->type);
	if (status == QFS_OK)
		status = qfs_payload_name(act, "by", out->by);
	if (status == QFS_OK)
		status = qfs_payload_value(act, "schema", &schema);
	if (status == QFS_OK)
		status = qfs_schema_check(schema, act->err);
	if (status == QFS_OK)
		status = qfs_schema_check_satisfiable(schema, QFS_PAYLOAD_MAX, act->err);
	if (status != QFS_OK)
		return status;
	if (qfs_registry_find(act->reducer->registry, qfs_slice_of(out->type)) != NULL)
		return qfs_fail(act->err, QFS_TYPE_EXISTS, "%s is a type of qfs's own", out->type);
	if (is_reserved(qfs_slice_of(out->type)))
		return qfs_fail(act->err, QFS_TYPE_RESERVED, "%s", out->type);

	/* A schema without keywords admits any object. */
	out->schema = qfs_json_length(schema) > 0 ? schema :
		QFS_LITERAL("{\"additionalProperties\":true,\"type\":\"object\"}");
	return QFS_OK;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_event_type_record record;
	qfs_event_type_record before;
	bool		found;
	qfs_status	status = read_record(act, &record);

	if (status != QFS_OK)
		return status;
	before = record;
	status = store->get(store, &qfs_kind_event_type, &before, &found, act->err);
	if (status == QFS_OK && found)
		return qfs_fail(act->err, QFS_TYPE_EXISTS, "%s, by entry %i", before.type, before.seq);
	return status == QFS_OK ? store->put(store, &qfs_kind_event_type, &record, act->err) : status;
}

/* Twice if it was taken away by hand meanwhile: what was recorded last counts. */
static qfs_status
recall(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_event_type_record record;
	qfs_status	status = read_record(act, &record);

	return status == QFS_OK ? store->put(store, &qfs_kind_event_type, &record, act->err) : status;
}

const qfs_rule qfs_rule_event_type = {
	.type = "EVENT_TYPE",
	.schema = "{\"properties\":{"
	"\"by\":{\"enum\":[\"account\",\"operator\"]},"
	"\"schema\":{\"additionalProperties\":true,\"type\":\"object\"},"
	"\"type\":{\"maxLength\":63,\"minLength\":1,\"type\":\"string\"}},"
	"\"required\":[\"by\",\"schema\",\"type\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
	.is_public = true,
	.enacts = QFS_ENACTS_TYPE,
};
