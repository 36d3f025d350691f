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

#include "engine/session.h"
#include "ledger/registry.h"
#include "pg/append/account_event.h"
#include "pg/append/actor.h"
#include "pg/base/allocator.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/base/kept_plan.h"
#include "pg/fn/checkpoint.h"
#include "pg/fn/reader.h"
#include "pg/table/ledger_table.h"
#include "proof/explanation.h"

/* ---- the ledger as a source of entries ---- */

/* The paths of a bundle meet on their way to the root: each node is looked up once. */
#define NODES_MAX 256

typedef struct KnownNode
{
	unsigned	level;
	uint64		index;
	qfs_hash	hash;
} KnownNode;

typedef struct LedgerSource
{
	qfs_source base;			/* first: core gets a pointer to it */
	LedgerReader reader;
	uint64		size;
	qfs_tree	tree;			/* the reader's, with what is known of it */
	KnownNode	nodes[NODES_MAX];
	int			node_count;
} LedgerSource;

static qfs_status
known_node(qfs_tree *tree, unsigned level, uint64_t index, qfs_hash *out, qfs_error *err)
{
	LedgerSource *w = (LedgerSource *) ((char *) tree - offsetof(LedgerSource, tree));
	qfs_status	status;

	for (int i = 0; i < w->node_count; i++)
		if (w->nodes[i].level == level && w->nodes[i].index == index)
		{
			*out = w->nodes[i].hash;
			return QFS_OK;
		}
	status = w->reader.tree.node(&w->reader.tree, level, index, out, err);
	if (status == QFS_OK && w->node_count < NODES_MAX)
		w->nodes[w->node_count++] = (KnownNode) {level, index, *out};
	return status;
}

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
	return qfs_inclusion_proof(&w->tree, seq, w->size, out, err);
}

/* ---- what is found by its records, which tell the entry; not by its content in the ledger ---- */

/* The number that a query gives; -1 for null, or for no row.  The second parameter is the value, if there is one. */
static int64
find_seq(SPIPlanPtr *plan, const char *query, uint64 at, Oid type, Datum value)
{
	Oid			types[] = {INT8OID, type};
	Datum		values[] = {Int64GetDatum((int64) at), value};
	bool		isnull = true;
	int64		seq = -1;

	SPI_connect();
	if (SPI_execute_plan(qfs_kept_plan(plan, query, OidIsValid(type) ? 2 : 1, types), values, NULL, true, 1) != SPI_OK_SELECT)
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
	static SPIPlanPtr plan = NULL;

	*seq = find_seq(&plan, "SELECT max(p.seq) FROM qfs.policy p WHERE p.seq < $1 AND p.seq > 0", at, InvalidOid, 0);
	return QFS_OK;
}

static qfs_status
find_rotation(qfs_source *source, uint64_t from, int64_t *seq, qfs_error *err)
{
	static SPIPlanPtr plan = NULL;

	*seq = find_seq(&plan, "SELECT min(k.seq) FROM qfs.signing_key k WHERE k.seq >= $1 AND k.number > 0", from,
					InvalidOid, 0);
	return QFS_OK;
}

/* A session of an account, as its own record has it, which outlasts the account's access. */
static void
read_session(const qfs_reducer *r, HeapTuple row, TupleDesc desc, qfs_open_session *out)
{
	bool		isnull;
	qfs_session_record record = {0};
	Datum		device = SPI_getbinval(row, desc, 2, &isnull);

	*out = (qfs_open_session) {.has_device = !isnull};
	if (out->has_device)
		memcpy(&out->device, DatumGetPointer(device), sizeof(out->device));
	memcpy(&out->session, DatumGetPointer(SPI_getbinval(row, desc, 1, &isnull)), sizeof(out->session));
	out->operates = DatumGetBool(SPI_getbinval(row, desc, 3, &isnull));
	record.issued_block = DatumGetInt64(SPI_getbinval(row, desc, 4, &isnull));
	record.ttl_blocks = out->ttl_blocks = DatumGetInt64(SPI_getbinval(row, desc, 5, &isnull));
	out->expires_at = qfs_session_expires_at(r, &record);
	qfs_open_session_name(out);
}

