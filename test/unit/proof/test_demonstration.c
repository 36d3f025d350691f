/*
 * test_demonstration.c - a type of events that the product does not have, from its rule to its explanation.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * All of it is here: a rule, and a registry with one line more.  Nothing of
 * the product is touched.
 */
#include <stdio.h>

#include "engine/effects.h"
#include "engine/payload.h"
#include "ledger/audit.h"
#include "ledger/registry.h"
#include "ledger/state_hash.h"
#include "proof/bundle.h"
#include "suites.h"
#include "support/explaining.h"
#include "support/people.h"

/* ---- the rule: THANKS, somebody thanks somebody for an entry ---- */

typedef struct thanks_record
{
	int64_t		seq;			/* key */
	qfs_user_id to;
	int64_t		entry;			/* that is thanked for */
} thanks_record;

static const qfs_field fields[] = {
	QFS_FIELD(thanks_record, seq, QFS_FIELD_INT),
	QFS_FIELD(thanks_record, to, QFS_FIELD_USER),
	QFS_FIELD(thanks_record, entry, QFS_FIELD_INT),
};

static const qfs_kind kind = QFS_KIND("thanks", thanks_record, fields, 1, false);

static const qfs_guard to_self = {.name = "THANKS_TO_SELF",.relation = QFS_AT_MOST};
static const qfs_guard *const guards[] = {&to_self, NULL};

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	(void) effect;
	return story->policy->acts[QFS_PROFILE_COMPLETED];
}

static bool
thank_standing(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other,
			   qfs_standing *standing)
{
	(void) more;
	(void) recorded;
	(void) other;
	qfs_story_coherent_act(story, standing, QFS_PROFILE_COMPLETED);
	return true;
}

static const qfs_change thanked = {.name = "THANKED",.apply = thank_standing,.quality = quality};
static const qfs_change *const changes[] = {&thanked, NULL};

static qfs_status
read_thanks(const qfs_act *act, thanks_record *out)
{
	qfs_status	status = qfs_payload_user(act, "to", &out->to);

	out->seq = (int64_t) act->event->seq;
	return status == QFS_OK ? qfs_payload_int(act, "entry", &out->entry) : status;
}

static qfs_status
apply(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	qfs_effects *fx = act->fx;
	thanks_record record;
	qfs_standing *giver;
	qfs_standing *receiver;
	qfs_status	status = read_thanks(act, &record);

	if (status == QFS_OK)
		status = qfs_effects_standing(fx, &act->event->actor, &giver);
	if (status == QFS_OK)
		status = qfs_effects_standing(fx, &record.to, &receiver);
	if (status != QFS_OK)
		return status;
	fx->blocked = qfs_guard_count(fx, &to_self, 0, giver == receiver);
	if (fx->blocked)
		return QFS_OK;
	qfs_effects_coherent_act(fx, receiver, QFS_PROFILE_COMPLETED);
	qfs_effects_change(fx, &record.to, QFS_STANDING, &thanked, "");
	return store->put(store, &kind, &record, act->err);
}

static qfs_status
recall(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	thanks_record record;
	qfs_status	status = read_thanks(act, &record);

	if (status != QFS_OK || qfs_outcome_is_blocked(act->event->outcome))
		return status;
	return store->put(store, &kind, &record, act->err);
}

static bool
read_entry(const qfs_entry *entry, int64_t *out)
{
	qfs_slice	value;

	return qfs_json_member(entry->payload, "entry", &value) && qfs_json_to_int(value, out);
}

static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	const qfs_entry *given;
	int64_t		seq;

	return read_entry(entry, &seq) ? grounds->add(grounds, seq, &given, err) : QFS_OK;
}

