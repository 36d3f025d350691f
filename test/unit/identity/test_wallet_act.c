/*
 * test_wallet_act.c - the text that a wallet signs, and whose signature it is.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "suites.h"

#include <sodium.h>
#include <stdio.h>

#include "crypto/sha256.h"
#include "engine/event_signature.h"
#include "identity/wallet_act.h"
#include "support/signin.h"

/* ---- the vector of docs/format.md ---- */

#define ORIGIN "ledger.example/gov"
#define ACTION "eaee9a0edaaac06e49ee914d10cb950480a77036f066cffae201701f1d1a740b"
#define BALLOT "{\"action\":\"" ACTION "\",\"choice\":\"yes\",\"proposal\":184}"
#define PROPOSAL "{\"action\":{\"policy\":{\"referral\":{\"cap\":50}}}," \
	"\"text\":\"42718b6b1d9c4e08a58937def39d2f3812991c026f6545bbc8f2c558c37cc883\"," \
	"\"title\":\"Halve the referral cap\",\"track\":\"parameter\"}"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define SIGNED "0c7fe14dabb3ea654587fe5cd8caf835be0abe309ba5a52f412f1936979b81bb" \
	"4e9a100b2dddfafb2833bfb9959b5295697fdbeb84644270621bc06671a1eaa5" "1b"

static const char text[] = ORIGIN " asks for your signature.\n\nEvent: VOTE_CAST\nPayload: " BALLOT
"\nNonce: 7\nLedger: " ONES;

static qfs_hash
ones(void)
{
	qfs_hash	hash;

	memset(&hash, 0x11, sizeof(hash));
	return hash;
}

static void
vector(void)
{
	uint8_t		memory[512];
	uint8_t		signature[65];
	qfs_hash	ledger = ones();
	qfs_hash	hash;
	qfs_user_id signer;
	qfs_buf		buf;
	test_wallet wallet = test_wallet_of(7);

	qfs_sha256(QFS_LITERAL(PROPOSAL), &hash);
	CHECK_HEX(hash.bytes, QFS_HASH_LEN, ACTION);
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_wallet_act_text(QFS_LITERAL(ORIGIN), QFS_LITERAL("VOTE_CAST"), QFS_LITERAL(BALLOT), 7, &ledger, &buf);
	CHECK_TEXT(qfs_buf_slice(&buf), text);
	CHECK_UINT(buf.len, 260);
	test_personal_sign(&wallet, qfs_slice_of(text), signature);
	CHECK_HEX(signature, sizeof(signature), SIGNED);
	CHECK_STATUS(qfs_wallet_act_signer(qfs_slice_of(text), QFS_LITERAL("\"0x" SIGNED "\""), &signer, NULL), QFS_OK);
	CHECK(memcmp(&signer, &wallet.user, sizeof(signer)) == 0);
	CHECK(strncmp(wallet.user_name, "user_fbcaab4f", 13) == 0 && strcmp(wallet.user_name + 64, "b06de") == 0);
}

/* The same ballot as a device signs it. */
static void
device_message(void)
{
	uint8_t		memory[1024];
	test_wallet wallet = test_wallet_of(7);
	qfs_entry	event = {.type = QFS_LITERAL("VOTE_CAST"),.has_actor = true,.actor = wallet.user,
	.payload = QFS_LITERAL(BALLOT)};
	qfs_hash	ledger = ones();
	qfs_hash	hash;
	qfs_buf		buf;

	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_event_message(&ledger, &event, 7, &buf);
	qfs_sha256(qfs_buf_slice(&buf), &hash);
	CHECK_HEX(hash.bytes, QFS_HASH_LEN, "1aca2c1b4f00ea1db874f3b96ab260bbb69efec28d56f24955885d08ce1ae873");
}

/* The longest there is has room beside the longest payload. */
static void
longest(void)
{
	static uint8_t memory[QFS_WALLET_TEXT_MORE];
	char		origin[QFS_TEXT_MAX + 1];
	char		type[QFS_TYPE_MAX + 1];
	qfs_hash	ledger = ones();
	qfs_buf		buf;

	memset(origin, 'o', sizeof(origin));
	memset(type, 'T', sizeof(type));
	origin[QFS_TEXT_MAX] = type[QFS_TYPE_MAX] = '\0';
	qfs_buf_init(&buf, memory, sizeof(memory));
	qfs_wallet_act_text(qfs_slice_of(origin), qfs_slice_of(type), QFS_LITERAL(""), QFS_INT_MAX, &ledger, &buf);
	CHECK(!buf.overflow);
}

