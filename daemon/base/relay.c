/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STUN and TURN servers. */
/* Usable from any thread. */
#include "daemon/base/relay.h"

#include <string.h>

CusaxRelay *cusax_relay_new(void)
{
	return g_new0(CusaxRelay, 1);
}

CusaxRelay *cusax_relay_copy(const CusaxRelay *relay)
{
	CusaxRelay *copy = cusax_relay_new();

	*copy = *relay;
	copy->host = g_strdup(relay->host);
	copy->username = g_strdup(relay->username);
	copy->password = g_strdup(relay->password);
	return copy;
}

void cusax_relay_free(CusaxRelay *relay)
{
	if (!relay)
		return;
	if (relay->password)
		explicit_bzero(relay->password, strlen(relay->password));
	g_free(relay->password);
	g_free(relay->username);
	g_free(relay->host);
	g_free(relay);
}

GPtrArray *cusax_relays_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)cusax_relay_free);
}

GPtrArray *cusax_relays_select(const GPtrArray *relays, CusaxRelayKind kind, gint64 now)
{
	GPtrArray *chosen = cusax_relays_new();

	for (guint i = 0; relays && i < relays->len; i++) {
		const CusaxRelay *relay = g_ptr_array_index(relays, i);

		if (relay->kind == kind && (relay->expires == 0 || relay->expires > now))
			g_ptr_array_add(chosen, cusax_relay_copy(relay));
	}
	return chosen;
}

gint64 cusax_relays_expiry(const GPtrArray *relays)
{
	gint64 first = 0;

	for (guint i = 0; relays && i < relays->len; i++) {
		const CusaxRelay *relay = g_ptr_array_index(relays, i);

		if (relay->expires && (!first || relay->expires < first))
			first = relay->expires;
	}
	return first;
}
