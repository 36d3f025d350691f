/*
 * policy.c - the parameters that the rules of a ledger use.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/policy.h"

#include "base/status.h"
#include "engine/policy_key.h"
#include "engine/policy_text.h"
#include "log/entry.h"
#include "text/json.h"
#include "text/schema.h"
#include "text/uri.h"

qfs_slice
qfs_policy_default(void)
{
	return qfs_slice_of(qfs_policy_default_text);
}

/* Copies an object; where both sides have an object, goes into it. */
static qfs_status
merge(qfs_slice base, qfs_slice changes, qfs_buf *out, qfs_error *err)
{
	qfs_json_iter base_members = qfs_json_members(base);
	qfs_json_iter change_members = qfs_json_members(changes);
	qfs_slice	key;
	qfs_slice	value;
	qfs_slice	change_key = {NULL, 0};
	qfs_slice	change = {NULL, 0};
	bool		more = qfs_json_next(&change_members, &change_key, &change);
	const char *separator = "";

	qfs_buf_byte(out, '{');
	while (qfs_json_next(&base_members, &key, &value))
	{
		bool		replaced = more && qfs_slice_equal(key, change_key);
		qfs_status	status = QFS_OK;

		qfs_buf_text(out, separator);
		separator = ",";
		qfs_buf_slice_add(out, key);
		qfs_buf_byte(out, ':');
		if (!replaced)
			qfs_buf_slice_add(out, value);
		else if (qfs_json_type_of(value) == QFS_JSON_OBJECT &&
				 qfs_json_type_of(change) == QFS_JSON_OBJECT)
			status = merge(value, change, out, err);
		else
			qfs_buf_slice_add(out, change);
		if (status != QFS_OK)
			return status;
		if (replaced)
			more = qfs_json_next(&change_members, &change_key, &change);
	}
	/* Both sides are sorted, so a change that is left over has no base. */
	if (more)
		return qfs_fail(err, QFS_POLICY_INVALID, "the key %v does not exist", change_key);
	qfs_buf_byte(out, '}');
	return QFS_OK;
}

/* The base with the default of "governance" at its place. */
static void
add_governance(qfs_slice base, qfs_buf *out)
{
	static const char name[] = "\"governance\"";
	qfs_json_iter iter = qfs_json_members(base);
	qfs_slice	key = {NULL, 0};
	qfs_slice	value;
	bool		more = qfs_json_next(&iter, &key, &value);
	bool		added = false;
	const char *separator = "";

	qfs_buf_byte(out, '{');
	while (more || !added)
	{
		bool		adds = !added && (!more || qfs_json_compare_names(key, qfs_slice_of(name), true) > 0);

		qfs_buf_text(out, separator);
		separator = ",";
		qfs_buf_slice_add(out, adds ? qfs_slice_of(name) : key);
		qfs_buf_byte(out, ':');
		qfs_buf_slice_add(out, adds ? qfs_slice_of(qfs_governance_default_text) : value);
		if (adds)
			added = true;
		else
			more = qfs_json_next(&iter, &key, &value);
	}
	qfs_buf_byte(out, '}');
}

qfs_status
qfs_policy_merge(qfs_slice base, qfs_slice changes, qfs_buf *out, qfs_error *err)
{
	uint8_t		memory[QFS_POLICY_MAX];
	qfs_buf		with_governance;
	qfs_slice	value;
	qfs_status	status;

	if (qfs_json_type_of(changes) != QFS_JSON_OBJECT)
		return qfs_fail(err, QFS_POLICY_INVALID, "not an object");
	if (qfs_json_member(changes, "governance", &value) && !qfs_json_member(base, "governance", &value))
	{
		qfs_buf_init(&with_governance, memory, sizeof(memory));
		add_governance(base, &with_governance);
		if (with_governance.overflow)
			return qfs_fail(err, QFS_POLICY_INVALID, "longer than %u bytes", (uint64_t) QFS_POLICY_MAX);
		base = qfs_buf_slice(&with_governance);
	}
	status = merge(base, changes, out, err);
	if (status == QFS_OK && (out->overflow || out->len > QFS_POLICY_MAX))
		return qfs_fail(err, QFS_POLICY_INVALID, "longer than %u bytes", (uint64_t) QFS_POLICY_MAX);
	return status;
}

static bool
is_domain(qfs_slice text)
{
	qfs_uri_authority authority;

	return qfs_uri_read_authority(text, &authority) && !authority.has_userinfo &&
		authority.host.len > 0;
}

static bool
is_user_id(qfs_slice text)
{
	qfs_user_id id;

	return qfs_user_id_parse(text, &id, NULL) == QFS_OK;
}

static bool
is_type(qfs_slice text)
{
	return qfs_type_check(text, NULL) == QFS_OK;
}

/* ---- amounts ---- */

