/*
 * fn_api.c - what qfs_api needs in C: batches of events, and who may read what.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "crypto/sha256.h"
#include "ledger/registry.h"
#include "log/line.h"
#include "pg/append/account_event.h"
#include "pg/append/actor.h"
#include "pg/append/append.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/fn/reader.h"
#include "pg/table/batch.h"
#include "pg/table/entry_columns.h"
#include "pg/table/ledger_table.h"
#include "pg/table/own_row.h"
#include "pg/table/row_insert.h"

/* ---- who may read what ---- */

/* qfs.is_public() -> boolean */
PG_FUNCTION_INFO_V1(qfs_sql_is_public);
Datum
qfs_sql_is_public(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(qfs_policy_is_public());
}

/*
 * qfs.caller_audits() -> boolean
 * GetUserId() is the owner of the SECURITY DEFINER function that asks; SET ROLE
 * is refused within one, so that the outer role is that of who called it.
 */
PG_FUNCTION_INFO_V1(qfs_sql_caller_audits);
Datum
qfs_sql_caller_audits(PG_FUNCTION_ARGS)
{
	Oid			auditor = get_role_oid("qfs_auditor", true);

	PG_RETURN_BOOL(OidIsValid(auditor) && has_privs_of_role(GetOuterUserId(), auditor));
}

qfs_reader
qfs_reader_now(void)
{
	const qfs_session_record *actor = qfs_actor();
	qfs_reader	reader = {.all = qfs_policy_is_public(),.has_user = actor != NULL};

	if (actor != NULL)
		reader.user = actor->user;
	return reader;
}

/* The act and the accounts of a row: type, actor, payload, accounts from argument `first` on. */
static void
read_row(FunctionCallInfo fcinfo, int first, qfs_entry *out)
{
	qfs_account_part *part;
	qfs_json_iter iter;
	qfs_slice	key;
	qfs_slice	value;

	memset(out, 0, sizeof(*out));
	out->parts[QFS_PART_ACT].shown = true;
	out->type = qfs_varlena_arg(fcinfo, first);
	out->has_actor = !PG_ARGISNULL(first + 1);
	if (out->has_actor)
		memcpy(&out->actor, PG_GETARG_POINTER(first + 1), sizeof(out->actor));
	out->payload = PG_ARGISNULL(first + 2) ? QFS_LITERAL("{}") : qfs_jsonb_canonical(PG_GETARG_JSONB_P(first + 2));
	out->accounts = qfs_jsonb_canonical(PG_GETARG_JSONB_P(first + 3));
	out->lists_accounts = true;
	iter = qfs_json_members(out->accounts);
	while (qfs_json_next(&iter, &key, &value))
		if (qfs_account_part_read(out, value, &part, NULL) != QFS_OK)
			break;
}

/* qfs.sees(type, actor, payload, accounts) -> boolean: act, payload, signature and outcome */
PG_FUNCTION_INFO_V1(qfs_sql_sees);
Datum
qfs_sql_sees(PG_FUNCTION_ARGS)
{
	qfs_reader	reader = qfs_reader_now();
	qfs_entry	entry;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(3))
		PG_RETURN_BOOL(false);
	if (reader.all)
		PG_RETURN_BOOL(true);
	read_row(fcinfo, 0, &entry);
	PG_RETURN_BOOL(qfs_sees_act(&qfs_registry_own, &reader, &entry));
}

/* qfs.seen_accounts(type, actor, payload, accounts) -> jsonb: those that the reader sees */
PG_FUNCTION_INFO_V1(qfs_sql_seen_accounts);
Datum
qfs_sql_seen_accounts(PG_FUNCTION_ARGS)
{
	qfs_reader	reader = qfs_reader_now();
	qfs_entry	entry;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	read_row(fcinfo, 0, &entry);
	qfs_show_to(&qfs_registry_own, &reader, &entry);
	PG_RETURN_DATUM(qfs_accounts_column(&entry));
}

