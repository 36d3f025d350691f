/*
 * checkpoint.c - the signed note of a size: who signs it, and when.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A primary signs once no crash, no rollback and no failover can lose what is
 * signed.  A standby cannot know that of what it replayed: it signs no size
 * beyond the checkpoint that the primary has published.
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/snapmgr.h"

#include "engine/reduce.h"
#include "log/note.h"
#include "pg/base/args.h"
#include "pg/base/durable.h"
#include "pg/base/errors.h"
#include "pg/base/guc.h"
#include "pg/base/kept_plan.h"
#include "pg/fn/checkpoint.h"
#include "pg/secret/keyfile.h"
#include "pg/table/opening.h"
#include "pg/table/published.h"
#include "pg/table/server_identity.h"
#include "pg/table/store_table.h"

/* ---- who signs ---- */

/* The last signing key that an entry below `size` put in force. */
typedef struct KeySearch
{
	int64		size;
	bool		found;
	qfs_signing_key_record key;
} KeySearch;

static void
consider_key(void *context, const qfs_kind *kind, const void *record)
{
	KeySearch  *search = context;
	const qfs_signing_key_record *key = record;

	/* Key 0 signs the empty ledger as well. */
	if (key->seq >= Max(search->size, 1) || (search->found && key->seq < search->key.seq))
		return;
	search->key = *key;
	search->found = true;
}

static void
copy_origin(void *origin, const qfs_kind *kind, const void *record)
{
	strlcpy(origin, ((const qfs_ledger_record *) record)->origin, QFS_ORIGIN_MAX + 1);
}

void
qfs_checkpoint_origin(const LedgerHead *head, char origin[QFS_ORIGIN_MAX + 1])
{
	origin[0] = '\0';
	qfs_table_store_visit(&qfs_kind_ledger, copy_origin, origin);
	if (origin[0] != '\0')
		return;
	qfs_ledger_throw_closed(head->size, "there is no key to sign with yet");
}

void
qfs_checkpoint_vkey(const LedgerHead *head, uint64 size, qfs_vkey *out)
{
	KeySearch	search = {.size = (int64) size};
	char		origin[QFS_ORIGIN_MAX + 1];

	qfs_checkpoint_origin(head, origin);
	qfs_table_store_visit(&qfs_kind_signing_key, consider_key, &search);
	if (!search.found)
		QFS_THROW(QFS_STATE_MISMATCH, "there is no signing key");
	qfs_vkey_make(qfs_slice_of(origin), QFS_NOTE_ED25519, &search.key.checkpoint, out);
}

/* ---- signing ---- */

/*
 * A signature outlives a rollback.  Entries of a transaction are the last ones,
 * and the keys of a ledger that begins are entry 0's.
 */
static void
check_committed(LedgerReader *reader, uint64 size)
{
	HeapTuple	row = qfs_ledger_row(reader, Max(size, 1) - 1);

	if (row == NULL)
		return;
	if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data)))
		QFS_THROW(QFS_SIGN_OWN, "size %u", (uint64_t) size);
	heap_freetuple(row);
}

static void
sign_checkpoint(qfs_buf *note, const qfs_vkey *vkey, uint64 size, const qfs_hash *root)
{
	qfs_key_pair pair;
	qfs_slice	body;

	qfs_checkpoint_write(note, qfs_slice_of(vkey->name), size, root);
	body = qfs_buf_slice(note);
	qfs_buf_byte(note, '\n');
	qfs_keyfile_find(&vkey->key, &pair);
	qfs_note_sign(note, vkey, pair.secret, body);
	sodium_memzero(&pair, sizeof(pair));
}

