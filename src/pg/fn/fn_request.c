/*
 * fn_request.c - who asks, in a request that PostgREST passes on.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * PostgREST chooses the role by a token that it found in the request; here the
 * token is found again and asked of the ledger.  Both must come to the same
 * session, or there is no request: whatever one of the two reads differently
 * (white space, a second header, a claim) ends here.
 */
#include "pg/base/compat.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "pg/append/actor.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/fn/bearer.h"
#include "pg/fn/service_token.h"
#include "pg/fn/session_token.h"

#define ANON "qfs_anon"

/* The role of services that give advice. */
#define ADVISOR "aegis_advisor"

/* ---- what is public ---- */

static bool
anon_may_call(char *name, Oid anon)
{
	FuncCandidateList all = FuncnameGetCandidates(list_make1(makeString(name)), -1, NIL,
												  false, false, false, true);

	for (FuncCandidateList one = all; one != NULL; one = one->next)
		if (QFS_FUNCTION_ACLCHECK(one->oid, anon, ACL_EXECUTE) == ACLCHECK_OK)
			return true;
	return false;
}

static bool
anon_may_read(const char *name, Oid anon)
{
	Oid			rel = RelnameGetRelid(name);

	return OidIsValid(rel) && pg_class_aclcheck(rel, anon, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * May everybody ask for this path of PostgREST's?  It decides which error is
 * shown, not what may be done: a request of nobody has the role of nobody.
 */
static bool
is_public(qfs_slice path)
{
	static const char rpc[] = "/rpc/";
	Oid			anon = get_role_oid(ANON, false);
	char	   *name = pnstrdup((const char *) path.data, path.len);

	if (strncmp(name, rpc, strlen(rpc)) == 0)
		return anon_may_call(name + strlen(rpc), anon);
	/* The root is the description of the API, for whoever asks. */
	return name[0] == '/' && (name[1] == '\0' || anon_may_read(name + 1, anon));
}

/* ---- the request ---- */

/* Errors: TOKEN_INVALID. */
static void
check_named(const char *what, qfs_slice named, const char *is)
{
	if (!qfs_slice_equal(named, qfs_slice_of(is)))
		QFS_THROW(QFS_TOKEN_INVALID, "the request was made with %s \"%v\", not \"%s\"", what, named, is);
}

/* The jti of a session, or of a service's token. */
static void
write_name(const qfs_hash *id, char name[2 * QFS_HASH_LEN + 1])
{
	qfs_buf		buf;

	qfs_buf_init(&buf, name, 2 * QFS_HASH_LEN);
	qfs_buf_hex(&buf, id->bytes, sizeof(id->bytes));
	name[2 * QFS_HASH_LEN] = '\0';
}

/* The transaction goes on as those who have not signed in. */
static void
become_nobody(const qfs_error *why)
{
	qfs_actor_set_aside(why);
	set_config_option("role", ANON, superuser() ? PGC_SUSET : PGC_USERSET, PGC_S_SESSION,
					  GUC_ACTION_LOCAL, true, 0, false);
}

/* A service acts for no account, whatever its token says; an account's token never gives its role. */
static void
check_service(qfs_slice token, qfs_slice role, qfs_slice jti)
{
	char		name[QFS_SERVICE_MAX];
	char		id[2 * QFS_HASH_LEN + 1];
	qfs_service_token service;
	qfs_error	err;

	QFS_TRY(qfs_service_of_token(token, name, &service, &err), &err);
	write_name(&service.id, id);
	check_named("the role", role, ADVISOR);
	check_named("the token", jti, id);
}

/* qfs.authenticate_request(header, role, jti, path) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_authenticate_request);
Datum
qfs_sql_authenticate_request(PG_FUNCTION_ARGS)
{
	const char *role = GetUserNameFromId(GetUserId(), false);
	char		name[2 * QFS_HASH_LEN + 1];
	qfs_session_record session;
	qfs_slice	token;
	qfs_error	err;

	qfs_actor_mark_request();
	qfs_actor_clear();
	if (!PG_ARGISNULL(1))
		check_named("the role", qfs_varlena_arg(fcinfo, 1), role);
	if (!qfs_find_bearer(qfs_optional_arg(fcinfo, 0), &token))
	{
		if (strcmp(role, ANON) != 0)
			QFS_THROW(QFS_NO_SESSION, "the role is \"%s\", and no token came with the request", role);
		PG_RETURN_VOID();
	}
	if (strcmp(role, ADVISOR) == 0)
		check_service(token, qfs_optional_arg(fcinfo, 1), qfs_optional_arg(fcinfo, 2));
	else if (qfs_session_of_token(token, &session, &err) == QFS_OK)
	{
		check_named("the role", qfs_optional_arg(fcinfo, 1), session.operates ? "qfs_operator" : "qfs_user");
		write_name(&session.session, name);
		check_named("the session", qfs_optional_arg(fcinfo, 2), name);
		qfs_actor_set(&session);
	}
	else if (is_public(qfs_optional_arg(fcinfo, 3)))
		become_nobody(&err);
	else
		qfs_throw(&err);
	PG_RETURN_VOID();
}
