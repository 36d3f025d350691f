/*
 * device.h - the device key that a sign-in message names.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_DEVICE_H
#define QFS_DEVICE_H

#include "base/buf.h"
#include "identity/siwe.h"

/* A resource "urn:qfs:device:" and 43 characters of base64url names an Ed25519 key. */
#define QFS_DEVICE_RESOURCE_LEN 58

extern void qfs_device_resource_write(qfs_buf *out, const qfs_hash *key);

/*
 * Looks for the device key among the resources of a message.
 * named: whether there is one; without one, key is left alone
 * Errors: DEVICE_KEY_SYNTAX for a malformed one or two of them, ED25519_KEY.
 */
extern qfs_status qfs_siwe_device(const qfs_siwe *message, qfs_hash *key, bool *named,
								  qfs_error *err);

#endif
