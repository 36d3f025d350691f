/*
 * story.h - an entry as it is explained: the steps of its computation, and a sentence.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Both are written from the entry, the policy in force and the entries that
 * its outcome rests on, so whoever has these writes the same.
 */
#ifndef QFS_STORY_H
#define QFS_STORY_H

#include "engine/outcome.h"
#include "engine/policy.h"
#include "identity/auth_value.h"
#include "log/entry.h"

/* What may be asked of an entry. */
typedef enum qfs_topic
{
	QFS_TOPIC_ENTRY,
	QFS_TOPIC_REWARD,
	QFS_TOPIC_COHERENCE,
	QFS_TOPIC_SESSION,
	QFS_TOPIC_MESSAGE,
	QFS_TOPIC_STATEMENT,
	QFS_TOPICS
} qfs_topic;

/* An entry, and whom it is explained to. */
typedef struct qfs_story
{
	const qfs_entry *entry;
	const qfs_effect *effects;	/* what executing it did to standings, one after the other */
	unsigned	effect_count;
	const qfs_policy *policy;	/* in force at the entry */
	bool		has_subject;
	qfs_user_id subject;

	/* The entry of this number, if the explanation shows its act, payload and outcome, or NULL. */
	const qfs_entry *(*find) (const void *context, int64_t seq);
	const void *context;
} qfs_story;

/* An entry that the one in question rests on; NULL: it is not shown. */
extern const qfs_entry *qfs_story_entry(const qfs_story *story, int64_t seq);

extern bool qfs_story_is_subject(const qfs_story *story, const qfs_user_id *user);

/* A coherent act, with the quality that the policy gives it. */
extern void qfs_story_coherent_act(const qfs_story *story, qfs_standing *standing, qfs_coherent_act act);

/* ---- the sentence ---- */

/* An account by the beginning of its id; "you", if it is explained to it.  begins: the sentence */
extern void qfs_say_account(const qfs_story *story, qfs_buf *out, const qfs_user_id *user, bool begins);

/* Whose word the entry is, as far as it is shown: a signature that is not shown is none.  False: its act is not shown. */
extern bool qfs_story_auth(const qfs_entry *entry, qfs_auth *out);

/* The same in a word, as qfs_auth_word has it; NULL: its act is not shown. */
extern const char *qfs_story_word(const qfs_entry *entry);

/* Whose word the entry is, as the end of a sentence: ", signed by …". */
extern void qfs_say_word(const qfs_story *story, qfs_buf *out);

/* An amount without the zeros at its end. */
extern void qfs_say_amount(qfs_buf *out, qfs_amount a);

/* The guards that blocked, with what they observed. */
extern void qfs_say_guards(const qfs_story *story, qfs_buf *out);

/* ---- the steps: {"inputs":{…},"op":…,"result":…} ---- */

/* Opens a step and its inputs, whose values are texts, counts too. */
extern void qfs_step_open(qfs_json_writer *w);
extern void qfs_step_amount(qfs_json_writer *w, const char *name, qfs_amount a);
extern void qfs_step_count(qfs_json_writer *w, const char *name, int64_t n);
extern void qfs_step_text(qfs_json_writer *w, const char *name, qfs_slice text);

/* Closes the inputs; the result follows. */
extern void qfs_step_op(qfs_json_writer *w, const char *op);
extern void qfs_step_close(qfs_json_writer *w);

#endif
