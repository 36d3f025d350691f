/*
 * fuzz_proof.c - tlog-proof files: what is read is written again, byte for byte.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"
#include "log/note.h"

/* The format admits a line of extra data after the first; we read over it, and write none. */
static bool
same_but_for_extra(qfs_slice written, qfs_slice input)
{
	qfs_slice	rest = input;
	qfs_slice	first = fuzz_line(&rest);
	qfs_slice	after = rest;
	qfs_slice	extra = fuzz_line(&after);

	if (extra.len < 6 || memcmp(extra.data, "extra ", 6) != 0)
		return qfs_slice_equal(written, input);
	return written.len == first.len + 1 + after.len &&
		memcmp(written.data, first.data, first.len + 1) == 0 &&
		memcmp(written.data + first.len + 1, after.data, after.len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[QFS_NOTE_MAX + 65536];
	qfs_slice	input = {data, size};
	qfs_hash	leaf = {{1}};
	qfs_checkpoint checkpoint;
	qfs_tlog_proof proof;
	qfs_error	err;
	qfs_buf		out;
	qfs_status	status = qfs_tlog_proof_parse(input, &proof, &err);

	if (status != QFS_OK)
	{
		fuzz_check_error(status, &err);
		return 0;
	}
	qfs_buf_init(&out, memory, sizeof(memory));
	qfs_tlog_proof_write(&out, proof.index, &proof.path, proof.note);
	PROPERTY(!out.overflow && same_but_for_extra(qfs_buf_slice(&out), input));

	/* A leaf that the tree has not seen is in no tree. */
	if (qfs_checkpoint_parse(proof.note, &checkpoint, NULL) == QFS_OK)
		PROPERTY(!qfs_verify_inclusion(&leaf, proof.index, checkpoint.size, proof.path.hashes,
									   proof.path.count, &checkpoint.root));
	return 0;
}
