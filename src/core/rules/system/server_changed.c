/*
 * server_changed.c - SERVER_CHANGED: the ledger lives on in another server, or on another timeline.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The ledger appends it before the first event there.  Digests under two salts
 * cannot be compared, so what is said of system and database is the server's
 * word; the rest follows from the ledger, and is checked.
 */
#include "rules/system/server_changed.h"

#include "base/status.h"
#include "engine/payload.h"

qfs_status
qfs_server_enact(qfs_act *act, qfs_server_record *server)
{
	qfs_store  *store = act->reducer->store;

	server->seq = (int64_t) act->event->seq;
	return store->put(store, &qfs_kind_server, server, act->err);
}

void
qfs_server_changed_write(qfs_json_writer *w, unsigned changed, qfs_slice reason,
						 const qfs_server_record *server)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "changed");
	qfs_json_open_array(w);
	for (unsigned n = 0; n < QFS_SERVER_CHANGES; n++)
		if (changed & 1u << n)
			qfs_json_put_text(w, qfs_slice_of(qfs_server_change_name(n)));
	qfs_json_close(w);
	qfs_json_key(w, "reason");
	qfs_json_put_value(w, reason);
	qfs_json_key(w, "server");
	qfs_server_record_write(w, server);
	qfs_json_close(w);
}

/* The set that the payload lists; each name once, in their order. */
static qfs_status
read_changed(const qfs_act *act, unsigned *changed)
{
	qfs_json_iter iter = qfs_json_members(qfs_json_member_or(act->event->payload, "changed", QFS_LITERAL("[]")));
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	name;
	unsigned	n = 0;

	*changed = 0;
	while (qfs_json_next(&iter, &key, &value))
	{
		if (!qfs_json_to_plain(value, &name))
			name = QFS_LITERAL("");
		while (n < QFS_SERVER_CHANGES && !qfs_slice_equal(name, qfs_slice_of(qfs_server_change_name(n))))
			n++;
		if (n == QFS_SERVER_CHANGES)
			return qfs_fail(act->err, QFS_PAYLOAD_INVALID,
							"payload.changed: %v; each name once, in their order", value);
		*changed |= 1u << n++;
	}
	return QFS_OK;
}

/* Is what is recorded in the clear listed exactly when it differs? */
static qfs_status
check_listed(const qfs_act *act, unsigned changed, unsigned change, const char *name, int64_t before, int64_t now)
{
	if ((before != now) == ((changed & change) != 0))
		return QFS_OK;
	return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.changed: the %s was %i and is %i", name, before, now);
}

/* Does one change go with the others? */
static qfs_status
check_together(const qfs_act *act, unsigned changed)
{
	bool		recovery = (changed & QFS_SERVER_RECOVERY) != 0;
	bool		system = (changed & QFS_SERVER_SYSTEM) != 0;
	qfs_slice	reason = qfs_json_member_or(act->event->payload, "reason", QFS_LITERAL("null"));

	if (system && !(changed & QFS_SERVER_DATABASE))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.changed: another system has another database");
	if (recovery && (system || !(changed & QFS_SERVER_TIMELINE)))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID,
						"payload.changed: a recovery is one of the same system, onto another timeline");
	if ((qfs_json_type_of(reason) == QFS_JSON_STRING) != ((changed & QFS_SERVER_DECIDED) != 0))
		return qfs_fail(act->err, QFS_PAYLOAD_INVALID,
						"payload.reason: with database, recovery or system, and not without");
	return QFS_OK;
}

/* Does the entry say what changed since the record before? */
static qfs_status
check_changed(const qfs_act *act, const qfs_server_record *before, const qfs_server_record *now)
{
	unsigned	changed;
	qfs_status	status = read_changed(act, &changed);

	if (status == QFS_OK)
		status = check_listed(act, changed, QFS_SERVER_TIMELINE, "timeline", before->timeline, now->timeline);
	if (status == QFS_OK)
		status = check_listed(act, changed, QFS_SERVER_VERSION, "version", before->version, now->version);
	if (status == QFS_OK)
		status = check_together(act, changed);
	if (status == QFS_OK && strcmp(before->salt, now->salt) == 0)
		status = qfs_fail(act->err, QFS_PAYLOAD_INVALID, "payload.server.salt: that of entry %i", before->seq);
	return status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_server_record before = {.number = 0};
	qfs_server_record now = {.number = 0};
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_server, &before, &found, act->err);

	if (status == QFS_OK && !found)
		return qfs_fail(act->err, QFS_STATE_MISMATCH, "the record of the server is missing");
	if (status == QFS_OK)
		status = qfs_server_record_read(act->event->payload, &now, act->err);
	if (status == QFS_OK)
		status = check_changed(act, &before, &now);
	if (status == QFS_OK)
		status = qfs_server_enact(act, &now);
	if (status != QFS_OK)
		return status;
	qfs_json_put_member_int(act->result, "previous", before.seq);
	return QFS_OK;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_server_record now = {.number = 0};
	qfs_status	status = qfs_server_record_read(act->event->payload, &now, act->err);

	return status == QFS_OK ? qfs_server_enact(act, &now) : status;
}

/* ---- its explanation ---- */

/* The entry that recorded the server before. */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	return qfs_grounds_add_named(grounds, qfs_result_of(entry->outcome), "previous", err);
}

const qfs_rule qfs_rule_server_changed = {
	.type = "SERVER_CHANGED",
	.schema = "{\"properties\":{"
	"\"changed\":{\"items\":{\"enum\":[\"database\",\"recovery\",\"system\",\"timeline\",\"version\"]},"
	"\"maxItems\":5,\"minItems\":1,\"type\":\"array\"},"
	"\"reason\":{\"maxLength\":500,\"minLength\":1,\"type\":[\"null\",\"string\"]},"
	"\"server\":" QFS_SERVER_SCHEMA "},"
	"\"required\":[\"changed\",\"reason\",\"server\"],\"type\":\"object\"}",
	.via = QFS_VIA_OPERATOR,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.is_public = true,
	.of_server = true,
};