/* Members of an object that are fractions of one, in the order of their names. */
static qfs_status
read_fractions(qfs_slice object, const char *const *names, qfs_amount *out, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	for (size_t i = 0; names[i] != NULL && status == QFS_OK; i++)
		status = qfs_policy_read_amount(object, names[i], QFS_AMOUNT_ONE, &out[i], err);
	return status;
}

static const char *const act_names[] = {
	[QFS_FRAUD_BLOCKED] = "FRAUD_BLOCKED",
	[QFS_MESSAGE_RECIPROCATED] = "MESSAGE_RECIPROCATED",
	[QFS_PROFILE_COMPLETED] = "PROFILE_COMPLETED",
	[QFS_REFERRAL_ACTIVATED_REFEREE] = "REFERRAL_ACTIVATED_REFEREE",
	[QFS_REFERRAL_ACTIVATED_REFERRER] = "REFERRAL_ACTIVATED_REFERRER",
	[QFS_COHERENT_ACTS] = NULL
};

_Static_assert(QFS_ROWS(act_names) == QFS_COHERENT_ACTS + 1, "each act has its name");

const char *const qfs_trust_names[QFS_TRUST_LEVELS + 1] = {"VERIFIED", "TRUSTED", "AUTHORITY", NULL};

const char *const qfs_feature_names[QFS_FEATURES + 1] = {
	"clarity", "contradiction", "hsmf", "logic", "signal", "topic", NULL
};

static qfs_status
read_coherence(qfs_slice coherence, qfs_policy *out, qfs_error *err)
{
	qfs_status	status = qfs_policy_read_amount(coherence, "alpha", QFS_AMOUNT_ONE, &out->alpha, err);

	if (status == QFS_OK)
		status = read_fractions(qfs_policy_member(coherence, "acts"), act_names, out->acts, err);
	if (status == QFS_OK)
		status = read_fractions(qfs_policy_member(coherence, "trust"), qfs_trust_names, out->trust, err);
	if (status == QFS_OK)
		status = read_fractions(qfs_policy_member(coherence, "weights"), qfs_feature_names, out->weights, err);
	if (status == QFS_OK && (out->trust[0] > out->trust[1] || out->trust[1] > out->trust[2]))
		status = qfs_fail(err, QFS_POLICY_INVALID, "policy.coherence.trust: the levels do not rise");
	return status;
}

/* Tiers rise, up to the cap, and no reward is larger than a balance may be. */
static qfs_status
read_tiers(qfs_slice tiers, qfs_policy *out, qfs_error *err)
{
	qfs_json_iter iter = qfs_json_members(tiers);
	qfs_slice	key;
	qfs_slice	tier;
	int64_t		before = 0;

	out->tier_count = 0;
	while (qfs_json_next(&iter, &key, &tier))
	{
		qfs_tier   *next = &out->tiers[out->tier_count];
		qfs_status	status;

		/* The schema has counted them; they are counted where they are added, too. */
		if (out->tier_count++ == QFS_TIERS_MAX)
			return qfs_fail(err, QFS_POLICY_INVALID, "policy.referral.tiers: more than %u", (uint64_t) QFS_TIERS_MAX);
		status = qfs_policy_read_amount(tier, "flx", out->flx_cap, &next->flx, err);
		if (status != QFS_OK)
			return status;
		next->to = qfs_policy_integer(tier, "to");
		if (next->to <= before)
			return qfs_fail(err, QFS_POLICY_INVALID, "policy.referral.tiers: %i follows %i",
							next->to, before);
		before = next->to;
	}
	if (before < out->referral_cap)
		return qfs_fail(err, QFS_POLICY_INVALID, "policy.referral.tiers: they end at %i, the cap is %i",
						before, out->referral_cap);
	return QFS_OK;
}

static qfs_status
read_referral(qfs_slice referral, qfs_policy *out, qfs_error *err)
{
	qfs_status	status = qfs_policy_read_amount(referral, "flx_cap", QFS_POLICY_FLX_MAX, &out->flx_cap, err);

	out->activation = qfs_policy_member(referral, "activation");
	out->referral_cap = qfs_policy_integer(referral, "cap");
	out->referral_points = qfs_policy_integer(referral, "points");
	out->window_blocks = qfs_policy_integer(referral, "window_blocks");
	if (status == QFS_OK)
		status = read_tiers(qfs_policy_member(referral, "tiers"), out, err);
	return status;
}

/* One of the words that the schema has admitted. */
static qfs_signing
read_signing(qfs_slice word)
{
	if (qfs_slice_equal(word, QFS_LITERAL("\"all\"")))
		return QFS_SIGNED_ALL;
	return qfs_slice_equal(word, QFS_LITERAL("\"none\"")) ? QFS_SIGNED_NONE : QFS_SIGNED_DEVICES;
}

