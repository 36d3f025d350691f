/*
 * fn_append.c - SQL functions that append: genesis, event types, policy, keys, import.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Each builds a payload and inserts it as anybody could, with the caller's
 * rights: operator_event.h.
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "crypto/ed25519.h"
#include "pg/append/actor.h"
#include "pg/append/append.h"
#include "pg/append/draft.h"
#include "pg/append/operator_event.h"
#include "pg/append/server.h"
#include "pg/append/settle.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"
#include "pg/secret/keyfile.h"
#include "pg/table/entry_columns.h"
#include "pg/table/ledger_table.h"
#include "pg/table/opening.h"
#include "pg/table/row_insert.h"
#include "pg/table/server_identity.h"
#include "pg/table/store_table.h"
#include "rules/system/key_rotated.h"

static qfs_slice
jsonb_arg(FunctionCallInfo fcinfo, int n)
{
	qfs_buf		buf;
	qfs_error	err;

	qfs_buf_init(&buf, palloc(QFS_PAYLOAD_MAX), QFS_PAYLOAD_MAX);
	QFS_TRY(qfs_jsonb_write(&buf, PG_GETARG_JSONB_P(n), 1, &err), &err);
	if (buf.overflow)
		QFS_THROW(QFS_ENTRY_TOO_LARGE, "an argument alone is longer");
	return qfs_buf_slice(&buf);
}

/* The base policy with the changes of argument n, complete and in range. */
static qfs_slice
policy_arg(FunctionCallInfo fcinfo, int n, qfs_slice base)
{
	qfs_policy	parsed;
	qfs_buf		buf;
	qfs_error	err;

	qfs_buf_init(&buf, palloc(QFS_POLICY_MAX), QFS_POLICY_MAX);
	QFS_TRY(qfs_policy_merge(base, jsonb_arg(fcinfo, n), &buf, &err), &err);
	QFS_TRY(qfs_policy_parse(qfs_buf_slice(&buf), &parsed, &err), &err);
	return qfs_buf_slice(&buf);
}

/* recovery: NULL: none is named */
static void
put_keys(qfs_draft *p, const qfs_public_keys *keys, const qfs_hash *recovery)
{
	qfs_json_key(&p->w, "keys");
	qfs_json_open_object(&p->w);
	qfs_draft_hash(p, "checkpoint", &keys->checkpoint);
	if (recovery != NULL)
		qfs_draft_hash(p, "recovery", recovery);
	qfs_draft_hash(p, "token", &keys->token);
	qfs_json_close(&p->w);
}

static void
put_server(qfs_draft *p)
{
	qfs_server_record server = {.number = 0};

	qfs_server_draw(&server);
	qfs_json_key(&p->w, "server");
	qfs_server_record_write(&p->w, &server);
}

/* A key is made for a ledger that can be opened, not for one that is. */
static void
check_no_ledger(void)
{
	LedgerHead	head;

	if (qfs_ledger_is_open())
		QFS_THROW(QFS_GENESIS_EXISTS, "this ledger is open");
	qfs_ledger_head_seen(SnapshotSelf, &head);
	if (head.size > 0)
		qfs_ledger_throw_closed(head.size, "");
}

/* A key of the operator's, held offline; NULL: none is named. */
static const qfs_hash *
recovery_key_arg(FunctionCallInfo fcinfo, int n)
{
	const qfs_hash *key;
	qfs_error	err;

	if (PG_ARGISNULL(n))
		return NULL;
	key = qfs_hash_arg(fcinfo, n);
	QFS_TRY(qfs_ed25519_key_check((qfs_slice) {key->bytes, sizeof(key->bytes)}, &err), &err);
	return key;
}

