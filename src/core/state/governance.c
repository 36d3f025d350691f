/*
 * governance.c - what the rules remember of seats, proposals and votes: the fields of each record, and its kind.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "state/governance.h"

static const qfs_field nod_fields[] = {
	QFS_FIELD(qfs_nod_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_nod_record, nod, QFS_FIELD_INT),
	QFS_FIELD(qfs_nod_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_nod_record, epoch, QFS_FIELD_INT),
	QFS_FIELD(qfs_nod_record, changes, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_nod_record, proposal, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_nod_record, emergency, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_nod_record, vote, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_nod =
QFS_KIND("nod", qfs_nod_record, nod_fields, 1, false);

static const qfs_field nod_change_fields[] = {
	QFS_FIELD(qfs_nod_change_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_nod_change_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_nod_change_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_nod_change_record, nod, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_nod_change =
QFS_KIND("nod_change", qfs_nod_change_record, nod_change_fields, 2, false);

static const qfs_field electorate_fields[] = {
	QFS_FIELD(qfs_electorate_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_electorate_record, total, QFS_FIELD_INT),
	QFS_FIELD(qfs_electorate_record, holders, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_electorate_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_electorate_record, voted, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_electorate_record, vote, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_electorate =
QFS_KIND("electorate", qfs_electorate_record, electorate_fields, 1, false);

static const qfs_field proposal_fields[] = {
	QFS_FIELD(qfs_proposal_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_proposal_record, proposer, QFS_FIELD_USER),
	QFS_FIELD(qfs_proposal_record, track, QFS_FIELD_NAME),
	QFS_FIELD(qfs_proposal_record, action, QFS_FIELD_HASH),
	QFS_FIELD(qfs_proposal_record, change, QFS_FIELD_JSON),
	QFS_FIELD(qfs_proposal_record, terms, QFS_FIELD_JSON),
	QFS_FIELD(qfs_proposal_record, base, QFS_FIELD_INT),
	QFS_FIELD(qfs_proposal_record, opens, QFS_FIELD_INT),
	QFS_FIELD(qfs_proposal_record, total, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_proposal =
QFS_KIND("proposal", qfs_proposal_record, proposal_fields, 1, false);

static const qfs_field tally_fields[] = {
	QFS_FIELD(qfs_tally_record, proposal, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, state, QFS_FIELD_NAME),
	QFS_FIELD(qfs_tally_record, ends, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, enacts, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, yes, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, no, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, abstain, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, veto, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, voters, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_tally_record, last, QFS_FIELD_INT),
	QFS_FIELD(qfs_tally_record, extensions, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_tally_record, tallied, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_tally_record, settled, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_tally_record, guard, QFS_FIELD_NAME),
};

const qfs_kind qfs_kind_tally =
QFS_KIND("tally", qfs_tally_record, tally_fields, 1, false);

static const qfs_field vote_fields[] = {
	QFS_FIELD(qfs_vote_record, proposal, QFS_FIELD_INT),
	QFS_FIELD(qfs_vote_record, user, QFS_FIELD_USER),
	QFS_FIELD(qfs_vote_record, choice, QFS_FIELD_NAME),
	QFS_FIELD(qfs_vote_record, power, QFS_FIELD_INT),
	QFS_FIELD(qfs_vote_record, seq, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_vote =
QFS_KIND("vote", qfs_vote_record, vote_fields, 2, false);

static const qfs_field policy_key_fields[] = {
	QFS_FIELD(qfs_policy_key_record, key, QFS_FIELD_NAME),
	QFS_FIELD(qfs_policy_key_record, seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_policy_key_record, epoch, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_policy_key =
QFS_KIND("policy_key", qfs_policy_key_record, policy_key_fields, 1, false);

static const qfs_field agenda_fields[] = {
	QFS_FIELD(qfs_agenda_record, number, QFS_FIELD_INT),
	QFS_FIELD(qfs_agenda_record, due, QFS_FIELD_INT),
	QFS_FIELD(qfs_agenda_record, last, QFS_FIELD_INT),
	QFS_FIELD(qfs_agenda_record, items, QFS_FIELD_JSON),
};

const qfs_kind qfs_kind_agenda =
QFS_KIND("agenda", qfs_agenda_record, agenda_fields, 1, true);
