/*
 * manifest.h - what CREATE EXTENSION qfs installs, object by object, and what is different here.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * describe.sql says what there is, as facts of objects; manifest.def has what
 * it says of a new installation and is compiled in, so that nobody who can only
 * write to the database changes both.  compare.sql finds the differences.
 */
#ifndef QFS_MANIFEST_H
#define QFS_MANIFEST_H

/* A difference, or something else that puts guards out of force. */
typedef struct qfs_finding
{
	const char *code;			/* QFS_… */
	const char *detail;
	const char *cure;			/* SQL that mends it; NULL: there is none */
	const char *advice;			/* what somebody has to do instead */
} qfs_finding;

/* A cure: the statement of the installation script makes the object again. */
#define QFS_CURE_BY_SCRIPT "SCRIPT"

/*
 * Calls back for every finding, in the order of their codes and details; what a
 * finding points to lasts as long as the current memory context.
 * Errors: VERSION_MISMATCH.
 */
typedef void (*qfs_finding_visitor) (void *context, const qfs_finding *finding);
extern void qfs_manifest_compare(qfs_finding_visitor visit, void *context);

/* Was the list made, or found right, on this server's major version? */
extern bool qfs_manifest_knows_server(void);

/*
 * Sets what names and texts in catalogs are written by, to what the list was
 * made with; ends with AtEOXact_GUC(true, level).
 * returns: the level
 */
extern int	qfs_manifest_settings(const char *search_path);

/*
 * Runs the statement of the installation script that makes a function, view,
 * policy or index, in place of what is there.
 * object: as in the list, "function qfs.head()"
 * returns: false if the script has no such statement, or is not there
 */
extern bool qfs_manifest_run_script(const char *object);

#endif
