/*
 * place.h - a place outside of the database where checkpoints are kept.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * An old checkpoint that nobody who administers the database can change is
 * what every claim against him rests on.
 */
#ifndef QFS_BRIDGE_PLACE_H
#define QFS_BRIDGE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/config.h"
#include "bridge/database.h"

/* The published checkpoint. */
typedef struct Note
{
	int64_t		size;
	char	   *own;			/* with the ledger's signature alone */
	char	   *cosigned;		/* and with the cosignatures that there are */
	char		sha256[65];		/* of cosigned, lower-case hexadecimal */
	char		checksum[45];	/* the same in base64 */
} Note;

typedef struct Place Place;

typedef struct PlaceKind
{
	const char *name;			/* the place's name begins with it: "directory /srv/checkpoints" */
	/* Keeps the note, or fails and says why with place_fail(). */
	bool		(*keep) (Place *place, Database *db, const Note *note);
} PlaceKind;

struct Place
{
	const PlaceKind *kind;
	char	   *name;			/* as qfs.checkpoint_kept() takes it */
	void	   *context;		/* the kind's own */
	int64_t		kept;			/* size of the newest one there, as far as the ledger knows */
	int64_t		due;			/* not to be tried before, by monotonic_ms() */
	int64_t		pause_ms;		/* of the last failure; 0: it went well */
};

/* Logs why a place did not keep a note, and counts it; false. */
extern bool place_fail(Place *place, const char *why, const char *detail);

/*
 * A place already has a note of this size: is it this one?  Cosignatures are
 * not compared.  If not, the ledger has two histories; that is logged, too.
 */
extern bool place_compare(Place *place, const Note *note, const char *found);

/* File name of a note: its size in 20 digits, so that names sort as sizes do. */
#define NOTE_NAME_MAX 40
extern void note_name(const Note *note, char name[NOTE_NAME_MAX]);

/* Puts the note into a directory, as a file that appears whole and never replaces another one. */
extern bool directory_put(Place *place, const char *path, const Note *note);

/* One function a kind: adds what is configured to the places. */
extern Place *place_add(Place **places, int *count, const PlaceKind *kind, const char *value);
extern void places_add_witnesses(const Config *config, Place **places, int *count);
extern void places_add_directories(const Config *config, Place **places, int *count);
extern void places_add_buckets(const Config *config, Place **places, int *count);
extern void places_add_repositories(const Config *config, Place **places, int *count);

#endif
