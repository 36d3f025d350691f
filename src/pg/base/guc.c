/*
 * guc.c - settings.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <limits.h>

#include "utils/guc.h"

#include "pg/base/guc.h"

char	   *qfs_key_file;
bool		qfs_early_lock_release = true;
bool		qfs_ddl_guard = true;
int			qfs_sign_timeout = 5000;
bool		qfs_standby_signs = false;
int			qfs_advice_stale = 300;
int			qfs_what_if_entries = 200000;
int			qfs_what_if_slots = 2;
int			qfs_what_if_memory = 65536;

void
qfs_define_settings(void)
{
	DefineCustomStringVariable("qfs.key_file",
							   "File that holds the ledger's secret keys.",
							   "A relative path starts in the data directory. The file must belong to the server's user, mode 0600.",
							   &qfs_key_file,
							   "qfs.key",
							   PGC_SUSET,
							   GUC_SUPERUSER_ONLY,
							   NULL, NULL, NULL);

	DefineCustomBoolVariable("qfs.early_lock_release",
							 "Releases the chain lock once a commit is visible, before it is flushed.",
							 "The client still waits for the flush that synchronous_commit asks for. Off holds the lock through it.",
							 &qfs_early_lock_release,
							 true,
							 PGC_SUSET,
							 0,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("qfs.ddl_guard",
							 "Refuses DDL on the objects of the ledger.",
							 "A superuser may turn it off for a repair; qfs.self_check() and qfs.verify() show what was left.",
							 &qfs_ddl_guard,
							 true,
							 PGC_SUSET,
							 0,
							 NULL, NULL, NULL);

	DefineCustomIntVariable("qfs.sign_timeout",
							"How long the signing of a checkpoint waits for synchronous standbys.",
							"Then nothing is signed, and the error says so. 0 looks once.",
							&qfs_sign_timeout,
							5000, 0, 24 * 60 * 60 * 1000,
							PGC_SUSET,
							GUC_UNIT_MS,
							NULL, NULL, NULL);

	DefineCustomBoolVariable("qfs.standby_signs",
							 "Lets a standby sign what it replayed.",
							 "For clusters without synchronous standbys: after a failover to another one, what was signed may be gone.",
							 &qfs_standby_signs,
							 false,
							 PGC_SUSET,
							 0,
							 NULL, NULL, NULL);

	DefineCustomIntVariable("qfs.advice_stale",
							"How old advice may be.",
							"Older advice is shown as such, and what asks for advice is told that there is none.",
							&qfs_advice_stale,
							300, 1, 7 * 24 * 60 * 60,
							PGC_SUSET,
							GUC_UNIT_S,
							NULL, NULL, NULL);

	DefineCustomIntVariable("qfs.what_if_entries",
							"How many entries a what-if may be about.",
							"All before its window count, too. qfs-verify what-if has no limit.",
							&qfs_what_if_entries,
							200000, 1, INT_MAX,
							PGC_SUSET,
							0,
							NULL, NULL, NULL);

	DefineCustomIntVariable("qfs.what_if_memory",
							"How much memory the records of a what-if may take.",
							"qfs-verify what-if has no limit.",
							&qfs_what_if_memory,
							65536, 64, MAX_KILOBYTES,
							PGC_SUSET,
							GUC_UNIT_KB,
							NULL, NULL, NULL);

	DefineCustomIntVariable("qfs.what_if_slots",
							"How many what-ifs are computed at once in the cluster.",
							"One more is refused, and may be asked again.",
							&qfs_what_if_slots,
							2, 1, 64,
							PGC_SUSET,
							0,
							NULL, NULL, NULL);

	MarkGUCPrefixReserved("qfs");
}
