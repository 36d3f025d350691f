/*
 * server.c - the ledger records the server that it lives in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "pg/append/account_event.h"
#include "pg/append/append.h"
#include "pg/append/server.h"
#include "pg/base/errors.h"
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
	qfs_buf_init(&buf, palloc(QFS_ENTRY_MAX), QFS_ENTRY_MAX);
	qfs_json_begin(&w, &buf);
	qfs_server_changed_write(&w, changed, reason, &server);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	return qfs_buf_slice(&buf);
}

int64
qfs_server_record_change(unsigned changed, qfs_slice reason)
{
	qfs_slice	payload = write_payload(changed, reason);
	int64		seq = qfs_append_own_event("SERVER_CHANGED", payload);

	pfree((void *) payload.data);
	return seq;
}

static qfs_slice
write_reason(qfs_slice text)
{
	qfs_json_writer w;
	qfs_error	err;
	qfs_buf		buf;

	qfs_buf_init(&buf, palloc(QFS_ENTRY_MAX), QFS_ENTRY_MAX);
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
	return qfs_server_record_change(changed, text);
}
