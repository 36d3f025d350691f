/*
 * guc.h - settings.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_GUC_H
#define QFS_GUC_H

/* Path of the key file; a relative one starts in the data directory. */
extern char *qfs_key_file;

/* Release the chain lock as soon as the commit is visible, before it is on disk. */
extern bool qfs_early_lock_release;

/* How long the signing of a checkpoint waits for standbys, in milliseconds. */
extern int	qfs_sign_timeout;

/* A standby signs what it replayed, instead of no more than the primary has published. */
extern bool qfs_standby_signs;

/* Refuse DDL on the ledger's objects. */
extern bool qfs_ddl_guard;

/* Advice that is older counts as none, in seconds. */
extern int	qfs_advice_stale;

/* Entries that a what-if may be about, and how many are computed at once in the cluster. */
extern int	qfs_what_if_entries;
extern int	qfs_what_if_slots;
/* What the records of one may take, in kilobytes. */
extern int	qfs_what_if_memory;

extern void qfs_define_settings(void);

#endif
