/*
 * template.c - the templates of the sandbox: questions that have a name.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "template/template.h"

#include "base/status.h"
#include "engine/policy_key.h"
#include "sandbox/leaves.h"
#include "template/number.h"

/* ---- changes ---- */

static qfs_slice
leaf_of(const qfs_asked *asked, const char *name)
{
	qfs_slice	value = QFS_LITERAL("null");

	(void) qfs_policy_leaf(asked->policy->text, qfs_slice_of(name), &value);
	return value;
}

/* One key. */
static qfs_status
make_leaf(qfs_slice name, qfs_slice value, qfs_buf *out, qfs_error *err)
{
	qfs_leaves	leaves;

	qfs_leaves_begin(&leaves, out);
	qfs_leaves_put(&leaves, name, value);
	return qfs_leaves_end(&leaves, err);
}

static qfs_status
make_change(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	qfs_slice	name;

	(void) qfs_json_to_plain(asked->values[0], &name);
	return make_leaf(name, asked->values[1], out, err);
}

static qfs_status
make_alpha(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[QFS_AMOUNT_TEXT + 2];
	qfs_buf		value;

	qfs_buf_init(&value, memory, sizeof(memory));
	qfs_number_write(&value, asked->amount, true);
	return make_leaf(QFS_LITERAL("coherence.alpha"), qfs_buf_slice(&value), out, err);
}

/* Everything of the policy's limits, times the factor, rounded down. */
static qfs_status
make_limits(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	static const char group[] = "limits.";
	uint8_t		memory[QFS_AMOUNT_TEXT + 2];
	qfs_key_class ignored;
	qfs_leaves	leaves;
	qfs_amount	limit;
	qfs_slice	name;
	qfs_slice	value;
	qfs_buf		text;
	bool		is_amount;

	qfs_leaves_begin(&leaves, out);
	for (size_t n = 0; qfs_policy_key_at(n, &name, &ignored); n++)
	{
		if (name.len < sizeof(group) || memcmp(name.data, group, sizeof(group) - 1) != 0 ||
			!qfs_policy_leaf(asked->policy->text, name, &value) || !qfs_number_read(value, &limit, &is_amount))
			continue;
		(void) qfs_amount_mul(limit, asked->amount, &limit, NULL);
		qfs_buf_init(&text, memory, sizeof(memory));
		qfs_number_write(&text, limit, is_amount);
		qfs_leaves_put(&leaves, name, qfs_buf_slice(&text));
	}
	return qfs_leaves_end(&leaves, err);
}

/* {"flx","to"} with the reward times the factor. */
static qfs_status
write_tier(qfs_json_writer *w, qfs_slice tier, qfs_amount factor, qfs_error *err)
{
	uint8_t		memory[QFS_AMOUNT_TEXT + 2];
	qfs_amount	flx = 0;
	qfs_buf		value;
	bool		is_amount;
	qfs_status	status;

	(void) qfs_number_read(qfs_json_member_or(tier, "flx", QFS_LITERAL("\"0\"")), &flx, &is_amount);
	status = qfs_amount_mul(flx, factor, &flx, err);
	qfs_buf_init(&value, memory, sizeof(memory));
	qfs_number_write(&value, flx, true);
	qfs_json_open_object(w);
	qfs_json_key(w, "flx");
	qfs_json_put_value(w, qfs_buf_slice(&value));
	qfs_json_key(w, "to");
	qfs_json_put_value(w, qfs_json_member_or(tier, "to", QFS_LITERAL("null")));
	qfs_json_close(w);
	return status;
}

static qfs_status
make_reward(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[2048];
	qfs_json_iter iter = qfs_json_members(leaf_of(asked, "referral.tiers"));
	qfs_json_writer w;
	qfs_slice	key;
	qfs_slice	tier;
	qfs_buf		tiers;
	qfs_status	status = QFS_OK;

	qfs_buf_init(&tiers, memory, sizeof(memory));
	qfs_json_begin(&w, &tiers);
	qfs_json_open_array(&w);
	while (status == QFS_OK && qfs_json_next(&iter, &key, &tier))
		status = write_tier(&w, tier, asked->amount, err);
	qfs_json_close(&w);
	if (status == QFS_OK)
		status = qfs_json_end(&w, err);
	return status == QFS_OK ? make_leaf(QFS_LITERAL("referral.tiers"), qfs_buf_slice(&tiers), out, err) : status;
}

