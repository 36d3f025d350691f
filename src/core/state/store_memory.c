/*
 * store_memory.c - records in memory, for replay, audit and the verifier.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * One shelf a kind: records in an array in the order of creation, found
 * through an open-addressing table of positions.  Nothing that rules do
 * depends on that order or on the hash.
 */
#include "state/store_memory.h"

#include <string.h>

#include "base/assert.h"
#include "base/status.h"

/* More kinds than the rules have; the registry test counts them. */
#define KINDS_MAX 32
#define FIELDS_MAX 32

#define SLOTS_MIN 64

/* Of a kind: positions have 32 bits, and 0 is none. */
#define RECORDS_MAX UINT32_MAX

typedef struct shelf
{
	const qfs_kind *kind;
	uint8_t    *records;		/* count records, room for capacity */
	size_t		count;
	size_t		capacity;
	uint32_t   *slots;			/* position + 1, 0 = empty; a power of two of them */
	size_t		slot_count;
} shelf;

/* More than an event makes. */
#define CHANGES_MAX 64

/* A record that was put, and what it was before. */
typedef struct change
{
	shelf	   *where;
	size_t		position;
	uint8_t    *before;			/* with its JSON; NULL = there was none */
} change;

struct qfs_memory_store
{
	qfs_store	base;			/* first: the rules get a pointer to it */
	qfs_allocator allocator;
	shelf		shelves[KINDS_MAX];
	size_t		shelf_count;
	bool		undoable;		/* changes are noted */
	change		changes[CHANGES_MAX];
	size_t		change_count;
};

static void *
allocate(qfs_memory_store *s, size_t size)
{
	return s->allocator.allocate(s->allocator.context, size);
}

static void
release(qfs_memory_store *s, void *memory)
{
	if (memory != NULL)
		s->allocator.release(s->allocator.context, memory);
}

static qfs_status
no_memory(qfs_error *err)
{
	return qfs_fail(err, QFS_NO_MEMORY, "while replaying the ledger");
}

/* FNV-1a over the key fields. */
static uint64_t
key_hash(const qfs_kind *kind, const uint8_t *record)
{
	uint64_t	h = UINT64_C(14695981039346656037);

	for (unsigned i = 0; i < kind->keys; i++)
	{
		const uint8_t *bytes = record + kind->fields[i].offset;
		size_t		len = qfs_field_size(&kind->fields[i], record);

		for (size_t b = 0; b < len; b++)
			h = (h ^ bytes[b]) * UINT64_C(1099511628211);
	}
	return h ^ h >> 32;
}

/* The shelf of a kind, made when it is first asked for; NULL = too many kinds. */
static shelf *
shelf_of(qfs_memory_store *s, const qfs_kind *kind)
{
	for (size_t i = 0; i < s->shelf_count; i++)
		if (s->shelves[i].kind == kind)
			return &s->shelves[i];
	if (s->shelf_count == KINDS_MAX)
		return NULL;
	QFS_ASSERT(qfs_kind_sound(kind));
	s->shelves[s->shelf_count].kind = kind;
	return &s->shelves[s->shelf_count++];
}

/* The slot that holds the record with this key, or the empty one where it belongs. */
static uint32_t *
find_slot(const shelf *sh, const uint8_t *record)
{
	size_t		mask = sh->slot_count - 1;
	size_t		i = key_hash(sh->kind, record) & mask;

	/* There is an empty slot, so that the search ends. */
	QFS_ASSERT(sh->slot_count > sh->count && (sh->slot_count & mask) == 0);
	while (sh->slots[i] != 0 &&
		   !qfs_same_key(sh->kind, sh->records + (sh->slots[i] - 1) * sh->kind->size, record))
		i = (i + 1) & mask;
	return &sh->slots[i];
}

