/*
 * test_schema.c - what is a schema, and which values fit one.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "text/json.h"
#include "text/schema.h"

static void
schemas(void)
{
	static const char *const good[] = {
		"{}",
		"{\"type\":\"object\"}",
		"{\"type\":[\"array\",\"boolean\",\"integer\",\"null\",\"object\",\"string\"]}",
		"{\"additionalProperties\":true}",
		"{\"const\":{\"any\":[1,null]}}",
		"{\"enum\":[1,\"a\",null,{}]}",
		"{\"items\":{\"type\":\"integer\"}}",
		"{\"maxItems\":3,\"minItems\":0}",
		"{\"maxLength\":9007199254740991,\"minLength\":0}",
		"{\"maximum\":-1,\"minimum\":-9007199254740991}",
		"{\"properties\":{}}",
		"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"items\":{}}}}}}",
		"{\"required\":[]}",
		"{\"required\":[\"a\",\"b\"]}",
	};

	for (size_t i = 0; i < ROWS(good); i++)
	{
		unit_row("%s", good[i]);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(good[i]), NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check(qfs_slice_of(good[i]), NULL), QFS_OK);
	}
}

static void
no_schemas(void)
{
	static const struct
	{
		const char *schema;
		const char *detail;
	}			rows[] = {
		{"[]", "schema: must be an object"},
		{"true", "schema: must be an object"},
		{"\"object\"", "schema: must be an object"},
		{"{\"Type\":\"object\"}", "schema.Type: unknown keyword"},
		{"{\"pattern\":\"a\"}", "schema.pattern: unknown keyword"},
		{"{\"$ref\":\"#\"}", "schema.$ref: unknown keyword"},
		{"{\"\":1}", "schema.: unknown keyword"},
		{"{\"typ\":\"object\"}", "unknown keyword"},
		{"{\"typee\":\"object\"}", "unknown keyword"},
		{"{\"type\":\"number\"}", "schema.type: must be"},
		{"{\"type\":\"Object\"}", "schema.type: must be"},
		{"{\"type\":1}", "schema.type: must be"},
		{"{\"type\":{}}", "schema.type: must be"},
		{"{\"type\":[]}", "schema.type: must name a type"},
		{"{\"type\":[\"object\",\"number\"]}", "schema.type: must hold"},
		{"{\"type\":[1]}", "schema.type: must hold"},
		{"{\"additionalProperties\":{}}", "must be true or false"},
		{"{\"additionalProperties\":null}", "must be true or false"},
		{"{\"enum\":[]}", "at least one value"},
		{"{\"enum\":1}", "at least one value"},
		{"{\"enum\":{\"a\":1}}", "at least one value"},
		{"{\"items\":[]}", "schema.items: must be an object"},
		{"{\"items\":{\"x\":1}}", "schema.items.x: unknown keyword"},
		{"{\"maxItems\":-1}", "schema.maxItems: must be a count"},
		{"{\"maxItems\":\"1\"}", "must be a count"},
		{"{\"maxLength\":-1}", "schema.maxLength: must be a count"},
		{"{\"minItems\":-1}", "schema.minItems: must be a count"},
		{"{\"minLength\":null}", "schema.minLength: must be a count"},
		{"{\"maximum\":\"1\"}", "schema.maximum: must be an integer"},
		{"{\"minimum\":{}}", "schema.minimum: must be an integer"},
		{"{\"properties\":[]}", "schema.properties: must be an object of schemas"},
		{"{\"properties\":{\"a\":1}}", "schema.properties.a: must be an object"},
		{"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"c\":1}}}}}",
		"schema.properties.a.properties.b.c: unknown keyword"},
		{"{\"required\":{}}", "must be an array of names"},
		{"{\"required\":\"a\"}", "must be an array of names"},
		{"{\"required\":[\"a\",1]}", "must be an array of names"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};

		unit_row("%s", rows[i].schema);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].schema), NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check(qfs_slice_of(rows[i].schema), &err), QFS_SCHEMA_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

/* NULL: the value fits; else what the detail says. */
typedef struct fitting
{
	const char *schema;
	const char *value;
	const char *misfit;
} fitting;

