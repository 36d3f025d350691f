/*
 * satisfiable.c - can any payload fit a schema?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The keywords are few enough to answer this: a place has a value that fits
 * unless its own keywords contradict each other, or a member or item that it
 * cannot do without has none.  So each place is looked at by itself, also one
 * that may be left out: nobody describes what can never be there.  What is
 * left is size.
 */
#include "text/satisfiable.h"

#include "base/status.h"
#include "text/json.h"
#include "text/place.h"
#include "text/schema.h"

/* Sizes from here on are one: products of two, and sums of as many as a schema has places, fit 64 bits. */
#define TOO_LONG (UINT64_C(1) << 31)

static uint64_t
shorter(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool
is_name(qfs_slice value, const char *name)
{
	qfs_slice	plain;

	return qfs_json_to_plain(value, &plain) && qfs_slice_equal(plain, qfs_slice_of(name));
}

/* Does the schema let the value be of this type? */
static bool
lets_be(qfs_slice schema, const char *type)
{
	qfs_slice	types;
	qfs_slice	key;
	qfs_slice	item;
	qfs_json_iter iter;

	if (!qfs_json_member(schema, "type", &types))
		return true;
	if (qfs_json_type_of(types) == QFS_JSON_STRING)
		return is_name(types, type);
	iter = qfs_json_members(types);
	while (qfs_json_next(&iter, &key, &item))
		if (is_name(item, type))
			return true;
	return false;
}

/* Is the quoted name a member of the object, or an item of the array? */
static bool
has_name(qfs_slice container, qfs_slice name)
{
	qfs_json_iter iter = qfs_json_members(container);
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(&iter, &key, &value))
		if (qfs_slice_equal(iter.object ? key : value, name))
			return true;
	return false;
}

/* ---- does every place admit something? ---- */

static qfs_status
check_bounds(qfs_slice schema, const qfs_place *at, qfs_error *err)
{
	static const struct
	{
		const char *least;
		qfs_slice	quoted;
		const char *most;
		const char *why;
	}			bounds[] = {
		{"minItems", QFS_LITERAL("\"minItems\""), "maxItems", "more than maxItems"},
		{"minLength", QFS_LITERAL("\"minLength\""), "maxLength", "more than maxLength"},
		{"minimum", QFS_LITERAL("\"minimum\""), "maximum", "more than maximum"},
	};

	for (size_t i = 0; i < QFS_ROWS(bounds); i++)
	{
		int64_t		least = qfs_json_int_or(qfs_json_member_or(schema, bounds[i].least, QFS_LITERAL("null")), -QFS_INT_MAX);
		int64_t		most = qfs_json_int_or(qfs_json_member_or(schema, bounds[i].most, QFS_LITERAL("null")), QFS_INT_MAX);
		qfs_place	here = {at, bounds[i].quoted, 0};

		if (least > most)
			return qfs_place_fail(&here, QFS_SCHEMA_INVALID, bounds[i].why, err);
	}
	return QFS_OK;
}

static qfs_status
check_names(qfs_slice schema, const qfs_place *at, qfs_error *err)
{
	qfs_place	required = {at, QFS_LITERAL("\"required\""), 0};
	qfs_slice	properties = qfs_json_member_or(schema, "properties", QFS_LITERAL("{}"));
	qfs_json_iter iter = qfs_json_members(qfs_json_member_or(schema, "required", QFS_LITERAL("[]")));
	qfs_slice	key;
	qfs_slice	name;

	if (qfs_slice_equal(qfs_json_member_or(schema, "additionalProperties", QFS_LITERAL("false")), QFS_LITERAL("true")))
		return QFS_OK;
	while (qfs_json_next(&iter, &key, &name))
	{
		qfs_place	here = {&required, name, 0};

		if (!has_name(properties, name))
			return qfs_place_fail(&here, QFS_SCHEMA_INVALID,
								  "not among properties, and additionalProperties is not true", err);
	}
	return QFS_OK;
}

/* At the root only an object will do. */
static bool
will_do(qfs_slice schema, qfs_slice value, const qfs_place *at)
{
	return (at->parent != NULL || qfs_json_type_of(value) == QFS_JSON_OBJECT) &&
		qfs_schema_validate(schema, value, "", QFS_SCHEMA_INVALID, NULL) == QFS_OK;
}

static qfs_status
check_listed(qfs_slice schema, const qfs_place *at, qfs_error *err)
{
	qfs_place	constant = {at, QFS_LITERAL("\"const\""), 0};
	qfs_place	listed = {at, QFS_LITERAL("\"enum\""), 0};
	qfs_json_iter iter;
	qfs_slice	key;
	qfs_slice	value;

	if (qfs_json_member(schema, "const", &value))
		return will_do(schema, value, at) ? QFS_OK :
			qfs_place_fail(&constant, QFS_SCHEMA_INVALID, at->parent == NULL ?
						   "must be an object that fits the rest of the schema" :
						   "does not fit the rest of the schema", err);
	if (!qfs_json_member(schema, "enum", &value))
		return QFS_OK;
	iter = qfs_json_members(value);
	while (qfs_json_next(&iter, &key, &value))
		if (will_do(schema, value, at))
			return QFS_OK;
	return qfs_place_fail(&listed, QFS_SCHEMA_INVALID, at->parent == NULL ?
						  "must have an object that fits the rest of the schema" :
						  "no value of it fits the rest of the schema", err);
}

