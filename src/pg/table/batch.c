/*
 * batch.c - batches that were sent under an id: does the ledger have what a row says?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "crypto/sha256.h"
#include "identity/auth_value.h"
#include "pg/base/args.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/table/batch.h"
#include "pg/table/row_write.h"
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
	qfs_json_key(w, "nonce");
	qfs_json_put_int(w, auth->nonce);
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
	if (auth.is_signed)
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
	qfs_slice	number;
	qfs_slice	outcome;
	qfs_hash	hash;
	HeapTuple	row;
	LedgerEntry e;

	if (qfs_json_type_of(result) != QFS_JSON_OBJECT || qfs_json_length(result) != 3 ||
		!qfs_json_member(result, "seq", &number) || !qfs_json_to_int(number, seq) || *seq < 0 ||
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

/* Are they all the entries' of the ledger?  digest: gets that of the events */
static bool
are_entries(Results *r, qfs_slice results, int64 *seq, qfs_hash *digest)
{
	qfs_json_iter iter = qfs_json_members(results);
	qfs_slice	none;
	qfs_slice	result;

	qfs_sha256_init(&r->digest);
	add(&r->digest, QFS_LITERAL("["));
	for (size_t n = 0; qfs_json_next(&iter, &none, &result); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (n > 0)
			add(&r->digest, QFS_LITERAL(","));
		if (!is_entry(r, result, seq))
			return false;
	}
	add(&r->digest, QFS_LITERAL("]"));
	qfs_sha256_final(&r->digest, digest);
	return true;
}

bool
qfs_batch_is_recorded(LedgerReader *ledger, void *json, const Datum *batch, const bool *nulls, int64 *seq)
{
	Results		r = {.ledger = ledger,.json = json};
	qfs_buf		text;
	qfs_hash	digest;

	*seq = 0;
	for (int i = 0; i < BATCH_COLUMNS; i++)
		if (nulls[i])
			return false;
	if (!qfs_batch_id_fits(qfs_varlena_of(batch[BATCH_NAME])) || !write_result(batch[BATCH_RESULT], &text) ||
		qfs_json_length(qfs_buf_slice(&text)) > QFS_BATCH_MAX)
		return false;
	r.user = (const qfs_user_id *) DatumGetPointer(batch[BATCH_USER]);
	qfs_buf_init(&r.event, palloc(BATCH_EVENT_MAX), BATCH_EVENT_MAX);
	if (!are_entries(&r, qfs_buf_slice(&text), seq, &digest))
		return false;
	if (r.erased)
		return qfs_batch_is_forgotten(batch[BATCH_EVENTS]);
	return memcmp(&digest, DatumGetPointer(batch[BATCH_EVENTS]), sizeof(digest)) == 0;
}

/* ---- batches of which a payload was erased ---- */

/* In place of a digest that would confirm a guess. */
static const qfs_hash forgotten;

bool
qfs_batch_is_forgotten(Datum events)
{
	return memcmp(DatumGetPointer(events), &forgotten, sizeof(forgotten)) == 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return (x > y) - (x < y);
}

/* Is it the result of a batch that had one of these entries? */
static bool
has_entry(Datum result, const uint64 *entries, size_t count)
{
	qfs_json_iter iter;
	qfs_buf		text;
	qfs_slice	none;
	qfs_slice	item;
	qfs_slice	number;
	int64_t		seq;

	if (!write_result(result, &text))
		return false;
	iter = qfs_json_members(qfs_buf_slice(&text));
	while (qfs_json_next(&iter, &none, &item))
		if (qfs_json_member(item, "seq", &number) && qfs_json_to_int(number, &seq) && seq >= 0 &&
			bsearch(&seq, entries, count, sizeof(*entries), compare_numbers) != NULL)
			return true;
	return false;
}

static void
forget(Relation rel, HeapTuple row)
{
	int			column = BATCH_EVENTS + 1;
	Datum		value = PointerGetDatum(&forgotten);
	bool		null = false;
	ItemPointerData place = row->t_self;

	qfs_row_refuse_published(rel);
	qfs_row_write(rel, heap_modify_tuple_by_cols(row, RelationGetDescr(rel), 1, &column, &value, &null), &place);
}

void
qfs_batch_forget(const uint64 *entries, size_t count)
{
	Relation	rel = table_open(qfs_table_oid("batch"), RowExclusiveLock);
	TableScanDesc scan = table_beginscan(rel, SnapshotSelf, 0, NULL);
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs batches", ALLOCSET_DEFAULT_SIZES);
	HeapTuple	row;

	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(per_row);
		Datum		values[BATCH_COLUMNS];
		bool		nulls[BATCH_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(row, RelationGetDescr(rel), values, nulls);
		/* What was forgotten just now is met again. */
		if (!nulls[BATCH_EVENTS] && !nulls[BATCH_RESULT] && !qfs_batch_is_forgotten(values[BATCH_EVENTS]) &&
			has_entry(values[BATCH_RESULT], entries, count))
			forget(rel, row);
		MemoryContextSwitchTo(old);
		MemoryContextReset(per_row);
	}
	table_endscan(scan);
	MemoryContextDelete(per_row);
	table_close(rel, NoLock);
	CommandCounterIncrement();
}
