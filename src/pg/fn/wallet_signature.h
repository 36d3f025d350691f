/*
 * wallet_signature.h - a wallet's signature, as it was given.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_WALLET_SIGNATURE_H
#define QFS_WALLET_SIGNATURE_H

#include "postgres.h"

#include "base/types.h"

/* "0x" and lower-case digits, whatever case and prefix the wallet gave, as a JSON string; palloc'd. */
extern qfs_slice qfs_wallet_signature(qfs_slice given);

#endif
