/*
 * policy_text.h - the default policy, and the schema that every policy fits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_POLICY_TEXT_H
#define QFS_POLICY_TEXT_H

extern const char qfs_policy_default_text[];
extern const char qfs_policy_schema_text[];

/* Of its object "governance", which a policy may leave out: the default then. */
extern const char qfs_governance_default_text[];
extern const char qfs_governance_schema_text[];

#endif
