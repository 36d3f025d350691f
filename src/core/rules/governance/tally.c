/*
 * tally.c - how much a holder's vote weighs, and what the votes of a proposal come to.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "rules/governance/tally.h"

const qfs_guard qfs_guard_tally_veto = {.name = "TALLY_VETO",.relation = QFS_BELOW,.unit = "NOD, times 100",.key = "governance.veto_percent",.of_proposal = true,
	.principle = QFS_NOBODY_DECIDES_ALONE,.severity = QFS_STOPS_PROPOSAL};
const qfs_guard qfs_guard_tally_quorum = {.name = "TALLY_QUORUM",.relation = QFS_AT_LEAST,.unit = "NOD, times 100",.key = "governance.tracks.*.quorum",.of_proposal = true,
	.principle = QFS_NOBODY_DECIDES_ALONE,.severity = QFS_STOPS_PROPOSAL};
const qfs_guard qfs_guard_tally_approval = {.name = "TALLY_APPROVAL",.relation = QFS_AT_LEAST,.unit = "NOD, times 100",.key = "governance.tracks.*.approval",.of_proposal = true,
	.principle = QFS_NOBODY_DECIDES_ALONE,.severity = QFS_STOPS_PROPOSAL};
const qfs_guard qfs_guard_tally_majority = {.name = "TALLY_MAJORITY",.relation = QFS_AT_LEAST,.unit = "NOD, times 100",.key = "governance.tracks.*.majority",.of_proposal = true,
	.principle = QFS_NOBODY_DECIDES_ALONE,.severity = QFS_STOPS_PROPOSAL};

int64_t
qfs_nod_power(int64_t nod, int64_t total, int64_t power_percent)
{
	int64_t		most = total * power_percent / 100;

	return nod < most ? nod : most;
}

static void
judge(qfs_verdict *out, const qfs_guard *guard, int64_t bound, int64_t observed)
{
	out->guards[out->count].guard = guard;
	out->guards[out->count].bound = bound;
	out->guards[out->count].observed = observed;
	out->count++;
	if (out->blocked == NULL && qfs_guard_blocks(guard, (qfs_amount) bound, (qfs_amount) observed))
		out->blocked = guard;
}

static int64_t
at_least_one(int64_t n)
{
	return n > 1 ? n : 1;
}

int64_t
qfs_tally_cast(const qfs_counts *counts)
{
	return counts->yes + counts->no + counts->abstain + counts->veto;
}

/* Of nothing that was cast no share is a veto, and nobody's yes is no approval: hence the bounds of at least one. */
void
qfs_tally_verdict(const qfs_terms *terms, const qfs_counts *counts, qfs_verdict *out)
{
	int64_t		cast = qfs_tally_cast(counts);
	int64_t		decided = cast - counts->abstain;

	out->count = 0;
	out->blocked = NULL;
	judge(out, &qfs_guard_tally_veto, at_least_one(terms->veto_percent * cast), 100 * counts->veto);
	judge(out, &qfs_guard_tally_quorum, terms->quorum * counts->total, 100 * cast);
	judge(out, &qfs_guard_tally_approval, at_least_one(terms->approval * counts->total), 100 * counts->yes);
	judge(out, &qfs_guard_tally_majority, terms->majority * decided, 100 * counts->yes);
}

bool
qfs_tally_passes(const qfs_terms *terms, const qfs_counts *counts)
{
	qfs_verdict verdict;

	qfs_tally_verdict(terms, counts, &verdict);
	return verdict.blocked == NULL;
}

bool
qfs_tally_is_decided(const qfs_terms *terms, const qfs_counts *counts)
{
	qfs_counts	worst = *counts;

	worst.veto += counts->total - qfs_tally_cast(counts);
	return qfs_tally_passes(terms, counts) && qfs_tally_passes(terms, &worst);
}
