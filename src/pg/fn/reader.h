/*
 * reader.h - who reads in this transaction, as engine/visibility.h asks.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_READER_H
#define QFS_READER_H

#include "engine/visibility.h"

/* The account that is signed in, or everybody where all is public. */
extern qfs_reader qfs_reader_now(void);

#endif
