/*
 * number.h - numbers of a policy, counts and amounts alike.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_NUMBER_H
#define QFS_NUMBER_H

#include "text/amount.h"

/* Reads a count, an integer from 0, or an amount, a string; false: it is neither.  A count stays as it is, an amount is at its scale. */
extern bool qfs_number_read(qfs_slice value, qfs_amount *out, bool *is_amount);

/* Writes it as JSON; an amount without the zeros at its end: "0.5", "100". */
extern void qfs_number_write(qfs_buf *out, qfs_amount n, bool is_amount);

#endif
