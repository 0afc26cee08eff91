/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an account's address and settings mean on the wire. */
/* Pure; usable from any thread. */
#include "services/sip/target.h"

#include <gio/gio.h>
#include <string.h>

#include "daemon/base/sip-uri.h"

static const char *const transport_words[] = { "udp", "tcp", "tls" };

const char *cusax_sip_transport_word(CusaxSipTransport transport)
{
	return transport_words[transport];
}

guint16 cusax_sip_transport_port(CusaxSipTransport transport)
{
	return transport == CUSAX_SIP_TLS ? 5061 : 5060;
}

static gboolean transport_parse(const char *word, CusaxSipTransport *ret_transport)
{
	for (guint i = 0; i < G_N_ELEMENTS(transport_words); i++) {
		if (g_ascii_strcasecmp(word, transport_words[i]) == 0) {
			*ret_transport = (CusaxSipTransport)i;
			return TRUE;
		}
	}
	return FALSE;
}

/* With the scheme left out, as people write "proxy.example:5061". */
static CusaxSipUri *parse(const char *text, GError **error)
{
	gboolean complete = g_ascii_strncasecmp(text, "sip:", 4) == 0 ||
			    g_ascii_strncasecmp(text, "sips:", 5) == 0;
	g_autofree char *whole = complete ? g_strdup(text) : g_strconcat("sip:", text, NULL);

	return cusax_sip_uri_parse(whole, error);
}

static CusaxSipUri *parse_setting(CusaxSettings *settings, const char *key, GError **error)
{
	CusaxSipUri *uri = parse(cusax_settings_string(settings, key), error);

	if (!uri)
		g_prefix_error(error, "%s: ", key);
	return uri;
}

/* An IPv6 address loses its brackets. */
static char *bare_host(const char *host)
{
	return host[0] == '[' ? g_strndup(host + 1, strlen(host) - 2) : g_strdup(host);
}

/* The transport is the user's word: of the URI that is connected to, else the setting; and TLS where he
 * gave none. Only "auto" lets DNS choose (RFC 3263 §4.1). */
static gboolean choose_transport(CusaxSipTarget *target, const CusaxSipUri *hop,
				 CusaxSettings *settings, GError **error)
{
	gboolean secure = hop && hop->scheme == CUSAX_SCHEME_SIPS;
	gboolean in_uri = hop && hop->transport;
	const char *word = in_uri ? hop->transport : cusax_settings_string(settings, "transport");

	target->any = !in_uri && !secure && g_ascii_strcasecmp(word, "auto") == 0;
	target->naptr =
		!in_uri && (secure || target->any || !cusax_settings_has(settings, "transport"));
	if (target->any || (secure && !in_uri))
		word = "tls";
	if (!transport_parse(word, &target->transport)) {
		g_set_error(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
			    "transport: \"%s\" is not udp, tcp, tls or auto", word);
		return FALSE;
	}
	if (secure && target->transport == CUSAX_SIP_UDP) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "proxy: a sips: address cannot use udp");
		return FALSE;
	}
	/* "sips:…;transport=tcp" is TLS over TCP (RFC 3261 §26.2.2). */
	if (secure)
		target->transport = CUSAX_SIP_TLS;
	return TRUE;
}

static char *registrar_uri(const CusaxSipUri *registrar)
{
	if (registrar->port)
		return g_strdup_printf("sip:%s:%u", registrar->host, registrar->port);
	return g_strdup_printf("sip:%s", registrar->host);
}

static void fill_identity(CusaxSipTarget *target, const CusaxSipUri *own, const char *login)
{
	const char *user;

	target->aor = cusax_sip_uri_key(own);
	user = target->aor + strlen("sip:");
	target->user = g_strndup(user, strcspn(user, "@"));
	target->domain = bare_host(own->host);
	target->login = g_strdup(login ? login : own->user);
}

CusaxSipTarget *cusax_sip_target_new(const char *address, CusaxSettings *settings, GError **error)
{
	g_autoptr(CusaxSipTarget) target = g_new0(CusaxSipTarget, 1);
	g_autoptr(CusaxSipUri) own = parse(address, NULL);
	g_autoptr(CusaxSipUri) registrar = NULL;
	g_autoptr(CusaxSipUri) proxy = NULL;
	const CusaxSipUri *hop;

	if (!own || !own->user) {
		g_set_error_literal(error, CUSAX_ERROR, CUSAX_ERROR_INVALID_ARGUMENT,
				    "address: is not a SIP address such as alice@example.com");
		return NULL;
	}
	if (cusax_settings_has(settings, "registrar") &&
	    !(registrar = parse_setting(settings, "registrar", error)))
		return NULL;
	if (cusax_settings_has(settings, "proxy") &&
	    !(proxy = parse_setting(settings, "proxy", error)))
		return NULL;
	hop = proxy ? proxy : registrar;
	fill_identity(target, own, cusax_settings_string(settings, "login"));
	target->registrar = registrar_uri(registrar ? registrar : own);
	target->host = bare_host(hop ? hop->host : own->host);
	target->port = hop ? hop->port : own->port;
	target->tls_name = g_strdup(
		hop && !g_hostname_is_ip_address(target->host) ? target->host : target->domain);
	if (!choose_transport(target, hop, settings, error))
		return NULL;
	return g_steal_pointer(&target);
}

void cusax_sip_target_free(CusaxSipTarget *target)
{
	if (!target)
		return;
	g_free(target->aor);
	g_free(target->user);
	g_free(target->domain);
	g_free(target->login);
	g_free(target->registrar);
	g_free(target->host);
	g_free(target->tls_name);
	g_free(target);
}
