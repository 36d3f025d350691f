/*
 * verify_tables.c - the ledger's rows against their index, and contents off the ledger against their commitments.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Tables are read as they lie there: no privilege, row security, rule or child
 * table changes what is seen.
 */
#include "pg/base/compat.h"

#include "access/heapam.h"
#include "access/table.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg/base/errors.h"
#include "pg/fn/verify_tables.h"
#include "rules/account/profile_content.h"
#include "rules/social/message_hash.h"
#include "state/records.h"
#include "text/json.h"

/* ---- the heap against the index ---- */

void
qfs_rows_met_add(qfs_rows_met *met, HeapTuple row)
{
	met->count++;
	met->places += hash_bytes_uint32_extended(ItemPointerGetBlockNumberNoCheck(&row->t_self),
											  ItemPointerGetOffsetNumberNoCheck(&row->t_self));
}

#define MOST_NAMED 100

/* Does the index lead to this very row? */
static bool
is_found(LedgerReader *reader, HeapTuple row, int64 seq)
{
	HeapTuple	found = qfs_ledger_row(reader, (uint64) seq);
	bool		same = found != NULL && ItemPointerEquals(&found->t_self, &row->t_self);

	if (found != NULL)
		heap_freetuple(found);
	return same;
}

/* returns: how many were named */
static uint64
name_rows(qfs_audit *audit, LedgerReader *reader)
{
	TableScanDesc scan = table_beginscan(reader->rel, reader->snapshot, 0, NULL);
	HeapTuple	row;
	uint64		named = 0;

	while (named < MOST_NAMED && (row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		int64		seq = qfs_ledger_row_int(reader, row, LEDGER_SEQ);
		qfs_error	fault;

		CHECK_FOR_INTERRUPTS();
		if (is_found(reader, row, seq))
			continue;
		qfs_fail(&fault, QFS_INDEX_MISMATCH, "a row of entry %i is in the table, and the index does not lead to it", seq);
		qfs_audit_fault(audit, (uint64) seq, &fault);
		named++;
	}
	table_endscan(scan);
	return named;
}

void
qfs_verify_heap(qfs_audit *audit, LedgerReader *reader, const qfs_rows_met *met)
{
	TableScanDesc scan = table_beginscan(reader->rel, reader->snapshot, 0, NULL);
	qfs_rows_met there = {0};
	HeapTuple	row;
	qfs_error	fault;

	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		qfs_rows_met_add(&there, row);
	}
	table_endscan(scan);
	if ((there.count == met->count && there.places == met->places) || name_rows(audit, reader) > 0)
		return;
	qfs_fail(&fault, QFS_INDEX_MISMATCH, "the table has %u rows, its index leads to %u", there.count, met->count);
	qfs_audit_fault(audit, met->count > 0 ? met->count - 1 : 0, &fault);
}

/* ---- contents against commitments ---- */

/* What a walk over contents needs, and the row that it has come to. */
typedef struct Contents
{
	qfs_audit  *audit;
	LedgerReader *reader;
	void	   *json;			/* for one entry of the ledger */
	Datum	   *values;
	bool	   *nulls;
} Contents;

/* Columns of qfs.profile_content and of qfs.message, as 36_social.sql has them. */
enum
{
	PROFILE_USER, PROFILE_VERSION, PROFILE_SALT, PROFILE_CONTENT, PROFILE_COLUMNS
};
enum
{
	MESSAGE_ENTRY, MESSAGE_THREAD, MESSAGE_SENDER, MESSAGE_RECIPIENT, MESSAGE_SEQ, MESSAGE_ALG,
	MESSAGE_NONCE, MESSAGE_BODY, MESSAGE_SENDER_KEY, MESSAGE_RECIPIENT_KEY, MESSAGE_COLUMNS
};