static qfs_status
give_session(qfs_source *source, const qfs_user_id *user, const qfs_hash *digest, qfs_open_session *out,
			 bool *found, qfs_error *err)
{
	static const char query[] =
		"SELECT s.session, s.device, s.operates, s.issued_block, s.ttl_blocks FROM qfs.session s"
		" WHERE s.user_id OPERATOR(qfs.=) ($1)::qfs.user_id ORDER BY s.seq DESC";
	static SPIPlanPtr plan = NULL;
	const qfs_reducer *r = qfs_open_reducer();
	Oid			types[] = {BYTEAOID};
	Datum		values[] = {qfs_bytes_datum(user, sizeof(*user))};

	*found = false;
	SPI_connect();
	if (SPI_execute_plan(qfs_kept_plan(&plan, query, 1, types), values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "qfs: sessions could not be read");
	for (uint64 i = 0; i < SPI_processed && !*found; i++)
	{
		read_session(r, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, out);
		*found = memcmp(&out->digest, digest, sizeof(*digest)) == 0;
	}
	SPI_finish();
	return QFS_OK;
}

/*
 * The record tells; but where somebody acknowledged that a type was registered
 * again, it is of the last time, and of the one before only the entry tells.
 */
static qfs_status
find_type(qfs_source *source, qfs_slice type, uint64_t at, int64_t *seq, qfs_error *err)
{
	static const char query[] =
		"SELECT CASE WHEN t.seq < $1 THEN t.seq ELSE (SELECT max(l.seq) FROM qfs.ledger l"
		" WHERE l.seq < $1 AND l.type = 'EVENT_TYPE' AND l.payload ->> 'type' = t.type) END"
		" FROM qfs.event_type t WHERE t.type = $2";
	static SPIPlanPtr plan = NULL;

	*seq = find_seq(&plan, query, at, TEXTOID, PointerGetDatum(qfs_text_of(type)));
	return QFS_OK;
}

/* ---- explaining ---- */

/* The bundle as canonical text. */
static qfs_slice
explain(LedgerSource *w, const LedgerHead *head, const qfs_question *question)
{
	qfs_explanation *x = palloc(sizeof(qfs_explanation));
	qfs_slice	note;
	qfs_error	err;
	qfs_buf		out;
	size_t		capacity;

	w->base = (qfs_source) {give_line, give_proof, find_type, find_policy, give_session, find_rotation};
	w->size = question->size;
	w->tree.node = known_node;
	w->node_count = 0;
	if (question->seq >= head->size)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", question->seq);
	QFS_TRY(qfs_explain_begin(x, &qfs_registry_own, question, &w->base, qfs_allocator_in(CurrentMemoryContext), &err), &err);
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
	q.size = qfs_signed_size_arg(fcinfo, 3, head, q.seq + 1);
	if (!PG_ARGISNULL(4))
		q.from = qfs_count_arg(fcinfo, 4, "from");
	return q;
}

/* Errors: FORBIDDEN, and NO_SESSION of nobody in particular, who may have what is everybody's to read. */
static void
require_sight(LedgerSource *w, const qfs_question *q, const qfs_reader *reader)
{
	qfs_entry  *entry = palloc(sizeof(*entry));
	bool		of_all = qfs_topic_executes(q->topic) || q->topic == QFS_TOPIC_STATEMENT;
	qfs_slice	line;
	qfs_error	err;

	QFS_TRY(give_line(&w->base, q->seq, &line, &err), &err);
	QFS_TRY(qfs_line_read(line, entry, &err), &err);
	if (!reader->has_user && !qfs_sees_act(&qfs_registry_own, reader, entry))
		qfs_actor_throw_missing("an explanation is given to whom it concerns");
	if (!(of_all ? qfs_sees_any(&qfs_registry_own, reader, entry) : qfs_is_party(&qfs_registry_own, reader, entry)))
		QFS_THROW(QFS_FORBIDDEN, "entry %u does not concern you", q->seq);
	pfree(entry);
}

/*
 * May whoever asks have this explained, and how much of it?  What everyone may
 * read whole; else what concerns them, as far as they may see it.
 */
static void
require_concern(LedgerSource *w, qfs_question *q)
{
	qfs_reader	reader = qfs_reader_now();

	if (reader.all)
		return;
	if (!reader.has_user && (q->has_subject || q->topic != QFS_TOPIC_ENTRY))
		qfs_actor_throw_missing("an explanation is given to whom it concerns");
	if (q->has_subject && memcmp(&reader.user, &q->subject, sizeof(q->subject)) != 0)
		QFS_THROW(QFS_FORBIDDEN, "the account is not yours");
	q->has_subject = reader.has_user;
	q->subject = reader.user;
	q->to_subject = true;
	require_sight(w, q, &reader);
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
