/*
 * message.c - MESSAGE: that somebody wrote to somebody, and a commitment to what.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Neither plaintext nor ciphertext is on the ledger.
 */
#include "base/status.h"
#include "engine/payload.h"
#include "engine/rate.h"
#include "rules/social/message_hash.h"
#include "rules/social/settlement.h"
#include "rules/social/thread.h"

static const qfs_field thread_fields[] = {
	QFS_FIELD(qfs_thread_record, thread, QFS_FIELD_HASH),
	QFS_FIELD(qfs_thread_record, first, QFS_FIELD_USER),
	QFS_FIELD(qfs_thread_record, second, QFS_FIELD_USER),
	QFS_FIELD(qfs_thread_record, first_seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_thread_record, second_seq, QFS_FIELD_INT),
	QFS_FIELD(qfs_thread_record, by_first, QFS_FIELD_BOOL),
	QFS_FIELD(qfs_thread_record, last_entry, QFS_FIELD_INT),
	QFS_OPTIONAL(qfs_thread_record, answered, QFS_FIELD_INT),
};

const qfs_kind qfs_kind_thread = QFS_KIND("thread", qfs_thread_record, thread_fields, 1, false);

static qfs_amount
quality(const qfs_story *story, const qfs_effect *effect)
{
	(void) effect;
	return story->policy->acts[QFS_MESSAGE_RECIPROCATED];
}

static const qfs_change first_sent = {.name = "MESSAGE_FIRST_SENT"};
static const qfs_change first_received = {.name = "MESSAGE_FIRST_RECEIVED"};
static bool
answer(const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other, qfs_standing *standing)
{
	(void) more;
	(void) recorded;
	(void) other;
	qfs_story_coherent_act(story, standing, QFS_MESSAGE_RECIPROCATED);
	return true;
}

static const char *const reciprocated_reads[] = {"coherence.acts.MESSAGE_RECIPROCATED", "coherence.alpha", NULL};
static const qfs_change reciprocated = {.name = "MESSAGE_RECIPROCATED",.apply = answer,.quality = quality,
	.reads = reciprocated_reads,.moves = QFS_MOVES(QFS_ASSET_COHERENCE)};

static const qfs_change *const changes[] = {
	&first_sent, &first_received, &reciprocated, QFS_SETTLEMENT_CHANGES, NULL
};
static const qfs_guard *const guards[] = {QFS_SETTLEMENT_GUARDS, NULL};

/* A message on its way. */
typedef struct message
{
	qfs_user_id recipient;
	int64_t		seq;
	bool		by_first;
	bool		is_new;			/* the thread's first message */
	int64_t		previous;		/* entry of the thread's last message */
	bool		answers;		/* the peer's last message, first in this epoch */
	qfs_thread_record thread;		/* with this message */
	qfs_rate_record sent;		/* messages of this minute */
	qfs_rate_record begun;		/* threads of this day, if this is a new one */
} message;

/* ---- checks ---- */

static qfs_status
read_payload(qfs_act *act, message *m)
{
	qfs_slice	payload = act->event->payload;
	const qfs_user_id *sender = &act->event->actor;
	qfs_hash	given;
	qfs_hash	hash;
	qfs_status	status = qfs_payload_user(act, "recipient", &m->recipient);

	if (status == QFS_OK && memcmp(&m->recipient, sender, sizeof(*sender)) == 0)
		return qfs_fail(act->err, QFS_MESSAGE_SELF, "");
	if (status == QFS_OK)
		status = qfs_payload_int(act, "seq", &m->seq);
	if (status == QFS_OK)
		status = qfs_payload_hash(act, "hash", &hash);
	if (status != QFS_OK)
		return status;
	qfs_thread_name(sender, &m->recipient, &m->thread.thread);
	if (!qfs_json_member_hex(payload, "thread", given.bytes, QFS_HASH_LEN) ||
		memcmp(&given, &m->thread.thread, sizeof(given)) != 0)
		return qfs_fail(act->err, QFS_MESSAGE_THREAD, "it is %h", m->thread.thread.bytes);
	return QFS_OK;
}