/* Doubles both arrays; slots stay at most half full.  False: no memory, or no numbers for so many. */
static bool
grow(qfs_memory_store *s, shelf *sh)
{
	size_t		slot_count = sh->slot_count ? sh->slot_count * 2 : SLOTS_MIN;
	size_t		capacity = slot_count / 2;
	uint32_t   *slots;
	uint8_t    *records;

	if (capacity > RECORDS_MAX || slot_count > SIZE_MAX / sizeof(uint32_t) ||
		capacity > SIZE_MAX / sh->kind->size)
		return false;
	slots = allocate(s, slot_count * sizeof(uint32_t));
	records = allocate(s, capacity * sh->kind->size);
	if (slots == NULL || records == NULL)
	{
		release(s, slots);
		release(s, records);
		return false;
	}
	if (sh->count > 0)
		memcpy(records, sh->records, sh->count * sh->kind->size);
	release(s, sh->records);
	release(s, sh->slots);
	memset(slots, 0, slot_count * sizeof(uint32_t));

	sh->records = records;
	sh->capacity = capacity;
	sh->slots = slots;
	sh->slot_count = slot_count;
	for (size_t i = 0; i < sh->count; i++)
		*find_slot(sh, records + i * sh->kind->size) = (uint32_t) i + 1;
	QFS_ASSERT(sh->count < sh->capacity);
	return true;
}

static qfs_slice *
json_field(const qfs_kind *kind, unsigned field, uint8_t *record)
{
	if (kind->fields[field].type != QFS_FIELD_JSON)
		return NULL;
	return (qfs_slice *) (void *) (record + kind->fields[field].offset);
}

static void
release_json(qfs_memory_store *s, const qfs_kind *kind, uint8_t *record)
{
	for (unsigned i = 0; i < kind->field_count; i++)
	{
		qfs_slice  *json = json_field(kind, i, record);

		if (json != NULL)
			release(s, (void *) (uintptr_t) json->data);
	}
}

/*
 * The store owns its JSON: copies of what the record points to.
 * Returns false, and keeps nothing, if there is no memory.
 */
static bool
copy_json(qfs_memory_store *s, const qfs_kind *kind, const uint8_t *record,
		  uint8_t *copies[FIELDS_MAX])
{
	for (unsigned i = 0; i < kind->field_count; i++)
	{
		qfs_slice	json;

		copies[i] = NULL;
		if (kind->fields[i].type != QFS_FIELD_JSON)
			continue;
		memcpy(&json, record + kind->fields[i].offset, sizeof(json));
		copies[i] = allocate(s, json.len + 1);
		if (copies[i] == NULL)
		{
			while (i > 0)
				release(s, copies[--i]);
			return false;
		}
		if (json.len > 0)
			memcpy(copies[i], json.data, json.len);
	}
	return true;
}

static void
release_copies(qfs_memory_store *s, const qfs_kind *kind, uint8_t *copies[FIELDS_MAX])
{
	for (unsigned i = 0; i < kind->field_count; i++)
		release(s, copies[i]);
}

/* Writes a record over the one that is stored, or over zeros; this cannot fail. */
static void
overwrite(qfs_memory_store *s, const qfs_kind *kind, uint8_t *target, const void *record,
		  uint8_t *const copies[FIELDS_MAX])
{
	release_json(s, kind, target);
	memcpy(target, record, kind->size);
	for (unsigned i = 0; i < kind->field_count; i++)
	{
		qfs_slice  *json = json_field(kind, i, target);

		QFS_ASSERT((json != NULL) == (copies[i] != NULL));
		if (json != NULL)
			json->data = copies[i];
	}
}

/* ---- changes that can be taken back ---- */

static void
forget_json(const qfs_kind *kind, uint8_t *record)
{
	for (unsigned i = 0; i < kind->field_count; i++)
	{
		qfs_slice  *json = json_field(kind, i, record);

		if (json != NULL)
			json->data = NULL;
	}
}

/*
 * To be called before a record is put: its JSON moves to the note.
 * Returns false, and notes nothing, if there is no room.
 */
static bool
note_change(qfs_memory_store *s, shelf *sh, uint32_t slot)
{
	change		noted = {sh, slot != 0 ? slot - 1 : sh->count, NULL};

	if (!s->undoable)
		return true;
	if (s->change_count == CHANGES_MAX)
		return false;
	if (slot != 0)
	{
		uint8_t    *record = sh->records + noted.position * sh->kind->size;

		noted.before = allocate(s, sh->kind->size);
		if (noted.before == NULL)
			return false;
		memcpy(noted.before, record, sh->kind->size);
		forget_json(sh->kind, record);
	}
	s->changes[s->change_count++] = noted;
	return true;
}

