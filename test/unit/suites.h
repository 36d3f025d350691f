/*
 * suites.h - the suites that suites.def lists.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef UNIT_SUITES_H
#define UNIT_SUITES_H

#include "support/harness.h"

#define SUITE(name) extern const unit_suite suite_##name;
#include "suites.def"
#undef SUITE

#endif