static void
check_fittings(const fitting *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_status	want = rows[i].misfit != NULL ? QFS_PAYLOAD_INVALID : QFS_OK;

		unit_row("%s for %s", rows[i].value, rows[i].schema);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].schema), NULL), QFS_OK);
		CHECK_STATUS(qfs_json_check(qfs_slice_of(rows[i].value), NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_check(qfs_slice_of(rows[i].schema), NULL), QFS_OK);
		CHECK_STATUS(qfs_schema_validate(qfs_slice_of(rows[i].schema), qfs_slice_of(rows[i].value),
										 "it", QFS_PAYLOAD_INVALID, &err), want);
		if (rows[i].misfit != NULL)
			CHECK_DETAIL(&err, rows[i].misfit);
	}
}

static void
scalars(void)
{
	static const fitting rows[] = {
		{"{\"type\":\"integer\"}", "1", NULL},
		{"{\"type\":\"integer\"}", "\"1\"", "it: wrong type"},
		{"{\"type\":\"string\"}", "\"\"", NULL},
		{"{\"type\":\"string\"}", "null", "it: wrong type"},
		{"{\"type\":\"boolean\"}", "false", NULL},
		{"{\"type\":\"boolean\"}", "0", "it: wrong type"},
		{"{\"type\":\"null\"}", "null", NULL},
		{"{\"type\":\"null\"}", "{}", "it: wrong type"},
		{"{\"type\":\"array\"}", "[1]", NULL},
		{"{\"type\":\"array\"}", "{}", "it: wrong type"},
		{"{\"type\":\"object\"}", "{}", NULL},
		{"{\"type\":\"object\"}", "[]", "it: wrong type"},
		{"{\"type\":[\"integer\",\"null\"]}", "null", NULL},
		{"{\"type\":[\"integer\",\"null\"]}", "5", NULL},
		{"{\"type\":[\"integer\",\"null\"]}", "true", "it: wrong type"},
		{"{\"const\":1}", "1", NULL},
		{"{\"const\":1}", "2", "not the value it must have"},
		{"{\"const\":{\"a\":[1]}}", "{\"a\":[1]}", NULL},
		{"{\"const\":{\"a\":[1]}}", "{\"a\":[2]}", "not the value it must have"},
		{"{\"enum\":[1,\"a\",{\"b\":2}]}", "\"a\"", NULL},
		{"{\"enum\":[1,\"a\",{\"b\":2}]}", "{\"b\":2}", NULL},
		{"{\"enum\":[1,\"a\",{\"b\":2}]}", "\"b\"", "not one of the values"},
		{"{\"enum\":[1,\"a\",{\"b\":2}]}", "{}", "not one of the values"},
		{"{\"minLength\":2}", "\"ab\"", NULL},
		{"{\"minLength\":2}", "\"a\"", "too short"},
		{"{\"minLength\":2}", "\"\xE2\x82\xAC\"", "too short"},
		{"{\"minLength\":2}", "1", NULL},
		{"{\"maxLength\":2}", "\"\xE2\x82\xAC\xF0\x9F\x98\x80\"", NULL},
		{"{\"maxLength\":2}", "\"\\n\\n\"", NULL},
		{"{\"maxLength\":2}", "\"abc\"", "too long"},
		{"{\"maxLength\":2}", "[1,2,3]", NULL},
		{"{\"minimum\":-5}", "-5", NULL},
		{"{\"minimum\":-5}", "-6", "too small"},
		{"{\"minimum\":-5}", "\"-6\"", NULL},
		{"{\"maximum\":9007199254740991}", "9007199254740991", NULL},
		{"{\"maximum\":9}", "10", "too large"},
		{"{\"maximum\":9}", "null", NULL},
		{"{\"minItems\":1}", "[0]", NULL},
		{"{\"minItems\":1}", "[]", "too few items"},
		{"{\"minItems\":1}", "\"\"", NULL},
		{"{\"maxItems\":1}", "[[1,2]]", NULL},
		{"{\"maxItems\":1}", "[1,2]", "too many items"},
		{"{\"maxItems\":1}", "\"ab\"", NULL},
		{"{}", "[{\"anything\":[1]}]", NULL},
		{"{}", "{\"a\":1}", NULL},
	};

	check_fittings(rows, ROWS(rows));
}