static qfs_slice
bytes_of(Datum value)
{
	struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

	return (qfs_slice) {(const uint8_t *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};
}

static void
report(Contents *c, uint64 seq, const char *detail)
{
	qfs_error	fault;

	qfs_fail(&fault, QFS_CONTENT_MISMATCH, "%s", detail);
	qfs_audit_fault(c->audit, seq, &fault);
}

/* The content in force is that of the last PROFILE_UPDATE, as the replay has it; null: erased. */
static void
check_profile(Contents *c)
{
	qfs_store  *replay = qfs_memory_store_base(c->audit->memory);
	qfs_profile_record profile = {.user = *(const qfs_user_id *) DatumGetPointer(c->values[PROFILE_USER])};
	qfs_hash	commitment;
	qfs_slice	salt;
	qfs_error	err;
	bool		found;

	QFS_TRY(replay->get(replay, &qfs_kind_profile, &profile, &found, &err), &err);
	if (!found)
	{
		report(c, c->audit->chain.frontier.size - 1, "qfs.profile_content has one of an account that has no profile");
		return;
	}
	if (DatumGetInt64(c->values[PROFILE_VERSION]) != profile.version)
		report(c, (uint64) profile.seq, "qfs.profile_content has another version of this profile");
	else if (c->nulls[PROFILE_SALT] != c->nulls[PROFILE_CONTENT])
		report(c, (uint64) profile.seq, "qfs.profile_content has half of this profile");
	else if (!c->nulls[PROFILE_CONTENT])
	{
		salt = bytes_of(c->values[PROFILE_SALT]);
		if (salt.len == QFS_PROFILE_SALT)
			qfs_profile_commit(salt.data, bytes_of(c->values[PROFILE_CONTENT]), &commitment);
		if (salt.len != QFS_PROFILE_SALT || memcmp(&commitment, &profile.commitment, sizeof(commitment)) != 0)
			report(c, (uint64) profile.seq, "qfs.profile_content has another content of this profile");
	}
}

static bool
member_is_int(qfs_slice object, const char *name, int64 want)
{
	qfs_slice	value;
	int64_t		n;

	return qfs_json_member(object, name, &value) && qfs_json_to_int(value, &n) && n == want;
}

static bool
member_is_hash(qfs_slice object, const char *name, const qfs_hash *want)
{
	qfs_hash	hash;

	return qfs_json_member_hex(object, name, hash.bytes, sizeof(hash.bytes)) &&
		memcmp(&hash, want, sizeof(hash)) == 0;
}

static bool
member_is_user(qfs_slice object, const char *name, const qfs_user_id *want)
{
	qfs_slice	value;
	qfs_user_id user;
	qfs_error	err;

	return qfs_json_member(object, name, &value) && qfs_json_to_plain(value, &value) &&
		qfs_user_id_parse(value, &user, &err) == QFS_OK && memcmp(&user, want, sizeof(user)) == 0;
}

/* Is it the envelope, or what an erasure leaves of it, that this entry commits to? */
static bool
fits(const Contents *c, const qfs_entry *entry)
{
	qfs_envelope envelope = {
		.sender = *(const qfs_user_id *) DatumGetPointer(c->values[MESSAGE_SENDER]),
		.recipient = *(const qfs_user_id *) DatumGetPointer(c->values[MESSAGE_RECIPIENT]),
		.seq = (uint64_t) DatumGetInt64(c->values[MESSAGE_SEQ])
	};
	qfs_slice	nonce = bytes_of(c->values[MESSAGE_NONCE]);
	qfs_hash	hash;

	if (!qfs_slice_equal(entry->type, QFS_LITERAL("MESSAGE")) || !entry->has_actor ||
		memcmp(&entry->actor, &envelope.sender, sizeof(envelope.sender)) != 0 ||
		!member_is_user(entry->payload, "recipient", &envelope.recipient) ||
		!member_is_hash(entry->payload, "thread", (const qfs_hash *) DatumGetPointer(c->values[MESSAGE_THREAD])) ||
		!member_is_int(entry->payload, "seq", (int64) envelope.seq) || nonce.len != sizeof(envelope.nonce))
		return false;
	if (c->nulls[MESSAGE_BODY])
		return true;
	memcpy(envelope.nonce, nonce.data, nonce.len);
	envelope.body = bytes_of(c->values[MESSAGE_BODY]);
	qfs_message_hash(&envelope, &hash);
	return member_is_hash(entry->payload, "hash", &hash);
}

static void
check_message(Contents *c)
{
	int64		seq = DatumGetInt64(c->values[MESSAGE_ENTRY]);
	HeapTuple	row = seq >= 0 ? qfs_ledger_row(c->reader, (uint64) seq) : NULL;
	LedgerEntry e;
	qfs_error	err;

	if (row == NULL)
		report(c, (uint64) seq, "qfs.message has an envelope of an entry that is not there");
	/* An entry that cannot be read was reported when it was met. */
	else if (qfs_ledger_decode(RelationGetDescr(c->reader->rel), row, c->json, &e, &err) == QFS_OK && !fits(c, &e.entry))
		report(c, (uint64) seq, "qfs.message has an envelope that is not the one of this entry");
}

static void
check_table(Contents *c, const char *name, int columns, void (*check) (Contents *))
{
	Relation	rel = table_open(qfs_table_oid(name), AccessShareLock);
	TableScanDesc scan = table_beginscan(rel, c->reader->snapshot, 0, NULL);
	MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "qfs contents", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(per_row);
	bool		is_ours = RelationGetDescr(rel)->natts == columns;
	HeapTuple	row;

	if (!is_ours)
		report(c, c->audit->chain.frontier.size - 1, psprintf("qfs.%s has or had other columns, and is not looked at", name));
	while (is_ours && (row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(row, RelationGetDescr(rel), c->values, c->nulls);
		check(c);
		MemoryContextReset(per_row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(per_row);
	table_endscan(scan);
	table_close(rel, AccessShareLock);
}

void
qfs_verify_contents(qfs_audit *audit, LedgerReader *reader)
{
	Datum		values[MESSAGE_COLUMNS];
	bool		nulls[MESSAGE_COLUMNS];
	Contents	c = {audit, reader, palloc(LEDGER_JSON_MAX), values, nulls};

	check_table(&c, "profile_content", PROFILE_COLUMNS, check_profile);
	check_table(&c, "message", MESSAGE_COLUMNS, check_message);
	pfree(c.json);
}
