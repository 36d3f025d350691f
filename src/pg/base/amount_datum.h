/*
 * amount_datum.h - amounts as values of the domain qfs.amount.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_AMOUNT_DATUM_H
#define QFS_AMOUNT_DATUM_H

#include "text/amount.h"

/* numeric with 18 digits after the point */
extern Datum qfs_amount_datum(const qfs_amount *a);

/* Errors: AMOUNT_SYNTAX, AMOUNT_OVERFLOW. */
extern qfs_amount qfs_amount_of_datum(Datum value);

#endif
