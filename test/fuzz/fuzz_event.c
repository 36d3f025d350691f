/*
 * fuzz_event.c - payloads of every type, appended to a ledger where people are signed in.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "fuzz.h"
#include "ledger/registry.h"
#include "proof/bundle.h"
#include "support/explaining.h"
#include "support/harness.h"
#include "support/people.h"
#include "support/second_hash.h"

/* The first byte of an input says who appends, the second of which type. */
static const char *const types[] = {
	"GENESIS", "POLICY_CHANGED", "EVENT_TYPE", "KEY_ROTATED", "LOGIN", "SESSION_ROTATED",
	"SESSION_REVOKED", "PROFILE_UPDATE", "CHAT_KEY", "MESSAGE", "REFERRAL_USE", "CONTENT_CREATED",
	"COHERENCE_SCORED", "SERVER_CHANGED", "POSTED", "NOTED", "UNKNOWN"
};

static sample s;
static person alice;
static person bob;

static void
begin(void)
{
	people_ledger(&s, PEOPLE_POLICY(""));
	alice = people_join(&s, 1, 1);
	bob = people_join(&s, 2, 2);
	people_chat_key(&s, &bob, 2);
	people_settle_in(&s, &alice, &bob);
}

/* An entry that was appended is one that is read. */
static void
appended(void)
{
	const sample_entry *last = &s.entry[s.count - 1];
	qfs_slice	line = {last->bytes, last->len};
	qfs_entry	entry;
	qfs_hash	hash;

	PROPERTY(qfs_line_read(line, &entry, NULL) == QFS_OK);
	PROPERTY(entry.is_full);
	hash = second_hash(line);
	PROPERTY(memcmp(&hash, &last->seal.hash, sizeof(hash)) == 0);
	PROPERTY(memcmp(&hash, &s.chain.head, sizeof(hash)) == 0);
}

/* And it can be explained to whoever trusts the key. */
static void
explained(void)
{
	static explaining e;
	static qfs_bundle bundle;
	test_memory memory = {0};
	qfs_question q = {.topic = QFS_TOPIC_ENTRY,.seq = s.count - 1,.size = s.count};

	/* To an auditor, and to Alice. */
	for (int to_subject = 0; to_subject < 2; to_subject++)
	{
		q.has_subject = q.to_subject = to_subject;
		q.subject = alice.wallet.user;
		PROPERTY(explaining_make(&e, &s, &q, -1) == QFS_OK);
		PROPERTY(!e.is_ours || qfs_bundle_verify(e.bundle, &e.key, &qfs_registry_own, test_allocator(&memory), &bundle, NULL) == QFS_OK);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char payload[QFS_PAYLOAD_MAX + 2];
	static bool begun;
	const person *who;
	qfs_hash	before;
	qfs_hash	after;
	qfs_status	status;

	if (size < 2 || size - 2 >= sizeof(payload) || memchr(data, 0, size) != NULL)
		return -1;
	if (!begun)
		begin();
	begun = true;
	/* The trigger has made the payload canonical. */
	if (qfs_json_check((qfs_slice) {data + 2, size - 2}, NULL) != QFS_OK)
		return 0;
	memcpy(payload, data + 2, size - 2);
	payload[size - 2] = '\0';

	before = sample_state(&s);
	who = data[0] % 4 == 2 ? &alice : data[0] % 4 == 3 ? &bob : NULL;
	status = sample_append_as(&s, who != NULL ? who->auth : data[0] % 4 == 0 ? SAMPLE_OPERATOR : SIGNIN_WALLET,
							  who != NULL ? &who->wallet.user : NULL,
							  types[data[1] % ROWS(types)], payload);
	if (status != QFS_OK)
	{
		fuzz_check_error(status, &s.err);
		after = sample_state(&s);
		PROPERTY(memcmp(&before, &after, sizeof(after)) == 0);
		return 0;
	}
	appended();
	explained();
	/* The next input finds the ledger as this one did. */
	sample_close(&s);
	begin();
	return 0;
}