/* Errors: ACCOUNT_UNKNOWN, CHAT_KEY_UNKNOWN. */
static qfs_status
check_key(qfs_act *act, const qfs_user_id *user, const char *side)
{
	qfs_standing *standing;
	qfs_status	status = qfs_effects_standing(act->fx, user, &standing);

	if (status == QFS_OK && !standing->has_chat_key)
		return qfs_fail(act->err, QFS_CHAT_KEY_UNKNOWN, "the %s has none", side);
	return status;
}

static void
begin_thread(const qfs_act *act, message *m)
{
	bool		in_order = m->by_first;

	m->thread.first = in_order ? act->event->actor : m->recipient;
	m->thread.second = in_order ? m->recipient : act->event->actor;
}

/* Finds the thread and takes the next number in it.  Errors: MESSAGE_ORDER. */
static qfs_status
enter_thread(qfs_act *act, message *m)
{
	qfs_store  *store = act->reducer->store;
	qfs_thread_record *t = &m->thread;
	int64_t		epoch = qfs_epoch_at(act->reducer, act->event->at);
	int64_t    *last;
	bool		found;
	qfs_status	status = store->get(store, &qfs_kind_thread, t, &found, act->err);

	if (status != QFS_OK)
		return status;
	m->by_first = memcmp(&act->event->actor, &m->recipient, sizeof(m->recipient)) < 0;
	m->is_new = !found;
	if (m->is_new)
		begin_thread(act, m);
	last = m->by_first ? &t->first_seq : &t->second_seq;
	if (m->seq != *last + 1)
		return qfs_fail(act->err, QFS_MESSAGE_ORDER, "it is %i, number %i is next", m->seq, *last + 1);

	m->previous = t->last_entry;
	m->answers = found && t->by_first != m->by_first && !(t->has_answered && t->answered == epoch);
	if (m->answers)
	{
		t->has_answered = true;
		t->answered = epoch;
	}
	*last = m->seq;
	t->by_first = m->by_first;
	t->last_entry = (int64_t) act->event->seq;
	return QFS_OK;
}

static qfs_status
check_rates(qfs_act *act, message *m)
{
	const qfs_policy *policy = &act->reducer->policy;
	const qfs_entry *event = act->event;
	qfs_status	status = qfs_rate_check(act->reducer, &event->actor, QFS_RATE_MESSAGES, event->at,
										QFS_MINUTE_MS, policy->messages_per_minute, &m->sent, act->err);

	if (status == QFS_OK && m->is_new)
		status = qfs_rate_check(act->reducer, &event->actor, QFS_RATE_THREADS, event->at,
								QFS_DAY_MS, policy->threads_per_day, &m->begun, act->err);
	return status;
}

/* ---- effects ---- */

static qfs_status
store_message(qfs_act *act, const message *m)
{
	qfs_reducer *r = act->reducer;
	qfs_status	status = r->store->put(r->store, &qfs_kind_thread, &m->thread, act->err);

	if (status == QFS_OK)
		status = qfs_rate_count(r, &m->sent, act->err);
	if (status == QFS_OK && m->is_new)
		status = qfs_rate_count(r, &m->begun, act->err);
	return status;
}

/* What a referral waits for. */
static qfs_status
note_first(qfs_act *act, const qfs_user_id *user, bool sent)
{
	qfs_ties   *ties;
	qfs_status	status = qfs_effects_ties(act->fx, user, &ties);
	bool	   *done;

	if (status != QFS_OK)
		return status;
	done = sent ? &ties->sent : &ties->received;
	if (*done)
		return QFS_OK;
	*done = true;
	qfs_effects_change(act->fx, user, QFS_TIES, sent ? &first_sent : &first_received, "");
	return QFS_OK;
}

