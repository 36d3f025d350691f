/*
 * policy_text.c - the default policy, and the schema that every policy fits.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Both are canonical JSON: keys in order, no white space.
 */
#include "engine/policy_text.h"

const char	qfs_policy_default_text[] =
	"{"
	"\"auth\":{\"chain_ids\":[1],\"domains\":[],\"uris\":[]},"
	"\"block_ms\":17000,"
	"\"coherence\":{"
	"\"acts\":{\"FRAUD_BLOCKED\":\"0\",\"MESSAGE_RECIPROCATED\":\"0.6\",\"PROFILE_COMPLETED\":\"0.3\","
	"\"REFERRAL_ACTIVATED_REFEREE\":\"0.5\",\"REFERRAL_ACTIVATED_REFERRER\":\"1\"},"
	"\"alpha\":\"0.1\","
	"\"trust\":{\"AUTHORITY\":\"0.9\",\"TRUSTED\":\"0.7\",\"VERIFIED\":\"0.5\"},"
	"\"weights\":{\"clarity\":\"0.08\",\"contradiction\":\"0.12\",\"hsmf\":\"0.2\","
	"\"logic\":\"0.2\",\"signal\":\"0.16\",\"topic\":\"0.24\"}},"
	"\"epoch_blocks\":512,"
	"\"evaluators\":[],"
	"\"limits\":{\"events_per_minute\":1000,\"logins_per_minute\":10,"
	"\"messages_per_minute\":60,\"threads_per_day\":10},"
	"\"nonce_ttl_ms\":300000,"
	"\"operators\":[],"
	"\"page_errors\":\"off\","
	"\"referral\":{\"activation\":[\"message_received\",\"message_sent\",\"profile\"],"
	"\"cap\":100,\"flx_cap\":\"1000000\",\"points\":10,"
	"\"tiers\":[{\"flx\":\"100\",\"to\":5},{\"flx\":\"80\",\"to\":20},"
	"{\"flx\":\"50\",\"to\":50},{\"flx\":\"20\",\"to\":100}],"
	"\"window_blocks\":1000},"
	"\"rules\":1,"
	"\"sessions_max\":16,"
	"\"signed\":\"devices\","
	"\"signed_types\":[],"
	"\"ttl_blocks\":1000,"
	"\"visibility\":\"parties\""
	"}";

/*
 * Not in the default above: the hash of a policy that was written before
 * there was governance stays what it is.
 */
const char	qfs_governance_default_text[] =
	"{"
	"\"agenda\":12,"
	"\"cooldown_blocks\":120,"
	"\"deposit\":\"100\","
	"\"dormant_epochs\":3000,"
	"\"grace_blocks\":5120,"
	"\"key_cooldown_epochs\":2,"
	"\"late_blocks\":240,"
	"\"mode\":\"off\","
	"\"operator_keys\":[\"auth.chain_ids\",\"auth.domains\",\"auth.uris\",\"limits.*\",\"nonce_ttl_ms\"],"
	"\"power_percent\":25,"
	"\"threshold_percent\":1,"
	"\"tracks\":{"
	"\"constitution\":{\"approval\":51,\"majority\":66,\"quorum\":66,"
	"\"review_blocks\":512,\"timelock_blocks\":1024,\"voting_blocks\":2048},"
	"\"emergency\":{\"approval\":80,\"majority\":80,\"quorum\":80,"
	"\"review_blocks\":0,\"timelock_blocks\":0,\"voting_blocks\":60},"
	"\"parameter\":{\"approval\":20,\"majority\":66,\"quorum\":30,"
	"\"review_blocks\":120,\"timelock_blocks\":240,\"voting_blocks\":720},"
	"\"text\":{\"approval\":20,\"majority\":66,\"quorum\":30,"
	"\"review_blocks\":120,\"timelock_blocks\":240,\"voting_blocks\":720}},"
	"\"veto_percent\":34"
	"}";