qfs_slice
qfs_add_cosignatures(qfs_buf *note, uint64 size)
{
	static SPIPlanPtr plan = NULL;
	static const char query[] = "SELECT line FROM qfs.cosignature WHERE size = $1 ORDER BY vkey";
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum((int64) size)};

	SPI_connect();
	if (SPI_execute_plan(qfs_kept_plan(&plan, query, 1, types), values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: cosignatures could not be read");
	for (uint64 i = 0; i < SPI_processed; i++)
		qfs_buf_text(note, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	if (note->overflow)
		QFS_THROW(QFS_INTERNAL, "a checkpoint has too many cosignatures");
	return qfs_buf_slice(note);
}

/* ---- sizes of a standby ---- */

static bool
is_bound(void)
{
	return RecoveryInProgress() && !qfs_standby_signs;
}

/* What the primary has published, which goes as far as `size`. */
static void
read_published(uint64 size, Published *out)
{
	if (!qfs_published_read(GetActiveSnapshot(), out))
		QFS_THROW(QFS_SIGN_STANDBY, "nothing is published yet");
	if (out->size < size)
		QFS_THROW(QFS_SIGN_STANDBY, "size %u is needed, %u is published", (uint64_t) size, (uint64_t) out->size);
}

uint64
qfs_size_arg(FunctionCallInfo fcinfo, int n, const LedgerHead *head)
{
	uint64		size = PG_ARGISNULL(n) ? head->size : qfs_count_arg(fcinfo, n, "size");

	if (size > head->size)
		QFS_THROW(QFS_SIZE_UNKNOWN, "size %u was asked for, it has %u entries",
				  (uint64_t) size, (uint64_t) head->size);
	return size;
}

uint64
qfs_signed_size_arg(FunctionCallInfo fcinfo, int n, const LedgerHead *head, uint64 least)
{
	Published	published;

	if (!is_bound())
		return qfs_size_arg(fcinfo, n, head);
	if (!PG_ARGISNULL(n))
		least = Max(least, qfs_count_arg(fcinfo, n, "size"));
	read_published(least, &published);
	return PG_ARGISNULL(n) ? published.size : qfs_count_arg(fcinfo, n, "size");
}

/* ---- notes ---- */

/* Signs a size, whether or not something can still lose it. */
static void
sign_size(qfs_buf *note, LedgerReader *reader, const qfs_vkey *vkey, uint64 size)
{
	qfs_hash	root;
	qfs_error	err;

	QFS_TRY(qfs_tree_root(&reader->tree, size, &root, &err), &err);
	sign_checkpoint(note, vkey, size, &root);
}

/* The published note itself, which needs no key; it has to be of this ledger. */
static void
copy_published(qfs_buf *note, LedgerReader *reader, const qfs_vkey *vkey, const Published *published)
{
	qfs_slice	body;
	qfs_hash	root;
	qfs_error	err;

	QFS_TRY(qfs_tree_root(&reader->tree, published->size, &root, &err), &err);
	qfs_checkpoint_write(note, qfs_slice_of(vkey->name), published->size, &root);
	body = qfs_buf_slice(note);
	if (published->note.len < body.len || memcmp(published->note.data, body.data, body.len) != 0)
		QFS_THROW(QFS_CONTENT_MISMATCH, "the published checkpoint is none of this ledger");
	qfs_buf_bytes(note, published->note.data + body.len, published->note.len - body.len);
}

static void
make_on_standby(qfs_buf *note, LedgerReader *reader, const qfs_vkey *vkey, uint64 size)
{
	Published	published;

	read_published(size, &published);
	if (published.size == size)
		copy_published(note, reader, vkey, &published);
	else
		sign_size(note, reader, vkey, size);
}

/* Is there a key, and may it sign this size at all? */
static void
begin_note(qfs_buf *note, LedgerReader *reader, const LedgerHead *head, uint64 size, qfs_vkey *vkey)
{
	qfs_checkpoint_vkey(head, size, vkey);
	qfs_server_check();
	check_committed(reader, size);
	qfs_buf_init(note, palloc(QFS_NOTE_MAX), QFS_NOTE_MAX);
}

qfs_slice
qfs_make_checkpoint(LedgerReader *reader, const LedgerHead *head, uint64 size)
{
	qfs_vkey	vkey;
	qfs_buf		note;

	begin_note(&note, reader, head, size, &vkey);
	if (is_bound())
		make_on_standby(&note, reader, &vkey, size);
	else
	{
		if (!RecoveryInProgress())
			qfs_wait_durable();
		sign_size(&note, reader, &vkey, size);
	}
	return qfs_add_cosignatures(&note, size);
}

qfs_slice
qfs_sign_durable(LedgerReader *reader, const LedgerHead *head, uint64 size)
{
	qfs_vkey	vkey;
	qfs_buf		note;

	begin_note(&note, reader, head, size, &vkey);
	sign_size(&note, reader, &vkey, size);
	return qfs_buf_slice(&note);
}
