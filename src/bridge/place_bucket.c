/*
 * place_bucket.c - checkpoints as objects of an S3-compatible bucket.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Requests are signed by libcurl (AWS Signature Version 4).  With object lock
 * not even the owner of the bucket removes a checkpoint before its time.
 */
#include "bridge/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bridge/http.h"
#include "bridge/usage.h"

#define TIMEOUT_MS 10000L
#define HEADERS_MAX 10
#define DAY 86400L

/* SHA-256 of nothing. */
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct Bucket
{
	const char *url;			/* of the bucket, and what all names begin with; no slash at its end */
	char	   *signing;		/* as CURLOPT_AWS_SIGV4 has it */
	char	   *credentials;	/* KEY:SECRET */
	const char *lock_mode;		/* empty: none */
	long		retain_days;
	Http	   *http;
} Bucket;

typedef struct Headers
{
	char		text[HEADERS_MAX][160];
	const char *list[HEADERS_MAX + 1];
	int			count;
} Headers;

static void
add_header(Headers *headers, const char *name, const char *value)
{
	int			n = headers->count++;

	snprintf(headers->text[n], sizeof(headers->text[n]), "%s: %s", name, value);
	headers->list[n] = headers->text[n];
	headers->list[n + 1] = NULL;
}

static void
add_lock(Headers *headers, const Bucket *bucket)
{
	time_t		until = time(NULL) + bucket->retain_days * DAY;
	char		text[32];
	struct tm	utc;

	if (bucket->lock_mode[0] == '\0')
		return;
	gmtime_r(&until, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	add_header(headers, "x-amz-object-lock-mode", bucket->lock_mode);
	add_header(headers, "x-amz-object-lock-retain-until-date", text);
}

static bool
send_signed(const Bucket *bucket, HttpRequest *request, const char *name, const Headers *headers, HttpAnswer *answer)
{
	size_t		length = strlen(bucket->url) + strlen(name) + 2;
	char	   *url = allocate(length);
	bool		sent;

	snprintf(url, length, "%s/%s", bucket->url, name);
	request->url = url;
	request->headers = headers->list;
	request->aws_sigv4 = bucket->signing;
	request->credentials = bucket->credentials;
	request->timeout_ms = TIMEOUT_MS;
	sent = http_send(bucket->http, request, answer);
	free(url);
	return sent;
}

static bool
fail_answer(Place *place, const char *what, bool sent, const HttpAnswer *answer)
{
	char		why[80];

	if (!sent)
		return place_fail(place, what, "the line above has the cause");
	snprintf(why, sizeof(why), "%s: HTTP %ld", what, answer->status);
	return place_fail(place, why, answer->body);
}

/* There is an object of this name: is it the note? */
static bool
compare_object(Place *place, const char *name, const Note *note)
{
	HttpRequest get = {.method = "GET"};
	Headers		headers = {.count = 0};
	HttpAnswer	answer = {0};
	bool		sent;

	add_header(&headers, "x-amz-content-sha256", EMPTY_SHA256);
	sent = send_signed(place->context, &get, name, &headers, &answer);
	if (!sent || answer.status != 200)
		return fail_answer(place, "the object that is there cannot be read", sent, &answer);
	return place_compare(place, note, answer.body);
}

static bool
keep(Place *place, Database *db, const Note *note)
{
	Bucket	   *bucket = place->context;
	HttpRequest put = {.method = "PUT", .body = note->cosigned, .length = strlen(note->cosigned)};
	Headers		headers = {.count = 0};
	HttpAnswer	answer = {0};
	char		name[NOTE_NAME_MAX];
	bool		sent;

	(void) db;
	note_name(note, name);
	add_header(&headers, "Content-Type", "text/plain; charset=utf-8");
	/* Never in place of another one: RFC 9110, section 13.1.2. */
	add_header(&headers, "If-None-Match", "*");
	add_header(&headers, "x-amz-content-sha256", note->sha256);
	/* Object lock asks for a checksum. */
	add_header(&headers, "x-amz-checksum-sha256", note->checksum);
	add_lock(&headers, bucket);
	sent = send_signed(bucket, &put, name, &headers, &answer);
	if (sent && answer.status == 412)
		return compare_object(place, name, note);
	if (!sent || answer.status < 200 || answer.status > 299)
		return fail_answer(place, "the object cannot be put", sent, &answer);
	return true;
}

static const PlaceKind kind = {"bucket", keep};

/* ---- configuration ---- */

/* The first line of a file that nobody else reads: KEY:SECRET. */
static char *
read_credentials(const char *path)
{
	FILE	   *file = fopen(path, "r");
	char		line[512];
	struct stat about;

	if (path[0] == '\0')
		fail_usage("bucket needs bucket_key_file: a file of mode 0600 with the line KEY:SECRET");
	if (file == NULL || fstat(fileno(file), &about) != 0 || fgets(line, sizeof(line), file) == NULL)
		fail_usage("bucket_key_file %s cannot be read", path);
	fclose(file);
	if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		fail_usage("bucket_key_file %s can be read by others; its mode must be 0600", path);
	line[strcspn(line, "\r\n")] = '\0';
	if (strchr(line, ':') == NULL)
		fail_usage("bucket_key_file %s has no line KEY:SECRET", path);
	return duplicate(line);
}

static char *
signing_of(const char *region)
{
	size_t		length = strlen(region) + sizeof("aws:amz::s3");
	char	   *text = allocate(length);

	snprintf(text, length, "aws:amz:%s:s3", region);
	return text;
}

void
places_add_buckets(const Config *config, Place **places, int *count)
{
	const char *url = config_text(config, "bucket");
	Bucket	   *bucket;

	if (url[0] == '\0')
		return;
	if ((strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) || strpbrk(url, "?#@") != NULL ||
		url[strlen(url) - 1] == '/')
		fail_usage("bucket is an URL of a bucket, with a path in it if you like, without user, query and a slash at its end");
	bucket = allocate(sizeof(*bucket));
	*bucket = (Bucket) {
		.url = url, .signing = signing_of(config_text(config, "bucket_region")),
		.credentials = read_credentials(config_text(config, "bucket_key_file")),
		.lock_mode = config_text(config, "bucket_lock_mode"), .retain_days = config_number(config, "bucket_retain_days"),
		.http = http_new()
	};
	if (bucket->lock_mode[0] != '\0' && strcmp(bucket->lock_mode, "COMPLIANCE") != 0 && strcmp(bucket->lock_mode, "GOVERNANCE") != 0)
		fail_usage("bucket_lock_mode is COMPLIANCE or GOVERNANCE");
	place_add(places, count, &kind, url)->context = bucket;
}
