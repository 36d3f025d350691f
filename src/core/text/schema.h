/*
 * schema.h - which payloads an event type admits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A subset of JSON Schema (draft 2020-12) over canonical JSON: type,
 * properties, required, additionalProperties, items, enum, const, minLength,
 * maxLength, minimum, maximum, minItems, maxItems.  It differs in one rule:
 * where an object is described, additionalProperties is false when absent.
 */
#ifndef QFS_SCHEMA_H
#define QFS_SCHEMA_H

#include "base/types.h"

/* Is this a schema?  Errors: SCHEMA_INVALID, naming the place. */
extern qfs_status qfs_schema_check(qfs_slice schema, qfs_error *err);

/*
 * Does the value fit the schema?  Both are canonical; the schema is checked.
 * root:  how the value is called in errors
 * fault: the status of a value that does not fit
 */
extern qfs_status qfs_schema_validate(qfs_slice schema, qfs_slice value,
									  const char *root, qfs_status fault, qfs_error *err);

#endif
