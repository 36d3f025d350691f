/*
 * key_line.c - a line of the key file: a seed, and who made it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "replication/message.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/xid8.h"

#include "pg/secret/key_line.h"

/* ---- text ---- */

static void
write_number(qfs_buf *buf, uint64_t n, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0;)
	{
		uint8_t		byte = (uint8_t) (n >> (8 * i));

		qfs_buf_hex(buf, &byte, 1);
	}
}

void
qfs_key_line_write(qfs_buf *buf, const qfs_key_line *line)
{
	qfs_buf_hex(buf, line->seed.bytes, QFS_HASH_LEN);
	if (line->has_maker)
	{
		qfs_buf_byte(buf, ' ');
		write_number(buf, line->maker.system, 8);
		qfs_buf_byte(buf, ' ');
		write_number(buf, line->maker.timeline, 4);
		qfs_buf_byte(buf, ' ');
		write_number(buf, line->maker.database, 4);
		qfs_buf_byte(buf, ' ');
		qfs_buf_byte(buf, line->maker.is_prepared ? 'p' : 't');
		write_number(buf, line->maker.mark, 8);
	}
	qfs_buf_byte(buf, '\n');
}

/* Takes the first bytes off the text, which must be these. */
static bool
read_word(qfs_slice *text, const char *word)
{
	size_t		len = strlen(word);

	if (text->len < len || memcmp(text->data, word, len) != 0)
		return false;
	*text = (qfs_slice) {text->data + len, text->len - len};
	return true;
}

static bool
read_number(qfs_slice *text, unsigned bytes, uint64_t *out)
{
	uint8_t		raw[sizeof(*out)];

	if (text->len < 2 * bytes || !qfs_hex_decode((qfs_slice) {text->data, 2 * bytes}, raw, bytes))
		return false;
	*out = 0;
	for (unsigned i = 0; i < bytes; i++)
		*out = *out << 8 | raw[i];
	*text = (qfs_slice) {text->data + 2 * bytes, text->len - 2 * bytes};
	return true;
}

static bool
read_maker(qfs_slice *text, qfs_key_maker *out)
{
	uint64_t	timeline;
	uint64_t	database;

	if (!read_word(text, " ") || !read_number(text, 8, &out->system) ||
		!read_word(text, " ") || !read_number(text, 4, &timeline) ||
		!read_word(text, " ") || !read_number(text, 4, &database) ||
		!read_word(text, " "))
		return false;
	out->is_prepared = read_word(text, "p");
	if ((!out->is_prepared && !read_word(text, "t")) || !read_number(text, 8, &out->mark))
		return false;
	out->timeline = (uint32_t) timeline;
	out->database = (uint32_t) database;
	return true;
}

bool
qfs_key_line_parse(qfs_slice text, qfs_key_line *out)
{
	qfs_slice	rest = {text.data + 2 * QFS_HASH_LEN, text.len - 2 * QFS_HASH_LEN};

	if (text.len < 2 * QFS_HASH_LEN ||
		!qfs_hex_decode((qfs_slice) {text.data, 2 * QFS_HASH_LEN}, out->seed.bytes, QFS_HASH_LEN))
		return false;
	out->has_maker = rest.len > 0;
	return !out->has_maker || (read_maker(&rest, &out->maker) && rest.len == 0);
}

/* ---- outcome ---- */

static void
sign(qfs_key_line *line, bool is_prepared, uint64_t mark)
{
	line->has_maker = true;
	line->maker = (qfs_key_maker) {
		GetSystemIdentifier(), GetWALInsertionTimeLine(), MyDatabaseId, is_prepared, mark
	};
}

/*
 * The number of this transaction.  A record that bears it is flushed, so that
 * after a crash it is nobody else's.
 */
static uint64_t
own_transaction(void)
{
	uint64_t	transaction = U64FromFullTransactionId(GetCurrentFullTransactionId());

	XLogFlush(QFS_LOG_MESSAGE("qfs", "key"));
	return transaction;
}

void
qfs_key_line_sign(qfs_key_line *line)
{
	sign(line, false, own_transaction());
}

/* Two ledgers that one database had, one after the other, are told apart by the first bytes. */
static uint64_t
mark_of(const qfs_hash *ledger)
{
	uint64_t	mark = 0;

	for (unsigned i = 0; i < sizeof(mark); i++)
		mark = mark << 8 | ledger->bytes[i];
	return mark;
}

void
qfs_key_line_prepare(qfs_key_line *line, const qfs_hash *ledger)
{
	sign(line, true, mark_of(ledger));
}

bool
qfs_key_line_is_prepared(const qfs_key_line *line, const qfs_hash *ledger)
{
	/* Of any timeline: after a failover the file is the copy that was made for it. */
	return line->has_maker && line->maker.is_prepared &&
		line->maker.system == GetSystemIdentifier() &&
		line->maker.database == MyDatabaseId &&
		line->maker.mark == mark_of(ledger);
}

/* pg_xact_status(): null where the outcome is no longer known. */
static bool
was_rolled_back(uint64_t transaction)
{
	FullTransactionId id = FullTransactionIdFromU64(transaction);
	LOCAL_FCINFO(call, 1);
	Datum		status;

	/* After a restore to an earlier time the transaction is yet to come. */
	if (!FullTransactionIdPrecedes(id, ReadNextFullTransactionId()))
		return false;
	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = FullTransactionIdGetDatum(id);
	call->args[0].isnull = false;
	status = pg_xact_status(call);
	return !call->isnull && strcmp(TextDatumGetCString(status), "aborted") == 0;
}

bool
qfs_key_line_is_void(const qfs_key_line *line)
{
	/* The number of a transaction means something on its own timeline alone. */
	return line->has_maker && !line->maker.is_prepared &&
		line->maker.system == GetSystemIdentifier() &&
		line->maker.timeline == GetWALInsertionTimeLine() &&
		line->maker.database == MyDatabaseId &&
		was_rolled_back(line->maker.mark);
}
