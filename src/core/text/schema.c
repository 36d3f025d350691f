/*
 * schema.c - which payloads an event type admits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "text/schema.h"

#include "base/assert.h"
#include "base/status.h"
#include "text/json.h"
#include "text/place.h"

static bool
key_is(qfs_slice key, const char *name)
{
	return key.len >= 2 && qfs_slice_is((qfs_slice) {key.data + 1, key.len - 2}, name);
}

/* ---- is this a schema? ---- */

static const char *const type_names[] = {
	"array", "boolean", "integer", "null", "object", "string"
};

static bool
is_type_name(qfs_slice value)
{
	for (size_t i = 0; i < QFS_ROWS(type_names); i++)
		if (key_is(value, type_names[i]))
			return true;
	return false;
}

static qfs_status check_schema(qfs_slice schema, const qfs_place *at, qfs_error *err);

static qfs_status
check_type(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	item;

	if (qfs_json_type_of(value) != QFS_JSON_ARRAY)
		return is_type_name(value) ? QFS_OK :
			qfs_place_fail(at, QFS_SCHEMA_INVALID,
					"must be array, boolean, integer, null, object or string", err);
	if (qfs_json_length(value) == 0)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must name a type", err);
	while (qfs_json_next(&iter, &key, &item))
		if (!is_type_name(item))
			return qfs_place_fail(at, QFS_SCHEMA_INVALID,
						   "must hold array, boolean, integer, null, object or string", err);
	return QFS_OK;
}

static qfs_status
check_properties(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	schema;

	if (qfs_json_type_of(value) != QFS_JSON_OBJECT)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be an object of schemas", err);
	while (qfs_json_next(&iter, &key, &schema))
	{
		qfs_place	here = {at, key, 0};
		qfs_status	status = check_schema(schema, &here, err);

		if (status != QFS_OK)
			return status;
	}
	return QFS_OK;
}

static qfs_status
check_required(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	item;

	if (qfs_json_type_of(value) != QFS_JSON_ARRAY)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be an array of names", err);
	while (qfs_json_next(&iter, &key, &item))
		if (qfs_json_type_of(item) != QFS_JSON_STRING)
			return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be an array of names", err);
	return QFS_OK;
}

static qfs_status
check_enum(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	if (qfs_json_type_of(value) != QFS_JSON_ARRAY || qfs_json_length(value) == 0)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be an array with at least one value", err);
	return QFS_OK;
}

static qfs_status
check_any(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	(void) value;
	(void) at;
	(void) err;
	return QFS_OK;
}

static qfs_status
check_boolean(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	if (qfs_json_type_of(value) != QFS_JSON_BOOLEAN)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be true or false", err);
	return QFS_OK;
}

static qfs_status
check_integer(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	if (qfs_json_type_of(value) != QFS_JSON_INTEGER)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be an integer", err);
	return QFS_OK;
}

static qfs_status
check_count(qfs_slice value, const qfs_place *at, qfs_error *err)
{
	if (qfs_json_type_of(value) != QFS_JSON_INTEGER || value.data[0] == '-')
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be a count", err);
	return QFS_OK;
}

/* In the order that they have in canonical text. */
typedef enum keyword
{
	ADDITIONAL_PROPERTIES, CONST, ENUM, ITEMS, MAX_ITEMS, MAX_LENGTH, MAXIMUM, MIN_ITEMS,
	MIN_LENGTH, MINIMUM, PROPERTIES, REQUIRED, TYPE,
	KEYWORDS					/* none of them */
} keyword;

static const struct
{
	const char *name;
	qfs_status	(*check) (qfs_slice value, const qfs_place *at, qfs_error *err);
}			keywords[] =
{
	[ADDITIONAL_PROPERTIES] = {"additionalProperties", check_boolean},
	[CONST] = {"const", check_any},
	[ENUM] = {"enum", check_enum},
	[ITEMS] = {"items", check_schema},
	[MAX_ITEMS] = {"maxItems", check_count},
	[MAX_LENGTH] = {"maxLength", check_count},
	[MAXIMUM] = {"maximum", check_integer},
	[MIN_ITEMS] = {"minItems", check_count},
	[MIN_LENGTH] = {"minLength", check_count},
	[MINIMUM] = {"minimum", check_integer},
	[PROPERTIES] = {"properties", check_properties},
	[REQUIRED] = {"required", check_required},
	[TYPE] = {"type", check_type},
};
_Static_assert(QFS_ROWS(keywords) == KEYWORDS, "a check for each keyword");

