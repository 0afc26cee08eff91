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

/* One registration through one route. auth: a struct cusax_auth_scope, referenced. */
static inline int re_compat_register(struct sipreg **reg, struct sip *sip, const char *registrar,
				     const char *aor, const char *name, uint32_t expires,
				     const char *contact_user, const char *route, void *auth,
				     sip_resp_h *resph, void *arg)
{
	const char *routes[1] = { route };
#if CUSAX_RE_MERGED
	int err = sipreg_alloc(reg, sip, registrar, aor, name, aor, expires, contact_user, routes,
			       1, 0, NULL, auth, true, resph, arg, NULL, NULL);

	return err ? err : sipreg_send(*reg);
#else
	return sipreg_register(reg, sip, registrar, aor, name, aor, expires, contact_user, routes,
			       1, 0, NULL, auth, true, resph, arg, NULL, NULL);
#endif
}

/* What a session tells: one set for both directions. */
struct re_compat_session_handlers {
	/* The first offer, where libre asks for it only when it sends: with rem merged in. */
	int (*desch)(struct mbuf **desc, const struct sa *src, const struct sa *dst, void *arg);
	sipsess_offer_h *offerh;
	sipsess_answer_h *answerh;
	sipsess_progr_h *progrh;
	sipsess_estab_h *estabh;
	sipsess_info_h *infoh;
	sipsess_close_h *closeh;
};

/* headers: whole lines, each ending in CRLF. */
static inline int re_compat_connect(struct sipsess **session, struct sipsess_sock *sock,
				    const char *to, const char *name, const char *from,
				    const char *contact_user, const char *route, struct mbuf *offer,
				    void *auth, const struct re_compat_session_handlers *h,
				    void *arg, const char *headers)
{
	const char *routes[1] = { route };
#if CUSAX_RE_MERGED
	(void)offer;
	return sipsess_connect(session, sock, to, name, from, contact_user, routes, 1,
			       "application/sdp", NULL, auth, true, NULL, h->desch, h->offerh,
			       h->answerh, h->progrh, h->estabh, h->infoh, NULL, h->closeh, arg,
			       "%s", headers);
#else
	return sipsess_connect(session, sock, to, name, from, contact_user, routes, 1,
			       "application/sdp", offer, NULL, auth, true, h->offerh, h->answerh,
			       h->progrh, h->estabh, h->infoh, NULL, h->closeh, arg, "%s", headers);
#endif
}

/* Answers a new INVITE with a provisional response. */
static inline int re_compat_accept(struct sipsess **session, struct sipsess_sock *sock,
				   const struct sip_msg *msg, uint16_t code, const char *reason,
				   const char *contact_user, void *auth,
				   const struct re_compat_session_handlers *h, void *arg,
				   const char *headers)
{
#if CUSAX_RE_MERGED
	return sipsess_accept(session, sock, msg, code, reason, REL100_DISABLED, contact_user,
			      "application/sdp", NULL, NULL, auth, true, h->offerh, h->answerh,
			      h->estabh, h->infoh, NULL, h->closeh, arg, "%s", headers);
#else
	return sipsess_accept(session, sock, msg, code, reason, contact_user, "application/sdp",
			      NULL, NULL, auth, true, h->offerh, h->answerh, h->estabh, h->infoh,
			      NULL, h->closeh, arg, "%s", headers);
#endif
}
