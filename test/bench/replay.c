/*
 * replay.c - how fast an exported ledger is replayed over memory.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 *   replay EXPORT.jsonl       prints: events, seconds of processor time
 *
 * What is measured: each line is read as JSON and found canonical, linked,
 * hashed, put into the tree, its rule run and its outcome compared, as
 * qfs-verify does at depth replay; signatures alone are taken on trust.
 * What is not: reading the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/status.h"
#include "ledger/audit.h"
#include "ledger/registry.h"

static void *
allocate(void *context, size_t size)
{
	(void) context;
	return malloc(size);
}

static void
release(void *context, void *memory)
{
	(void) context;
	free(memory);
}

static qfs_status
report(void *context, uint64_t seq, const qfs_error *fault)
{
	(void) context;
	fprintf(stderr, "entry %llu: %s (%s)\n", (unsigned long long) seq,
			qfs_status_message(fault->status), fault->detail);
	exit(1);
}

static qfs_slice
read_file(const char *name)
{
	FILE	   *file = fopen(name, "rb");
	uint8_t    *data = NULL;
	long		size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0)
		exit(2);
	rewind(file);
	data = malloc((size_t) size);
	if (data == NULL || fread(data, 1, (size_t) size, file) != (size_t) size)
		exit(2);
	fclose(file);
	return (qfs_slice) {data, (size_t) size};
}

int
main(int argc, char **argv)
{
	qfs_audit  *audit = malloc(sizeof(qfs_audit));
	qfs_hash	zero = {{0}};
	qfs_error	err;
	qfs_slice	rest;
	clock_t		begin;

	if (argc != 2 || audit == NULL)
		return 2;
	rest = read_file(argv[1]);
	begin = clock();
	if (qfs_audit_begin(audit, &qfs_registry_own, QFS_AUDIT_REPLAY, 0, &zero, 0, NULL,
						(qfs_allocator) {allocate, release, NULL}, report, NULL, &err) != QFS_OK)
		return 2;
	audit->reducer.check_signatures = false;
	while (rest.len > 0)
	{
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t		len = end != NULL ? (size_t) (end - rest.data) : rest.len;

		qfs_audit_line(audit, (qfs_slice) {rest.data, len});
		len += end != NULL;
		rest = (qfs_slice) {rest.data + len, rest.len - len};
	}
	printf("%llu %f\n", (unsigned long long) audit->chain.frontier.size,
		   (double) (clock() - begin) / CLOCKS_PER_SEC);
	return 0;
}