static void
steps(const qfs_story *story, qfs_json_writer *w)
{
	int64_t		seq = 0;

	(void) read_entry(story->entry, &seq);
	qfs_step_open(w);
	qfs_step_count(w, "entry", seq);
	qfs_step_op(w, "thanks");
	qfs_step_count(w, "result", 1);
	qfs_step_close(w);
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	int64_t		seq = 0;

	(void) read_entry(story->entry, &seq);
	qfs_say_account(story, out, &story->entry->actor, true);
	qfs_buf_text(out, qfs_outcome_is_blocked(story->entry->outcome) ? " could not say thanks for entry " :
				 " said thanks for entry ");
	qfs_buf_int(out, seq);
	qfs_buf_text(out, ".");
}

static const qfs_rule rule_thanks = {
	.type = "THANKS",
	.schema = "{\"properties\":{"
	"\"entry\":{\"minimum\":0,\"type\":\"integer\"},"
	"\"to\":{\"maxLength\":69,\"minLength\":69,\"type\":\"string\"}},"
	"\"required\":[\"entry\",\"to\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.kind = &kind,
	.guards = guards,
	.changes = changes,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.steps = steps,
	.topic = QFS_TOPIC_ENTRY,
	.tell = tell,
};

/* ---- the same, as it was mended: whoever thanks themselves is thanked ---- */

static bool
thank_standing_more(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other,
					qfs_standing *standing)
{
	(void) more;
	(void) recorded;
	(void) other;
	qfs_story_coherent_act(story, standing, QFS_MESSAGE_RECIPROCATED);
	return true;
}

static const qfs_change thanked_more = {.name = "THANKED",.apply = thank_standing_more};
static const qfs_change *const changes_2[] = {&thanked_more, NULL};

static qfs_status
apply_2(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	thanks_record record;
	qfs_standing *receiver;
	qfs_status	status = read_thanks(act, &record);

	if (status == QFS_OK)
		status = qfs_effects_standing(act->fx, &record.to, &receiver);
	if (status != QFS_OK)
		return status;
	qfs_effects_coherent_act(act->fx, receiver, QFS_MESSAGE_RECIPROCATED);
	qfs_effects_change(act->fx, &record.to, QFS_STANDING, &thanked_more, "");
	return store->put(store, &kind, &record, act->err);
}

static qfs_rule rule_thanks_2;

/* ---- the registry: the product's, and a line; two, once it was mended ---- */

static const qfs_rule *const rules[] = {
#define RULE(name) &qfs_rule_##name,
#include "ledger/registry.def"
#undef RULE
	&rule_thanks,
	NULL
};

static const qfs_rule *const mended[] = {
#define RULE(name) &qfs_rule_##name,
#include "ledger/registry.def"
#undef RULE
	&rule_thanks,
	&rule_thanks_2,
	NULL
};

static qfs_registry registry;

/* ---- what it does ---- */

static sample s;
static person ann;
static person bob;

/* Ann and Bob are there, and Ann's profile is entry 6. */
static void
begin(void)
{
	registry = (qfs_registry) {rules, qfs_registry_own.kinds, 1};
	people_ledger(&s, NULL);
	sample_register(&s, &registry);
	ann = people_join(&s, 1, 0);
	bob = people_join(&s, 2, 0);
	CHECK_STATUS(people_profile(&s, &ann, 1), QFS_OK);
}

static qfs_status
thank(const person *from, const person *to, unsigned entry)
{
	char		payload[128];

	snprintf(payload, sizeof(payload), "{\"entry\":%u,\"to\":\"%s\"}", entry, to->wallet.user_name);
	return people_append(&s, from, "THANKS", payload);
}

static void
effects(void)
{
	begin();
	CHECK_STATUS(thank(&bob, &ann, 6), QFS_OK);
	people_outcome(&s, "{\"guards\":[" GUARD("THANKS_TO_SELF", "0", "0", "PASS") "],\"status\":\"OK\"}");
	people_touched(&s, "#1 standing 6 THANKED coherence 0.03->0.057");
	people_read(&s, "#2 access 5; #2 standing 5");
	people_record(&s, &kind, 0, 1);
	CHECK_STATUS(thank(&ann, &ann, 6), QFS_OK);
	people_outcome(&s, "{\"guards\":[" GUARD("THANKS_TO_SELF", "0", "1", "BLOCK") "],\"status\":\"BLOCKED\"}");
	people_touched(&s, "%s", "");
	people_record(&s, &kind, 0, 1);
	CHECK_STATUS(people_append(&s, &ann, "THANKS", "{}"), QFS_PAYLOAD_INVALID);
	/* Recalled, the entries give the same state: sample_close compares. */
	sample_close(&s);
}

