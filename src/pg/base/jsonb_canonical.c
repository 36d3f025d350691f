/*
 * jsonb_canonical.c - jsonb to canonical JSON and back.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * jsonb keeps keys sorted by length, then bytes; RFC 8785 sorts them by UTF-16
 * code unit, so every object is sorted anew.
 */
#include "pg/base/compat.h"

#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/status.h"
#include "pg/base/errors.h"
#include "pg/base/jsonb_canonical.h"

typedef struct Member
{
	JsonbValue	key;
	JsonbValue	value;
} Member;

static qfs_status write_value(qfs_buf *out, JsonbValue *value, unsigned depth, qfs_error *err);

static qfs_slice
string_of(const JsonbValue *value)
{
	return (qfs_slice) {(const uint8_t *) value->val.string.val, (size_t) value->val.string.len};
}

static int
compare_members(const void *a, const void *b)
{
	return qfs_json_compare_names(string_of(&((const Member *) a)->key),
								  string_of(&((const Member *) b)->key), false);
}

static qfs_status
write_number(qfs_buf *out, Numeric number, qfs_error *err)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(number)));
	qfs_status	status = qfs_json_write_number(out, qfs_slice_of(text), err);

	pfree(text);
	return status;
}

static qfs_status
write_object(qfs_buf *out, JsonbIterator **it, int count, unsigned depth, qfs_error *err)
{
	Member	   *members = palloc(sizeof(Member) * Max(count, 1));
	qfs_status	status = QFS_OK;

	for (int i = 0; i < count; i++)
	{
		JsonbIteratorNext(it, &members[i].key, true);
		JsonbIteratorNext(it, &members[i].value, true);
	}
	if (count > 1)
		qsort(members, count, sizeof(Member), compare_members);

	qfs_buf_byte(out, '{');
	for (int i = 0; i < count && status == QFS_OK; i++)
	{
		if (i > 0)
			qfs_buf_byte(out, ',');
		qfs_json_write_string(out, string_of(&members[i].key));
		qfs_buf_byte(out, ':');
		status = write_value(out, &members[i].value, depth, err);
	}
	qfs_buf_byte(out, '}');
	pfree(members);
	return status;
}

static qfs_status
write_array(qfs_buf *out, JsonbIterator **it, int count, unsigned depth, qfs_error *err)
{
	qfs_status	status = QFS_OK;
	JsonbValue	item;

	qfs_buf_byte(out, '[');
	for (int i = 0; i < count && status == QFS_OK; i++)
	{
		if (i > 0)
			qfs_buf_byte(out, ',');
		JsonbIteratorNext(it, &item, true);
		status = write_value(out, &item, depth, err);
	}
	qfs_buf_byte(out, ']');
	return status;
}

/* depth: containers around this one */
static qfs_status
write_container(qfs_buf *out, JsonbContainer *container, unsigned depth, qfs_error *err)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbValue	head;
	JsonbIteratorToken token = JsonbIteratorNext(&it, &head, true);

	if (token == WJB_BEGIN_ARRAY && head.val.array.rawScalar)
	{
		JsonbIteratorNext(&it, &head, true);
		return write_value(out, &head, depth, err);
	}
	if (depth >= QFS_JSON_DEPTH_MAX)
		return qfs_fail(err, QFS_JSON_DEPTH, "the document has more levels");
	if (token == WJB_BEGIN_OBJECT)
		return write_object(out, &it, head.val.object.nPairs, depth + 1, err);
	return write_array(out, &it, head.val.array.nElems, depth + 1, err);
}

static qfs_status
write_value(qfs_buf *out, JsonbValue *value, unsigned depth, qfs_error *err)
{
	switch (value->type)
	{
		case jbvNull:
			qfs_buf_text(out, "null");
			return QFS_OK;
		case jbvBool:
			qfs_buf_text(out, value->val.boolean ? "true" : "false");
			return QFS_OK;
		case jbvString:
			qfs_json_write_string(out, string_of(value));
			return QFS_OK;
		case jbvNumeric:
			return write_number(out, value->val.numeric, err);
		case jbvBinary:
			return write_container(out, value->val.binary.data, depth, err);
		default:
			return qfs_fail(err, QFS_INTERNAL, "jsonb value of type %i", (int64_t) value->type);
	}
}

qfs_status
qfs_jsonb_write(qfs_buf *out, Jsonb *value, unsigned depth, qfs_error *err)
{
	return write_container(out, &value->root, depth, err);
}

/* ---- and back ---- */

static JsonbValue *push(JsonbParseState **state, JsonbIteratorToken token, qfs_slice value);

/* Without escapes, which are rare, the text is where it is. */
static JsonbValue
string_value(qfs_slice value)
{
	qfs_slice	text;

	if (!qfs_json_to_plain(value, &text))
	{
		qfs_buf		buf;

		qfs_buf_init(&buf, palloc(value.len), value.len);
		if (!qfs_json_to_text(value, &buf))
			elog(ERROR, "qfs: canonical JSON holds a string that is none");
		text = qfs_buf_slice(&buf);
	}
	return (JsonbValue) {
		.type = jbvString,
		.val.string = {.len = (int) text.len, .val = unconstify(char *, (const char *) text.data)},
	};
}

