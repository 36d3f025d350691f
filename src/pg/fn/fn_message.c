/*
 * fn_message.c - SQL functions of end-to-end encrypted messages.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The envelope goes into qfs.message, the commitment to it onto the ledger,
 * both in one transaction.
 */
#include "pg/base/compat.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "pg/append/account_event.h"
#include "pg/append/draft.h"
#include "pg/append/table_guard.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/ledger_table.h"
#include "pg/table/off_ledger.h"
#include "pg/table/row_insert.h"
#include "pg/table/row_write.h"
#include "rules/social/message_hash.h"
#include "state/records.h"
#include "text/base64.h"

/* ---- pure ---- */

/* qfs.thread(user_id, user_id) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_thread);
Datum
qfs_sql_thread(PG_FUNCTION_ARGS)
{
	qfs_hash   *out = palloc(sizeof(qfs_hash));

	qfs_thread_name((const qfs_user_id *) PG_GETARG_POINTER(0),
					(const qfs_user_id *) PG_GETARG_POINTER(1), out);
	PG_RETURN_POINTER(out);
}

static void
read_nonce(qfs_slice bytes, qfs_envelope *out)
{
	if (bytes.len != sizeof(out->nonce))
		QFS_THROW(QFS_MESSAGE_FORM, "nonce has %u bytes", (uint64_t) bytes.len);
	memcpy(out->nonce, bytes.data, bytes.len);
}

/* qfs.message_hash(sender, recipient, seq, nonce, body) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_message_hash);
Datum
qfs_sql_message_hash(PG_FUNCTION_ARGS)
{
	qfs_hash   *out = palloc(sizeof(qfs_hash));
	qfs_envelope envelope = {
		.sender = *(const qfs_user_id *) PG_GETARG_POINTER(0),
		.recipient = *(const qfs_user_id *) PG_GETARG_POINTER(1),
		.seq = qfs_count_arg(fcinfo, 2, "seq"),
		.body = qfs_varlena_arg(fcinfo, 4)
	};

	read_nonce(qfs_varlena_arg(fcinfo, 3), &envelope);
	qfs_message_hash(&envelope, out);
	PG_RETURN_POINTER(out);
}

/* ---- sending ---- */

/* What send_message is given, decoded. */
typedef struct Message
{
	qfs_envelope envelope;
	qfs_hash	sender_key;
	qfs_hash	recipient_key;
	qfs_hash	thread;
	qfs_hash	hash;
} Message;

/* Base64url of up to max bytes; palloc'd. */
static qfs_slice
decode(FunctionCallInfo fcinfo, int n, const char *name, size_t max)
{
	qfs_slice	text = qfs_varlena_arg(fcinfo, n);
	/* Not for the longest body: such a piece would go back to the operating system after each message. */
	size_t		room = Min(max, text.len);
	uint8_t    *bytes = palloc(room);
	size_t		len;

	if (text.len > QFS_BASE64URL_LEN(max) || !qfs_base64url_read_some(text, bytes, room, &len))
		QFS_THROW(QFS_MESSAGE_FORM, "%s is not base64url of up to %u bytes", name, (uint64_t) max);
	return (qfs_slice) {bytes, len};
}

static void
decode_key(FunctionCallInfo fcinfo, int n, const char *name, qfs_hash *out)
{
	qfs_slice	key = decode(fcinfo, n, name, sizeof(out->bytes));

	if (key.len != sizeof(out->bytes))
		QFS_THROW(QFS_MESSAGE_FORM, "%s has %u bytes", name, (uint64_t) key.len);
	memcpy(out->bytes, key.data, key.len);
}

