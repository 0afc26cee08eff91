/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libre stack of an account. */
/* The libre thread. */
#define CUSAX_LOG_DOMAIN "sip"

#include "services/sip/stack.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/log.h"
#include "services/sip/flow.h"
#include "services/sip/guard.h"
#include "services/sip/publication.h"
#include "services/sip/registration.h"
#include "services/sip/session.h"

#define TRANSACTION_BUCKETS 32
#define CONNECTION_BUCKETS  8
#define EVENT_BUCKETS       8

static enum sip_transp libre_transport(CusaxSipTransport transport)
{
	switch (transport) {
	case CUSAX_SIP_UDP:
		return SIP_TRANSP_UDP;
	case CUSAX_SIP_TCP:
		return SIP_TRANSP_TCP;
	case CUSAX_SIP_TLS:
		return SIP_TRANSP_TLS;
	}
	return SIP_TRANSP_NONE;
}

/* The address that the kernel would send from towards the proxy: nothing is sent. */
int cusax_sip_source_address(const struct sa *proxy, struct sa *ret_local)
{
	struct udp_sock *sock;
	struct sa any;
	int err = sa_set_str(&any, sa_af(proxy) == AF_INET6 ? "::" : "0.0.0.0", 0);

	if (!err)
		err = udp_listen(&sock, &any, NULL, NULL);
	if (err)
		return err;
	err = udp_connect(sock, proxy);
	if (!err)
		err = udp_local_get(sock, ret_local);
	mem_deref(sock);
	return err;
}

static int choose_local(CusaxSipAccount *account, GError **error)
{
	const char *listen = cusax_settings_string(account->settings, "listen");
	int err;

	if (listen) {
		err = sa_decode(&account->local, listen, strlen(listen));
		if (err)
			g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "listen: \"%s\" is not an address with a port", listen);
		return err;
	}
	err = cusax_sip_source_address(&account->proxy, &account->local);
	if (err)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
			    "there is no way to %s: %s", account->target->host, g_strerror(err));
	sa_set_port(&account->local, 0);
	return err;
}

static void gone_h(void *arg)
{
	cusax_sip_account_stack_gone(arg);
}

static void refused_h(const char *kind, void *arg)
{
	cusax_sip_report_refused(arg, kind);
}

static void trace_h(bool sent, G_GNUC_UNUSED enum sip_transp transport, const struct sa *src,
		    G_GNUC_UNUSED const struct sa *dst, const uint8_t *packet, size_t length,
		    void *arg)
{
	CusaxSipAccount *account = arg;
	const uint8_t *end;

	/* On a stream, empty lines may come first (RFC 3261 §7.5). */
	for (; length > 0 && (*packet == '\r' || *packet == '\n'); length--)
		packet++;
	end = memchr(packet, '\r', MIN(length, 100));
	if (cusax_log_is_debug() && end) {
		/* The first word or two say what it is; addresses and headers stay out. */
		int shown = 0;

		while (packet + shown < end && packet[shown] != '@' && packet[shown] != ':')
			shown++;
		cusax_debug(account->id, "%s %.*s", sent ? "->" : "<-", shown,
			    (const char *)packet);
	}
	if (!sent && sa_cmp(src, &account->proxy, SA_ALL))
		cusax_session_trace(account, packet, length);
}

static int add_transport(CusaxSipAccount *account, GError **error)
{
	int err = sip_transp_add(account->sip, account->transport, &account->local,
				 account->tls ? cusax_sip_tls_context(account->tls) : NULL);

	if (!err)
		err = sip_transp_laddr(account->sip, &account->local, account->transport,
				       &account->proxy);
	if (err)
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_NOT_REGISTERED,
			    "no socket for SIP can be opened: %s", g_strerror(err));
	return err;
}

/* libre hands a request to listeners in the order of their coming: first its own transactions, then
 * the guard, then sessions and subscriptions, then whatever is left. */
static int add_listeners(CusaxSipAccount *account)
{
	int err = cusax_guard_listen(account);

	if (!err)
		err = cusax_sessions_listen(account);
	if (!err)
		err = sipevent_listen(&account->subscriptions, account->sip, EVENT_BUCKETS,
				      EVENT_BUCKETS, NULL, NULL);
	return err ? err : cusax_guard_listen_rest(account);
}

static int make_tls(CusaxSipAccount *account, GError **error)
{
	const CusaxTlsRules rules = {
		.min_version = cusax_settings_string(account->policy, "min-tls"),
		.ca_file = cusax_settings_string(account->settings, "ca-file"),
		.pin = cusax_settings_string(account->settings, "pin"),
	};

	if (account->transport != SIP_TRANSP_TLS)
		return 0;
	account->tls = cusax_sip_tls_new(&rules, account->target->tls_name, error);
	return account->tls ? 0 : EPROTO;
}

