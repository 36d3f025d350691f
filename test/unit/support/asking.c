/*
 * asking.c - a what-if about a ledger in memory, and what it answers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/asking.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "support/harness.h"
#include "support/second_hash.h"

char		asking_answer[QFS_CONSEQUENCE_MAP_MAX + 1];
qfs_hash	asking_recorded;

void
asking_direct(const sample *s, const qfs_changes *changes, asking_visitor visit, void *context)
{
	static qfs_direct direct;
	test_memory memory = {0};
	qfs_difference difference;
	qfs_entry	entry;
	qfs_error	err;

	CHECK_STATUS(qfs_direct_begin(&direct, &qfs_registry_own, changes, test_allocator(&memory), &err), QFS_OK);
	for (unsigned n = 0; n < s->count; n++)
	{
		CHECK_STATUS(qfs_line_read(sample_line(s, n), &entry, &err), QFS_OK);
		if (n > 0)
		{
			CHECK_STATUS(qfs_direct_judge(&direct, &entry, &difference, &err), QFS_OK);
			CHECK(!direct.is_wrong);
			if (!difference.same)
				visit(context, &entry, &difference);
		}
		CHECK_STATUS(qfs_direct_follow(&direct, &entry, &s->entry[n].seal.hash, &err), QFS_OK);
	}
	qfs_direct_end(&direct);
	CHECK_UINT(memory.live, 0);
}

qfs_status
asking_feed(qfs_what_if *w, const sample *s, const script *lines, const qfs_what_if_question *question,
			qfs_allocator allocator, qfs_error *err)
{
	test_memory memory = {0};
	qfs_status	status = qfs_what_if_begin(w, &qfs_registry_own, question, allocator, err);
	qfs_entry	entry;
	qfs_buf		out;

	for (unsigned n = 0; status == QFS_OK && n < question->size && n < s->count; n++)
	{
		CHECK_STATUS(qfs_line_read(lines != NULL ? script_line(lines, n) : sample_line(s, n), &entry, NULL), QFS_OK);
		status = qfs_what_if_entry(w, &entry, err);
	}
	qfs_buf_init(&out, asking_answer, sizeof(asking_answer) - 1);
	if (status == QFS_OK)
		status = qfs_what_if_finish(w, &out, err);
	asking_answer[out.len] = '\0';
	if (status != QFS_OK)
		return status;
	CHECK_STATUS(qfs_json_check(qfs_slice_of(asking_answer), NULL), QFS_OK);
	return qfs_state_of_memory(w->direct.memory, &qfs_registry_own, test_allocator(&memory), &asking_recorded, err);
}

qfs_status
asking(const sample *s, const script *lines, const qfs_what_if_question *question, qfs_error *err)
{
	static qfs_what_if w;
	test_memory memory = {0};
	qfs_status	status;

	/* What is not initialised must not matter. */
	memset(&w, 0xA5, sizeof(w));
	*err = (qfs_error) {QFS_OK, ""};
	status = asking_feed(&w, s, lines, question, test_allocator(&memory), err);
	qfs_what_if_end(&w);
	CHECK_UINT(memory.live, 0);
	return status;
}

qfs_status
asking_map_feed(qfs_consequence_map *m, const sample *s, const qfs_map_question *question, qfs_allocator allocator,
				qfs_error *err)
{
	qfs_status	status = qfs_consequence_map_begin(m, &qfs_registry_own, question, allocator, err);
	qfs_entry	entry;
	qfs_buf		out;

	for (unsigned n = 0; status == QFS_OK && n < question->size && n < s->count; n++)
	{
		CHECK_STATUS(qfs_line_read(sample_line(s, n), &entry, NULL), QFS_OK);
		status = qfs_what_if_entry(&m->what_if, &entry, err);
	}
	qfs_buf_init(&out, asking_answer, sizeof(asking_answer) - 1);
	if (status == QFS_OK)
		status = qfs_consequence_map_finish(m, NULL, &out, err);
	asking_answer[out.len] = '\0';
	if (status == QFS_OK)
		CHECK_STATUS(qfs_json_check(qfs_slice_of(asking_answer), NULL), QFS_OK);
	return status;
}

qfs_status
asking_map(const sample *s, const qfs_map_question *question, qfs_error *err)
{
	static qfs_consequence_map m;
	test_memory memory = {0};
	qfs_status	status;

	memset(&m, 0xA5, sizeof(m));
	*err = (qfs_error) {QFS_OK, ""};
	status = asking_map_feed(&m, s, question, test_allocator(&memory), err);
	qfs_consequence_map_end(&m);
	CHECK_UINT(memory.live, 0);
	return status;
}

qfs_slice
asking_member(const char *way)
{
	qfs_slice	value = qfs_slice_of(asking_answer);
	char		name[64];

	while (*way != '\0')
	{
		size_t		len = strcspn(way, ".");

		snprintf(name, sizeof(name), "%.*s", (int) len, way);
		value = *name >= '0' && *name <= '9' ? second_item(value, (unsigned) atoi(name)) : second_member(value, name);
		way += way[len] == '.' ? len + 1 : len;
	}
	return value;
}
