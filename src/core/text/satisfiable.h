/*
 * satisfiable.h - can any payload fit a schema?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SATISFIABLE_H
#define QFS_SATISFIABLE_H

#include "base/types.h"

/*
 * Is there an object of at most room bytes that fits the schema, and does each
 * of its places admit something of the kind that it describes?
 * schema: one that qfs_schema_check has accepted
 * Errors: SCHEMA_INVALID, naming the place.
 */
extern qfs_status qfs_schema_check_satisfiable(qfs_slice schema, uint64_t room, qfs_error *err);

#endif
