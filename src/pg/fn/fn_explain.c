/*
 * fn_explain.c - SQL functions that explain: an entry, with all that proves it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The ledger is the source, core does the rest.  What leaves here has been
 * executed over its own entries, as qfs-verify will do it.
 */
#include "pg/base/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "ledger/registry.h"
#include "pg/append/account_event.h"
#include "pg/append/actor.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/checkpoint.h"
#include "pg/table/ledger_table.h"
#include "proof/explanation.h"
#include "text/base64.h"

/* ---- the ledger as a source of entries ---- */

typedef struct LedgerSource
{
	qfs_source base;			/* first: core gets a pointer to it */
	LedgerReader reader;
	uint64		size;
} LedgerSource;

static qfs_status
give_line(qfs_source *source, uint64_t seq, qfs_slice *out, qfs_error *err)
{
	LedgerSource *w = (LedgerSource *) source;
	HeapTuple	row = qfs_ledger_row(&w->reader, seq);
	qfs_slice	line;
	uint8_t    *copy;

	CHECK_FOR_INTERRUPTS();
	if (row == NULL)
		return qfs_fail(err, QFS_ENTRY_UNKNOWN, "entry %u", seq);
	/* It lies in memory for the longest of entries, and there may be a thousand. */
	line = qfs_ledger_line(&w->reader, row);
	copy = palloc(line.len);
	memcpy(copy, line.data, line.len);
	pfree((void *) line.data);
	heap_freetuple(row);
	*out = (qfs_slice) {copy, line.len};
	return QFS_OK;
}

static qfs_status
give_proof(qfs_source *source, uint64_t seq, qfs_proof *out, qfs_error *err)
{
	LedgerSource *w = (LedgerSource *) source;

	CHECK_FOR_INTERRUPTS();
	return qfs_inclusion_proof(&w->reader.tree, seq, w->size, out, err);
}

/* ---- what is found by its records, which tell the entry; not by its content in the ledger ---- */