/* Ranges.  additionalProperties is false, and every key is required, but for "governance". */
#define RANGE(low, high) "{\"maximum\":" #high ",\"minimum\":" #low ",\"type\":\"integer\"}"
#define AMOUNT "{\"maxLength\":40,\"minLength\":1,\"type\":\"string\"}"
#define STRINGS(high) "{\"items\":{\"maxLength\":" #high ",\"minLength\":1,\"type\":\"string\"}," \
	"\"maxItems\":64,\"type\":\"array\"}"

const char	qfs_policy_schema_text[] =
	"{\"properties\":{"
	"\"auth\":{\"properties\":{"
	"\"chain_ids\":{\"items\":" RANGE(0, 9007199254740991) ",\"maxItems\":64,\"type\":\"array\"},"
	"\"domains\":" STRINGS(255) ",\"uris\":" STRINGS(2048) "},"
	"\"required\":[\"chain_ids\",\"domains\",\"uris\"],\"type\":\"object\"},"
	"\"block_ms\":" RANGE(1000, 86400000) ","
	"\"coherence\":{\"properties\":{"
	"\"acts\":{\"properties\":{\"FRAUD_BLOCKED\":" AMOUNT ",\"MESSAGE_RECIPROCATED\":" AMOUNT ","
	"\"PROFILE_COMPLETED\":" AMOUNT ",\"REFERRAL_ACTIVATED_REFEREE\":" AMOUNT ","
	"\"REFERRAL_ACTIVATED_REFERRER\":" AMOUNT "},"
	"\"required\":[\"FRAUD_BLOCKED\",\"MESSAGE_RECIPROCATED\",\"PROFILE_COMPLETED\","
	"\"REFERRAL_ACTIVATED_REFEREE\",\"REFERRAL_ACTIVATED_REFERRER\"],\"type\":\"object\"},"
	"\"alpha\":" AMOUNT ","
	"\"trust\":{\"properties\":{\"AUTHORITY\":" AMOUNT ",\"TRUSTED\":" AMOUNT ",\"VERIFIED\":" AMOUNT "},"
	"\"required\":[\"AUTHORITY\",\"TRUSTED\",\"VERIFIED\"],\"type\":\"object\"},"
	"\"weights\":{\"properties\":{\"clarity\":" AMOUNT ",\"contradiction\":" AMOUNT ",\"hsmf\":" AMOUNT ","
	"\"logic\":" AMOUNT ",\"signal\":" AMOUNT ",\"topic\":" AMOUNT "},"
	"\"required\":[\"clarity\",\"contradiction\",\"hsmf\",\"logic\",\"signal\",\"topic\"],\"type\":\"object\"}},"
	"\"required\":[\"acts\",\"alpha\",\"trust\",\"weights\"],\"type\":\"object\"},"
	"\"epoch_blocks\":" RANGE(1, 1000000) ","
	"\"evaluators\":" STRINGS(69) ","
	"\"governance\":{\"additionalProperties\":true,\"type\":\"object\"},"
	"\"limits\":{\"properties\":{"
	"\"events_per_minute\":" RANGE(0, 1000000) ","
	"\"logins_per_minute\":" RANGE(0, 1000000) ","
	"\"messages_per_minute\":" RANGE(0, 1000000) ","
	"\"threads_per_day\":" RANGE(0, 1000000) "},"
	"\"required\":[\"events_per_minute\",\"logins_per_minute\",\"messages_per_minute\","
	"\"threads_per_day\"],\"type\":\"object\"},"
	"\"nonce_ttl_ms\":" RANGE(1000, 86400000) ","
	"\"operators\":" STRINGS(69) ","
	"\"page_errors\":{\"enum\":[\"off\",\"on\"]},"
	"\"referral\":{\"properties\":{"
	"\"activation\":{\"items\":{\"enum\":[\"message_received\",\"message_sent\",\"profile\"]},"
	"\"maxItems\":3,\"type\":\"array\"},"
	"\"cap\":" RANGE(0, 1000000) ","
	"\"flx_cap\":" AMOUNT ","
	"\"points\":" RANGE(0, 1000000) ","
	"\"tiers\":{\"items\":{\"properties\":{\"flx\":" AMOUNT ",\"to\":" RANGE(1, 1000000) "},"
	"\"required\":[\"flx\",\"to\"],\"type\":\"object\"},\"maxItems\":16,\"minItems\":1,\"type\":\"array\"},"
	"\"window_blocks\":" RANGE(0, 1000000) "},"
	"\"required\":[\"activation\",\"cap\",\"flx_cap\",\"points\",\"tiers\",\"window_blocks\"],\"type\":\"object\"},"
	"\"rules\":" RANGE(1, 1000000) ","
	"\"sessions_max\":" RANGE(1, 16) ","
	"\"signed\":{\"enum\":[\"all\",\"devices\",\"none\"]},"
	"\"signed_types\":" STRINGS(63) ","
	"\"ttl_blocks\":" RANGE(1, 1000000) ","
	"\"visibility\":{\"enum\":[\"parties\",\"public\"]}"
	"},\"required\":[\"auth\",\"block_ms\",\"coherence\",\"epoch_blocks\",\"evaluators\",\"limits\",\"nonce_ttl_ms\","
	"\"operators\",\"page_errors\",\"referral\",\"rules\",\"sessions_max\",\"signed\",\"signed_types\",\"ttl_blocks\",\"visibility\"],"
	"\"type\":\"object\"}";

