/*
 * amount_tool.c - the arithmetic of src/core, a line of text each.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * For comparisons with programs in other languages.  Reads lines "command
 * amount ...", and answers each with one line: amounts, or a status code.
 *
 *   add a b, sub a b, mul a b, div a b
 *   step c q alpha
 *   score 6 features, 6 weights
 *   hsmf s_res s_flx s_psi_sync f_atr s_chr lambda1 lambda2
 */
#include <stdio.h>

#include "base/status.h"
#include "engine/coherence.h"

#define ARGUMENTS_MAX (2 * QFS_FEATURES)
#define RESULTS_MAX 8

static qfs_status
add(const qfs_amount *in, qfs_amount *out)
{
	return qfs_amount_add(in[0], in[1], out, NULL);
}

static qfs_status
sub(const qfs_amount *in, qfs_amount *out)
{
	return qfs_amount_sub(in[0], in[1], out, NULL);
}

static qfs_status
mul(const qfs_amount *in, qfs_amount *out)
{
	return qfs_amount_mul(in[0], in[1], out, NULL);
}

static qfs_status
quotient(const qfs_amount *in, qfs_amount *out)
{
	return qfs_amount_div(in[0], in[1], out, NULL);
}

static qfs_status
step(const qfs_amount *in, qfs_amount *out)
{
	*out = qfs_coherence_step(in[0], in[1], in[2]);
	return QFS_OK;
}

static qfs_status
score(const qfs_amount *in, qfs_amount *out)
{
	*out = qfs_coherence_score(in, in + QFS_FEATURES);
	return QFS_OK;
}

static qfs_status
hsmf(const qfs_amount *in, qfs_amount *out)
{
	qfs_hsmf	m = {.s_res = in[0],.s_flx = in[1],.s_psi_sync = in[2],.f_atr = in[3],.s_chr = in[4],
		.lambda1 = in[5],.lambda2 = in[6]
	};
	qfs_status	status = qfs_hsmf_compute(&m, NULL);
	const qfs_amount results[RESULTS_MAX] = {
		m.action_cost, m.c_holo, m.chr, m.flx, m.res, m.psi, m.atr, m.total
	};

	memcpy(out, results, sizeof(results));
	return status;
}

/* ---- lines ---- */

static const struct
{
	const char *name;
	int			arguments;
	int			results;
	qfs_status	(*run) (const qfs_amount *in, qfs_amount *out);
}			commands[] = {
	{"add", 2, 1, add},
	{"sub", 2, 1, sub},
	{"mul", 2, 1, mul},
	{"div", 2, 1, quotient},
	{"step", 3, 1, step},
	{"score", 2 * QFS_FEATURES, 1, score},
	{"hsmf", 7, 8, hsmf},
};

static void
put_amount(qfs_amount a, char end)
{
	char		text[QFS_AMOUNT_TEXT];
	qfs_buf		buf;

	qfs_buf_init(&buf, text, sizeof(text));
	qfs_amount_write(&buf, a);
	printf("%.*s%c", (int) buf.len, text, end);
}

/* Returns how many amounts there are; negative if one is none. */
static int
read_amounts(char *words, qfs_amount *out)
{
	int			n = 0;

	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		if (n == ARGUMENTS_MAX || qfs_amount_parse(qfs_slice_of(word), &out[n++], NULL) != QFS_OK)
			return -1;
	return n;
}

static bool
run_line(char *line)
{
	size_t		len = strcspn(line, " ");
	qfs_amount	in[ARGUMENTS_MAX];
	qfs_amount	out[RESULTS_MAX] = {0};
	int			given = line[len] != '\0' ? read_amounts(line + len + 1, in) : 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
	{
		qfs_status	status;

		if (strlen(commands[i].name) != len || memcmp(commands[i].name, line, len) != 0)
			continue;
		if (given != commands[i].arguments)
			return false;
		status = commands[i].run(in, out);
		if (status != QFS_OK)
			puts(qfs_status_code(status));
		for (int n = 0; n < commands[i].results && status == QFS_OK; n++)
			put_amount(out[n], n + 1 < commands[i].results ? ' ' : '\n');
		return true;
	}
	return false;
}

int
main(void)
{
	static char line[1024];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		if (!run_line(line))
		{
			fprintf(stderr, "amount_tool: not understood: %.60s\n", line);
			return 2;
		}
	}
	return 0;
}
