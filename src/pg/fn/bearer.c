/*
 * bearer.c - the token of an Authorization header.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/fn/bearer.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
qfs_find_bearer(qfs_slice header, qfs_slice *token)
{
	static const char scheme[] = "bearer";
	size_t		len = strlen(scheme);
	size_t		end = header.len;

	if (header.len <= len || pg_strncasecmp((const char *) header.data, scheme, len) != 0 ||
		!is_space(header.data[len]))
		return false;
	while (len < end && is_space(header.data[len]))
		len++;
	while (end > len && is_space(header.data[end - 1]))
		end--;
	*token = (qfs_slice) {header.data + len, end - len};
	return token->len > 0;
}