/* Percentages of a track, from the least to the most that each may be; then its blocks. */
#define TRACK(approval, majority, quorum) "{\"properties\":{" \
	"\"approval\":" approval ",\"majority\":" majority ",\"quorum\":" quorum "," \
	"\"review_blocks\":" RANGE(0, 100000) ",\"timelock_blocks\":" RANGE(0, 100000) "," \
	"\"voting_blocks\":" RANGE(10, 100000) "}," \
	"\"required\":[\"approval\",\"majority\",\"quorum\",\"review_blocks\",\"timelock_blocks\",\"voting_blocks\"]," \
	"\"type\":\"object\"}"

const char	qfs_governance_schema_text[] =
	"{\"properties\":{"
	"\"agenda\":" RANGE(1, 12) ","
	"\"cooldown_blocks\":" RANGE(0, 100000) ","
	"\"deposit\":" AMOUNT ","
	"\"dormant_epochs\":" RANGE(0, 100000) ","
	"\"grace_blocks\":" RANGE(512, 100000) ","
	"\"key_cooldown_epochs\":" RANGE(0, 100) ","
	"\"late_blocks\":" RANGE(1, 10000) ","
	"\"mode\":{\"enum\":[\"off\",\"on\",\"trial\"]},"
	"\"operator_keys\":" STRINGS(65) ","
	"\"power_percent\":" RANGE(1, 25) ","
	"\"threshold_percent\":" RANGE(0, 25) ","
	"\"tracks\":{\"properties\":{"
	"\"constitution\":" TRACK(RANGE(51, 90), RANGE(51, 90), RANGE(51, 90)) ","
	"\"emergency\":" TRACK(RANGE(80, 100), RANGE(80, 100), RANGE(80, 100)) ","
	"\"parameter\":" TRACK(RANGE(0, 100), RANGE(51, 100), RANGE(0, 100)) ","
	"\"text\":" TRACK(RANGE(0, 100), RANGE(51, 100), RANGE(0, 100)) "},"
	"\"required\":[\"constitution\",\"emergency\",\"parameter\",\"text\"],\"type\":\"object\"},"
	"\"veto_percent\":" RANGE(25, 50) "},"
	"\"required\":[\"agenda\",\"cooldown_blocks\",\"deposit\",\"dormant_epochs\",\"grace_blocks\",\"key_cooldown_epochs\","
	"\"late_blocks\",\"mode\",\"operator_keys\",\"power_percent\",\"threshold_percent\",\"tracks\",\"veto_percent\"],"
	"\"type\":\"object\"}";
