/*
 * batch.c - batches that were sent under an id: what their events were, the ledger knows.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "crypto/sha256.h"
#include "identity/auth_value.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/batch.h"
#include "text/json.h"

bool
qfs_batch_id_fits(qfs_slice id)
{
	return id.len > 0 && pg_mbstrlen_with_len((const char *) id.data, (int) id.len) <= QFS_BATCH_ID_MAX;
}

/* ---- the events of a row, from its entries ---- */

static void
add(qfs_sha256_state *state, qfs_slice bytes)
{
	qfs_sha256_add(state, bytes.data, bytes.len);
}

/* {"key","nonce","sig"}, as the sender gave it. */
static void
write_signature(qfs_json_writer *w, const qfs_auth *auth, qfs_slice sig)
{
	qfs_json_key(w, "auth");
	qfs_json_open_object(w);
	qfs_json_key(w, "key");
	qfs_json_put_base64url(w, auth->key.bytes, sizeof(auth->key.bytes));
	qfs_json_put_member_int(w, "nonce", auth->nonce);
	qfs_json_key(w, "sig");
	qfs_json_put_value(w, sig);
	qfs_json_close(w);
}

/* A payload, and what an event has around it. */
#define BATCH_EVENT_MAX (QFS_PAYLOAD_MAX + 1024)

/* An event, as it was sent.  out: room for BATCH_EVENT_MAX bytes. */
static bool
write_event(const qfs_entry *entry, qfs_buf *out)
{
	qfs_json_writer w;
	qfs_auth	auth;

	if (qfs_auth_read(entry->auth, &auth, NULL) != QFS_OK)
		return false;
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	if (auth.is_signed && auth.via == QFS_VIA_SESSION)
		write_signature(&w, &auth, entry->sig);
	qfs_json_key(&w, "payload");
	qfs_json_put_value(&w, entry->payload);
	qfs_json_key(&w, "type");
	qfs_json_put_text(&w, entry->type);
	qfs_json_close(&w);
	return !out->overflow;
}

/* The result of a batch, on its way through the ledger. */
typedef struct Results
{
	LedgerReader *ledger;
	void	   *json;
	const qfs_user_id *user;
	qfs_buf		event;
	qfs_sha256_state digest;
	bool		erased;			/* the payload of an event of theirs was erased */
} Results;

/* {"hash","outcome","seq"}: the entry's?  Its event goes into the digest. */
static bool
is_entry(Results *r, qfs_slice result, int64 *seq)
{
	qfs_slice	outcome;
	qfs_hash	hash;
	HeapTuple	row;
	LedgerEntry e;

	if (qfs_json_type_of(result) != QFS_JSON_OBJECT || qfs_json_length(result) != 3 ||
		!qfs_json_member_count(result, "seq", seq) ||
		!qfs_json_member(result, "outcome", &outcome) ||
		!qfs_json_member_hex(result, "hash", hash.bytes, sizeof(hash.bytes)))
		return false;
	row = qfs_ledger_row(r->ledger, (uint64) *seq);
	if (row == NULL || qfs_ledger_decode(RelationGetDescr(r->ledger->rel), row, r->json, &e, NULL) != QFS_OK ||
		memcmp(&e.hash, &hash, sizeof(hash)) != 0 || !qfs_slice_equal(e.entry.outcome, outcome) ||
		!e.entry.has_actor || memcmp(&e.entry.actor, r->user, sizeof(*r->user)) != 0)
		return false;
	qfs_buf_init(&r->event, r->event.data, BATCH_EVENT_MAX);
	r->erased |= !e.entry.is_full;
	if (e.entry.is_full && !write_event(&e.entry, &r->event))
		return false;
	add(&r->digest, qfs_buf_slice(&r->event));
	heap_freetuple(row);
	return true;
}

/* Errors of the text are faults of the row, and are not thrown. */
static bool
write_result(Datum result, qfs_buf *out)
{
	Jsonb	   *jsonb = DatumGetJsonbP(result);
	size_t		capacity = mul_size(VARSIZE(jsonb), 6);

	do
	{
		qfs_buf_init(out, palloc_extended(capacity, MCXT_ALLOC_HUGE), capacity);
		if (qfs_jsonb_write(out, jsonb, 0, NULL) != QFS_OK)
			return false;
		capacity = mul_size(capacity, 2);
	} while (out->overflow);
	return qfs_json_type_of(qfs_buf_slice(out)) == QFS_JSON_ARRAY;
}

/* Are they all the entries' of the ledger, in their order?  digest: gets that of the events */
static bool
are_entries(Results *r, qfs_slice results, int64 *seq, qfs_hash *digest)
{
	qfs_json_iter iter = qfs_json_members(results);
	qfs_slice	none;
	qfs_slice	result;
	int64		last = -1;

	qfs_sha256_init(&r->digest);
	add(&r->digest, QFS_LITERAL("["));
	for (size_t n = 0; qfs_json_next(&iter, &none, &result); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (n > 0)
			add(&r->digest, QFS_LITERAL(","));
		if (!is_entry(r, result, seq) || *seq <= last)
			return false;
		last = *seq;
	}
	add(&r->digest, QFS_LITERAL("]"));
	qfs_sha256_final(&r->digest, digest);
	return true;
}

/* The same for a row's result, of this account.  seq: gets the entry that it fails at, or the last */
static bool
is_recorded(Results *r, Datum result, int64 *seq, qfs_hash *digest)
{
	qfs_buf		text;

	*seq = 0;
	if (!write_result(result, &text) || qfs_json_length(qfs_buf_slice(&text)) > QFS_BATCH_MAX)
		return false;
	qfs_buf_init(&r->event, palloc(BATCH_EVENT_MAX), BATCH_EVENT_MAX);
	return are_entries(r, qfs_buf_slice(&text), seq, digest);
}

bool
qfs_batch_is_recorded(LedgerReader *ledger, void *json, const Datum *batch, const bool *nulls, int64 *seq)
{
	Results		r = {.ledger = ledger,.json = json};
	qfs_hash	digest;

	*seq = 0;
	for (int i = 0; i < BATCH_COLUMNS; i++)
		if (nulls[i])
			return false;
	r.user = (const qfs_user_id *) DatumGetPointer(batch[BATCH_USER]);
	return qfs_batch_id_fits(qfs_varlena_of(batch[BATCH_NAME])) &&
		is_recorded(&r, batch[BATCH_RESULT], seq, &digest);
}

void
qfs_batch_check(const qfs_user_id *user, Datum result, const qfs_hash *events)
{
	LedgerReader ledger;
	Results		r = {.ledger = &ledger,.user = user,.json = palloc(LEDGER_JSON_MAX)};
	qfs_hash	digest;
	int64		seq;

	qfs_ledger_table_open(&ledger, SnapshotSelf);
	if (!is_recorded(&r, result, &seq, &digest))
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.batch has a result that entry %i does not give", (int64_t) seq);
	qfs_ledger_table_close(&ledger);
	if (r.erased)
		QFS_THROW(QFS_PAYLOAD_ERASED, "an event of the batch that was sent under this id");
	if (memcmp(&digest, events, sizeof(digest)) != 0)
		QFS_THROW(QFS_BATCH_ID_REUSED, "it was sent with other events before");
}
