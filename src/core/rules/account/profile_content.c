/*
 * profile_content.c - the content of a profile, which stays off the ledger.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/account/profile_content.h"

#include "base/status.h"
#include "crypto/sha256.h"
#include "text/json.h"
#include "text/uri.h"
#include "text/utf8.h"

#define NAME_MIN 2
#define NAME_MAX 50
#define BIO_MAX 500
#define URI_MAX 500

/* Code points of valid UTF-8. */
static size_t
characters(qfs_slice text)
{
	size_t		n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += (text.data[i] & 0xC0) != 0x80;
	return n;
}

/* Names end up in other people's pages: no control characters, which could hide what follows. */
static bool
has_control(qfs_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7F)
			return true;
	return false;
}

static bool
begins(qfs_slice text, const char *prefix)
{
	return text.len > strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

static qfs_status
check_uri(qfs_slice uri, const char *field, qfs_error *err)
{
	if (uri.len > URI_MAX || !(begins(uri, "https:") || begins(uri, "ipfs:")) || !qfs_uri_is_uri(uri))
		return qfs_fail(err, QFS_PROFILE_INVALID, "%s is not an https: or ipfs: URI of up to %u bytes",
						field, (uint64_t) URI_MAX);
	return QFS_OK;
}

static qfs_status
check(const qfs_profile *p, qfs_error *err)
{
	qfs_status	status = QFS_OK;

	if (!qfs_utf8_check(p->display_name) || has_control(p->display_name) ||
		characters(p->display_name) < NAME_MIN || characters(p->display_name) > NAME_MAX)
		return qfs_fail(err, QFS_PROFILE_INVALID, "display_name has %u to %u characters, none of them a control character",
						(uint64_t) NAME_MIN, (uint64_t) NAME_MAX);
	if (!qfs_utf8_check(p->bio) || characters(p->bio) > BIO_MAX)
		return qfs_fail(err, QFS_PROFILE_INVALID, "bio has up to %u characters", (uint64_t) BIO_MAX);
	if (p->has_avatar)
		status = check_uri(p->avatar, "avatar", err);
	for (unsigned i = 0; i < p->link_count && status == QFS_OK; i++)
		status = check_uri(p->links[i], "links", err);
	return status;
}

qfs_status
qfs_profile_write(const qfs_profile *p, qfs_buf *out, qfs_error *err)
{
	qfs_json_writer w;
	qfs_status	status = check(p, err);

	if (status != QFS_OK)
		return status;
	qfs_json_begin(&w, out);
	qfs_json_open_object(&w);
	qfs_json_key(&w, "avatar");
	if (p->has_avatar)
		qfs_json_put_text(&w, p->avatar);
	else
		qfs_json_put_null(&w);
	qfs_json_key(&w, "bio");
	qfs_json_put_text(&w, p->bio);
	qfs_json_key(&w, "display_name");
	qfs_json_put_text(&w, p->display_name);
	qfs_json_key(&w, "links");
	qfs_json_open_array(&w);
	for (unsigned i = 0; i < p->link_count; i++)
		qfs_json_put_text(&w, p->links[i]);
	qfs_json_close(&w);
	qfs_json_close(&w);
	return qfs_json_end(&w, err);
}

void
qfs_profile_commit(const uint8_t *salt, qfs_slice content, qfs_hash *out)
{
	qfs_sha256_state state;

	qfs_sha256_init(&state);
	qfs_sha256_add(&state, salt, QFS_PROFILE_SALT);
	qfs_sha256_add(&state, content.data, content.len);
	qfs_sha256_final(&state, out);
}
