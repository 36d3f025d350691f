/*
 * test_message_hash.c - names of threads and commitments of messages.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The vectors were computed with Python's hashlib from the formulas of
 * docs/format.md.
 */
#include "suites.h"

#include "rules/social/message_hash.h"
#include "support/harness.h"

static qfs_user_id
user_of(uint8_t first, uint8_t rest)
{
	qfs_user_id user;

	memset(&user, rest, sizeof(user));
	user.bytes[0] = first;
	return user;
}

static void
names(void)
{
	static const struct
	{
		uint8_t		a[2];
		uint8_t		b[2];
		const char *want;
	}			rows[] = {
		{{0x01, 0x11}, {0x02, 0x22},
		"8c1b948b1295e6a5f2f5a85704032b788d26917630cf696051da1ee1ba91921b"},
		{{0x7F, 0xFF}, {0x80, 0x00},
		"78b25670ddaecdbbf03b4a6965246d2b65ebc0e344eec6e21f0ab1451226a3f8"},
		{{0x00, 0x00}, {0xFF, 0xFF},
		"1f0afea82782549175d336e1dce0cbf0b8930b164656d1af6a5ab78675ecb7ce"},
		{{0x05, 0x01}, {0x05, 0x02},
		"7ecfffe315d66d941515bc992f01e13650933d8f272cae2cd8a590b7ee8ee4f0"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_user_id a = user_of(rows[i].a[0], rows[i].a[1]);
		qfs_user_id b = user_of(rows[i].b[0], rows[i].b[1]);
		qfs_hash	name;

		unit_row("thread %zu", i);
		qfs_thread_name(&a, &b, &name);
		CHECK_HEX(name.bytes, sizeof(name.bytes), rows[i].want);
		/* It is the same from either side. */
		qfs_thread_name(&b, &a, &name);
		CHECK_HEX(name.bytes, sizeof(name.bytes), rows[i].want);
	}
}

static void
commitments(void)
{
	static const struct
	{
		uint64_t	seq;
		const char *body;
		const char *want;
	}			rows[] = {
		{UINT64_C(1), "seventeen letters",
		"387da4128a41421c579f4a44f87dcb7269377b8f53998aaa2b2466333b42fdda"},
		{UINT64_C(258), "seventeen letters",
		"3d5d06da3fb83cfcdec84a67d978a5ecb30e2e831a9da090bdad35a28ae54ab7"},
		{UINT64_C(9007199254740991), "",
		"02ef2228e55e3f868ddcd3f27dec1a8a3ec201f5064f7800f3ccca8f3902b2f5"},
		{UINT64_C(72623859790382856), "\xC3\x28\x01",
		"69458511a25a99a103b9aabd1ea2d59c1821bdf3bc05268a7fba9b9849103d1b"},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_envelope e = {.sender = user_of(2, 0x22),.recipient = user_of(1, 0x11),.seq = rows[i].seq,
			.nonce = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},.body = qfs_slice_of(rows[i].body)
		};
		qfs_hash	hash;

		unit_row("message %zu", i);
		qfs_message_hash(&e, &hash);
		CHECK_HEX(hash.bytes, sizeof(hash.bytes), rows[i].want);
	}
}

/* Whatever part of an envelope changes, the commitment does. */
static void
every_part_counts(void)
{
	const qfs_envelope envelope = {.sender = user_of(2, 0x22),.recipient = user_of(1, 0x11),.seq = 1,
		.body = QFS_LITERAL("seventeen letters")
	};
	qfs_envelope other[7];
	qfs_hash	first;
	qfs_hash	hash;

	for (size_t i = 0; i < ROWS(other); i++)
		other[i] = envelope;
	other[0].sender.bytes[31]++;
	other[1].recipient.bytes[31]++;
	other[2].seq += UINT64_C(1) << 32;
	other[3].nonce[11]++;
	other[4].body.len--;
	other[5].body = QFS_LITERAL("seventeen lettert");
	/* The answer with the same number. */
	other[6].sender = envelope.recipient;
	other[6].recipient = envelope.sender;

	qfs_message_hash(&envelope, &first);
	for (size_t i = 0; i < ROWS(other); i++)
	{
		unit_row("change %zu", i);
		qfs_message_hash(&other[i], &hash);
		CHECK(memcmp(&hash, &first, sizeof(hash)) != 0);
	}
}

static const unit_case cases[] = {
	CASE(names),
	CASE(commitments),
	CASE(every_part_counts),
	NO_MORE_CASES
};

const unit_suite suite_thread = {"thread", cases};
