/*
 * uri.c - the grammar of RFC 3986, as far as sign-in messages need it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Names follow RFC 3986, appendix A.  Every rule here can be decided by
 * cutting at the first delimiter, so there is no backtracking.
 */
#include "text/uri.h"

#include <string.h>

#include "base/assert.h"
#include "base/buf.h"

static bool
is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hexdig(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_in(uint8_t c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_digits(qfs_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.data[i]))
			return false;
	return true;
}

bool
qfs_uri_is_made_of(qfs_slice text, const char *extra, bool escapes)
{
	static const char others[] = "-._~" "!$&'()*+,;=";	/* unreserved, sub-delims */

	for (size_t i = 0; i < text.len; i++)
	{
		uint8_t		c = text.data[i];

		if (is_alpha(c) || is_digit(c) || is_in(c, others) || is_in(c, extra))
			continue;
		if (!escapes || c != '%' || text.len - i < 3 ||
			!is_hexdig(text.data[i + 1]) || !is_hexdig(text.data[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

/* Cuts at the first c, which goes away; false = there is none, left is all. */
static bool
cut(qfs_slice text, uint8_t c, qfs_slice *left, qfs_slice *right)
{
	const uint8_t *at = text.len > 0 ? memchr(text.data, c, text.len) : NULL;

	QFS_ASSERT(qfs_slice_sound(text));
	*left = text;
	*right = (qfs_slice) {NULL, 0};
	if (at == NULL)
		return false;
	left->len = (size_t) (at - text.data);
	*right = (qfs_slice) {at + 1, text.len - left->len - 1};
	return true;
}

bool
qfs_uri_is_scheme(qfs_slice text)
{
	if (text.len == 0 || !is_alpha(text.data[0]))
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!is_alpha(text.data[i]) && !is_digit(text.data[i]) && !is_in(text.data[i], "+-."))
			return false;
	return true;
}

/* ---- hosts ---- */

static bool
is_dec_octet(qfs_slice text)
{
	unsigned	n = 0;

	if (text.len == 0 || text.len > 3 || !is_digits(text) ||
		(text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++)
		n = n * 10 + (unsigned) (text.data[i] - '0');
	return n <= 255;
}

static bool
is_ipv4(qfs_slice text)
{
	qfs_slice	octet;

	for (int i = 0; i < 3; i++)
		if (!cut(text, '.', &octet, &text) || !is_dec_octet(octet))
			return false;
	return is_dec_octet(text);
}

static bool
is_h16(qfs_slice text)
{
	if (text.len == 0 || text.len > 4)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_hexdig(text.data[i]))
			return false;
	return true;
}

/*
 * Counts the 16-bit groups of one side of "::", or of an address without it.
 * An IPv4 address may stand for the last two where `v4_last` says so.
 * Returns -1 if the text is no such list.
 */
static int
count_groups(qfs_slice text, bool v4_last)
{
	qfs_slice	group;
	int			count = 0;
	bool		more = text.len > 0;

	while (more)
	{
		more = cut(text, ':', &group, &text);
		if (is_h16(group))
			count++;
		else if (!more && v4_last && is_ipv4(group))
			count += 2;
		else
			return -1;
	}
	return count;
}

/* "::" stands for at least one group, and there is at most one "::". */
static bool
is_ipv6(qfs_slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.data[i] == ':' && text.data[i + 1] == ':')
		{
			int			left = count_groups((qfs_slice) {text.data, i}, false);
			int			right = count_groups((qfs_slice) {text.data + i + 2, text.len - i - 2},
											 true);

			return left >= 0 && right >= 0 && left + right <= 7;
		}
	return count_groups(text, true) == 8;
}

static bool
is_ipvfuture(qfs_slice text)
{
	qfs_slice	version;
	qfs_slice	address;

	if (!cut(text, '.', &version, &address) || version.len < 2 ||
		(version.data[0] != 'v' && version.data[0] != 'V'))
		return false;
	for (size_t i = 1; i < version.len; i++)
		if (!is_hexdig(version.data[i]))
			return false;
	return address.len > 0 && qfs_uri_is_made_of(address, ":", false);
}

/* "[", an address, "]", and what follows it. */
static bool
read_ip_literal(qfs_slice text, qfs_slice *host, qfs_slice *rest)
{
	qfs_slice	inside;

	QFS_ASSERT(text.len > 0 && text.data[0] == '[');
	if (!cut(text, ']', host, rest))
		return false;
	inside = (qfs_slice) {host->data + 1, host->len - 1};
	host->len++;
	return is_ipv6(inside) || is_ipvfuture(inside);
}

bool
qfs_uri_read_authority(qfs_slice text, qfs_uri_authority *out)
{
	qfs_slice	rest;
	qfs_slice	before_port;

	memset(out, 0, sizeof(*out));
	out->has_userinfo = cut(text, '@', &out->userinfo, &rest);
	if (!out->has_userinfo)
	{
		rest = text;
		out->userinfo.len = 0;
	}
	if (!qfs_uri_is_made_of(out->userinfo, ":", true))
		return false;

	if (rest.len > 0 && rest.data[0] == '[')
	{
		if (!read_ip_literal(rest, &out->host, &rest))
			return false;
		out->has_port = cut(rest, ':', &before_port, &out->port);
		return before_port.len == 0 && is_digits(out->port);
	}
	out->has_port = cut(rest, ':', &out->host, &out->port);
	return qfs_uri_is_made_of(out->host, "", true) && is_digits(out->port);
}

/* ---- whole URIs ---- */

/* The part after "scheme:", without query and fragment. */
static bool
is_hier_part(qfs_slice text)
{
	qfs_uri_authority authority;
	qfs_slice	path = text;

	if (text.len >= 2 && text.data[0] == '/' && text.data[1] == '/')
	{
		qfs_slice	after = {text.data + 2, text.len - 2};
		qfs_slice	name;

		cut(after, '/', &name, &path);
		if (!qfs_uri_read_authority(name, &authority))
			return false;
	}
	return qfs_uri_is_made_of(path, ":@/", true);
}

bool
qfs_uri_is_uri(qfs_slice text)
{
	qfs_slice	scheme;
	qfs_slice	fragment;
	qfs_slice	query;

	if (!cut(text, ':', &scheme, &text) || !qfs_uri_is_scheme(scheme))
		return false;
	cut(text, '#', &text, &fragment);
	cut(text, '?', &text, &query);
	return qfs_uri_is_made_of(fragment, ":@/?", true) &&
		qfs_uri_is_made_of(query, ":@/?", true) && is_hier_part(text);
}

bool
qfs_uri_is_below(qfs_slice uri, qfs_slice base)
{
	QFS_ASSERT(qfs_slice_sound(uri) && base.len > 0);
	return uri.len >= base.len && memcmp(uri.data, base.data, base.len) == 0 &&
		(uri.len == base.len || memchr("/?#", uri.data[base.len], 3) != NULL);
}
