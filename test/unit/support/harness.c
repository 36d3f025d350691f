/*
 * harness.c - runs cases, counts checks, says what differed and where.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "support/harness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/*
 * The sanitizers show where an assertion of src/core ended the program: a trap
 * is one of these signals.  They ask for it by these names.
 */
#define SHOW_TRAPS "handle_sigill=1:handle_sigtrap=1"

extern const char *__asan_default_options(void);
extern const char *__msan_default_options(void);

const char *
__asan_default_options(void)
{
	return SHOW_TRAPS;
}

const char *
__msan_default_options(void)
{
	return SHOW_TRAPS;
}

/* A table with a broken column would fail in every row: some are enough. */
#define SHOWN_PER_CASE 10

static struct
{
	unsigned long cases;
	unsigned long checks;
	unsigned long failures;
	unsigned long failures_here; /* in the case that runs */
	const char *suite;
	const char *name;
	char		row[160];
}			state;

void
unit_row(const char *format,...)
{
	va_list		args;

	va_start(args, format);
	vsnprintf(state.row, sizeof(state.row), format, args);
	va_end(args);
}

/* Text as it is, anything else as hexadecimal escapes. */
static void
print_bytes(qfs_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] >= ' ' && s.data[i] <= '~')
			putchar(s.data[i]);
		else
			printf("\\x%02x", s.data[i]);
}

/* Counts a check; true if the caller is to say what is wrong with it. */
static bool
failed(bool held, const char *file, int line)
{
	state.checks++;
	if (held)
		return false;
	state.failures++;
	state.failures_here++;
	if (state.failures_here > SHOWN_PER_CASE)
		return false;
	printf("%s:%d: %s.%s", file, line, state.suite, state.name);
	if (state.row[0] != '\0')
	{
		printf(" [");
		print_bytes(qfs_slice_of(state.row));
		printf("]");
	}
	printf(": ");
	return true;
}

bool
unit_check(bool held, const char *what, const char *file, int line)
{
	if (failed(held, file, line))
		printf("does not hold: %s\n", what);
	return held;
}

/* An error that nobody filled in holds any number. */
static const char *
code_of(qfs_status status)
{
	return (unsigned) status < QFS_STATUS_COUNT ? qfs_status_code(status) : "no status at all";
}

bool
unit_check_status(qfs_status got, qfs_status want, const char *file, int line)
{
	bool		held = got == want;

	if (failed(held, file, line))
		printf("got %s, expected %s\n", code_of(got), code_of(want));
	return held;
}

bool
unit_check_int(int64_t got, int64_t want, const char *file, int line)
{
	bool		held = got == want;

	if (failed(held, file, line))
		printf("got %" PRId64 ", expected %" PRId64 "\n", got, want);
	return held;
}

bool
unit_check_uint(uint64_t got, uint64_t want, const char *file, int line)
{
	bool		held = got == want;

	if (failed(held, file, line))
		printf("got %" PRIu64 ", expected %" PRIu64 "\n", got, want);
	return held;
}

bool
unit_check_slice(qfs_slice got, qfs_slice want, const char *file, int line)
{
	bool		held = qfs_slice_equal(got, want);

	if (failed(held, file, line))
	{
		printf("\n  got      ");
		print_bytes(got);
		printf("\n  expected ");
		print_bytes(want);
		printf("\n");
	}
	return held;
}

static void
print_hex(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
}

bool
unit_check_hash(const qfs_hash *got, const qfs_hash *want, const char *file, int line)
{
	bool		held = memcmp(got, want, sizeof(*got)) == 0;

	if (failed(held, file, line))
	{
		printf("\n  got      ");
		print_hex(got->bytes, sizeof(got->bytes));
		printf("\n  expected ");
		print_hex(want->bytes, sizeof(want->bytes));
		printf("\n");
	}
	return held;
}

bool
unit_check_hex(const uint8_t *got, size_t len, const char *want, const char *file, int line)
{
	char		text[2 * 256 + 1] = "";
	bool		held;

	for (size_t i = 0; i < len && i < 256; i++)
		snprintf(text + 2 * i, 3, "%02x", got[i]);
	held = strcmp(text, want) == 0;
	if (failed(held, file, line))
		printf("\n  got      %s\n  expected %s\n", text, want);
	return held;
}

bool
unit_check_detail(const qfs_error *err, const char *part, const char *file, int line)
{
	bool		held = strstr(err->detail, part) != NULL;

	if (failed(held, file, line))
		printf("the detail \"%s\" does not say \"%s\"\n", err->detail, part);
	return held;
}

static bool
is_wanted(const unit_suite *suite, const unit_case *c, const char *word)
{
	char		name[160];

	snprintf(name, sizeof(name), "%s.%s", suite->name, c->name);
	return word == NULL || strstr(name, word) != NULL;
}

static void
run_case(const unit_suite *suite, const unit_case *c)
{
	state.suite = suite->name;
	state.name = c->name;
	state.row[0] = '\0';
	state.failures_here = 0;
	state.cases++;
	c->run();
	if (state.failures_here > SHOWN_PER_CASE)
		printf("%s.%s: %lu failures more\n", suite->name, c->name,
			   state.failures_here - SHOWN_PER_CASE);
}

int
unit_run(const unit_suite *const *suites, const char *word)
{
	/* What a crash leaves unsaid is said up to the crash. */
	setvbuf(stdout, NULL, _IOLBF, 0);

	for (; *suites != NULL; suites++)
		for (const unit_case *c = (*suites)->cases; c->name != NULL; c++)
			if (is_wanted(*suites, c, word))
				run_case(*suites, c);

	if (state.checks == 0)
		printf("unit: nothing was checked in %lu cases\n", state.cases);
	else if (state.failures > 0)
		printf("unit: %lu of %lu checks in %lu cases FAILED\n",
			   state.failures, state.checks, state.cases);
	else
		printf("unit: %lu checks in %lu cases passed\n", state.checks, state.cases);
	return state.checks == 0 || state.failures > 0 ? 1 : 0;
}
