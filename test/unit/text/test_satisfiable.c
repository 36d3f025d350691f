/*
 * test_satisfiable.c - schemas that no payload fits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "engine/rule.h"
#include "ledger/registry.h"
#include "text/json.h"
#include "text/satisfiable.h"
#include "text/schema.h"

#define ROOM 1000

static qfs_status
check(const char *schema, qfs_error *err)
{
	unit_row("%s", schema);
	CHECK_STATUS(qfs_json_check(qfs_slice_of(schema), NULL), QFS_OK);
	CHECK_STATUS(qfs_schema_check(qfs_slice_of(schema), NULL), QFS_OK);
	return qfs_schema_check_satisfiable(qfs_slice_of(schema), ROOM, err);
}

/* Each with a payload that fits it. */
static void
satisfiable(void)
{
	static const struct
	{
		const char *schema;
		const char *payload;
	}			rows[] = {
		{"{}", "{}"},
		{"{\"type\":\"object\"}", "{}"},
		{"{\"type\":[\"null\",\"object\"]}", "{}"},
		{"{\"additionalProperties\":true,\"required\":[\"a\"]}", "{\"a\":1}"},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\",\"a\",\"b\"]}", "{\"a\":1,\"b\":2}"},
		{"{\"properties\":{\"a\":{\"maximum\":5,\"minimum\":5}},\"required\":[\"a\"]}", "{\"a\":5}"},
		{"{\"properties\":{\"a\":{\"maximum\":-5,\"type\":\"integer\"}},\"required\":[\"a\"]}", "{\"a\":-5}"},
		{"{\"properties\":{\"a\":{\"maxLength\":2,\"minLength\":2,\"type\":\"string\"}},\"required\":[\"a\"]}", "{\"a\":\"xy\"}"},
		{"{\"properties\":{\"a\":{\"maxItems\":0,\"minItems\":0,\"type\":\"array\"}},\"required\":[\"a\"]}", "{\"a\":[]}"},
		{"{\"properties\":{\"a\":{\"enum\":[1,\"x\"],\"type\":\"string\"}},\"required\":[\"a\"]}", "{\"a\":\"x\"}"},
		{"{\"properties\":{\"a\":{\"const\":null,\"enum\":[null,1],\"type\":\"null\"}},\"required\":[\"a\"]}", "{\"a\":null}"},
		{"{\"const\":{\"a\":1}}", "{\"a\":1}"},
		{"{\"enum\":[1,{\"a\":1}]}", "{\"a\":1}"},
		{"{\"const\":{\"a\":1},\"properties\":{\"a\":{}},\"required\":[\"a\"]}", "{\"a\":1}"},
		{"{\"minimum\":5}", "{}"},
		{"{\"items\":{\"minLength\":1000},\"minItems\":1}", "{}"},
		{"{\"properties\":{\"a\":{\"minLength\":5000}}}", "{}"},
		{"{\"additionalProperties\":true,\"properties\":{\"\\n\":{}},\"required\":[\"\\n\",\"b\"]}", "{\"\\n\":1,\"b\":1}"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};

		CHECK_STATUS(check(rows[i].schema, &err), QFS_OK);
		CHECK_STATUS(qfs_schema_validate(qfs_slice_of(rows[i].schema), qfs_slice_of(rows[i].payload),
										 "payload", QFS_PAYLOAD_INVALID, &err), QFS_OK);
	}
}

