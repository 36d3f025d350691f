/*
 * kept_plan.h - statements that a backend plans once.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_KEPT_PLAN_H
#define QFS_KEPT_PLAN_H

#include "executor/spi.h"

/*
 * The plan of a statement with these parameter types, made at the first call
 * and kept in *plan; PostgreSQL plans it anew when a table has changed.
 * Needs SPI_connect.
 */
extern SPIPlanPtr qfs_kept_plan(SPIPlanPtr *plan, const char *query, int count, Oid *types);

#endif