/* Which keyword is it, of those from the given one on? */
static keyword
keyword_of(qfs_slice name, keyword from)
{
	while (from < KEYWORDS && !key_is(name, keywords[from].name))
		from++;
	return from;
}

static qfs_status
check_schema(qfs_slice schema, const qfs_place *at, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(schema);
	qfs_slice	name;
	qfs_slice	value;

	if (qfs_json_type_of(schema) != QFS_JSON_OBJECT)
		return qfs_place_fail(at, QFS_SCHEMA_INVALID, "must be an object", err);
	while (qfs_json_next(&iter, &name, &value))
	{
		qfs_place	here = {at, name, 0};
		keyword		k = keyword_of(name, 0);
		qfs_status	status;

		if (k == KEYWORDS)
			return qfs_place_fail(&here, QFS_SCHEMA_INVALID, "unknown keyword", err);
		status = keywords[k].check(value, &here, err);
		if (status != QFS_OK)
			return status;
	}
	return QFS_OK;
}

qfs_status
qfs_schema_check(qfs_slice schema, qfs_error *err)
{
	qfs_place	root = {NULL, QFS_LITERAL("schema"), 0};

	return check_schema(schema, &root, err);
}

/* ---- does the value fit? ---- */

typedef struct validation
{
	qfs_status	fault;
	qfs_error  *err;
} validation;

static qfs_status
misfit(const validation *v, const qfs_place *at, const char *why)
{
	return qfs_place_fail(at, v->fault, why, v->err);
}

static bool
has_type(qfs_slice type, qfs_slice value)
{
	static const char *const name_of[] = {
		[QFS_JSON_NULL] = "null",[QFS_JSON_BOOLEAN] = "boolean",
		[QFS_JSON_INTEGER] = "integer",[QFS_JSON_STRING] = "string",
		[QFS_JSON_ARRAY] = "array",[QFS_JSON_OBJECT] = "object"
	};
	_Static_assert(QFS_ROWS(name_of) == QFS_JSON_TYPES, "a name for each type");
	_Static_assert(QFS_ROWS(type_names) == QFS_JSON_TYPES, "the same in their order");
	const char *name = name_of[qfs_json_type_of(value)];
	qfs_json_iter iter = qfs_json_members(type);
	qfs_slice	key;
	qfs_slice	item;

	if (qfs_json_type_of(type) == QFS_JSON_STRING)
		return key_is(type, name);
	while (qfs_json_next(&iter, &key, &item))
		if (key_is(item, name))
			return true;
	return false;
}

static bool
among(qfs_slice array, qfs_slice value)
{
	qfs_json_iter iter = qfs_json_members(array);
	qfs_slice	key;
	qfs_slice	item;

	while (qfs_json_next(&iter, &key, &item))
		if (qfs_slice_equal(item, value))
			return true;
	return false;
}

/*
 * A member by its quoted name.  The search goes on behind the member that was
 * found last: one walk finds names in the order of canonical text.
 */
static bool
find_member(qfs_slice object, qfs_json_iter *iter, qfs_slice name, qfs_slice *value)
{
	qfs_slice	key;

	for (int walk = 0; walk < 2; walk++)
	{
		while (qfs_json_next(iter, &key, value))
			if (qfs_slice_equal(key, name))
				return true;
		*iter = qfs_json_members(object);
	}
	return false;
}

static qfs_status fit(const validation *v, qfs_slice schema, qfs_slice value, const qfs_place *at);

static qfs_status
fit_members(const validation *v, qfs_slice properties, bool additional,
			qfs_slice value, const qfs_place *at)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_json_iter search = qfs_json_members(properties);
	qfs_slice	key;
	qfs_slice	member;

	while (qfs_json_next(&iter, &key, &member))
	{
		qfs_place	here = {at, key, 0};
		qfs_slice	schema;
		qfs_status	status = QFS_OK;

		if (find_member(properties, &search, key, &schema))
			status = fit(v, schema, member, &here);
		else if (!additional)
			status = misfit(v, &here, "unknown member");
		if (status != QFS_OK)
			return status;
	}
	return QFS_OK;
}