/* The last change first, so that a record that was created is the last of its shelf. */
static void
take_back(qfs_memory_store *s, const change *c)
{
	const qfs_kind *kind = c->where->kind;
	uint8_t    *record = c->where->records + c->position * kind->size;

	release_json(s, kind, record);
	if (c->before != NULL)
	{
		memcpy(record, c->before, kind->size);
		release(s, c->before);
		return;
	}
	*find_slot(c->where, record) = 0;
	c->where->count--;
}

void
qfs_memory_store_begin(qfs_memory_store *s)
{
	s->undoable = true;
	s->change_count = 0;
}

void
qfs_memory_store_end(qfs_memory_store *s, bool keep)
{
	s->undoable = false;
	while (s->change_count > 0)
	{
		const change *c = &s->changes[--s->change_count];

		if (!keep)
			take_back(s, c);
		else if (c->before != NULL)
		{
			release_json(s, c->where->kind, c->before);
			release(s, c->before);
		}
	}
}

/* ---- get and put ---- */

static qfs_status
memory_get(qfs_store *store, const qfs_kind *kind, void *record, bool *found, qfs_error *err)
{
	qfs_memory_store *s = (qfs_memory_store *) store;
	shelf	   *sh = shelf_of(s, kind);
	uint32_t	position;

	if (sh == NULL)
		return qfs_fail(err, QFS_INTERNAL, "too many kinds of records");
	position = sh->slot_count > 0 ? *find_slot(sh, record) : 0;
	*found = position != 0;
	QFS_ASSERT(position <= sh->count);
	if (*found)
		memcpy(record, sh->records + (position - 1) * kind->size, kind->size);
	return QFS_OK;
}

static qfs_status
memory_put(qfs_store *store, const qfs_kind *kind, const void *record, qfs_error *err)
{
	qfs_memory_store *s = (qfs_memory_store *) store;
	shelf	   *sh = shelf_of(s, kind);
	uint8_t    *copies[FIELDS_MAX] = {NULL};
	uint32_t   *slot;

	if (sh == NULL || kind->field_count > FIELDS_MAX)
		return qfs_fail(err, QFS_INTERNAL, "too many kinds of records");
	/* What can fail comes first, and the new JSON may lie in the old one. */
	if ((sh->count == sh->capacity && !grow(s, sh)) || !copy_json(s, kind, record, copies))
		return no_memory(err);

	slot = find_slot(sh, record);
	if (!note_change(s, sh, *slot))
	{
		release_copies(s, kind, copies);
		return no_memory(err);
	}
	if (*slot == 0)
	{
		QFS_ASSERT(sh->count < sh->capacity);
		*slot = (uint32_t) ++sh->count;
		memset(sh->records + (*slot - 1) * kind->size, 0, kind->size);
	}
	overwrite(s, kind, sh->records + (*slot - 1) * kind->size, record, copies);
	/* What is put is what is found. */
	QFS_ASSERT(find_slot(sh, sh->records + (*slot - 1) * kind->size) == slot);
	return QFS_OK;
}

qfs_memory_store *
qfs_memory_store_create(qfs_allocator allocator)
{
	qfs_memory_store *s = allocator.allocate(allocator.context, sizeof(*s));

	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->base.get = memory_get;
	s->base.put = memory_put;
	s->allocator = allocator;
	return s;
}

void
qfs_memory_store_destroy(qfs_memory_store *s)
{
	for (size_t i = 0; i < s->shelf_count; i++)
	{
		shelf	   *sh = &s->shelves[i];

		for (size_t r = 0; r < sh->count; r++)
			release_json(s, sh->kind, sh->records + r * sh->kind->size);
		release(s, sh->records);
		release(s, sh->slots);
	}
	release(s, s);
}

qfs_store *
qfs_memory_store_base(qfs_memory_store *s)
{
	return &s->base;
}

const void *
qfs_memory_store_record(const qfs_memory_store *s, const qfs_kind *kind, size_t n)
{
	for (size_t i = 0; i < s->shelf_count; i++)
		if (s->shelves[i].kind == kind)
			return n < s->shelves[i].count ? s->shelves[i].records + n * kind->size : NULL;
	return NULL;
}
