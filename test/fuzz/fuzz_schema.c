/*
 * fuzz_schema.c - schemas, and the values that they admit: a line with one, then a line with the other.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "base/buf.h"
#include "fuzz.h"
#include "text/json.h"
#include "text/satisfiable.h"
#include "text/schema.h"

/* The schema whose only value is this one. */
static void
only(qfs_slice value)
{
	static uint8_t memory[65536];
	qfs_buf		out;

	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_buf_text(&out, "{\"const\":");
	qfs_buf_slice_add(&out, value);
	qfs_buf_byte(&out, '}');
	if (out.overflow || qfs_json_check(qfs_buf_slice(&out), NULL) != QFS_OK)
		return;					/* too deep */
	PROPERTY(qfs_schema_check(qfs_buf_slice(&out), NULL) == QFS_OK);
	PROPERTY(qfs_schema_validate(qfs_buf_slice(&out), value, "value", QFS_PAYLOAD_INVALID, NULL) == QFS_OK);
	PROPERTY((qfs_schema_check_satisfiable(qfs_buf_slice(&out), value.len, NULL) == QFS_OK) ==
			 (qfs_json_type_of(value) == QFS_JSON_OBJECT));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	rest = {data, size};
	qfs_slice	schema = fuzz_line(&rest);
	qfs_error	err;
	qfs_status	status;
	qfs_status	satisfiable;

	if (qfs_json_check(schema, NULL) != QFS_OK)
		return 0;
	only(schema);
	status = qfs_schema_check(schema, &err);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return 0;
	}
	satisfiable = qfs_schema_check_satisfiable(schema, QFS_PAYLOAD_MAX, &err);
	if (satisfiable != QFS_OK)
	{
		fuzz_check_error(satisfiable, &err);
		PROPERTY(satisfiable == QFS_SCHEMA_INVALID);
	}
	if (qfs_json_check(rest, NULL) != QFS_OK)
		return 0;
	status = qfs_schema_validate(schema, rest, "payload", QFS_PAYLOAD_INVALID, &err);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		PROPERTY(status == QFS_PAYLOAD_INVALID);
	}
	/* A payload that is there has room. */
	else if (satisfiable == QFS_OK && qfs_json_type_of(rest) == QFS_JSON_OBJECT)
		PROPERTY(qfs_schema_check_satisfiable(schema, rest.len, NULL) == QFS_OK);
	return 0;
}