/* recipient, seq, nonce, body, alg, sender_key, recipient_key */
static void
read_message(FunctionCallInfo fcinfo, const qfs_user_id *sender, Message *out)
{
	qfs_error	err;

	QFS_TRY(qfs_user_id_parse(qfs_varlena_arg(fcinfo, 0), &out->envelope.recipient, &err), &err);
	if (!qfs_slice_equal(qfs_varlena_arg(fcinfo, 4), QFS_LITERAL(QFS_MESSAGE_ALG)))
		QFS_THROW(QFS_MESSAGE_FORM, "alg is \"%v\"", qfs_varlena_arg(fcinfo, 4));
	if (qfs_varlena_arg(fcinfo, 3).len > QFS_BASE64URL_LEN(QFS_MESSAGE_MAX))
		QFS_THROW(QFS_MESSAGE_SIZE, "");
	out->envelope.sender = *sender;
	if (memcmp(sender, &out->envelope.recipient, sizeof(*sender)) == 0)
		QFS_THROW(QFS_MESSAGE_SELF, "");
	out->envelope.seq = qfs_count_arg(fcinfo, 1, "seq");
	read_nonce(decode(fcinfo, 2, "nonce", QFS_MESSAGE_NONCE_LEN), &out->envelope);
	out->envelope.body = decode(fcinfo, 3, "body", QFS_MESSAGE_MAX);
	if (out->envelope.body.len < QFS_MESSAGE_MIN)
		QFS_THROW(QFS_MESSAGE_FORM, "body has %u bytes", (uint64_t) out->envelope.body.len);
	decode_key(fcinfo, 5, "sender_key", &out->sender_key);
	decode_key(fcinfo, 6, "recipient_key", &out->recipient_key);
	qfs_thread_name(sender, &out->envelope.recipient, &out->thread);
	qfs_message_hash(&out->envelope, &out->hash);
}

/* Who encrypts to a key that was replaced would not be read. */
static void
check_key_in_force(qfs_reducer *r, const qfs_user_id *user, const qfs_hash *given, const char *name)
{
	qfs_standing standing = {.user = *user};
	qfs_error	err;
	bool		found;

	QFS_TRY(r->store->get(r->store, &qfs_kind_standing, &standing, &found, &err), &err);
	if (found && standing.has_chat_key && memcmp(&standing.chat_key, given, sizeof(*given)) != 0)
		QFS_THROW(QFS_CHAT_KEY_OLD, "%s is not the key in force", name);
}

static qfs_slice
message_payload(const Message *m)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	qfs_draft_text(&p, "alg", QFS_LITERAL(QFS_MESSAGE_ALG));
	qfs_draft_hash(&p, "hash", &m->hash);
	qfs_draft_user(&p, "recipient", &m->envelope.recipient);
	qfs_draft_int(&p, "seq", (int64_t) m->envelope.seq);
	qfs_draft_int(&p, "size", (int64_t) m->envelope.body.len);
	qfs_draft_hash(&p, "thread", &m->thread);
	return qfs_draft_end(&p);
}

/* Without the executor, which would take as long as the rest. */
static void
write_envelope(Relation rel, const Message *m, int64 entry)
{
	Datum		values[MESSAGE_COLUMNS] = {
		[MESSAGE_ENTRY] = Int64GetDatum(entry),
		[MESSAGE_THREAD] = PointerGetDatum(&m->thread),
		[MESSAGE_SENDER] = PointerGetDatum(&m->envelope.sender),
		[MESSAGE_RECIPIENT] = PointerGetDatum(&m->envelope.recipient),
		[MESSAGE_SEQ] = Int64GetDatum((int64) m->envelope.seq),
		[MESSAGE_ALG] = CStringGetTextDatum(QFS_MESSAGE_ALG),
		[MESSAGE_NONCE] = qfs_bytes_datum(m->envelope.nonce, sizeof(m->envelope.nonce)),
		[MESSAGE_BODY] = qfs_bytes_datum(m->envelope.body.data, m->envelope.body.len),
		[MESSAGE_SENDER_KEY] = PointerGetDatum(&m->sender_key),
		[MESSAGE_RECIPIENT_KEY] = PointerGetDatum(&m->recipient_key)
	};
	bool		nulls[MESSAGE_COLUMNS] = {false};

	if (RelationGetDescr(rel)->natts != MESSAGE_COLUMNS)
		QFS_THROW(QFS_STATE_MISMATCH, "qfs.message has %i columns", (int64_t) RelationGetDescr(rel)->natts);
	qfs_row_write(rel, heap_form_tuple(RelationGetDescr(rel), values, nulls), NULL);
	CommandCounterIncrement();
}

