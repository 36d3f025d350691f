/*
 * record_json.c - fields of records as canonical JSON, written and read.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "state/record_json.h"

#include "text/amount.h"
#include "text/ids.h"

void
qfs_field_write(qfs_json_writer *w, const qfs_field *field, const void *record)
{
	const void *p = (const char *) record + field->offset;

	if (!qfs_field_present(field, record))
	{
		qfs_json_put_null(w);
		return;
	}
	switch (field->type)
	{
		case QFS_FIELD_INT:
			qfs_json_put_int(w, *(const int64_t *) p);
			break;
		case QFS_FIELD_BOOL:
			qfs_json_put_bool(w, *(const bool *) p);
			break;
		case QFS_FIELD_AMOUNT:
			qfs_json_put_amount(w, *(const qfs_amount *) p);
			break;
		case QFS_FIELD_HASH:
			qfs_json_put_hex(w, p, QFS_HASH_LEN);
			break;
		case QFS_FIELD_USER:
			qfs_json_put_user(w, p);
			break;
		case QFS_FIELD_ADDRESS:
			qfs_json_put_address(w, p);
			break;
		case QFS_FIELD_NAME:
		case QFS_FIELD_TEXT:
			qfs_json_put_text(w, qfs_slice_of(p));
			break;
		case QFS_FIELD_JSON:
			qfs_json_put_value(w, *(const qfs_slice *) p);
			break;
	}
}

static bool
read_bool(qfs_slice value, bool *out)
{
	*out = qfs_slice_equal(value, QFS_LITERAL("true"));
	return *out || qfs_slice_equal(value, QFS_LITERAL("false"));
}

/* max: characters, without the NUL that follows them */
static bool
read_text(qfs_slice value, char *out, size_t max)
{
	qfs_buf		buf;

	memset(out, 0, max + 1);
	qfs_buf_init(&buf, out, max);
	return qfs_json_to_text(value, &buf) && !buf.overflow;
}

/* In the one spelling in which it is written. */
static bool
read_amount(qfs_slice text, qfs_amount *out)
{
	uint8_t		memory[QFS_AMOUNT_TEXT];
	qfs_buf		again;

	if (qfs_amount_parse(text, out, NULL) != QFS_OK)
		return false;
	qfs_buf_init(&again, memory, sizeof(memory));
	qfs_amount_write(&again, *out);
	return qfs_slice_equal(qfs_buf_slice(&again), text);
}

bool
qfs_field_read(qfs_slice value, const qfs_field *field, void *record)
{
	void	   *p = (char *) record + field->offset;
	qfs_slice	text;

	if (field->present != QFS_ALWAYS)
	{
		bool		there = qfs_json_type_of(value) != QFS_JSON_NULL;

		*((bool *) record + field->present) = there;
		if (!there)
			return true;
	}
	switch (field->type)
	{
		case QFS_FIELD_INT:
			return qfs_json_to_int(value, p);
		case QFS_FIELD_BOOL:
			return read_bool(value, p);
		case QFS_FIELD_NAME:
			return read_text(value, p, QFS_TYPE_MAX);
		case QFS_FIELD_TEXT:
			return read_text(value, p, QFS_TEXT_MAX);
		case QFS_FIELD_JSON:
			*(qfs_slice *) p = value;
			return true;
		default:
			break;
	}
	if (!qfs_json_to_plain(value, &text))
		return false;
	switch (field->type)
	{
		case QFS_FIELD_AMOUNT:
			return read_amount(text, p);
		case QFS_FIELD_HASH:
			return qfs_hash_parse(text, p, NULL) == QFS_OK;
		case QFS_FIELD_USER:
			return qfs_user_id_parse(text, p, NULL) == QFS_OK;
		case QFS_FIELD_ADDRESS:
			return qfs_address_parse(text, p, NULL) == QFS_OK;
		default:
			return false;
	}
}