static qfs_status
make_rollback(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	qfs_buf_slice_add(out, asked->values[0]);
	return out->overflow ? qfs_fail(err, QFS_POLICY_INVALID, "the changes have more than %u bytes", (uint64_t) out->capacity) :
		QFS_OK;
}

static qfs_status
make_ring(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	return qfs_ring_changes(asked->policy, out, err);
}

static qfs_status
make_fifty(qfs_asked *asked, qfs_buf *out, qfs_error *err)
{
	return qfs_fifty_make(&asked->fifty, asked->registry, asked->policy, out, err);
}

/* ---- the table ---- */

const qfs_template qfs_templates[] = {
	{
		"alpha", "How much an act weighs in an account's coherence is another value.",
		{{"value", QFS_PARAM_AMOUNT, "0 to 1", 0, 1, "coherence.alpha"}}, 1, QFS_ASKS_WINDOW, make_alpha
	},
	{
		"change", "One key of the policy has another value.",
		{
			{"key", QFS_PARAM_KEY, "a key of the policy that is not fixed", 0, 0, "Its name, such as referral.cap"},
			{"value", QFS_PARAM_VALUE, "what the policy admits for the key", 0, 0, "Its value"}
		}, 2, QFS_ASKS_WINDOW, make_change
	},
	{
		"fifty_proposals", "Fifty keys go to an end of their range, one after the other: which of them refuse each other, and what comes of all.",
		{{NULL, QFS_PARAM_VALUE, NULL, 0, 0, NULL}}, 0, QFS_ASKS_PROPOSALS, make_fifty
	},
	{
		"limits", "All that may be done in a minute or a day is multiplied.",
		{{"factor", QFS_PARAM_AMOUNT, "0 to 1000", 0, 1000, "What limits.* are multiplied by; what comes of it is rounded down"}},
		1, QFS_ASKS_WINDOW, make_limits
	},
	{
		"reward_times", "What an activated referral is rewarded with is multiplied.",
		{{"factor", QFS_PARAM_AMOUNT, "0 to 1000", 0, 1000, "What the FLX of every tier are multiplied by"}},
		1, QFS_ASKS_WINDOW, make_reward
	},
	{
		"rollback", "Changes come into force, and what undoes them: is the state what it was?",
		{{"changes", QFS_PARAM_CHANGES, "keys of the policy that are not fixed, with values that it admits", 0, 0,
				"As qfs.set_policy takes them"}},
		1, QFS_ASKS_ROLLBACK, make_rollback
	},
	{
		"sybil_ring", "Invented wallets that one of them invites, and that write to each other: what they earn under the policy in force.",
		{{"wallets", QFS_PARAM_COUNT, "1 to 200", 1, QFS_RING_MAX, "How many are invited"}}, 1, QFS_ASKS_RING, make_ring
	},
	{NULL, NULL, {{NULL, QFS_PARAM_VALUE, NULL, 0, 0, NULL}}, 0, QFS_ASKS_WINDOW, NULL}
};

_Static_assert(QFS_RING_MAX == 200, "its range is told");

qfs_status
qfs_template_find(qfs_slice name, const qfs_template **out, qfs_error *err)
{
	for (*out = qfs_templates; (*out)->name != NULL; (*out)++)
		if (qfs_slice_is(name, (*out)->name))
			return QFS_OK;
	return qfs_fail(err, QFS_TEMPLATE_UNKNOWN, "%v", name);
}

/* ---- reading parameters ---- */

static qfs_status
refuse(const qfs_param *param, qfs_slice value, const char *why, qfs_error *err)
{
	return qfs_fail(err, QFS_TEMPLATE_PARAMS, "params.%s: %s; it is %v, and may be %s", param->name, why, value, param->range);
}

static qfs_status
read_key(const qfs_param *param, qfs_slice value, qfs_error *err)
{
	qfs_key_class class;
	qfs_slice	name;

	if (!qfs_json_to_plain(value, &name))
		return refuse(param, value, "it must be a string", err);
	if (!qfs_policy_key_class(name, &class))
		return refuse(param, value, "there is no such key, or it has no value of its own", err);
	return class == QFS_CLASS_FIXED ? refuse(param, value, "the key is fixed", err) : QFS_OK;
}

