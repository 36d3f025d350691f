/*
 * faults.c - what a verification reported, as text that a table can hold.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/faults.h"

#include <stdio.h>

#include "support/harness.h"

qfs_status
fault_collect(void *context, uint64_t seq, const qfs_error *fault)
{
	fault_list *list = context;
	size_t		len = strlen(list->text);

	list->count++;
	snprintf(list->text + len, sizeof(list->text) - len, "%s%llu %s", len > 0 ? " " : "",
			 (unsigned long long) seq, qfs_status_code(fault->status) + strlen("QFS_"));
	snprintf(list->detail, sizeof(list->detail), "%s", fault->detail);
	/* A fault without words would leave its reader alone. */
	CHECK(fault->detail[0] != '\0');
	return list->count == list->stop_at ? QFS_NO_MEMORY : QFS_OK;
}
