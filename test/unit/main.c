/*
 * main.c - the unit tests of src/core: unit [word of a suite or a case].
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include <sodium.h>
#include <stdio.h>

#include "suites.h"

static const unit_suite *const suites[] = {
#define SUITE(name) &suite_##name,
#include "suites.def"
#undef SUITE
	NULL
};

int
main(int argc, char **argv)
{
	if (argc > 2 || sodium_init() < 0)
	{
		fprintf(stderr, "usage: unit [word]\n");
		return 2;
	}
	return unit_run(suites, argc == 2 ? argv[1] : NULL);
}
