/*
 * rule.h - what a rule is: all that the code knows of a type of events.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * A rule says who may append its type, what the payload looks like, what comes
 * of it, and how it explains itself.  Nothing else knows the type by its name:
 * a new one is a rule file and a line of the registry.
 */
#ifndef QFS_RULE_H
#define QFS_RULE_H

#include "engine/reducer.h"
#include "engine/story.h"
#include "identity/auth_value.h"
#include "text/json.h"

typedef struct qfs_rule qfs_rule;

/* One event on its way through its rule. */
typedef struct qfs_act
{
	qfs_reducer *reducer;
	const qfs_rule *rule;		/* NULL: an application's own type */
	const qfs_entry *event;
	qfs_auth	auth;			/* as the event carries it, checked */
	qfs_session_record session; /* via session: the one that authorized it */
	qfs_json_writer *outcome;	/* inside the outcome's object */
	qfs_error  *err;
} qfs_act;

/* ---- guards ---- */

/* What is observed has to be … the bound, or the guard blocks. */
typedef enum qfs_relation
{
	QFS_AT_MOST,
	QFS_BELOW
} qfs_relation;

typedef struct qfs_guard
{
	const char *name;
	qfs_relation relation;
	bool		is_amount;		/* bound and observed are amounts, else counts */
} qfs_guard;

/* ---- changes of accounts ---- */

/* A way in which a rule changes an account; its effects are called so. */
typedef struct qfs_change
{
	const char *name;
	bool		is_prefix;		/* something that the rule adds follows the name */
	bool		creates;		/* the account begins with it */
	qfs_topic	topic;			/* that asks for it, if it is one of its own */

	/* Quality of the act behind a change of coherence; NULL: it changes none. */
	qfs_amount	(*quality) (const qfs_story *story, const qfs_effect *effect);

	/* Steps of its own, before those that every effect has; or NULL. */
	void		(*steps) (const qfs_effect *effect, qfs_json_writer *w);

	/* The sentence that answers its topic; or NULL. */
	void		(*tell) (const qfs_story *story, qfs_buf *out);
} qfs_change;

/* ---- what an explanation rests on ---- */

/* What an entry puts in force, from the next one on: a set. */
typedef enum qfs_enacts
{
	QFS_ENACTS_LEDGER = 1,		/* it is the first */
	QFS_ENACTS_POLICY = 2,
	QFS_ENACTS_KEYS = 4,
	QFS_ENACTS_TYPE = 8			/* a type of the application's */
} qfs_enacts;

/* What an entry does to the session that its outcome names. */
typedef enum qfs_opens
{
	QFS_OPENS_NOTHING,
	QFS_OPENS_SESSION,			/* it signs in */
	QFS_RENEWS_SESSION			/* the session follows one that it ends */
} qfs_opens;

/* How far the entries that touched an account are followed back. */
typedef enum qfs_reach
{
	QFS_REACH_CREATION,			/* to the account's first */
	QFS_REACH_SESSION,			/* to the sign-in behind the sessions in question */
	QFS_REACH_ONE				/* the last one alone */
} qfs_reach;

typedef enum qfs_form
{
	QFS_FORM_TEXT,
	QFS_FORM_HEX,
	QFS_FORM_BASE64URL
} qfs_form;

/* An entry that is found by what its payload names: the first that names it. */
typedef struct qfs_lookup
{
	const qfs_kind *names;		/* records with this as their key */
	const char *member;			/* of the payload */
	qfs_form	form;			/* in which it is written there */

	/*
	 * Records that have it in a field of the same name, their account and the
	 * entry's seq; NULL: those that are named have the seq themselves.
	 */
	const qfs_kind *through;
} qfs_lookup;

/* Where a rule says what else its entry rests on: whoever collects offers it. */
typedef struct qfs_ground qfs_ground;
struct qfs_ground
{
	/* An entry before this one. */
	qfs_status	(*entry) (qfs_ground *ground, uint64_t seq, qfs_error *err);

