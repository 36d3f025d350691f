/*
 * place.c - what all places outside of the database have in common.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/place.h"

#include <stdio.h>
#include <string.h>

#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/usage.h"

/* As qfs.checkpoint_kept() has it. */
#define PLACE_NAME_MAX 200

static void
check_name(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
			fail_usage("%s: a place is named in printable ASCII, without quotation marks and backslashes", name);
	if (strlen(name) > PLACE_NAME_MAX)
		fail_usage("%s: the name of a place has up to %d characters", name, PLACE_NAME_MAX);
}

Place *
place_add(Place **places, int *count, const PlaceKind *kind, const char *value)
{
	size_t		length = strlen(kind->name) + strlen(value) + 2;
	char	   *name = allocate(length);
	Place	   *place;

	snprintf(name, length, "%s %s", kind->name, value);
	check_name(name);
	for (int i = 0; i < *count; i++)
		if (strcmp((*places)[i].name, name) == 0)
			fail_usage("the place %s is configured twice", name);
	*places = resize(*places, (size_t) (*count + 1) * sizeof(Place));
	place = &(*places)[(*count)++];
	*place = (Place) {.kind = kind, .name = name, .kept = -1};
	return place;
}

bool
place_fail(Place *place, const char *why, const char *detail)
{
	log_event(LOG_WARN, "place_failed", "place", place->name, "error", why, "detail", detail, NULL);
	metrics_count("qfs_bridge_place_failures_total", "Attempts to keep a checkpoint that failed.", place->name, 1);
	return false;
}

/* Length of the body and the first signature, which is the ledger's own. */
static size_t
own_length(const char *note)
{
	const char *blank = strstr(note, "\n\n");
	const char *end = blank != NULL ? strchr(blank + 2, '\n') : NULL;

	return end != NULL ? (size_t) (end + 1 - note) : 0;
}

bool
place_compare(Place *place, const Note *note, const char *found)
{
	size_t		length = own_length(found);

	if (length > 0 && length == strlen(note->own) && memcmp(found, note->own, length) == 0)
		return true;
	metrics_count("qfs_bridge_place_conflicts_total", "Places that have another checkpoint of the same size.", place->name, 1);
	return place_fail(place, "another checkpoint of this size is there",
					  "the ledger was rewritten, or another ledger is kept in the same place: compare both with qfs-verify ledger --checkpoint");
}

void
note_name(const Note *note, char name[NOTE_NAME_MAX])
{
	snprintf(name, NOTE_NAME_MAX, "%020lld.checkpoint", (long long) note->size);
}