/* qfs.genesis(origin, policy, recovery_key) -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_genesis);
Datum
qfs_sql_genesis(PG_FUNCTION_ARGS)
{
	qfs_hash   *hash = palloc(sizeof(qfs_hash));
	const qfs_hash *recovery;
	qfs_slice	origin;
	qfs_slice	policy;
	qfs_public_keys keys;
	qfs_draft p;
	qfs_error	err;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	/* What is written to the key file no rollback takes back. */
	qfs_actor_check_role_acts();
	origin = qfs_varlena_arg(fcinfo, 0);
	QFS_TRY(qfs_origin_check(origin, &err), &err);
	policy = policy_arg(fcinfo, 1, qfs_policy_default());
	recovery = recovery_key_arg(fcinfo, 2);
	check_no_ledger();
	qfs_keyfile_add(&keys);

	qfs_draft_begin(&p);
	qfs_draft_int(&p, "format", 2);
	put_keys(&p, &keys, recovery);
	qfs_draft_text(&p, "origin", origin);
	qfs_draft_value(&p, "policy", policy);
	put_server(&p);
	qfs_append_operator_event("GENESIS", qfs_draft_end(&p), hash);
	PG_RETURN_POINTER(hash);
}

/* qfs.register_event_type(type, schema, by) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_register_event_type);
Datum
qfs_sql_register_event_type(PG_FUNCTION_ARGS)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	qfs_draft_text(&p, "by", qfs_varlena_arg(fcinfo, 2));
	qfs_draft_value(&p, "schema", jsonb_arg(fcinfo, 1));
	qfs_draft_text(&p, "type", qfs_varlena_arg(fcinfo, 0));
	PG_RETURN_INT64(qfs_append_operator_event("EVENT_TYPE", qfs_draft_end(&p), NULL));
}

/*
 * Takes the chain lock and reads what is in force: it stays so until this
 * transaction ends.
 */
static void
lock_and_read(qfs_ledger_record *ledger)
{
	qfs_store  *store = qfs_table_store();
	uint64		size = qfs_append_lock();
	qfs_error	err;
	bool		found;

	ledger->number = 0;
	QFS_TRY(store->get(store, &qfs_kind_ledger, ledger, &found, &err), &err);
	/* A closed ledger has entries: genesis is not what it lacks. */
	if (!found || !qfs_ledger_is_open())
		qfs_ledger_throw_closed(size, "there is no policy and no key yet");
	/* No key is made for what cannot be appended. */
	qfs_server_check();
}

/* qfs.set_policy(changes) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_set_policy);
Datum
qfs_sql_set_policy(PG_FUNCTION_ARGS)
{
	qfs_ledger_record ledger;
	qfs_slice	current;
	qfs_draft p;
	qfs_error	err;

	lock_and_read(&ledger);
	/* What is due may put another one in force. */
	if (qfs_settle_now() > 0)
		lock_and_read(&ledger);
	QFS_TRY(qfs_policy_get(qfs_table_store(), ledger.policy_seq, &current, &err), &err);

	qfs_draft_begin(&p);
	qfs_draft_value(&p, "policy", policy_arg(fcinfo, 0, current));
	PG_RETURN_INT64(qfs_append_operator_event("POLICY_CHANGED", qfs_draft_end(&p), NULL));
}

static void
read_current_keys(const qfs_ledger_record *ledger, qfs_signing_key_record *out)
{
	qfs_error	err;

	QFS_TRY(qfs_signing_key_get(qfs_table_store(), ledger->key_number, out, &err), &err);
}

/* The key in force, from the file.  The caller wipes it. */
static void
find_outgoing_key(const qfs_ledger_record *ledger, qfs_key_pair *out)
{
	qfs_signing_key_record current;

	read_current_keys(ledger, &current);
	qfs_keyfile_find(&current.checkpoint, out);
}

/* The outgoing key signs the next ones. */
static void
endorse(const qfs_ledger_record *ledger, const qfs_public_keys *next,
		uint8_t signature[crypto_sign_BYTES])
{
	uint8_t		message[QFS_ROTATION_MESSAGE];
	qfs_key_pair pair;
	qfs_buf		buf;

	qfs_buf_init(&buf, message, sizeof(message));
	qfs_rotation_message(&ledger->ledger, &next->checkpoint, &next->token, &buf);
	find_outgoing_key(ledger, &pair);
	crypto_sign_detached(signature, NULL, message, buf.len, pair.secret);
	sodium_memzero(&pair, sizeof(pair));
}

