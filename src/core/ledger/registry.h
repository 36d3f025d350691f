/*
 * registry.h - the rules and the kinds of records that there are.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_REGISTRY_H
#define QFS_REGISTRY_H

#include "engine/rule.h"

#define RULE(name) extern const qfs_rule qfs_rule_##name;
#include "ledger/registry.def"
#undef RULE

extern const qfs_registry qfs_registry_own;

#endif