static qfs_status
reward_answer(qfs_act *act)
{
	const qfs_user_id *sender = &act->event->actor;
	qfs_standing *standing;
	qfs_status	status = qfs_effects_standing(act->fx, sender, &standing);

	if (status != QFS_OK)
		return status;
	qfs_effects_coherent_act(act->fx, standing, QFS_MESSAGE_RECIPROCATED);
	qfs_effects_change(act->fx, sender, QFS_STANDING, &reciprocated, "");
	return QFS_OK;
}

/* The thread after this message, so that the next one rests on this entry alone. */
static void
write_thread(qfs_json_writer *w, const message *m)
{
	qfs_json_key(w, "thread");
	qfs_json_open_object(w);
	qfs_json_key(w, "answered");
	qfs_previous_write(w, m->thread.has_answered ? m->thread.answered : -1);
	qfs_json_key(w, "messages");
	qfs_json_open_array(w);
	qfs_json_put_int(w, m->thread.first_seq);
	qfs_json_put_int(w, m->thread.second_seq);
	qfs_json_close(w);
	qfs_json_key(w, "previous");
	qfs_previous_write(w, m->is_new ? -1 : m->previous);
	qfs_json_close(w);
}

/* What it does to both, the referrals that waited for it included. */
static qfs_status
affect(qfs_act *act, const message *m)
{
	const qfs_user_id *sender = &act->event->actor;
	qfs_status	status = QFS_OK;

	/* Only the first in a thread can be the first of all. */
	if (m->seq == 1)
		status = note_first(act, sender, true);
	if (status == QFS_OK && m->seq == 1)
		status = note_first(act, &m->recipient, false);
	if (status == QFS_OK && m->answers)
		status = reward_answer(act);
	if (status == QFS_OK)
		status = qfs_referral_settle(act->fx, sender);
	return status == QFS_OK ? qfs_referral_settle(act->fx, &m->recipient) : status;
}

static qfs_status
apply(qfs_act *act)
{
	message		m = {0};
	qfs_status	status = read_payload(act, &m);

	if (status == QFS_OK)
		status = check_key(act, &act->event->actor, "sender");
	if (status == QFS_OK)
		status = check_key(act, &m.recipient, "recipient");
	if (status == QFS_OK)
		status = enter_thread(act, &m);
	if (status == QFS_OK)
		status = check_rates(act, &m);
	if (status == QFS_OK)
		status = affect(act, &m);
	if (status == QFS_OK)
		status = store_message(act, &m);
	if (status == QFS_OK)
		write_thread(act->result, &m);
	return status;
}

/* ---- recorded messages ---- */

static bool
recall_thread(const qfs_act *act, message *m)
{
	qfs_thread_record *t = &m->thread;
	qfs_json_iter numbers;
	qfs_slice	thread;
	qfs_slice	value;
	qfs_slice	key;
	qfs_slice	first;
	qfs_slice	second;

	if (!qfs_json_member(qfs_result_of(act->event->outcome), "thread", &thread) ||
		!qfs_json_member(thread, "messages", &value))
		return false;
	numbers = qfs_json_members(value);
	if (!qfs_json_next(&numbers, &key, &first) || !qfs_json_to_int(first, &t->first_seq) ||
		!qfs_json_next(&numbers, &key, &second) || !qfs_json_to_int(second, &t->second_seq))
		return false;
	if (!qfs_json_member(thread, "answered", &value))
		return false;
	t->has_answered = qfs_json_type_of(value) != QFS_JSON_NULL;
	if (t->has_answered && !qfs_json_to_int(value, &t->answered))
		return false;
	if (!qfs_json_member(thread, "previous", &value))
		return false;
	m->is_new = qfs_json_type_of(value) == QFS_JSON_NULL;
	m->by_first = memcmp(&act->event->actor, &m->recipient, sizeof(m->recipient)) < 0;
	begin_thread(act, m);
	t->by_first = m->by_first;
	t->last_entry = (int64_t) act->event->seq;
	return true;
}