static qfs_status
fit_required(const validation *v, qfs_slice required, qfs_slice value, const qfs_place *at)
{
	qfs_json_iter iter = qfs_json_members(required);
	qfs_json_iter search = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	name;
	qfs_slice	member;

	while (qfs_json_next(&iter, &key, &name))
		if (!find_member(value, &search, name, &member))
		{
			qfs_place	here = {at, name, 0};

			return misfit(v, &here, "missing");
		}
	return QFS_OK;
}

static qfs_status
fit_items(const validation *v, qfs_slice schema, qfs_slice value, const qfs_place *at)
{
	qfs_json_iter iter = qfs_json_members(value);
	qfs_slice	key;
	qfs_slice	item;

	for (uint64_t i = 0; qfs_json_next(&iter, &key, &item); i++)
	{
		qfs_place	here = {at, {NULL, 0}, i};
		qfs_status	status = fit(v, schema, item, &here);

		if (status != QFS_OK)
			return status;
	}
	return QFS_OK;
}

/* Keywords that look at one value and its size; NULL = fits. */
static const char *
fit_scalar(keyword k, qfs_slice limit, qfs_slice value)
{
	qfs_json_type type = qfs_json_type_of(value);

	switch (k)
	{
		case TYPE:
			return has_type(limit, value) ? NULL : "wrong type";
		case CONST:
			return qfs_slice_equal(limit, value) ? NULL : "not the value it must have";
		case ENUM:
			return among(limit, value) ? NULL : "not one of the values it may have";
		case MIN_LENGTH:
			return type != QFS_JSON_STRING ||
				(int64_t) qfs_json_length(value) >= qfs_json_int_or(limit, 0) ? NULL : "too short";
		case MAX_LENGTH:
			return type != QFS_JSON_STRING ||
				(int64_t) qfs_json_length(value) <= qfs_json_int_or(limit, 0) ? NULL : "too long";
		case MINIMUM:
			return type != QFS_JSON_INTEGER || qfs_json_int_or(value, 0) >= qfs_json_int_or(limit, 0) ? NULL : "too small";
		case MAXIMUM:
			return type != QFS_JSON_INTEGER || qfs_json_int_or(value, 0) <= qfs_json_int_or(limit, 0) ? NULL : "too large";
		case MIN_ITEMS:
			return type != QFS_JSON_ARRAY ||
				(int64_t) qfs_json_length(value) >= qfs_json_int_or(limit, 0) ? NULL : "too few items";
		case MAX_ITEMS:
			return type != QFS_JSON_ARRAY ||
				(int64_t) qfs_json_length(value) <= qfs_json_int_or(limit, 0) ? NULL : "too many items";
		default:
			return NULL;
	}
}

static qfs_status
fit(const validation *v, qfs_slice schema, qfs_slice value, const qfs_place *at)
{
	qfs_json_iter iter = qfs_json_members(schema);
	qfs_json_type type = qfs_json_type_of(value);
	bool		describes_object = false;
	bool		additional = false;
	qfs_slice	properties = QFS_LITERAL("{}");
	qfs_slice	name;
	qfs_slice	limit;
	keyword		k = 0;
	qfs_status	status = QFS_OK;

	while (status == QFS_OK && qfs_json_next(&iter, &name, &limit))
	{
		const char *why;

		k = keyword_of(name, k);
		QFS_ASSERT(k < KEYWORDS);
		why = fit_scalar(k, limit, value);
		if (why != NULL)
			return misfit(v, at, why);
		if (k == ITEMS && type == QFS_JSON_ARRAY)
			status = fit_items(v, limit, value, at);
		else if (k == REQUIRED && type == QFS_JSON_OBJECT)
			status = fit_required(v, limit, value, at);
		else if (k == ADDITIONAL_PROPERTIES)
			additional = limit.data[0] == 't';
		else if (k == PROPERTIES)
			properties = limit;
		describes_object |= k != CONST && k != ENUM;
	}
	/* Where any member is welcome there is nothing to look for. */
	if (status == QFS_OK && describes_object && type == QFS_JSON_OBJECT &&
		(properties.len > 2 || !additional))
		status = fit_members(v, properties, additional, value, at);
	return status;
}

qfs_status
qfs_schema_validate(qfs_slice schema, qfs_slice value,
					const char *root, qfs_status fault, qfs_error *err)
{
	validation	v = {fault, err};
	qfs_place	at = {NULL, qfs_slice_of(root), 0};

	return fit(&v, schema, value, &at);
}
