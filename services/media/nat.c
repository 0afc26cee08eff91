/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which servers help a call through NATs: those of the account, else those that its chat lends. */
/* Libre thread. */
#include "services/media/nat.h"

#include <string.h>

#include "daemon/base/relay.h"

bool cusax_nat_parse_server(const char *text, char **ret_host, uint16_t *ret_port,
			    CusaxRelayTransport *ret_transport)
{
	const char *colon, *end;
	guint64 port = 0;

	*ret_transport =
		g_str_has_suffix(text, "?transport=tcp") ? CUSAX_RELAY_TCP : CUSAX_RELAY_UDP;
	if (g_str_has_prefix(text, "turns:")) {
		*ret_transport = CUSAX_RELAY_TLS;
		text += strlen("turns:");
	} else if (g_str_has_prefix(text, "stun:") || g_str_has_prefix(text, "turn:"))
		text += strlen("stun:");
	end = text + strcspn(text, "?; ");
	if (*text == '[') {
		const char *bracket = memchr(text, ']', (size_t)(end - text));

		if (!bracket || (bracket + 1 < end && bracket[1] != ':'))
			return false;
		colon = bracket + 1 < end ? bracket + 1 : NULL;
		*ret_host = g_strndup(text + 1, (gsize)(bracket - text - 1));
	} else {
		colon = memchr(text, ':', (size_t)(end - text));
		*ret_host = g_strndup(text, (gsize)((colon ? colon : end) - text));
	}
	if (colon) {
		g_autofree char *digits = g_strndup(colon + 1, (gsize)(end - colon - 1));

		if (!g_ascii_string_to_unsigned(digits, 10, 1, 65535, &port, NULL))
			g_clear_pointer(ret_host, g_free);
	}
	if (*ret_host && !**ret_host)
		g_clear_pointer(ret_host, g_free);
	*ret_port = (uint16_t)port;
	return *ret_host != NULL;
}

bool cusax_nat_is_wanted(CusaxSettings *settings)
{
	return cusax_settings_boolean(settings, "ice") || cusax_settings_has(settings, "stun");
}

static const CusaxRelay *lent_by(const GPtrArray *relays, CusaxRelayKind kind,
				 CusaxRelayTransport transport)
{
	for (guint i = 0; relays && i < relays->len; i++) {
		const CusaxRelay *relay = relays->pdata[i];

		if (relay->kind == kind && relay->transport == transport && relay->host &&
		    (kind == CUSAX_RELAY_STUN || (relay->username && relay->password)))
			return relay;
	}
	return NULL;
}

/* By UDP, which fits sound best; a relay has its use by TLS and TCP, too. */
static const CusaxRelay *lent(const GPtrArray *relays, CusaxRelayKind kind)
{
	const CusaxRelay *relay = lent_by(relays, kind, CUSAX_RELAY_UDP);

	if (!relay && kind == CUSAX_RELAY_TURN)
		relay = lent_by(relays, kind, CUSAX_RELAY_TLS);
	if (!relay && kind == CUSAX_RELAY_TURN)
		relay = lent_by(relays, kind, CUSAX_RELAY_TCP);
	return relay;
}

int cusax_nat_begin(struct cusax_ice **ret_ice, struct cusax_ice_config *config,
		    CusaxSettings *settings, const GPtrArray *relays, const char *secret,
		    const struct cusax_ice_handlers *handlers)
{
	const char *stun = cusax_settings_string(settings, "stun");
	const char *turn = cusax_settings_string(settings, "turn");
	const CusaxRelay *relay;
	CusaxRelayTransport transport;
	g_autofree char *stun_host = NULL, *turn_host = NULL;

	if (stun && cusax_nat_parse_server(stun, &stun_host, &config->stun.port, &transport))
		config->stun.host = stun_host;
	else if ((relay = lent(relays, CUSAX_RELAY_STUN)))
		config->stun =
			(struct cusax_ice_server){ .host = relay->host, .port = relay->port };
	if (turn &&
	    cusax_nat_parse_server(turn, &turn_host, &config->turn.port, &config->turn.transport)) {
		/* The password of the account goes to a relay only where the user named one, and a
		 * login for it. */
		config->turn.host = turn_host;
		config->turn.login = cusax_settings_string(settings, "turn-login");
		config->turn.secret = secret;
		if (!config->turn.login || !secret)
			config->turn.host = NULL;
	} else if ((relay = lent(relays, CUSAX_RELAY_TURN))) {
		config->turn = (struct cusax_ice_server){ .host = relay->host,
							  .port = relay->port,
							  .login = relay->username,
							  .secret = relay->password,
							  .transport = relay->transport };
	}
	config->turn.ca_file = cusax_settings_string(settings, "ca-file");
	config->relay_only = cusax_settings_boolean(settings, "relay-only");
	return cusax_ice_alloc(ret_ice, config, handlers);
}