/* The number that a query gives; -1 for null, or for no row.  The second parameter is the value, if there is one. */
static int64
find_seq(const char *query, uint64 at, Oid type, Datum value)
{
	Oid			types[] = {INT8OID, type};
	Datum		values[] = {Int64GetDatum((int64) at), value};
	bool		isnull = true;
	int64		seq = -1;

	SPI_connect();
	if (SPI_execute_with_args(query, OidIsValid(type) ? 2 : 1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "qfs: records could not be read");
	if (SPI_processed > 0)
	{
		Datum		found = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			seq = DatumGetInt64(found);
	}
	SPI_finish();
	return seq;
}

static qfs_status
find_policy(qfs_source *source, uint64_t at, int64_t *seq, qfs_error *err)
{
	*seq = find_seq("SELECT max(p.seq) FROM qfs.policy p WHERE p.seq < $1 AND p.seq > 0", at, InvalidOid, 0);
	return QFS_OK;
}

static qfs_status
find_rotation(qfs_source *source, uint64_t from, int64_t *seq, qfs_error *err)
{
	*seq = find_seq("SELECT min(k.seq) FROM qfs.signing_key k WHERE k.seq >= $1 AND k.number > 0", from,
					InvalidOid, 0);
	return QFS_OK;
}

/* The value as the records have it, from the form that payloads have it in. */
static bool
value_of(qfs_form form, qfs_slice text, Oid *type, Datum *out)
{
	qfs_hash	hash;

	*type = form == QFS_FORM_TEXT ? TEXTOID : BYTEAOID;
	switch (form)
	{
		case QFS_FORM_TEXT:
			*out = PointerGetDatum(qfs_text_of(text));
			return true;
		case QFS_FORM_HEX:
			if (!qfs_hex_decode(text, hash.bytes, sizeof(hash)))
				return false;
			break;
		case QFS_FORM_BASE64URL:
			if (!qfs_base64url_read(text, hash.bytes, sizeof(hash)))
				return false;
			break;
	}
	*out = qfs_bytes_datum(&hash, sizeof(hash));
	return true;
}

/*
 * A query for the first entry before $1 that names $2.  Records that do not
 * know their entry lead through the account to those that do.
 */
static const char *
lookup_query(const qfs_lookup *lookup)
{
	const char *key = lookup->names->fields[0].name;
	const char *value = lookup->form == QFS_FORM_TEXT ? "= $2" : "OPERATOR(qfs.=) ($2)::qfs.hash";

	if (lookup->through == NULL)
		return psprintf("SELECT min(n.seq) FROM qfs.%s n WHERE n.%s %s AND n.seq < $1",
						lookup->names->name, key, value);
	return psprintf("SELECT min(t.seq) FROM qfs.%s n JOIN qfs.%s t"
					" ON t.user_id OPERATOR(qfs.=) n.user_id AND t.%s OPERATOR(qfs.=) n.%s"
					" WHERE n.%s %s AND t.seq < $1",
					lookup->names->name, lookup->through->name, key, key, key, value);
}

static qfs_status
find(qfs_source *source, const qfs_rule *rule, qfs_slice value, uint64_t at, int64_t *seq, qfs_error *err)
{
	Oid			type;
	Datum		datum;

	*seq = value_of(rule->lookup->form, value, &type, &datum) ?
		find_seq(lookup_query(rule->lookup), at, type, datum) : -1;
	return QFS_OK;
}

/* Bundles may be larger than what palloc gives. */
static void *
allocate(void *context, size_t size)
{
	return MemoryContextAllocHuge(context, size);
}

static void
release(void *context, void *memory)
{
	pfree(memory);
}

/* ---- explaining ---- */

/* The bundle as canonical text. */
static qfs_slice
explain(LedgerSource *w, const LedgerHead *head, const qfs_question *question)
{
	qfs_allocator allocator = {allocate, release, CurrentMemoryContext};
	qfs_explanation *x = palloc(sizeof(qfs_explanation));
	qfs_slice	note;
	qfs_error	err;
	qfs_buf		out;
	size_t		capacity;

	w->base = (qfs_source) {give_line, give_proof, find, find_policy, find_rotation};
	w->size = question->size;
	if (question->seq >= head->size)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", question->seq);
	QFS_TRY(qfs_explain_begin(x, &qfs_registry_own, question, &w->base, allocator, &err), &err);
	QFS_TRY(qfs_explain_collect(x, &err), &err);
	QFS_TRY(qfs_explain_execute(x, &err), &err);
	note = qfs_make_checkpoint(&w->reader, head, question->size);
	capacity = qfs_explain_size(x, note);
	qfs_buf_init(&out, MemoryContextAllocHuge(CurrentMemoryContext, capacity), capacity);
	QFS_TRY(qfs_explain_write(x, note, &out, &err), &err);
	qfs_explain_end(x);
	return qfs_buf_slice(&out);
}

static void
open_source(LedgerSource *w, LedgerHead *head)
{
	qfs_ledger_table_open(&w->reader, GetActiveSnapshot());
	qfs_ledger_head(&w->reader, 0, head);
}

/* seq, topic, subject, size, from: arguments 0 to 4 */
static qfs_question
question_of(FunctionCallInfo fcinfo, const LedgerHead *head)
{
	qfs_question q = {0};
	qfs_slice	topic;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		QFS_THROW(QFS_ARGUMENT, "seq and topic must not be null");
	q.seq = qfs_count_arg(fcinfo, 0, "seq");
	topic = qfs_varlena_arg(fcinfo, 1);
	if (!qfs_topic_parse(topic, &q.topic))
		QFS_THROW(QFS_EXPLAIN_TOPIC, "\"%v\"", topic);
	q.has_subject = !PG_ARGISNULL(2);
	if (q.has_subject)
		memcpy(&q.subject, PG_GETARG_POINTER(2), sizeof(q.subject));
	q.size = qfs_size_arg(fcinfo, 3, head);
	if (!PG_ARGISNULL(4))
		q.from = qfs_count_arg(fcinfo, 4, "from");
	return q;
}

/* May whoever is signed in have this explained?  What concerns them, and what everyone may read. */
static void
require_concern(LedgerSource *w, const qfs_question *q)
{
	const qfs_session_record *actor = qfs_actor();
	qfs_entry	entry;
	qfs_slice	line;
	qfs_error	err;

	if (qfs_policy_is_public())
		return;
	if (actor == NULL)
		qfs_actor_throw_missing("an explanation is given to whom it concerns");
	if (q->topic == QFS_TOPIC_STATEMENT || q->topic == QFS_TOPIC_COHERENCE)
	{
		if (memcmp(&actor->user, &q->subject, sizeof(q->subject)) != 0)
			QFS_THROW(QFS_FORBIDDEN, "the account is not yours");
		return;
	}
	QFS_TRY(give_line(&w->base, q->seq, &line, &err), &err);
	QFS_TRY(qfs_entry_decode(line, &entry, &err), &err);
	if (!qfs_entry_concerns(&entry, &actor->user))
		QFS_THROW(QFS_FORBIDDEN, "entry %u does not concern you", q->seq);
}

/* own: to whom it concerns alone */
static Datum
answer(FunctionCallInfo fcinfo, bool own)
{
	LedgerSource w;
	LedgerHead	head;
	qfs_question question;
	qfs_slice	text;

	open_source(&w, &head);
	question = question_of(fcinfo, &head);
	if (own)
		require_concern(&w, &question);
	text = explain(&w, &head, &question);
	qfs_ledger_table_close(&w.reader);
	return qfs_jsonb_of(text);
}

/* qfs.explain(seq, topic, subject, size, from) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_explain);
Datum
qfs_sql_explain(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(answer(fcinfo, false));
}

/* qfs.explain_own(seq, topic, subject, size, from) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_explain_own);
Datum
qfs_sql_explain_own(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(answer(fcinfo, true));
}
