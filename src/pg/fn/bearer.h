/*
 * bearer.h - the token of an Authorization header.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BEARER_H
#define QFS_BEARER_H

#include "base/buf.h"

/* The token of "Bearer TOKEN", in whatever case and with whatever white space; false: there is none. */
extern bool qfs_find_bearer(qfs_slice header, qfs_slice *token);

#endif
