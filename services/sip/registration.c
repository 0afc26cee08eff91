/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registration of an account (RFC 3261 §10). */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/registration.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "daemon/base/log.h"
#include "services/sip/guard.h"

/* libre closes a connection that was silent for 900 s, so it is used before. */
#define MAX_SILENCE_SECONDS 800
#define MAX_STREAM_EXPIRES  3600
/* The watch tells when a connection goes; its own ping would only come after this. */
#define WATCH_SECONDS 1000000
/* RFC 5626 §4.4.1: between 24 and 29 s for UDP. */
#define NAT_REFRESH_MS 25000

static bool is_stream(const CusaxSipAccount *account)
{
	return account->transport != SIP_TRANSP_UDP;
}

/* --- connection ------------------------------------------------------------------------------ */

static void lost_h(int err, void *arg)
{
	CusaxSipAccount *account = arg;

	cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
						    "the connection to %s was lost: %s",
						    account->target->host,
						    g_strerror(err ? err : ECONNRESET)));
}

static void set_option(int fd, int level, int name, int value)
{
	/* Where the kernel does not know one, the others still serve. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* Small messages leave at once; a dead peer is noticed by the kernel within a minute, without
 * waking us in between. */
static void tune_connection(const struct sip_msg *msg)
{
	struct tcp_conn *connection = sip_msg_tcpconn(msg);
	int fd = connection ? re_compat_tcp_fd(connection) : -1;

	if (fd < 0)
		return;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 2);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
}

static void watch_connection(CusaxSipAccount *account, const struct sip_msg *msg)
{
	if (!is_stream(account) || account->watch)
		return;
	tune_connection(msg);
	if (sip_keepalive_start(&account->watch, account->sip, msg, WATCH_SECONDS, lost_h, account))
		cusax_debug(account->id, "the connection cannot be watched");
}

static void refresh_h(void *arg)
{
	CusaxSipAccount *account = arg;
	struct mbuf *mb = mbuf_alloc(4);

	if (mb && mbuf_write_str(mb, "\r\n\r\n") == 0) {
		mb->pos = 0;
		(void)sip_send(account->sip, NULL, SIP_TRANSP_UDP, &account->proxy, mb);
	}
	mem_deref(mb);
	tmr_start(&account->refresh, NAT_REFRESH_MS, refresh_h, account);
}

/* --- outcome --------------------------------------------------------------------------------- */

static GError *error_of_transport(const CusaxSipAccount *account, int err)
{
	const GError *failure = account->tls ? cusax_sip_tls_failure(account->tls) : NULL;
	const char *host = account->target->host;

	if (failure)
		return g_error_copy(failure);
	if (err == ETIMEDOUT)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_TIMEOUT, "%s does not answer", host);
	if (err == ECONNREFUSED)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
				   "%s refuses the connection: no SIP server is there", host);
	if (err == EPROTO)
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				   "%s does not speak TLS on this port", host);
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED, "%s cannot be reached: %s",
			   host, g_strerror(err));
}

static GError *error_of_challenge(const CusaxSipAccount *account)
{
	const char *host = account->target->host;

	switch (cusax_auth_scope_refusal(account->scope)) {
	case CUSAX_AUTH_NO_SECRET:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECRET_UNAVAILABLE,
				   "%s asks for a password and there is none", host);
	case CUSAX_AUTH_UNSUPPORTED:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_UNSUPPORTED,
				   "%s asks for an authentication that is not supported", host);
	case CUSAX_AUTH_WEAKER:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				   "%s asks for MD5 where it took a stronger digest before", host);
	case CUSAX_AUTH_STRANGER:
		return g_error_new(CUSAX_ERROR, CUSAX_ERROR_SECURITY_REQUIRED,
				   "%s asks for a password in the name of somebody else", host);
	case CUSAX_AUTH_NONE:
	case CUSAX_AUTH_REPEATED:
		break;
	}
	return g_error_new(CUSAX_ERROR, CUSAX_ERROR_AUTHENTICATION_FAILED,
			   "%s refused the user name or the password", host);
}