/* qfs.readable_entry(seq) -> text */
PG_FUNCTION_INFO_V1(qfs_sql_readable_entry);
Datum
qfs_sql_readable_entry(PG_FUNCTION_ARGS)
{
	uint64		seq = qfs_count_arg(fcinfo, 0, "seq");
	qfs_reader	reader = qfs_reader_now();
	qfs_entry  *entry = palloc(sizeof(*entry));
	LedgerReader ledger;
	qfs_buf		line;
	qfs_error	err;
	HeapTuple	row;

	qfs_ledger_table_open(&ledger, GetActiveSnapshot());
	row = qfs_ledger_row(&ledger, seq);
	if (row == NULL)
		QFS_THROW(QFS_ENTRY_UNKNOWN, "entry %u", (uint64_t) seq);
	QFS_TRY(qfs_line_read(qfs_ledger_line(&ledger, row), entry, &err), &err);
	qfs_ledger_table_close(&ledger);
	qfs_show_to(&qfs_registry_own, &reader, entry);
	qfs_buf_init(&line, palloc(QFS_LINE_MAX), QFS_LINE_MAX);
	QFS_TRY(qfs_line_write(entry, &line, &err), &err);
	PG_RETURN_TEXT_P(qfs_text_of(qfs_buf_slice(&line)));
}

/* ---- batches ---- */

static Datum
member_datum(JsonbValue *value)
{
	return PointerGetDatum(JsonbValueToJsonb(value));
}

/* Reads an event of a batch: type, payload and auth, as parameters. */
static void
read_event(JsonbValue *value, qfs_params *out)
{
	JsonbContainer *object = value->type == jbvBinary ? value->val.binary.data : NULL;
	JsonbValue *type;
	JsonbValue *payload;
	JsonbValue *auth;

	if (object == NULL || !JsonContainerIsObject(object))
		QFS_THROW(QFS_BATCH_FORM, "an event is an object of type, payload and perhaps auth");
	type = getKeyJsonValueFromContainer(object, "type", 4, NULL);
	payload = getKeyJsonValueFromContainer(object, "payload", 7, NULL);
	auth = getKeyJsonValueFromContainer(object, "auth", 4, NULL);
	if (type == NULL || type->type != jbvString || payload == NULL ||
		JsonContainerSize(object) != (auth == NULL ? 2 : 3))
		QFS_THROW(QFS_BATCH_FORM, "an event is an object of type, payload and perhaps auth");
	qfs_param_text(out, (qfs_slice) {(const uint8_t *) type->val.string.val, (size_t) type->val.string.len});
	qfs_param(out, JSONBOID, member_datum(payload));
	if (auth != NULL)
		qfs_param(out, JSONBOID, member_datum(auth));
	else
		qfs_param_null(out, JSONBOID);
}

/* Appends one event; returns {seq, hash, outcome}. */
static Datum
append_one(JsonbValue *value)
{
	static SPIPlanPtr plan = NULL;
	static const char query[] =
		"INSERT INTO qfs.ledger (type, payload, auth) VALUES ($1, $2, $3)"
		" RETURNING pg_catalog.jsonb_build_object("
		"   'seq', seq, 'hash', hash::pg_catalog.text, 'outcome', outcome)";
	qfs_params	p = {0};

	read_event(value, &p);
	if (!qfs_row_insert(&plan, query, &p))
		QFS_THROW(QFS_ENTRY_LOST, "an event of a batch");
	return qfs_row_returned(1);
}

/* A detail of our form, "CODE: what.", that names the event, too. */
static char *
detail_for_event(const char *detail, int index)
{
	int			len = detail ? (int) strlen(detail) : 0;

	if (len == 0)
		return psprintf("Event %d of the batch, counted from 0.", index);
	if (strchr(detail, ':') == NULL)
		return psprintf("%s: event %d of the batch, counted from 0.", detail, index);
	if (detail[len - 1] == '.')
		len--;
	return psprintf("%.*s (event %d of the batch, counted from 0).", len, detail, index);
}

/* The same error, naming the event that it is about. */
static void
rethrow_for_event(int index, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	error->detail = detail_for_event(error->detail, index);
	ReThrowError(error);
}

