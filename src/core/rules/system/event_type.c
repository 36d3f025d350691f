/*
 * event_type.c - EVENT_TYPE: an application's own type and who may append it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A type is registered once and for ever: replay must judge an old event by
 * the schema of its time.
 */
#include "engine/rule.h"
#include "text/schema.h"
#include "base/status.h"

static const qfs_field fields[] = {
	QFS_FIELD(qfs_event_type_record, type, QFS_FIELD_NAME),
	QFS_FIELD(qfs_event_type_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_event_type_record, by, QFS_FIELD_NAME),
	QFS_FIELD(qfs_event_type_record, schema, QFS_FIELD_JSON),
};

const qfs_kind qfs_kind_event_type =
QFS_KIND("event_type", qfs_event_type_record, fields, 1, true);

/* A plain string of at most QFS_TYPE_MAX bytes, as the payload's schema demands. */
static void
copy_name(qfs_slice payload, const char *member, char out[QFS_TYPE_MAX + 1])
{
	qfs_slice	value;
	qfs_slice	name = {NULL, 0};

	memset(out, 0, QFS_TYPE_MAX + 1);
	if (qfs_json_member(payload, member, &value) && qfs_json_to_plain(value, &name) &&
		name.len <= QFS_TYPE_MAX)
		memcpy(out, name.data, name.len);
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_event_type_record record = {.seq = (int64_t) act->event->seq};
	qfs_slice	schema;
	bool		found;
	qfs_status	status;

	copy_name(act->event->payload, "type", record.type);
	copy_name(act->event->payload, "by", record.by);
	qfs_json_member(act->event->payload, "schema", &schema);

	status = qfs_type_check(qfs_slice_of(record.type), act->err);
	if (status == QFS_OK)
		status = qfs_schema_check(schema, act->err);
	if (status != QFS_OK)
		return status;
	if (qfs_rule_exists(qfs_slice_of(record.type)))
		return qfs_fail(act->err, QFS_TYPE_EXISTS, "%s is a type of qfs's own", record.type);
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
};