static void
objects(void)
{
	static const fitting rows[] = {
		/* Where an object is described, unknown members are refused. */
		{"{\"properties\":{\"a\":{}}}", "{\"a\":1}", NULL},
		{"{\"properties\":{\"a\":{}}}", "{}", NULL},
		{"{\"properties\":{\"a\":{}}}", "{\"b\":1}", "it.b: unknown member"},
		{"{\"properties\":{\"a\":{}}}", "[1]", NULL},
		{"{\"type\":\"object\"}", "{\"a\":1}", "it.a: unknown member"},
		{"{\"required\":[]}", "{\"a\":1}", "it.a: unknown member"},
		{"{\"additionalProperties\":false}", "{\"a\":1}", "it.a: unknown member"},
		{"{\"additionalProperties\":true}", "{\"a\":1}", NULL},
		{"{\"additionalProperties\":true,\"properties\":{\"a\":{\"type\":\"integer\"}}}",
		"{\"a\":1,\"b\":[]}", NULL},
		{"{\"additionalProperties\":true,\"properties\":{\"a\":{\"type\":\"integer\"}}}",
		"{\"a\":\"1\"}", "it.a: wrong type"},
		{"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"maximum\":3}}}}}",
		"{\"a\":{\"b\":4}}", "it.a.b: too large"},
		{"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"maximum\":3}}}}}",
		"{\"a\":{\"c\":4}}", "it.a.c: unknown member"},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\"]}", "{\"b\":1}", NULL},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\"]}", "{\"a\":1}", "it.b: missing"},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\"]}", "[]", NULL},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\",\"a\"]}", "{\"a\":1,\"b\":1}", NULL},
		{"{\"properties\":{\"a\":{},\"b\":{}},\"required\":[\"b\",\"a\",\"b\"]}", "{\"b\":1}", "it.a: missing"},
		{"{\"additionalProperties\":true,\"properties\":{\"b\":{\"type\":\"null\"}}}", "{\"a\":1,\"b\":1,\"c\":1}", "it.b: wrong type"},
		{"{\"properties\":{\"\":{\"type\":\"null\"}}}", "{\"\":1}", "it.: wrong type"},
		{"{\"properties\":{\"\\n\":{\"type\":\"null\"}}}", "{\"\\n\":null}", NULL},
		{"{\"enum\":[{\"a\":1}]}", "{\"a\":1}", NULL},
		{"{\"minLength\":1}", "{\"a\":1}", "it.a: unknown member"},
	};

	check_fittings(rows, ROWS(rows));
}

static void
arrays(void)
{
	static const fitting rows[] = {
		{"{\"items\":{\"type\":\"integer\"}}", "[]", NULL},
		{"{\"items\":{\"type\":\"integer\"}}", "[1,2,3]", NULL},
		{"{\"items\":{\"type\":\"integer\"}}", "[1,2,\"3\"]", "it[2]: wrong type"},
		{"{\"items\":{\"type\":\"integer\"}}", "\"x\"", NULL},
		{"{\"items\":{\"type\":\"integer\"}}", "{}", NULL},
		{"{\"items\":{\"items\":{\"maximum\":1}}}", "[[0,1],[],[1,1,2]]", "it[2][2]: too large"},
		{"{\"items\":{\"properties\":{\"a\":{\"items\":{\"type\":\"null\"}}}}}",
		"[{\"a\":[null]},{\"a\":[null,null,0]}]", "it[1].a[2]: wrong type"},
		{"{\"items\":{},\"maxItems\":2,\"minItems\":1}", "[{\"a\":1}]", NULL},
		{"{\"items\":{},\"maxItems\":2,\"minItems\":1}", "[1,2,3]", "it: too many items"},
	};

	check_fittings(rows, ROWS(rows));
}

/* A path longer than there is room for is cut, not overrun. */
static void
long_places(void)
{
	char		schema[1024] = "";
	char		value[1024] = "";
	qfs_error	err;

	for (int i = 0; i < 12; i++)
	{
		strcat(schema, "{\"properties\":{\"a_long_name_of_a_member\":");
		strcat(value, "{\"a_long_name_of_a_member\":");
	}
	strcat(schema, "{\"type\":\"null\"}");
	strcat(value, "1");
	for (int i = 0; i < 12; i++)
	{
		strcat(schema, "}}");
		strcat(value, "}");
	}
	CHECK_STATUS(qfs_schema_check(qfs_slice_of(schema), &err), QFS_OK);
	CHECK_STATUS(qfs_schema_validate(qfs_slice_of(schema), qfs_slice_of(value), "it",
									 QFS_POLICY_INVALID, &err), QFS_POLICY_INVALID);
	CHECK_DETAIL(&err, "it.a_long_name_of_a_member.a_long_name_of_a_member.");
	CHECK_DETAIL(&err, "...: wrong type");
}

static const unit_case cases[] = {
	CASE(schemas),
	CASE(no_schemas),
	CASE(scalars),
	CASE(objects),
	CASE(arrays),
	CASE(long_places),
	NO_MORE_CASES
};

const unit_suite suite_schema = {"schema", cases};
