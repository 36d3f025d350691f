/*
 * entry_columns.c - the ledger's columns "accounts" and "salt", of entries that show everything and of others.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/table/entry_columns.h"

#include "base/status.h"
#include "log/line.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"

Datum
qfs_accounts_column(const qfs_entry *entry)
{
	qfs_json_writer w;
	qfs_buf		buf;
	qfs_error	err;

	if (entry->is_full)
		return qfs_jsonb_of(entry->accounts);
	qfs_buf_init(&buf, palloc(QFS_PARTS_MAX), QFS_PARTS_MAX);
	qfs_json_begin(&w, &buf);
	qfs_json_open_array(&w);
	for (unsigned i = 0; i < entry->account_count; i++)
		if (entry->account_parts[i].part.shown)
			qfs_json_put_value(&w, entry->account_parts[i].part.value);
	qfs_json_close(&w);
	QFS_TRY(qfs_json_end(&w, &err), &err);
	return qfs_jsonb_of(qfs_buf_slice(&buf));
}

/* The parts that stay, besides those of accounts. */
static const qfs_part kept[] = {QFS_PART_ACT, QFS_PART_OUTCOME};
static const qfs_part gone[] = {QFS_PART_PAYLOAD, QFS_PART_SIG};

#define COLUMN_MAX (lengthof(gone) * sizeof(qfs_hash) + (lengthof(kept) + QFS_ACCOUNT_PARTS_MAX) * sizeof(qfs_salt))

bytea *
qfs_salt_column(const qfs_entry *entry)
{
	uint8		memory[COLUMN_MAX];
	qfs_buf		buf;

	if (entry->is_full)
		return qfs_bytea_of((qfs_slice) {entry->salt.bytes, sizeof(entry->salt.bytes)});
	qfs_buf_init(&buf, memory, sizeof(memory));
	for (size_t i = 0; i < lengthof(gone); i++)
		qfs_buf_bytes(&buf, &entry->parts[gone[i]].commitment, sizeof(qfs_hash));
	for (size_t i = 0; i < lengthof(kept); i++)
		qfs_buf_bytes(&buf, &entry->parts[kept[i]].salt, sizeof(qfs_salt));
	for (unsigned i = 0; i < entry->account_count; i++)
		qfs_buf_bytes(&buf, &entry->account_parts[i].part.salt, sizeof(qfs_salt));
	return qfs_bytea_of(qfs_buf_slice(&buf));
}

static void
take(qfs_slice *from, void *to, size_t len)
{
	memcpy(to, from->data, len);
	qfs_slice_skip(from, len);
}

qfs_status
qfs_erased_read(qfs_slice salt, qfs_entry *entry, qfs_buf *act, qfs_error *err)
{
	size_t		around = lengthof(gone) * sizeof(qfs_hash) + lengthof(kept) * sizeof(qfs_salt);
	qfs_status	status;

	/* First as if it were full: this reads the parts of accounts, and checks how long all are. */
	entry->payload = QFS_LITERAL("{}");
	entry->sig = QFS_LITERAL("null");
	memset(&entry->salt, 0, sizeof(entry->salt));
	status = qfs_entry_commit(entry, act, err);
	if (status != QFS_OK)
		return status;
	if (salt.len != around + entry->account_count * sizeof(qfs_salt))
		return qfs_fail(err, QFS_ENTRY_FORMAT, "salt has %u bytes", (uint64_t) salt.len);
	entry->accounts = (qfs_slice) {NULL, 0};
	for (size_t i = 0; i < lengthof(gone); i++)
	{
		qfs_entry_hide(entry, gone[i]);
		take(&salt, &entry->parts[gone[i]].commitment, sizeof(qfs_hash));
	}
	for (size_t i = 0; i < lengthof(kept); i++)
	{
		take(&salt, &entry->parts[kept[i]].salt, sizeof(qfs_salt));
		qfs_part_commit(&entry->parts[kept[i]]);
	}
	for (unsigned i = 0; i < entry->account_count; i++)
	{
		take(&salt, &entry->account_parts[i].part.salt, sizeof(qfs_salt));
		qfs_part_commit(&entry->account_parts[i].part);
	}
	qfs_accounts_commit(entry);
	return QFS_OK;
}