/* What comes first where keys are made: nothing is written to a file that is missing or another ledger's. */
static void
begin_keys(qfs_ledger_record *ledger)
{
	qfs_key_pair pair;

	qfs_actor_check_role_acts();
	lock_and_read(ledger);
	find_outgoing_key(ledger, &pair);
	sodium_memzero(&pair, sizeof(pair));
}

static int64
append_rotation(const qfs_ledger_record *ledger, const qfs_public_keys *next)
{
	uint8_t		signature[crypto_sign_BYTES];
	qfs_draft p;

	endorse(ledger, next, signature);
	qfs_draft_begin(&p);
	put_keys(&p, next, NULL);
	qfs_draft_hex(&p, "signature", signature, sizeof(signature));
	return qfs_append_operator_event("KEY_ROTATED", qfs_draft_end(&p), NULL);
}

/* qfs.rotate_keys() -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_rotate_keys);
Datum
qfs_sql_rotate_keys(PG_FUNCTION_ARGS)
{
	qfs_ledger_record ledger;
	qfs_public_keys next;

	begin_keys(&ledger);
	qfs_keyfile_add(&next);
	PG_RETURN_INT64(append_rotation(&ledger, &next));
}

/* Under the chain lock: no key comes into force meanwhile. */
static bool
was_in_force(const qfs_hash *checkpoint)
{
	qfs_store  *store = qfs_table_store();
	qfs_ledger_record ledger;
	qfs_signing_key_record key;
	qfs_error	err;

	lock_and_read(&ledger);
	for (int64 number = 0; number <= ledger.key_number; number++)
	{
		QFS_TRY(qfs_signing_key_get(store, number, &key, &err), &err);
		if (memcmp(&key.checkpoint, checkpoint, sizeof(*checkpoint)) == 0)
			return true;
	}
	return false;
}

/* qfs.prepare_keys() -> qfs.hash */
PG_FUNCTION_INFO_V1(qfs_sql_prepare_keys);
Datum
qfs_sql_prepare_keys(PG_FUNCTION_ARGS)
{
	qfs_hash   *digest = palloc(sizeof(*digest));
	qfs_ledger_record ledger;
	qfs_signing_key_record current;

	qfs_actor_check_role_acts();
	lock_and_read(&ledger);
	read_current_keys(&ledger, &current);
	/* What no other key may endorse is of no use without the outgoing one. */
	if (!current.has_recovery)
		begin_keys(&ledger);
	qfs_keyfile_prepare(&(qfs_prepared_for) {&ledger.ledger, was_in_force}, digest);
	PG_RETURN_POINTER(digest);
}

/* qfs.rotate_keys(digest) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_rotate_to_prepared);
Datum
qfs_sql_rotate_to_prepared(PG_FUNCTION_ARGS)
{
	const qfs_hash *digest = qfs_hash_arg(fcinfo, 0);
	qfs_ledger_record ledger;
	qfs_public_keys next;

	begin_keys(&ledger);
	qfs_keyfile_prepared(&(qfs_prepared_for) {&ledger.ledger, was_in_force}, digest, &next);
	PG_RETURN_INT64(append_rotation(&ledger, &next));
}

/* ---- recovery ---- */

/* What the recovery key is asked to put in force, and the recovery key from then on. */
typedef struct Recovery
{
	qfs_ledger_record ledger;
	qfs_public_keys keys;
	const qfs_hash *successor;	/* a recovery key that follows; NULL: it stays the same */
	qfs_signing_key_record next;
} Recovery;

