/*
 * fuzz_ledger.c - exported lines, through the verifier at every depth.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"
#include "ledger/audit.h"
#include "ledger/registry.h"
#include "support/memory.h"

typedef struct verdict
{
	uint64_t	size;
	uint64_t	faults;
	uint64_t	reported;
	qfs_hash	head;
} verdict;

static qfs_status
report(void *context, uint64_t seq, const qfs_error *fault)
{
	verdict    *v = context;

	(void) seq;
	fuzz_check_error(fault->status, fault);
	v->reported++;
	return QFS_OK;
}

static verdict
verify(qfs_slice lines, qfs_audit_depth depth)
{
	static qfs_audit audit;
	static const qfs_hash zeros;
	test_memory memory = {0};
	verdict		v = {0};

	PROPERTY(qfs_audit_begin(&audit, &qfs_registry_own, depth, 0, &zeros, 0, NULL, test_allocator(&memory), report, &v, NULL) == QFS_OK);
	while (lines.len > 0)
		PROPERTY(qfs_audit_line(&audit, fuzz_line(&lines)) == QFS_OK);
	PROPERTY(qfs_audit_finish(&audit) == QFS_OK);
	v.size = audit.chain.frontier.size;
	v.faults = audit.faults;
	v.head = audit.chain.head;
	qfs_audit_end(&audit);
	PROPERTY(memory.live == 0);
	PROPERTY(v.faults == v.reported);
	return v;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	qfs_slice	lines = {data, size};
	verdict		hashes = verify(lines, QFS_AUDIT_HASHES);
	verdict		replay = verify(lines, QFS_AUDIT_REPLAY);

	/* Looking deeper finds more, never less; what is sound is the same ledger at every depth. */
	PROPERTY(replay.faults >= hashes.faults);
	PROPERTY(size > 0 || hashes.faults > 0);
	if (replay.faults == 0)
		PROPERTY(replay.size == hashes.size &&
				 memcmp(&replay.head, &hashes.head, sizeof(qfs_hash)) == 0);
	return 0;
}
