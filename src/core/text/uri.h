/*
 * uri.h - the grammar of RFC 3986, as far as sign-in messages need it.
 *
 * SPDX-License-Identifier: AGPL-3.0-only
 *
 * Source: RFC 3986, appendix A.
 */
#ifndef QFS_URI_H
#define QFS_URI_H

#include "base/types.h"

/* An authority, cut up: [userinfo "@"] host [":" port]. */
typedef struct qfs_uri_authority
{
	bool		has_userinfo;
	qfs_slice	userinfo;
	qfs_slice	host;			/* may be empty; an IP literal keeps its brackets */
	bool		has_port;
	qfs_slice	port;			/* digits, may be empty */
} qfs_uri_authority;

/* Each says whether the text is one. */
extern bool qfs_uri_is_scheme(qfs_slice text);
extern bool qfs_uri_read_authority(qfs_slice text, qfs_uri_authority *out);
extern bool qfs_uri_is_uri(qfs_slice text);

/* Is a URI another one, or does it go on from it with "/", "?" or "#"? */
extern bool qfs_uri_is_below(qfs_slice uri, qfs_slice base);

/*
 * Is the text made of unreserved characters, sub-delims and those in `extra`?
 * escapes: with "%" and two hexadecimal digits among them
 */
extern bool qfs_uri_is_made_of(qfs_slice text, const char *extra, bool escapes);

#endif
