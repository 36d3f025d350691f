/*
 * store.c - fields of records, whatever store they are in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "state/store.h"

#include "base/assert.h"
#include "base/buf.h"
#include "text/amount.h"

size_t
qfs_field_size(const qfs_field *field, const void *record)
{
	switch (field->type)
	{
		case QFS_FIELD_INT:
			return sizeof(int64_t);
		case QFS_FIELD_BOOL:
			return sizeof(bool);
		case QFS_FIELD_AMOUNT:
			return sizeof(qfs_amount);
		case QFS_FIELD_HASH:
		case QFS_FIELD_USER:
			return QFS_HASH_LEN;
		case QFS_FIELD_ADDRESS:
			return QFS_ADDRESS_LEN;
		case QFS_FIELD_NAME:
		case QFS_FIELD_TEXT:
			return strlen((const char *) record + field->offset);
		case QFS_FIELD_JSON:
			return sizeof(qfs_slice);
	}
	QFS_ASSERT(!"a type of field");
	return 0;
}

bool
qfs_field_present(const qfs_field *field, const void *record)
{
	return field->present == QFS_ALWAYS || *((const bool *) record + field->present);
}

bool
qfs_field_equal(const qfs_field *field, const void *a, const void *b)
{
	const char *x = (const char *) a + field->offset;
	const char *y = (const char *) b + field->offset;

	if (qfs_field_present(field, a) != qfs_field_present(field, b))
		return false;
	if (!qfs_field_present(field, a))
		return true;
	if (field->type == QFS_FIELD_JSON)
		return qfs_slice_equal(*(const qfs_slice *) (const void *) x,
							   *(const qfs_slice *) (const void *) y);
	return qfs_field_size(field, a) == qfs_field_size(field, b) &&
		memcmp(x, y, qfs_field_size(field, a)) == 0;
}

bool
qfs_same_key(const qfs_kind *kind, const void *a, const void *b)
{
	QFS_ASSERT(kind->keys > 0 && kind->keys <= kind->field_count);
	for (unsigned i = 0; i < kind->keys; i++)
		if (!qfs_field_equal(&kind->fields[i], a, b))
			return false;
	return true;
}
