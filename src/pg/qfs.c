/*
 * qfs.c - the module: what happens when a backend loads it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "crypto/ed25519.h"
#include "crypto/ethereum.h"
#include "crypto/keccak.h"
#include "pg/append/actor.h"
#include "pg/append/append.h"
#include "pg/append/guard.h"
#include "pg/append/settle.h"
#include "pg/base/guc.h"
#include "pg/base/version.h"
#include "pg/table/known_rows.h"

QFS_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	if (sodium_init() < 0)
		ereport(ERROR, (errmsg("qfs: libsodium could not be initialized")));
	if (!qfs_keccak_self_test())
		ereport(ERROR, (errmsg("qfs: the Keccak self-test failed")));
	if (!qfs_ethereum_self_test())
		ereport(ERROR, (errmsg("qfs: the secp256k1 self-test failed")));
	if (!qfs_ed25519_self_test())
		ereport(ERROR, (errmsg("qfs: libsodium takes Ed25519 keys that are not of prime order"),
						errhint("CVE-2025-69277 is mended in 1.0.21 and in the security updates of the distributions: install them.")));
	qfs_define_settings();
	qfs_known_rows_register_callbacks();
	qfs_append_register_callbacks();
	qfs_settle_register();
	qfs_actor_register_callbacks();
	qfs_version_register_callback();
	qfs_guard_install_hook();
}
