/*
 * utf8.h - is it UTF-8 (RFC 3629)?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_UTF8_H
#define QFS_UTF8_H

#include "base/types.h"

/*
 * Length of the UTF-8 character at p, or 0 if there is none: cut short,
 * overlong, a surrogate or above U+10FFFF.
 * end: after p
 */
extern unsigned qfs_utf8_length(const uint8_t *p, const uint8_t *end);

/* Is all of the text UTF-8? */
extern bool qfs_utf8_check(qfs_slice text);

#endif
