/*
 * store.h - what the rules read and write: records, found by their key.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A kind of record is a C struct and a description of its fields.  The same
 * description gives the table store its columns (table qfs.<name>, columns in
 * the order of the fields, the first `keys` of them the primary key) and the
 * memory store its bytes, so a rule file can bring its own kinds and no store
 * has to learn about them.
 */
#ifndef QFS_STORE_H
#define QFS_STORE_H

#include "base/types.h"

#define QFS_TEXT_MAX 255

typedef enum qfs_field_type
{
	QFS_FIELD_INT,				/* int64_t: bigint */
	QFS_FIELD_BOOL,				/* bool: boolean */
	QFS_FIELD_AMOUNT,			/* qfs_amount: qfs.amount */
	QFS_FIELD_HASH,				/* qfs_hash: qfs.hash */
	QFS_FIELD_USER,				/* qfs_user_id: qfs.user_id */
	QFS_FIELD_ADDRESS,			/* qfs_address: qfs.address */
	QFS_FIELD_NAME,				/* char[QFS_TYPE_MAX + 1], NUL-terminated: text */
	QFS_FIELD_TEXT,				/* char[QFS_TEXT_MAX + 1], the same */
	QFS_FIELD_JSON				/* qfs_slice of canonical JSON: text */
} qfs_field_type;

typedef struct qfs_field
{
	const char *name;			/* of the column */
	qfs_field_type type;
	size_t		offset;			/* in the record */
	size_t		present;		/* offset of a bool: false is null; QFS_ALWAYS: never null */
} qfs_field;

#define QFS_ALWAYS SIZE_MAX

typedef struct qfs_kind
{
	const char *name;			/* of the table */
	size_t		size;			/* of the record */
	const qfs_field *fields;
	unsigned	field_count;
	unsigned	keys;
	bool		rare;			/* changes so seldom that a reducer remembers it */
} qfs_kind;

#define QFS_FIELD(record, member, field_type) \
	{#member, field_type, offsetof(record, member), QFS_ALWAYS}

/* A field that the record's has_<member> may switch off. */
#define QFS_OPTIONAL(record, member, field_type) \
	{#member, field_type, offsetof(record, member), offsetof(record, has_##member)}
#define QFS_KIND(table, record, field_array, key_count, is_rare) \
	{table, sizeof(record), field_array, QFS_ROWS(field_array), key_count, is_rare}

/*
 * Is the description of a kind one of a record that a store can keep: its keys
 * are fields, and never null, and every field lies in the record?
 */
static inline bool
qfs_kind_sound(const qfs_kind *kind)
{
	if (kind->keys == 0 || kind->keys > kind->field_count)
		return false;
	for (unsigned i = 0; i < kind->field_count; i++)
	{
		const qfs_field *field = &kind->fields[i];

		if (field->offset >= kind->size ||
			(field->present != QFS_ALWAYS && (i < kind->keys || field->present >= kind->size)))
			return false;
	}
	return true;
}

/*
 * get: fills in the record whose key fields are set; *found says if there was
 *      one.  A JSON field stays valid until the next call of the store.
 * put: stores the record in place of the one with the same key.
 */
typedef struct qfs_store qfs_store;
struct qfs_store
{
	qfs_status	(*get) (qfs_store *store, const qfs_kind *kind, void *record,
						bool *found, qfs_error *err);
	qfs_status	(*put) (qfs_store *store, const qfs_kind *kind, const void *record,
						qfs_error *err);
};

/* Bytes of a field's value in a record; of a JSON field, of its slice. */
extern size_t qfs_field_size(const qfs_field *field, const void *record);

extern bool qfs_field_present(const qfs_field *field, const void *record);

/* Do two records agree in a field? */
extern bool qfs_field_equal(const qfs_field *field, const void *a, const void *b);

/* Do they agree in every key field: does one take the other's place? */
extern bool qfs_same_key(const qfs_kind *kind, const void *a, const void *b);

#endif
