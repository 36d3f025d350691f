/*
 * compat.h - everything in which PostgreSQL 15, 16, 17 and 18 differ.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_COMPAT_H
#define QFS_COMPAT_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/guc_tables.h"

#if PG_VERSION_NUM < 150000
#error "qfs needs PostgreSQL 15 or later"
#endif

/* 16 split variable-length access out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 lets a module say its name and version. */
#if PG_VERSION_NUM >= 180000
#define QFS_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "qfs", .version = QFS_VERSION)
#else
#define QFS_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 18 has another spelling, in front of the declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16 asks for the privileges of all kinds of objects with one function. */
#if PG_VERSION_NUM >= 160000
#define QFS_FUNCTION_ACLCHECK(oid, role, mode) object_aclcheck(ProcedureRelationId, oid, role, mode)
#else
#define QFS_FUNCTION_ACLCHECK(oid, role, mode) pg_proc_aclcheck(oid, role, mode)
#endif

/* 18 can be asked for deferrable primary keys as well. */
#if PG_VERSION_NUM >= 180000
#define QFS_PRIMARY_KEY_INDEX(rel) RelationGetPrimaryKeyIndex(rel, false)
#else
#define QFS_PRIMARY_KEY_INDEX(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* 17 can flush it at once. */
#if PG_VERSION_NUM >= 170000
#define QFS_LOG_MESSAGE(prefix, text) LogLogicalMessage(prefix, text, sizeof(text), false, false)
#else
#define QFS_LOG_MESSAGE(prefix, text) LogLogicalMessage(prefix, text, sizeof(text), false)
#endif

/* 17 can be asked for stronger modes as well. */
#if PG_VERSION_NUM >= 170000
#define QFS_LOCK_HELD_BY_ME(tag, mode) LockHeldByMe(tag, mode, false)
#else
#define QFS_LOCK_HELD_BY_ME(tag, mode) LockHeldByMe(tag, mode)
#endif

/* 16 exports the look-up of a setting; 15 has the list alone. */
#if PG_VERSION_NUM >= 160000
#define QFS_FIND_SETTING(name) find_option(name, false, false, ERROR)
#else
#define QFS_FIND_SETTING(name) qfs_find_setting(get_guc_variables(), name)

static inline struct config_generic *
qfs_find_setting(struct config_generic **settings, const char *name)
{
	/* It is one of the server's own: the list has it. */
	while (strcmp((*settings)->name, name) != 0)
		settings++;
	return *settings;
}
#endif

#endif
