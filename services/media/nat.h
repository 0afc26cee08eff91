/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which servers help a call through NATs: those of the account, else those that its chat lends. */
/* Libre thread. */
#pragma once

#include <glib.h>

#include "daemon/base/settings.h"
#include "services/media/ice.h"

/* A server as settings name it: "host", "host:port", "[::1]:3478", with "stun:", "turn:" or "turns:"
 * before it and "?transport=tcp" behind (RFC 7065). FALSE where it is not one. */
bool cusax_nat_parse_server(const char *text, char **ret_host, uint16_t *ret_port,
			    CusaxRelayTransport *ret_transport);

/* TRUE where the account is set to do something about NATs. */
bool cusax_nat_is_wanted(CusaxSettings *settings);

/* Begins to gather; config is filled up with servers. relays: CusaxRelay, NULL: none. secret: for
 * the setting turn-login. */
int cusax_nat_begin(struct cusax_ice **ret_ice, struct cusax_ice_config *config,
		    CusaxSettings *settings, const GPtrArray *relays, const char *secret,
		    const struct cusax_ice_handlers *handlers);
