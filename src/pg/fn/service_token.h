/*
 * service_token.h - the service that a token speaks for.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_SERVICE_TOKEN_H
#define QFS_SERVICE_TOKEN_H

#include "identity/token.h"

/*
 * Checks the token of a service that gives advice; whether it was revoked, qfs_api.advise() asks.
 * name: holds what out->service says
 * Errors: TOKEN_INVALID, TOKEN_EXPIRED; thrown: NO_GENESIS, NOT_VERIFIED.
 */
extern qfs_status qfs_service_of_token(qfs_slice text, char name[QFS_SERVICE_MAX], qfs_service_token *out,
									   qfs_error *err);

#endif