/* Arguments: the digest of a prepared seed; n: the successor. */
static void
begin_recovery(FunctionCallInfo fcinfo, int n, Recovery *out)
{
	qfs_signing_key_record current;
	qfs_error	err;

	qfs_actor_check_role_acts();
	lock_and_read(&out->ledger);
	read_current_keys(&out->ledger, &current);
	if (!current.has_recovery)
		QFS_THROW(QFS_NO_RECOVERY_KEY, "for key %i", current.number + 1);
	out->successor = recovery_key_arg(fcinfo, n);
	qfs_keyfile_prepared(&(qfs_prepared_for) {&out->ledger.ledger, was_in_force},
						 qfs_hash_arg(fcinfo, 0), &out->keys);
	out->next = (qfs_signing_key_record) {
		.number = current.number + 1,
		.checkpoint = out->keys.checkpoint,
		.token = out->keys.token,
		.has_recovery = true,
		.recovery = out->successor != NULL ? *out->successor : current.recovery
	};
	QFS_TRY(qfs_recovery_key_check(&out->next, &err), &err);
}

/* qfs.recovery_message(digest, next_recovery_key) -> bytea */
PG_FUNCTION_INFO_V1(qfs_sql_recovery_message);
Datum
qfs_sql_recovery_message(PG_FUNCTION_ARGS)
{
	uint8_t		message[QFS_RECOVERY_MESSAGE];
	Recovery	recovery;
	qfs_buf		buf;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	begin_recovery(fcinfo, 1, &recovery);
	qfs_buf_init(&buf, message, sizeof(message));
	qfs_recovery_message(&recovery.ledger.ledger, &recovery.next, &buf);
	PG_RETURN_BYTEA_P(qfs_bytea_of(qfs_buf_slice(&buf)));
}

/* qfs.recover_keys(digest, signature, next_recovery_key) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_recover_keys);
Datum
qfs_sql_recover_keys(PG_FUNCTION_ARGS)
{
	Recovery	recovery;
	qfs_slice	signature;
	qfs_draft p;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	begin_recovery(fcinfo, 2, &recovery);
	signature = qfs_varlena_arg(fcinfo, 1);
	if (signature.len != crypto_sign_BYTES)
		QFS_THROW(QFS_ARGUMENT, "the signature has %u bytes, one of Ed25519 has %u",
				  (uint64_t) signature.len, (uint64_t) crypto_sign_BYTES);
	qfs_draft_begin(&p);
	qfs_draft_text(&p, "by", QFS_LITERAL("recovery"));
	put_keys(&p, &recovery.keys, recovery.successor);
	qfs_draft_hex(&p, "signature", signature.data, signature.len);
	PG_RETURN_INT64(qfs_append_operator_event("KEY_ROTATED", qfs_draft_end(&p), NULL));
}

/* ---- the server ---- */

