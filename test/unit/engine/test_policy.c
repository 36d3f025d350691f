/*
 * test_policy.c - the default policy, changes to a policy, and ranges.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include "engine/policy.h"
#include "text/json.h"

static uint8_t memory[QFS_POLICY_MAX + 64];

static qfs_status
merge(const char *base, const char *changes, qfs_buf *buf, qfs_error *err)
{
	qfs_buf_init(buf, memory, sizeof(memory));
	return qfs_policy_merge(qfs_slice_of(base), qfs_slice_of(changes), buf, err);
}

static void
defaults(void)
{
	qfs_policy	policy;

	CHECK_STATUS(qfs_json_check(qfs_policy_default(), NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	CHECK_INT(policy.block_ms, 17000);
	CHECK_INT(policy.epoch_blocks, 512);
	CHECK(!policy.is_public);
	CHECK_TEXT(policy.chain_ids, "[1]");
	/* Nobody signs in before the operator has named the application. */
	CHECK_TEXT(policy.domains, "[]");
	CHECK_TEXT(policy.uris, "[]");
	CHECK_TEXT(policy.operators, "[]");
	CHECK_INT(policy.signing, QFS_SIGNED_DEVICES);
	CHECK_TEXT(policy.signed_types, "[]");
	CHECK_INT(policy.nonce_ttl_ms, 300000);
	CHECK_INT(policy.ttl_blocks, 1000);
	CHECK_INT(policy.events_per_minute, 1000);
	CHECK_INT(policy.logins_per_minute, 10);
}

/* Every default can be given as a change, and nothing but what it says changes. */
static void
one_key_at_a_time(void)
{
	qfs_json_iter iter = qfs_json_members(qfs_policy_default());
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(&iter, &key, &value))
	{
		uint8_t		change[QFS_POLICY_MAX];
		qfs_buf		changes;
		qfs_buf		out;

		qfs_buf_init(&changes, change, sizeof(change));
		qfs_buf_byte(&changes, '{');
		qfs_buf_slice_add(&changes, key);
		qfs_buf_byte(&changes, ':');
		qfs_buf_slice_add(&changes, value);
		qfs_buf_byte(&changes, '}');
		qfs_buf_init(&out, memory, sizeof(memory));
		CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_buf_slice(&changes), &out, NULL),
					 QFS_OK);
		CHECK_SLICE(qfs_buf_slice(&out), qfs_policy_default());
	}
}

static void
merged(void)
{
	static const struct
	{
		const char *base;
		const char *changes;
		const char *want;
	}			rows[] = {
		{"{}", "{}", "{}"},
		{"{\"a\":1,\"b\":2}", "{}", "{\"a\":1,\"b\":2}"},
		{"{\"a\":1,\"b\":2}", "{\"a\":9}", "{\"a\":9,\"b\":2}"},
		{"{\"a\":1,\"b\":2}", "{\"b\":[9]}", "{\"a\":1,\"b\":[9]}"},
		{"{\"a\":1,\"b\":2}", "{\"a\":8,\"b\":9}", "{\"a\":8,\"b\":9}"},
		{"{\"a\":{\"x\":1,\"y\":2},\"b\":2}", "{\"a\":{\"y\":9}}", "{\"a\":{\"x\":1,\"y\":9},\"b\":2}"},
		{"{\"a\":{\"x\":1}}", "{\"a\":3}", "{\"a\":3}"},
		{"{\"a\":3}", "{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1}}"},
		{"{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":2}}}", "{\"a\":{\"b\":{\"c\":2}}}"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_buf		out;

		unit_row("%s with %s", rows[i].base, rows[i].changes);
		CHECK_STATUS(merge(rows[i].base, rows[i].changes, &out, NULL), QFS_OK);
		CHECK_TEXT(qfs_buf_slice(&out), rows[i].want);
	}
}