	/* The first entry whose payload names a record, if there is one. */
	qfs_status	(*find) (qfs_ground *ground, const qfs_kind *names, qfs_slice value, qfs_error *err);

	/* The device of the session that appended this one, as its sign-in names it. */
	bool		(*device) (qfs_ground *ground, qfs_slice *out);
};

/* ---- rules ---- */

struct qfs_rule
{
	const char *type;
	const char *schema;			/* of the payload, canonical */
	unsigned	via;			/* who may append it: a set of qfs_via */
	const qfs_kind *kind;		/* records that no other rule reads; or NULL */
	const qfs_guard *const *guards; /* that it evaluates; ends with NULL, may be NULL */
	const qfs_change *const *changes;	/* that it makes; the same */

	qfs_status	(*apply) (qfs_act *act);

	/*
	 * Puts into the store what the entry, with the outcome that was recorded,
	 * says of records other than accounts and standings.  It needs none of
	 * the entries before; over all entries it gives what apply gives.
	 */
	qfs_status	(*recall) (qfs_act *act);

	/* ---- how it explains itself ---- */

	unsigned	enacts;			/* a set of qfs_enacts */
	qfs_opens	opens;
	qfs_reach	reach;			/* of the accounts that it touches or reads */
	qfs_reach	actor_reach;	/* of its actor, where it reads and does not touch it */
	const char *session_member; /* of the payload: a session that matters, too; or NULL */
	const qfs_lookup *lookup;	/* by what it is found; or NULL */

	/* Says what else the entry rests on; or NULL.  Errors: OUTCOME_MISMATCH. */
	qfs_status	(*rests) (const qfs_entry *entry, qfs_ground *ground, qfs_error *err);

	/*
	 * With QFS_ENACTS_KEYS: the keys in force become those that it names, if
	 * one of them endorses these; else they stay, and it is false.
	 */
	bool		(*follow) (const qfs_hash *ledger, const qfs_entry *entry, qfs_signing_key_record *keys);

	/*
	 * Entry n of those whose recorded outcome counts, though it is wrong; false
	 * past the last.  Superusers alone append such an event.  Or NULL.
	 */
	bool		(*acknowledges) (const qfs_entry *entry, size_t n, uint64_t *seq);

	/* Steps before those of its effects; or NULL. */
	void		(*steps) (const qfs_story *story, qfs_json_writer *w);

	/* The topic that asks for this type, and the sentence that answers it; or NULL. */
	qfs_topic	topic;
	void		(*tell) (const qfs_story *story, qfs_buf *out);

	/* ---- beside the ledger ---- */

	/*
	 * Its events have a part that is not on the ledger: an envelope, a content,
	 * the check of a nonce.  Whoever appends one sees to that part as well.
	 */
	bool		off_ledger;

	/* The ledger itself appends it, whoever is acting, when the server has changed; nobody else does. */
	bool		of_server;
};

/* The rules that there are: handed to whoever needs them, the same to all but tests. */
struct qfs_registry
{
	const qfs_rule *const *rules;	/* ends with NULL */
	const qfs_kind *const *kinds;	/* that more than one rule reads; the same */
};

/* The rule of a type; NULL: it is none of qfs's own. */
extern const qfs_rule *qfs_registry_find(const qfs_registry *registry, qfs_slice type);

/* The nth kind of records, those of single rules included; NULL past the last. */
extern const qfs_kind *qfs_registry_kind(const qfs_registry *registry, size_t n);

/* The rule whose entries are found by what they name; NULL: there is none. */
extern const qfs_rule *qfs_registry_lookup(const qfs_registry *registry, const qfs_kind *names);

/* The change of a list that an effect is called after; NULL: there is none.  changes: may be NULL */
extern const qfs_change *qfs_change_called(const qfs_change *const *changes, qfs_slice name);

#endif