static JsonbValue
scalar_value(qfs_slice value)
{
	int64_t		n;

	switch (qfs_json_type_of(value))
	{
		case QFS_JSON_STRING:
			return string_value(value);
		case QFS_JSON_INTEGER:
			if (!qfs_json_to_int(value, &n))
				elog(ERROR, "qfs: canonical JSON holds a number that is none");
			return (JsonbValue) {.type = jbvNumeric, .val.numeric = int64_to_numeric(n)};
		case QFS_JSON_BOOLEAN:
			return (JsonbValue) {.type = jbvBool, .val.boolean = value.data[0] == 't'};
		default:
			return (JsonbValue) {.type = jbvNull};
	}
}

/* token: what each value is to its container, WJB_VALUE or WJB_ELEM */
static void
push_members(JsonbParseState **state, JsonbIteratorToken token, qfs_slice container)
{
	qfs_json_iter iter = qfs_json_members(container);
	qfs_slice	key;
	qfs_slice	value;

	check_stack_depth();
	while (qfs_json_next(&iter, &key, &value))
	{
		if (token == WJB_VALUE)
		{
			JsonbValue	name = string_value(key);

			pushJsonbValue(state, WJB_KEY, &name);
		}
		push(state, token, value);
	}
}

/* Returns what is complete: at the outermost container's end, all of it. */
static JsonbValue *
push(JsonbParseState **state, JsonbIteratorToken token, qfs_slice value)
{
	JsonbValue	scalar;

	switch (qfs_json_type_of(value))
	{
		case QFS_JSON_OBJECT:
			pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
			push_members(state, WJB_VALUE, value);
			return pushJsonbValue(state, WJB_END_OBJECT, NULL);
		case QFS_JSON_ARRAY:
			pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
			push_members(state, WJB_ELEM, value);
			return pushJsonbValue(state, WJB_END_ARRAY, NULL);
		default:
			scalar = scalar_value(value);
			return pushJsonbValue(state, token, &scalar);
	}
}

static bool
holds_nul(qfs_slice canonical)
{
	static const char escape[] = "\\u0000";

	return memmem(canonical.data, canonical.len, escape, strlen(escape)) != NULL;
}

/* What is canonical needs no parser but for an error: jsonb holds no NUL. */
static Datum
build(qfs_slice canonical)
{
	JsonbParseState *state = NULL;
	qfs_json_type type = qfs_json_type_of(canonical);
	JsonbValue	scalar;

	if (holds_nul(canonical))
		return DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup((const char *) canonical.data, canonical.len)));
	if (type == QFS_JSON_OBJECT || type == QFS_JSON_ARRAY)
		return JsonbPGetDatum(JsonbValueToJsonb(push(&state, WJB_DONE, canonical)));
	/* One that no container holds gets one of its own there. */
	scalar = scalar_value(canonical);
	return JsonbPGetDatum(JsonbValueToJsonb(&scalar));
}

/* ---- the commonest values, converted once ---- */

typedef struct Common
{
	const char *text;
	Jsonb	   *value;			/* NULL until it is asked for */
} Common;

static Common common[] = {
	{"{}", NULL}, {"[]", NULL}, {"{\"via\":\"operator\"}", NULL}
};

static Jsonb *
common_value(Common *c)
{
	if (c->value == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		c->value = DatumGetJsonbP(build(qfs_slice_of(c->text)));
		MemoryContextSwitchTo(old);
	}
	return c->value;
}

Datum
qfs_jsonb_of(qfs_slice canonical)
{
	for (int i = 0; i < lengthof(common); i++)
		if (qfs_slice_equal(canonical, qfs_slice_of(common[i].text)))
			return JsonbPGetDatum(common_value(&common[i]));
	return build(canonical);
}

/* Neither compressed nor in another table. */
static bool
is_packed(const struct varlena *stored)
{
	return VARATT_IS_SHORT(stored) || !VARATT_IS_EXTENDED(stored);
}

qfs_status
qfs_jsonb_write_stored(qfs_buf *out, Datum value, unsigned depth, qfs_error *err)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(value);

	/* As it is stored, small and with a short header, it can be compared as it is. */
	for (int i = 0; i < lengthof(common) && is_packed(stored); i++)
	{
		Jsonb	   *known = common_value(&common[i]);

		if (VARSIZE_ANY_EXHDR(stored) == VARSIZE_ANY_EXHDR(known) &&
			memcmp(VARDATA_ANY(stored), VARDATA_ANY(known), VARSIZE_ANY_EXHDR(known)) == 0)
		{
			qfs_buf_text(out, common[i].text);
			return QFS_OK;
		}
	}
	return qfs_jsonb_write(out, DatumGetJsonbP(value), depth, err);
}

/* Escapes can make six bytes of one; keys and punctuation are in jsonb as well. */
qfs_slice
qfs_jsonb_canonical(Jsonb *value)
{
	size_t		capacity = mul_size(VARSIZE(value), 6);
	qfs_buf		buf;
	qfs_error	err;

	do
	{
		qfs_buf_init(&buf, palloc_extended(capacity, MCXT_ALLOC_HUGE), capacity);
		QFS_TRY(qfs_jsonb_write(&buf, value, 0, &err), &err);
		capacity = mul_size(capacity, 2);
	} while (buf.overflow);
	return qfs_buf_slice(&buf);
}
