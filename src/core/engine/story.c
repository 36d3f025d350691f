/*
 * story.c - an entry as it is explained: the steps of its computation, and a sentence.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "engine/story.h"

#include "engine/coherence.h"
#include "identity/auth_value.h"

const qfs_entry *
qfs_story_entry(const qfs_story *story, int64_t seq)
{
	return story->find != NULL && seq >= 0 ? story->find(story->context, seq) : NULL;
}

bool
qfs_story_is_subject(const qfs_story *story, const qfs_user_id *user)
{
	return story->has_subject && memcmp(user, &story->subject, sizeof(*user)) == 0;
}

void
qfs_story_coherent_act(const qfs_story *story, qfs_standing *standing, qfs_coherent_act act)
{
	standing->coherence = qfs_coherence_step(standing->coherence, story->policy->acts[act], story->policy->alpha);
}

/* ---- the sentence ---- */

void
qfs_say_account(const qfs_story *story, qfs_buf *out, const qfs_user_id *user, bool begins)
{
	if (qfs_story_is_subject(story, user))
	{
		qfs_buf_text(out, begins ? "You" : "you");
		return;
	}
	qfs_buf_text(out, "user_");
	qfs_buf_hex(out, user->bytes, 4);
	qfs_buf_text(out, "…");
}

bool
qfs_story_auth(const qfs_entry *entry, qfs_auth *out)
{
	if (!entry->parts[QFS_PART_ACT].shown || qfs_auth_read(entry->auth, out, NULL) != QFS_OK)
		return false;
	/* Of an entry whose payload was erased nobody sees who signed it. */
	out->is_signed &= entry->parts[QFS_PART_SIG].shown;
	return true;
}

/* Of a sign-in that was erased nobody sees that a wallet signed it. */
static bool
lacks_wallet(const qfs_entry *entry, const qfs_auth *auth)
{
	return auth->via == QFS_VIA_WALLET && !entry->parts[QFS_PART_SIG].shown;
}

const char *
qfs_story_word(const qfs_entry *entry)
{
	qfs_auth	auth;

	if (!qfs_story_auth(entry, &auth))
		return NULL;
	return lacks_wallet(entry, &auth) ? "server" : qfs_auth_word(&auth);
}

void
qfs_say_word(const qfs_story *story, qfs_buf *out)
{
	qfs_auth	auth;

	/* Nothing is said of what says nothing; no entry that was appended does. */
	if (!qfs_story_auth(story->entry, &auth))
		return;
	switch (auth.via)
	{
		case QFS_VIA_WALLET:
			qfs_buf_text(out, lacks_wallet(story->entry, &auth) ?
						 ", on the server's word that the wallet signed what was erased" : ", signed by the wallet");
			break;
		case QFS_VIA_SESSION:
			qfs_buf_text(out, auth.is_signed ? ", signed by the session's device" :
						 ", on the server's word that the session asked for it");
			break;
		case QFS_VIA_LEDGER:
			qfs_buf_text(out, ", as the rules of the ledger demand");
			break;
		case QFS_VIA_OPERATOR:
			qfs_buf_text(out, ", on the word of an operator of the database");
			break;
	}
}

void
qfs_say_amount(qfs_buf *out, qfs_amount a)
{
	uint8_t		text[QFS_AMOUNT_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_amount_write(&buf, a);
	while (buf.len > 0 && text[buf.len - 1] == '0')
		buf.len--;
	if (buf.len > 0 && text[buf.len - 1] == '.')
		buf.len--;
	qfs_buf_slice_add(out, qfs_buf_slice(&buf));
}

void
qfs_say_guards(const qfs_story *story, qfs_buf *out)
{
	qfs_json_iter iter = qfs_guards_of(story->entry->outcome);
	const char *semicolon = "";
	qfs_slice	guard;
	qfs_slice	name;
	qfs_slice	value;

	while (qfs_guard_next_block(&iter, &guard, &name))
	{
		qfs_buf_text(out, semicolon);
		semicolon = "; ";
		qfs_buf_slice_add(out, name);
		qfs_buf_text(out, " (bound ");
		if (qfs_json_member(guard, "bound", &value))
			qfs_buf_slice_add(out, value);
		qfs_buf_text(out, ", observed ");
		if (qfs_json_member(guard, "observed", &value))
			qfs_buf_slice_add(out, value);
		qfs_buf_text(out, ")");
	}
}

/* ---- the steps ---- */

void
qfs_step_open(qfs_json_writer *w)
{
	qfs_json_open_object(w);
	qfs_json_key(w, "inputs");
	qfs_json_open_object(w);
}

void
qfs_step_amount(qfs_json_writer *w, const char *name, qfs_amount a)
{
	qfs_json_key(w, name);
	qfs_json_put_amount(w, a);
}

void
qfs_step_count(qfs_json_writer *w, const char *name, int64_t n)
{
	uint8_t		digits[24];
	qfs_buf		buf;

	qfs_buf_init(&buf, digits, sizeof(digits));
	qfs_buf_int(&buf, n);
	qfs_step_text(w, name, qfs_buf_slice(&buf));
}

void
qfs_step_text(qfs_json_writer *w, const char *name, qfs_slice text)
{
	qfs_json_key(w, name);
	qfs_json_put_text(w, text);
}

void
qfs_step_op(qfs_json_writer *w, const char *op)
{
	qfs_json_close(w);
	qfs_json_key(w, "op");
	qfs_json_put_text(w, qfs_slice_of(op));
}

void
qfs_step_close(qfs_json_writer *w)
{
	qfs_json_close(w);
}
