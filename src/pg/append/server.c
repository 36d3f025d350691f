/*
 * server.c - the ledger records the server that it lives in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "access/table.h"

#include "pg/append/append.h"
#include "pg/append/own_event.h"
#include "pg/append/server.h"
#include "pg/base/errors.h"
#include "pg/table/opening.h"
#include "pg/table/server_identity.h"
#include "rules/system/server_changed.h"

void
qfs_server_draw(qfs_server_record *out)
{
	uint8_t		salt[QFS_SERVER_SALT_LEN];
	qfs_server	now;

	qfs_server_now(&now);
	randombytes_buf(salt, sizeof(salt));
	qfs_server_record_make(&now, salt, out);
}

static qfs_slice
write_payload(unsigned changed, qfs_slice reason)
{
	qfs_server_record server = {.number = 0};
	qfs_json_writer w;
	qfs_error	err;
	qfs_buf		buf;

	qfs_server_draw(&server);
	qfs_buf_init(&buf, palloc(QFS_PAYLOAD_MAX), QFS_PAYLOAD_MAX);
	qfs_json_begin(&w, &buf);
	qfs_server_changed_write(&w, changed, reason, &server);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	return qfs_buf_slice(&buf);
}

/* True while its entry is on its way: what a trigger appends in front of that row comes in front of it. */
static bool settling = false;

/*
 * Appends SERVER_CHANGED, whoever acts; returns its number.
 * changed: what qfs_server_changes() has found, not nothing
 * reason:  a JSON string where somebody had to decide, else null
 */
static int64
record_change(unsigned changed, qfs_slice reason)
{
	Relation	ledger = table_open(qfs_table_oid("ledger"), RowExclusiveLock);
	int64		seq = 0;

	settling = true;
	PG_TRY();
	{
		seq = qfs_append_own_event(ledger, "SERVER_CHANGED", write_payload(changed, reason), 0);
	}
	PG_FINALLY();
	{
		settling = false;
	}
	PG_END_TRY();
	table_close(ledger, NoLock);
	return seq;
}

void
qfs_server_settle(void)
{
	unsigned	changed;

	/* Without the lock the record may be an old one, so it is looked at again; one that is of this server is none. */
	if (settling || !qfs_ledger_is_open() || qfs_server_changes() == 0)
		return;
	(void) qfs_append_lock();
	changed = qfs_server_changes();
	if (changed & QFS_SERVER_DECIDED)
		qfs_server_throw(changed);
	if (changed != 0)
		(void) record_change(changed, QFS_LITERAL("null"));
}

static qfs_slice
write_reason(qfs_slice text)
{
	qfs_json_writer w;
	qfs_error	err;
	qfs_buf		buf;

	qfs_buf_init(&buf, palloc(QFS_PAYLOAD_MAX), QFS_PAYLOAD_MAX);
	qfs_json_begin(&w, &buf);
	qfs_json_put_text(&w, text);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	if (text.len == 0 || qfs_json_length(qfs_buf_slice(&buf)) > QFS_SERVER_REASON_MAX)
		QFS_THROW(QFS_ARGUMENT, "a reason has 1 to %i characters", (int64_t) QFS_SERVER_REASON_MAX);
	return qfs_buf_slice(&buf);
}

int64
qfs_server_adopt(qfs_slice reason)
{
	qfs_slice	text = write_reason(reason);
	unsigned	changed;

	/* Under the chain lock: nobody else adopts it meanwhile. */
	(void) qfs_append_lock();
	changed = qfs_server_changes();
	if (!(changed & QFS_SERVER_DECIDED))
		return -1;
	return record_change(changed, text);
}
