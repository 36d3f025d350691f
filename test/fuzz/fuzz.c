/*
 * fuzz.c - what the fuzz targets share.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void) argc;
	(void) argv;
	return sodium_init() < 0 ? -1 : 0;
}

void
fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

qfs_slice
fuzz_line(qfs_slice *rest)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
	size_t		len = end != NULL ? (size_t) (end - rest->data) : rest->len;
	qfs_slice	line = {rest->data, len};

	len += end != NULL;
	*rest = (qfs_slice) {rest->data + len, rest->len - len};
	return line;
}

void
fuzz_check_error(qfs_status status, const qfs_error *err)
{
	PROPERTY(status > QFS_OK && status < QFS_STATUS_COUNT);
	PROPERTY(status != QFS_INTERNAL);
	PROPERTY(err->status == status);
	PROPERTY(memchr(err->detail, '\0', sizeof(err->detail)) != NULL);
	for (const char *c = err->detail; *c != '\0'; c++)
		PROPERTY((unsigned char) *c >= ' ');
}
