/*
 * fuzz_entry.c - ledger entries: what is read is written again, byte for byte.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"
#include "log/entry.h"
#include "text/json.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[QFS_ENTRY_MAX];
	qfs_slice	input = {data, size};
	qfs_user_id nobody = {{0}};
	qfs_entry	entry;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_entry_decode(input, &entry, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return 0;
	}
	PROPERTY(qfs_json_check(input, NULL) == QFS_OK);
	qfs_buf_init(&out, memory, sizeof(memory));
	PROPERTY(qfs_entry_encode(&entry, &out, &err) == QFS_OK);
	PROPERTY(qfs_slice_equal(qfs_buf_slice(&out), input));
	if (entry.has_actor)
		PROPERTY(qfs_entry_concerns(&entry, &entry.actor));
	(void) qfs_entry_concerns(&entry, &nobody);
	return 0;
}
