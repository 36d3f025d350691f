/*
 * registry.c - the rules and the kinds of records that there are.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "ledger/registry.h"

#include "state/governance.h"

static const qfs_rule *const rules[] = {
#define RULE(name) &qfs_rule_##name,
#include "ledger/registry.def"
#undef RULE
	NULL
};

static const qfs_kind *const kinds[] = {
	&qfs_kind_ledger,
	&qfs_kind_policy,
	&qfs_kind_signing_key,
	&qfs_kind_server,
	&qfs_kind_event_type,
	&qfs_kind_account,
	&qfs_kind_session,
	&qfs_kind_login,
	&qfs_kind_rate,
	&qfs_kind_standing,
	&qfs_kind_ties,
	&qfs_kind_access,
	&qfs_kind_nonce,
	&qfs_kind_device,
	&qfs_kind_referral_code,
	&qfs_kind_nod,
	&qfs_kind_nod_change,
	&qfs_kind_electorate,
	&qfs_kind_proposal,
	&qfs_kind_tally,
	&qfs_kind_vote,
	&qfs_kind_policy_key,
	&qfs_kind_agenda,
	NULL
};

/* Raised with each release that computes something in another way. */
#define RULES_VERSION 1

const qfs_registry qfs_registry_own = {rules, kinds, RULES_VERSION};
