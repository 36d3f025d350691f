/*
 * kept_plan.c - statements that a backend plans once.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/base/kept_plan.h"

SPIPlanPtr
qfs_kept_plan(SPIPlanPtr *plan, const char *query, int count, Oid *types)
{
	if (*plan == NULL)
	{
		SPIPlanPtr	made = SPI_prepare(query, count, types);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "qfs: a statement could not be prepared: %s", SPI_result_code_string(SPI_result));
		*plan = made;
	}
	return *plan;
}