qfs_status
qfs_policy_parse(qfs_slice policy, qfs_policy *out, qfs_error *err)
{
	qfs_slice	auth;
	qfs_slice	limits;
	qfs_status	status;

	status = qfs_schema_validate(qfs_slice_of(qfs_policy_schema_text), policy, "policy", QFS_POLICY_INVALID, err);
	if (status != QFS_OK)
		return status;

	out->text = policy;
	auth = qfs_policy_member(policy, "auth");
	limits = qfs_policy_member(policy, "limits");
	out->chain_ids = qfs_policy_member(auth, "chain_ids");
	out->domains = qfs_policy_member(auth, "domains");
	out->uris = qfs_policy_member(auth, "uris");
	out->block_ms = qfs_policy_integer(policy, "block_ms");
	out->epoch_blocks = qfs_policy_integer(policy, "epoch_blocks");
	out->events_per_minute = qfs_policy_integer(limits, "events_per_minute");
	out->logins_per_minute = qfs_policy_integer(limits, "logins_per_minute");
	out->messages_per_minute = qfs_policy_integer(limits, "messages_per_minute");
	out->threads_per_day = qfs_policy_integer(limits, "threads_per_day");
	out->evaluators = qfs_policy_member(policy, "evaluators");
	out->nonce_ttl_ms = qfs_policy_integer(policy, "nonce_ttl_ms");
	out->operators = qfs_policy_member(policy, "operators");
	out->page_errors = qfs_slice_equal(qfs_policy_member(policy, "page_errors"), QFS_LITERAL("\"on\""));
	out->signing = read_signing(qfs_policy_member(policy, "signed"));
	out->signed_types = qfs_policy_member(policy, "signed_types");
	out->rules = qfs_policy_integer(policy, "rules");
	out->sessions_max = qfs_policy_integer(policy, "sessions_max");
	out->ttl_blocks = qfs_policy_integer(policy, "ttl_blocks");
	out->is_public = qfs_slice_equal(qfs_policy_member(policy, "visibility"), QFS_LITERAL("\"public\""));

	status = qfs_policy_check_list(out->domains, "auth.domains", "a host, or a host and its port", is_domain, err);
	if (status == QFS_OK)
		status = qfs_policy_check_list(out->uris, "auth.uris", "a URI", qfs_uri_is_uri, err);
	if (status == QFS_OK)
		status = qfs_policy_check_list(out->operators, "operators", "a user id", is_user_id, err);
	if (status == QFS_OK)
		status = qfs_policy_check_list(out->evaluators, "evaluators", "a user id", is_user_id, err);
	if (status == QFS_OK)
		status = read_coherence(qfs_policy_member(policy, "coherence"), out, err);
	if (status == QFS_OK)
		status = read_referral(qfs_policy_member(policy, "referral"), out, err);
	if (status == QFS_OK)
		status = qfs_policy_check_list(out->signed_types, "signed_types", "a type of events", is_type, err);
	if (status == QFS_OK)
		status = qfs_governance_read(policy, &out->governance, err);
	return status;
}

void
qfs_policy_copy(const qfs_policy *policy, const uint8_t *text, const uint8_t *copy, qfs_policy *out)
{
	qfs_slice  *slices[] = {
		&out->text, &out->chain_ids, &out->domains, &out->uris, &out->evaluators, &out->operators, &out->activation,
		&out->signed_types
	};

	*out = *policy;
	for (size_t i = 0; i < QFS_ROWS(slices); i++)
		slices[i]->data = copy + (slices[i]->data - text);
	/* The default's are nowhere in the text. */
	if (out->governance.is_given)
		out->governance.operator_keys.data = copy + (out->governance.operator_keys.data - text);
}

qfs_status
qfs_policy_check_change(const qfs_policy *from, const qfs_policy *to, qfs_error *err)
{
	if (from->block_ms != to->block_ms || from->epoch_blocks != to->epoch_blocks)
		return qfs_fail(err, QFS_POLICY_INVALID,
						"block_ms and epoch_blocks stay as genesis set them");
	if (to->rules < from->rules)
		return qfs_fail(err, QFS_POLICY_INVALID, "rules never go back, from %i to %i", from->rules, to->rules);
	return QFS_OK;
}

bool
qfs_policy_key_is_operators(const qfs_policy *policy, qfs_slice name)
{
	return qfs_policy_keys_hold(policy->governance.operator_keys, name);
}

void
qfs_terms_of(const qfs_policy *policy, qfs_track track, qfs_terms *out)
{
	const qfs_governance *governance = &policy->governance;
	const qfs_track_numbers *numbers = &governance->tracks[track];

	*out = (qfs_terms) {
		.approval = numbers->approval,
		.deposit = governance->deposit,
		.grace_blocks = governance->grace_blocks,
		.late_blocks = governance->late_blocks,
		.majority = numbers->majority,
		.power_percent = governance->power_percent,
		.quorum = numbers->quorum,
		.review_blocks = numbers->review_blocks,
		.timelock_blocks = numbers->timelock_blocks,
		.veto_percent = governance->veto_percent,
		.voting_blocks = numbers->voting_blocks
	};
}