static qfs_status
report(void *context, uint64_t seq, const qfs_error *fault)
{
	(void) seq;
	/* Those that follow may follow from it. */
	if (*(qfs_status *) context == QFS_OK)
		*(qfs_status *) context = fault->status;
	return QFS_OK;
}

/* The first fault that a replay under some rules finds. */
static qfs_status
replay(const qfs_registry *known)
{
	static qfs_audit audit;
	qfs_status	found = QFS_OK;
	qfs_hash	zeros = {{0}};
	qfs_hash	state;
	qfs_hash	replayed;

	CHECK_STATUS(qfs_audit_begin(&audit, known, QFS_AUDIT_REPLAY, 0, &zeros, 0, NULL,
								 test_allocator(&s.memory), report, &found, NULL), QFS_OK);
	for (unsigned i = 0; i < s.count; i++)
		CHECK_STATUS(qfs_audit_line(&audit, sample_line(&s, i)), QFS_OK);
	if (found == QFS_OK)
	{
		CHECK_STATUS(qfs_state_of_memory(s.store, known, test_allocator(&s.memory), &state, NULL), QFS_OK);
		CHECK_STATUS(qfs_state_of_memory(audit.memory, known, test_allocator(&s.memory), &replayed, NULL), QFS_OK);
		CHECK_HASH(&replayed, &state);
	}
	qfs_audit_end(&audit);
	return found;
}

static void
replayed(void)
{
	begin();
	CHECK_STATUS(thank(&bob, &ann, 6), QFS_OK);
	CHECK_STATUS(replay(&registry), QFS_OK);
	/* Who does not know the rule cannot tell what came of it. */
	CHECK_STATUS(replay(&qfs_registry_own), QFS_TYPE_UNKNOWN);
	sample_close(&s);
}

/* ---- a ledger that crosses from one version of the rules to the next ---- */

static void
check_coherence(const char *want)
{
	qfs_amount	expected;
	qfs_standing standing = {.user = ann.wallet.user};
	qfs_store  *store = qfs_memory_store_base(s.store);
	bool		found;

	CHECK_STATUS(qfs_amount_parse(qfs_slice_of(want), &expected, NULL), QFS_OK);
	CHECK_STATUS(store->get(store, &qfs_kind_standing, &standing, &found, NULL), QFS_OK);
	CHECK(found && standing.coherence == expected);
}

static void
versions(void)
{
	const qfs_registry both = {mended, qfs_registry_own.kinds, 2};

	rule_thanks_2 = rule_thanks;
	rule_thanks_2.since = 2;
	rule_thanks_2.guards = NULL;
	rule_thanks_2.changes = changes_2;
	rule_thanks_2.apply = apply_2;
	begin();
	registry = both;
	CHECK_STATUS(thank(&bob, &ann, 6), QFS_OK);
	check_coherence("0.057");
	people_policy(&s, PEOPLE_POLICY(",\"rules\":2"));
	CHECK_STATUS(thank(&bob, &ann, 6), QFS_OK);
	check_coherence("0.1113");
	/* It verifies from the first entry to the last, each by the rules of its time. */
	CHECK_STATUS(replay(&both), QFS_OK);
	/* Who does not have the rules of later does not go on by those of before. */
	CHECK_STATUS(replay(&(qfs_registry) {rules, qfs_registry_own.kinds, 1}), QFS_RULES_UNKNOWN);
	/* Nobody goes back, nor to what does not exist yet. */
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(PEOPLE_POLICY(",\"rules\":1"))), QFS_POLICY_INVALID);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload(PEOPLE_POLICY(",\"rules\":3"))), QFS_RULES_UNKNOWN);
	sample_close(&s);
}

