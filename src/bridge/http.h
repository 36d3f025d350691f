/*
 * http.h - HTTP requests over a connection that is kept.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#ifndef QFS_BRIDGE_HTTP_H
#define QFS_BRIDGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Http Http;

typedef struct HttpRequest
{
	const char *method;			/* GET, POST, PUT, DELETE */
	const char *url;			/* http or https; redirects are not followed */
	const char *const *headers; /* "Name: value", ended by NULL; NULL: none */
	const char *body;			/* NULL: none */
	size_t		length;			/* of the body, in bytes */
	const char *aws_sigv4;		/* provider, region and service that the request is signed for, as CURLOPT_AWS_SIGV4 has them; NULL: none */
	const char *credentials;	/* KEY:SECRET of the signature */
	long		timeout_ms;		/* for all of it */
} HttpRequest;

typedef struct HttpAnswer
{
	long		status;
	const char *body;			/* ends with a NUL that length does not count; lives until the next request */
	size_t		length;
	const char *content_type;	/* NULL: none; lives as long as the body */
} HttpAnswer;

/* Longest body of an answer, in bytes; a longer one is an error. */
#define HTTP_ANSWER_MAX (1024 * 1024)

extern Http *http_new(void);

/* False: there was no whole answer, which was logged, without user, password and query of the URL. */
extern bool http_send(Http *http, const HttpRequest *request, HttpAnswer *answer);

extern void http_free(Http *http);

#endif