static void
not_merged(void)
{
	static const struct
	{
		const char *changes;
		const char *detail;
	}			rows[] = {
		{"{\"A\":1}", "\"A\""},
		{"{\"aa\":1}", "\"aa\""},
		{"{\"z\":1}", "\"z\""},
		{"{\"a\":1,\"aa\":1}", "\"aa\""},
		{"{\"A\":1,\"a\":1}", "\"A\""},
		{"{\"o\":{\"w\":1}}", "\"w\""},
		{"{\"o\":{\"y\":1}}", "\"y\""},
		{"[]", "not an object"},
		{"1", "not an object"},
		{"null", "not an object"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_buf		out;

		unit_row("%s", rows[i].changes);
		CHECK_STATUS(merge("{\"a\":1,\"b\":2,\"o\":{\"x\":1}}", rows[i].changes, &out, &err),
					 QFS_POLICY_INVALID);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static void
too_long(void)
{
	static char changes[QFS_POLICY_MAX + 64];

	for (size_t over = 0; over < 2; over++)
	{
		size_t		len = QFS_POLICY_MAX + over;
		qfs_error	err;
		qfs_buf		out;

		unit_row("%zu bytes too many", over);
		memset(changes, 'x', len);
		memcpy(changes, "{\"a\":\"", 6);
		memcpy(changes + len - 2, "\"}", 3);
		CHECK_STATUS(merge("{\"a\":1}", changes, &out, &err), over ? QFS_POLICY_INVALID : QFS_OK);
		if (over)
			CHECK_DETAIL(&err, "longer than 16384");
		qfs_buf_init(&out, memory, 100);
		CHECK_STATUS(qfs_policy_merge(QFS_LITERAL("{\"a\":1}"), qfs_slice_of(changes), &out, &err),
					 QFS_POLICY_INVALID);
	}
}

/* One change of the default at a time; NULL: in range. */
static void
ranges(void)
{
	static const struct
	{
		const char *changes;
		const char *detail;
	}			rows[] = {
		{"{\"block_ms\":1000}", NULL},
		{"{\"block_ms\":86400000}", NULL},
		{"{\"block_ms\":999}", "policy.block_ms: too small"},
		{"{\"block_ms\":86400001}", "policy.block_ms: too large"},
		{"{\"block_ms\":\"1000\"}", "policy.block_ms: wrong type"},
		{"{\"epoch_blocks\":1}", NULL},
		{"{\"epoch_blocks\":1000000}", NULL},
		{"{\"epoch_blocks\":0}", "policy.epoch_blocks: too small"},
		{"{\"epoch_blocks\":1000001}", "policy.epoch_blocks: too large"},
		{"{\"epoch_blocks\":null}", "policy.epoch_blocks: wrong type"},
		{"{\"visibility\":\"public\"}", NULL},
		{"{\"visibility\":\"parties\"}", NULL},
		{"{\"visibility\":\"Public\"}", "policy.visibility: not one of"},
		{"{\"visibility\":true}", "policy.visibility: not one of"},
		{"{\"page_errors\":\"off\"}", NULL},
		{"{\"page_errors\":\"on\"}", NULL},
		{"{\"page_errors\":\"On\"}", "policy.page_errors: not one of"},
		{"{\"page_errors\":true}", "policy.page_errors: not one of"},
		{"{\"nonce_ttl_ms\":1000}", NULL},
		{"{\"nonce_ttl_ms\":86400000}", NULL},
		{"{\"nonce_ttl_ms\":999}", "policy.nonce_ttl_ms: too small"},
		{"{\"nonce_ttl_ms\":86400001}", "policy.nonce_ttl_ms: too large"},
		{"{\"ttl_blocks\":1}", NULL},
		{"{\"ttl_blocks\":1000000}", NULL},
		{"{\"ttl_blocks\":0}", "policy.ttl_blocks: too small"},
		{"{\"ttl_blocks\":1000001}", "policy.ttl_blocks: too large"},
		{"{\"limits\":{\"events_per_minute\":0}}", NULL},
		{"{\"limits\":{\"events_per_minute\":-1}}", "policy.limits.events_per_minute: too small"},
		{"{\"limits\":{\"logins_per_minute\":1000001}}", "policy.limits.logins_per_minute: too large"},
		{"{\"limits\":7}", "policy.limits: wrong type"},
		{"{\"auth\":{\"chain_ids\":[0,9007199254740991]}}", NULL},
		{"{\"auth\":{\"chain_ids\":[-1]}}", "too small"},
		{"{\"auth\":{\"chain_ids\":[\"1\"]}}", "wrong type"},
		{"{\"auth\":{\"domains\":[\"app.example\",\"localhost:8080\",\"[::1]:80\"]}}", NULL},
		{"{\"auth\":{\"domains\":[\"\"]}}", "too short"},
		{"{\"auth\":{\"domains\":[\"https://app.example\"]}}", "policy.auth.domains: \"https://app.example\" is not a host"},
		{"{\"auth\":{\"domains\":[\"me@app.example\"]}}", "policy.auth.domains"},
		{"{\"auth\":{\"domains\":[\":8080\"]}}", "policy.auth.domains"},
		{"{\"auth\":{\"domains\":[\"app example\"]}}", "policy.auth.domains"},
		{"{\"auth\":{\"domains\":[\"app\\\\example\"]}}", "policy.auth.domains"},
		{"{\"auth\":{\"uris\":[\"https://app.example/a?b\"]}}", NULL},
		{"{\"auth\":{\"uris\":[\"app.example\"]}}", "policy.auth.uris: \"app.example\" is not a URI"},
		{"{\"auth\":{\"uris\":[\"https://app.example/ \"]}}", "policy.auth.uris"},
		{"{\"operators\":[\"user_0101010101010101010101010101010101010101010101010101010101010101\"]}", NULL},
		{"{\"operators\":[\"user_01\"]}", "policy.operators: \"user_01\" is not a user id"},
		{"{\"operators\":[\"system\"]}", "policy.operators"},
		{"{\"signed\":\"all\"}", NULL},
		{"{\"signed\":\"devices\"}", NULL},
		{"{\"signed\":\"none\"}", NULL},
		{"{\"signed\":\"All\"}", "policy.signed"},
		{"{\"signed\":true}", "policy.signed"},
		{"{\"signed\":[\"all\"]}", "policy.signed"},
		{"{\"signed_types\":[\"POSTED\",\"SESSION_REVOKED\"]}", NULL},
		{"{\"signed_types\":[\"posted\"]}", "policy.signed_types: \"posted\" is not a type"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_policy	policy;
		qfs_buf		out;

		unit_row("%s", rows[i].changes);
		qfs_buf_init(&out, memory, sizeof(memory));
		CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), qfs_slice_of(rows[i].changes), &out, NULL),
					 QFS_OK);
		CHECK_STATUS(qfs_policy_parse(qfs_buf_slice(&out), &policy, &err),
					 rows[i].detail != NULL ? QFS_POLICY_INVALID : QFS_OK);
		if (rows[i].detail != NULL)
			CHECK_DETAIL(&err, rows[i].detail);
	}
}

static void
parsed(void)
{
	qfs_policy	policy;
	qfs_buf		out;

	qfs_buf_init(&out, memory, sizeof(memory));
	CHECK_STATUS(qfs_policy_merge(qfs_policy_default(), QFS_LITERAL(
				 "{\"block_ms\":2000,\"epoch_blocks\":3,\"page_errors\":\"on\",\"visibility\":\"public\"}"), &out, NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_parse(qfs_buf_slice(&out), &policy, NULL), QFS_OK);
	CHECK_INT(policy.block_ms, 2000);
	CHECK_INT(policy.epoch_blocks, 3);
	CHECK(policy.is_public);
	CHECK(policy.page_errors);
	CHECK_STATUS(qfs_policy_parse(qfs_policy_default(), &policy, NULL), QFS_OK);
	CHECK(!policy.is_public);
	CHECK(!policy.page_errors);
}

/* A policy is whole: no key may be missing, none may be one too many. */
static void
incomplete(void)
{
	qfs_json_iter iter = qfs_json_members(qfs_policy_default());
	qfs_policy	policy;
	qfs_error	err;
	qfs_slice	key;
	qfs_slice	value;

	while (qfs_json_next(&iter, &key, &value))
	{
		qfs_json_iter others = qfs_json_members(qfs_policy_default());
		qfs_slice	other;
		qfs_buf		out;

		qfs_buf_init(&out, memory, sizeof(memory));
		qfs_buf_byte(&out, '{');
		while (qfs_json_next(&others, &other, &value))
		{
			if (qfs_slice_equal(other, key))
				continue;
			qfs_buf_text(&out, out.len > 1 ? "," : "");
			qfs_buf_slice_add(&out, other);
			qfs_buf_byte(&out, ':');
			qfs_buf_slice_add(&out, value);
		}
		qfs_buf_byte(&out, '}');
		unit_row("without %.*s", (int) key.len, (const char *) key.data);
		CHECK_STATUS(qfs_policy_parse(qfs_buf_slice(&out), &policy, &err), QFS_POLICY_INVALID);
		CHECK_DETAIL(&err, "missing");
	}
	CHECK_STATUS(qfs_policy_parse(QFS_LITERAL("{\"zzz\":1}"), &policy, &err), QFS_POLICY_INVALID);
	CHECK_STATUS(qfs_policy_parse(QFS_LITERAL("[]"), &policy, &err), QFS_POLICY_INVALID);
	CHECK_STATUS(qfs_policy_parse(QFS_LITERAL("{}"), &policy, &err), QFS_POLICY_INVALID);
}

/* Lists are compared byte for byte: nothing is like an entry. */
static void
lists(void)
{
	static const char list[] = "[\"a\",\"bc\",\"https://x.example/y\"]";
	static const struct
	{
		const char *text;
		bool		listed;
		bool		below;
	}			rows[] = {
		{"a", true, true}, {"bc", true, true}, {"", false, false}, {"b", false, false}, {"A", false, false},
		{"ab", false, false}, {"\"a\"", false, false}, {"a/b", false, true}, {"a?", false, true}, {"a#x", false, true},
		{"a.b", false, false}, {"https://x.example/y", true, true}, {"https://x.example/y/z", false, true},
		{"https://x.example/yz", false, false}, {"https://x.example/", false, false}, {"/a", false, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		unit_row("%s", rows[i].text);
		CHECK(qfs_policy_lists(qfs_slice_of(list), qfs_slice_of(rows[i].text)) == rows[i].listed);
		CHECK(qfs_policy_lists_prefix(qfs_slice_of(list), qfs_slice_of(rows[i].text)) == rows[i].below);
		CHECK(!qfs_policy_lists(QFS_LITERAL("[]"), qfs_slice_of(rows[i].text)));
		CHECK(!qfs_policy_lists_prefix(QFS_LITERAL("[]"), qfs_slice_of(rows[i].text)));
	}
	CHECK(qfs_policy_lists_int(QFS_LITERAL("[1,137]"), 137));
	CHECK(!qfs_policy_lists_int(QFS_LITERAL("[1,137]"), 13));
	CHECK(!qfs_policy_lists_int(QFS_LITERAL("[]"), 0));
}

/* A copy needs the text no more that the policy was read from. */
static void
copied(void)
{
	static uint8_t text[QFS_POLICY_MAX];
	static uint8_t other[QFS_POLICY_MAX];
	qfs_slice	whole = qfs_policy_default();
	qfs_policy	policy;
	qfs_policy	copy;
	qfs_policy	again;

	/* All bytes are looked at below, those between members, too. */
	memset(&policy, 0, sizeof(policy));
	memset(&copy, 0, sizeof(copy));
	memcpy(text, whole.data, whole.len);
	memcpy(other, whole.data, whole.len);
	CHECK_STATUS(qfs_policy_parse((qfs_slice) {text, whole.len}, &policy, NULL), QFS_OK);
	CHECK_STATUS(qfs_policy_parse((qfs_slice) {other, whole.len}, &again, NULL), QFS_OK);
	qfs_policy_copy(&policy, text, other, &copy);
	memset(text, 0, sizeof(text));
	CHECK_TEXT(copy.chain_ids, "[1]");
	CHECK_TEXT(copy.activation, "[\"message_received\",\"message_sent\",\"profile\"]");
	CHECK(copy.text.data == again.text.data && copy.chain_ids.data == again.chain_ids.data && copy.domains.data == again.domains.data &&
		  copy.uris.data == again.uris.data && copy.evaluators.data == again.evaluators.data &&
		  copy.operators.data == again.operators.data && copy.activation.data == again.activation.data &&
		  copy.signed_types.data == again.signed_types.data);
	CHECK_INT(copy.ttl_blocks, again.ttl_blocks);
	/* Every pointer of a policy was compared: no other one leads into the text that is gone. */
	for (size_t i = 0; i + sizeof(uintptr_t) <= sizeof(copy); i += sizeof(uintptr_t))
	{
		uintptr_t	word;

		memcpy(&word, (const char *) &copy + i, sizeof(word));
		CHECK(word < (uintptr_t) text || word >= (uintptr_t) text + sizeof(text));
	}
}

static const unit_case cases[] = {
	CASE(defaults),
	CASE(copied),
	CASE(one_key_at_a_time),
	CASE(merged),
	CASE(not_merged),
	CASE(too_long),
	CASE(ranges),
	CASE(parsed),
	CASE(incomplete),
	CASE(lists),
	NO_MORE_CASES
};

const unit_suite suite_policy = {"policy", cases};