static CusaxAuthPin *find_pin(CusaxSipAccount *account)
{
	char *key = g_strconcat(account->id, "\n", account->target->aor, "\n",
				account->target->registrar, "\n", account->target->host, NULL);
	CusaxAuthPin *pin = g_hash_table_lookup(account->service->pins, key);

	if (pin) {
		g_free(key);
		return pin;
	}
	pin = g_new0(CusaxAuthPin, 1);
	g_hash_table_insert(account->service->pins, key, pin);
	return pin;
}

static gboolean make(CusaxSipAccount *account, GError **error)
{
	g_auto(GStrv) servers = cusax_settings_strv(account->settings, "dns-servers");

	if (choose_local(account, error) || make_tls(account, error))
		return FALSE;
	account->dnsc = cusax_sip_dns_client((const char *const *)servers, error);
	if (!account->dnsc)
		return FALSE;
	if (account->credentials)
		cusax_credentials_move(account->credentials, &account->proxy, account->transport);
	else
		account->credentials = cusax_credentials_new(
			account->target->login, account->connect->connect.secret,
			account->target->domain, &account->proxy, account->transport,
			find_pin(account), refused_h, account);
	account->left = account->closed = false;
	if (sip_alloc(&account->sip, account->dnsc, TRANSACTION_BUCKETS, TRANSACTION_BUCKETS,
		      CONNECTION_BUCKETS, "cusaxd/" CUSAX_VERSION, gone_h, account) != 0 ||
	    !account->credentials) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
				    "the SIP stack cannot be made");
		return FALSE;
	}
	sip_set_trace_handler(account->sip, trace_h);
	if (add_listeners(account) != 0) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_FAILED,
				    "the SIP stack cannot be made");
		return FALSE;
	}
	return add_transport(account, error) == 0;
}

gboolean cusax_sip_stack_open(CusaxSipAccount *account, const CusaxSipEndpoint *endpoint,
			      GError **error)
{
	gboolean ipv6 = strchr(endpoint->address, ':') != NULL;

	/* Where the user left it to DNS, this is what DNS said. */
	account->target->transport = endpoint->transport;
	account->transport = libre_transport(endpoint->transport);
	if (sa_set_str(&account->proxy, endpoint->address, endpoint->port) != 0) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "\"%s\" is not an address", endpoint->address);
		return FALSE;
	}
	g_free(account->route);
	account->route = g_strdup_printf("sip:%s%s%s:%u;transport=%s", ipv6 ? "[" : "",
					 endpoint->address, ipv6 ? "]" : "", endpoint->port,
					 cusax_sip_transport_word(account->target->transport));
	if (make(account, error))
		return TRUE;
	if (account->moving)
		cusax_sip_stack_renew(account);
	else
		cusax_sip_stack_close(account);
	return FALSE;
}

static void drop_stack(CusaxSipAccount *account)
{
	/* Before its socket, which would free it too. */
	account->filter = mem_deref(account->filter);
	account->datagrams = NULL;
	account->subscriptions = mem_deref(account->subscriptions);
	account->guard = mem_deref(account->guard);
	account->requests = mem_deref(account->requests);
	account->answers = mem_deref(account->answers);
	account->rest = mem_deref(account->rest);
	account->responses = mem_deref(account->responses);
	account->sip = mem_deref(account->sip);
	account->dnsc = mem_deref(account->dnsc);
	account->tls = mem_deref(account->tls);
}

/* What hangs on the stack besides libre's own objects. */
static void drop_rest(CusaxSipAccount *account)
{
	cusax_sessions_drop(account);
	drop_stack(account);
	cusax_credentials_revoke(account->credentials);
	account->credentials = mem_deref(account->credentials);
}

void cusax_sip_stack_leave(CusaxSipAccount *account)
{
	cusax_publication_withdraw(account->publication);
	cusax_sip_registration_withdraw(account);
	account->left = true;
	/* Gives our reference away; gone_h() brings one back. */
	sip_close(account->sip, false);
}

void cusax_sip_stack_cut(CusaxSipAccount *account)
{
	cusax_flow_stop(account->flow);
	account->filter = mem_deref(account->filter);
	sip_transp_flush(account->sip);
}

void cusax_sip_stack_renew(CusaxSipAccount *account)
{
	cusax_sip_registration_stop(account);
	cusax_sessions_pause(account);
	if (account->sip)
		sip_close(account->sip, true);
	drop_stack(account);
}

void cusax_sip_stack_close(CusaxSipAccount *account)
{
	if (!account->sip) {
		drop_rest(account);
		return;
	}
	cusax_sip_registration_stop(account);
	if (!account->closed) {
		cusax_sessions_drop(account);
		sip_close(account->sip, true);
	}
	/* Having left, the reference that is dropped below is the one that libre gave back. */
	if (account->left && !account->closed) {
		g_critical("account %s: the SIP stack does not end", account->id);
		account->sip = NULL;
	}
	drop_rest(account);
}
