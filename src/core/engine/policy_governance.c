/*
 * policy_governance.c - the object "governance" of a policy: who decides, and by which numbers.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/policy_governance.h"

#include "engine/policy_key.h"
#include "engine/policy_text.h"
#include "engine/policy_value.h"
#include "state/record_json.h"
#include "text/json.h"
#include "text/schema.h"

const char *const qfs_track_names[QFS_TRACKS + 1] = {
	[QFS_TRACK_CONSTITUTION] = "constitution",
	[QFS_TRACK_EMERGENCY] = "emergency",
	[QFS_TRACK_PARAMETER] = "parameter",
	[QFS_TRACK_TEXT] = "text",
	[QFS_TRACKS] = NULL
};

bool
qfs_track_find(const char *name, qfs_track *out)
{
	for (int n = 0; n < QFS_TRACKS; n++)
		if (strcmp(qfs_track_names[n], name) == 0)
		{
			*out = (qfs_track) n;
			return true;
		}
	return false;
}

/* ---- of a policy ---- */

static void
read_track(qfs_slice track, qfs_track_numbers *out)
{
	out->approval = qfs_policy_integer(track, "approval");
	out->majority = qfs_policy_integer(track, "majority");
	out->quorum = qfs_policy_integer(track, "quorum");
	out->review_blocks = qfs_policy_integer(track, "review_blocks");
	out->timelock_blocks = qfs_policy_integer(track, "timelock_blocks");
	out->voting_blocks = qfs_policy_integer(track, "voting_blocks");
}

/* One of the words that the schema has admitted. */
static qfs_governance_mode
read_mode(qfs_slice word)
{
	if (qfs_slice_equal(word, QFS_LITERAL("\"on\"")))
		return QFS_MODE_ON;
	return qfs_slice_equal(word, QFS_LITERAL("\"trial\"")) ? QFS_MODE_TRIAL : QFS_MODE_OFF;
}

qfs_status
qfs_governance_read(qfs_slice policy, qfs_governance *out, qfs_error *err)
{
	qfs_slice	object;
	qfs_slice	tracks;
	qfs_status	status;

	out->is_given = qfs_json_member(policy, "governance", &object);
	if (!out->is_given)
		object = qfs_slice_of(qfs_governance_default_text);
	status = qfs_schema_validate(qfs_slice_of(qfs_governance_schema_text), object, "policy.governance",
								 QFS_POLICY_INVALID, err);
	if (status != QFS_OK)
		return status;
	out->mode = read_mode(qfs_policy_member(object, "mode"));
	out->agenda = qfs_policy_integer(object, "agenda");
	out->cooldown_blocks = qfs_policy_integer(object, "cooldown_blocks");
	out->dormant_epochs = qfs_policy_integer(object, "dormant_epochs");
	out->grace_blocks = qfs_policy_integer(object, "grace_blocks");
	out->key_cooldown_epochs = qfs_policy_integer(object, "key_cooldown_epochs");
	out->late_blocks = qfs_policy_integer(object, "late_blocks");
	out->operator_keys = qfs_policy_member(object, "operator_keys");
	out->power_percent = qfs_policy_integer(object, "power_percent");
	out->threshold_percent = qfs_policy_integer(object, "threshold_percent");
	out->veto_percent = qfs_policy_integer(object, "veto_percent");
	tracks = qfs_policy_member(object, "tracks");
	for (size_t i = 0; i < QFS_TRACKS; i++)
		read_track(qfs_policy_member(tracks, qfs_track_names[i]), &out->tracks[i]);
	status = qfs_policy_read_amount(object, "deposit", QFS_POLICY_FLX_MAX, &out->deposit, err);
	if (status == QFS_OK)
		status = qfs_policy_check_list(out->operator_keys, "governance.operator_keys", "a key of the class parameter",
									   qfs_policy_keys_are_parameters, err);
	return status;
}

/* ---- of a proposal ---- */

/* In the order in which they are written. */
static const qfs_field terms_fields[] = {
	QFS_FIELD(qfs_terms, approval, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, deposit, QFS_FIELD_AMOUNT),
	QFS_FIELD(qfs_terms, grace_blocks, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, late_blocks, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, majority, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, power_percent, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, quorum, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, review_blocks, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, timelock_blocks, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, veto_percent, QFS_FIELD_INT),
	QFS_FIELD(qfs_terms, voting_blocks, QFS_FIELD_INT)
};

void
qfs_terms_write(qfs_json_writer *w, const qfs_terms *terms)
{
	qfs_json_open_object(w);
	for (size_t i = 0; i < QFS_ROWS(terms_fields); i++)
	{
		qfs_json_key(w, terms_fields[i].name);
		qfs_field_write(w, &terms_fields[i], terms);
	}
	qfs_json_close(w);
}

/* No number that a policy could not have: what is computed with them cannot overflow. */
#define PERCENT "{\"maximum\":100,\"minimum\":0,\"type\":\"integer\"}"
#define BLOCKS "{\"maximum\":100000,\"minimum\":0,\"type\":\"integer\"}"

static const char terms_schema[] =
	"{\"properties\":{"
	"\"approval\":" PERCENT ","
	"\"deposit\":{\"maxLength\":40,\"minLength\":1,\"type\":\"string\"},"
	"\"grace_blocks\":" BLOCKS ","
	"\"late_blocks\":" BLOCKS ","
	"\"majority\":" PERCENT ","
	"\"power_percent\":" PERCENT ","
	"\"quorum\":" PERCENT ","
	"\"review_blocks\":" BLOCKS ","
	"\"timelock_blocks\":" BLOCKS ","
	"\"veto_percent\":" PERCENT ","
	"\"voting_blocks\":" BLOCKS "},"
	"\"required\":[\"approval\",\"deposit\",\"grace_blocks\",\"late_blocks\",\"majority\",\"power_percent\",\"quorum\","
	"\"review_blocks\",\"timelock_blocks\",\"veto_percent\",\"voting_blocks\"],"
	"\"type\":\"object\"}";

/* Is it, byte for byte, what is written of these? */
static bool
is_written_so(qfs_slice value, const qfs_terms *terms)
{
	uint8_t		memory[512];
	qfs_json_writer w;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_json_begin(&w, &buf);
	qfs_terms_write(&w, terms);
	return qfs_json_end(&w, NULL) == QFS_OK && qfs_slice_equal(qfs_buf_slice(&buf), value);
}

bool
qfs_terms_read(qfs_slice value, qfs_terms *out)
{
	if (qfs_schema_validate(qfs_slice_of(terms_schema), value, "terms", QFS_PAYLOAD_INVALID, NULL) != QFS_OK)
		return false;
	for (size_t i = 0; i < QFS_ROWS(terms_fields); i++)
		if (!qfs_field_read(qfs_policy_member(value, terms_fields[i].name), &terms_fields[i], out))
			return false;
	return out->deposit <= QFS_POLICY_FLX_MAX && is_written_so(value, out);
}
