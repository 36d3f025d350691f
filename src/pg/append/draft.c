/*
 * draft.c - an object in the making, a draft: the payload of an event, or an answer.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "pg/base/compat.h"

#include "pg/append/draft.h"
#include "pg/base/errors.h"

void
qfs_draft_begin(qfs_draft *p)
{
	qfs_buf_init(&p->buf, palloc(QFS_PAYLOAD_MAX), QFS_PAYLOAD_MAX);
	qfs_json_begin(&p->w, &p->buf);
	qfs_json_open_object(&p->w);
}

void
qfs_draft_text(qfs_draft *p, const char *name, qfs_slice utf8)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_text(&p->w, utf8);
}

void
qfs_draft_int(qfs_draft *p, const char *name, int64_t n)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_int(&p->w, n);
}

void
qfs_draft_bool(qfs_draft *p, const char *name, bool b)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_bool(&p->w, b);
}

void
qfs_draft_hex(qfs_draft *p, const char *name, const uint8_t *bytes, size_t len)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_hex(&p->w, bytes, len);
}

void
qfs_draft_hash(qfs_draft *p, const char *name, const qfs_hash *hash)
{
	qfs_draft_hex(p, name, hash->bytes, sizeof(hash->bytes));
}

void
qfs_draft_base64url(qfs_draft *p, const char *name, const uint8_t *bytes, size_t len)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_base64url(&p->w, bytes, len);
}

void
qfs_draft_user(qfs_draft *p, const char *name, const qfs_user_id *user)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_user(&p->w, user);
}

void
qfs_draft_address(qfs_draft *p, const char *name, const qfs_address *address)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_address(&p->w, address);
}

void
qfs_draft_value(qfs_draft *p, const char *name, qfs_slice value)
{
	qfs_json_key(&p->w, name);
	qfs_json_put_value(&p->w, value);
}

qfs_slice
qfs_draft_end(qfs_draft *p)
{
	qfs_error	err;

	qfs_json_close(&p->w);
	QFS_TRY(qfs_json_end(&p->w, &err), &err);
	return qfs_buf_slice(&p->buf);
}