static qfs_status
recall_rates(qfs_act *act, const message *m)
{
	const qfs_entry *event = act->event;
	qfs_status	status = qfs_rate_recall(act->reducer, &event->actor, QFS_RATE_MESSAGES, event->at,
										 QFS_MINUTE_MS, act->err);

	if (status == QFS_OK && m->is_new)
		status = qfs_rate_recall(act->reducer, &event->actor, QFS_RATE_THREADS, event->at,
								 QFS_DAY_MS, act->err);
	return status;
}

static qfs_status
recall(qfs_act *act)
{
	qfs_store  *store = act->reducer->store;
	message		m;
	qfs_status	status;

	memset(&m, 0, sizeof(m));
	status = read_payload(act, &m);
	if (status == QFS_OK && !recall_thread(act, &m))
		return qfs_fail(act->err, QFS_OUTCOME_MISMATCH, "entry %u says nothing of its thread",
						act->event->seq);
	if (status == QFS_OK)
		status = store->put(store, &qfs_kind_thread, &m.thread, act->err);
	if (status == QFS_OK)
		status = recall_rates(act, &m);
	return status;
}

/* ---- its explanation ---- */

/* The message before in the thread: its outcome tells all of the thread. */
static qfs_status
rests(const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err)
{
	qfs_slice	thread = qfs_json_member_or(qfs_result_of(entry->outcome), "thread", QFS_LITERAL("{}"));

	return qfs_grounds_add_named(grounds, thread, "previous", err);
}

static void
say_count(const qfs_entry *entry, const char *name, qfs_buf *out)
{
	qfs_slice	value;
	int64_t		n;

	if (qfs_json_member(entry->payload, name, &value) && qfs_json_to_int(value, &n))
		qfs_buf_int(out, n);
}

static void
tell(const qfs_story *story, qfs_buf *out)
{
	const qfs_entry *entry = story->entry;
	qfs_user_id recipient;
	qfs_slice	value;

	memset(&recipient, 0, sizeof(recipient));
	qfs_say_account(story, out, &entry->actor, true);
	qfs_buf_text(out, " sent message ");
	say_count(entry, "seq", out);
	qfs_buf_text(out, " to ");
	(void) qfs_json_member_user(entry->payload, "recipient", &recipient);
	qfs_say_account(story, out, &recipient, false);
	qfs_buf_text(out, ": ");
	say_count(entry, "size", out);
	qfs_buf_text(out, " bytes with the commitment ");
	if (qfs_json_member(entry->payload, "hash", &value) && qfs_json_to_plain(value, &value))
		qfs_buf_slice_add(out, value);
	qfs_say_word(story, out);
	qfs_buf_text(out, ".");
}

static const char *const reads[] = {"limits.messages_per_minute", "limits.threads_per_day", NULL};

const qfs_rule qfs_rule_message = {
	.type = "MESSAGE",
	.schema = "{\"properties\":{"
	"\"alg\":{\"const\":\"" QFS_MESSAGE_ALG "\"},"
	"\"hash\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"},"
	"\"recipient\":{\"maxLength\":69,\"minLength\":69,\"type\":\"string\"},"
	"\"seq\":{\"maximum\":9007199254740991,\"minimum\":1,\"type\":\"integer\"},"
	"\"size\":{\"maximum\":65536,\"minimum\":17,\"type\":\"integer\"},"
	"\"thread\":{\"maxLength\":64,\"minLength\":64,\"type\":\"string\"}},"
	"\"required\":[\"alg\",\"hash\",\"recipient\",\"seq\",\"size\",\"thread\"],\"type\":\"object\"}",
	.via = QFS_VIA_SESSION,
	.kind = &qfs_kind_thread,
	.guards = guards,
	.changes = changes,
	.apply = apply,
	.recall = recall,
	.rests = rests,
	.topic = QFS_TOPIC_MESSAGE,
	.tell = tell,
	.party_member = "recipient",
	.off_ledger = true,
	.reads = reads,
};
