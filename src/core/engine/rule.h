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

#include "engine/access.h"
#include "engine/asset.h"
#include "engine/principle.h"
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
	qfs_session_record session; /* via session: the one that authorized it; seq is not known */
	bool		has_begun;		/* a recorded entry that begins a session: begun is set */
	qfs_open_session begun;
	struct qfs_effects *fx;		/* what it does to accounts */
	qfs_json_writer *result;	/* inside the object of what the type adds to the outcome */
	qfs_error  *err;
} qfs_act;

/* ---- guards ---- */

/* What is observed has to be … the bound, or the guard blocks. */
typedef enum qfs_relation
{
	QFS_AT_MOST,
	QFS_BELOW,
	QFS_AT_LEAST
} qfs_relation;

/* What does not happen when it blocks. */
typedef enum qfs_severity
{
	QFS_STOPS_ACT,				/* what was asked for */
	QFS_STOPS_REWARD,			/* what the act would have been rewarded with */
	QFS_STOPS_PROPOSAL			/* what was proposed */
} qfs_severity;

typedef struct qfs_guard
{
	const char *name;
	qfs_relation relation;
	bool		is_amount;		/* bound and observed are amounts, else counts */
	bool		of_account;		/* what is observed is an account's own: whoever is not shown it takes it as recorded */

	/* ---- read by the catalogue alone ---- */

	const char *unit;			/* of bound and observed */
	const char *key;			/* of the policy, that is its bound; one "*" is any of that way; or NULL */
	bool		of_proposal;	/* of that key what it was when the proposal was made */
	bool		of_other;		/* what is observed is of another account than the one that acts */
	qfs_principle principle;	/* that it protects */
	qfs_severity severity;
} qfs_guard;

/* Its verdict, from its relation.  bound, observed: amounts, or counts as such */
extern bool qfs_guard_blocks(const qfs_guard *guard, qfs_amount bound, qfs_amount observed);

/* {"bound","guard","observed","result":"PASS"|"BLOCK"} */
extern void qfs_guard_write(qfs_json_writer *w, const qfs_guard *guard, qfs_amount bound, qfs_amount observed);

/* ---- changes of accounts ---- */

