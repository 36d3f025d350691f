/*
 * template.h - the templates of the sandbox: questions that have a name.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A template makes of its parameters and of the policy in force the changes
 * of a what-if, and what is asked besides.  It is a function of the two and of
 * nothing else.
 */
#ifndef QFS_TEMPLATE_H
#define QFS_TEMPLATE_H

#include "template/ring.h"
#include "template/fifty.h"

/* ---- parameters ---- */

typedef enum qfs_param_type
{
	QFS_PARAM_KEY,				/* a key of the policy: "referral.cap" */
	QFS_PARAM_VALUE,			/* any JSON */
	QFS_PARAM_CHANGES,			/* as qfs_policy_merge takes them */
	QFS_PARAM_AMOUNT,			/* an integer, or a string of decimal digits with a point */
	QFS_PARAM_COUNT				/* an integer */
} qfs_param_type;

typedef struct qfs_param
{
	const char *name;
	qfs_param_type type;
	const char *range;			/* as it is told */
	int64_t		low;			/* of an amount or a count */
	int64_t		high;
	const char *about;			/* a sentence */
} qfs_param;

#define QFS_PARAMS_MAX 2

/* ---- templates ---- */

typedef struct qfs_template qfs_template;

/* What was asked, on its way. */
typedef struct qfs_asked
{
	const qfs_template *template;
	const qfs_registry *registry;
	qfs_slice	values[QFS_PARAMS_MAX];	/* of the parameters, in their order */
	qfs_amount	amount;			/* of the one that is an amount or a count, if there is one */
	const qfs_policy *policy;	/* in force */
	qfs_fifty	fifty;			/* of fifty_proposals */
} qfs_asked;

/* What is asked of the ledger's end besides, or instead, of its window. */
typedef enum qfs_asks
{
	QFS_ASKS_WINDOW,
	QFS_ASKS_PROPOSALS,			/* and the proposals that its changes are */
	QFS_ASKS_RING,
	QFS_ASKS_ROLLBACK
} qfs_asks;

struct qfs_template
{
	const char *name;
	const char *about;			/* a sentence */
	qfs_param	params[QFS_PARAMS_MAX];
	unsigned	param_count;
	qfs_asks	asks;

	/* Writes the changes of the policy, canonical.  out: empty */
	qfs_status	(*make) (qfs_asked *asked, qfs_buf *out, qfs_error *err);
};

/* Does it look at a window, and not only at the ledger's end? */
static inline bool
qfs_template_has_window(const qfs_template *template)
{
	return template->asks == QFS_ASKS_WINDOW || template->asks == QFS_ASKS_PROPOSALS;
}

/* All of them, by name, then one without a name. */
extern const qfs_template qfs_templates[];

/* Errors: TEMPLATE_UNKNOWN. */
extern qfs_status qfs_template_find(qfs_slice name, const qfs_template **out, qfs_error *err);

/*
 * Reads parameters, a canonical object.
 * Errors: the JSON_ ones; TEMPLATE_PARAMS, naming the parameter, its range and what is wrong.
 */
extern qfs_status qfs_template_read(const qfs_template *template, qfs_slice params, qfs_asked *out, qfs_error *err);

/* [{"about","name","params":[{"about","name","range","type"}…],"window":bool}…] */
extern void qfs_templates_write(qfs_json_writer *w);

#endif
