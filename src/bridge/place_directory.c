/*
 * place_directory.c - checkpoints as files of a directory.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE				/* renameat2 */
#endif

#include "bridge/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bridge/usage.h"

#define INCOMING ".incoming"

/* Longest note that is read back, in bytes; one of ours is shorter. */
#define NOTE_MAX 65536

static bool
fail_errno(Place *place, const char *why)
{
	return place_fail(place, why, strerror(errno));
}

/* Is the file of this name, which is there, the note? */
static bool
compare_file(Place *place, int dir, const char *name, const Note *note)
{
	static char found[NOTE_MAX + 1];
	int			file = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t		length = 0;
	ssize_t		got = 0;

	if (file < 0)
		return fail_errno(place, "the checkpoint that is there cannot be opened");
	while (length < NOTE_MAX && (got = read(file, found + length, NOTE_MAX - length)) > 0)
		length += (size_t) got;
	close(file);
	if (got < 0)
		return fail_errno(place, "the checkpoint that is there cannot be read");
	found[length] = '\0';
	return place_compare(place, note, found);
}

static bool
write_all(int file, const char *text)
{
	size_t		length = strlen(text);

	while (length > 0)
	{
		ssize_t		written = write(file, text, length);

		if (written < 0)
			return false;
		text += written;
		length -= (size_t) written;
	}
	return fsync(file) == 0;
}

/* Under its name at once, or not at all if there is one of this name. */
static bool
give_name(int dir, const char *name)
{
	if (renameat2(dir, INCOMING, dir, name, RENAME_NOREPLACE) == 0)
		return true;
	/* Not every file system can do that. */
	if (errno != EINVAL || linkat(dir, INCOMING, dir, name, 0) != 0)
		return false;
	return unlinkat(dir, INCOMING, 0) == 0;
}

static bool
put_file(Place *place, int dir, int file, const Note *note)
{
	char		name[NOTE_NAME_MAX];

	note_name(note, name);
	if (flock(file, LOCK_EX | LOCK_NB) != 0)
		return fail_errno(place, "another program is writing there");
	if (ftruncate(file, 0) != 0 || !write_all(file, note->cosigned))
		return fail_errno(place, "the file cannot be written");
	if (give_name(dir, name))
		return fsync(dir) == 0 || fail_errno(place, "the directory cannot be synchronized");
	if (errno != EEXIST)
		return fail_errno(place, "the file cannot get its name");
	unlinkat(dir, INCOMING, 0);
	return compare_file(place, dir, name, note);
}

bool
directory_put(Place *place, const char *path, const Note *note)
{
	int			dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int			file;
	bool		done;

	if (dir < 0)
		return fail_errno(place, "the directory cannot be opened");
	file = openat(dir, INCOMING, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	done = file < 0 ? fail_errno(place, "no file can be made there") : put_file(place, dir, file, note);
	if (file >= 0)
		close(file);
	close(dir);
	return done;
}

static bool
keep(Place *place, Database *db, const Note *note)
{
	(void) db;
	return directory_put(place, place->context, note);
}

static const PlaceKind kind = {"directory", keep};

void
places_add_directories(const Config *config, Place **places, int *count)
{
	const char *const *values;
	size_t		n = config_list(config, "directory", &values);

	for (size_t i = 0; i < n; i++)
		place_add(places, count, &kind, values[i])->context = duplicate(values[i]);
}