/* Every byte of the text is signed: with another one it is another account's, or nobody's. */
static void
every_byte(void)
{
	test_wallet wallet = test_wallet_of(7);
	char		changed[sizeof(text)];
	qfs_user_id signer;

	for (size_t at = 0; at < sizeof(text) - 1; at++)
	{
		unit_row("byte %zu", at);
		memcpy(changed, text, sizeof(text));
		changed[at] ^= 1;
		if (qfs_wallet_act_signer(qfs_slice_of(changed), QFS_LITERAL("\"0x" SIGNED "\""), &signer, NULL) == QFS_OK)
			CHECK(memcmp(&signer, &wallet.user, sizeof(signer)) != 0);
	}
}

#define ZEROS64 "0000000000000000000000000000000000000000000000000000000000000000"
#define SIGNED_R "0c7fe14dabb3ea654587fe5cd8caf835be0abe309ba5a52f412f1936979b81bb"
#define SIGNED_S "4e9a100b2dddfafb2833bfb9959b5295697fdbeb84644270621bc06671a1eaa5"
/* n - s */
#define HIGH_S "b165eff4d2220504d7cc40466a64ad6a512f020e2ae45dcb5db69e26609e569c"

static void
refused(void)
{
	static const struct
	{
		const char *sig;
		qfs_status	want;
		const char *detail;
	}			rows[] = {
		{"null", QFS_AUTH_INVALID, "130 lower-case"},
		{"7", QFS_AUTH_INVALID, "130 lower-case"},
		{"[]", QFS_AUTH_INVALID, "130 lower-case"},
		{"\"\"", QFS_AUTH_INVALID, "130 lower-case"},
		{"\"" SIGNED "\"", QFS_AUTH_INVALID, "130 lower-case"},
		{"\"0X" SIGNED "\"", QFS_AUTH_INVALID, "130 lower-case"},
		{"\"0x" SIGNED_R SIGNED_S "1B\"", QFS_AUTH_INVALID, "130 lower-case"},
		{"\"0x" SIGNED "0\"", QFS_AUTH_INVALID, "130 lower-case"},
		{"\"0x" SIGNED_R SIGNED_S "1g\"", QFS_AUTH_INVALID, "130 lower-case"},
		/* As EIP-2098 packs it: a second spelling. */
		{"\"0x" SIGNED_R SIGNED_S "\"", QFS_AUTH_INVALID, "130 lower-case"},
		/* Cut short, or a contract's: ERC-1271, ERC-6492. */
		{"\"0x\"", QFS_CONTRACT_WALLET, "0 bytes; was it cut short?"},
		{"\"0x" SIGNED "00\"", QFS_CONTRACT_WALLET, "66 bytes"},
		{"\"0x" ZEROS64 ZEROS64 ZEROS64 "6492649264926492649264926492649264926492649264926492649264926492\"",
		QFS_CONTRACT_WALLET, "128 bytes"},
		{"\"0x" SIGNED_R SIGNED_S "1d\"", QFS_SIGNATURE_RECOVERY_ID, "29"},
		{"\"0x" ZEROS64 SIGNED_S "1b\"", QFS_SIGNATURE_RANGE, "r"},
		{"\"0x" SIGNED_R HIGH_S "1c\"", QFS_SIGNATURE_HIGH_S, ""},
	};

	for (size_t i = 0; i < ROWS(rows); i++)
	{
		qfs_error	err = {QFS_OK, ""};
		qfs_user_id signer;

		unit_row("%s", rows[i].sig);
		CHECK_STATUS(qfs_wallet_act_signer(qfs_slice_of(text), qfs_slice_of(rows[i].sig), &signer, &err), rows[i].want);
		CHECK_DETAIL(&err, rows[i].detail);
	}
}

static const unit_case cases[] = {
	CASE(vector),
	CASE(device_message),
	CASE(longest),
	CASE(every_byte),
	CASE(refused),
	NO_MORE_CASES
};

const unit_suite suite_wallet_act = {"wallet_act", cases};
