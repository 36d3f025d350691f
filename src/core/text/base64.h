/*
 * base64.h - base64 and base64url (RFC 4648, sections 4 and 5), strictly.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * base64url is without padding, base64 with it.  libsodium does the work; these
 * calls check lengths first, because it aborts where a buffer is too small.
 */
#ifndef QFS_BASE64_H
#define QFS_BASE64_H

#include "base/buf.h"

/* With padding: what signed notes have. */
extern void qfs_base64_write(qfs_buf *out, const uint8_t *bytes, size_t len);

/* Reads at most max bytes; false for any other text, or another spelling. */
extern bool qfs_base64_read_some(qfs_slice text, uint8_t *out, size_t max, size_t *len);

/* Characters of n bytes in base64url. */
#define QFS_BASE64URL_LEN(n) (((n) * 4 + 2) / 3)

extern void qfs_base64url_write(qfs_buf *out, const uint8_t *bytes, size_t len);

/* Reads exactly len bytes; false for any other text, or another spelling. */
extern bool qfs_base64url_read(qfs_slice text, uint8_t *out, size_t len);

/* Reads at most max bytes. */
extern bool qfs_base64url_read_some(qfs_slice text, uint8_t *out, size_t max, size_t *len);

#endif