static GError *error_of_status(const CusaxSipAccount *account, const struct sip_msg *msg)
{
	g_autofree char *phrase = g_strndup(msg->reason.p, MIN(msg->reason.l, 100));
	g_autofree char *reason = g_utf8_make_valid(phrase, -1);
	CusaxDigestAlgorithm algorithm;
	CusaxError code = CUSAX_ERROR_NOT_REGISTERED;

	switch (msg->scode) {
	case 401:
	case 407:
		return error_of_challenge(account);
	case 403:
		/* After a digest this is a refused password in other words. */
		if (cusax_credentials_used(account->credentials, &algorithm))
			code = CUSAX_ERROR_AUTHENTICATION_FAILED;
		else
			code = CUSAX_ERROR_REFUSED;
		break;
	case 404:
		code = CUSAX_ERROR_NOT_FOUND;
		break;
	case 408:
		code = CUSAX_ERROR_TIMEOUT;
		break;
	}
	if (msg->scode < 400) /* another server is not gone to unasked */
		code = CUSAX_ERROR_REFUSED;
	return g_error_new(CUSAX_ERROR, code, "%s does not register the account: %u %s",
			   account->target->host, msg->scode, reason);
}

/* Refreshes leave no stream silent for longer than libre keeps it. */
static void set_refresh(CusaxSipAccount *account, uint32_t expires)
{
	uint32_t percent = 90;

	if (is_stream(account) && expires > 0)
		percent = CLAMP(MAX_SILENCE_SECONDS * 100 / expires, 5, 90);
	(void)sipreg_set_rwait(account->registration, percent);
}

static void response_h(int err, const struct sip_msg *msg, void *arg)
{
	CusaxSipAccount *account = arg;

	if (err || !msg) {
		cusax_sip_account_fail(account, error_of_transport(account, err));
		return;
	}
	if (msg->scode >= 300) {
		cusax_sip_account_fail(account, error_of_status(account, msg));
		return;
	}
	if (!sipreg_registered(account->registration)) {
		cusax_sip_account_fail(account, g_error_new(CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
							    "%s did not take the registration",
							    account->target->host));
		return;
	}
	cusax_credentials_accepted(account->credentials);
	watch_connection(account, msg);
	cusax_guard_filter(account, msg);
	set_refresh(account, sipreg_proxy_expires(account->registration));
	/* Between hosts of one machine there is no NAT to be kept open. */
	if (!is_stream(account) && !sa_is_loopback(&account->proxy) &&
	    !tmr_isrunning(&account->refresh))
		tmr_start(&account->refresh, NAT_REFRESH_MS, refresh_h, account);
	cusax_sip_account_online(account);
}

gboolean cusax_sip_registration_start(CusaxSipAccount *account, GError **error)
{
	g_autofree char *name = cusax_sip_account_name(account);
	uint32_t expires = cusax_settings_uint(account->settings, "expires");
	int err;

	if (is_stream(account))
		expires = MIN(expires, MAX_STREAM_EXPIRES);
	account->scope = cusax_auth_scope_new(account->credentials, CUSAX_AUTH_REGISTRATION);
	err = re_compat_register(&account->registration, account->sip, account->target->registrar,
				 account->target->aor, name, expires, account->target->user,
				 account->route, account->scope, response_h, account);
	if (!err) {
		set_refresh(account, expires);
		return TRUE;
	}
	g_propagate_error(error, error_of_transport(account, err));
	return FALSE;
}

void cusax_sip_registration_stop(CusaxSipAccount *account)
{
	tmr_cancel(&account->refresh);
	account->watch = mem_deref(account->watch);
	account->registration = mem_deref(account->registration);
	account->scope = mem_deref(account->scope);
}

CusaxSecurity *cusax_sip_registration_security(const CusaxSipAccount *account)
{
	CusaxSecurity *security = account->tls ? cusax_sip_tls_security(account->tls) : NULL;
	GStrvBuilder *weak = g_strv_builder_new();
	CusaxDigestAlgorithm algorithm;

	if (!security)
		security = cusax_security_new();
	if (security->weak)
		g_strv_builder_addv(weak, (const char **)security->weak);
	g_free(security->transport);
	security->transport = g_strdup(cusax_sip_transport_word(account->target->transport));
	if (!account->tls)
		g_strv_builder_add(weak, "no-tls");
	if (cusax_credentials_used(account->credentials, &algorithm)) {
		g_free(security->authentication);
		security->authentication = g_strdup(cusax_digest_algorithm_word(algorithm));
		if (cusax_digest_is_weak(algorithm))
			g_strv_builder_add(weak, "md5");
	}
	g_strfreev(security->weak);
	security->weak = g_strv_builder_end(weak);
	g_strv_builder_unref(weak);
	return security;
}
