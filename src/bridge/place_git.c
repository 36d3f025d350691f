/*
 * place_git.c - checkpoints as commits, pushed to a remote repository.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * The operator clones the repository; how the remote is reached, and with whose
 * key, is the clone's configuration and git's own business.
 *
 * A crash leaves git's locks behind, which git leaves for a person to remove.
 * No command of ours runs longer than its timeout, so a lock that is older is
 * nobody's: the clone is ours alone.
 */
#include "bridge/place.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bridge/log.h"
#include "bridge/program.h"
#include "bridge/usage.h"

#define ARGUMENTS_MAX 12

typedef struct Clone
{
	const char *path;
	long		timeout_ms;		/* of one command of git */
} Clone;

/* git -C <clone> ARGUMENT...; the exit code. */
static int
git(const Place *place, const char *const *arguments, char output[PROGRAM_OUTPUT])
{
	const Clone *clone = place->context;
	const char *all[ARGUMENTS_MAX + 8] = {"git", "-C", clone->path,
		"-c", "user.name=qfs-bridge", "-c", "user.email=qfs-bridge@localhost"};
	size_t		n = 7;

	while (*arguments != NULL && n < ARGUMENTS_MAX + 7)
		all[n++] = *arguments++;
	all[n] = NULL;
	return program_run(all, clone->timeout_ms, output);
}

#define GIT(place, output, ...) git((place), (const char *const[]) {__VA_ARGS__, NULL}, (output))

/* ---- locks that a crash left behind ---- */

/* git lets no ref end with it. */
static bool
is_lock(const FTSENT *file)
{
	static const char suffix[] = ".lock";
	size_t		length = sizeof(suffix) - 1;

	return file->fts_info == FTS_F && file->fts_namelen > length &&
		strcmp(file->fts_name + file->fts_namelen - length, suffix) == 0;
}

static void
remove_old_locks(const Place *place)
{
	const Clone *clone = place->context;
	char		path[PROGRAM_OUTPUT];
	char	   *paths[] = {path, NULL};
	FTS		   *files;
	FTSENT	   *file;

	if (GIT(place, path, "rev-parse", "--path-format=absolute", "--git-common-dir") != 0)
		return;
	path[strcspn(path, "\n")] = '\0';
	files = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (files != NULL && (file = fts_read(files)) != NULL)
	{
		/* Many, and none of them is ever locked. */
		if (file->fts_info == FTS_D && file->fts_level == 1 && strcmp(file->fts_name, "objects") == 0)
			fts_set(files, file, FTS_SKIP);
		else if (is_lock(file) && time(NULL) - file->fts_statp->st_mtime > clone->timeout_ms / 1000 && unlink(file->fts_path) == 0)
			log_event(LOG_WARN, "lock_removed", "place", place->name, "lock", file->fts_path, NULL);
	}
	if (files != NULL)
		fts_close(files);
}

/* ---- keeping ---- */

/* A file that was committed before, by an attempt that could not push, is no change. */
static bool
commit(Place *place, const Note *note)
{
	char		output[PROGRAM_OUTPUT];
	char		name[NOTE_NAME_MAX];
	char		message[64];

	note_name(note, name);
	snprintf(message, sizeof(message), "Checkpoint of %lld entries", (long long) note->size);
	if (GIT(place, output, "add", "--force", "--", name) != 0)
		return place_fail(place, "git add failed", output);
	if (GIT(place, output, "diff", "--cached", "--quiet", "--", name) == 0)
		return true;
	if (GIT(place, output, "commit", "--quiet", "--message", message, "--", name) != 0)
		return place_fail(place, "git commit failed", output);
	return true;
}

/* Somebody else may have pushed: what he has comes first then. */
static bool
push(Place *place)
{
	char		output[PROGRAM_OUTPUT];
	char		first[PROGRAM_OUTPUT];

	if (GIT(place, first, "push", "--quiet", "origin", "HEAD") == 0)
		return true;
	if (GIT(place, output, "pull", "--quiet", "--rebase", "origin", "HEAD") != 0)
	{
		GIT(place, output, "rebase", "--abort");
		return place_fail(place, "git push failed", first);
	}
	if (GIT(place, output, "push", "--quiet", "origin", "HEAD") != 0)
		return place_fail(place, "git push failed", output);
	return true;
}

static bool
keep(Place *place, Database *db, const Note *note)
{
	const Clone *clone = place->context;

	(void) db;
	if (directory_put(place, clone->path, note) && commit(place, note) && push(place))
		return true;
	remove_old_locks(place);
	return false;
}

static const PlaceKind kind = {"git", keep};

void
places_add_repositories(const Config *config, Place **places, int *count)
{
	const char *const *values;
	size_t		n = config_list(config, "git", &values);

	/* Nobody is there to answer a question. */
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	setenv("GIT_SSH_COMMAND", "ssh -o BatchMode=yes", 0);
	for (size_t i = 0; i < n; i++)
	{
		Clone	   *clone = allocate(sizeof(*clone));

		*clone = (Clone) {values[i], config_number(config, "git_seconds") * 1000};
		place_add(places, count, &kind, values[i])->context = clone;
	}
}