/* By a statement, for triggers of the application's. */
static void
insert_envelope(Relation rel, const Message *m, int64 entry)
{
	static SPIPlanPtr plan = NULL;
	static const char query[] =
		"INSERT INTO qfs.message (entry, thread, sender, recipient, seq, alg, nonce, body, sender_key, recipient_key)"
		" VALUES ($1, ($2)::qfs.hash, ($3)::qfs.user_id, ($4)::qfs.user_id, $5, '" QFS_MESSAGE_ALG "',"
		"         $6, $7, ($8)::qfs.hash, ($9)::qfs.hash)";
	qfs_params	p = {0};

	qfs_param_int(&p, entry);
	qfs_param_bytes(&p, &m->thread, sizeof(m->thread));
	qfs_param_bytes(&p, &m->envelope.sender, sizeof(m->envelope.sender));
	qfs_param_bytes(&p, &m->envelope.recipient, sizeof(m->envelope.recipient));
	qfs_param_int(&p, (int64) m->envelope.seq);
	qfs_param_bytes(&p, m->envelope.nonce, sizeof(m->envelope.nonce));
	qfs_param_bytes(&p, m->envelope.body.data, m->envelope.body.len);
	qfs_param_bytes(&p, &m->sender_key, sizeof(m->sender_key));
	qfs_param_bytes(&p, &m->recipient_key, sizeof(m->recipient_key));
	SPI_connect();
	qfs_table_guard_permit(rel);
	if (!qfs_row_insert(&plan, query, &p))
		QFS_THROW(QFS_ENTRY_LOST, "an envelope");
	qfs_table_guard_end();
	SPI_finish();
}

/* Errors: MESSAGE_NONCE. */
static void
store_envelope(const Message *m, int64 entry)
{
	MemoryContext context = CurrentMemoryContext;
	Relation	rel = table_open(qfs_table_oid("message"), RowExclusiveLock);

	PG_TRY();
	{
		if (!qfs_row_is_watched(rel, TRIGGER_TYPE_INSERT))
			write_envelope(rel, m, entry);
		else
			insert_envelope(rel, m, entry);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		qfs_table_guard_end();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION || error->constraint_name == NULL ||
			strcmp(error->constraint_name, "message_nonce_key") != 0)
			PG_RE_THROW();
		FlushErrorState();
		QFS_THROW(QFS_MESSAGE_NONCE, "in this thread");
	}
	PG_END_TRY();
	table_close(rel, NoLock);
}

/* qfs_api.send_message(recipient, seq, nonce, body, alg, sender_key, recipient_key, auth) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_send_message);
Datum
qfs_sql_send_message(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_require_actor();
	qfs_reducer *r = qfs_open_reducer();
	Message		m;
	int64		entry;

	for (int i = 0; i < 7; i++)
		if (PG_ARGISNULL(i))
			QFS_THROW(QFS_ARGUMENT, "argument %i is null", (int64_t) i + 1);
	read_message(fcinfo, &actor->user, &m);
	entry = qfs_append_account_event("MESSAGE", &m.envelope.sender, message_payload(&m),
									 qfs_signature_arg(fcinfo, 7), NULL);
	/* From now on no key is replaced. */
	check_key_in_force(r, &m.envelope.sender, &m.sender_key, "sender_key");
	check_key_in_force(r, &m.envelope.recipient, &m.recipient_key, "recipient_key");
	store_envelope(&m, entry);
	PG_RETURN_INT64(entry);
}
