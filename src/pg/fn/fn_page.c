/*
 * fn_page.c - errors of the page, which it reports: into the server log, where
 * an operator looks and qfs-tracker reads them.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Anybody may call: so nothing is taken but words from short lists, names of
 * modules and numbers, and not often.
 */
#include "pg/base/compat.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "pg/append/account_event.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"

/* In a minute, of one connection of PostgREST's; each has a count of its own. */
#define REPORTS_MAX 6

#define MODULE_MAX 40
#define VERSION_LEN 16
#define LINE_NUMBER_MAX 999999

/* ECMA-262 and DOM classes of errors, and the page's own where a check of the ledger fails. */
static const char *const classes[] = {
	"AggregateError", "DOMException", "Error", "EvalError", "LedgerFault", "RangeError", "ReferenceError",
	"SyntaxError", "TypeError", "URIError", NULL
};

/* One of them, or a code of qfs. */
static bool
is_class(qfs_slice word)
{
	qfs_status	status;

	for (const char *const *one = classes; *one != NULL; one++)
		if (qfs_slice_equal(word, qfs_slice_of(*one)))
			return true;
	return word.len > 4 && memcmp(word.data, "QFS_", 4) == 0 && qfs_status_of_code(word, &status);
}

/* Of letters, digits, underscores and, between folders, slashes. */
static bool
is_module(qfs_slice name)
{
	for (size_t i = 0; i < name.len; i++)
	{
		uint8_t		c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '/'))
			return false;
	}
	return name.len > 0 && name.len <= MODULE_MAX;
}

static bool
is_version(qfs_slice digits)
{
	for (size_t i = 0; i < digits.len; i++)
		if (!((digits.data[i] >= '0' && digits.data[i] <= '9') || (digits.data[i] >= 'a' && digits.data[i] <= 'f')))
			return false;
	return digits.len == VERSION_LEN;
}

/* Errors: PAGE_ERROR_RATE. */
static void
count_report(void)
{
	static TimestampTz begun = 0;
	static int	reports = 0;
	TimestampTz now = GetCurrentTimestamp();

	/* A clock that was set back begins another minute, too. */
	if (now < begun || now - begun >= 60 * USECS_PER_SEC)
	{
		begun = now;
		reports = 0;
	}
	if (reports == REPORTS_MAX)
		QFS_THROW(QFS_PAGE_ERROR_RATE, "more than %i in a minute", (int64_t) REPORTS_MAX);
	reports++;
}

PG_FUNCTION_INFO_V1(qfs_sql_page_error);

/*
 * qfs_api.page_error(class text, module text, line integer, page text)
 * Errors: PAGE_ERRORS_OFF, PAGE_ERROR_FORM, PAGE_ERROR_RATE.
 */
Datum
qfs_sql_page_error(PG_FUNCTION_ARGS)
{
	qfs_slice	kind = qfs_optional_arg(fcinfo, 0);
	qfs_slice	module = qfs_optional_arg(fcinfo, 1);
	int64_t		line = PG_ARGISNULL(2) ? -1 : PG_GETARG_INT32(2);
	qfs_slice	page = qfs_optional_arg(fcinfo, 3);
	qfs_error	report;

	/* Not by a GET, which any page of anybody's can have a browser send. */
	PreventCommandIfReadOnly("qfs_api.page_error()");
	if (!qfs_policy_page_errors())
		QFS_THROW(QFS_PAGE_ERRORS_OFF, "policy.page_errors is \"off\"");
	/* What was sent is not said again: it may be anything. */
	if (!is_class(kind) || !is_module(module) || line < 0 || line > LINE_NUMBER_MAX || !is_version(page))
		QFS_THROW(QFS_PAGE_ERROR_FORM, "%s", !is_class(kind) ? "class" : !is_module(module) ? "module" :
				  !is_version(page) ? "page" : "line");
	count_report();
	qfs_fail(&report, QFS_PAGE_ERROR, "class %v, module %v, line %i, page %v", kind, module, line, page);
	qfs_log(&report);
	PG_RETURN_VOID();
}
