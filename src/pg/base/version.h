/*
 * version.h - do the SQL objects of this database and this library belong together?
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * They are replaced one after the other, the library by installing a package,
 * the objects by ALTER EXTENSION; in between neither may trust the other's
 * tables.
 */
#ifndef QFS_VERSION_H
#define QFS_VERSION_H

/* Errors: VERSION_MISMATCH.  Cheap: the answer is remembered. */
extern void qfs_version_check(void);

/* The same as a question.  True where there is no extension to compare with. */
extern bool qfs_version_fits(void);

/* Is a script of qfs's own running, not one of another extension? */
extern bool qfs_own_script_runs(void);

extern void qfs_version_register_callback(void);

#endif