/* A count stays as it is, an amount is at its scale. */
static qfs_status
read_number(const qfs_param *param, qfs_slice value, qfs_amount *out, qfs_error *err)
{
	bool		wants_count = param->type == QFS_PARAM_COUNT;
	qfs_amount	unit = wants_count ? 1 : QFS_AMOUNT_ONE;
	int64_t		n;
	bool		is_amount;

	if (qfs_json_to_int(value, &n) && (n < param->low || n > param->high))
		return refuse(param, value, "it is out of range", err);
	if (!qfs_number_read(value, out, &is_amount) || (is_amount && wants_count))
		return refuse(param, value, wants_count ? "it must be an integer" :
					  "it must be an integer, or a string of digits with at most 18 after the point", err);
	if (!is_amount)
		*out *= unit;
	if (*out < (qfs_amount) (uint64_t) param->low * unit || *out > (qfs_amount) (uint64_t) param->high * unit)
		return refuse(param, value, "it is out of range", err);
	return QFS_OK;
}

static qfs_status
read_param(const qfs_param *param, qfs_slice value, qfs_asked *out, qfs_error *err)
{
	switch (param->type)
	{
		case QFS_PARAM_KEY:
			return read_key(param, value, err);
		case QFS_PARAM_CHANGES:
			return qfs_json_type_of(value) == QFS_JSON_OBJECT ? QFS_OK : refuse(param, value, "it must be an object", err);
		case QFS_PARAM_VALUE:
			return qfs_json_type_of(value) != QFS_JSON_OBJECT ? QFS_OK : refuse(param, value, "no key has an object", err);
		case QFS_PARAM_AMOUNT:
		case QFS_PARAM_COUNT:
			break;
	}
	return read_number(param, value, &out->amount, err);
}

/* What it has no name for nobody looked at. */
static qfs_status
check_names(const qfs_template *template, qfs_slice params, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(params);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	name;
	bool		known;

	while (qfs_json_next(&iter, &key, &value))
	{
		known = false;
		for (unsigned n = 0; n < template->param_count; n++)
			known = known || (qfs_json_to_plain(key, &name) && qfs_slice_is(name, template->params[n].name));
		if (!known)
			return qfs_fail(err, QFS_TEMPLATE_PARAMS, "params: %s has no parameter %v", template->name, key);
	}
	return QFS_OK;
}

qfs_status
qfs_template_read(const qfs_template *template, qfs_slice params, qfs_asked *out, qfs_error *err)
{
	qfs_status	status = qfs_json_check(params, err);

	out->template = template;
	out->amount = 0;
	if (status == QFS_OK && qfs_json_type_of(params) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_TEMPLATE_PARAMS, "params: it must be an object; it is %v", params);
	if (status == QFS_OK)
		status = check_names(template, params, err);
	for (unsigned n = 0; n < template->param_count && status == QFS_OK; n++)
	{
		const qfs_param *param = &template->params[n];

		if (!qfs_json_member(params, param->name, &out->values[n]))
			return qfs_fail(err, QFS_TEMPLATE_PARAMS, "params.%s: it is missing, and may be %s", param->name, param->range);
		status = read_param(param, out->values[n], out, err);
	}
	return status;
}

/* ---- what there is ---- */

static void
put_text(qfs_json_writer *w, const char *name, const char *text)
{
	qfs_json_key(w, name);
	qfs_json_put_text(w, qfs_slice_of(text));
}

static void
write_param(qfs_json_writer *w, const qfs_param *param)
{
	static const char *const types[] = {
		[QFS_PARAM_KEY] = "key",[QFS_PARAM_VALUE] = "json",[QFS_PARAM_CHANGES] = "changes",
		[QFS_PARAM_AMOUNT] = "amount",[QFS_PARAM_COUNT] = "integer"
	};

	qfs_json_open_object(w);
	put_text(w, "about", param->about);
	put_text(w, "name", param->name);
	put_text(w, "range", param->range);
	put_text(w, "type", types[param->type]);
	qfs_json_close(w);
}

void
qfs_templates_write(qfs_json_writer *w)
{
	qfs_json_open_array(w);
	for (const qfs_template *t = qfs_templates; t->name != NULL; t++)
	{
		qfs_json_open_object(w);
		put_text(w, "about", t->about);
		put_text(w, "name", t->name);
		qfs_json_key(w, "params");
		qfs_json_open_array(w);
		for (unsigned n = 0; n < t->param_count; n++)
			write_param(w, &t->params[n]);
		qfs_json_close(w);
		qfs_json_key(w, "window");
		qfs_json_put_bool(w, qfs_template_has_window(t));
		qfs_json_close(w);
	}
	qfs_json_close(w);
}