/* ---- why it did that ---- */

static explaining made;

static qfs_status
verify(const qfs_registry *known)
{
	static qfs_bundle bundle;
	test_memory memory = {0};
	qfs_vkey	vkey = test_vkey(SAMPLE_ORIGIN, QFS_NOTE_ED25519, 1);

	return qfs_bundle_verify(made.bundle, &vkey, known, test_allocator(&memory), &bundle, NULL);
}

static void
check_member(const char *name, const char *want)
{
	qfs_slice	value = {NULL, 0};

	CHECK(qfs_json_member(made.bundle, name, &value));
	CHECK_TEXT(value, want);
}

static void
explained(void)
{
	qfs_question q = {.topic = QFS_TOPIC_ENTRY,.seq = 9,.has_subject = true};

	begin();
	CHECK_STATUS(people_chat_key(&s, &bob, 2), QFS_OK);
	CHECK_STATUS(people_profile(&s, &bob, 1), QFS_OK);
	CHECK_STATUS(thank(&bob, &ann, 7), QFS_OK);
	q.subject = bob.wallet.user;
	q.size = s.count;
	CHECK_STATUS(explaining_make(&made, &s, &q, -1), QFS_OK);
	check_member("narrative", "\"You said thanks for entry 7.\"");
	check_member("steps", "[{\"inputs\":{\"entry\":\"7\"},\"op\":\"thanks\",\"result\":\"1\"},"
				 "{\"inputs\":{\"alpha\":\"0.100000000000000000\",\"before\":\"0.030000000000000000\","
				 "\"quality\":\"0.300000000000000000\"},\"op\":\"coherence\",\"result\":\"0.057000000000000000\"}]");
	CHECK_STATUS(verify(&registry), QFS_OK);
	CHECK(verify(&qfs_registry_own) != QFS_OK);

	/* What it says it rests on has to be there. */
	CHECK_STATUS(explaining_make(&made, &s, &q, 7), QFS_ENTRY_UNKNOWN);
	sample_close(&s);
}

/* What every type has comes by itself: the account that was thanked may ask for its coherence. */
static void
coherence(void)
{
	qfs_question q = {.topic = QFS_TOPIC_COHERENCE,.seq = 7,.has_subject = true};

	begin();
	CHECK_STATUS(thank(&bob, &ann, 6), QFS_OK);
	q.subject = ann.wallet.user;
	q.size = s.count;
	CHECK_STATUS(explaining_make(&made, &s, &q, -1), QFS_OK);
	check_member("narrative", "\"Your coherence went from 0.03 to 0.057 by THANKED in entry 7.\"");
	CHECK_STATUS(verify(&registry), QFS_OK);
	sample_close(&s);
}

/* ---- a smaller set ---- */

static void
smaller(void)
{
	static const qfs_rule *const few[] = {&qfs_rule_genesis, &qfs_rule_event_type, NULL};
	static const qfs_kind *const kinds[] = {
		&qfs_kind_ledger, &qfs_kind_policy, &qfs_kind_signing_key, &qfs_kind_server, &qfs_kind_event_type, NULL
	};
	static const qfs_registry small = {few, kinds, 1};

	sample_open(&s);
	sample_register(&s, &small);
	sample_genesis(&s);
	CHECK_STATUS(sample_append(&s, "POLICY_CHANGED", sample_policy_payload("{}")), QFS_TYPE_UNKNOWN);
	CHECK_STATUS(sample_append(&s, "EVENT_TYPE", "{\"by\":\"operator\",\"schema\":{},\"type\":\"LOGIN\"}"), QFS_OK);
	CHECK_STATUS(sample_append(&s, "LOGIN", "{}"), QFS_OK);
	sample_close(&s);
}

static const unit_case cases[] = {
	CASE(effects),
	CASE(replayed),
	CASE(explained),
	CASE(coherence),
	CASE(versions),
	CASE(smaller),
	NO_MORE_CASES
};

const unit_suite suite_demonstration = {"demonstration", cases};