static void
unsatisfiable(void)
{
	static const struct
	{
		const char *schema;
		const char *detail;
	}			rows[] = {
		/* names */
		{"{\"required\":[\"order\"]}", "schema.required.order: not among properties, and additionalProperties is not true"},
		{"{\"additionalProperties\":false,\"properties\":{\"a\":{}},\"required\":[\"a\",\"b\"]}", "schema.required.b: not among"},
		{"{\"properties\":{\"a\":{\"required\":[\"b\"]}}}", "schema.properties.a.required.b: not among"},
		{"{\"properties\":{\"a\":{\"items\":{\"properties\":{},\"required\":[\"\"]}}}}", "schema.properties.a.items.required.: not among"},
		/* bounds */
		{"{\"properties\":{\"a\":{\"maximum\":1,\"minimum\":2}}}", "schema.properties.a.minimum: more than maximum"},
		{"{\"properties\":{\"a\":{\"maximum\":-2,\"minimum\":-1,\"type\":\"integer\"}}}", "a.minimum: more than maximum"},
		{"{\"properties\":{\"a\":{\"maxLength\":0,\"minLength\":1}}}", "a.minLength: more than maxLength"},
		{"{\"properties\":{\"a\":{\"maxItems\":1,\"minItems\":2}}}", "a.minItems: more than maxItems"},
		{"{\"maxItems\":1,\"minItems\":2}", "schema.minItems: more than maxItems"},
		/* listed values */
		{"{\"properties\":{\"a\":{\"const\":1,\"type\":\"string\"}}}", "schema.properties.a.const: does not fit the rest of the schema"},
		{"{\"properties\":{\"a\":{\"const\":1,\"enum\":[2,3]}}}", "a.const: does not fit"},
		{"{\"properties\":{\"a\":{\"const\":1,\"minimum\":2}}}", "a.const: does not fit"},
		{"{\"properties\":{\"a\":{\"const\":{\"b\":1},\"type\":\"object\"}}}", "a.const: does not fit"},
		{"{\"properties\":{\"a\":{\"const\":[1],\"items\":{\"type\":\"string\"}}}}", "a.const: does not fit"},
		{"{\"properties\":{\"a\":{\"enum\":[1,2],\"type\":\"string\"}}}", "schema.properties.a.enum: no value of it fits the rest of the schema"},
		{"{\"properties\":{\"a\":{\"enum\":[\"ab\",\"c\"],\"minLength\":3}}}", "a.enum: no value"},
		{"{\"properties\":{\"a\":{\"items\":{\"enum\":[null],\"type\":\"boolean\"}}}}", "a.items.enum: no value"},
		/* a payload is an object */
		{"{\"type\":\"string\"}", "schema.type: a payload is an object"},
		{"{\"type\":[\"array\",\"null\"]}", "schema.type: a payload is an object"},
		{"{\"const\":1}", "schema.const: must be an object that fits"},
		{"{\"enum\":[1,{\"a\":1}],\"type\":\"object\"}", "schema.enum: must have an object that fits"},
		{"{\"enum\":[1,\"object\",[]]}", "schema.enum: must have an object that fits"},
		/* room */
		{"{\"properties\":{\"a\":{\"minLength\":1000,\"type\":\"string\"}},\"required\":[\"a\"]}", "schema: a payload takes 1008 bytes at the least, and an entry has room for 1000"},
		{"{\"properties\":{\"a\":{\"minItems\":9007199254740991,\"type\":\"array\"}},\"required\":[\"a\"]}", "schema: a payload takes 2147483648 bytes"},
		{"{\"properties\":{\"a\":{\"items\":{\"items\":{\"minLength\":9007199254740991,\"type\":\"string\"},"
			"\"minItems\":9007199254740991,\"type\":\"array\"},\"minItems\":9007199254740991,\"type\":\"array\"}},\"required\":[\"a\"]}",
		"schema: a payload takes 2147483648 bytes"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};

		CHECK_STATUS(check(rows[i].schema, &err), QFS_SCHEMA_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* The shortest payload that fits: exactly its room is enough, one byte less is not. */
static void
room(void)
{
	static const struct
	{
		const char *schema;
		const char *shortest;
	}			rows[] = {
		{"{}", "{}"},
		{"{\"properties\":{\"a\":{}},\"required\":[\"a\"]}", "{\"a\":0}"},
		{"{\"properties\":{\"a\":{},\"b\":{},\"c\":{}},\"required\":[\"c\",\"a\",\"c\"]}", "{\"a\":0,\"c\":0}"},
		{"{\"properties\":{\"a\":{\"minimum\":17}},\"required\":[\"a\"]}", "{\"a\":[]}"},
		{"{\"properties\":{\"a\":{\"minimum\":17,\"type\":\"integer\"}},\"required\":[\"a\"]}", "{\"a\":17}"},
		{"{\"properties\":{\"a\":{\"maximum\":-123,\"type\":\"integer\"}},\"required\":[\"a\"]}", "{\"a\":-123}"},
		{"{\"properties\":{\"a\":{\"minimum\":-123,\"type\":\"integer\"}},\"required\":[\"a\"]}", "{\"a\":0}"},
		{"{\"properties\":{\"a\":{\"type\":[\"boolean\",\"null\"]}},\"required\":[\"a\"]}", "{\"a\":null}"},
		{"{\"properties\":{\"a\":{\"minLength\":3,\"type\":\"string\"}},\"required\":[\"a\"]}", "{\"a\":\"xyz\"}"},
		{"{\"properties\":{\"a\":{\"items\":{\"type\":\"string\"},\"minItems\":3,\"type\":\"array\"}},\"required\":[\"a\"]}", "{\"a\":[\"\",\"\",\"\"]}"},
		{"{\"properties\":{\"a\":{\"enum\":[\"abc\",false],\"type\":\"boolean\"}},\"required\":[\"a\"]}", "{\"a\":false}"},
		{"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"type\":\"string\"}},\"required\":[\"b\"],\"type\":\"object\"}},\"required\":[\"a\"]}", "{\"a\":{\"b\":\"\"}}"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_slice	schema = qfs_slice_of(rows[i].schema);
		size_t		len = strlen(rows[i].shortest);

		unit_row("%s for %s", rows[i].shortest, rows[i].schema);
		CHECK_STATUS(qfs_schema_validate(schema, qfs_slice_of(rows[i].shortest), "it", QFS_PAYLOAD_INVALID, NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check_satisfiable(schema, len, NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check_satisfiable(schema, len - 1, NULL), QFS_SCHEMA_INVALID);
	}
}

/* qfs keeps to what it asks of others. */
static void
own_types(void)
{
	size_t		rules = 0;

	for (const qfs_rule *const *rule = qfs_registry_own.rules; *rule != NULL; rule++, rules++)
	{
		unit_row("%s", (*rule)->type);
		CHECK_STATUS(qfs_schema_check(qfs_slice_of((*rule)->schema), NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check_satisfiable(qfs_slice_of((*rule)->schema), QFS_PAYLOAD_MAX, NULL), QFS_OK);
	}
	CHECK(rules > 10);
}

static const unit_case cases[] = {
	CASE(satisfiable),
	CASE(unsatisfiable),
	CASE(room),
	CASE(own_types),
	NO_MORE_CASES
};

const unit_suite suite_satisfiable = {"satisfiable", cases};
