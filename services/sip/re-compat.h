/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libre, and every difference between its versions (1.1, 2.x, and 3/4 with rem merged in). */
/* For code that lives on the libre thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <re.h>

/* libre tells no version; its headers do: rem came in with 3. */
#if __has_include(<rem_aubuf.h>) && __has_include(<re_thread.h>)
#define CUSAX_RE_MERGED 1
#else
#define CUSAX_RE_MERGED 0
#endif

#if CUSAX_RE_MERGED
#define CUSAX_RE_TLS_METHOD TLS_METHOD_TLS
struct ssl_ctx_st *tls_ssl_ctx(const struct tls *tls); /* exported, in no header */
#define tls_openssl_context tls_ssl_ctx
#else
#define CUSAX_RE_TLS_METHOD TLS_METHOD_SSLV23
#endif

/* Called by libre, defined in auth.c: its own header does not declare all of them. */
int sip_auth_encode(struct mbuf *mb, struct sip_auth *auth, const char *met, const char *uri);

/* The descriptor of a connection, for socket options; -1 where libre keeps it to itself. */
static inline int re_compat_tcp_fd(const struct tcp_conn *connection)
{
#if CUSAX_RE_MERGED
	(void)connection;
	return -1;
#else
	return tcp_conn_fd(connection);
#endif
}

/* One registration through one route. params: of the Contact; lines: whole header lines. auth: a struct
 * cusax_auth_scope, referenced. */
static inline int re_compat_register(struct sipreg **reg, struct sip *sip, const char *registrar,
				     const char *aor, const char *name, uint32_t expires,
				     const char *contact_user, const char *route,
				     const char *params, const char *lines, void *auth,
				     sip_resp_h *resph, void *arg)
{
	const char *routes[1] = { route };
#if CUSAX_RE_MERGED
	int err = sipreg_alloc(reg, sip, registrar, aor, name, aor, expires, contact_user, routes,
			       1, 0, NULL, auth, true, resph, arg, params, "%s", lines);

	return err ? err : sipreg_send(*reg);
#else
	return sipreg_register(reg, sip, registrar, aor, name, aor, expires, contact_user, routes,
			       1, 0, NULL, auth, true, resph, arg, params, "%s", lines);
#endif
}
