/*
 * moves.h - which tokens two judgements of the same entry move differently.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_MOVES_H
#define QFS_MOVES_H

#include "sandbox/judgement.h"

/*
 * A set of assets, QFS_MOVES() of each: those of which some account has another
 * value after the one than after the other.  Whom a judgement does not touch
 * keeps what it had; what is refused touches nobody.
 */
extern unsigned qfs_moves_differing(const qfs_judgement *a, const qfs_judgement *b);

#endif