/* qfs.adopt(reason) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_adopt);
Datum
qfs_sql_adopt(PG_FUNCTION_ARGS)
{
	LedgerHead	head;
	int64		seq;

	qfs_actor_check_role_acts();
	if (!qfs_ledger_is_open())
	{
		qfs_ledger_head_seen(SnapshotSelf, &head);
		qfs_ledger_throw_closed(head.size, "there is nothing to adopt");
	}
	seq = qfs_server_adopt(qfs_varlena_arg(fcinfo, 0));
	if (seq >= 0)
		PG_RETURN_INT64(seq);
	ereport(NOTICE, (errmsg("there is nothing to adopt: the ledger was living here before")));
	PG_RETURN_NULL();
}

/* qfs.server_changes() -> text[] */
PG_FUNCTION_INFO_V1(qfs_sql_server_changes);
Datum
qfs_sql_server_changes(PG_FUNCTION_ARGS)
{
	unsigned	changed = qfs_ledger_is_open() ? qfs_server_changes() : 0;
	Datum		names[QFS_SERVER_CHANGES];
	int			count = 0;

	for (unsigned n = 0; n < QFS_SERVER_CHANGES; n++)
		if (changed & 1u << n)
			names[count++] = CStringGetTextDatum(qfs_server_change_name(n));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---- import ---- */

static void
insert_recorded(const qfs_entry *e, const qfs_hash *hash)
{
	static SPIPlanPtr plan = NULL;
	static const char query[] =
		"INSERT INTO qfs.ledger (seq, at, type, actor, auth, payload, sig, outcome, accounts, salt, prev, hash)"
		" VALUES ($1, $2, $3, ($4)::qfs.user_id, $5, $6, $7, $8, $9, $10, ($11)::qfs.hash, ($12)::qfs.hash)";
	qfs_params	p = {0};
	qfs_slice	sig;

	qfs_param_int(&p, (int64) e->seq);
	qfs_param_int(&p, e->at);
	qfs_param_text(&p, e->type);
	if (e->has_actor)
		qfs_param_bytes(&p, &e->actor, sizeof(e->actor));
	else
		qfs_param_null(&p, BYTEAOID);
	qfs_param(&p, JSONBOID, qfs_jsonb_of(e->auth));
	if (e->payload.len > 0)
		qfs_param(&p, JSONBOID, qfs_jsonb_of(e->payload));
	else
		qfs_param_null(&p, JSONBOID);
	if (e->sig.len > 0 && qfs_json_to_plain(e->sig, &sig))
		qfs_param_text(&p, sig);
	else
		qfs_param_null(&p, TEXTOID);
	qfs_param(&p, JSONBOID, qfs_jsonb_of(e->outcome));
	qfs_param(&p, JSONBOID, qfs_accounts_column(e));
	qfs_param(&p, BYTEAOID, PointerGetDatum(qfs_salt_column(e)));
	qfs_param_bytes(&p, &e->prev, sizeof(e->prev));
	qfs_param_bytes(&p, hash, sizeof(*hash));
	if (!qfs_row_insert(&plan, query, &p))
		QFS_THROW(QFS_ENTRY_LOST, "entry %u", e->seq);
}

/* A line that is here already must be the same one. */
static bool
is_known(const qfs_entry *e, const qfs_hash *hash)
{
	LedgerReader reader;
	qfs_hash	here;
	HeapTuple	row;

	qfs_ledger_table_open(&reader, SnapshotSelf);
	row = qfs_ledger_row(&reader, e->seq);
	if (row != NULL)
		qfs_ledger_row_hash(&reader, row, LEDGER_HASH, &here);
	qfs_ledger_table_close(&reader);
	if (row != NULL && memcmp(&here, hash, sizeof(here)) != 0)
		QFS_THROW(QFS_HASH_MISMATCH, "entry %u here is another one", e->seq);
	return row != NULL;
}

static int64
import_lines(Datum *lines, bool *nulls, int count)
{
	int64		added = 0;
	MemoryContext per_line;

	SPI_connect();
	per_line = AllocSetContextCreate(CurrentMemoryContext, "qfs import", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(per_line);
	for (int i = 0; i < count; i++)
	{
		qfs_slice	line;
		qfs_entry	entry;
		qfs_hash	hash;
		qfs_error	err;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			QFS_THROW(QFS_ARGUMENT, "line %i is null", (int64_t) i + 1);
		line = qfs_varlena_of(lines[i]);
		QFS_TRY(qfs_line_read(line, &entry, &err), &err);
		if (!entry.is_full && !qfs_entry_is_erased(&entry))
			QFS_THROW(QFS_ENTRY_INCOMPLETE, "line %i does not show all parts of entry %u", (int64_t) i + 1,
					  entry.seq);
		qfs_entry_hash(&entry, &hash);
		if (!is_known(&entry, &hash))
		{
			insert_recorded(&entry, &hash);
			added++;
		}
		MemoryContextReset(per_line);
	}
	SPI_finish();
	return added;
}

/* What was restored and not verified yet, an import cannot continue. */
static void
check_importable(void)
{
	if (!qfs_ledger_has_state())
		check_no_ledger();
}

/* qfs.import(lines) -> bigint */
PG_FUNCTION_INFO_V1(qfs_sql_import);
Datum
qfs_sql_import(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum	   *lines;
	bool	   *nulls;
	int			count;
	int64		added = 0;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &lines, &nulls, &count);
	check_importable();
	qfs_importing = true;
	PG_TRY();
	{
		added = import_lines(lines, nulls, count);
	}
	PG_FINALLY();
	{
		qfs_importing = false;
	}
	PG_END_TRY();
	PG_RETURN_INT64(added);
}