static qfs_status
check_place(qfs_slice schema, const qfs_place *at, qfs_error *err)
{
	qfs_place	items = {at, QFS_LITERAL("\"items\""), 0};
	qfs_place	properties = {at, QFS_LITERAL("\"properties\""), 0};
	qfs_json_iter iter = qfs_json_members(qfs_json_member_or(schema, "properties", QFS_LITERAL("{}")));
	qfs_slice	key;
	qfs_slice	inner;
	qfs_status	status = check_bounds(schema, at, err);

	if (status == QFS_OK)
		status = check_names(schema, at, err);
	if (status == QFS_OK && qfs_json_member(schema, "items", &inner))
		status = check_place(inner, &items, err);
	while (status == QFS_OK && qfs_json_next(&iter, &key, &inner))
	{
		qfs_place	here = {&properties, key, 0};

		status = check_place(inner, &here, err);
	}
	/* Last: what is wrong inside has been named by then. */
	if (status == QFS_OK)
		status = check_listed(schema, at, err);
	return status;
}

/* ---- the shortest value that fits, in bytes; where it is not known exactly, a shorter one ---- */

static uint64_t shortest(qfs_slice schema);

static uint64_t
count_or_zero(qfs_slice schema, const char *keyword)
{
	return shorter((uint64_t) qfs_json_int_or(qfs_json_member_or(schema, keyword, QFS_LITERAL("0")), 0), TOO_LONG);
}

static uint64_t
shortest_integer(qfs_slice schema)
{
	qfs_slice	least = qfs_json_member_or(schema, "minimum", QFS_LITERAL("0"));
	qfs_slice	most = qfs_json_member_or(schema, "maximum", QFS_LITERAL("0"));

	if (qfs_json_int_or(least, 0) > 0)
		return least.len;
	return qfs_json_int_or(most, 0) < 0 ? most.len : 1;
}

static uint64_t
shortest_array(qfs_slice schema)
{
	uint64_t	items = count_or_zero(schema, "minItems");

	if (items == 0)
		return 2;
	return 1 + items * (shortest(qfs_json_member_or(schema, "items", QFS_LITERAL("{}"))) + 1);
}

/* Names that are required and not described stand in the schema, which is an entry, too. */
static uint64_t
shortest_object(qfs_slice schema)
{
	qfs_slice	required = qfs_json_member_or(schema, "required", QFS_LITERAL("[]"));
	qfs_json_iter iter = qfs_json_members(qfs_json_member_or(schema, "properties", QFS_LITERAL("{}")));
	qfs_slice	key;
	qfs_slice	inner;
	uint64_t	size = 0;

	while (qfs_json_next(&iter, &key, &inner))
		if (has_name(required, key))
			size += key.len + 1 + shortest(inner) + 1;
	return size > 0 ? size + 1 : 2;
}

/* Any value of enum, whether it fits or not. */
static uint64_t
shortest_listed(qfs_slice listed)
{
	qfs_json_iter iter = qfs_json_members(listed);
	qfs_slice	key;
	qfs_slice	value;
	uint64_t	size = TOO_LONG;

	while (qfs_json_next(&iter, &key, &value))
		size = shorter(size, value.len);
	return size;
}

static uint64_t
shortest(qfs_slice schema)
{
	qfs_slice	value;
	uint64_t	size = TOO_LONG;

	if (qfs_json_member(schema, "const", &value))
		return value.len;
	if (qfs_json_member(schema, "enum", &value))
		return shortest_listed(value);
	if (lets_be(schema, "null") || lets_be(schema, "boolean"))
		size = 4;
	if (lets_be(schema, "integer"))
		size = shorter(size, shortest_integer(schema));
	if (lets_be(schema, "string"))
		size = shorter(size, 2 + count_or_zero(schema, "minLength"));
	if (lets_be(schema, "array"))
		size = shorter(size, shortest_array(schema));
	if (lets_be(schema, "object"))
		size = shorter(size, shortest_object(schema));
	return size;
}

qfs_status
qfs_schema_check_satisfiable(qfs_slice schema, uint64_t room, qfs_error *err)
{
	qfs_place	root = {NULL, QFS_LITERAL("schema"), 0};
	qfs_place	type = {&root, QFS_LITERAL("\"type\""), 0};
	qfs_slice	listed;
	uint64_t	size;
	qfs_status	status = check_place(schema, &root, err);

	if (status == QFS_OK && !lets_be(schema, "object"))
		status = qfs_place_fail(&type, QFS_SCHEMA_INVALID, "a payload is an object", err);
	if (status != QFS_OK)
		return status;
	/* A value that is listed stands in the schema, which is an entry, too. */
	if (qfs_json_member(schema, "const", &listed) || qfs_json_member(schema, "enum", &listed))
		return QFS_OK;
	size = shorter(shortest_object(schema), TOO_LONG);
	if (size > room)
		return qfs_fail(err, QFS_SCHEMA_INVALID,
						"schema: a payload takes %u bytes at the least, and an entry has room for %u", size, room);
	return QFS_OK;
}
