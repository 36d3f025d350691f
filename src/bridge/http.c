/*
 * http.c - HTTP requests over a connection that is kept.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 */
#include "bridge/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/log.h"
#include "bridge/usage.h"

#define CONNECT_TIMEOUT_MS 5000L

struct Http
{
	CURL	   *curl;
	char	   *body;
	size_t		length;
	char		error[CURL_ERROR_SIZE];
};

Http *
http_new(void)
{
	Http	   *http = allocate(sizeof(*http));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (http->curl = curl_easy_init()) == NULL)
		fail_usage("libcurl cannot be used");
	http->body = allocate(HTTP_ANSWER_MAX + 1);
	return http;
}

void
http_free(Http *http)
{
	curl_easy_cleanup(http->curl);
	free(http->body);
	free(http);
}

/* Less than was given is an error to libcurl. */
static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
	Http	   *http = context;
	size_t		length = size * count;

	if (length > HTTP_ANSWER_MAX - http->length)
		return 0;
	memcpy(http->body + http->length, data, length);
	http->length += length;
	return length;
}

static struct curl_slist *
headers_of(const HttpRequest *request)
{
	/* No body waits for the server's leave; a signature would cover this header, which is not sent. */
	struct curl_slist *list = request->aws_sigv4 == NULL ? curl_slist_append(NULL, "Expect:") : NULL;

	for (const char *const *h = request->headers; h != NULL && *h != NULL; h++)
		list = curl_slist_append(list, *h);
	return list;
}

static void
set_request(Http *http, const HttpRequest *request, struct curl_slist *headers)
{
	CURL	   *curl = http->curl;

	/* Forgets the last request; connections stay. */
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (request->body != NULL)
	{
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) request->length);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	}
	if (request->aws_sigv4 != NULL)
	{
		curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, request->aws_sigv4);
		curl_easy_setopt(curl, CURLOPT_USERPWD, request->credentials);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "qfs-bridge/" QFS_VERSION);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
}

/* Scheme, host and path of a URL, for the log; to be freed. */
static char *
told_url(const char *url)
{
	CURLU	   *parts = curl_url();
	char	   *text = NULL;
	char	   *told;

	if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK)
	{
		curl_url_set(parts, CURLUPART_USER, NULL, 0);
		curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(parts, CURLUPART_QUERY, NULL, 0);
		curl_url_get(parts, CURLUPART_URL, &text, 0);
	}
	told = duplicate(text != NULL ? text : "a URL that cannot be read");
	curl_free(text);
	curl_url_cleanup(parts);
	return told;
}

static void
log_failure(const Http *http, const HttpRequest *request, CURLcode code)
{
	char	   *url = told_url(request->url);

	log_event(LOG_WARN, "http_failed", "method", request->method, "url", url,
			  "error", http->error[0] != '\0' ? http->error : curl_easy_strerror(code), NULL);
	free(url);
}

bool
http_send(Http *http, const HttpRequest *request, HttpAnswer *answer)
{
	struct curl_slist *headers = headers_of(request);
	CURLcode	code;

	http->length = 0;
	http->error[0] = '\0';
	set_request(http, request, headers);
	code = curl_easy_perform(http->curl);
	curl_slist_free_all(headers);
	http->body[http->length] = '\0';
	if (code != CURLE_OK)
	{
		log_failure(http, request, code);
		return false;
	}
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	answer->content_type = NULL;
	curl_easy_getinfo(http->curl, CURLINFO_CONTENT_TYPE, &answer->content_type);
	answer->body = http->body;
	answer->length = http->length;
	return true;
}