static Datum
append_all(Jsonb *events)
{
	MemoryContext context = CurrentMemoryContext;
	JsonbParseState *state = NULL;
	JsonbIterator *it = JsonbIteratorInit(&events->root);
	JsonbValue	value;
	volatile int index = 0;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		JsonbValue	result;

		CHECK_FOR_INTERRUPTS();
		PG_TRY();
		{
			JsonbToJsonbValue(DatumGetJsonbP(append_one(&value)), &result);
		}
		PG_CATCH();
		{
			rethrow_for_event(index, context);
		}
		PG_END_TRY();
		pushJsonbValue(&state, WJB_ELEM, &result);
		index++;
	}
	return PointerGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/*
 * The result of the batch that this account sent under this id, or null.
 * Under the chain lock, so that two requests with one id follow each other.
 */
static bool
find_batch(const qfs_user_id *user, qfs_slice batch_id, const qfs_hash *events, Datum *result)
{
	static const char query[] =
		"SELECT b.result FROM qfs.batch b"
		" WHERE b.user_id OPERATOR(qfs.=) ($1)::qfs.user_id"
		"   AND b.batch_id OPERATOR(pg_catalog.=) $2";
	qfs_params	p = {0};

	qfs_param_bytes(&p, user, sizeof(*user));
	qfs_param_text(&p, batch_id);
	if (SPI_execute_with_args(query, p.count, p.types, p.values, p.nulls, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "qfs: batches could not be read");
	if (SPI_processed == 0)
		return false;
	*result = qfs_row_returned(1);
	qfs_batch_check(user, *result, events);
	return true;
}

static void
store_batch(const qfs_user_id *user, qfs_slice batch_id, Datum result)
{
	Datum		keys[] = {PointerGetDatum(user), PointerGetDatum(qfs_text_of(batch_id))};
	OwnRow		row;

	qfs_own_row_lock(&row, "batch", BATCH_COLUMNS, 2, keys);
	qfs_own_row_set(&row, BATCH_RESULT, result);
	qfs_own_row_put(&row);
}

static Jsonb *
events_arg(FunctionCallInfo fcinfo)
{
	Jsonb	   *events = PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);

	if (events == NULL || !JB_ROOT_IS_ARRAY(events) || JB_ROOT_IS_SCALAR(events))
		QFS_THROW(QFS_BATCH_FORM, "events is an array");
	if (JB_ROOT_COUNT(events) > QFS_BATCH_MAX)
		QFS_THROW(QFS_BATCH_SIZE, "%u events", (uint64_t) JB_ROOT_COUNT(events));
	return events;
}

/* qfs_api.events_batch(events, batch_id) -> jsonb */
PG_FUNCTION_INFO_V1(qfs_sql_events_batch);
Datum
qfs_sql_events_batch(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_require_actor();
	MemoryContext caller = CurrentMemoryContext;
	bool		has_id = !PG_ARGISNULL(1);
	qfs_slice	id = qfs_optional_arg(fcinfo, 1);
	Jsonb	   *events;
	qfs_user_id user;
	qfs_hash	hash;
	Datum		result;
	MemoryContext spi;

	events = events_arg(fcinfo);
	if (has_id && !qfs_batch_id_fits(id))
		QFS_THROW(QFS_BATCH_FORM, "batch_id has 1 to %u characters", (uint64_t) QFS_BATCH_ID_MAX);
	user = actor->user;

	SPI_connect();
	if (has_id)
	{
		qfs_append_lock();
		qfs_sha256(qfs_jsonb_canonical(PG_GETARG_JSONB_P(0)), &hash);
	}
	if (!has_id || !find_batch(&user, id, &hash, &result))
	{
		result = append_all(events);
		if (has_id)
			store_batch(&user, id, result);
	}
	spi = MemoryContextSwitchTo(caller);
	result = PointerGetDatum(DatumGetJsonbPCopy(result));
	MemoryContextSwitchTo(spi);
	SPI_finish();
	PG_RETURN_DATUM(result);
}
