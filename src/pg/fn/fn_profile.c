/*
 * fn_profile.c - SQL functions of accounts and their profiles.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include <sodium.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/append/account_event.h"
#include "pg/append/append.h"
#include "pg/append/draft.h"
#include "pg/base/args.h"
#include "pg/base/errors.h"
#include "pg/table/off_ledger.h"
#include "pg/table/own_row.h"
#include "rules/account/profile_content.h"
#include "state/records.h"
#include "text/base64.h"

/* qfs.refuse(code, detail) -> boolean: an error, from functions in SQL */
PG_FUNCTION_INFO_V1(qfs_sql_refuse);
Datum
qfs_sql_refuse(PG_FUNCTION_ARGS)
{
	qfs_slice	code = qfs_varlena_arg(fcinfo, 0);
	qfs_status	status;

	if (!qfs_status_of_code(code, &status))
		QFS_THROW(QFS_ARGUMENT, "there is no code %v", code);
	if (status == QFS_NO_SESSION || status == QFS_FORBIDDEN)
		qfs_actor_blame_token();
	QFS_THROW(status, "%v", qfs_varlena_arg(fcinfo, 1));
}

/* ---- profiles ---- */

static void
read_links(FunctionCallInfo fcinfo, int n, qfs_profile *out)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	if (PG_ARGISNULL(n))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
	if (count > QFS_PROFILE_LINKS)
		QFS_THROW(QFS_PROFILE_INVALID, "links: there are %u, %u is the most",
				  (uint64_t) count, (uint64_t) QFS_PROFILE_LINKS);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			QFS_THROW(QFS_PROFILE_INVALID, "links: one is null");
		out->links[out->link_count++] = qfs_varlena_of(items[i]);
	}
}

/* The version that comes next.  Under the chain lock, so that nobody else takes it. */
static int64
next_version(const qfs_user_id *user)
{
	qfs_reducer *r = qfs_open_reducer();
	qfs_standing standing = {.user = *user};
	qfs_error	err;
	bool		found;

	QFS_TRY(r->store->get(r->store, &qfs_kind_standing, &standing, &found, &err), &err);
	return standing.profile_version + 1;
}

static qfs_slice
profile_payload(const qfs_hash *commitment, int64 version)
{
	qfs_draft p;

	qfs_draft_begin(&p);
	qfs_draft_hash(&p, "commitment", commitment);
	qfs_draft_int(&p, "version", version);
	return qfs_draft_end(&p);
}

static void
store_content(const qfs_user_id *user, int64 version, const uint8_t *salt, qfs_slice content)
{
	Datum		key = PointerGetDatum(user);
	OwnRow		row;

	qfs_own_row_lock(&row, "profile_content", CONTENT_COLUMNS, 1, &key);
	qfs_own_row_set(&row, CONTENT_VERSION, Int64GetDatum(version));
	qfs_own_row_set(&row, CONTENT_SALT, qfs_bytes_datum(salt, QFS_PROFILE_SALT));
	qfs_own_row_set(&row, CONTENT_TEXT, PointerGetDatum(qfs_text_of(content)));
	qfs_own_row_put(&row);
}

/* The salt that the caller chose, or a random one. */
static void
read_salt(FunctionCallInfo fcinfo, int n, uint8_t salt[QFS_PROFILE_SALT])
{
	if (PG_ARGISNULL(n))
		randombytes_buf(salt, QFS_PROFILE_SALT);
	else if (!qfs_base64url_read(qfs_varlena_arg(fcinfo, n), salt, QFS_PROFILE_SALT))
		QFS_THROW(QFS_ARGUMENT, "salt is not base64url of %u bytes", (uint64_t) QFS_PROFILE_SALT);
}

/* qfs.set_profile(display_name, bio, avatar, links, salt, version, auth) -> void */
PG_FUNCTION_INFO_V1(qfs_sql_set_profile);
Datum
qfs_sql_set_profile(PG_FUNCTION_ARGS)
{
	const qfs_session_record *actor = qfs_require_actor();
	qfs_profile profile = {
		.display_name = qfs_optional_arg(fcinfo, 0),
		.bio = qfs_optional_arg(fcinfo, 1),
		.has_avatar = !PG_ARGISNULL(2),
		.avatar = qfs_optional_arg(fcinfo, 2),
	};
	uint8_t		salt[QFS_PROFILE_SALT];
	qfs_user_id user = actor->user;
	qfs_hash	commitment;
	qfs_buf		content;
	qfs_error	err;
	int64		version;

	read_links(fcinfo, 3, &profile);
	qfs_buf_init(&content, palloc(QFS_PROFILE_MAX), QFS_PROFILE_MAX);
	QFS_TRY(qfs_profile_write(&profile, &content, &err), &err);
	if (!PG_ARGISNULL(6) && (PG_ARGISNULL(4) || PG_ARGISNULL(5)))
		QFS_THROW(QFS_ARGUMENT, "what is signed holds salt and version: give both");
	read_salt(fcinfo, 4, salt);
	qfs_profile_commit(salt, qfs_buf_slice(&content), &commitment);

	qfs_append_lock();
	version = PG_ARGISNULL(5) ? next_version(&user) : (int64) qfs_count_arg(fcinfo, 5, "version");
	qfs_append_account_event("PROFILE_UPDATE", &user, profile_payload(&commitment, version),
							 qfs_signature_arg(fcinfo, 6), NULL);
	store_content(&user, version, salt, qfs_buf_slice(&content));
	PG_RETURN_VOID();
}
