/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract for HTTPS: files put on a server, and taken from one. */
/* Main thread; asynchronous: a slow server or disk never blocks. */
#pragma once

#include "daemon/base/error.h"

#define CUSAX_HTTP_MAX_JOBS 8    /* under way at a time */
#define CUSAX_HTTP_MAX_URL  8192 /* bytes */

/* One request; all is copied. Only https is spoken, under the TLS policy of services/tls, redirects
 * are not followed, no proxy and no cookie is used. */
typedef struct {
	gboolean upload; /* PUT of what is in fd; else GET into fd */
	const char *url;
	const char *type;           /* PUT: the Content-Type; NULL: none */
	const char *const *headers; /* "Name: value" for each; NULL: none */
	/* PUT: read from its beginning by position, so that its own offset does not move; GET: written
	 * at its offset. A duplicate is used: the caller may close its own at once. */
	int fd;
	guint64 size;   /* PUT: exactly so many bytes; GET: at most so many */
	guint patience; /* seconds in which something has to move; 0: 30 */
	/* Trust: as CusaxTlsRules; with a pin that certificate is accepted too. */
	const char *min_tls, *ca_file, *pin;
} CusaxHttpRequest;

/* Called on the main thread, progress any number of times, done once and last. error NULL: it went
 * well; else UNTRUSTED, SECURITY_REQUIRED, NOT_CONNECTED, TIMEOUT (nothing moved for so long),
 * REFUSED, NOT_FOUND, LIMIT_EXCEEDED, CANCELLED, FAILED. Borrowed. */
typedef struct {
	void (*progress)(guint64 transferred, guint64 size, gpointer data);
	void (*done)(const GError *error, gpointer data);
} CusaxHttpHandlers;

typedef struct CusaxHttp CusaxHttp;

struct CusaxHttp {
	/* The id of what was begun. 0 and an error where that is not possible: INVALID_ARGUMENT (not an
	 * https URL), LIMIT_EXCEEDED (too many are under way); nothing is called then. */
	guint64 (*start)(CusaxHttp *http, const CusaxHttpRequest *request,
			 const CusaxHttpHandlers *handlers, gpointer data, GError **error);
	/* done is called with CANCELLED, soon; an id that is over is ignored. */
	void (*cancel)(CusaxHttp *http, guint64 id);
	/* Ends all that is under way; nothing is called any more. */
	void (*free)(CusaxHttp *http);
};

/* The real one (services/http/http.c). */
CusaxHttp *cusax_http_new(void);

/* Whether url may be asked: https, a host, at most CUSAX_HTTP_MAX_URL bytes, no user in it. */
gboolean cusax_http_is_url(const char *url);