/* A way in which a rule changes an account; its effects are called so. */
typedef struct qfs_change
{
	const char *name;
	bool		is_prefix;		/* something that the rule adds follows the name */
	qfs_topic	topic;			/* that asks for it, if it is one of its own */

	/*
	 * Does to a standing what the change did, from what is shown of the entry.
	 * more:      what follows the name
	 * recorded:  the standing after the entry: what was published is taken from there
	 * other:     the second thing that it may have done, where it does two
	 * False: what is shown does not say, or says something else.  NULL: it
	 * leaves the standing as it is.
	 */
	bool		(*apply) (const qfs_story *story, qfs_slice more, const qfs_standing *recorded, bool other,
						  qfs_standing *standing);

	/* Quality of the act behind a change of coherence; NULL: it changes none. */
	qfs_amount	(*quality) (const qfs_story *story, const qfs_effect *effect);

	/* The guards that let it, as items of a list, from the standing before; or NULL. */
	void		(*judge) (const qfs_story *story, const qfs_effect *effect, qfs_json_writer *w);

	/* Steps of its own, before those that every effect has; or NULL. */
	void		(*steps) (const qfs_effect *effect, qfs_json_writer *w);

	/* The sentence that answers its topic; or NULL. */
	void		(*tell) (const qfs_story *story, qfs_buf *out);

	/* ---- read by the catalogue alone ---- */

	const char *const *reads;	/* keys of the policy, besides those of guards, as a rule has them; or NULL */
	unsigned	moves;			/* a set of assets, QFS_MOVES() of each */
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

/* Whoever collects the entries that an explanation rests on. */
typedef struct qfs_grounds qfs_grounds;
struct qfs_grounds
{
	/*
	 * Adds entry seq, of which act, payload, signature and outcome are shown,
	 * and gives it, as it is until the next one is added.
	 * *out = NULL: it is none before the one in question, and executing that one will tell
	 * Errors: those of the source, BUNDLE_INCOMPLETE, EXPLAIN_LIMIT.
	 */
	qfs_status	(*add) (qfs_grounds *grounds, int64_t seq, const qfs_entry **out, qfs_error *err);
};

/* Adds the entry that a member of an object names; none for null, and for a member that is not there. */
extern qfs_status qfs_grounds_add_named(qfs_grounds *grounds, qfs_slice object, const char *name, qfs_error *err);

/* ---- rules ---- */

struct qfs_rule
{
	const char *type;

	/*
	 * The version of the rules from which on it is this one; of a rule that
	 * never changed 0.  All that were ever released stay in the registry: an
	 * entry is computed by those that were in force at it.
	 */
	int64_t		since;
	const char *schema;			/* of the payload, canonical */
	unsigned	via;			/* who may append it: a set of qfs_via */

	/*
	 * An account signs it, whatever policy says: an unsigned act of a session is
	 * the server's word.  A wallet in via signs the event then, without a session.
	 */
	bool		must_sign;
	const qfs_kind *kind;		/* records that no other rule reads; or NULL */
	const qfs_guard *const *guards; /* that it evaluates; ends with NULL, may be NULL */
	const qfs_change *const *changes;	/* that it makes; the same */

	qfs_status	(*apply) (qfs_act *act);

	/*
	 * Puts into the store what the entry, with the outcome that was recorded,
	 * says of records other than those that its parts of accounts are.  It needs none of
	 * the entries before; over all entries it gives what apply gives.
	 */
	qfs_status	(*recall) (qfs_act *act);

	/* ---- who sees it ---- */

	bool		is_public;		/* everybody: the rules of the house are no secret */
	const char *party_member;	/* of the payload: an account that it concerns, too; or NULL */
	bool		concerns_touched;	/* and so it does whomever it touches */

	/* ---- how it explains itself ---- */

	unsigned	enacts;			/* a set of qfs_enacts; a policy only if its payload has the member "policy" */
	/*
	 * Puts into the store what follows from the recorded entry by itself and
	 * what executing it needs, when the entries before are not there; or NULL.
	 */
	qfs_status	(*suppose) (qfs_act *act);

	/*
	 * Names the entries before, besides those that touched its accounts, that
	 * executing it needs: those that its outcome names, and those that they
	 * name in turn.  Or NULL: there are none.
	 */
	qfs_status	(*rests) (const qfs_entry *entry, qfs_grounds *grounds, qfs_error *err);

	/*
	 * Its guards and its result follow from entries that everybody sees, but
	 * for what guards say that are of_account: whoever is shown nothing of
	 * accounts can compute them all the same.  Its outcome names the policy in
	 * force, whoever acts.
	 */
	bool		derivable;

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

	/*
	 * Its payload may be erased: apply and recall go on from the outcome of an
	 * entry that has none.
	 */
	bool		erasable;

	/* The entry before whose payload it says was erased; false: none.  Or NULL. */
	bool		(*erases) (const qfs_entry *entry, uint64_t *seq);

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

	/* ---- read by the catalogue alone ---- */

	/*
	 * Keys of the policy that it reads, besides those of its guards and changes;
	 * one "*" is any of that way.  Ends with NULL, may be NULL.
	 */
	const char *const *reads;
	unsigned	moves;			/* assets that it moves other than by its changes */
};

/* What has to be appended before anything else can be, even before what is due. */
static inline bool
qfs_rule_comes_first(const qfs_rule *rule)
{
	return rule != NULL && (rule->of_server || rule->acknowledges != NULL);
}

/* The rules that there are: handed to whoever needs them, the same to all but tests. */
struct qfs_registry
{
	const qfs_rule *const *rules;	/* ends with NULL */
	const qfs_kind *const *kinds;	/* that more than one rule reads; the same */
	int64_t		version;		/* the latest that it has; policy.rules is not above it */
};

/* The first rule of a type: whatever does not differ from one version to the next; NULL: it is none of qfs's own. */
extern const qfs_rule *qfs_registry_find(const qfs_registry *registry, qfs_slice type);

/* The rule of a type in a version of the rules; NULL: it is none of qfs's own. */
extern const qfs_rule *qfs_registry_rule(const qfs_registry *registry, qfs_slice type, int64_t version);

/* May the payload of an entry of this type be erased?  That of an application's type may. */
extern bool qfs_registry_erases(const qfs_registry *registry, qfs_slice type);

/* The nth kind of records, those of single rules included; NULL past the last. */
extern const qfs_kind *qfs_registry_kind(const qfs_registry *registry, size_t n);

/* Errors: RULES_UNKNOWN for a policy under which rules are in force that the registry does not have. */
extern qfs_status qfs_rules_check(const qfs_registry *registry, const qfs_policy *policy, qfs_error *err);

/* The change of a list that an effect is called after; NULL: there is none.  changes: may be NULL */
extern const qfs_change *qfs_change_called(const qfs_change *const *changes, qfs_slice name);

#endif
